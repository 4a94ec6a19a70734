//! Forwarding: the words of one room, said in another with their origin.

use super::dispatch::Running;
use super::{Caller, Chat, Error};
use crate::store::{Append, Once};
use sha2::{Digest, Sha256};
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, MessageId, RoomId, Seq};
use shared::message::{MessageBody, Origin, Posted};
use shared::permission::RoomAction;

impl Chat {
    /// Prepares to say in `room` what was said at a place of a room that the caller is in.
    pub(super) async fn prepare_forward(
        &self,
        caller: &Caller,
        room: RoomId,
        client_message_id: ClientMessageId,
        (from, seq): (RoomId, Seq),
        comment: Option<&str>,
    ) -> Result<Running, Error> {
        self.messages.take(caller.user.id)?;
        self.authorize(caller, room, RoomAction::Post).await?;
        let comment = comment.map(MessageBody::new).transpose()?;
        let hash = Sha256::new()
            .chain_update(room.as_uuid().as_bytes())
            .chain_update(from.as_uuid().as_bytes())
            .chain_update(seq.0.to_be_bytes())
            .chain_update(comment.as_ref().map_or("", MessageBody::as_str).as_bytes())
            .finalize();
        let decide = Box::new(move |facts: &crate::store::RoomFacts| {
            facts.standing.may(RoomAction::Post)?;
            if facts.blocked {
                return Err(ErrorCode::Blocked);
            }
            let said = facts.origin.as_ref().ok_or(ErrorCode::NotFound)?;
            let body = said.body.clone().ok_or(ErrorCode::NotFound)?;
            // Words that were forwarded before keep the one who said them first.
            let origin = match &said.origin {
                Some(first) => Origin { comment, ..(**first).clone() },
                None => Origin { room: from, seq, author: said.author, at: said.at, comment },
            };
            let posted = Posted::new(MessageId::new(), client_message_id, body);
            let (origin, rooms) = (Some(Box::new(origin)), said.rooms.clone());
            Ok(vec![ServerEvent::MessagePosted(Posted { origin, rooms, ..posted })])
        });
        let append = Append {
            origin: Some((from, seq)),
            once: Some(Once { client_message_id, hash: hash.into() }),
            ..Append::new(room, caller.user.id, decide)
        };
        Ok(self.send(append, client_message_id))
    }
}
