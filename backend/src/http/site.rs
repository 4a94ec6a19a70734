//! The server as a place.

use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Reply};
use axum::extract::State;
use shared::api::{GetSite, Invitations, ListInvitations};
use std::sync::Arc;

pub async fn get(State(chat): State<Arc<Chat>>) -> Answer<GetSite> {
    Ok(Reply(chat.site().await?))
}

pub async fn invitations(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<ListInvitations> {
    Ok(Reply(Invitations { invitations: chat.invitations(&caller).await? }))
}
