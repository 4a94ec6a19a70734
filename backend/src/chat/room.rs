//! Rooms: making them, changing them, who is in them.

use super::{Caller, Chat, Error, text};
use crate::store::{Append, Appended, LogRange, NewRoom, RoomFacts, TargetFacts};
use shared::api::{Log, Members, PageQuery, RoomDetails, RoomPatch};
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{RoomId, UserId};
use shared::limit;
use shared::permission::RoomAction;
use shared::room::{
    Involvement, Member, Role, Room, RoomKind, RoomListing, RoomPurpose, RoomSnapshot,
};
use std::collections::BTreeSet;

impl Chat {
    /// The open rooms and the caller's own.
    pub async fn rooms(&self, caller: &Caller) -> Result<Vec<RoomListing>, Error> {
        Ok(self.store.rooms(caller.user.id).await?)
    }

    /// All of the room for a member, the listing of an open one for others.
    pub async fn room(&self, caller: &Caller, room: RoomId) -> Result<RoomDetails, Error> {
        if let Some(snapshot) = self.store.room_snapshot(caller.user.id, room).await? {
            return Ok(RoomDetails {
                listing: listing(&snapshot.room, true),
                membership: Some(snapshot.membership),
                head: Some(snapshot.head),
                epoch: Some(snapshot.epoch),
            });
        }
        match self.store.standing(caller.user.id, room).await? {
            Some((room, _)) if room.kind == RoomKind::Open => Ok(RoomDetails {
                listing: listing(&room, false),
                membership: None,
                head: None,
                epoch: None,
            }),
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    pub async fn members(&self, caller: &Caller, room: RoomId) -> Result<Members, Error> {
        match self.store.members(caller.user.id, room).await? {
            Some((members, at)) => Ok(Members { members, at }),
            None => Err(self.stranger(caller, room).await),
        }
    }

    pub async fn log(&self, caller: &Caller, room: RoomId, query: PageQuery) -> Result<Log, Error> {
        let (range, limit) = page(query);
        match self.store.log(caller.user.id, room, range, limit).await? {
            Some(page) => Ok(Log { epoch: page.epoch, head: page.head, events: page.events }),
            None => Err(self.stranger(caller, room).await),
        }
    }

    /// A room the caller is in, as it is now.
    pub async fn room_snapshot(
        &self,
        caller: &Caller,
        room: RoomId,
    ) -> Result<Option<RoomSnapshot>, Error> {
        Ok(self.store.room_snapshot(caller.user.id, room).await?)
    }

    /// Refuses whoever may not do this in the room, before anything of the request is read.
    pub async fn authorize(
        &self,
        caller: &Caller,
        room: RoomId,
        action: RoomAction,
    ) -> Result<(), Error> {
        match self.store.standing(caller.user.id, room).await? {
            Some((_, standing)) => Ok(standing.may(action)?),
            None => Err(ErrorCode::NotFound.into()),
        }
    }

    /// Refuses what any part of this would be refused for, before the first of them is done.
    pub async fn check_patch(
        &self,
        caller: &Caller,
        room: RoomId,
        patch: &RoomPatch,
    ) -> Result<(), Error> {
        if patch.archived.is_some() {
            self.authorize(caller, room, RoomAction::Archive).await?;
        } else if patch.name.is_some() || patch.topic.is_some() {
            self.authorize(caller, room, RoomAction::Rename).await?;
        }
        if let Some(name) = &patch.name {
            text::name(name, limit::ROOM_NAME_CHARS)?;
        }
        if let Some(topic) = &patch.topic {
            text::line(topic, limit::TOPIC_CHARS)?;
        }
        Ok(())
    }

    pub(super) async fn create_room(
        &self,
        caller: &Caller,
        name: &str,
        kind: RoomKind,
        topic: &str,
    ) -> Result<Room, Error> {
        if kind == RoomKind::Direct {
            return Err(ErrorCode::BadFrame.into());
        }
        let room = NewRoom {
            id: RoomId::new(),
            creator: caller.user.id,
            kind,
            purpose: RoomPurpose::Talk,
            name: text::name(name, limit::ROOM_NAME_CHARS)?,
            topic: text::line(topic, limit::TOPIC_CHARS)?,
            members: vec![Member { user: caller.user.id, role: Role::Owner }],
        };
        Ok(self.store.create_room(room).await?)
    }

    pub(super) async fn open_direct(
        &self,
        caller: &Caller,
        users: Vec<UserId>,
    ) -> Result<Room, Error> {
        let mut people: BTreeSet<UserId> = users.into_iter().collect();
        people.insert(caller.user.id);
        if people.len() < 2 {
            return Err(ErrorCode::Empty.into());
        }
        if people.len() > limit::DIRECT_PEOPLE {
            return Err(ErrorCode::TooMany { limit: limit::DIRECT_PEOPLE }.into());
        }
        let members = people.into_iter().map(|user| Member { user, role: Role::Member }).collect();
        let room = NewRoom {
            id: RoomId::new(),
            creator: caller.user.id,
            kind: RoomKind::Direct,
            purpose: RoomPurpose::Talk,
            name: String::new(),
            topic: String::new(),
            members,
        };
        Ok(self.store.create_room(room).await?)
    }

    pub(super) async fn rename(
        &self,
        caller: &Caller,
        room: RoomId,
        name: &str,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Rename).await?;
        let name = text::name(name, limit::ROOM_NAME_CHARS)?;
        self.change(caller, room, None, move |facts, _| {
            facts.standing.may(RoomAction::Rename)?;
            Ok((facts.room.name != name).then_some(ServerEvent::RoomRenamed { name }))
        })
        .await?;
        Ok(())
    }

    pub(super) async fn set_topic(
        &self,
        caller: &Caller,
        room: RoomId,
        topic: &str,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::SetTopic).await?;
        let topic = text::line(topic, limit::TOPIC_CHARS)?;
        self.change(caller, room, None, move |facts, _| {
            facts.standing.may(RoomAction::SetTopic)?;
            Ok((facts.room.topic != topic).then_some(ServerEvent::TopicChanged { topic }))
        })
        .await?;
        Ok(())
    }

