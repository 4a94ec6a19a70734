//! Changes made beside a running server, by another process on the same database. That process
//! leaves word in the table `outside`, in the transaction of the change; the server's writer takes
//! it at the beginning of its next transaction, so that what is told keeps the order of commits.

use super::row::Query as _;
use super::writer::{Jobs, WeakJobs};
use crate::store::{Change, StoreError};
use core::time::Duration;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

/// How often a server that has nothing to write looks for word.
const LOOK: Duration = Duration::from_millis(500);

/// Leaves word of `changes`.
pub(super) fn leave(connection: &Connection, changes: &[Change]) -> Result<(), StoreError> {
    for change in changes {
        let text = serde_json::to_string(change)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        connection.change("INSERT INTO outside (change) VALUES (?1)", (text,))?;
    }
    Ok(())
}

/// Takes all word that was left.
pub(super) fn take(connection: &Connection) -> Result<Vec<Change>, StoreError> {
    if !is_left(connection)? {
        return Ok(Vec::new());
    }
    let texts = connection
        .all("SELECT change FROM outside ORDER BY id", (), |row| row.get::<_, String>(0))?;
    connection.change("DELETE FROM outside", ())?;
    // Word of a newer program may say what this one does not know: clients find it by asking.
    Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
}

fn is_left(connection: &Connection) -> rusqlite::Result<bool> {
    let found = connection.first("SELECT 1 FROM outside LIMIT 1", (), |_| Ok(()))?;
    Ok(found.is_some())
}

/// Looks for word while the server has nothing to write. Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Watch(#[expect(dead_code, reason = "its end is the sign")] SyncSender<()>);

impl Watch {
    pub(super) fn spawn(connection: Connection, jobs: &Jobs) -> std::io::Result<Self> {
        let (alive, ended) = sync_channel(0);
        let jobs = jobs.downgrade();
        std::thread::Builder::new()
            .name("store-watch".into())
            .spawn(move || watch(&connection, &jobs, &ended))?;
        Ok(Self(alive))
    }
}

fn watch(connection: &Connection, jobs: &WeakJobs, ended: &Receiver<()>) {
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        // What cannot be read now is looked for again.
        if is_left(connection).unwrap_or(false) && !jobs.wake() {
            break;
        }
    }
}
