//! Live clients. What a connection is, whatever carries it: [`connection`]; how frames travel:
//! [`websocket`].

pub mod connection;
pub mod websocket;

use crate::chat::Chat;
use crate::hub::Hub;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every live connection needs.
#[derive(Clone, Debug)]
pub struct Live {
    pub chat: Arc<Chat>,
    pub hub: Arc<Hub>,
    /// Cancelled when the server is about to end.
    pub shutdown: CancellationToken,
    /// Owns every connection's task.
    pub tasks: TaskTracker,
}
