//! The meaning of everything: who may do what, and what happens when they do. Knows people,
//! rooms and words; knows no sockets, no HTTP and no SQL.

pub mod error;
pub mod dispatch;
pub mod account;
pub mod nick;
pub mod password;
pub mod text;
pub mod person;
pub mod room;
pub mod message;
pub mod amend;
pub mod history;
mod latest;
pub mod thread;
pub mod forward;
pub mod poll;
pub mod schedule;
pub mod mention;
pub mod saved;
pub mod draft;
pub mod receipt;
pub mod search;
pub mod resume;
pub mod presence;
mod quiet;
pub mod typing;
pub mod site;
pub mod operator;
mod rate;

pub use error::{Error, StoreError};
pub use rate::Rate;

use crate::bus::{Bus, Envelope};
use crate::clock::Clock;
use crate::store::Store;
use shared::id::{ConnectionId, SessionId};
use shared::time::Timestamp;
use shared::user::{SiteRole, User};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// As of the sign-in or the handshake; decisions read the present role from the store.
    pub user: User,
    pub session: SessionId,
    /// When the session ends by itself, however much it is used.
    pub session_ends_at: Timestamp,
    /// The live connection asked through, if it is one.
    pub connection: Option<ConnectionId>,
}

/// How much may be asked, and how hard passwords are to try.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Messages of one person, over all connections.
    pub messages: Rate,
    /// Commands of any other kind of one person.
    pub commands: Rate,
    /// Searches of one person: a page searches while its reader types.
    pub searches: Rate,
    pub password_cost: password::Cost,
    /// From the end of a person's last connection until they are off.
    pub off_after: Duration,
}

#[derive(Debug)]
pub struct Chat {
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    clock: Clock,
    hasher: password::Hasher,
    presence: presence::Presences,
    off_after: Duration,
    messages: rate::Limiter,
    commands: rate::Limiter,
    searches: rate::Limiter,
    /// Something may be due earlier than was thought.
    woken: Arc<Notify>,
}

impl Chat {
    pub fn new(store: Arc<dyn Store>, bus: Arc<dyn Bus>, clock: Clock, limits: Limits) -> Self {
        Self {
            store,
            bus,
            clock,
            hasher: password::Hasher::new(limits.password_cost),
            presence: presence::Presences::default(),
            off_after: limits.off_after,
            messages: rate::Limiter::new(limits.messages),
            commands: rate::Limiter::new(limits.commands),
            searches: rate::Limiter::new(limits.searches),
            woken: Arc::default(),
        }
    }

    /// Tells everybody concerned. Only what is durable already, or never will be, is told.
    async fn publish(&self, envelope: Envelope) {
        self.bus.publish(envelope).await;
    }

    /// Refuses everybody but the server's administrators, by their role at this moment.
    async fn require_administrator(&self, caller: &Caller) -> Result<(), Error> {
        match self.store.user(caller.user.id).await? {
            Some(user) if user.role == SiteRole::Administrator && !user.disabled => Ok(()),
            _ => Err(shared::error::ErrorCode::Forbidden.into()),
        }
    }
}
