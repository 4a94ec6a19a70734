//! The server as a place: its name, and how people come in.

use crate::id::{InvitationId, RoomId, SessionId, UserId};
use crate::time::Timestamp;
use crate::user::Receipts;
use serde::{Deserialize, Serialize};

/// What anybody may know before signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Site {
    pub name: String,
    pub registration: Registration,
    /// Nobody has registered yet: the first to do so becomes the administrator.
    pub first_run: bool,
    /// The protocol version of the server.
    pub protocol: u32,
    /// Grows with every change of the rest.
    #[serde(default)]
    pub version: u64,
    /// Whether anybody is told how far others have read.
    #[serde(default, skip_serializing_if = "Receipts::is_shown")]
    pub receipts: Receipts,
    /// The room of notices; absent before the first run, and for people not signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcements: Option<RoomId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    #[default]
    Open,
    Invitation,
    Closed,
}

/// An invitation as the administrator's list shows it; its secret is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitation {
    pub id: InvitationId,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// `None`: without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
    pub used: u32,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub revoked: bool,
}

/// A path of the page with a secret in its fragment (`/join#…`), which browsers keep to themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SecretLink(pub String);

/// One login of the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    /// The browser's or program's own words, cut to 200 characters.
    pub agent: String,
    pub address: String,
    /// The one this answer was asked with.
    pub current: bool,
}
