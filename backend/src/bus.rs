//! Between nodes: what has happened travels from the node that committed it to every node's hub.
//! The bus may lose, repeat or delay; the log is the source, and heartbeats carry its heads.

pub mod local;

use async_trait::async_trait;
use shared::frame::{CloseCode, ServerFrame};
use shared::id::{ConnectionId, RoomId, SessionId, UserId};

/// What the bus carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub audience: Audience,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever is in the room.
    Room(RoomId),
    /// Whoever is in one of these rooms, once each.
    Rooms(Vec<RoomId>),
    /// Those of the people who are in the room.
    Among(RoomId, Vec<UserId>),
    User(UserId),
    /// One connection of this person's.
    Connection(UserId, ConnectionId),
    Everyone,
    /// The connections of these logins.
    Sessions(Vec<SessionId>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every envelope holds a frame")]
pub enum Content {
    Frame(ServerFrame),
    Close(CloseCode),
    /// The client has shown that it is there.
    SignOfLife,
}

#[async_trait]
pub trait Bus: Send + Sync + core::fmt::Debug + 'static {
    /// Hands the envelope on, in the order of calls. Waits while the bus is full.
    async fn publish(&self, envelope: Envelope);
}
