//! Takes messages into the index while the server runs, beside the commits and in small parts.

use super::index::{self, SLICE};
use super::writer::{Jobs, WeakJobs, Write};
use crate::store::WriteError;
use core::time::Duration;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Instant;

/// How often it looks whether messages wait.
const LOOK: Duration = Duration::from_millis(250);
/// Looks until fewer than a slice are taken in too: a search has to read them until then.
const PATIENCE: u32 = 20;
/// Of its time, one part is spent on messages of before the index, and so many are left to others.
const REST: u32 = 4;

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Indexer(#[expect(dead_code, reason = "its end is the sign")] SyncSender<()>);

impl Indexer {
    pub(super) fn spawn(connection: Connection, jobs: &Jobs) -> std::io::Result<Self> {
        let (alive, ended) = sync_channel(0);
        let jobs = jobs.downgrade();
        std::thread::Builder::new().name("store-index".into()).spawn(move || {
            let mut wait = LOOK;
            let mut looks = 0;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                match look(&connection, &jobs, &mut looks, &ended) {
                    Some(next) => wait = next,
                    None => break,
                }
            }
        })?;
        Ok(Self(alive))
    }
}

/// Takes in what has to be, and answers when to look again; `None` when the writer has ended.
fn look(
    connection: &Connection,
    jobs: &WeakJobs,
    looks: &mut u32,
    ended: &Receiver<()>,
) -> Option<Duration> {
    // What cannot be read now is looked for again.
    let mut waiting = index::waiting(connection).unwrap_or(0);
    *looks = if waiting == 0 { 0 } else { *looks + 1 };
    if waiting >= SLICE || *looks >= PATIENCE {
        *looks = 0;
        while waiting > 0 && is_alive(ended) {
            let taken = run(jobs, index::take_waiting)?;
            waiting = if taken == 0 { 0 } else { waiting.saturating_sub(taken) };
        }
    }
    if !index::has_earlier(connection).unwrap_or(false) {
        return Some(LOOK);
    }
    let begun = Instant::now();
    run(jobs, index::take_earlier)?;
    Some(LOOK.min(begun.elapsed() * REST))
}

fn is_alive(ended: &Receiver<()>) -> bool {
    ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty)
}

/// What is refused or fails now is done another time: zero.
fn run<T: Default + Send + 'static>(
    jobs: &WeakJobs,
    work: fn(&mut Write<'_>) -> Result<T, WriteError>,
) -> Option<T> {
    match jobs.run(work)? {
        Ok(done) => Some(done),
        Err(error) => {
            tracing::debug!(%error, "the index waits");
            Some(T::default())
        }
    }
}
