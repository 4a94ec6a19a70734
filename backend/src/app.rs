//! The composition root: builds store, bus, hub and chat, and joins them. Bus and hub do not know
//! each other; here is where what the store has committed is published, and what the bus brings
//! is delivered.

use crate::bus::local::LocalBus;
use crate::bus::{Audience, Bus, Content, Envelope};
use crate::chat::{Chat, Limits};
use crate::clock::Clock;
use crate::config::Config;
use crate::hub::Hub;
use crate::live::{Live, Pace, Polls};
use crate::planted::{self, Bug};
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::store::{Change, Store};
use shared::frame::{CloseCode, ServerFrame};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Committed changes that may wait to be published; beyond it commits wait.
const CHANGES: usize = 4096;

/// Everything a request may need.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    /// The same store, as what must be watched and closed.
    pub database: Arc<SqliteStore>,
    pub chat: Arc<Chat>,
    pub hub: Arc<Hub>,
    pub polls: Arc<Polls>,
    pub pace: Pace,
    /// Cancelled when the server is about to end.
    pub shutdown: CancellationToken,
    /// Owns every live connection's task, and the one that keeps time.
    pub connections: TaskTracker,
}

/// What an app is made of: a store that is open, what it tells, and a bus.
#[derive(Debug)]
pub struct Parts {
    pub database: Arc<SqliteStore>,
    pub committed: mpsc::Receiver<Change>,
    pub bus: Arc<dyn Bus>,
    pub arriving: mpsc::Receiver<Envelope>,
}

impl App {
    /// Opens the store and starts what joins the parts.
    pub fn start(
        config: Config,
        clock: Clock,
        limits: Limits,
        pace: Pace,
        shutdown: CancellationToken,
    ) -> Result<Arc<Self>, OpenError> {
        let (changes, committed) = mpsc::channel(CHANGES);
        let database = SqliteStore::open(&config.data.folder, clock.clone(), changes)?;
        let (bus, arriving) = LocalBus::new();
        let parts = Parts { database, committed, bus: Arc::new(bus), arriving };
        Ok(Self::of(parts, config, clock, limits, pace, shutdown))
    }

    /// Starts what joins the parts.
    pub fn of(
        parts: Parts,
        config: Config,
        clock: Clock,
        limits: Limits,
        pace: Pace,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let Parts { database, committed, bus, arriving } = parts;
        let store: Arc<dyn Store> = Arc::<SqliteStore>::clone(&database);
        let hub = Arc::new(Hub::new(config.limits.connections_per_user));
        let chat = Arc::new(Chat::new(Arc::clone(&store), Arc::clone(&bus), clock.clone(), limits));
        tokio::spawn(publish_committed(committed, bus));
        tokio::spawn(deliver_arriving(arriving, Arc::clone(&hub)));
        let connections = TaskTracker::new();
        connections.spawn(Arc::clone(&chat).keep_time(shutdown.clone()));
        Arc::new(Self {
            config,
            clock,
            store,
            database,
            chat,
            hub,
            polls: Arc::default(),
            pace,
            shutdown,
            connections,
        })
    }

    pub fn live(&self) -> Live {
        Live {
            chat: Arc::clone(&self.chat),
            hub: Arc::clone(&self.hub),
            polls: Arc::clone(&self.polls),
            pace: self.pace,
            compression: self.config.http.compression,
            shutdown: self.shutdown.clone(),
            tasks: self.connections.clone(),
        }
    }
}

/// Ends with the store.
async fn publish_committed(mut committed: mpsc::Receiver<Change>, bus: Arc<dyn Bus>) {
    let mut published = 0_u64;
    while let Some(change) = committed.recv().await {
        published += 1;
        if planted::has(Bug::BusLoses) && published % 5 < 2 {
            continue;
        }
        bus.publish(envelope(change)).await;
    }
}

/// Ends with the bus.
async fn deliver_arriving(mut arriving: mpsc::Receiver<Envelope>, hub: Arc<Hub>) {
    while let Some(envelope) = arriving.recv().await {
        hub.deliver(&envelope);
    }
}

/// Whom a change concerns.
fn envelope(change: Change) -> Envelope {
    let (audience, frame) = match change {
        Change::SessionsEnded(sessions) => {
            return Envelope {
                audience: Audience::Sessions(sessions),
                content: Content::Close(CloseCode::SessionEnded),
            };
        }
        Change::Room(event) => (Audience::Room(event.room), ServerFrame::Event { event }),
        Change::User { user, version, event } => {
            (Audience::User(user), ServerFrame::UserEvent { version, event })
        }
        Change::Person { directory, user } => {
            (Audience::Everyone, ServerFrame::PersonChanged { directory, user })
        }
        Change::Site(site) => (Audience::Everyone, ServerFrame::SiteChanged { site }),
    };
    Envelope { audience, content: Content::Frame(frame) }
}
