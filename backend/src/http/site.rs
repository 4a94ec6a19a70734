//! The server as a place.

use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Reply};
use axum::extract::State;
use shared::api::{GetSite, Invitations, ListInvitations, Visit};
use std::sync::Arc;

pub async fn get(State(chat): State<Arc<Chat>>, caller: Option<Caller>) -> Answer<GetSite> {
    let me = match caller {
        Some(caller) => Some(chat.me(&caller).await?),
        None => None,
    };
    Ok(Reply(Visit { site: chat.site().await?, me }))
}

pub async fn invitations(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<ListInvitations> {
    Ok(Reply(Invitations { invitations: chat.invitations(&caller).await? }))
}
