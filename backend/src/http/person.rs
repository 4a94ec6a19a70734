//! The caller, and everybody else.

use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Body, Query, Reply};
use crate::limits::Throttles;
use axum::extract::State;
use shared::api::{AskReadings, GetMe, ListUsers, MePatch, PatchMe, Readings, Users};
use shared::command::ClientCommand;
use std::sync::Arc;

pub async fn me(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<GetMe> {
    Ok(Reply(chat.me(&caller).await?))
}

pub async fn patch_me(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(MePatch { name, status, settings }): Body<PatchMe>,
) -> Answer<PatchMe> {
    if name.is_some() || status.is_some() {
        chat.execute(&caller, ClientCommand::UpdateProfile { name, status }).await?;
    }
    if let Some(settings) = settings {
        chat.execute(&caller, ClientCommand::UpdateSettings { settings }).await?;
    }
    Ok(Reply(chat.me(&caller).await?))
}

pub async fn list(
    State(chat): State<Arc<Chat>>,
    State(throttles): State<Arc<Throttles>>,
    caller: Caller,
    Query(query): Query<ListUsers>,
) -> Answer<ListUsers> {
    throttles.look_ups.take(&caller.user.id)?;
    Ok(Reply(Users { users: chat.find_people(query).await? }))
}

pub async fn readings(_: Caller, Body(request): Body<AskReadings>) -> Answer<AskReadings> {
    Ok(Reply(Readings { readings: Chat::readings(&request.text)? }))
}
