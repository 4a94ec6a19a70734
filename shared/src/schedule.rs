//! What somebody wants done later: a message sent, or to be reminded. Theirs alone until then.

use crate::error::ErrorCode;
use crate::id::{ClientMessageId, ReminderId, RoomId, Seq};
use crate::message::MessageBody;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A message that the server sends when its time has come, once, under its own id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Scheduled {
    pub client_message_id: ClientMessageId,
    pub room: RoomId,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The root of the thread to say it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    pub body: MessageBody,
    pub at: Timestamp,
    /// It was due and refused: it waits until its author changes or drops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<ErrorCode>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reminder {
    pub id: ReminderId,
    /// Where it was asked for, and the message it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Seq>,
    /// May be empty where it is about a message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    pub at: Timestamp,
    /// Its time has come; it stays until it is cleared.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub due: bool,
}
