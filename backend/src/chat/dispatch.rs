//! One exhaustive match: what is asked, and who answers. Every transport comes through here.

use super::message::Place;
use super::{Caller, Chat, Error};
use crate::store::{Blocked, Follow};
use futures_util::future::BoxFuture;
use shared::command::{ClientCommand, CommandReply};
use shared::message::MessageBody;
use shared::schedule::{Reminder, Scheduled};
use std::sync::Arc;

/// A command under way.
pub type Running = BoxFuture<'static, Result<CommandReply, Error>>;

impl Chat {
    /// Starts what is asked. Messages that are begun one after the other, and then polled in that
    /// order, go into the log in that order.
    pub async fn begin(self: &Arc<Self>, caller: &Caller, command: ClientCommand) -> Running {
        if let ClientCommand::SendMessage {
            room,
            client_message_id,
            body,
            reply_to,
            thread,
            in_room,
        } = command
        {
            let place = Place { reply_to, thread, in_room };
            return match self.prepare_message(caller, room, client_message_id, &body, place).await {
                Ok(sending) => sending,
                Err(error) => Box::pin(async move { Err(error) }),
            };
        }
        let chat = Arc::clone(self);
        let caller = caller.clone();
        Box::pin(async move { chat.execute(&caller, command).await })
    }

