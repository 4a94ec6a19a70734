//! Live clients. What a connection is, whatever carries it: [`connection`]; how frames travel:
//! [`websocket`], [`stream`], [`poll`], with a [`cursor`] where the transport has to say itself where
//! it goes on.

mod commands;
pub mod connection;
pub mod cursor;
pub mod poll;
pub mod stream;
pub mod websocket;

pub use self::poll::Polls;

use crate::chat::Chat;
use crate::deflate::Compression;
use crate::hub::Hub;
use shared::limit;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every live connection needs.
#[derive(Clone, Debug)]
pub struct Live {
    pub chat: Arc<Chat>,
    pub hub: Arc<Hub>,
    pub polls: Arc<Polls>,
    pub pace: Pace,
    pub compression: Compression,
    /// Cancelled when the server is about to end.
    pub shutdown: CancellationToken,
    /// Owns every connection's task.
    pub tasks: TaskTracker,
}

/// How long the ends of a connection wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Each end says something at least this often.
    pub heartbeat: Duration,
    /// Of whom nothing was heard for so long is gone.
    pub silence: Duration,
    /// How long a connection may be open without having said anything.
    pub greeting: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(limit::HEARTBEAT_MILLIS),
            silence: Duration::from_millis(limit::SERVER_SILENCE_MILLIS),
            greeting: Duration::from_secs(10),
        }
    }
}
