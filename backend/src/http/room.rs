//! Rooms.

use super::command::room_of;
use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Body, InRoom, Reply};
use crate::http::error::Error;
use axum::extract::State;
use shared::api::{
    ArchiveRoom, CreateRoom, DirectRequest, GetRoom, JoinRoom, LeaveRoom, ListLatest, ListRooms,
    ListSeen, NewRoom, Nothing, OpenDirect, PatchRoom, RoomPatch, Rooms,
};
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::permission::RoomAction;
use std::sync::Arc;

pub async fn list(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<ListRooms> {
    Ok(Reply(Rooms { rooms: chat.rooms(&caller).await? }))
}

pub async fn latest(State(chat): State<Arc<Chat>>, caller: Caller) -> Answer<ListLatest> {
    Ok(Reply(chat.latest(&caller).await?))
}

pub async fn create(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(NewRoom { name, kind, topic }): Body<CreateRoom>,
) -> Answer<CreateRoom> {
    let command = ClientCommand::CreateRoom { name, kind, topic };
    Ok(Reply(room_of(chat.execute(&caller, command).await?)?))
}

pub async fn open_direct(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(DirectRequest { users }): Body<OpenDirect>,
) -> Answer<OpenDirect> {
    let command = ClientCommand::OpenDirect { users };
    Ok(Reply(room_of(chat.execute(&caller, command).await?)?))
}

pub async fn get(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<GetRoom> {
    Ok(Reply(chat.room(&caller, room).await?))
}

/// What is asked is done as a whole or not at all, in an order in which each part can succeed: an
/// archived room is opened first, or archived last.
pub async fn patch(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Body(patch): Body<PatchRoom>,
) -> Answer<PatchRoom> {
    chat.check_patch(&caller, room, &patch).await?;
    let RoomPatch { name, topic, archived } = patch;
    let mut commands = Vec::new();
    if archived == Some(false) {
        commands.push(ClientCommand::UnarchiveRoom { room });
    }
    commands.extend(name.map(|name| ClientCommand::RenameRoom { room, name }));
    commands.extend(topic.map(|topic| ClientCommand::SetTopic { room, topic }));
    if archived == Some(true) {
        commands.push(ClientCommand::ArchiveRoom { room });
    }
    for command in commands {
        chat.execute(&caller, command).await?;
    }
    chat.authorize(&caller, room, RoomAction::Read).await?;
    let snapshot = chat.room_snapshot(&caller, room).await?;
    let snapshot = snapshot.ok_or_else(|| Error::from(ErrorCode::NotFound))?;
    Ok(Reply(snapshot.room))
}

pub async fn archive(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<ArchiveRoom> {
    chat.execute(&caller, ClientCommand::ArchiveRoom { room }).await?;
    Ok(Reply(Nothing {}))
}

pub async fn join(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<JoinRoom> {
    let reply = chat.execute(&caller, ClientCommand::JoinRoom { room }).await?;
    Ok(Reply(room_of(reply)?))
}

pub async fn leave(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<LeaveRoom> {
    chat.execute(&caller, ClientCommand::LeaveRoom { room }).await?;
    Ok(Reply(Nothing {}))
}

pub async fn seen(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<ListSeen> {
    Ok(Reply(chat.seen(&caller, room).await?))
}
