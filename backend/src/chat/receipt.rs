//! Read markers. Every count derives from them; and how far people have read is told to those who
//! tell it of themselves.

use super::{Caller, Chat, Error};
use crate::bus::{Audience, Content, Envelope};
use crate::store::MarkerMove;
use shared::api::SeenBy;
use shared::frame::ServerFrame;
use shared::id::{RoomId, Seq};
use shared::limit;
use shared::permission::RoomAction;
use shared::room::RoomPurpose;
use shared::user::Receipts;

impl Chat {
    /// Moves the marker forward by what was read `age_ms` ago, and lets the other people of a small
    /// room see it.
    pub(super) async fn mark_read(
        &self,
        caller: &Caller,
        room: RoomId,
        seq: Seq,
        age_ms: u64,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        let to = if age_ms == 0 {
            MarkerMove::Forward(seq)
        } else {
            let age = i64::try_from(age_ms).unwrap_or(i64::MAX);
            MarkerMove::ReadAt(seq, self.clock.now().plus_millis(age.saturating_neg()))
        };
        let counts = self.store.move_marker(caller.user.id, room, to).await?;
        self.tell_seen(caller, room, counts.read).await
    }

    pub(super) async fn mark_unread(
        &self,
        caller: &Caller,
        room: RoomId,
        seq: Seq,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        self.store.move_marker(caller.user.id, room, MarkerMove::Before(seq)).await?;
        Ok(())
    }

    /// How far the others have read, of those who show it.
    pub async fn seen(&self, caller: &Caller, room: RoomId) -> Result<SeenBy, Error> {
        match self.store.seen(caller.user.id, room, limit::SEEN_MAX).await? {
            Some(seen) => Ok(SeenBy { seen }),
            None => Err(self.stranger(caller, room).await),
        }
    }

    /// Takes back what was told of somebody who shows it no more.
    pub(super) async fn hide_receipts(&self, caller: &Caller) -> Result<(), Error> {
        for room in self.store.shared_rooms(caller.user.id).await? {
            let frame = ServerFrame::Seen { room, user: caller.user.id, read: Seq::ZERO };
            let (audience, content) = (Audience::Room(room), Content::Frame(frame));
            self.publish(Envelope { audience, content }).await;
        }
        Ok(())
    }

    async fn tell_seen(&self, caller: &Caller, room: RoomId, read: Seq) -> Result<(), Error> {
        let user = caller.user.id;
        // In a large room everybody would be told of everybody: there it is asked for.
        let small = self.store.standing(user, room).await?.is_some_and(|(room, _)| {
            room.members <= limit::SEEN_PEOPLE && room.purpose == RoomPurpose::Talk
        });
        if !small {
            return Ok(());
        }
        let people = self.store.show_receipts(user, room).await?;
        if !people.is_empty() {
            let content = Content::Frame(ServerFrame::Seen { room, user, read });
            self.publish(Envelope { audience: Audience::Among(room, people), content }).await;
        }
        Ok(())
    }
}

/// Whether somebody who showed it does so no more.
pub(super) fn hides(before: Receipts, after: Receipts) -> bool {
    before.is_shown() && !after.is_shown()
}
