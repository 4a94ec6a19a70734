//! Time, replaceable in tests. Timers use tokio's monotonic clock; this is the wall's.

use core::sync::atomic::{AtomicI64, Ordering};
use shared::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// However long one waits, the clock is looked at this often: somebody may have set it.
const LOOK: Duration = Duration::from_secs(30);

/// Tells the time to the millisecond.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    now: AtomicI64,
    moved: Notify,
}

impl Clock {
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is [advanced](Clock::advance).
    pub fn manual(start: Timestamp) -> Self {
        let now = AtomicI64::new(start.0);
        Self(Source::Manual(Arc::new(Manual { now, moved: Notify::new() })))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Source::Manual(manual) => Timestamp(manual.now.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock by so many milliseconds, back when negative. A system clock ignores it.
    pub fn advance(&self, millis: i64) {
        if let Source::Manual(manual) = &self.0 {
            manual.now.fetch_add(millis, Ordering::SeqCst);
            manual.moved.notify_waiters();
        }
    }

    /// Waits until it is `moment` or later, also when the clock is set anew meanwhile.
    pub async fn until(&self, moment: Timestamp) {
        loop {
            let moved = match &self.0 {
                Source::System => None,
                Source::Manual(manual) => {
                    let mut moved = Box::pin(manual.moved.notified());
                    moved.as_mut().enable();
                    Some(moved)
                }
            };
            let wait = moment.millis_since(self.now());
            let Ok(wait @ 1..) = u64::try_from(wait) else { return };
            match moved {
                Some(moved) => moved.await,
                None => tokio::time::sleep(Duration::from_millis(wait).min(LOOK)).await,
            }
        }
    }
}
