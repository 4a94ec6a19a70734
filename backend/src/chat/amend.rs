//! What is done to messages after they were posted: edits, deletions, reactions, pins. Each is an
//! event of the room's log; where it is so already, nothing happens.

use super::message::Named;
use super::{Caller, Chat, Error};
use crate::store::{Append, RoomFacts};
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{RoomId, Seq};
use shared::limit;
use shared::message::{Emoji, Message, MessageBody};
use shared::permission::RoomAction;

impl Chat {
    /// Changes the text of the caller's own message.
    pub(super) async fn edit_message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
        body: &str,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Edit).await?;
        let body = MessageBody::new(body)?;
        let Named { mentions, rooms, .. } = self.names_in(caller.user.id, room, &body).await?;
        let me = caller.user.id;
        self.amend(caller, room, message, move |facts, present| {
            facts.standing.may(RoomAction::Edit)?;
            // Words that were forwarded are somebody else's; a question stays what was answered.
            if present.author != me || present.origin.is_some() || present.poll.is_some() {
                return Err(ErrorCode::Forbidden);
            }
            if present.body.as_ref() == Some(&body) {
                return Ok(None);
            }
            let body = Some(body);
            unless_blocked(facts, ServerEvent::MessageEdited { message, body, mentions, rooms })
        })
        .await
    }

    /// Deletes the caller's own message, or as a moderator anybody's.
    pub(super) async fn delete_message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
    ) -> Result<(), Error> {
        let me = caller.user.id;
        let decide = Box::new(move |facts: &RoomFacts| {
            facts.standing.may(RoomAction::Read)?;
            let present = facts.message(message)?;
            let own = present.author == me;
            facts.standing.may(if own { RoomAction::Delete } else { RoomAction::DeleteOthers })?;
            let deleted = present.deleted.is_none();
            Ok(deleted.then_some(ServerEvent::MessageDeleted { message }).into_iter().collect())
        });
        let append = Append { about: vec![message], ..Append::new(room, me, decide) };
        self.store.append(append).await?;
        Ok(())
    }

    pub(super) async fn add_reaction(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
        emoji: &str,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::React).await?;
        let emoji = known(emoji)?;
        let me = caller.user.id;
        self.amend(caller, room, message, move |facts, present| {
            facts.standing.may(RoomAction::React)?;
            match present.reactions.iter().find(|reaction| reaction.emoji == emoji) {
                Some(reaction) if reaction.users.contains(&me) => return Ok(None),
                None if present.reactions.len() >= limit::REACTION_KINDS => {
                    return Err(ErrorCode::TooMany { limit: limit::REACTION_KINDS });
                }
                Some(_) | None => {}
            }
            unless_blocked(facts, ServerEvent::ReactionAdded { message, emoji })
        })
        .await
    }

    pub(super) async fn remove_reaction(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
        emoji: &str,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::React).await?;
        let emoji = known(emoji)?;
        let me = caller.user.id;
        self.amend(caller, room, message, move |facts, present| {
            facts.standing.may(RoomAction::React)?;
            let mine = present
                .reactions
                .iter()
                .any(|reaction| reaction.emoji == emoji && reaction.users.contains(&me));
            Ok(mine.then_some(ServerEvent::ReactionRemoved { message, emoji }))
        })
        .await
    }

    pub(super) async fn pin_message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
    ) -> Result<(), Error> {
        self.amend(caller, room, message, move |facts, present| {
            facts.standing.may(RoomAction::Pin)?;
            if present.pinned.is_some() {
                return Ok(None);
            }
            if facts.pins >= limit::PINS {
                return Err(ErrorCode::TooMany { limit: limit::PINS });
            }
            Ok(Some(ServerEvent::MessagePinned { message }))
        })
        .await
    }

    pub(super) async fn unpin_message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
    ) -> Result<(), Error> {
        self.amend(caller, room, message, move |facts, present| {
            facts.standing.may(RoomAction::Pin)?;
            Ok(present.pinned.map(|_| ServerEvent::MessageUnpinned { message }))
        })
        .await
    }

    /// Appends at most one event about a message that is not deleted.
    async fn amend(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
        decide: impl FnOnce(&RoomFacts, &Message) -> Result<Option<ServerEvent>, ErrorCode>
        + Send
        + 'static,
    ) -> Result<(), Error> {
        let decide = Box::new(move |facts: &RoomFacts| {
            // Whoever is not in the room learns nothing of what is in it.
            facts.standing.may(RoomAction::Read)?;
            let present = facts.message(message)?;
            if present.deleted.is_some() {
                return Err(ErrorCode::NotFound);
            }
            decide(facts, present).map(|event| event.into_iter().collect())
        });
        let append = Append { about: vec![message], ..Append::new(room, caller.user.id, decide) };
        self.store.append(append).await?;
        Ok(())
    }
}

/// New words and signs reach nobody who has blocked their author.
fn unless_blocked(facts: &RoomFacts, event: ServerEvent) -> Result<Option<ServerEvent>, ErrorCode> {
    if facts.blocked { Err(ErrorCode::Blocked) } else { Ok(Some(event)) }
}

/// The emoji in its full form, so that two ways to write it are one reaction.
pub(super) fn known(text: &str) -> Result<Emoji, ErrorCode> {
    let emoji = emojis::get(text).ok_or(ErrorCode::EmojiUnknown)?;
    Ok(Emoji::known(emoji.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_one_emoji_however_it_is_written() {
        assert_eq!(known("👍"), Ok(Emoji::known("👍")));
        assert_eq!(known("\u{2764}"), known("\u{2764}\u{fe0f}"));
        assert_ne!(known("👍🏽"), known("👍"));
        for whole in ["👩‍⚕️", "🇨🇳", "🏳️‍🌈", "1️⃣"] {
            assert_eq!(known(whole), Ok(Emoji::known(whole)), "{whole}");
        }
        for other in ["", "a", "1", "👍👍", "👍 ", "字", "\u{200d}", "\u{fe0f}", "🇨"] {
            assert_eq!(known(other), Err(ErrorCode::EmojiUnknown), "{other:?}");
        }
    }
}
