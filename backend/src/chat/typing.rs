//! Who is typing: ephemeral, told to the room, kept nowhere.

use super::{Caller, Chat, Error};
use crate::bus::{Audience, Content, Envelope};
use shared::frame::ServerFrame;
use shared::id::{RoomId, Seq};
use shared::permission::RoomAction;

impl Chat {
    pub(super) async fn set_typing(
        &self,
        caller: &Caller,
        room: RoomId,
        thread: Option<Seq>,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Post).await?;
        self.publish(Envelope {
            audience: Audience::Room(room),
            content: Content::Frame(ServerFrame::Typing { room, user: caller.user.id, thread }),
        })
        .await;
        Ok(())
    }
}
