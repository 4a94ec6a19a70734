//! Whether the disk still keeps what it is given.

use crate::store::StoreError;
use tokio::sync::watch;

/// The first failure after which nothing may be acknowledged any more.
#[derive(Debug)]
pub(super) struct Health(watch::Sender<Option<StoreError>>);

impl Health {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    pub(super) fn error(&self) -> Option<StoreError> {
        self.0.borrow().clone()
    }

    /// Remembers `error` if it is one that only a restart can clear: after a failed flush the
    /// kernel may have dropped the very pages, so that a later flush that succeeds proves nothing.
    pub(super) fn note(&self, error: &StoreError) {
        let lasting = match error {
            StoreError::Disk(_) | StoreError::Corrupt(_) => true,
            StoreError::Full
            | StoreError::Busy
            | StoreError::Closed
            | StoreError::Damaged(_)
            | StoreError::Internal(_) => false,
        };
        if lasting {
            self.0.send_if_modified(|first| {
                let is_first = first.is_none();
                first.get_or_insert_with(|| error.clone());
                is_first
            });
        }
    }

    /// Returns when something has failed for good.
    pub(super) async fn failed(&self) -> StoreError {
        let mut changes = self.0.subscribe();
        loop {
            if let Some(error) = changes.borrow_and_update().clone() {
                return error;
            }
            // The sender is `self`: it lives as long as this call.
            let _ = changes.changed().await;
        }
    }
}