    pub(super) async fn archive(&self, caller: &Caller, room: RoomId) -> Result<(), Error> {
        self.change(caller, room, None, |facts, _| {
            facts.standing.may(RoomAction::Archive)?;
            Ok((!facts.room.archived).then_some(ServerEvent::RoomArchived))
        })
        .await?;
        Ok(())
    }

    pub(super) async fn unarchive(&self, caller: &Caller, room: RoomId) -> Result<(), Error> {
        self.change(caller, room, None, |facts, _| {
            facts.standing.may(RoomAction::Archive)?;
            Ok(facts.room.archived.then_some(ServerEvent::RoomUnarchived))
        })
        .await?;
        Ok(())
    }

    pub(super) async fn join(&self, caller: &Caller, room: RoomId) -> Result<Room, Error> {
        let user = caller.user.id;
        self.change(caller, room, None, move |facts, _| {
            facts.standing.may(RoomAction::Join)?;
            Ok(facts
                .standing
                .role
                .is_none()
                .then_some(ServerEvent::MemberJoined { user, role: Role::Member }))
        })
        .await
    }

    pub(super) async fn leave(&self, caller: &Caller, room: RoomId) -> Result<(), Error> {
        let user = caller.user.id;
        self.change(caller, room, None, move |facts, _| {
            facts.standing.may(RoomAction::Leave)?;
            if facts.standing.role == Some(Role::Owner)
                && facts.owners == 1
                && facts.room.members > 1
            {
                return Err(ErrorCode::LastOwner);
            }
            Ok(Some(ServerEvent::MemberLeft { user }))
        })
        .await?;
        Ok(())
    }

