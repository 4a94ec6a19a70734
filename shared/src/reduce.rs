//! The fold: old state + events = fresh state. The page applies it to what arrives; tests hold
//! the server's snapshots to it.

use crate::event::{RoomEvent, ServerEvent};
use crate::id::{Epoch, Seq, UserId};
use crate::keyed::{self, Map};
use crate::latest::{Latest, Preview};
use crate::limit;
use crate::message::{Concern, Emoji, Message, Reaction, Replies, Stamp};
use crate::room::{
    Counts, Involvement, Member, Membership, Role, Room, RoomKind, RoomSnapshot, Seen, ThreadCounts,
};
use std::collections::HashMap;

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
    pub people: Map<UserId, Role>,
    /// How far a direct room's other people have read, of those who show it.
    pub seen: Map<UserId, Seq>,
    /// What was said last. No snapshot has it.
    pub latest: Latest,
    counts: Counts,
    /// How far the member has read without the server knowing it yet.
    read_here: Seq,
    /// Others' messages applied since `counts.at`, and how each concerns the member: what is needed
    /// to move counts that the server made at an earlier or later head.
    since: Vec<(Seq, Concern)>,
    /// The threads the member follows, by their roots.
    threads: Map<Seq, ThreadState>,
    /// Others' replies since `counts.at` in threads that the member does not follow.
    aside: Vec<Reply>,
}

/// Somebody else's reply in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reply {
    seq: Seq,
    root: Seq,
    /// It is not in the room itself.
    in_thread_alone: bool,
}

