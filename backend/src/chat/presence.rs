//! Who is there: the best of a person's connections, told to whoever shares a room with them.
//! Best effort, in memory, ordered against nothing.

use super::{Caller, Chat, Error};
use crate::bus::{Audience, Content, Envelope};
use shared::frame::{PresenceOf, ServerFrame};
use shared::id::{ConnectionId, RoomId, UserId};
use shared::user::{Availability, Presence};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Presences {
    people: Mutex<HashMap<UserId, Entry>>,
}

#[derive(Debug, Default)]
struct Entry {
    /// Whether the person is active on each.
    connections: HashMap<ConnectionId, bool>,
    availability: Availability,
    /// What everybody was last told.
    told: Presence,
    /// Counts the times the last connection ended, so that a later one outlives its farewell.
    farewells: u64,
    /// The rooms the last connection was in: whoever is there still sees the person.
    lingers_in: Vec<RoomId>,
}

impl Entry {
    fn presence(&self) -> Presence {
        match self.availability {
            _ if self.connections.is_empty() => Presence::Off,
            Availability::DoNotDisturb => Presence::DoNotDisturb,
            Availability::Automatic if self.connections.values().any(|active| *active) => {
                Presence::Here
            }
            Availability::Automatic | Availability::Away => Presence::Away,
        }
    }

    /// The present state, if it differs from what was told; it counts as told from now on.
    fn news(&mut self) -> Option<Presence> {
        let presence = self.presence();
        (presence != self.told).then(|| {
            self.told = presence;
            presence
        })
    }
}

impl Presences {
    fn people(&self) -> MutexGuard<'_, HashMap<UserId, Entry>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chat {
    /// A connection is there, of a person who is seen in these rooms.
    pub async fn connected(
        &self,
        user: UserId,
        connection: ConnectionId,
        availability: Availability,
        rooms: &HashSet<RoomId>,
    ) {
        let news = {
            let mut people = self.presence.people();
            let entry = people.entry(user).or_default();
            entry.connections.insert(connection, true);
            entry.availability = availability;
            entry.lingers_in = Vec::new();
            entry.news()
        };
        if let Some(presence) = news {
            self.tell_presence_in(rooms.iter().copied().collect(), user, presence).await;
        }
    }

    /// A connection is gone, which was in these rooms. A minute after a person's last one they
    /// are off.
    pub fn disconnected(
        self: &Arc<Self>,
        user: UserId,
        connection: ConnectionId,
        rooms: Vec<RoomId>,
    ) {
        let farewell = {
            let mut people = self.presence.people();
            let Some(entry) = people.get_mut(&user) else { return };
            if entry.connections.remove(&connection).is_none() {
                return; // It never said that it was there.
            }
            if !entry.connections.is_empty() {
                let chat = Arc::clone(self);
                let news = entry.news();
                tokio::spawn(async move { chat.tell_presence(user, news).await });
                return;
            }
            entry.farewells += 1;
            entry.lingers_in = rooms;
            entry.farewells
        };
        let chat = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(chat.off_after).await;
            let news = {
                let mut people = chat.presence.people();
                let Some(entry) = people.get_mut(&user) else { return };
                if !entry.connections.is_empty() || entry.farewells != farewell {
                    return;
                }
                let news = entry.news();
                people.remove(&user);
                news
            };
            if let Err(error) = chat.tell_presence(user, news).await {
                tracing::warn!(user.id = %user, %error, "could not tell that somebody is off");
            }
        });
    }

    /// A client that hears by one way has asked for something by another.
    pub async fn note_sign_of_life(&self, caller: &Caller) {
        let Some(connection) = caller.connection else { return };
        let audience = Audience::Connection(caller.user.id, connection);
        self.publish(Envelope { audience, content: Content::SignOfLife }).await;
    }

    pub(super) async fn set_active(
        &self,
        user: UserId,
        connection: Option<ConnectionId>,
        active: bool,
    ) -> Result<(), Error> {
        let news = {
            let mut people = self.presence.people();
            let Some(entry) = people.get_mut(&user) else { return Ok(()) };
            if let Some(known) = connection.and_then(|id| entry.connections.get_mut(&id)) {
                *known = active;
            }
            entry.news()
        };
        self.tell_presence(user, news).await
    }

    pub(super) async fn set_availability(
        &self,
        user: UserId,
        availability: Availability,
    ) -> Result<(), Error> {
        let news = {
            let mut people = self.presence.people();
            let Some(entry) = people.get_mut(&user) else { return Ok(()) };
            entry.availability = availability;
            entry.news()
        };
        self.tell_presence(user, news).await
    }

    /// Those who are not off among `people`, and among whoever left one of the `rooms` so
    /// recently that nobody there has been told.
    pub fn presence_of(
        &self,
        people: &HashSet<UserId>,
        rooms: &HashSet<RoomId>,
    ) -> Vec<PresenceOf> {
        let known = self.presence.people();
        known
            .iter()
            .filter(|(user, entry)| {
                entry.told != Presence::Off
                    && (people.contains(user)
                        || entry.lingers_in.iter().any(|room| rooms.contains(room)))
            })
            .map(|(user, entry)| PresenceOf { user: *user, presence: entry.told })
            .collect()
    }

    async fn tell_presence(&self, user: UserId, news: Option<Presence>) -> Result<(), Error> {
        let Some(presence) = news else { return Ok(()) };
        let rooms = self.store.shared_rooms(user).await?;
        self.tell_presence_in(rooms, user, presence).await;
        Ok(())
    }

    async fn tell_presence_in(&self, rooms: Vec<RoomId>, user: UserId, presence: Presence) {
        self.publish(Envelope {
            audience: Audience::Rooms(rooms),
            content: Content::Frame(ServerFrame::Presence { user, presence }),
        })
        .await;
    }
}
