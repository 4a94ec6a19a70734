//! Old state + events = fresh state, whatever happens.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, Epoch, MessageId, RoomId, Seq, UserId};
use shared::latest::{Latest, Preview};
use shared::message::{Call, Emoji, Message, MessageBody, Posted};
use shared::reduce::{Applied, MemberList, RoomState};
use shared::room::{
    Counts, Involvement, Member, Membership, Role, Room, RoomKind, RoomPurpose, RoomSnapshot,
    ThreadCounts,
};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const ROOM: RoomId = RoomId::from_uuid(Uuid::from_u128(100));
const EPOCH: Epoch = Epoch::from_uuid(Uuid::from_u128(101));

fn person(number: u8) -> UserId {
    UserId::from_uuid(Uuid::from_u128(1 + u128::from(number)))
}

/// The one whose view it is; never removed, so that the view goes on.
fn me() -> UserId {
    person(0)
}

/// The room as a whole, kept naively: every count is made anew from the log.
struct Model {
    log: Vec<RoomEvent>,
    kind: RoomKind,
    read: Seq,
    /// The threads that `me` follows, and how far they are read.
    follows: BTreeMap<Seq, Seq>,
}

impl Model {
    fn new(kind: RoomKind) -> Self {
        let mut model = Self { log: Vec::new(), kind, read: Seq::ZERO, follows: BTreeMap::new() };
        model.push(
            me(),
            ServerEvent::RoomCreated {
                kind,
                purpose: RoomPurpose::Talk,
                name: "room".to_owned(),
                topic: String::new(),
            },
        );
        model.push(me(), ServerEvent::MemberJoined { user: me(), role: Role::Owner });
        model.read = Seq(2);
        model
    }

    fn head(&self) -> Seq {
        Seq(self.log.len() as u64)
    }

    fn push(&mut self, actor: UserId, event: ServerEvent) {
        let seq = self.head().next();
        self.log.push(RoomEvent { room: ROOM, seq, at: Timestamp(0), actor, event });
    }

    fn counts(&self) -> Counts {
        let others = self.log.iter().filter(|event| event.seq > self.read && event.actor != me());
        let (messages, aside): (Vec<_>, Vec<_>) = others
            .filter_map(RoomEvent::message)
            .partition(|message| message.thread.is_none() || message.in_room);
        let unfollowed =
            aside.iter().any(|message| !self.follows.contains_key(&message.thread.unwrap()));
        let direct = self.kind == RoomKind::Direct;
        let mentioned = |message: &&Message| direct || message.mentions.contains(&me());
        let mentions = messages.iter().filter(mentioned).count();
        let called = |message: &&Message| message.call.is_some() && !mentioned(message);
        let calls = messages.iter().filter(called).count();
        Counts {
            read: self.read,
            unread: u32::try_from(messages.len()).unwrap(),
            mentions: u32::try_from(mentions + calls).unwrap(),
            calls: u32::try_from(calls).unwrap(),
            unfollowed,
            at: self.head(),
        }
    }

    fn thread(&self, root: Seq) -> Option<ThreadCounts> {
        let read = *self.follows.get(&root)?;
        let unread = self.log.iter().filter(|event| {
            event.actor != me()
                && event.seq > read
                && event.posted().is_some_and(|posted| posted.thread == Some(root))
        });
        let unread = u32::try_from(unread.count()).unwrap();
        Some(ThreadCounts { root, read, unread, at: self.head() })
    }

    /// What was said last, of the present text.
    fn latest(&self) -> Option<Preview> {
        let last = self.log.iter().rfind(|event| event.posted().is_some_and(Posted::is_entry))?;
        let mut message = last.message()?;
        for event in &self.log {
            message.apply(event);
        }
        let text = message.body.as_ref().map(Preview::beginning);
        Some(Preview { seq: last.seq, at: last.at, author: last.actor, text, poll: false })
    }

    fn roles(&self) -> BTreeMap<UserId, Role> {
        let mut roles = BTreeMap::new();
        for event in &self.log {
            match &event.event {
                ServerEvent::MemberJoined { user, role }
                | ServerEvent::RoleChanged { user, role } => {
                    roles.insert(*user, *role);
                }
                ServerEvent::MemberLeft { user } | ServerEvent::MemberRemoved { user } => {
                    roles.remove(user);
                }
                _ => {}
            }
        }
        roles
    }