    /// Does what is asked.
    #[expect(clippy::too_many_lines, reason = "one arm a command, and no second match")]
    pub async fn execute(
        &self,
        caller: &Caller,
        command: ClientCommand,
    ) -> Result<CommandReply, Error> {
        if !matches!(command, ClientCommand::SendMessage { .. }) {
            self.commands.take(caller.user.id)?;
        }
        let me = caller.user.id;
        match command {
            ClientCommand::SendMessage {
                room,
                client_message_id,
                body,
                reply_to,
                thread,
                in_room,
            } => {
                let place = Place { reply_to, thread, in_room };
                let sending = self.prepare_message(caller, room, client_message_id, &body, place);
                return sending.await?.await;
            }
            ClientCommand::PostNotice { client_message_id, body } => {
                return self.prepare_notice(caller, client_message_id, &body).await?.await;
            }
            ClientCommand::EditMessage { room, message, body } => {
                self.edit_message(caller, room, message, &body).await?;
            }
            ClientCommand::DeleteMessage { room, message } => {
                self.delete_message(caller, room, message).await?;
            }
            ClientCommand::AddReaction { room, message, emoji } => {
                self.add_reaction(caller, room, message, &emoji).await?;
            }
            ClientCommand::RemoveReaction { room, message, emoji } => {
                self.remove_reaction(caller, room, message, &emoji).await?;
            }
            ClientCommand::PinMessage { room, message } => {
                self.pin_message(caller, room, message).await?;
            }
            ClientCommand::UnpinMessage { room, message } => {
                self.unpin_message(caller, room, message).await?;
            }
            ClientCommand::MarkRead { room, seq, age_ms } => {
                self.mark_read(caller, room, seq, age_ms).await?;
            }
            ClientCommand::MarkUnread { room, seq } => self.mark_unread(caller, room, seq).await?,
            ClientCommand::ForwardMessage { room, client_message_id, from, message, comment } => {
                let origin = (from, message);
                let comment = comment.as_deref();
                let sending =
                    self.prepare_forward(caller, room, client_message_id, origin, comment);
                return sending.await?.await;
            }
            ClientCommand::CreatePoll { room, client_message_id, question, poll, thread } => {
                let place = Place { thread, ..Place::default() };
                let sending =
                    self.prepare_poll(caller, room, client_message_id, &question, poll, place);
                return sending.await?.await;
            }
            ClientCommand::Vote { room, message, choices } => {
                self.vote(caller, room, message, choices).await?;
            }
            ClientCommand::ClosePoll { room, message } => {
                self.close_poll(caller, room, message).await?;
            }
            ClientCommand::ScheduleMessage {
                room,
                client_message_id,
                body,
                reply_to,
                thread,
                at,
            } => {
                let body = MessageBody::new(&body)?;
                let failed = None;
                let scheduled =
                    Scheduled { client_message_id, room, reply_to, thread, body, at, failed };
                self.schedule_message(caller, scheduled).await?;
            }
            ClientCommand::CancelScheduled { client_message_id } => {
                self.store.cancel_scheduled(me, client_message_id).await?;
            }
            ClientCommand::SetReminder { id, room, message, text, at } => {
                let due = false;
                self.set_reminder(caller, Reminder { id, room, message, text, at, due }).await?;
            }
            ClientCommand::ClearReminder { id } => self.store.clear_reminder(me, id).await?,
            ClientCommand::SaveMessage { room, message } => {
                self.save_message(caller, room, message).await?;
            }
            ClientCommand::UnsaveMessage { room, message } => {
                self.unsave_message(caller, room, message).await?;
            }
            ClientCommand::FollowThread { room, root } => {
                self.set_following(caller, room, root, Follow::Yes).await?;
            }
            ClientCommand::UnfollowThread { room, root } => {
                self.set_following(caller, room, root, Follow::No).await?;
            }
            ClientCommand::MarkThreadRead { room, root, seq } => {
                self.mark_thread_read(caller, room, root, seq).await?;
            }
            ClientCommand::SetInvolvement { room, involvement } => {
                self.set_involvement(caller, room, involvement).await?;
            }
            ClientCommand::ArrangeSidebar { sidebar } => {
                self.arrange_sidebar(caller, sidebar).await?;
            }
            ClientCommand::KeepDraft { room, thread, text, reply_to, age_ms } => {
                self.keep_draft(caller, room, thread, text, reply_to, age_ms).await?;
            }
            ClientCommand::SetTyping { room, thread } => {
                self.set_typing(caller, room, thread).await?;
            }
            ClientCommand::SetActive { active } => {
                self.set_active(me, caller.connection, active).await?;
            }
            ClientCommand::CreateRoom { name, kind, topic } => {
                let room = self.create_room(caller, &name, kind, &topic).await?;
                return Ok(CommandReply::Room { room });
            }
            ClientCommand::OpenDirect { users } => {
                let room = self.open_direct(caller, users).await?;
                return Ok(CommandReply::Room { room });
            }
            ClientCommand::JoinRoom { room } => {
                let room = self.join(caller, room).await?;
                return Ok(CommandReply::Room { room });
            }
            ClientCommand::RenameRoom { room, name } => self.rename(caller, room, &name).await?,
            ClientCommand::SetTopic { room, topic } => {
                self.set_topic(caller, room, &topic).await?;
            }
            ClientCommand::ArchiveRoom { room } => self.archive(caller, room).await?,
            ClientCommand::UnarchiveRoom { room } => self.unarchive(caller, room).await?,
            ClientCommand::LeaveRoom { room } => self.leave(caller, room).await?,
            ClientCommand::AddMember { room, user } => self.add_member(caller, room, user).await?,
            ClientCommand::RemoveMember { room, user } => {
                self.remove_member(caller, room, user).await?;
            }
            ClientCommand::SetRole { room, user, role } => {
                self.set_role(caller, room, user, role).await?;
            }
            ClientCommand::UpdateProfile { name, status } => {
                let user = self.update_profile(caller, name, status).await?;
                return Ok(CommandReply::User { user });
            }
            ClientCommand::SetStatus { status, emoji, until } => {
                let user = self.set_status(caller, &status, emoji.as_deref(), until).await?;
                return Ok(CommandReply::User { user });
            }
            ClientCommand::UpdateSettings { settings } => {
                self.update_settings(caller, settings).await?;
            }
            ClientCommand::BlockPerson { user } => {
                self.set_blocked(caller, user, Blocked::Yes).await?;
            }
            ClientCommand::UnblockPerson { user } => {
                self.set_blocked(caller, user, Blocked::No).await?;
            }
            ClientCommand::UpdateSite { name, registration, receipts } => {
                self.update_site(caller, name, registration, receipts).await?;
            }
            ClientCommand::CreateInvitation { expires_at, uses } => {
                return self.create_invitation(caller, expires_at, uses).await;
            }
            ClientCommand::RevokeInvitation { invitation } => {
                self.revoke_invitation(caller, invitation).await?;
            }
            ClientCommand::DisablePerson { user } => {
                self.set_disabled(caller, user, true).await?;
            }
            ClientCommand::EnablePerson { user } => {
                self.set_disabled(caller, user, false).await?;
            }
            ClientCommand::SetSiteRole { user, role } => {
                self.set_site_role(caller, user, role).await?;
            }
            ClientCommand::CreateResetLink { user } => {
                return self.create_reset_link(caller, user).await;
            }
        }
        Ok(CommandReply::Done)
    }
}
