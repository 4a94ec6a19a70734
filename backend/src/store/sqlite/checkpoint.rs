//! Carries the write-ahead log's pages into the database, off the path of commits: when it is
//! quiet, or when the log has grown. Once all of it is carried over, the next commit starts again
//! at the log's beginning, so that the file stops growing and is overwritten, which flushes faster.

use super::health::Health;
use super::row::Query as _;
use crate::store::StoreError;
use core::time::Duration;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Without commits for this long it is quiet.
const QUIET: Duration = Duration::from_secs(2);
/// Pages in the log from which on it is carried over beside the commits.
const SOON: u32 = 4_000;
/// Pages from which on a commit waits for it: 62 MiB.
const NOW: u32 = 16_000;
/// Pages more until a commit waits again when that did not help.
const AGAIN: u32 = 1_000;

#[derive(Debug)]
pub(super) struct Checkpointer {
    pages: Option<SyncSender<u32>>,
    thread: Option<JoinHandle<()>>,
    /// One carries over at a time.
    turn: Arc<Mutex<()>>,
    /// Where the log stood when a commit last waited.
    waited_at: u32,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own.
    pub(super) fn spawn(connection: Connection, health: Arc<Health>) -> std::io::Result<Self> {
        let (pages, grown) = sync_channel(1);
        let turn = Arc::new(Mutex::new(()));
        let thread = std::thread::Builder::new().name("store-checkpoint".into()).spawn({
            let turn = Arc::clone(&turn);
            move || carry_over(&connection, &health, &turn, &grown)
        })?;
        Ok(Self { pages: Some(pages), thread: Some(thread), turn, waited_at: 0 })
    }

    /// Looks at the log's length after a commit of `writer`'s.
    pub(super) fn after_commit(&mut self, writer: &Connection, health: &Health) {
        let Ok(pages) = log_pages(writer) else { return };
        if pages < self.waited_at {
            self.waited_at = 0;
        }
        // A reader or a backup may hold the log back: not at every commit anew.
        if pages >= NOW && pages >= self.waited_at.saturating_add(AGAIN) {
            self.waited_at = pages;
            // Most of it is carried over already; between commits the rest can be, to the last
            // page, which is what lets the log start again.
            checkpoint(writer, health, &self.turn);
        }
        if let Some(grown) = &self.pages {
            match grown.try_send(pages) {
                // It has not taken the previous one yet: it will look for itself.
                Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
        }
    }

    /// Carries over what is left, and ends the thread.
    pub(super) fn finish(&mut self) {
        self.pages = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

fn carry_over(connection: &Connection, health: &Health, turn: &Mutex<()>, grown: &Receiver<u32>) {
    let mut ended = false;
    while !ended {
        let Ok(mut pages) = grown.recv() else { break };
        while pages < SOON {
            match grown.recv_timeout(QUIET) {
                Ok(more) => pages = more,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    ended = true;
                    break;
                }
            }
        }
        checkpoint(connection, health, turn);
    }
    checkpoint(connection, health, turn);
}

/// Carries over what no reader needs where it is; waits for nobody.
fn checkpoint(connection: &Connection, health: &Health, turn: &Mutex<()>) {
    // Nothing of the lock's is left in a bad state by a panic.
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    let result = connection
        .first("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))
        .map_err(StoreError::from);
    // A full disk or a lock leaves all of it in the log, for another time.
    if let Err(error) = result {
        health.note(&error);
    }
}

/// How many pages the log holds; asks without doing anything.
fn log_pages(connection: &Connection) -> rusqlite::Result<u32> {
    let pages: Option<i64> =
        connection.first("PRAGMA wal_checkpoint(NOOP)", (), |row| row.get(1))?;
    Ok(pages.and_then(|pages| u32::try_from(pages).ok()).unwrap_or(0))
}
