//! What a live connection reads to start, to go on and to stay in step.

use super::{Caller, Chat, Error};
use crate::store::LogRange;
pub use crate::store::{Heads, PersonSnapshot};
use shared::event::RoomEvent;
use shared::id::{RoomId, Seq};
use shared::limit;

impl Chat {
    /// How far everything has come that the caller is told of.
    pub async fn heads(&self, caller: &Caller) -> Result<Heads, Error> {
        Ok(self.store.heads(caller.user.id).await?)
    }

    /// Those of the rooms that the caller has left since they were at this place, though they may
    /// have come back.
    pub async fn left_since(
        &self,
        caller: &Caller,
        places: Vec<(RoomId, Seq)>,
    ) -> Result<Vec<RoomId>, Error> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.left_since(caller.user.id, places).await?)
    }

    /// Everything the caller starts from, of one moment; of the directory, what changed since.
    pub async fn person_snapshot(
        &self,
        caller: &Caller,
        directory_since: Option<u64>,
    ) -> Result<PersonSnapshot, Error> {
        Ok(self.store.person_snapshot(caller.user.id, directory_since).await?)
    }

    /// The next events of a room; `None` once the caller is not in it.
    pub async fn events_after(
        &self,
        caller: &Caller,
        room: RoomId,
        after: Seq,
    ) -> Result<Option<Vec<RoomEvent>>, Error> {
        let page =
            self.store.log(caller.user.id, room, LogRange::After(after), limit::PAGE_MAX).await?;
        Ok(page.map(|page| page.events))
    }
}
