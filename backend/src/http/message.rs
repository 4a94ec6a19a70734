//! A room's messages, and its log.

use super::command::sent;
use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Body, InRoom, Part, Query, Reply};
use axum::extract::State;
use serde::Deserialize;
use shared::api::{
    DeleteMessage, EditMessage, GetHistory, GetLog, GetMessage, GetThread, ListEdits, ListMentions,
    ListMessages, ListPins, ListSaved, ListThreads, NewMessage, NewText, Nothing, PostMessage,
};
use shared::command::ClientCommand;
use shared::id::{ClientMessageId, MessageId, Seq};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct MessageInPath {
    message: MessageId,
}

pub async fn list(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Query(query): Query<ListMessages>,
) -> Answer<ListMessages> {
    Ok(Reply(chat.messages(&caller, room, query).await?))
}

pub async fn post(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Body(NewMessage { body, client_message_id, reply_to, thread, in_room }): Body<PostMessage>,
) -> Answer<PostMessage> {
    let client_message_id = client_message_id.unwrap_or_else(ClientMessageId::new);
    let command =
        ClientCommand::SendMessage { room, client_message_id, body, reply_to, thread, in_room };
    Ok(Reply(sent(&chat.execute(&caller, command).await?)?))
}

pub async fn log(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Query(query): Query<GetLog>,
) -> Answer<GetLog> {
    Ok(Reply(chat.log(&caller, room, query).await?))
}

pub async fn get(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(MessageInPath { message }): Part<MessageInPath>,
) -> Answer<GetMessage> {
    Ok(Reply(chat.message(&caller, room, message).await?))
}

pub async fn edit(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(MessageInPath { message: id }): Part<MessageInPath>,
    Body(NewText { body }): Body<EditMessage>,
) -> Answer<EditMessage> {
    let message = chat.place_of(&caller, room, id).await?;
    chat.execute(&caller, ClientCommand::EditMessage { room, message, body }).await?;
    Ok(Reply(chat.message(&caller, room, id).await?))
}

pub async fn delete(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(MessageInPath { message }): Part<MessageInPath>,
) -> Answer<DeleteMessage> {
    let message = chat.place_of(&caller, room, message).await?;
    chat.execute(&caller, ClientCommand::DeleteMessage { room, message }).await?;
    Ok(Reply(Nothing {}))
}

pub async fn edits(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(MessageInPath { message }): Part<MessageInPath>,
) -> Answer<ListEdits> {
    Ok(Reply(chat.edits(&caller, room, message).await?))
}

pub async fn history(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Query(query): Query<GetHistory>,
) -> Answer<GetHistory> {
    Ok(Reply(chat.history(&caller, room, query).await?))
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct RootInPath {
    root: Seq,
}

pub async fn thread(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Part(RootInPath { root }): Part<RootInPath>,
    Query(query): Query<GetThread>,
) -> Answer<GetThread> {
    Ok(Reply(chat.thread(&caller, room, root, query).await?))
}

pub async fn threads(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(query): Query<ListThreads>,
) -> Answer<ListThreads> {
    Ok(Reply(chat.threads(&caller, query).await?))
}

pub async fn mentions(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(query): Query<ListMentions>,
) -> Answer<ListMentions> {
    Ok(Reply(chat.unread_mentions(&caller, query).await?))
}

pub async fn saved(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(query): Query<ListSaved>,
) -> Answer<ListSaved> {
    Ok(Reply(chat.saved(&caller, query).await?))
}

pub async fn pins(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
) -> Answer<ListPins> {
    Ok(Reply(chat.pins(&caller, room).await?))
}