    fn last<T>(&self, pick: impl Fn(&ServerEvent) -> Option<T>, default: T) -> T {
        self.log.iter().rev().find_map(|event| pick(&event.event)).unwrap_or(default)
    }

    fn snapshot(&self) -> RoomSnapshot {
        let roles = self.roles();
        let direct = self.kind == RoomKind::Direct;
        let people: Vec<Member> =
            roles.iter().map(|(user, role)| Member { user: *user, role: *role }).collect();
        RoomSnapshot {
            room: Room {
                id: ROOM,
                kind: self.kind,
                purpose: RoomPurpose::Talk,
                name: self.last(
                    |event| match event {
                        ServerEvent::RoomRenamed { name } => Some(name.clone()),
                        _ => None,
                    },
                    "room".to_owned(),
                ),
                topic: self.last(
                    |event| match event {
                        ServerEvent::TopicChanged { topic } => Some(topic.clone()),
                        _ => None,
                    },
                    String::new(),
                ),
                archived: self.last(
                    |event| match event {
                        ServerEvent::RoomArchived => Some(true),
                        ServerEvent::RoomUnarchived => Some(false),
                        _ => None,
                    },
                    false,
                ),
                members: u32::try_from(roles.len()).unwrap(),
                created_at: Timestamp(0),
            },
            epoch: EPOCH,
            head: self.head(),
            membership: Membership {
                role: roles[&me()],
                involvement: Involvement::Everything,
                counts: self.counts(),
                threads: self.follows.keys().filter_map(|root| self.thread(*root)).collect(),
            },
            seen: if direct {
                people
                    .iter()
                    .filter(|member| member.user != me())
                    .map(|member| shared::room::Seen { user: member.user, read: Seq::ZERO })
                    .collect()
            } else {
                Vec::new()
            },
            people: if direct { people } else { Vec::new() },
        }
    }
}

/// How the words of a step concern `me`.
#[derive(Clone, Copy, Debug)]
enum Towards {
    Nobody,
    Me,
    Here,
    Room,
}

fn towards() -> impl Strategy<Value = Towards> {
    prop_oneof![
        3 => Just(Towards::Nobody),
        2 => Just(Towards::Me),
        1 => Just(Towards::Here),
        1 => Just(Towards::Room),
    ]
}

/// The words of step `number`.
fn said(number: usize, towards: Towards) -> ServerEvent {
    let id = Uuid::from_u128(number as u128);
    let body = MessageBody::new("words").unwrap();
    let posted = Posted::new(MessageId::from_uuid(id), ClientMessageId::from_uuid(id), body);
    let (mentions, call) = match towards {
        Towards::Nobody => (Vec::new(), None),
        Towards::Me => (vec![me()], Some(Call::Room)),
        Towards::Here => (Vec::new(), Some(Call::Here(vec![person(1), me()]))),
        Towards::Room => (Vec::new(), Some(Call::Room)),
    };
    ServerEvent::MessagePosted(Posted { mentions, call, ..posted })
}

/// What is done to the message at a place.
#[derive(Clone, Debug)]
enum Deed {
    Edit(u8),
    Delete,
    React(u8),
    Unreact(u8),
    Pin,
    Unpin,
    Vote(Vec<u32>),
    ClosePoll,
}

