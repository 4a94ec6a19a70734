//! A room's messages, and its log.

use super::command::sent;
use crate::chat::Chat;
use crate::extract::{Answer, Body, InRoom, Query, Reply};
use axum::extract::State;
use shared::api::{GetLog, ListMessages, NewMessage, PostMessage};
use shared::command::ClientCommand;
use shared::id::ClientMessageId;
use std::sync::Arc;

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
    Body(NewMessage { body, client_message_id }): Body<PostMessage>,
) -> Answer<PostMessage> {
    let client_message_id = client_message_id.unwrap_or_else(ClientMessageId::new);
    let command = ClientCommand::SendMessage { room, client_message_id, body };
    Ok(Reply(sent(&chat.execute(&caller, command).await?)?))
}

pub async fn log(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Query(query): Query<GetLog>,
) -> Answer<GetLog> {
    Ok(Reply(chat.log(&caller, room, query).await?))
}
