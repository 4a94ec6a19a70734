//! Reading what was said: pages of messages and of history, single messages, what they said
//! before, what is pinned.

use super::{Caller, Chat, Error};
use crate::store::HistoryRange;
use shared::api::{Edits, History, HistoryQuery, Messages, PageQuery, Pins};
use shared::error::ErrorCode;
use shared::id::{MessageId, RoomId, Seq};
use shared::limit;
use shared::message::Message;
use shared::permission::RoomAction;

impl Chat {
    pub async fn messages(
        &self,
        caller: &Caller,
        room: RoomId,
        query: PageQuery,
    ) -> Result<Messages, Error> {
        let (range, limit) = super::room::page(query);
        let Some(page) = self.store.messages(caller.user.id, room, range, limit).await? else {
            return Err(self.stranger(caller, room).await);
        };
        Ok(Messages {
            before: page.messages.first().filter(|_| page.more_before).map(|first| first.seq),
            after: page.messages.last().filter(|_| page.more_after).map(|last| last.seq),
            messages: page.messages,
        })
    }

    pub async fn history(
        &self,
        caller: &Caller,
        room: RoomId,
        query: HistoryQuery,
    ) -> Result<History, Error> {
        let (range, limit) = page(query);
        match self.store.history(caller.user.id, room, range, limit).await? {
            Some(history) => Ok(history),
            None => Err(self.stranger(caller, room).await),
        }
    }

    pub async fn message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: MessageId,
    ) -> Result<Message, Error> {
        match self.store.message(caller.user.id, room, message).await? {
            Some(message) => Ok(message),
            None => Err(self.no_such_message(caller, room).await),
        }
    }

    /// The place of a message that is named by its id.
    pub async fn place_of(
        &self,
        caller: &Caller,
        room: RoomId,
        message: MessageId,
    ) -> Result<Seq, Error> {
        Ok(self.message(caller, room, message).await?.seq)
    }

    pub async fn edits(
        &self,
        caller: &Caller,
        room: RoomId,
        message: MessageId,
    ) -> Result<Edits, Error> {
        match self.store.revisions(caller.user.id, room, message).await? {
            Some(revisions) => Ok(Edits { revisions }),
            None => Err(self.no_such_message(caller, room).await),
        }
    }

    pub async fn pins(&self, caller: &Caller, room: RoomId) -> Result<Pins, Error> {
        match self.store.pins(caller.user.id, room).await? {
            Some(messages) => Ok(Pins { messages }),
            None => Err(self.stranger(caller, room).await),
        }
    }

    /// What to tell whoever asked for a message that is not there for them.
    pub(super) async fn no_such_message(&self, caller: &Caller, room: RoomId) -> Error {
        match self.authorize(caller, room, RoomAction::Read).await {
            Ok(()) => ErrorCode::NotFound.into(),
            Err(error) => error,
        }
    }
}

/// The range and the number asked for, within bounds: a place to look around before all else,
/// then forwards, then backwards.
pub(super) fn page(query: HistoryQuery) -> (HistoryRange, u32) {
    let limit = query.limit.unwrap_or(limit::PAGE_DEFAULT).clamp(1, limit::PAGE_MAX);
    let range = match (query.around, query.after, query.before) {
        (Some(around), ..) => HistoryRange::Around(around),
        (None, Some(after), _) => HistoryRange::After(after),
        (None, None, Some(before)) => HistoryRange::Before(before),
        (None, None, None) => HistoryRange::Latest,
    };
    (range, limit)
}
