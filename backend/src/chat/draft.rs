//! Drafts, on every device of their author.

use super::{Caller, Chat, Error};
use shared::draft::Draft;
use shared::error::ErrorCode;
use shared::id::{RoomId, Seq};
use shared::limit;
use shared::permission::RoomAction;

/// Whoever was away for longer typed it so long ago.
const OLDEST_MILLIS: u64 = 30 * 24 * 3_600_000;

impl Chat {
    pub(super) async fn keep_draft(
        &self,
        caller: &Caller,
        room: RoomId,
        thread: Option<Seq>,
        text: String,
        reply_to: Option<Seq>,
        age_ms: u64,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        if text.chars().count() > limit::MESSAGE_CHARS {
            return Err(ErrorCode::TooLong { limit: limit::MESSAGE_CHARS }.into());
        }
        let text = if text.trim().is_empty() { String::new() } else { text };
        let age = i64::try_from(age_ms.min(OLDEST_MILLIS)).unwrap_or_default();
        let at = self.clock.now().plus_millis(-age);
        let draft = Draft { room, thread, text, reply_to, at };
        Ok(self.store.keep_draft(caller.user.id, draft).await?)
    }
}
