//! Who is in a room.

use crate::chat::Chat;
use crate::extract::{Answer, Body, InRoom, Part, Reply};
use axum::extract::State;
use serde::Deserialize;
use shared::api::{
    AddMember, ListMembers, MemberRequest, Nothing, PatchMember, RemoveMember, RoleRequest,
};
use shared::command::ClientCommand;
use shared::id::UserId;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct MemberInPath {
    user: UserId,
}

pub async fn list(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<ListMembers> {
    Ok(Reply(chat.members(&caller, room).await?))
}

pub async fn add(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Body(MemberRequest { user }): Body<AddMember>,
) -> Answer<AddMember> {
    chat.execute(&caller, ClientCommand::AddMember { room, user }).await?;
    Ok(Reply(Nothing {}))
}

pub async fn patch(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(MemberInPath { user }): Part<MemberInPath>,
    Body(RoleRequest { role }): Body<PatchMember>,
) -> Answer<PatchMember> {
    chat.execute(&caller, ClientCommand::SetRole { room, user, role }).await?;
    Ok(Reply(Nothing {}))
}

pub async fn remove(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(MemberInPath { user }): Part<MemberInPath>,
) -> Answer<RemoveMember> {
    chat.execute(&caller, ClientCommand::RemoveMember { room, user }).await?;
    Ok(Reply(Nothing {}))
}
