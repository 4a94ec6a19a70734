//! Where the hub's threads meet. In the tests of this crate it is shuttle's, under which the same
//! thing happens in one order after the other: `schedules`.

#[cfg(not(test))]
pub(super) use std::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
pub(super) use tokio::sync::Notify;

#[cfg(test)]
pub(super) use self::modelled::Notify;
#[cfg(test)]
pub(super) use shuttle::sync::{Mutex, MutexGuard};

#[cfg(test)]
mod modelled {
    use super::Mutex;
    use core::future::poll_fn;
    use core::task::{Poll, Waker};

    /// What tokio's promises where one waits at a time: a wake-up for whom nobody waits is kept for
    /// the next one who does, and one is all that is kept.
    #[derive(Debug)]
    pub(in crate::hub) struct Notify(Mutex<State>);

    #[derive(Debug, Default)]
    struct State {
        is_kept: bool,
        waiting: Option<Waker>,
    }

    impl Notify {
        pub(in crate::hub) fn new() -> Self {
            Self(Mutex::default())
        }

        pub(in crate::hub) fn notify_one(&self) {
            let waiting = {
                let mut state = self.0.lock().unwrap();
                state.is_kept = true;
                state.waiting.take()
            };
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }

        pub(in crate::hub) async fn notified(&self) {
            poll_fn(|context| {
                let mut state = self.0.lock().unwrap();
                if core::mem::take(&mut state.is_kept) {
                    return Poll::Ready(());
                }
                state.waiting = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        }
    }
}
