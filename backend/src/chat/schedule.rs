//! What happens by itself when its time has come. The store says what is due and when the next thing
//! will be: nothing is kept here, so a restart forgets nothing.

use super::{Chat, Error};
use crate::store::Due;
use shared::time::Timestamp;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What is carried out before looking at the clock again.
const AT_ONCE: u32 = 64;
/// After a failure of the store.
const RETRY_MILLIS: i64 = 5_000;

impl Chat {
    /// Carries out what is due, and then what becomes due, until `shutdown`.
    pub async fn keep_time(self: Arc<Self>, shutdown: CancellationToken) {
        loop {
            let next = match self.carry_out_due().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "what is due waits");
                    Some(self.clock.now().plus_millis(RETRY_MILLIS))
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.woken.notified() => {}
                () = self.until(next) => {}
            }
        }
    }

    async fn until(&self, next: Option<Timestamp>) {
        match next {
            Some(next) => self.clock.until(next).await,
            None => core::future::pending().await,
        }
    }

    /// Everything that is due by now; says when the next thing will be.
    async fn carry_out_due(&self) -> Result<Option<Timestamp>, Error> {
        loop {
            let due = self.store.due(self.clock.now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(self.store.next_due().await?);
            }
            for due in due {
                self.carry_out(due).await?;
            }
        }
    }

    async fn carry_out(&self, due: Due) -> Result<(), Error> {
        match due {
            Due::Poll { room, message } => Ok(self.store.close_due_poll(room, message).await?),
        }
    }
}
