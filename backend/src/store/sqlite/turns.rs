//! The store's work done in turn with everything else, on the thread of whoever asks: then the order
//! of all that happens follows from the runtime alone, and a simulation can have it happen again.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How work that is done in turn takes its time, and when it stops.
#[derive(Clone)]
pub struct Turns {
    /// How long the next step takes, by the runtime's clock.
    pub pause: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// Once cancelled nothing more is written, answered or told: as if the process had been killed.
    pub killed: CancellationToken,
}

impl Turns {
    pub(super) async fn take(&self) {
        let pause = (self.pause)();
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("killed", &self.killed).finish_non_exhaustive()
    }
}
