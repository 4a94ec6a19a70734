//! What mentions a person and waits to be read.

use super::{Caller, Chat, Error};
use shared::api::{Mentions, MentionsQuery};
use shared::error::ErrorCode;
use shared::id::{RoomId, Seq};
use shared::limit;

impl Chat {
    /// Those that the counts of the caller's rooms tell of; of a room that they are not in, none.
    pub async fn unread_mentions(
        &self,
        caller: &Caller,
        query: MentionsQuery,
    ) -> Result<Mentions, Error> {
        let limit = query.limit.unwrap_or(limit::PAGE_DEFAULT).clamp(1, limit::PAGE_MAX);
        let after = match query.after {
            Some(text) => Some(cursor(&text).ok_or(ErrorCode::BadFrame)?),
            None => None,
        };
        // One more than asked for says whether there are more.
        let asked = limit.saturating_add(1);
        let mut messages = self.store.mentions(caller.user.id, query.room, after, asked).await?;
        let more = messages.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            messages.pop();
        }
        let last = messages.last().filter(|_| more);
        let next = last.map(|message| format!("{}.{}", message.room, message.seq));
        Ok(Mentions { messages, next })
    }
}

fn cursor(text: &str) -> Option<(RoomId, Seq)> {
    let (room, seq) = text.split_once('.')?;
    Some((room.parse().ok()?, Seq(seq.parse().ok()?)))
}
