//! The fold: old state + events = fresh state. The page applies it to what arrives; tests hold
//! the server's snapshots to it.

use crate::event::{RoomEvent, ServerEvent};
use crate::id::{Epoch, Seq, UserId};
use crate::message::{Emoji, Message, Reaction, Stamp};
use crate::room::{
    Counts, Involvement, Member, Membership, Role, Room, RoomKind, RoomSnapshot, Seen,
};
use std::collections::BTreeMap;

/// One member's view of a room, moved on by events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomState {
    pub room: Room,
    pub epoch: Epoch,
    /// The last event applied.
    pub head: Seq,
    /// The event with which the membership ended; nothing follows it.
    pub ended: Option<Seq>,
    pub role: Role,
    pub involvement: Involvement,
    /// A direct room's people.
    pub people: BTreeMap<UserId, Role>,
    /// How far a direct room's other people have read.
    pub seen: BTreeMap<UserId, Seq>,
    counts: Counts,
    /// Others' messages applied since `counts.at`, and whether each counts as a mention: what is
    /// needed to move counts that the server made at an earlier or later head.
    since: Vec<(Seq, bool)>,
}

/// What became of an event that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was the next one.
    Advanced,
    /// It, or one in its place, was applied before.
    Duplicate,
    /// Events after this one are missing: fetch them first.
    Gap { after: Seq },
}

impl RoomState {
    pub fn new(snapshot: RoomSnapshot) -> Self {
        Self {
            room: snapshot.room,
            epoch: snapshot.epoch,
            head: snapshot.head,
            ended: None,
            role: snapshot.membership.role,
            involvement: snapshot.membership.involvement,
            people: snapshot.people.iter().map(|member| (member.user, member.role)).collect(),
            seen: snapshot.seen.iter().map(|seen| (seen.user, seen.read)).collect(),
            counts: snapshot.membership.counts,
            since: Vec::new(),
        }
    }

    /// Applies `event` if it is the next one. `me` is whose view this is.
    pub fn apply(&mut self, event: &RoomEvent, me: UserId) -> Applied {
        if event.seq <= self.head || self.ended.is_some() {
            return Applied::Duplicate;
        }
        if event.seq != self.head.next() {
            return Applied::Gap { after: self.head };
        }
        self.head = event.seq;
        match &event.event {
            ServerEvent::RoomCreated { kind, purpose, name, topic } => {
                self.room.kind = *kind;
                self.room.purpose = *purpose;
                self.room.name.clone_from(name);
                self.room.topic.clone_from(topic);
                self.room.created_at = event.at;
            }
            ServerEvent::MemberJoined { user, role } => {
                self.room.members = self.room.members.saturating_add(1);
                self.set_role(*user, *role, me);
            }
            ServerEvent::MemberLeft { user } | ServerEvent::MemberRemoved { user } => {
                self.room.members = self.room.members.saturating_sub(1);
                self.people.remove(user);
                self.seen.remove(user);
                if *user == me {
                    self.ended = Some(event.seq);
                }
            }
            ServerEvent::RoleChanged { user, role } => self.set_role(*user, *role, me),
            ServerEvent::RoomRenamed { name } => self.room.name.clone_from(name),
            ServerEvent::TopicChanged { topic } => self.room.topic.clone_from(topic),
            ServerEvent::RoomArchived => self.room.archived = true,
            ServerEvent::RoomUnarchived => self.room.archived = false,
            ServerEvent::MessagePosted(posted) => {
                if event.actor != me && event.seq > self.counts.at {
                    let mention =
                        self.room.kind == RoomKind::Direct || posted.mentions.contains(&me);
                    self.since.push((event.seq, mention));
                }
            }
            // They change messages, which are not part of this view, and count for nobody.
            ServerEvent::MessageEdited { .. }
            | ServerEvent::MessageDeleted { .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. } => {}
        }
        Applied::Advanced
    }

    /// Takes over counts that the server made, at whatever head it made them. Older ones than
    /// those held are left alone unless they move the marker.
    pub fn set_counts(&mut self, counts: Counts) {
        if counts.at < self.counts.at && counts.read == self.counts.read {
            return;
        }
        self.since.retain(|(seq, _)| *seq > counts.at);
        self.counts = counts;
    }

    /// The read marker, and the counts that follow from it at [`RoomState::head`].
    pub fn counts(&self) -> Counts {
        let above = self.since.iter().filter(|(seq, _)| *seq > self.counts.read);
        let (unread, mentions) = above.fold((0_u32, 0_u32), |(unread, mentions), (_, mention)| {
            (unread.saturating_add(1), mentions.saturating_add(u32::from(*mention)))
        });
        Counts {
            read: self.counts.read,
            unread: self.counts.unread.saturating_add(unread),
            mentions: self.counts.mentions.saturating_add(mentions),
            at: self.counts.at.max(self.head),
        }
    }

