//! What a person saved.

use super::{Caller, Chat, Error};
use shared::api::{SavedMessages, SavedQuery};
use shared::id::{RoomId, Seq};
use shared::limit;
use shared::permission::RoomAction;

impl Chat {
    pub(super) async fn save_message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        Ok(self.store.save(caller.user.id, room, message).await?)
    }

    pub(super) async fn unsave_message(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        Ok(self.store.unsave(caller.user.id, room, message).await?)
    }

    pub async fn saved(&self, caller: &Caller, query: SavedQuery) -> Result<SavedMessages, Error> {
        let limit = query.limit.unwrap_or(limit::PAGE_DEFAULT).clamp(1, limit::PAGE_MAX);
        let before = query.after.unwrap_or(u64::MAX);
        // One more than asked for says whether there are more.
        let mut found = self.store.saved(caller.user.id, before, limit.saturating_add(1)).await?;
        let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            found.pop();
        }
        let next = found.last().filter(|_| more).map(|(_, place)| *place);
        Ok(SavedMessages {
            messages: found.into_iter().map(|(message, _)| message).collect(),
            next,
        })
    }
}
