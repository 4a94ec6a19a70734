//! Read markers. Every count derives from them.

use super::{Caller, Chat, Error};
use crate::bus::{Audience, Content, Envelope};
use crate::store::MarkerMove;
use shared::frame::ServerFrame;
use shared::id::{RoomId, Seq};
use shared::permission::RoomAction;
use shared::room::RoomKind;

impl Chat {
    /// Moves the marker forward, and lets the other people of a direct room see it.
    pub(super) async fn mark_read(
        &self,
        caller: &Caller,
        room: RoomId,
        seq: Seq,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        let counts = self.store.move_marker(caller.user.id, room, MarkerMove::Forward(seq)).await?;
        let is_direct = self
            .store
            .standing(caller.user.id, room)
            .await?
            .is_some_and(|(room, _)| room.kind == RoomKind::Direct);
        if is_direct {
            self.publish(Envelope {
                audience: Audience::Room(room),
                content: Content::Frame(ServerFrame::Seen {
                    room,
                    user: caller.user.id,
                    read: counts.read,
                }),
            })
            .await;
        }
        Ok(())
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
}
