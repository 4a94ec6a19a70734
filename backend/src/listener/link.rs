//! What is known of one TCP connection, shared by its socket and the requests on it.

use crate::limits::Admitted;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
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
    /// The place at the door, until the first request is answered.
    place: Mutex<Option<OwnedSemaphorePermit>>,
    upgraded: AtomicBool,
    /// How many requests' heads have come.
    heads: AtomicU32,
    /// Whether a request is being answered.
    busy: AtomicBool,
    /// The accept loop waits for it.
    _open: TaskTrackerToken,
}

impl Link {
    pub(super) fn new(
        admitted: Vec<Admitted>,
        place: Option<OwnedSemaphorePermit>,
        open: TaskTrackerToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            admitted: Mutex::new(admitted),
            place: Mutex::new(place),
            upgraded: AtomicBool::new(false),
            heads: AtomicU32::new(0),
            busy: AtomicBool::new(false),
            _open: open,
        })
    }

    /// Of no socket.
    #[cfg(test)]
    pub(crate) fn unaccounted() -> Arc<Self> {
        Self::new(Vec::new(), None, tokio_util::task::TaskTracker::new().token())
    }

    /// Takes one more place for as long as the socket is open.
    pub fn keep(&self, admitted: Admitted) {
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner).push(admitted);
    }

    /// From now on whoever reads and writes watches the time.
    pub fn set_upgraded(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }

    /// A request's head has come.
    pub(super) fn begin(&self) {
        self.heads.fetch_add(1, Ordering::Relaxed);
        self.busy.store(true, Ordering::Relaxed);
    }

    /// Its answer is on the way.
    pub(super) fn answered(&self) {
        self.busy.store(false, Ordering::Relaxed);
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Which request's head is being waited for, by its number; `None` while one is answered.
    pub(super) fn awaited(&self) -> Option<u32> {
        let busy = self.busy.load(Ordering::Relaxed) || self.is_upgraded();
        (!busy).then(|| self.heads.load(Ordering::Relaxed))
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }
}