    /// What a fresh snapshot at [`RoomState::head`] would say.
    pub fn snapshot(&self) -> RoomSnapshot {
        RoomSnapshot {
            room: self.room.clone(),
            epoch: self.epoch,
            head: self.head,
            membership: Membership {
                role: self.role,
                involvement: self.involvement,
                counts: self.counts(),
            },
            people: self
                .people
                .iter()
                .map(|(user, role)| Member { user: *user, role: *role })
                .collect(),
            seen: self.seen.iter().map(|(user, read)| Seen { user: *user, read: *read }).collect(),
        }
    }

    fn set_role(&mut self, user: UserId, role: Role, me: UserId) {
        if user == me {
            self.role = role;
        }
        if self.room.kind == RoomKind::Direct {
            self.people.insert(user, role);
            if user != me {
                self.seen.entry(user).or_insert(Seq::ZERO);
            }
        }
    }
}

/// A room's members, moved on by events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberList {
    /// The last event applied.
    pub at: Seq,
    pub roles: BTreeMap<UserId, Role>,
}

impl MemberList {
    pub fn new(members: &[Member], at: Seq) -> Self {
        Self { at, roles: members.iter().map(|member| (member.user, member.role)).collect() }
    }

    pub fn apply(&mut self, event: &RoomEvent) -> Applied {
        if event.seq <= self.at {
            return Applied::Duplicate;
        }
        if event.seq != self.at.next() {
            return Applied::Gap { after: self.at };
        }
        self.at = event.seq;
        match &event.event {
            ServerEvent::MemberJoined { user, role } | ServerEvent::RoleChanged { user, role } => {
                self.roles.insert(*user, *role);
            }
            ServerEvent::MemberLeft { user } | ServerEvent::MemberRemoved { user } => {
                self.roles.remove(user);
            }
            ServerEvent::RoomCreated { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived
            | ServerEvent::MessagePosted(_)
            | ServerEvent::MessageEdited { .. }
            | ServerEvent::MessageDeleted { .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. } => {}
        }
        Applied::Advanced
    }
}

/// Whether an event changed what it was applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amended {
    Changed,
    /// It concerns something else, or is in there already.
    Unchanged,
}

impl Message {
    /// Brings the message to its state after `event`. Events of its room may be offered again, or
    /// when the message contains them already; new ones are offered in order.
    pub fn apply(&mut self, event: &RoomEvent) -> Amended {
        if event.amends() != Some(self.seq) || event.room != self.room || event.seq <= self.revised
        {
            return Amended::Unchanged;
        }
        self.revised = event.seq;
        if self.deleted.is_some() {
            return Amended::Changed;
        }
        let stamp = Stamp { by: event.actor, at: event.at };
        match &event.event {
            ServerEvent::MessageEdited { body, mentions, .. } => {
                self.body.clone_from(body);
                self.mentions.clone_from(mentions);
                self.edited_at = Some(event.at);
            }
            ServerEvent::MessageDeleted { .. } => self.delete(stamp),
            ServerEvent::ReactionAdded { emoji, .. } => self.react(emoji, event.actor),
            ServerEvent::ReactionRemoved { emoji, .. } => {
                for reaction in &mut self.reactions {
                    if reaction.emoji == *emoji {
                        reaction.users.retain(|user| *user != event.actor);
                    }
                }
                self.reactions.retain(|reaction| !reaction.users.is_empty());
            }
            ServerEvent::MessagePinned { .. } => self.pinned = Some(stamp),
            ServerEvent::MessageUnpinned { .. } => self.pinned = None,
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived
            | ServerEvent::MessagePosted(_) => {}
        }
        Amended::Changed
    }

    /// What is left of a message that was deleted: its place, whose it was, who deleted it.
    fn delete(&mut self, stamp: Stamp) {
        self.body = None;
        self.mentions.clear();
        self.edited_at = None;
        self.reactions.clear();
        self.pinned = None;
        self.deleted = Some(stamp);
    }

    fn react(&mut self, emoji: &Emoji, user: UserId) {
        match self.reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) {
            Some(reaction) if reaction.users.contains(&user) => {}
            Some(reaction) => reaction.users.push(user),
            None => self.reactions.push(Reaction { emoji: emoji.clone(), users: vec![user] }),
        }
    }
}
