//! Messages.

use crate::error::ErrorCode;
use crate::id::{ClientMessageId, MessageId, RoomId, Seq, UserId};
use crate::limit;
use crate::poll::{Poll, PollState};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A message's text as its author typed it: says something, and is not too long.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MessageBody(String);

impl MessageBody {
    /// Refuses empty text ([`ErrorCode::Empty`]) and more than [`limit::MESSAGE_CHARS`]
    /// ([`ErrorCode::TooLong`]). Line ends become `\n`; white space at both ends goes, but for the
    /// first line's indentation.
    pub fn new(text: &str) -> Result<Self, ErrorCode> {
        let text = text.replace("\r\n", "\n").replace(['\r', '\0'], "\n");
        let text = text.trim_end().trim_start_matches('\n');
        if text.trim().is_empty() {
            return Err(ErrorCode::Empty);
        }
        if text.chars().count() > limit::MESSAGE_CHARS {
            return Err(ErrorCode::TooLong { limit: limit::MESSAGE_CHARS });
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is said when a message enters a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Posted {
    pub id: MessageId,
    pub client_message_id: ClientMessageId,
    /// Absent once the message is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<MessageBody>,
    /// Whom the text mentions, resolved when it was sent. Nicks do not change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// It calls everybody: `@room`, or `@here`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The rooms that the text names, resolved when it was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomName>,
    /// An administrator's notice to everyone, shown across the top of the page.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub notice: bool,
    /// The message of the room that this one answers; shown beside it as a quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The root of the thread it is said in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    /// Said in its thread and in the room as well.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub in_room: bool,
    /// Whose words these are, where they were forwarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<Origin>>,
    /// What there is to choose from; the text is the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Box<Poll>>,
}

impl Posted {
    /// Whether it stands in the room itself, and not in its thread alone.
    pub const fn is_entry(&self) -> bool {
        self.thread.is_none() || self.in_room
    }

    /// How it concerns somebody other than its author, in a room that is not direct.
    pub fn concern(&self, user: UserId) -> Concern {
        if self.mentions.contains(&user) {
            return Concern::Mentioned;
        }
        match &self.call {
            Some(Call::Room) => Concern::Called,
            Some(Call::Here(people)) if people.contains(&user) => Concern::Called,
            Some(Call::Here(_)) | None => Concern::Talk,
        }
    }

    pub const fn new(id: MessageId, client_message_id: ClientMessageId, body: MessageBody) -> Self {
        Self {
            id,
            client_message_id,
            body: Some(body),
            mentions: Vec::new(),
            call: None,
            rooms: Vec::new(),
            notice: false,
            reply_to: None,
            thread: None,
            in_room: false,
            origin: None,
            poll: None,
        }
    }
}

/// A call to many at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Whoever is in the room.
    Room,
    /// Those of the room's people who were present when it was sent.
    Here(Vec<UserId>),
}

/// A room by the name it was called when the text was written, as
/// [`room_key`](crate::markup::room_key) writes it. Whoever may not see the room sees that name alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomName {
    pub key: String,
    pub room: RoomId,
}

/// How a message in a room's own talk concerns one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Concern {
    /// As everything that is said there.
    Talk,
    /// It calls everybody, the person among them.
    Called,
    /// It is meant for them.
    Mentioned,
}

/// A message in its present state: as it was posted, and all that was done to it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    pub id: MessageId,
    pub room: RoomId,
    pub seq: Seq,
    pub at: Timestamp,
    pub author: UserId,
    /// Absent once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<MessageBody>,
    pub client_message_id: ClientMessageId,
    /// Whom the text mentions. Only those it mentioned when it was sent were told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// It called everybody when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The rooms that the text names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomName>,
    /// An administrator's notice to everyone, shown across the top of the page.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub notice: bool,
    /// The message of the room that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The root of the thread it is said in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    /// Said in its thread and in the room as well.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub in_room: bool,
    /// Whose words these are, where they were forwarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<Origin>>,
    /// What there is to choose from, and what was chosen; the text is the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Box<PollState>>,
    /// What was said in its thread, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<Replies>,
    /// When the text was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// By whom it was deleted, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Stamp>,
    /// In the order of their first use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// By whom it was pinned, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Stamp>,
    /// The last event that changed it; zero, when none has. An event up to here is in it already.
    #[serde(default, skip_serializing_if = "Seq::is_zero")]
    pub revised: Seq,
}

impl Message {
    /// Whether it is meant for somebody: it mentions them, or calls them among others.
    pub fn is_for(&self, user: UserId) -> bool {
        let called = match &self.call {
            Some(Call::Room) => true,
            Some(Call::Here(people)) => people.contains(&user),
            None => false,
        };
        called || self.mentions.contains(&user)
    }
}

/// Where forwarded words were said first. Whoever reads them may not be in that room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Origin {
    pub room: RoomId,
    pub seq: Seq,
    pub author: UserId,
    pub at: Timestamp,
    /// What the one who forwarded them says to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<MessageBody>,
}

/// A thread as its root tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replies {
    /// Deleted ones are among them: their places stay.
    pub count: u32,
    pub last: Seq,
    pub last_at: Timestamp,
    /// Who replied last, each once, at most [`limit::REPLY_PEOPLE`].
    pub people: Vec<UserId>,
}

/// Who did something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stamp {
    pub by: UserId,
    pub at: Timestamp,
}

/// One emoji, in the form in which the server knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Emoji(String);

impl Emoji {
    /// Which texts are emoji the server alone knows.
    pub fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everybody who reacted to a message in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    pub emoji: Emoji,
    /// In the order in which they did; never empty.
    pub users: Vec<UserId>,
}

/// What a message said from `at` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Revision {
    pub seq: Seq,
    pub at: Timestamp,
    pub body: MessageBody,
}

/// What a sender learns once the message is durable, and not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Acknowledgement {
    pub client_message_id: ClientMessageId,
    pub id: MessageId,
    pub room: RoomId,
    pub seq: Seq,
    pub at: Timestamp,
}
