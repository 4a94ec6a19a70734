//! What is known of one TCP connection, shared by its socket and the requests on it.

use crate::limits::Admitted;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The other end, as an extension of every request.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The socket's: a proxy's, where there is one.
    pub address: SocketAddr,
    /// Whether the connection to this server is encrypted.
    pub tls: bool,
    pub link: Arc<Link>,
}

/// Lives as long as the socket, also after an upgrade.
#[derive(Debug)]
pub struct Link {
    /// Places that are taken as long as the socket is open.
    admitted: Mutex<Vec<Admitted>>,
    upgraded: AtomicBool,
    /// The accept loop waits for it.
    _open: TaskTrackerToken,
}

impl Link {
    pub(super) fn new(admitted: Vec<Admitted>, open: TaskTrackerToken) -> Arc<Self> {
        Arc::new(Self {
            admitted: Mutex::new(admitted),
            upgraded: AtomicBool::new(false),
            _open: open,
        })
    }

    /// Of no socket.
    #[cfg(test)]
    pub(crate) fn unaccounted() -> Arc<Self> {
        Self::new(Vec::new(), tokio_util::task::TaskTracker::new().token())
    }

    /// Takes one more place for as long as the socket is open.
    pub fn keep(&self, admitted: Admitted) {
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner).push(admitted);
    }

    /// From now on whoever reads and writes watches the time.
    pub fn set_upgraded(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }
}
