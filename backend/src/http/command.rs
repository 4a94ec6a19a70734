//! Any command, and what comes back from one.

use crate::chat::{self, Caller, Chat};
use crate::extract::{Answer, Body, Query, Reply};
use axum::extract::State;
use shared::api::{CommandQuery, PostCommand};
use shared::command::CommandReply;
use shared::message::Acknowledgement;
use shared::room::Room;
use std::sync::Arc;

pub async fn post(
    State(chat): State<Arc<Chat>>,
    mut caller: Caller,
    Query(CommandQuery { connection }): Query<PostCommand>,
    Body(command): Body<PostCommand>,
) -> Answer<PostCommand> {
    caller.connection = connection;
    chat.note_sign_of_life(&caller).await;
    Ok(Reply(chat.execute(&caller, command).await?))
}

/// The room of a command that replies one.
pub(super) fn room_of(reply: CommandReply) -> Result<Room, chat::Error> {
    let CommandReply::Room { room } = reply else { return Err(unexpected()) };
    Ok(room)
}

/// The acknowledgement of a command that sends something.
pub(super) fn sent(reply: &CommandReply) -> Result<Acknowledgement, chat::Error> {
    let CommandReply::Sent(acknowledgement) = reply else { return Err(unexpected()) };
    Ok(*acknowledgement)
}

fn unexpected() -> chat::Error {
    chat::Error::Internal("a command replied something of another command".to_owned())
}
