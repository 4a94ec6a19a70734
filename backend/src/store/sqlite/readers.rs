//! Connections that only read, beside the writer: each read sees one moment.

use super::open::{self, OpenError};
use super::turns::Turns;
use crate::store::StoreError;
use core::sync::atomic::{AtomicU64, Ordering};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Reads at once; more wait. They are short, and the disk does not get faster by more of them.
pub(super) const READERS: u32 = 3;
/// Searches at once. They take longer, and must not be waited for by what is short.
pub(super) const SEARCHERS: u32 = 2;

#[derive(Debug)]
pub(super) struct Readers {
    free: Arc<Semaphore>,
    connections: Arc<Mutex<Vec<Connection>>>,
    count: u32,
    /// So many have begun.
    reads: AtomicU64,
    /// Reads are done in turn where it is there, else beside the runtime.
    turns: Option<Turns>,
}

impl Readers {
    pub(super) fn open(path: &Path, count: u32, turns: Option<Turns>) -> Result<Self, OpenError> {
        let connections = (0..count).map(|_| open::reader(path)).collect::<Result<_, _>>()?;
        Ok(Self {
            count,
            reads: AtomicU64::new(0),
            turns,
            free: Arc::new(Semaphore::new(count as usize)),
            connections: Arc::new(Mutex::new(connections)),
        })
    }

    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Runs `work` in a read transaction.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit =
            Arc::clone(&self.free).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        let connections = Arc::clone(&self.connections);
        let read = move || {
            // Goes back after the connection, and not when the caller stops waiting.
            let _permit = permit;
            Borrowed::take(connections)?.read(work)
        };
        if let Some(turns) = &self.turns {
            turns.take().await;
            let result = read();
            turns.take().await;
            return result;
        }
        tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| StoreError::Internal(error.to_string()))?
    }

    /// Lets running reads end and refuses further ones.
    pub(super) async fn close(&self) {
        // Reads are short: all permits come back.
        if let Ok(all) = self.free.acquire_many(self.count).await {
            all.forget();
        }
        self.free.close();
        lock(&self.connections).clear();
    }
}

/// A connection that goes back even when its user panics.
struct Borrowed {
    connection: Option<Connection>,
    home: Arc<Mutex<Vec<Connection>>>,
}

impl Borrowed {
    fn take(home: Arc<Mutex<Vec<Connection>>>) -> Result<Self, StoreError> {
        let connection = lock(&home).pop();
        if connection.is_none() {
            return Err(StoreError::Closed);
        }
        Ok(Self { connection, home })
    }

    fn read<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(connection) = &mut self.connection else { return Err(StoreError::Closed) };
        let transaction = connection.transaction()?;
        let result = work(&transaction)?;
        // Nothing was written: an end that fails loses nothing.
        transaction.finish()?;
        Ok(result)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.home).push(connection);
        }
    }
}

fn lock(connections: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    // Nothing can panic while it is held.
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}
