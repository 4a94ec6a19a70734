//! Polls: asking, choosing, closing.

use super::dispatch::Running;
use super::message::Place;
use super::{Caller, Chat, Error, text};
use crate::store::{Append, Ballot, Once, RoomFacts};
use sha2::{Digest, Sha256};
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, MessageId, RoomId, Seq};
use shared::limit;
use shared::message::{MessageBody, Posted};
use shared::permission::RoomAction;
use shared::poll::{Poll, PollState};
use shared::time::Timestamp;

impl Chat {
    /// Prepares to ask.
    pub(super) async fn prepare_poll(
        &self,
        caller: &Caller,
        room: RoomId,
        client_message_id: ClientMessageId,
        question: &str,
        poll: Poll,
        place: Place,
    ) -> Result<Running, Error> {
        self.messages.take(caller.user.id)?;
        self.authorize(caller, room, RoomAction::Post).await?;
        let question = MessageBody::new(question)?;
        let poll = tidied(&poll)?;
        let asked =
            serde_json::to_vec(&poll).map_err(|error| Error::Internal(error.to_string()))?;
        let hash = Sha256::new()
            .chain_update(room.as_uuid().as_bytes())
            .chain_update(question.as_str().as_bytes())
            .chain_update([0])
            .chain_update(asked)
            .finalize();
        let named = self.names_in(caller.user.id, room, &question).await?;
        let decide = Box::new(move |facts: &RoomFacts| {
            facts.standing.may(RoomAction::Post)?;
            if facts.blocked {
                return Err(ErrorCode::Blocked);
            }
            if let Some(at) = poll.closes_at {
                ahead(facts.now, at)?;
            }
            let posted = Posted::new(MessageId::new(), client_message_id, question);
            let posted = named.put(place.put(posted, facts)?, facts)?;
            let poll = Some(Box::new(poll));
            Ok(vec![ServerEvent::MessagePosted(Posted { poll, ..posted })])
        });
        let append = Append {
            about: place.thread.into_iter().collect(),
            once: Some(Once { client_message_id, hash: hash.into() }),
            ..Append::new(room, caller.user.id, decide)
        };
        let sending = self.send(append, client_message_id);
        let woken = std::sync::Arc::clone(&self.woken);
        Ok(Box::pin(async move {
            let sent = sending.await;
            woken.notify_one();
            sent
        }))
    }

    pub(super) async fn vote(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
        mut choices: Vec<u32>,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Vote).await?;
        choices.sort_unstable();
        choices.dedup();
        let chosen = choices.clone();
        let decide = Box::new(move |facts: &RoomFacts| {
            facts.standing.may(RoomAction::Vote)?;
            let poll = open_poll(facts, message)?;
            let most = if poll.poll.several { poll.counts.len() } else { 1 };
            let known =
                |choice: &u32| usize::try_from(*choice).is_ok_and(|at| at < poll.counts.len());
            if !chosen.iter().all(known) {
                return Err(ErrorCode::NotFound);
            }
            if chosen.len() > most {
                return Err(ErrorCode::TooMany { limit: most });
            }
            if facts.blocked { Err(ErrorCode::Blocked) } else { Ok(()) }
        });
        let ballot = Ballot { room, voter: caller.user.id, message, choices, decide };
        Ok(self.store.vote(ballot).await?)
    }

    pub(super) async fn close_poll(
        &self,
        caller: &Caller,
        room: RoomId,
        message: Seq,
    ) -> Result<(), Error> {
        let me = caller.user.id;
        let decide = Box::new(move |facts: &RoomFacts| {
            facts.standing.may(RoomAction::Read)?;
            let asked = facts.message(message)?;
            let poll = asked.poll.as_deref().ok_or(ErrorCode::NotFound)?;
            if asked.author != me {
                facts.standing.may(RoomAction::CloseOthersPoll)?;
            }
            let open = poll.closed.is_none();
            Ok(open.then_some(ServerEvent::PollClosed { message }).into_iter().collect())
        });
        let append = Append { about: vec![message], ..Append::new(room, me, decide) };
        self.store.append(append).await?;
        Ok(())
    }
}

/// The poll, while one may choose.
fn open_poll(facts: &RoomFacts, message: Seq) -> Result<&PollState, ErrorCode> {
    let poll = facts.message(message)?.poll.as_deref().ok_or(ErrorCode::NotFound)?;
    if poll.is_open(facts.now) { Ok(poll) } else { Err(ErrorCode::PollClosed) }
}

/// Refuses a moment that is over or too far away.
pub(super) fn ahead(now: Timestamp, at: Timestamp) -> Result<(), ErrorCode> {
    let millis = at.millis_since(now);
    if (1..=limit::AHEAD_MILLIS).contains(&millis) { Ok(()) } else { Err(ErrorCode::TimeInvalid) }
}

/// The poll with each choice as one line and once.
fn tidied(poll: &Poll) -> Result<Poll, Error> {
    if poll.choices.len() > limit::POLL_CHOICES {
        return Err(ErrorCode::TooMany { limit: limit::POLL_CHOICES }.into());
    }
    let mut choices: Vec<String> = Vec::with_capacity(poll.choices.len());
    for choice in &poll.choices {
        let choice = text::name(choice, limit::CHOICE_CHARS)?;
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    if choices.len() < 2 {
        return Err(ErrorCode::Empty.into());
    }
    Ok(Poll { choices, ..poll.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_has_at_least_two_different_choices() {
        let of = |choices: &[&str]| {
            let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
            let poll = Poll { choices, several: false, anonymous: false, closes_at: None };
            tidied(&poll).map(|poll| poll.choices).map_err(|error| error.code())
        };
        assert_eq!(of(&[" Monday", "Friday ", "Monday"]).unwrap(), ["Monday", "Friday"]);
        assert_eq!(of(&["Monday", " Monday"]), Err(ErrorCode::Empty));
        assert_eq!(of(&["Monday", " "]), Err(ErrorCode::Empty));
        let many = vec!["x"; limit::POLL_CHOICES + 1];
        assert_eq!(of(&many), Err(ErrorCode::TooMany { limit: limit::POLL_CHOICES }));
    }

    #[test]
    fn a_moment_is_ahead_and_within_a_year() {
        let now = Timestamp(1_000);
        assert_eq!(ahead(now, Timestamp(1_001)), Ok(()));
        for at in [now, Timestamp(0), now.plus_millis(limit::AHEAD_MILLIS + 1)] {
            assert_eq!(ahead(now, at), Err(ErrorCode::TimeInvalid));
        }
    }
}
