//! What has happened: past tense, already true, durable before anybody hears of it.

use crate::id::{ClientMessageId, MessageId, RoomId, Seq, UserId};
use crate::message::{Message, MessageBody};
use crate::room::{Counts, Involvement, Role, RoomKind, RoomPurpose};
use crate::tagged::{merged, tagged};
use crate::time::Timestamp;
use crate::user::Settings;
use serde::{Deserialize, Serialize};

/// One entry of a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomEvent {
    pub room: RoomId,
    pub seq: Seq,
    /// The server's clock, never decreasing within a room. Does not order; `seq` does.
    pub at: Timestamp,
    /// Who did it.
    pub actor: UserId,
    #[serde(flatten)]
    pub event: ServerEvent,
}

merged! {
    RoomEvent { room: RoomId, seq: Seq, at: Timestamp, actor: UserId } and event: ServerEvent
}

tagged! { "type";
    /// A durable change of a room.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ServerEvent {
        RoomCreated {
            kind: RoomKind,
            #[serde(default)]
            purpose: RoomPurpose,
            name: String,
            topic: String,
        },
        /// `user` is in the room from here on. By themselves when they are the actor.
        MemberJoined {
            user: UserId,
            role: Role,
        },
        /// `user` went by themselves and is told nothing further.
        MemberLeft {
            user: UserId,
        },
        /// `user` was removed by the actor and is told nothing further.
        MemberRemoved {
            user: UserId,
        },
        RoleChanged {
            user: UserId,
            role: Role,
        },
        RoomRenamed {
            name: String,
        },
        TopicChanged {
            topic: String,
        },
        /// From here on the room can be read, not written.
        RoomArchived,
        RoomUnarchived,
        MessagePosted {
            id: MessageId,
            client_message_id: ClientMessageId,
            body: MessageBody,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            mentions: Vec<UserId>,
            #[serde(default, skip_serializing_if = "core::ops::Not::not")]
            notice: bool,
        },
    }
}

impl RoomEvent {
    /// The message this event posted, if it did.
    pub fn message(&self) -> Option<Message> {
        match &self.event {
            ServerEvent::MessagePosted { id, client_message_id, body, mentions, notice } => {
                Some(Message {
                    id: *id,
                    room: self.room,
                    seq: self.seq,
                    at: self.at,
                    author: self.actor,
                    body: body.clone(),
                    client_message_id: *client_message_id,
                    mentions: mentions.clone(),
                    notice: *notice,
                })
            }
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived => None,
        }
    }

    /// The person whose membership ends with this event, if one's does.
    pub const fn ends_membership_of(&self) -> Option<UserId> {
        match self.event {
            ServerEvent::MemberLeft { user } | ServerEvent::MemberRemoved { user } => Some(user),
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived
            | ServerEvent::MessagePosted { .. } => None,
        }
    }

    /// The person whose membership begins with this event, if one's does.
    pub const fn begins_membership_of(&self) -> Option<UserId> {
        match self.event {
            ServerEvent::MemberJoined { user, .. } => Some(user),
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived
            | ServerEvent::MessagePosted { .. } => None,
        }
    }
}

tagged! { "type";
    /// A change of what belongs to one person, told to all their connections.
    /// Its `version` grows by exactly one a person.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum UserEvent {
        /// The marker moved, here or on another device.
        ReadMarkerMoved {
            room: RoomId,
            counts: Counts,
        },
        InvolvementChanged {
            room: RoomId,
            involvement: Involvement,
        },
        SettingsChanged {
            settings: Settings,
        },
        PersonBlocked {
            user: UserId,
        },
        PersonUnblocked {
            user: UserId,
        },
    }
}

/// What belongs to one person at one version; read markers and involvement travel with the rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserState {
    pub version: u64,
    pub settings: Settings,
    /// People whose direct messages are refused and whose messages are folded away.
    #[serde(default)]
    pub blocked: Vec<UserId>,
}