    pub(super) async fn add_member(
        &self,
        caller: &Caller,
        room: RoomId,
        user: UserId,
    ) -> Result<(), Error> {
        self.change(caller, room, Some(user), move |facts, target| {
            facts.standing.may(RoomAction::AddPerson)?;
            match target {
                Some(TargetFacts { disabled: false, role: None, .. }) => {
                    Ok(Some(ServerEvent::MemberJoined { user, role: Role::Member }))
                }
                Some(TargetFacts { disabled: false, role: Some(_), .. }) => Ok(None),
                Some(TargetFacts { disabled: true, .. }) | None => Err(ErrorCode::NotFound),
            }
        })
        .await?;
        Ok(())
    }

    pub(super) async fn remove_member(
        &self,
        caller: &Caller,
        room: RoomId,
        user: UserId,
    ) -> Result<(), Error> {
        let actor = caller.user.id;
        self.change(caller, room, Some(user), move |facts, target| {
            let role = target.and_then(|target| target.role);
            facts.standing.may(RoomAction::RemovePerson(role.unwrap_or_default()))?;
            if user == actor {
                return Err(ErrorCode::Forbidden);
            }
            role.map(|_| Some(ServerEvent::MemberRemoved { user })).ok_or(ErrorCode::NotFound)
        })
        .await?;
        Ok(())
    }

    pub(super) async fn set_role(
        &self,
        caller: &Caller,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<(), Error> {
        self.change(caller, room, Some(user), move |facts, target| {
            facts.standing.may(RoomAction::SetRole)?;
            let current = target.and_then(|target| target.role).ok_or(ErrorCode::NotFound)?;
            if current == Role::Owner && role != Role::Owner && facts.owners == 1 {
                return Err(ErrorCode::LastOwner);
            }
            Ok((current != role).then_some(ServerEvent::RoleChanged { user, role }))
        })
        .await?;
        Ok(())
    }

    pub(super) async fn set_involvement(
        &self,
        caller: &Caller,
        room: RoomId,
        involvement: Involvement,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        Ok(self.store.set_involvement(caller.user.id, room, involvement).await?)
    }

    /// Appends at most one event, decided by the facts inside the transaction.
    async fn change(
        &self,
        caller: &Caller,
        room: RoomId,
        target: Option<UserId>,
        decide: impl FnOnce(&RoomFacts, Option<TargetFacts>) -> Result<Option<ServerEvent>, ErrorCode>
        + Send
        + 'static,
    ) -> Result<Room, Error> {
        let appended = self
            .store
            .append(Append {
                target,
                ..Append::new(
                    room,
                    caller.user.id,
                    Box::new(move |facts| {
                        decide(facts, facts.target).map(|event| event.into_iter().collect())
                    }),
                )
            })
            .await?;
        match appended {
            Appended::Now { room, .. } => Ok(room),
            Appended::Earlier(_) => {
                Err(Error::Internal("an append without an id found an earlier one".to_owned()))
            }
        }
    }

    /// What to tell somebody who is not in the room: nothing, unless it is open to all.
    pub(super) async fn stranger(&self, caller: &Caller, room: RoomId) -> Error {
        match self.authorize(caller, room, RoomAction::Read).await {
            Err(error) => error,
            // In between the caller came in; they ask again.
            Ok(()) => ErrorCode::Unavailable.into(),
        }
    }
}

/// The range and the number asked for, within bounds.
pub(super) fn page(query: PageQuery) -> (LogRange, u32) {
    let limit = query.limit.unwrap_or(limit::PAGE_DEFAULT).clamp(1, limit::PAGE_MAX);
    let range = match (query.after, query.before) {
        (Some(after), _) => LogRange::After(after),
        (None, Some(before)) => LogRange::Before(before),
        (None, None) => LogRange::Latest,
    };
    (range, limit)
}

fn listing(room: &Room, joined: bool) -> RoomListing {
    RoomListing {
        id: room.id,
        kind: room.kind,
        name: room.name.clone(),
        topic: room.topic.clone(),
        members: room.members,
        joined,
        archived: room.archived,
    }
}
