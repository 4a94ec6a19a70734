//! Messages.

use crate::error::ErrorCode;
use crate::id::{ClientMessageId, MessageId, RoomId, Seq, UserId};
use crate::limit;
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

/// A message as history shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    pub id: MessageId,
    pub room: RoomId,
    pub seq: Seq,
    pub at: Timestamp,
    pub author: UserId,
    pub body: MessageBody,
    pub client_message_id: ClientMessageId,
    /// Whom the text mentions, resolved when it was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// An administrator's notice to everyone, shown across the top of the page.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub notice: bool,
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
