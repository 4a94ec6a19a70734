//! Carries the write-ahead log's pages into the database, off the path of commits: when it is
//! quiet, or when the log has grown. Once all of it is carried over, the next commit starts again
//! at the log's beginning, so that the file stops growing and is overwritten, which flushes faster.

use super::health::Health;
use super::row::Query as _;
use crate::store::StoreError;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    /// Wakes the thread.
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    /// Where the log stood when a commit last waited.
    waited_at: u32,
}

#[derive(Debug, Default)]
struct Shared {
    commits: AtomicU64,
    /// All is carried over: the thread sleeps until the next commit.
    idle: AtomicBool,
    /// One carries over at a time.
    turn: Mutex<()>,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own.
    pub(super) fn spawn(connection: Connection, health: Arc<Health>) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new().name("store-checkpoint".into()).spawn({
            let shared = Arc::clone(&shared);
            move || carry_over(&connection, &health, &shared, &woken)
        })?;
        Ok(Self { wake: Some(wake), thread: Some(thread), shared, waited_at: 0 })
    }

    /// One without a thread: the writer carries over by itself when the log has grown.
    pub(super) fn without_thread() -> Self {
        Self { wake: None, thread: None, shared: Arc::default(), waited_at: 0 }
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
            checkpoint(writer, health, &self.shared.turn);
        }
        self.shared.commits.fetch_add(1, Ordering::SeqCst);
        // Waking it at each commit would cost as much as a small commit's rows.
        if (pages >= SOON || self.shared.idle.swap(false, Ordering::SeqCst))
            && let Some(wake) = &self.wake
        {
            match wake.try_send(()) {
                // It is about to look anyway.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }

    /// Carries over what is left, and ends the thread.
    pub(super) fn finish(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

fn carry_over(connection: &Connection, health: &Health, shared: &Shared, woken: &Receiver<()>) {
    let commits = || shared.commits.load(Ordering::SeqCst);
    let mut carried = 0;
    loop {
        shared.idle.store(true, Ordering::SeqCst);
        // Looked at after that, so that a commit in between is seen by one of the two.
        if commits() == carried && woken.recv().is_err() {
            break;
        }
        loop {
            let before = commits();
            match woken.recv_timeout(QUIET) {
                Err(RecvTimeoutError::Timeout) if commits() != before => {}
                // It has grown, or it is quiet, or it is the end.
                Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        carried = commits();
        checkpoint(connection, health, &shared.turn);
    }
    checkpoint(connection, health, &shared.turn);
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