impl Deed {
    fn event(&self, message: Seq) -> ServerEvent {
        let emoji = |number: &u8| Emoji::known(["👍", "🎉", "👀"][usize::from(*number)]);
        match self {
            Self::Edit(words) => ServerEvent::MessageEdited {
                message,
                body: Some(MessageBody::new(&words.to_string()).unwrap()),
                mentions: Vec::new(),
                rooms: Vec::new(),
            },
            Self::Delete => ServerEvent::MessageDeleted { message },
            Self::React(number) => ServerEvent::ReactionAdded { message, emoji: emoji(number) },
            Self::Unreact(number) => ServerEvent::ReactionRemoved { message, emoji: emoji(number) },
            Self::Pin => ServerEvent::MessagePinned { message },
            Self::Unpin => ServerEvent::MessageUnpinned { message },
            Self::Vote(choices) => ServerEvent::PollVoted { message, choices: choices.clone() },
            Self::ClosePoll => ServerEvent::PollClosed { message },
        }
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0_u8..9).prop_map(Deed::Edit),
        1 => Just(Deed::Delete),
        4 => (0_u8..3).prop_map(Deed::React),
        3 => (0_u8..3).prop_map(Deed::Unreact),
        1 => Just(Deed::Pin),
        1 => Just(Deed::Unpin),
        3 => prop::collection::vec(0_u32..3, 0..3).prop_map(Deed::Vote),
        1 => Just(Deed::ClosePoll),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Post {
        actor: u8,
        towards: Towards,
    },
    /// In the thread of one of the first few places.
    Reply {
        actor: u8,
        root: u64,
        in_room: bool,
    },
    Thread {
        root: u64,
        deed: ThreadDeed,
        late: usize,
    },
    Join(u8),
    Leave(u8),
    Promote(u8, Role),
    Rename(String),
    Topic(String),
    Archive,
    Unarchive,
    /// Done to the message at this share of the log.
    Amend {
        actor: u8,
        deed: Deed,
        share: f64,
    },
    /// The marker moves to this share of the log, and the counts made then arrive so many steps
    /// later.
    Read {
        share: f64,
        late: usize,
    },
}

#[derive(Clone, Copy, Debug)]
enum ThreadDeed {
    Follow,
    Unfollow,
    Read,
}

/// What is told of `me` alone.
enum Personal {
    Counts(Counts),
    Followed(ThreadCounts, Counts),
    Unfollowed(Seq, Counts),
    Read(ThreadCounts),
}

impl Personal {
    fn tell(self, client: &mut RoomState) {
        match self {
            Self::Counts(counts) => client.set_counts(counts),
            Self::Followed(thread, counts) => client.follow(thread, counts),
            Self::Unfollowed(root, counts) => client.unfollow(root, counts),
            Self::Read(thread) => client.set_thread(thread),
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u8..5, towards()).prop_map(|(actor, towards)| Step::Post { actor, towards }),
        5 => (0_u8..5, 1_u64..4, any::<bool>())
            .prop_map(|(actor, root, in_room)| Step::Reply { actor, root, in_room }),
        4 => (1_u64..4, prop_oneof![
            Just(ThreadDeed::Follow), Just(ThreadDeed::Unfollow), Just(ThreadDeed::Read),
        ], 0_usize..6).prop_map(|(root, deed, late)| Step::Thread { root, deed, late }),
        1 => (1_u8..5).prop_map(Step::Join),
        1 => (1_u8..5).prop_map(Step::Leave),
        1 => (1_u8..5, prop_oneof![Just(Role::Member), Just(Role::Moderator), Just(Role::Owner)])
            .prop_map(|(user, role)| Step::Promote(user, role)),
        1 => "[a-z]{1,8}".prop_map(Step::Rename),
        1 => "[a-z]{0,8}".prop_map(Step::Topic),
        1 => Just(Step::Archive),
        1 => Just(Step::Unarchive),
        4 => (0_u8..5, deed(), 0.0..=1.0)
            .prop_map(|(actor, deed, share)| Step::Amend { actor, deed, share }),
        3 => (0.0..=1.0, 0_usize..6).prop_map(|(share, late)| Step::Read { share, late }),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a short log"
)]
fn place(head: Seq, share: f64) -> Seq {
    Seq((head.0 as f64 * share) as u64)
}

