//! What somebody typed and has not sent: theirs alone, the same on every device.

use crate::id::{RoomId, Seq};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One for each room, and for each thread in it. The newest edit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Draft {
    pub room: RoomId,
    /// The root of the thread it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    /// To the letter; never empty where a draft is kept.
    pub text: String,
    /// The message that it is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When it was typed, by the server's clock.
    pub at: Timestamp,
}
