//! What happens by itself when its time has come. The store says what is due and when the next thing
//! will be: nothing is kept here, so a restart forgets nothing.

use super::message::Place;
use super::poll::ahead;
use super::{Caller, Chat, Error, text};
use crate::store::Due;
use shared::error::ErrorCode;
use shared::id::{ClientMessageId, UserId};
use shared::limit;
use shared::permission::RoomAction;
use shared::schedule::{Reminder, Scheduled};
use shared::time::Timestamp;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What is carried out before looking at the clock again.
const AT_ONCE: u32 = 64;
/// After a failure of the store.
const RETRY_MILLIS: i64 = 5_000;

impl Chat {
    /// Carries out what is due, and then what becomes due, until `shutdown`.
    pub async fn keep_time(self: Arc<Self>, shutdown: CancellationToken) {
        loop {
            let next = match self.carry_out_due().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "what is due waits");
                    Some(self.clock.now().plus_millis(RETRY_MILLIS))
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.woken.notified() => {}
                () = self.until(next) => {}
            }
        }
    }

    async fn until(&self, next: Option<Timestamp>) {
        match next {
            Some(next) => self.clock.until(next).await,
            None => core::future::pending().await,
        }
    }

    /// Everything that is due by now; says when the next thing will be.
    async fn carry_out_due(&self) -> Result<Option<Timestamp>, Error> {
        loop {
            let due = self.store.due(self.clock.now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(self.store.next_due().await?);
            }
            for due in due {
                self.carry_out(due).await?;
            }
        }
    }

    async fn carry_out(&self, due: Due) -> Result<(), Error> {
        match due {
            Due::Poll { room, message } => Ok(self.store.close_due_poll(room, message).await?),
            Due::Send { author, client_message_id } => {
                self.send_scheduled(author, client_message_id).await
            }
            Due::Reminder { user, id } => Ok(self.store.reminder_due(user, id).await?),
            Due::StatusEnds { user } => Ok(self.store.end_status(user).await?),
            Due::QuietEdge { user } => self.pass_quiet_edge(user).await,
        }
    }

    pub(super) async fn schedule_message(
        &self,
        caller: &Caller,
        scheduled: Scheduled,
    ) -> Result<(), Error> {
        self.authorize(caller, scheduled.room, RoomAction::Post).await?;
        ahead(self.clock.now(), scheduled.at)?;
        self.store.schedule(caller.user.id, scheduled).await?;
        self.woken.notify_one();
        Ok(())
    }

    pub(super) async fn set_reminder(
        &self,
        caller: &Caller,
        reminder: Reminder,
    ) -> Result<(), Error> {
        if let Some(room) = reminder.room {
            self.authorize(caller, room, RoomAction::Read).await?;
        }
        let text = text::line(&reminder.text, limit::REMINDER_CHARS)?;
        if text.is_empty() && (reminder.room.is_none() || reminder.message.is_none()) {
            return Err(ErrorCode::Empty.into());
        }
        ahead(self.clock.now(), reminder.at)?;
        self.store.set_reminder(caller.user.id, Reminder { text, ..reminder }).await?;
        self.woken.notify_one();
        Ok(())
    }

    /// Sends what is due as its author would at this moment. The transaction that posts it takes it
    /// off the list, so that nothing in between sends it twice or not at all.
    async fn send_scheduled(&self, author: UserId, id: ClientMessageId) -> Result<(), Error> {
        let Some(due) = self.store.scheduled(author, id).await? else { return Ok(()) };
        let disabled = self.store.user(author).await?.is_none_or(|user| user.disabled);
        let posted = if disabled {
            Err(Error::Refused(ErrorCode::Forbidden))
        } else {
            self.post_scheduled(author, due).await
        };
        match posted {
            // It is off the list with the message; where that was there already, it goes now.
            Ok(()) => Ok(self.store.cancel_scheduled(author, id).await?),
            Err(Error::Refused(code)) => Ok(self.store.fail_scheduled(author, id, code).await?),
            Err(error) => Err(error),
        }
    }

    async fn post_scheduled(&self, author: UserId, due: Scheduled) -> Result<(), Error> {
        let Scheduled { client_message_id, room, reply_to, thread, body, .. } = due;
        let place = Place { reply_to, thread, ..Place::default() };
        let append = self.message_of(author, room, client_message_id, body, place).await?;
        self.store.append(append).await?;
        Ok(())
    }
}