proptest! {
    /// Whatever happened, and however late the counts of a moved marker arrive, a client that
    /// applied events holds what a fresh snapshot says.
    #[test]
    fn applying_the_events_to_an_old_snapshot_equals_a_fresh_one(
        direct in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
        from in 0_usize..60,
    ) {
        let mut model = Model::new(if direct { RoomKind::Direct } else { RoomKind::Closed });
        let mut client: Option<RoomState> = None;
        let mut members: Option<MemberList> = None;
        let mut on_the_way: Vec<(usize, Personal)> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            if number == from.min(steps.len() - 1) {
                let mut fresh = RoomState::new(model.snapshot());
                fresh.latest.learn(model.latest());
                client = Some(fresh);
                let list: Vec<Member> = model
                    .roles()
                    .iter()
                    .map(|(user, role)| Member { user: *user, role: *role })
                    .collect();
                members = Some(MemberList::new(&list, model.head()));
                on_the_way.clear();
            }
            let before = model.log.len();
            let present = model.roles();
            match step {
                Step::Post { actor, towards } => {
                    model.push(person(*actor), said(number, *towards));
                }
                Step::Join(user) if !present.contains_key(&person(*user)) => {
                    model.push(me(), ServerEvent::MemberJoined { user: person(*user), role: Role::Member });
                }
                Step::Leave(user) if present.contains_key(&person(*user)) => {
                    model.push(person(*user), ServerEvent::MemberLeft { user: person(*user) });
                }
                Step::Promote(user, role) if present.contains_key(&person(*user)) => {
                    model.push(me(), ServerEvent::RoleChanged { user: person(*user), role: *role });
                }
                Step::Join(_) | Step::Leave(_) | Step::Promote(..) => {}
                Step::Rename(name) => model.push(me(), ServerEvent::RoomRenamed { name: name.clone() }),
                Step::Topic(topic) => model.push(me(), ServerEvent::TopicChanged { topic: topic.clone() }),
                Step::Amend { actor, deed, share } => {
                    let message = place(model.head(), *share);
                    model.push(person(*actor), deed.event(message));
                }
                Step::Archive => model.push(me(), ServerEvent::RoomArchived),
                Step::Unarchive => model.push(me(), ServerEvent::RoomUnarchived),
                Step::Read { share, late } => {
                    model.read = model.read.max(place(model.head(), *share));
                    on_the_way.push((number + late, Personal::Counts(model.counts())));
                }
                Step::Reply { actor, root, in_room } => {
                    let ServerEvent::MessagePosted(posted) = said(number, Towards::Nobody) else {
                        unreachable!()
                    };
                    let (thread, in_room) = (Some(Seq(*root)), *in_room);
                    let reply = Posted { thread, in_room, ..posted };
                    model.push(person(*actor), ServerEvent::MessagePosted(reply));
                }
                Step::Thread { root, deed, late } => {
                    let (root, head) = (Seq(*root), model.head());
                    let told = match deed {
                        ThreadDeed::Follow => {
                            model.follows.entry(root).or_insert(head);
                            let thread = model.thread(root).unwrap();
                            Personal::Followed(thread, model.counts())
                        }
                        ThreadDeed::Unfollow => {
                            model.follows.remove(&root);
                            Personal::Unfollowed(root, model.counts())
                        }
                        ThreadDeed::Read => match model.follows.get_mut(&root) {
                            Some(read) => {
                                *read = head;
                                Personal::Read(model.thread(root).unwrap())
                            }
                            None => continue,
                        },
                    };
                    on_the_way.push((number + late, told));
                }
            }
            if let (Some(client), Some(members)) = (&mut client, &mut members) {
                for event in &model.log[before..] {
                    prop_assert_eq!(client.apply(event, me()), Applied::Advanced);
                    prop_assert_eq!(client.apply(event, me()), Applied::Duplicate);
                    prop_assert_eq!(members.apply(event), Applied::Advanced);
                }
                // The user's own stream keeps its order, whatever its delay.
                while on_the_way.first().is_some_and(|(due, _)| *due <= number) {
                    on_the_way.remove(0).1.tell(client);
                }
            }
        }
        let (mut client, members) = (client.unwrap(), members.unwrap());
        for (_, told) in on_the_way {
            told.tell(&mut client);
        }
        prop_assert_eq!(client.latest.said().cloned(), model.latest());
        prop_assert_eq!(client.snapshot(), model.snapshot());
        prop_assert_eq!(members.roles.into_iter().collect::<BTreeMap<_, _>>(), model.roles());
    }

    /// A message as of any moment, and all that happened to the room told once more from any
    /// earlier moment on, make the message as it is.
    #[test]
    fn a_message_of_any_moment_and_later_events_make_the_present_one(
        deeds in prop::collection::vec((0_u8..3, deed(), 0_u64..4), 0..40),
        seen in 0_usize..40,
        again in 0_usize..40,
    ) {
        let mut model = Model::new(RoomKind::Closed);
        for number in 0..3 {
            model.push(person(1), said(number, Towards::Nobody));
        }
        for (actor, deed, message) in deeds {
            model.push(person(actor), deed.event(Seq(3 + message)));
        }
        let fresh = |log: &[RoomEvent]| -> Vec<_> {
            let mut messages: Vec<_> = log.iter().filter_map(RoomEvent::message).collect();
            for message in &mut messages {
                for event in log {
                    message.apply(event);
                }
            }
            messages
        };
        let seen = 5 + seen.min(model.log.len() - 5);
        let mut old = fresh(&model.log[..seen]);
        for message in &mut old {
            for event in &model.log[again.min(seen)..] {
                message.apply(event);
            }
        }
        prop_assert_eq!(&old, &fresh(&model.log));
        for message in old {
            let kinds: BTreeSet<_> = message.reactions.iter().map(|of| &of.emoji).collect();
            prop_assert_eq!(kinds.len(), message.reactions.len());
            prop_assert!(message.reactions.iter().all(|of| !of.users.is_empty()));
        }
    }

    /// What was read and not told yet counts as if it had been told, as far as that can be known; and
    /// what the server says of the marker then stands.
    #[test]
    fn what_was_read_here_counts_at_once(
        direct in any::<bool>(),
        old in prop::collection::vec((0_u8..5, towards()), 0..10),
        new in prop::collection::vec((0_u8..5, towards(), any::<bool>()), 0..20),
        share in 0.0..=1.0,
    ) {
        let mut model = Model::new(if direct { RoomKind::Direct } else { RoomKind::Open });
        for (number, (actor, towards)) in old.into_iter().enumerate() {
            model.push(person(actor), said(number, towards));
        }
        let mut client = RoomState::new(model.snapshot());
        let counted = model.head();
        for (number, (actor, towards, in_thread)) in new.into_iter().enumerate() {
            let ServerEvent::MessagePosted(posted) = said(number, towards) else { unreachable!() };
            let thread = in_thread.then_some(Seq::FIRST);
            let posted = Posted { thread, ..posted };
            model.push(person(actor), ServerEvent::MessagePosted(posted));
            client.apply(model.log.last().unwrap(), me());
        }
        let (before, read) = (model.read, place(model.head(), share));
        client.read_here(None, read);
        if read >= counted {
            model.read = before.max(read);
        }
        prop_assert_eq!(client.counts(), model.counts());
        model.read = before;
        client.marker_moved(model.counts());
        prop_assert_eq!(client.counts(), model.counts());
    }

    /// A marker at the head leaves nothing unread, nowhere.
    #[test]
    fn all_read_means_zero(direct in any::<bool>(), posts in prop::collection::vec((0_u8..5, towards()), 0..40)) {
        let mut model = Model::new(if direct { RoomKind::Direct } else { RoomKind::Open });
        let mut client = RoomState::new(model.snapshot());
        for (number, (actor, towards)) in posts.into_iter().enumerate() {
            model.push(person(actor), said(number, towards));
            client.apply(model.log.last().unwrap(), me());
        }
        model.read = model.head();
        client.set_counts(model.counts());
        prop_assert_eq!(client.counts().unread, 0);
        prop_assert_eq!(client.counts().mentions, 0);
    }
}

