//! What was said last in a room: the line under its name in a list of rooms.

use crate::id::{Seq, UserId};
use crate::limit;
use crate::message::MessageBody;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A message in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Preview {
    pub seq: Seq,
    pub at: Timestamp,
    pub author: UserId,
    /// The first [`limit::PREVIEW_CHARS`] of its text, as it was typed; absent once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The text is a question, with answers to choose from.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub poll: bool,
}

impl Preview {
    /// `body` as in [`Preview::text`].
    pub fn beginning(body: &MessageBody) -> String {
        body.as_str().chars().take(limit::PREVIEW_CHARS).collect()
    }
}

/// What was said last in the room itself, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Latest {
    /// It was not asked for, and nothing has been said since.
    #[default]
    Unknown,
    Nothing,
    Said(Preview),
}

impl Latest {
    pub const fn said(&self) -> Option<&Preview> {
        match self {
            Self::Said(preview) => Some(preview),
            Self::Unknown | Self::Nothing => None,
        }
    }

    /// Takes over what was asked for, unless something was said since.
    pub fn learn(&mut self, preview: Option<Preview>) {
        let newer = |known: &Preview| preview.as_ref().is_none_or(|told| told.seq < known.seq);
        if !self.said().is_some_and(newer) {
            *self = preview.map_or(Self::Nothing, Self::Said);
        }
    }

    /// The message at this place says something else now; nothing, for good, if it was deleted.
    pub(crate) fn amend(&mut self, message: Seq, body: Option<&MessageBody>) {
        if let Self::Said(preview) = self
            && preview.seq == message
            && preview.text.is_some()
        {
            preview.text = body.map(Preview::beginning);
        }
    }
}
