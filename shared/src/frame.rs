//! One message on the wire each way: JSON text. Binary frames are refused.

use crate::command::{ClientCommand, CommandReply};
use crate::error::ErrorCode;
use crate::event::{RoomEvent, UserEvent, UserState};
use crate::id::{ConnectionId, Epoch, RoomId, Seq, UserId};
use crate::room::{Membership, RoomSnapshot};
use crate::site::Site;
use crate::tagged::tagged;
use crate::user::{Presence, User};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

tagged! { "type";
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ClientFrame {
        /// Starts, or goes on where the cursors stand. The first frame of a connection; may be sent
        /// again at any time to synchronise anew. Answered by [`ServerFrame::Resumed`].
        Resume(Resume),
        /// Answered by [`ServerFrame::Reply`] or [`ServerFrame::Refused`] with the same `id`,
        /// chosen by the client, unique among its unanswered commands.
        Command { id: u64, command: ClientCommand },
        /// The answer to [`ServerFrame::Heartbeat`].
        Heartbeat,
    }
}

/// What the client already has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Resume {
    /// The version of the user's own state; absent: send all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u64>,
    /// The rooms whose state the client holds. A room it does not name comes as a snapshot.
    pub rooms: HashMap<RoomId, RoomCursor>,
    /// Send people who changed since this version of the directory (0: all). Absent: send none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<u64>,
    /// Send who is here, now and as it changes.
    pub presence: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomCursor {
    pub epoch: Epoch,
    /// The last event the client has applied.
    pub last: Seq,
}

tagged! { "type";
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ServerFrame {
        /// The first frame of every connection.
        Hello {
            protocol: u32,
            connection: ConnectionId,
            user: UserId,
            /// Each end sends something at least this often.
            heartbeat_ms: u64,
        },
        Resumed(Box<Resumed>),
        /// The next event of a room. Apply it only if its `seq` is the last one plus one.
        Event {
            event: RoomEvent,
        },
        /// The next change of what belongs to the user.
        UserEvent {
            version: u64,
            event: UserEvent,
        },
        /// The user is in this room from now on; its events follow from `snapshot.head`.
        Joined {
            snapshot: Box<RoomSnapshot>,
        },
        Reply {
            id: u64,
            reply: CommandReply,
        },
        Refused {
            id: u64,
            error: ErrorCode,
        },
        /// Somebody else is typing; holds for [`crate::limit::TYPING_MILLIS`].
        Typing {
            room: RoomId,
            user: UserId,
            /// The root of the thread it is done in.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
        },
        Presence {
            user: UserId,
            presence: Presence,
        },
        /// How far another person of a small room has read; nowhere, when they do not show it any
        /// more.
        Seen {
            room: RoomId,
            user: UserId,
            read: Seq,
        },
        /// Somebody registered, or changed what everybody may know of them.
        PersonChanged {
            directory: u64,
            user: User,
        },
        SiteChanged {
            site: Site,
        },
        /// What changed since the previous heartbeat, from the store. Answer it. A head above the
        /// last event of its room is a gap; for a room or a version that is not known, resume.
        Heartbeat {
            /// Of the user's rooms.
            heads: HashMap<RoomId, Seq>,
            /// The version of the user's own state.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            user: Option<u64>,
            /// That of the directory, if the last resume asked for it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            directory: Option<u64>,
            /// That of the site.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            site: Option<u64>,
        },
        /// The server restarts: come back after so many milliseconds. A close with 1012 follows.
        GoingAway {
            reconnect_in: u64,
        },
        /// A frame that could not be understood; the connection lives.
        Error {
            error: ErrorCode,
        },
        /// The last frame where a transport has no close of its own: all but the WebSocket.
        Closed {
            code: u16,
        },
    }
}

/// The one answer to a resume: a consistent whole from which events go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resumed {
    /// The user's own state, unless the client has this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserState>,
    /// Every room the user is in.
    pub rooms: Vec<ResumedRoom>,
    /// Rooms the client named that are not there for the user (any more).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_found: Vec<RoomId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// Everybody sharing a room with the user who is not off; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presence: Vec<PresenceOf>,
    pub site: Site,
}

tagged! { "recovery";
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ResumedRoom {
        /// The events after the client's `last`, up to `head`, follow.
        Recovered { room: RoomId, epoch: Epoch, head: Seq, membership: Membership },
        /// The client did not name the room, or its user has left it since and come back.
        Snapshot { snapshot: RoomSnapshot },
        /// More than [`crate::limit::RESUME_EVENTS`] were missed: page over HTTP.
        Truncated { snapshot: RoomSnapshot },
        /// The log is another one than the client knew: drop what is held of this room.
        Reset { snapshot: RoomSnapshot },
    }
}

/// People, as of one version of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Directory {
    pub version: u64,
    pub users: Vec<User>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresenceOf {
    pub user: UserId,
    pub presence: Presence,
}

/// Why a connection was closed, and so whether to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// The client asked for it.
    Normal,
    /// A binary frame, or another breach of the protocol.
    Protocol,
    /// A frame over [`crate::limit::FRAME_BYTES`].
    TooBig,
    /// The server restarts.
    Restart,
    /// The session has ended: sign in again.
    SessionEnded,
    /// Another protocol version: reload the page, once.
    Version,
    /// Too far behind: resume.
    SlowConsumer,
    /// A newer connection of the same user took its place.
    Replaced,
}

impl CloseCode {
    pub const fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Protocol => 1003,
            Self::TooBig => 1009,
            Self::Restart => 1012,
            Self::SessionEnded => 4001,
            Self::Version => 4003,
            Self::SlowConsumer => 4008,
            Self::Replaced => 4010,
        }
    }

    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::Protocol => "protocol",
            Self::TooBig => "too_big",
            Self::Restart => "going_away",
            Self::SessionEnded => "session_ended",
            Self::Version => "version",
            Self::SlowConsumer => "slow_consumer",
            Self::Replaced => "replaced",
        }
    }

    /// What a client does after a close with this number. Unknown numbers, 1006 among them, retry.
    pub const fn advice(number: u16) -> Reconnect {
        match number {
            1000 | 1003 | 1009 | 4010 => Reconnect::Never,
            4001 => Reconnect::SignIn,
            4003 => Reconnect::ReloadOnce,
            _ => Reconnect::BackOff,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconnect {
    BackOff,
    SignIn,
    ReloadOnce,
    Never,
}
