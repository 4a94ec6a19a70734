//! People.

use crate::id::UserId;
use crate::message::Emoji;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What everybody may know of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    pub id: UserId,
    /// What one types after `@` and at sign-in. Unique.
    pub nick: String,
    /// What one is called. Not unique.
    pub name: String,
    pub role: SiteRole,
    /// A few words of one's own; empty when there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_emoji: Option<Emoji>,
    /// From this moment of the server's clock on the status is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_until: Option<Timestamp>,
    /// May not sign in any more; what they wrote stays.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub disabled: bool,
}

/// What a person may do on the server as a whole. Opens no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SiteRole {
    Administrator,
    #[default]
    Member,
}

/// Whether a person is there. Best effort; never stored; ordered against nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Here,
    Away,
    DoNotDisturb,
    #[default]
    Off,
}

/// What a person wants to be shown as while connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Here while active, away when not.
    #[default]
    Automatic,
    Away,
    DoNotDisturb,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The page's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "zh-CN")]
    SimplifiedChinese,
}

/// What the Enter key does in the composer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EnterKey {
    #[default]
    Sends,
    /// Enter makes a new line; Ctrl+Enter sends.
    BreaksLine,
}

/// When somebody is not to be disturbed, every day in their own time zone. It may go over midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuietHours {
    /// In minutes since midnight, both.
    pub from: u16,
    pub until: u16,
    /// By its name in the IANA's database: `Europe/Lisbon`.
    pub zone: String,
}

/// Whether it is told how far people have read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    #[default]
    Shown,
    /// Neither shown nor seen.
    Hidden,
}

impl Receipts {
    pub const fn is_shown(&self) -> bool {
        matches!(self, Self::Shown)
    }
}

/// A person's own choices, the same on every device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Settings {
    pub availability: Availability,
    pub theme: Theme,
    /// `None`: the browser's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    pub enter_key: EnterKey,
    #[serde(skip_serializing_if = "Receipts::is_shown")]
    pub receipts: Receipts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}
