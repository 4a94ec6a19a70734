//! What has happened: past tense, already true, durable before anybody hears of it.

use crate::draft::Draft;
use crate::id::{ClientMessageId, ReminderId, RoomId, Seq, UserId};
use crate::message::{Emoji, Message, MessageBody, Posted, RoomName};
use crate::poll::PollState;
use crate::room::{Counts, Involvement, Role, RoomKind, RoomPurpose, ThreadCounts};
use crate::schedule::{Reminder, Scheduled};
use crate::sidebar::Sidebar;
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
        MessagePosted(Posted),
        /// The message says something else from here on; it counts for nobody anew.
        MessageEdited {
            message: Seq,
            /// Absent once the message is deleted.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            body: Option<MessageBody>,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            mentions: Vec<UserId>,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            rooms: Vec<RoomName>,
        },
        /// The actor took the message back, or a moderator did. Its text is nowhere any more; its
        /// place stays, and counts as before.
        MessageDeleted {
            message: Seq,
        },
        ReactionAdded {
            message: Seq,
            emoji: Emoji,
        },
        ReactionRemoved {
            message: Seq,
            emoji: Emoji,
        },
        MessagePinned {
            message: Seq,
        },
        MessageUnpinned {
            message: Seq,
        },
        /// The actor chose these of a poll's choices, in place of what they chose before.
        PollVoted {
            message: Seq,
            choices: Vec<u32>,
        },
        /// Somebody chose in an anonymous poll. The actor is the poll's author, whoever it was.
        PollCounted {
            message: Seq,
            counts: Vec<u32>,
            people: u32,
        },
        /// Nobody chooses any more. The actor is the poll's author when its time had come.
        PollClosed {
            message: Seq,
        },
    }
}

impl ServerEvent {
    /// Takes out what a deleted message said: the event stays as a tombstone. Whom it mentioned
    /// when it was posted stays with it, since it counts as before.
    pub fn forget_words(&mut self) {
        match self {
            Self::MessagePosted(posted) => {
                posted.body = None;
                posted.origin = None;
                posted.rooms.clear();
                posted.poll = None;
            }
            Self::MessageEdited { body, mentions, rooms, .. } => {
                *body = None;
                mentions.clear();
                rooms.clear();
            }
            Self::RoomCreated { .. }
            | Self::MemberJoined { .. }
            | Self::MemberLeft { .. }
            | Self::MemberRemoved { .. }
            | Self::RoleChanged { .. }
            | Self::RoomRenamed { .. }
            | Self::TopicChanged { .. }
            | Self::RoomArchived
            | Self::RoomUnarchived
            | Self::MessageDeleted { .. }
            | Self::ReactionAdded { .. }
            | Self::ReactionRemoved { .. }
            | Self::MessagePinned { .. }
            | Self::MessageUnpinned { .. }
            | Self::PollVoted { .. }
            | Self::PollCounted { .. }
            | Self::PollClosed { .. } => {}
        }
    }
}

/// What an event is to whoever reads the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// An entry of the room's history.
    Entry,
    /// Said in a thread alone: an entry of that thread's history.
    Reply,
    /// It changes a message: history shows that one in its present state.
    Amendment,
}

impl RoomEvent {
    /// The message this event posted, if it did, as it was posted.
    pub fn message(&self) -> Option<Message> {
        let posted = self.posted()?;
        Some(Message {
            id: posted.id,
            room: self.room,
            seq: self.seq,
            at: self.at,
            author: self.actor,
            body: posted.body.clone(),
            client_message_id: posted.client_message_id,
            mentions: posted.mentions.clone(),
            call: posted.call.clone(),
            rooms: posted.rooms.clone(),
            notice: posted.notice,
            reply_to: posted.reply_to,
            thread: posted.thread,
            in_room: posted.in_room,
            origin: posted.origin.clone(),
            poll: posted.poll.as_deref().cloned().map(PollState::new).map(Box::new),
            replies: None,
            edited_at: None,
            deleted: None,
            reactions: Vec::new(),
            pinned: None,
            revised: Seq::ZERO,
        })
    }