/// A followed thread, moved on by events.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ThreadState {
    counts: ThreadCounts,
    /// How far the member has read it without the server knowing it yet.
    read_here: Seq,
    /// Others' replies applied since `counts.at`.
    since: Vec<Reply>,
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
            people: keyed::map(snapshot.people.iter().map(|member| (member.user, member.role))),
            seen: keyed::map(snapshot.seen.iter().map(|seen| (seen.user, seen.read))),
            latest: Latest::Unknown,
            counts: snapshot.membership.counts,
            read_here: Seq::ZERO,
            since: Vec::new(),
            threads: threads(&snapshot.membership.threads),
            aside: Vec::new(),
        }
    }

    /// Takes over what the server says of the member's place at one moment, where the room is
    /// otherwise known up to then.
    pub fn set_membership(&mut self, membership: &Membership) {
        self.role = membership.role;
        self.involvement = membership.involvement;
        self.set_counts(membership.counts);
        // What was applied beyond that moment is still to be counted.
        let applied: Vec<Reply> = self
            .threads
            .values()
            .flat_map(|thread| thread.since.iter())
            .chain(&self.aside)
            .filter(|reply| reply.seq > membership.counts.at)
            .copied()
            .collect();
        self.threads = threads(&membership.threads);
        self.aside.clear();
        for reply in applied {
            self.replied(reply);
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
                if posted.is_entry() {
                    self.latest = Latest::Said(Preview {
                        seq: event.seq,
                        at: event.at,
                        author: event.actor,
                        text: posted.body.as_ref().map(Preview::beginning),
                        poll: posted.poll.is_some(),
                    });
                }
                if event.actor != me && posted.is_entry() && event.seq > self.counts.at {
                    let concern = match self.room.kind {
                        RoomKind::Direct => Concern::Mentioned,
                        RoomKind::Open | RoomKind::Closed => posted.concern(me),
                    };
                    self.since.push((event.seq, concern));
                }
                if let Some(root) = posted.thread
                    && event.actor != me
                {
                    let in_thread_alone = !posted.is_entry();
                    self.replied(Reply { seq: event.seq, root, in_thread_alone });
                }
            }
            ServerEvent::MessageEdited { message, body, .. } => {
                self.latest.amend(*message, body.as_ref());
            }
            ServerEvent::MessageDeleted { message } => self.latest.amend(*message, None),
            // They change messages, which are not part of this view, and count for nobody.
            ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => {}
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
        self.aside.retain(|reply| reply.seq > counts.at);
        self.counts = counts;
    }

    /// The member has read so far in the room, or in a thread that they follow, and the server is
    /// still to be told: it counts until the marker moves there. True if that is news.
    pub fn read_here(&mut self, thread: Option<Seq>, seq: Seq) -> bool {
        let known = match thread {
            None => Some(&mut self.read_here),
            Some(root) => self.threads.get_mut(&root).map(|thread| &mut thread.read_here),
        };
        let Some(known) = known.filter(|known| **known < seq) else { return false };
        *known = seq;
        true
    }

    /// The marker has moved, here or on another device: what the server says of it stands.
    pub fn marker_moved(&mut self, counts: Counts) {
        self.forget_read_here();
        self.set_counts(counts);
    }

    /// The member wants the room to be unread from somewhere on.
    pub fn forget_read_here(&mut self) {
        self.read_here = Seq::ZERO;
    }

    /// The member follows the thread from now on, or did so already.
    pub fn follow(&mut self, thread: ThreadCounts, counts: Counts) {
        if self.threads.get(&thread.root).is_some_and(|held| held.counts.at > thread.at) {
            return;
        }
        let (here, aside) = self.aside.drain(..).partition(|reply| reply.root == thread.root);
        self.aside = aside;
        let known = self.threads.remove(&thread.root);
        let mut since: Vec<Reply> = known.map_or(here, |known| known.since);
        since.retain(|reply| reply.seq > thread.at);
        let read_here = Seq::ZERO;
        self.threads.insert(thread.root, ThreadState { counts: thread, read_here, since });
        self.set_counts(counts);
    }

    /// The member does not follow the thread any more.
    pub fn unfollow(&mut self, root: Seq, counts: Counts) {
        if let Some(thread) = self.threads.remove(&root) {
            self.aside.extend(thread.since);
            self.aside.sort_unstable_by_key(|reply| reply.seq);
        }
        self.set_counts(counts);
    }

    /// Takes over counts of a followed thread, as [`RoomState::set_counts`] does the room's.
    pub fn set_thread(&mut self, counts: ThreadCounts) {
        let Some(thread) = self.threads.get_mut(&counts.root) else { return };
        thread.read_here = Seq::ZERO;
        if counts.at < thread.counts.at && counts.read == thread.counts.read {
            return;
        }
        thread.since.retain(|reply| reply.seq > counts.at);
        thread.counts = counts;
    }

    /// The threads the member follows, counted at [`RoomState::head`].
    pub fn threads(&self) -> Vec<ThreadCounts> {
        let counted = self.threads.values().map(|ThreadState { counts, read_here, since }| {
            let mut counts = *counts;
            if is_ahead(*read_here, counts.read, counts.at) {
                (counts.read, counts.unread) = (*read_here, 0);
            }
            let above = since.iter().filter(|reply| reply.seq > counts.read).count();
            ThreadCounts {
                unread: counts.unread.saturating_add(u32::try_from(above).unwrap_or(u32::MAX)),
                at: counts.at.max(self.head),
                ..counts
            }
        });
        counted.collect()
    }

    pub fn follows(&self, root: Seq) -> bool {
        self.threads.contains_key(&root)
    }

    /// Counts somebody else's reply.
    fn replied(&mut self, reply: Reply) {
        match self.threads.get_mut(&reply.root) {
            Some(thread) if reply.seq > thread.counts.at => thread.since.push(reply),
            None if reply.seq > self.counts.at => self.aside.push(reply),
            Some(_) | None => {}
        }
    }

    /// The read marker, and the counts that follow from it at [`RoomState::head`].
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts;
        if is_ahead(self.read_here, counts.read, counts.at) {
            counts = Counts { read: self.read_here, at: counts.at, ..Counts::default() };
        }
        for (_, concern) in self.since.iter().filter(|(seq, _)| *seq > counts.read) {
            counts.unread = counts.unread.saturating_add(1);
            let (mention, call) = match concern {
                Concern::Talk => (0, 0),
                Concern::Called => (1, 1),
                Concern::Mentioned => (1, 0),
            };
            counts.mentions = counts.mentions.saturating_add(mention);
            counts.calls = counts.calls.saturating_add(call);
        }
        Counts {
            unfollowed: counts.unfollowed
                || self.aside.iter().any(|reply| reply.in_thread_alone && reply.seq > counts.read),
            at: counts.at.max(self.head),
            ..counts
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
                threads: self.threads(),
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

fn threads(counts: &[ThreadCounts]) -> Map<Seq, ThreadState> {
    keyed::map(counts.iter().map(|counts| {
        let read_here = Seq::ZERO;
        (counts.root, ThreadState { counts: *counts, read_here, since: Vec::new() })
    }))
}

/// Whether the member has read further than the marker, and everything that was counted at `at`: of
/// less only the server can say how much is left.
fn is_ahead(read_here: Seq, marker: Seq, at: Seq) -> bool {
    read_here > marker && read_here >= at
}

/// A room's members, moved on by events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberList {
    /// The last event applied.
    pub at: Seq,
    pub roles: HashMap<UserId, Role>,
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
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => {}
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
        if let ServerEvent::MessagePosted(_) = &event.event {
            self.replied(event);
            return Amended::Changed;
        }
        if self.deleted.is_some() {
            return Amended::Changed;
        }
        let stamp = Stamp { by: event.actor, at: event.at };
        match &event.event {
            ServerEvent::MessageEdited { body, mentions, rooms, .. } => {
                self.body.clone_from(body);
                self.mentions.clone_from(mentions);
                self.rooms.clone_from(rooms);
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
            ServerEvent::PollVoted { choices, .. } => {
                if let Some(poll) = &mut self.poll {
                    poll.vote(event.actor, choices);
                }
            }
            ServerEvent::PollCounted { counts, people, .. } => {
                if let Some(poll) = &mut self.poll {
                    poll.counts.clone_from(counts);
                    poll.people = *people;
                }
            }
            ServerEvent::PollClosed { .. } => {
                if let Some(poll) = &mut self.poll {
                    poll.closed = Some(stamp);
                }
            }
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
        self.origin = None;
        self.poll = None;
        self.mentions.clear();
        self.rooms.clear();
        self.edited_at = None;
        self.reactions.clear();
        self.pinned = None;
        self.deleted = Some(stamp);
    }

    fn replied(&mut self, reply: &RoomEvent) {
        let (count, mut people) =
            self.replies.take().map_or((0, Vec::new()), |replies| (replies.count, replies.people));
        people.retain(|user| *user != reply.actor);
        people.insert(0, reply.actor);
        people.truncate(limit::REPLY_PEOPLE);
        self.replies = Some(Replies {
            count: count.saturating_add(1),
            last: reply.seq,
            last_at: reply.at,
            people,
        });
    }

    fn react(&mut self, emoji: &Emoji, user: UserId) {
        match self.reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) {
            Some(reaction) if reaction.users.contains(&user) => {}
            Some(reaction) => reaction.users.push(user),
            None => self.reactions.push(Reaction { emoji: emoji.clone(), users: vec![user] }),
        }
    }
}
