//! The only error that crosses the wire.

use crate::tagged::{merged, tagged};
use serde::Serialize;

tagged! { "code";
    /// Why a request was refused. Stable: clients decide by it. Travels as `{"code": "…", …}`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ErrorCode {
        /// The frame or body is not of the protocol; the connection lives.
        BadFrame,
        /// Nobody is signed in, or the session has ended.
        Unauthorized,
        /// Nick and password do not belong together. The same for unknown nicks.
        WrongCredentials,
        /// Visible to the caller, but not theirs to do.
        Forbidden,
        /// The `Origin` header is missing or foreign.
        ForeignOrigin,
        /// No such thing, or not for the caller: the two are indistinguishable.
        NotFound,
        /// The path exists, the method does not.
        MethodNotAllowed,
        /// A text is longer than `limit` Unicode scalar values.
        TooLong { limit: usize },
        /// A text that must say something is empty or only white space.
        Empty,
        /// `@room` and `@here` are the moderators' in a room as large as this one.
        CallForbidden,
        /// Nobody votes in this poll any more.
        PollClosed,
        /// The moment is over already, or more than a year ahead.
        TimeInvalid,
        /// What was given as a reaction is not one emoji.
        EmojiUnknown,
        /// More than `limit` of something.
        TooMany { limit: usize },
        /// Too fast. The same request may be repeated after `retry_after_ms`.
        RateLimited { retry_after_ms: u64 },
        /// The id was used before, for another room or text.
        ClientMessageIdConflict,
        /// The room is archived: readable, no longer writable.
        Archived,
        /// The other person does not take direct messages from the caller.
        Blocked,
        /// The nick breaks the rules: 2 to 32 letters and digits of one script, `.`, `_`, `-`.
        NickInvalid,
        /// The nick, or one that looks like it, is taken or reserved.
        NickTaken,
        /// A name holds characters that cannot be shown safely (controls, direction overrides).
        NameInvalid,
        /// The password has fewer than 8 or more than 128 characters.
        PasswordLength,
        /// The password is among the most guessed ones.
        PasswordCommon,
        /// Accounts are not made here: registration is closed, or needs an invitation.
        RegistrationClosed,
        /// The invitation or reset link is unknown, used, revoked or expired.
        LinkInvalid,
        /// The last owner or administrator cannot go while others remain.
        LastOwner,
        /// The protocol version is not spoken here.
        VersionUnsupported { server: u32 },
        /// The disk is full: nothing can be written, reading works.
        StorageFull,
        /// The server cannot answer now; the same request may be repeated.
        Unavailable,
        /// A defect in the server. Already logged there.
        Internal,
    }
}

impl ErrorCode {
    /// Whether the same request may succeed later without being changed.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::StorageFull | Self::Unavailable | Self::Internal => {
                true
            }
            Self::BadFrame
            | Self::Unauthorized
            | Self::WrongCredentials
            | Self::Forbidden
            | Self::ForeignOrigin
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLong { .. }
            | Self::Empty
            | Self::CallForbidden
            | Self::PollClosed
            | Self::TimeInvalid
            | Self::EmojiUnknown
            | Self::TooMany { .. }
            | Self::ClientMessageIdConflict
            | Self::Archived
            | Self::Blocked
            | Self::NickInvalid
            | Self::NickTaken
            | Self::NameInvalid
            | Self::PasswordLength
            | Self::PasswordCommon
            | Self::RegistrationClosed
            | Self::LinkInvalid
            | Self::LastOwner
            | Self::VersionUnsupported { .. } => false,
        }
    }
}

/// RFC 9457 problem details (`application/problem+json`): the body of every refused HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is, `code` which one.
    #[serde(rename = "type")]
    pub kind: String,
    /// One English sentence for a person reading a log.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    #[serde(flatten)]
    pub code: ErrorCode,
}

merged! {
    Problem { #[serde(rename = "type")] kind: String, title: String, status: u16 } and code: ErrorCode
}