    pub const fn posted(&self) -> Option<&Posted> {
        match &self.event {
            ServerEvent::MessagePosted(posted) => Some(posted),
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived
            | ServerEvent::MessageEdited { .. }
            | ServerEvent::MessageDeleted { .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => None,
        }
    }

    /// The earlier message this event changes, if it changes one. A reply changes its thread's root.
    pub const fn amends(&self) -> Option<Seq> {
        match &self.event {
            ServerEvent::MessageEdited { message, .. }
            | ServerEvent::MessageDeleted { message }
            | ServerEvent::ReactionAdded { message, .. }
            | ServerEvent::ReactionRemoved { message, .. }
            | ServerEvent::MessagePinned { message }
            | ServerEvent::MessageUnpinned { message }
            | ServerEvent::PollVoted { message, .. }
            | ServerEvent::PollCounted { message, .. }
            | ServerEvent::PollClosed { message } => Some(*message),
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived => None,
            ServerEvent::MessagePosted(posted) => posted.thread,
        }
    }

    pub const fn place(&self) -> Place {
        match (self.posted(), self.amends()) {
            (Some(posted), _) if !posted.is_entry() => Place::Reply,
            (None, Some(_)) => Place::Amendment,
            (Some(_), _) | (None, None) => Place::Entry,
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
            | ServerEvent::MessagePosted(_)
            | ServerEvent::MessageEdited { .. }
            | ServerEvent::MessageDeleted { .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => None,
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
            | ServerEvent::MessagePosted(_)
            | ServerEvent::MessageEdited { .. }
            | ServerEvent::MessageDeleted { .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => None,
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
        /// By the member, or because they wrote in the thread, wrote its root or are mentioned in it.
        ThreadFollowed {
            room: RoomId,
            thread: ThreadCounts,
            /// The room's, which a followed thread no longer touches.
            counts: Counts,
        },
        ThreadUnfollowed {
            room: RoomId,
            root: Seq,
            /// The room's, which the thread touches again.
            counts: Counts,
        },
        /// The thread's marker moved, here or on another device.
        ThreadRead {
            room: RoomId,
            thread: ThreadCounts,
        },
        MessageSaved {
            room: RoomId,
            message: Seq,
        },
        MessageUnsaved {
            room: RoomId,
            message: Seq,
        },
        InvolvementChanged {
            room: RoomId,
            involvement: Involvement,
        },
        /// What the person chose in an anonymous poll.
        VoteCast {
            vote: OwnVote,
        },
        /// It waits for its time; or it was due, and was refused.
        MessageScheduled {
            scheduled: Scheduled,
        },
        /// It was sent, or cancelled.
        ScheduledGone {
            client_message_id: ClientMessageId,
        },
        /// It waits for its time, or its time has come.
        ReminderSet {
            reminder: Reminder,
        },
        ReminderCleared {
            id: ReminderId,
        },
        DraftKept {
            draft: Draft,
        },
        /// It was sent, or emptied.
        DraftDropped {
            room: RoomId,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
        },
        SidebarArranged {
            sidebar: Sidebar,
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
    /// The messages the person has saved, in rooms they are in, the last saved first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<Saved>,
    #[serde(default, skip_serializing_if = "Sidebar::is_default")]
    pub sidebar: Sidebar,
    /// Of rooms the person is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<Draft>,
    /// What the person chose in anonymous polls that are open, in rooms they are in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<OwnVote>,
    /// By their time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduled: Vec<Scheduled>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Reminder>,
}

/// What a person chose in an anonymous poll, told to them alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnVote {
    pub room: RoomId,
    pub message: Seq,
    /// Rising; none, when they took their vote back.
    pub choices: Vec<u32>,
}

/// A message that somebody saved, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Saved {
    pub room: RoomId,
    pub message: Seq,
}
