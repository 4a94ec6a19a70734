//! The bus of a single node: a bounded queue to its own hub.

use super::{Bus, Envelope};
use async_trait::async_trait;
use tokio::sync::mpsc;

#[derive(Debug)]
pub struct LocalBus {
    queue: mpsc::Sender<Envelope>,
}

impl LocalBus {
    /// The bus, and the end from which the hub is fed.
    pub fn new() -> (Self, mpsc::Receiver<Envelope>) {
        let (queue, receiver) = mpsc::channel(1024);
        (Self { queue }, receiver)
    }
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, envelope: Envelope) {
        // An error means that the hub is gone, which is so only at shutdown; the log has it all.
        let _ = self.queue.send(envelope).await;
    }
}