#[test]
fn an_answer_that_is_late_does_not_hide_what_was_said_since() {
    let preview = |seq| Preview {
        seq: Seq(seq),
        at: Timestamp(0),
        author: me(),
        text: Some("words".to_owned()),
        poll: false,
    };
    let mut latest = Latest::Said(preview(4));
    latest.learn(Some(preview(3)));
    latest.learn(None);
    assert_eq!(latest.said(), Some(&preview(4)));
    latest.learn(Some(preview(5)));
    assert_eq!(latest.said(), Some(&preview(5)));
    latest = Latest::Unknown;
    latest.learn(None);
    assert_eq!(latest, Latest::Nothing);
}

#[test]
fn nothing_is_applied_beyond_a_gap_or_after_the_end() {
    let mut model = Model::new(RoomKind::Open);
    let mut client = RoomState::new(model.snapshot());
    let archived = |seq| RoomEvent {
        room: ROOM,
        seq: Seq(seq),
        at: Timestamp(0),
        actor: me(),
        event: ServerEvent::RoomArchived,
    };
    assert_eq!(client.apply(&archived(4), me()), Applied::Gap { after: Seq(2) });
    assert!(!client.room.archived);
    model.push(person(1), ServerEvent::MemberRemoved { user: me() });
    assert_eq!(client.apply(model.log.last().unwrap(), me()), Applied::Advanced);
    assert_eq!(client.ended, Some(Seq(3)));
    assert_eq!(client.apply(&archived(4), me()), Applied::Duplicate);
    assert!(!client.room.archived);
}
