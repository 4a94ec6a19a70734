//! Messages: sent once, however often they are sent again.

use super::dispatch::Running;
use super::nick;
use super::{Caller, Chat, Error};
use crate::planted::{self, Bug};
use crate::store::{Append, Appended, Once, RoomFacts};
use sha2::{Digest, Sha256};
use shared::command::CommandReply;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, MessageId, RoomId, Seq, UserId};
use shared::limit;
use shared::markup::{self, Block, Everybody};
use shared::message::{Acknowledgement, Call, MessageBody, Posted, RoomName};
use shared::permission::RoomAction;
use shared::room::RoomKind;
use shared::user::{Presence, SiteRole};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Chat {
    /// Checks what can be checked without the log, and prepares the append. Messages that one
    /// connection prepares one after the other go into the log in that order.
    pub(super) async fn prepare_message(
        &self,
        caller: &Caller,
        room: RoomId,
        client_message_id: ClientMessageId,
        body: &str,
        place: Place,
    ) -> Result<Running, Error> {
        self.messages.take(caller.user.id)?;
        let body = match MessageBody::new(body) {
            Ok(body) => body,
            // Who is not in the room is told so, whatever the text.
            Err(code) => {
                self.authorize(caller, room, RoomAction::Post).await?;
                return Err(code.into());
            }
        };
        let append = self.message_of(caller.user.id, room, client_message_id, body, place).await?;
        Ok(self.send(append, client_message_id))
    }

    /// A message as its author would send it at this moment.
    pub(super) async fn message_of(
        &self,
        author: UserId,
        room: RoomId,
        client_message_id: ClientMessageId,
        body: MessageBody,
        place: Place,
    ) -> Result<Append, Error> {
        let named = self.names_in(author, room, &body).await?;
        let about = place.reply_to.into_iter().chain(place.thread).collect();
        let once = Some(once(client_message_id, room, &body));
        let decide = Box::new(move |facts: &RoomFacts| {
            facts.standing.may(RoomAction::Post)?;
            if facts.blocked {
                return Err(ErrorCode::Blocked);
            }
            let posted = Posted::new(MessageId::new(), client_message_id, body);
            let posted = named.put(place.put(posted, facts)?, facts)?;
            Ok(vec![ServerEvent::MessagePosted(posted)])
        });
        Ok(Append { about, once, ..Append::new(room, author, decide) })
    }

    /// Prepares a notice to everyone.
    pub(super) async fn prepare_notice(
        &self,
        caller: &Caller,
        client_message_id: ClientMessageId,
        body: &str,
    ) -> Result<Running, Error> {
        self.require_administrator(caller).await?;
        self.messages.take(caller.user.id)?;
        let body = MessageBody::new(body)?;
        let room = self.store.site().await?.announcements.ok_or(ErrorCode::NotFound)?;
        let append = Append {
            room,
            actor: caller.user.id,
            target: None,
            about: Vec::new(),
            origin: None,
            once: Some(once(client_message_id, room, &body)),
            decide: Box::new(move |facts| {
                if facts.standing.site_role != SiteRole::Administrator {
                    return Err(ErrorCode::Forbidden);
                }
                let posted = Posted::new(MessageId::new(), client_message_id, body);
                Ok(vec![ServerEvent::MessagePosted(Posted { notice: true, ..posted })])
            }),
        };
        Ok(self.send(append, client_message_id))
    }

    /// A message on its way into the log. Polling it once puts it in line; it ends when the
    /// message is durable.
    pub(super) fn send(&self, append: Append, client_message_id: ClientMessageId) -> Running {
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            let acknowledgement = match store.append(append).await? {
                Appended::Earlier(acknowledgement) => acknowledgement,
                Appended::Now { events, .. } => events
                    .iter()
                    .find_map(|event| acknowledge(event, client_message_id))
                    .ok_or_else(|| Error::Internal("a message made no event".to_owned()))?,
            };
            Ok(CommandReply::Sent(acknowledgement))
        })
    }

    /// Whom and what a text names, as they are now.
    pub(super) async fn names_in(
        &self,
        author: UserId,
        room: RoomId,
        body: &MessageBody,
    ) -> Result<Named, Error> {
        if !body.as_str().contains(['@', '#']) {
            return Ok(Named::default());
        }
        let blocks = markup::parse(body.as_str());
        Ok(Named {
            mentions: self.mentions(&blocks).await?,
            call: match markup::call(&blocks) {
                Some(Everybody::Room) => Some(Call::Room),
                Some(Everybody::Here) => Some(Call::Here(self.present_in(author, room).await?)),
                None => None,
            },
            rooms: self.rooms_named(author, &blocks).await?,
        })
    }

    /// The people of a room who are present, but for the author; nobody, to a stranger.
    async fn present_in(&self, author: UserId, room: RoomId) -> Result<Vec<UserId>, Error> {
        let Some((members, _)) = self.store.members(author, room).await? else {
            return Ok(Vec::new());
        };
        let others = members.iter().map(|member| member.user);
        let others = others.filter(|user| *user != author).collect();
        let present = self.presence_of(&others, &HashSet::new());
        let here = present.into_iter().filter(|of| of.presence == Presence::Here);
        Ok(here.map(|of| of.user).collect())
    }

    /// The rooms a text names that its author may know of, each once. Of two of one name the one
    /// they are in, and that is in use.
    async fn rooms_named(&self, author: UserId, blocks: &[Block]) -> Result<Vec<RoomName>, Error> {
        let runs = markup::room_runs(blocks);
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = self.store.rooms(author).await?;
        known.retain(|room| room.kind != RoomKind::Direct);
        known.sort_by_key(|room| (!room.joined, room.archived));
        let mut by_key: HashMap<String, RoomId> = HashMap::new();
        for room in known {
            by_key.entry(markup::room_key(&room.name)).or_insert(room.id);
        }
        let mut rooms: Vec<RoomName> = Vec::new();
        for run in runs.into_iter().take(limit::MENTIONS) {
            let Some((key, _)) = markup::longest_room(run, |key| by_key.contains_key(key)) else {
                continue;
            };
            let key = key.to_lowercase();
            if let Some(room) = by_key.get(&key)
                && rooms.iter().all(|named| named.key != key)
            {
                rooms.push(RoomName { key, room: *room });
            }
        }
        Ok(rooms)
    }

    /// The people a text mentions, each once, in order of appearance.
    async fn mentions(&self, blocks: &[Block]) -> Result<Vec<UserId>, Error> {
        let keys: Vec<String> = markup::nick_candidates(blocks, limit::MENTIONS)
            .iter()
            .map(|candidate| nick::key(candidate))
            .collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found: HashMap<String, UserId> = self
            .store
            .users_by_nick_key(keys)
            .await?
            .into_iter()
            .map(|(_, user)| (nick::fold(&user.nick), user.id))
            .collect();
        Ok(markup::mentioned(blocks, |candidate| found.contains_key(&nick::fold(candidate)))
            .into_iter()
            .filter_map(|nick| found.get(&nick::fold(nick)).copied())
            .take(limit::MENTIONS)
            .collect())
    }
}

