//! What is answered to a refused request: RFC 9457 problem details.

use crate::chat;
use crate::limits::{Refusal, too_fast};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use core::time::Duration;
use shared::error::{ErrorCode, Problem};
use shared::limit;

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    status: StatusCode,
    title: &'static str,
}

impl Error {
    /// The body did not arrive in time.
    pub fn slow_body() -> Self {
        Self {
            code: ErrorCode::Unavailable,
            status: StatusCode::REQUEST_TIMEOUT,
            title: "The request's body took too long.",
        }
    }

    /// The body is larger than any endpoint takes.
    pub fn large_body() -> Self {
        Self {
            code: ErrorCode::TooLong { limit: limit::BODY_BYTES },
            status: StatusCode::PAYLOAD_TOO_LARGE,
            title: "The request's body is too large.",
        }
    }

    /// The body does not say that it is JSON.
    pub fn not_json() -> Self {
        Self {
            code: ErrorCode::BadFrame,
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            title: "The request's body must be application/json.",
        }
    }

    /// The request did not ask for an upgrade where there is nothing else.
    pub fn no_upgrade() -> Self {
        Self {
            code: ErrorCode::BadFrame,
            status: StatusCode::UPGRADE_REQUIRED,
            title: "Only a WebSocket handshake is answered here.",
        }
    }

    pub const fn status(&self) -> StatusCode {
        self.status
    }

    pub fn problem(&self) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: self.title.to_owned(),
            status: self.status.as_u16(),
            code: self.code.clone(),
        }
    }

    /// For how long to stay away, in seconds.
    fn retry_after(&self) -> Option<u64> {
        if let ErrorCode::RateLimited { retry_after_ms } = self.code {
            return Some(retry_after_ms.div_ceil(1_000));
        }
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => Some(1),
            StatusCode::INSUFFICIENT_STORAGE => Some(60),
            _ => None,
        }
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        let (status, title) = meaning(&code);
        Self { code, status, title }
    }
}

impl From<chat::Error> for Error {
    /// Logs what is not the caller's doing: nobody else will.
    fn from(error: chat::Error) -> Self {
        match &error {
            chat::Error::Refused(_) => {}
            chat::Error::Store(_) | chat::Error::Internal(_) => {
                tracing::error!(%error, "a request failed");
            }
        }
        error.code().into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooManyOpen | Refusal::TooManyNew { .. } => too_fast(refusal.wait()).into(),
            Refusal::Full => Self {
                code: ErrorCode::Unavailable,
                status: StatusCode::SERVICE_UNAVAILABLE,
                title: "The server has as many connections as it takes.",
            },
        }
    }
}

/// Whoever was too fast may come back after so long.
impl From<Duration> for Error {
    fn from(wait: Duration) -> Self {
        too_fast(wait).into()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.problem()) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(%error, "a problem could not be written");
                Vec::new()
            }
        };
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        // What is left of such a body is not worth reading.
        if matches!(self.status, StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

const fn meaning(code: &ErrorCode) -> (StatusCode, &'static str) {
    match code {
        ErrorCode::BadFrame => (StatusCode::BAD_REQUEST, "The request could not be understood."),
        ErrorCode::Unauthorized => (StatusCode::UNAUTHORIZED, "Nobody is signed in."),
        ErrorCode::WrongCredentials => {
            (StatusCode::UNAUTHORIZED, "Nick and password do not belong together.")
        }
        ErrorCode::Forbidden => (StatusCode::FORBIDDEN, "This is not the caller's to do."),
        ErrorCode::ForeignOrigin => {
            (StatusCode::FORBIDDEN, "The request does not come from this server's page.")
        }
        ErrorCode::NotFound => (StatusCode::NOT_FOUND, "There is no such thing."),
        ErrorCode::MethodNotAllowed => {
            (StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here.")
        }
        ErrorCode::TooLong { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "A text is too long."),
        ErrorCode::Empty => (StatusCode::UNPROCESSABLE_ENTITY, "A text is empty."),
        ErrorCode::EmojiUnknown => (StatusCode::UNPROCESSABLE_ENTITY, "A reaction is one emoji."),
        ErrorCode::TooMany { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "There are too many of something.")
        }
        ErrorCode::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too fast."),
        ErrorCode::ClientMessageIdConflict => {
            (StatusCode::CONFLICT, "The id was used for another message.")
        }
        ErrorCode::Archived => (StatusCode::CONFLICT, "The room is archived."),
        ErrorCode::Blocked => {
            (StatusCode::FORBIDDEN, "The other person takes no messages from the caller.")
        }
        ErrorCode::NickInvalid => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "A nick is 2 to 32 letters and digits of one script, with . _ - between them.",
        ),
        ErrorCode::NickTaken => {
            (StatusCode::CONFLICT, "The nick, or one that looks like it, is taken.")
        }
        ErrorCode::NameInvalid => {
            (StatusCode::UNPROCESSABLE_ENTITY, "A name holds characters that cannot be shown.")
        }
        ErrorCode::PasswordLength => {
            (StatusCode::UNPROCESSABLE_ENTITY, "A password has 8 to 128 characters.")
        }
        ErrorCode::PasswordCommon => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The password is among the most guessed ones.")
        }
        ErrorCode::RegistrationClosed => {
            (StatusCode::FORBIDDEN, "Accounts are made here by invitation, or not at all.")
        }
        ErrorCode::PollClosed => (StatusCode::CONFLICT, "The poll is closed."),
        ErrorCode::TimeInvalid => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The moment is over, or more than a year ahead.")
        }
        ErrorCode::CallForbidden => {
            (StatusCode::FORBIDDEN, "In a room this large only moderators call everybody.")
        }
        ErrorCode::LinkInvalid => {
            (StatusCode::FORBIDDEN, "The link is unknown, used, revoked or expired.")
        }
        ErrorCode::LastOwner => {
            (StatusCode::CONFLICT, "The last owner or administrator cannot go.")
        }
        ErrorCode::VersionUnsupported { .. } => {
            (StatusCode::BAD_REQUEST, "The protocol version is not spoken here.")
        }
        ErrorCode::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "The disk is full."),
        ErrorCode::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "The server cannot answer now.")
        }
        ErrorCode::Internal => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong in the server.")
        }
    }
}
