//! The caller's logins.

use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Part, Reply};
use axum::extract::State;
use shared::api::{EndOtherSessions, EndSession, ListSessions, Nothing, Sessions};
use shared::id::SessionId;
use std::sync::Arc;

pub async fn list(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<ListSessions> {
    Ok(Reply(Sessions { sessions: chat.sessions(&caller).await? }))
}

pub async fn end(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Part(session): Part<SessionId>,
) -> Answer<EndSession> {
    chat.end_session(&caller, session).await?;
    Ok(Reply(Nothing {}))
}

pub async fn end_others(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<EndOtherSessions> {
    chat.end_other_sessions(&caller).await?;
    Ok(Reply(Nothing {}))
}
