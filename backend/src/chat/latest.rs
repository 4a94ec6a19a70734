//! What was said last in the caller's rooms.

use super::{Caller, Chat, Error};
use shared::api::LatestMessages;

impl Chat {
    pub async fn latest(&self, caller: &Caller) -> Result<LatestMessages, Error> {
        Ok(LatestMessages { rooms: self.store.latest(caller.user.id).await? })
    }
}