/// Whom and what a text names.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) mentions: Vec<UserId>,
    call: Option<Call>,
    pub(super) rooms: Vec<RoomName>,
}

impl Named {
    /// Puts the names into a message that is about to be posted. In a direct room everything
    /// counts as a mention, and in a thread those who follow it are told: there a call is text.
    pub(super) fn put(self, posted: Posted, facts: &RoomFacts) -> Result<Posted, ErrorCode> {
        let Self { mentions, call, rooms } = self;
        let call = call.filter(|_| facts.room.kind != RoomKind::Direct && posted.is_entry());
        if call.is_some()
            && facts.room.members > limit::CALLED_BY_ANYONE
            && facts.standing.may(RoomAction::CallEverybody).is_err()
        {
            return Err(ErrorCode::CallForbidden);
        }
        if let Some(Call::Here(people)) = &call
            && people.len() > limit::HERE
        {
            return Err(ErrorCode::TooMany { limit: limit::HERE });
        }
        Ok(Posted { mentions, call, rooms, ..posted })
    }
}

/// Where in a room a message is to stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) reply_to: Option<Seq>,
    pub(super) thread: Option<Seq>,
    pub(super) in_room: bool,
}

impl Place {
    /// Puts the message there, if there is such a place.
    pub(super) fn put(self, posted: Posted, facts: &RoomFacts) -> Result<Posted, ErrorCode> {
        let Self { reply_to, thread, in_room } = self;
        if let Some(answered) = reply_to
            && facts.message(answered)?.deleted.is_some()
        {
            return Err(ErrorCode::NotFound);
        }
        // A thread goes on when its root is deleted; what is said in one begins no other.
        if let Some(root) = thread
            && facts.message(root)?.thread.is_some()
        {
            return Err(ErrorCode::NotFound);
        }
        Ok(Posted { reply_to, thread, in_room: in_room && thread.is_some(), ..posted })
    }
}

fn acknowledge(event: &RoomEvent, client_message_id: ClientMessageId) -> Option<Acknowledgement> {
    let posted = event.posted()?;
    Some(Acknowledgement {
        client_message_id,
        id: posted.id,
        room: event.room,
        seq: if planted::has(Bug::WrongPlace) { event.seq.previous() } else { event.seq },
        at: event.at,
    })
}

fn once(client_message_id: ClientMessageId, room: RoomId, body: &MessageBody) -> Once {
    let hash = Sha256::new()
        .chain_update(room.as_uuid().as_bytes())
        .chain_update(body.as_str().as_bytes())
        .finalize();
    Once { client_message_id, hash: hash.into() }
}
