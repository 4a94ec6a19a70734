//! What every store promises. A store takes part by a [`Place`] and one line at the end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use backend::clock::Clock;
use backend::store::{
    Append, Appended, Blocked, Change, FirstRun, Follow, HistoryRange, LogRange, MarkerMove,
    NewInvitation, NewReset, NewRoom, NewSession, NewUser, Once, PersonPatch, RoomFacts,
    SESSION_ABSOLUTE_MILLIS, SESSION_IDLE_MILLIS, SitePatch, Store, StoreError, WriteError,
};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shared::api::HistoryEntry;
use shared::error::ErrorCode;
use shared::event::{Place as EventPlace, RoomEvent, ServerEvent, UserEvent};
use shared::id::{ClientMessageId, InvitationId, MessageId, RoomId, Seq, SessionId, UserId};
use shared::message::{Acknowledgement, Call, Emoji, Message, MessageBody, Posted};
use shared::permission::RoomAction;
use shared::poll::Poll;
use shared::reduce::{Applied, MemberList, RoomState};
use shared::room::{Counts, Involvement, Member, Role, Room, RoomKind, RoomPurpose, ThreadCounts};
use shared::site::Registration;
use shared::time::Timestamp;
use shared::user::{Settings, SiteRole, Theme, User};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Where one store's data is, so that it can be opened again.
pub(crate) trait Place: Sized {
    type Store: Store;

    fn new() -> Self;

    fn open(
        &self,
        clock: Clock,
        changes: mpsc::Sender<Change>,
    ) -> impl Future<Output = Arc<Self::Store>>;

    fn close(store: &Self::Store) -> impl Future<Output = ()>;
}

const START: Timestamp = Timestamp(1_800_000_000_000);

/// An open store with what it has told.
struct Desk<P: Place> {
    place: P,
    store: Arc<P::Store>,
    clock: Clock,
    told: Arc<Mutex<Vec<Change>>>,
    listener: JoinHandle<()>,
}

impl<P: Place> Desk<P> {
    async fn new() -> Self {
        Self::open(P::new(), Clock::manual(START)).await
    }

    async fn open(place: P, clock: Clock) -> Self {
        // Small, so that the writer meets a full channel.
        let (changes, mut receiver) = mpsc::channel(4);
        let told = Arc::new(Mutex::new(Vec::new()));
        let store = place.open(clock.clone(), changes).await;
        let listener = tokio::spawn({
            let told = Arc::clone(&told);
            async move {
                while let Some(change) = receiver.recv().await {
                    told.lock().unwrap().push(change);
                }
            }
        });
        Self { place, store, clock, told, listener }
    }

    /// Closes the store and opens it again.
    async fn reopen(self) -> Self {
        P::close(&self.store).await;
        drop(self.store);
        self.listener.await.unwrap();
        Self::open(self.place, self.clock).await
    }

    /// What has been told since the last call. Closing is what makes sure that all has arrived.
    async fn told(self) -> Vec<Change> {
        P::close(&self.store).await;
        drop(self.store);
        self.listener.await.unwrap();
        self.told.lock().unwrap().clone()
    }

    async fn register(&self, nick: &str) -> User {
        self.store.register(newcomer(nick)).await.unwrap()
    }

    /// An open room of `people`, the first of whom owns it.
    async fn room(&self, kind: RoomKind, people: &[&User]) -> Room {
        let members = people.iter().enumerate().map(|(place, user)| Member {
            user: user.id,
            role: if place == 0 { Role::Owner } else { Role::Member },
        });
        let new = NewRoom {
            id: RoomId::new(),
            creator: people[0].id,
            kind,
            purpose: RoomPurpose::Talk,
            name: "Kitchen".into(),
            topic: String::new(),
            members: members.collect(),
        };
        self.store.create_room(new).await.unwrap()
    }

    async fn direct(&self, creator: &User, others: &[&User]) -> Result<Room, WriteError> {
        let people = std::iter::once(creator).chain(others.iter().copied());
        self.store
            .create_room(NewRoom {
                id: RoomId::new(),
                creator: creator.id,
                kind: RoomKind::Direct,
                purpose: RoomPurpose::Talk,
                name: String::new(),
                topic: String::new(),
                members: people.map(|user| Member { user: user.id, role: Role::Member }).collect(),
            })
            .await
    }

    async fn say(&self, user: UserId, room: RoomId, text: &str) -> Result<Appended, WriteError> {
        self.store.append(message(user, room, ClientMessageId::new(), text, &[])).await
    }

    /// Appends `event` without asking whether it may be.
    async fn change(&self, actor: UserId, room: RoomId, event: ServerEvent) -> Vec<RoomEvent> {
        let decide = Box::new(move |_: &_| Ok(vec![event]));
        now(self.store.append(Append::new(room, actor, decide)).await.unwrap())
    }

    async fn whole_log(&self, reader: UserId, room: RoomId) -> Vec<RoomEvent> {
        let page = self.store.log(reader, room, LogRange::After(Seq::ZERO), u32::MAX).await;
        let page = page.unwrap().unwrap();
        let seqs: Vec<u64> = page.events.iter().map(|event| event.seq.0).collect();
        assert_eq!(seqs, (1..=page.head.0).collect::<Vec<_>>(), "a log has no gaps");
        page.events
    }

    /// What was told of the user alone after `version`, which moves on to the present one.
    async fn told_alone(&self, user: UserId, version: &mut u64) -> Vec<UserEvent> {
        let present = self.store.user_state(user).await.unwrap().version;
        loop {
            let told: Vec<(u64, UserEvent)> = self
                .told
                .lock()
                .unwrap()
                .iter()
                .filter_map(|change| match change {
                    Change::User { user: of, version: number, event } if *of == user => {
                        Some((*number, event.clone()))
                    }
                    _ => None,
                })
                .filter(|(number, _)| number > version)
                .collect();
            if told.last().map_or(*version, |(number, _)| *number) >= present {
                *version = present;
                return told.into_iter().map(|(_, event)| event).collect();
            }
            tokio::task::yield_now().await;
        }
    }

    async fn history(
        &self,
        reader: UserId,
        room: RoomId,
        range: HistoryRange,
    ) -> Vec<HistoryEntry> {
        self.store.history(reader, room, range, 1000).await.unwrap().unwrap().entries
    }

    async fn counts(&self, user: UserId, room: RoomId) -> Counts {
        self.store.room_snapshot(user, room).await.unwrap().unwrap().membership.counts
    }
}

pub(crate) fn newcomer(nick: &str) -> NewUser {
    NewUser {
        id: UserId::new(),
        nick: nick.into(),
        nick_key: nick.to_lowercase(),
        name: format!("The {nick}"),
        password_hash: format!("hash of {nick}"),
        invitation: None,
        first_run: FirstRun {
            site_name: "Our place".into(),
            first_room: "Lobby".into(),
            announcements: "Announcements".into(),
        },
        decide: Box::new(|_| Ok(())),
    }
}

/// A message by the rules: whoever is not in the room is refused.
pub(crate) fn message(
    actor: UserId,
    room: RoomId,
    client_message_id: ClientMessageId,
    text: &str,
    mentions: &[UserId],
) -> Append {
    let body = MessageBody::new(text).unwrap();
    let mut hash = [0_u8; 32];
    for (place, byte) in room.as_uuid().as_bytes().iter().chain(text.as_bytes()).enumerate() {
        hash[place % 32] = byte.wrapping_add(hash[place % 32].wrapping_mul(31));
    }
    let mentions = mentions.to_vec();
    let decide = Box::new(move |facts: &RoomFacts| {
        facts.standing.may(RoomAction::Post)?;
        let posted = Posted::new(MessageId::new(), client_message_id, body);
        Ok(vec![ServerEvent::MessagePosted(Posted { mentions, ..posted })])
    });
    Append { once: Some(Once { client_message_id, hash }), ..Append::new(room, actor, decide) }
}

fn now(appended: Appended) -> Vec<RoomEvent> {
    match appended {
        Appended::Now { events, .. } => events,
        Appended::Earlier(acknowledgement) => panic!("appended earlier: {acknowledgement:?}"),
    }
}

fn acknowledgement(appended: &Appended) -> Acknowledgement {
    match appended {
        Appended::Now { events, .. } => {
            let message = events[0].message().unwrap();
            Acknowledgement {
                client_message_id: message.client_message_id,
                id: message.id,
                room: message.room,
                seq: message.seq,
                at: message.at,
            }
        }
        Appended::Earlier(acknowledgement) => *acknowledgement,
    }
}

fn refused(code: ErrorCode) -> WriteError {
    WriteError::Refused(code)
}

async fn the_first_person_founds_the_place_and_everybody_lands_in_its_rooms<P: Place>() {
    let desk = Desk::<P>::new().await;
    let site = desk.store.site().await.unwrap();
    assert!(site.first_run);
    assert_eq!(site.announcements, None);

    let ada = desk.register("ada").await;
    assert_eq!(ada.role, SiteRole::Administrator);
    let site = desk.store.site().await.unwrap();
    assert_eq!((site.name.as_str(), site.registration), ("Our place", Registration::Open));
    assert!(!site.first_run);

    let bob = desk.register("bob").await;
    assert_eq!(bob.role, SiteRole::Member);
    let snapshot = desk.store.person_snapshot(bob.id, Some(0)).await.unwrap();
    let rooms: BTreeMap<&str, _> =
        snapshot.rooms.iter().map(|room| (room.room.name.as_str(), room)).collect();
    assert_eq!(rooms.keys().copied().collect::<Vec<_>>(), ["Announcements", "Lobby"]);
    let announcements = rooms["Announcements"];
    assert_eq!(Some(announcements.room.id), snapshot.site.announcements);
    assert_eq!(announcements.room.purpose, RoomPurpose::Announcements);
    assert_eq!(rooms["Lobby"].room.members, 2);
    assert_eq!(rooms["Lobby"].membership.role, Role::Member);
    assert_eq!(rooms["Lobby"].membership.counts.read, rooms["Lobby"].head);
    assert_eq!(snapshot.directory.unwrap().users, [ada.clone(), bob.clone()]);
    let owners = desk.store.members(bob.id, announcements.room.id).await.unwrap().unwrap().0;
    assert_eq!(owners[0], Member { user: ada.id, role: Role::Owner });
    let log = desk.whole_log(bob.id, announcements.room.id).await;
    let joined = log.last().unwrap();
    assert_eq!(joined.actor, bob.id);
    assert_eq!(joined.event, ServerEvent::MemberJoined { user: bob.id, role: Role::Member });
    assert_eq!(desk.store.shared_rooms(bob.id).await.unwrap(), [rooms["Lobby"].room.id]);

    let told = desk.told().await;
    assert!(told.contains(&Change::Site(site)));
    let people: Vec<_> = told
        .iter()
        .filter_map(|change| match change {
            Change::Person { directory, user } => Some((*directory, user.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(people, [(1, ada), (2, bob)]);
}

async fn a_log_has_no_gaps_under_many_writers<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    let mut writers = Vec::new();
    for writer in 0..16 {
        let (store, user, room) = (Arc::clone(&desk.store), ada.id, room.id);
        writers.push(tokio::spawn(async move {
            let mut seqs = Vec::new();
            for number in 0..25 {
                let text = format!("{number} by {writer}");
                let append = message(user, room, ClientMessageId::new(), &text, &[]);
                let acknowledged = acknowledgement(&store.append(append).await.unwrap());
                seqs.push(acknowledged.seq);
            }
            assert!(seqs.is_sorted(), "one writer's messages keep their order");
            seqs
        }));
    }
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        for seq in writer.await.unwrap() {
            assert!(acknowledged.insert(seq), "{seq} was given twice");
        }
    }
    assert_eq!(acknowledged.len(), 400);
    let log = desk.whole_log(ada.id, room.id).await;
    let posted: BTreeSet<Seq> =
        log.iter().filter(|event| event.message().is_some()).map(|event| event.seq).collect();
    assert_eq!(posted, acknowledged);
    assert!(log.is_sorted_by_key(|event| event.at));

    let told: Vec<RoomEvent> = desk
        .told()
        .await
        .into_iter()
        .filter_map(|change| match change {
            Change::Room(event) if event.room == room.id => Some(event),
            _ => None,
        })
        .collect();
    assert_eq!(told, log, "what is told is the log, in its order");
}

async fn what_is_told_can_be_read_and_what_is_answered_has_been_told<P: Place>() {
    let place = P::new();
    let (changes, mut told) = mpsc::channel(1000);
    let store = place.open(Clock::manual(START), changes).await;
    let ada = store.register(newcomer("ada")).await.unwrap();
    let room = store.rooms(ada.id).await.unwrap().pop().unwrap().id;
    while told.try_recv().is_ok() {}
    for _ in 0..20 {
        let append = message(ada.id, room, ClientMessageId::new(), "hello", &[]);
        let events = now(store.append(append).await.unwrap());
        assert_eq!(told.try_recv().unwrap(), Change::Room(events[0].clone()));
        let page = store.log(ada.id, room, LogRange::Latest, 1).await.unwrap().unwrap();
        assert_eq!(page.events, events);
    }
    P::close(&store).await;
}

async fn a_resend_is_answered_like_the_first<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Closed, &[&ada]).await;
    let id = ClientMessageId::new();
    let before = desk.whole_log(ada.id, room.id).await.len();

    // Some of them fall into one group, some into later ones.
    let sends = (0..40).map(|_| desk.store.append(message(ada.id, room.id, id, "once", &[])));
    let answers: Vec<Appended> = join_all(sends).await.into_iter().map(Result::unwrap).collect();
    let first = acknowledgement(&answers[0]);
    assert!(answers.iter().all(|answer| acknowledgement(answer) == first));
    let appended = answers.iter().filter(|answer| matches!(answer, Appended::Now { .. })).count();
    assert_eq!(appended, 1);
    assert_eq!(desk.whole_log(ada.id, room.id).await.len(), before + 1, "duplicates take no seq");

    let desk = desk.reopen().await;
    let again = desk.store.append(message(ada.id, room.id, id, "once", &[])).await.unwrap();
    assert_eq!(again, Appended::Earlier(first));
    assert_eq!(
        desk.say(ada.id, room.id, "next").await.map(|next| now(next)[0].seq).unwrap(),
        first.seq.next()
    );
}

async fn the_same_id_for_something_else_is_a_conflict<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let room = desk.room(RoomKind::Open, &[&ada, &bob]).await;
    let other = desk.room(RoomKind::Open, &[&ada]).await;
    let id = ClientMessageId::new();
    let first = desk.store.append(message(ada.id, room.id, id, "one", &[])).await.unwrap();
    let conflict = Err(refused(ErrorCode::ClientMessageIdConflict));
    assert_eq!(desk.store.append(message(ada.id, room.id, id, "two", &[])).await, conflict);
    assert_eq!(desk.store.append(message(ada.id, other.id, id, "one", &[])).await, conflict);
    // Another person's ids are theirs.
    now(desk.store.append(message(bob.id, room.id, id, "one", &[])).await.unwrap());
    let again = desk.store.append(message(ada.id, room.id, id, "one", &[])).await.unwrap();
    assert_eq!(acknowledgement(&again), acknowledgement(&first));
}

async fn one_refused_write_never_fails_its_neighbours<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    let taken = ClientMessageId::new();
    desk.store.append(message(ada.id, room.id, taken, "taken", &[])).await.unwrap();
    let before = desk.whole_log(ada.id, room.id).await.len();
    let writes = (0..90).map(|number| {
        let append = match number % 3 {
            0 => message(ada.id, room.id, ClientMessageId::new(), "kept", &[]),
            1 => message(ada.id, room.id, taken, "another", &[]),
            // Refused with two events already decided and none of them to be seen.
            _ => Append {
                decide: Box::new(|_| Err(ErrorCode::Forbidden)),
                ..message(ada.id, room.id, ClientMessageId::new(), "refused", &[])
            },
        };
        desk.store.append(append)
    });
    for (number, answer) in join_all(writes).await.into_iter().enumerate() {
        match number % 3 {
            0 => assert_eq!(now(answer.unwrap()).len(), 1),
            1 => assert_eq!(answer, Err(refused(ErrorCode::ClientMessageIdConflict))),
            _ => assert_eq!(answer, Err(refused(ErrorCode::Forbidden))),
        }
    }
    assert_eq!(desk.whole_log(ada.id, room.id).await.len(), before + 30);
}

async fn a_write_that_panics_is_undone_and_ends_nothing_else<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    let panics = Append {
        decide: Box::new(|_| panic!("a defect in a decision")),
        ..message(ada.id, room.id, ClientMessageId::new(), "lost", &[])
    };
    let (lost, kept) = tokio::join!(desk.store.append(panics), desk.say(ada.id, room.id, "kept"));
    assert!(matches!(lost, Err(WriteError::Store(StoreError::Internal(_)))));
    now(kept.unwrap());
    now(desk.say(ada.id, room.id, "and on").await.unwrap());
}

async fn somebody_removed_writes_nothing_more<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    for _ in 0..10 {
        let room = desk.room(RoomKind::Closed, &[&ada, &bob]).await;
        let sends = (0..30).map(|_| desk.say(bob.id, room.id, "still here"));
        let removal = desk.change(ada.id, room.id, ServerEvent::MemberRemoved { user: bob.id });
        let (sent, removal, later) = tokio::join!(
            join_all(sends),
            removal,
            join_all((0..30).map(|_| desk.say(bob.id, room.id, "still here?"))),
        );
        let removed_at = removal[0].seq;
        for answer in sent.into_iter().chain(later) {
            match answer {
                Ok(appended) => assert!(acknowledgement(&appended).seq < removed_at),
                Err(error) => assert_eq!(error, refused(ErrorCode::NotFound)),
            }
        }
    }
}

async fn somebody_removed_learns_nothing_of_what_they_wrote<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let room = desk.room(RoomKind::Closed, &[&ada, &bob]).await;
    let id = ClientMessageId::new();
    desk.store.append(message(bob.id, room.id, id, "mine", &[])).await.unwrap();
    desk.change(ada.id, room.id, ServerEvent::MemberRemoved { user: bob.id }).await;
    let nothing = Err(refused(ErrorCode::NotFound));
    assert_eq!(desk.store.append(message(bob.id, room.id, id, "mine", &[])).await, nothing);
    assert_eq!(desk.store.append(message(bob.id, room.id, id, "other", &[])).await, nothing);
    let unasked =
        Append { decide: Box::new(|_| Ok(vec![])), ..message(bob.id, room.id, id, "mine", &[]) };
    assert_eq!(desk.store.append(unasked).await, nothing);
}

async fn a_stranger_finds_nothing<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let eve = desk.register("eve").await;
    for kind in [RoomKind::Closed, RoomKind::Open] {
        let room = desk.room(kind, &[&ada]).await;
        desk.say(ada.id, room.id, "secret").await.unwrap();
        for (user, room) in [(eve.id, room.id), (ada.id, RoomId::new())] {
            let store = &desk.store;
            assert_eq!(store.log(user, room, LogRange::Latest, 9).await.unwrap(), None);
            assert_eq!(store.messages(user, room, LogRange::Latest, 9).await.unwrap(), None);
            assert_eq!(store.members(user, room).await.unwrap(), None);
            assert_eq!(store.room_snapshot(user, room).await.unwrap(), None);
            let moved = store.move_marker(user, room, MarkerMove::Forward(Seq(1))).await;
            assert_eq!(moved, Err(refused(ErrorCode::NotFound)));
            let involved = store.set_involvement(user, room, Involvement::Nothing).await;
            assert_eq!(involved, Err(refused(ErrorCode::NotFound)));
        }
        let (_, standing) = desk.store.standing(eve.id, room.id).await.unwrap().unwrap();
        assert_eq!(standing.role, None);
        let listed = desk.store.rooms(eve.id).await.unwrap();
        let found = listed.iter().find(|listing| listing.id == room.id);
        assert_eq!(found.map(|listing| listing.joined), (kind == RoomKind::Open).then_some(false));
        let heads = desk.store.heads(eve.id).await.unwrap();
        assert!(heads.rooms.iter().all(|(other, _)| *other != room.id));
    }
    assert_eq!(desk.store.standing(eve.id, RoomId::new()).await.unwrap(), None);
}

async fn a_room_knows_its_people<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("Bob").await;
    let cy = desk.register("cy").await;
    let room = desk.room(RoomKind::Closed, &[&bob, &cy, &ada]).await;
    assert_eq!(room.members, 3);
    desk.change(bob.id, room.id, ServerEvent::RoleChanged { user: cy.id, role: Role::Owner }).await;
    let facts = Arc::new(Mutex::new(Vec::new()));
    let look = |target: UserId| {
        let facts = Arc::clone(&facts);
        let decide = Box::new(move |seen: &RoomFacts| {
            facts.lock().unwrap().push(seen.clone());
            Ok(vec![])
        });
        Append { target: Some(target), ..Append::new(room.id, ada.id, decide) }
    };
    assert_eq!(now(desk.store.append(look(cy.id)).await.unwrap()), []);
    desk.change(cy.id, room.id, ServerEvent::MemberLeft { user: cy.id }).await;
    desk.store.append(look(cy.id)).await.unwrap();
    desk.store.append(look(UserId::new())).await.unwrap();
    let facts = facts.lock().unwrap().clone();
    assert_eq!((facts[0].owners, facts[1].owners), (2, 1));
    assert_eq!((facts[0].room.members, facts[1].room.members), (3, 2));
    assert_eq!(facts[0].target.unwrap().role, Some(Role::Owner));
    assert_eq!(facts[1].target.unwrap().role, None);
    assert_eq!(facts[2].target, None);
    assert_eq!(facts[0].standing.role, Some(Role::Member));
    assert_eq!(facts[0].standing.site_role, SiteRole::Administrator);

    let (members, at) = desk.store.members(ada.id, room.id).await.unwrap().unwrap();
    let names: Vec<UserId> = members.iter().map(|member| member.user).collect();
    assert_eq!(names, [bob.id, ada.id], "owners first");
    let mut folded = MemberList::default();
    for event in desk.whole_log(ada.id, room.id).await {
        assert_eq!(folded.apply(&event), Applied::Advanced);
    }
    assert_eq!(MemberList::new(&members, at), folded);
}

async fn the_same_people_find_the_same_direct_room<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let cy = desk.register("cy").await;
    let opened = join_all([desk.direct(&ada, &[&bob]), desk.direct(&bob, &[&ada])]).await;
    let [first, second] = opened.try_into().unwrap();
    let room = first.unwrap();
    assert_eq!(room, second.unwrap());
    let three = desk.direct(&ada, &[&bob, &cy]).await.unwrap();
    assert_ne!(three.id, room.id);
    assert_eq!(desk.direct(&cy, &[&ada, &bob, &bob]).await.unwrap().id, three.id);
    let alone = desk.direct(&ada, &[]).await.unwrap();
    assert_eq!(alone.members, 1);

    let snapshot = desk.store.room_snapshot(bob.id, room.id).await.unwrap().unwrap();
    assert_eq!(snapshot.people.len(), 2);
    assert!(snapshot.people.is_sorted_by_key(|member| member.user));
    assert_eq!(snapshot.membership.counts.read, snapshot.head, "nobody starts with unread");
    assert_eq!(snapshot.seen.len(), 1);
    assert_eq!((snapshot.seen[0].user, snapshot.seen[0].read), (ada.id, snapshot.head));

    now(desk.say(ada.id, room.id, "psst").await.unwrap());
    let counts = desk.counts(bob.id, room.id).await;
    assert_eq!((counts.unread, counts.mentions), (1, 1), "a private word is for somebody");
}

async fn blocking_closes_the_way_to_a_direct_room<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let cy = desk.register("cy").await;
    desk.store.set_blocked(bob.id, ada.id, Blocked::Yes).await.unwrap();
    let refusal = Err(refused(ErrorCode::Blocked));
    assert_eq!(desk.direct(&ada, &[&bob]).await, refusal);
    desk.direct(&ada, &[&bob, &cy]).await.unwrap();
    let room = desk.direct(&bob, &[&ada]).await.unwrap();
    assert_eq!(desk.direct(&ada, &[&bob]).await.unwrap().id, room.id, "what is there is there");
    let blocked = |actor: UserId| {
        let decide: backend::store::Decide<_, _> =
            Box::new(
                |facts: &RoomFacts| {
                    if facts.blocked { Err(ErrorCode::Blocked) } else { Ok(vec![]) }
                },
            );
        Append::new(room.id, actor, decide)
    };
    assert!(matches!(
        desk.store.append(blocked(ada.id)).await,
        Err(WriteError::Refused(ErrorCode::Blocked)),
    ));
    desk.store.append(blocked(bob.id)).await.unwrap();
    assert_eq!(desk.store.user_state(bob.id).await.unwrap().blocked, [ada.id]);
    desk.store.set_blocked(bob.id, ada.id, Blocked::No).await.unwrap();
    desk.store.append(blocked(ada.id)).await.unwrap();

    desk.store
        .update_person(cy.id, PersonPatch { disabled: Some(true), ..PersonPatch::default() })
        .await
        .unwrap();
    let nobody = Err(refused(ErrorCode::NotFound));
    assert_eq!(desk.direct(&ada, &[&cy]).await, nobody);
    assert_eq!(desk.direct(&ada, &[&User { id: UserId::new(), ..bob }]).await, nobody,);
}

async fn a_marker_goes_forward_by_itself_and_back_only_when_told<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let room = desk.room(RoomKind::Open, &[&ada, &bob]).await;
    let mut last = Seq::ZERO;
    for _ in 0..5 {
        last = now(desk.say(ada.id, room.id, "word").await.unwrap())[0].seq;
    }
    let first = Seq(last.0 - 4);
    let move_to = |to| desk.store.move_marker(bob.id, room.id, to);
    let counts = move_to(MarkerMove::Forward(Seq(last.0 - 2))).await.unwrap();
    assert_eq!((counts.read, counts.unread, counts.at), (Seq(last.0 - 2), 2, last));
    let counts = move_to(MarkerMove::Forward(first)).await.unwrap();
    assert_eq!(counts.read, Seq(last.0 - 2), "never back");
    let counts = move_to(MarkerMove::Forward(Seq(u64::MAX))).await.unwrap();
    assert_eq!((counts.read, counts.unread), (last, 0), "not beyond the head");
    let counts = move_to(MarkerMove::Before(first)).await.unwrap();
    assert_eq!((counts.read, counts.unread), (first.previous(), 5));
    assert_eq!(desk.counts(bob.id, room.id).await, counts);
    assert_eq!(desk.counts(ada.id, room.id).await.unread, 0, "own messages are not news");
    let earlier = MarkerMove::ReadAt(last, Timestamp(0));
    let counts = move_to(earlier).await.unwrap();
    assert_eq!(counts.read, first.previous(), "what was read before it was marked as unread");
    let later = MarkerMove::ReadAt(first, Timestamp(i64::MAX));
    assert_eq!(move_to(later).await.unwrap().read, first, "what was read after that");

    let moves: Vec<Counts> = desk
        .told()
        .await
        .into_iter()
        .filter_map(|change| match change {
            Change::User { user, version: _, event: UserEvent::ReadMarkerMoved { counts, .. } } => {
                assert_eq!(user, bob.id);
                Some(counts)
            }
            _ => None,
        })
        .collect();
    let reads: Vec<Seq> = moves.iter().map(|counts| counts.read).collect();
    let stands = first.previous();
    let expected = [Seq(last.0 - 2), last, stands, stands, first];
    assert_eq!(
        reads, expected,
        "a move that stays is not told, one that came too late is answered"
    );
}

async fn coming_back_starts_at_the_door<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let room = desk.room(RoomKind::Open, &[&ada, &bob]).await;
    desk.store
        .append(message(ada.id, room.id, ClientMessageId::new(), "@bob", &[bob.id]))
        .await
        .unwrap();
    desk.change(bob.id, room.id, ServerEvent::MemberLeft { user: bob.id }).await;
    desk.store
        .append(message(ada.id, room.id, ClientMessageId::new(), "@bob?", &[bob.id]))
        .await
        .unwrap();
    let joined = ServerEvent::MemberJoined { user: bob.id, role: Role::Member };
    let joined = desk.change(bob.id, room.id, joined).await;
    let counts = desk.counts(bob.id, room.id).await;
    let nothing = Counts { read: joined[0].seq, at: joined[0].seq, ..Counts::default() };
    assert_eq!(counts, nothing);
    assert_eq!(desk.whole_log(bob.id, room.id).await.len() as u64, joined[0].seq.0);
    let left =
        async |user, after| desk.store.left_since(user, vec![(room.id, Seq(after))]).await.unwrap();
    assert_eq!(left(bob.id, joined[0].seq.0 - 3).await, [room.id]);
    assert_eq!(left(bob.id, joined[0].seq.0 - 2).await, []);
    assert_eq!(left(ada.id, 0).await, []);
}

async fn a_persons_stream_grows_by_one<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    let store = &desk.store;
    let dark = Settings { theme: Theme::Dark, ..Settings::default() };
    for _ in 0..2 {
        store.update_settings(ada.id, dark.clone()).await.unwrap();
        store.set_blocked(ada.id, bob.id, Blocked::Yes).await.unwrap();
        store.set_involvement(ada.id, room.id, Involvement::Mentions).await.unwrap();
        store.move_marker(ada.id, room.id, MarkerMove::Before(Seq::FIRST)).await.unwrap();
    }
    let state = store.user_state(ada.id).await.unwrap();
    assert_eq!((state.version, state.settings, state.blocked), (4, dark, vec![bob.id]));
    let snapshot = store.room_snapshot(ada.id, room.id).await.unwrap().unwrap();
    assert_eq!(snapshot.membership.involvement, Involvement::Mentions);
    assert_eq!(store.user_state(bob.id).await.unwrap().version, 0);
    let versions: Vec<u64> = desk
        .told()
        .await
        .into_iter()
        .filter_map(|change| match change {
            Change::User { version, .. } => Some(version),
            _ => None,
        })
        .collect();
    assert_eq!(versions, [1, 2, 3, 4], "what changes nothing is not told");
}

async fn of_two_people_with_one_nick_exactly_one_gets_it<P: Place>() {
    let desk = Desk::<P>::new().await;
    desk.register("ada").await;
    let tries = join_all((0..8).map(|_| desk.store.register(newcomer("Bob")))).await;
    let (won, lost): (Vec<_>, Vec<_>) = tries.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.into_iter().all(|answer| answer == Err(refused(ErrorCode::NickTaken))));
    let found = desk.store.users_by_nick_key(vec!["bob".into(), "cy".into()]).await.unwrap();
    assert_eq!(found, [("bob".to_owned(), won[0].clone().unwrap())]);
    assert_eq!(desk.store.find_users("", None, 10).await.unwrap().len(), 2);
}

async fn of_two_first_people_exactly_one_is_administrator<P: Place>() {
    let desk = Desk::<P>::new().await;
    let people = join_all(["ada", "bob"].map(|nick| desk.register(nick))).await;
    let administrators = people.iter().filter(|user| user.role == SiteRole::Administrator).count();
    assert_eq!(administrators, 1);
    assert_eq!(desk.store.rooms(people[1].id).await.unwrap().len(), 2);
}

fn invitation(by: UserId, secret: u8, uses: Option<u32>) -> NewInvitation {
    NewInvitation {
        id: InvitationId::new(),
        secret_hash: [secret; 32],
        created_by: by,
        created_at: START,
        expires_at: START.plus_millis(1000),
        uses,
    }
}

async fn an_invitation_lets_in_as_many_as_it_says<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let store = &desk.store;
    store.create_invitation(invitation(ada.id, 1, Some(1))).await.unwrap();
    let by =
        |nick: &str, secret: u8| NewUser {
            invitation: Some([secret; 32]),
            decide: Box::new(|facts| {
                if facts.invitation_holds { Ok(()) } else { Err(ErrorCode::LinkInvalid) }
            }),
            ..newcomer(nick)
        };
    let nicks = ["bob", "cy", "dee", "eli"];
    let tries = join_all(nicks.map(|nick| store.register(by(nick, 1)))).await;
    let (won, lost): (Vec<_>, Vec<_>) = tries.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.into_iter().all(|answer| answer == Err(refused(ErrorCode::LinkInvalid))));

    // A registration that fails uses nothing up.
    store.create_invitation(invitation(ada.id, 2, Some(1))).await.unwrap();
    assert_eq!(store.register(by("ada", 2)).await, Err(refused(ErrorCode::NickTaken)));
    assert!(store.invitation_holds([2; 32], START).await.unwrap());
    assert!(!store.invitation_holds([2; 32], START.plus_millis(1000)).await.unwrap(), "expired");

    let endless = store.create_invitation(invitation(ada.id, 3, None)).await.unwrap();
    store.register(by("fay", 3)).await.unwrap();
    store.register(by("gus", 3)).await.unwrap();
    store.revoke_invitation(endless.id).await.unwrap();
    assert_eq!(store.register(by("hal", 3)).await, Err(refused(ErrorCode::LinkInvalid)));
    assert_eq!(
        store.revoke_invitation(InvitationId::new()).await,
        Err(refused(ErrorCode::NotFound)),
    );
    let listed = store.invitations().await.unwrap();
    let uses: Vec<_> = listed.iter().map(|one| (one.uses_left, one.used, one.revoked)).collect();
    assert_eq!(uses, [(None, 2, true), (Some(1), 0, false), (Some(0), 1, false)], "newest first");
}

fn session(user: &User, token: u8, at: Timestamp) -> NewSession {
    NewSession {
        id: SessionId::new(),
        user: user.id,
        token_hash: [token; 32],
        at,
        agent: "a browser".into(),
        address: "192.0.2.1".into(),
    }
}

async fn a_session_ends_when_it_should<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let store = &desk.store;
    let phone = session(&bob, 1, START);
    let laptop = session(&bob, 2, START.plus_millis(1));
    let tablet = session(&bob, 3, START.plus_millis(2));
    for new in [&phone, &laptop, &tablet] {
        store.create_session(new.clone()).await.unwrap();
    }
    let found = store.session([1; 32]).await.unwrap().unwrap();
    assert_eq!((found.id, found.user, found.created_at), (phone.id, bob.clone(), START));
    assert_eq!(store.session([9; 32]).await.unwrap(), None);
    let listed: Vec<SessionId> =
        store.sessions(bob.id).await.unwrap().iter().map(|one| one.id).collect();
    assert_eq!(listed, [tablet.id, laptop.id, phone.id], "newest first");

    assert!(!store.end_session(ada.id, phone.id).await.unwrap(), "it is not hers");
    assert!(store.end_session(bob.id, phone.id).await.unwrap());
    assert!(!store.end_session(bob.id, phone.id).await.unwrap());
    assert_eq!(store.session([1; 32]).await.unwrap(), None);
    assert_eq!(store.end_sessions(bob.id, Some(tablet.id)).await.unwrap(), [laptop.id]);
    assert_eq!(store.end_sessions(bob.id, Some(tablet.id)).await.unwrap(), []);
    assert_eq!(store.session([2; 32]).await.unwrap(), None);

    // Idle for too long, unless it is used; and too old, however much it is used.
    desk.clock.advance(SESSION_IDLE_MILLIS - 1);
    assert!(store.session([3; 32]).await.unwrap().is_some());
    store.touch_session(tablet.id, desk.clock.now()).await.unwrap();
    store.touch_session(tablet.id, START).await.unwrap();
    desk.clock.advance(SESSION_IDLE_MILLIS - 1);
    assert!(store.session([3; 32]).await.unwrap().is_some());
    desk.clock.advance(1);
    assert_eq!(store.session([3; 32]).await.unwrap(), None);
    assert_eq!(store.sessions(bob.id).await.unwrap(), []);
    let old = session(&bob, 4, desk.clock.now());
    store.create_session(old.clone()).await.unwrap();
    for _ in 0..=SESSION_ABSOLUTE_MILLIS / SESSION_IDLE_MILLIS {
        assert!(store.session([4; 32]).await.unwrap().is_some());
        desk.clock.advance(SESSION_IDLE_MILLIS - 1);
        store.touch_session(old.id, desk.clock.now()).await.unwrap();
    }
    assert_eq!(store.session([4; 32]).await.unwrap(), None);
    assert_eq!(ended_sessions(desk.told().await), [phone.id, laptop.id]);
}

fn ended_sessions(told: Vec<Change>) -> Vec<SessionId> {
    let ended = told.into_iter().filter_map(|change| match change {
        Change::SessionsEnded(sessions) => Some(sessions),
        _ => None,
    });
    ended.flatten().collect()
}

async fn a_disabled_person_is_out_and_comes_back_without_old_sessions<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let store = &desk.store;
    let phone = session(&bob, 1, START);
    store.create_session(phone.clone()).await.unwrap();
    let disabled = |disabled| PersonPatch { disabled: Some(disabled), ..PersonPatch::default() };
    let patched = store.update_person(bob.id, disabled(true)).await.unwrap();
    assert!(patched.disabled);
    assert_eq!(store.session([1; 32]).await.unwrap(), None);
    assert!(store.credentials("bob").await.unwrap().unwrap().disabled);
    let new = store.create_session(session(&bob, 2, START)).await;
    assert_eq!(new, Err(refused(ErrorCode::NotFound)));
    store.update_person(bob.id, disabled(false)).await.unwrap();
    assert_eq!(store.session([1; 32]).await.unwrap(), None);

    let last = Err(refused(ErrorCode::LastOwner));
    assert_eq!(store.update_person(ada.id, disabled(true)).await, last);
    let role = |role| PersonPatch { role: Some(role), ..PersonPatch::default() };
    assert_eq!(store.update_person(ada.id, role(SiteRole::Member)).await, last);
    store.update_person(bob.id, role(SiteRole::Administrator)).await.unwrap();
    store.update_person(ada.id, role(SiteRole::Member)).await.unwrap();
    assert_eq!(store.user(ada.id).await.unwrap().unwrap().role, SiteRole::Member);
    assert_eq!(ended_sessions(desk.told().await), [phone.id]);
}

async fn a_reset_link_works_once<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let store = &desk.store;
    let phone = session(&bob, 1, START);
    store.create_session(phone.clone()).await.unwrap();
    let reset = |secret: u8| NewReset {
        user: bob.id,
        secret_hash: [secret; 32],
        created_by: ada.id,
        created_at: START,
        expires_at: START.plus_millis(1000),
    };
    let invalid = Err(refused(ErrorCode::LinkInvalid));
    store.create_reset(reset(1)).await.unwrap();
    store.create_reset(reset(2)).await.unwrap();
    let using = |secret: u8, now| store.use_reset([secret; 32], "new hash".into(), now);
    assert_eq!(using(1, START).await, invalid, "a later link ends it");
    assert_eq!(using(2, START.plus_millis(1000)).await, invalid, "it has expired");
    assert_eq!(store.password_hash(bob.id).await.unwrap().unwrap(), "hash of bob");
    let tries = join_all((0..4).map(|_| using(2, START))).await;
    let (won, lost): (Vec<_>, Vec<_>) = tries.into_iter().partition(Result::is_ok);
    assert_eq!(won, [Ok((bob.clone(), vec![phone.id]))]);
    assert!(lost.into_iter().all(|answer| answer == invalid));
    let credentials = store.credentials("bob").await.unwrap().unwrap();
    assert_eq!((credentials.user, credentials.password_hash.as_str()), (bob.id, "new hash"));
    assert_eq!(store.session([1; 32]).await.unwrap(), None);
    assert_eq!(ended_sessions(desk.told().await), [phone.id]);
}

async fn people_are_found_and_their_changes_follow_each_other<P: Place>() {
    let desk = Desk::<P>::new().await;
    let mut people = BTreeMap::new();
    for nick in ["bob", "Ann", "carla", "dan"] {
        people.insert(nick, desk.register(nick).await);
    }
    let store = &desk.store;
    let rename = |name: &str| PersonPatch { name: Some(name.into()), ..PersonPatch::default() };
    let ann = store.update_person(people["Ann"].id, rename("Zoë Bell")).await.unwrap();
    store.update_person(people["Ann"].id, rename("Zoë Bell")).await.unwrap();
    let nicks = |found: Vec<User>| found.into_iter().map(|user| user.nick).collect::<Vec<_>>();
    let find = |query: &'static str, after: Option<&'static str>, limit| async move {
        nicks(store.find_users(query, after, limit).await.unwrap())
    };
    assert_eq!(find("", None, 10).await, ["Ann", "bob", "carla", "dan"]);
    assert_eq!(find("", None, 2).await, ["Ann", "bob"]);
    assert_eq!(find("", Some("bob"), 2).await, ["carla", "dan"]);
    assert_eq!(find("B", None, 10).await, ["Ann", "bob"], "by a word of the name, by the nick");
    assert_eq!(find("zoë b", None, 10).await, ["Ann"]);
    assert_eq!(find("the d", None, 10).await, ["dan"]);
    assert_eq!(find("%", None, 10).await, [""; 0]);

    let bob = people["bob"].id;
    let directory = |since| async move {
        store.person_snapshot(bob, Some(since)).await.unwrap().directory.unwrap()
    };
    let all = directory(0).await;
    assert_eq!((all.version, all.users.len()), (5, 4));
    assert_eq!(directory(4).await.users, [ann]);
    assert_eq!(directory(5).await.users, []);
}

async fn the_site_changes_once_for_each_change<P: Place>() {
    let desk = Desk::<P>::new().await;
    let early = SitePatch { name: Some("Too soon".into()), registration: None, receipts: None };
    assert_eq!(desk.store.update_site(early).await, Err(refused(ErrorCode::NotFound)));
    desk.register("ada").await;
    let patch =
        SitePatch { name: None, registration: Some(Registration::Invitation), receipts: None };
    let site = desk.store.update_site(patch.clone()).await.unwrap();
    assert_eq!((site.name.as_str(), site.registration), ("Our place", Registration::Invitation));
    assert_eq!(desk.store.update_site(patch).await.unwrap(), site);
    assert_eq!(desk.store.site().await.unwrap(), site);
    let told = desk.told().await;
    let told = told.iter().filter(|change| matches!(change, Change::Site(_))).count();
    assert_eq!(told, 2, "the first run, and the change");
}

async fn pages_of_messages_meet_without_overlap<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    let mut all = Vec::new();
    for number in 0..10 {
        // Other events lie between messages: they count in no page.
        desk.change(ada.id, room.id, ServerEvent::TopicChanged { topic: number.to_string() }).await;
        all.push(now(desk.say(ada.id, room.id, "word").await.unwrap())[0].seq);
    }
    let page = |range, limit| {
        let store = Arc::clone(&desk.store);
        async move {
            let page = store.messages(ada.id, room.id, range, limit).await.unwrap().unwrap();
            let seqs: Vec<Seq> = page.messages.iter().map(|message| message.seq).collect();
            (seqs, page.more_before, page.more_after)
        }
    };
    assert_eq!(page(LogRange::Latest, 4).await, (all[6..].to_vec(), true, false));
    assert_eq!(page(LogRange::Before(all[6]), 4).await, (all[2..6].to_vec(), true, true));
    assert_eq!(page(LogRange::Before(all[2]), 4).await, (all[..2].to_vec(), false, true));
    assert_eq!(page(LogRange::Before(all[4]), 4).await, (all[..4].to_vec(), false, true));
    assert_eq!(page(LogRange::After(all[1]), 4).await, (all[2..6].to_vec(), true, true));
    assert_eq!(page(LogRange::After(all[5]), 4).await, (all[6..].to_vec(), true, false));
    assert_eq!(page(LogRange::After(Seq::ZERO), 4).await, (all[..4].to_vec(), false, true));
    assert_eq!(page(LogRange::After(all[9]), 4).await, (vec![], true, false));
    assert_eq!(page(LogRange::Latest, 10).await, (all.clone(), false, false));

    let log = desk.whole_log(ada.id, room.id).await;
    let part = |range, limit| {
        let store = Arc::clone(&desk.store);
        async move { store.log(ada.id, room.id, range, limit).await.unwrap().unwrap().events }
    };
    assert_eq!(part(LogRange::Latest, 3).await, log[log.len() - 3..]);
    assert_eq!(part(LogRange::Before(Seq(6)), 3).await, log[2..5]);
    assert_eq!(part(LogRange::After(Seq(2)), 3).await, log[2..5]);
}

async fn time_in_a_log_never_runs_back<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    let mut last = START;
    for step in [5_000, -3_600_000, 1, 86_400_000, -86_400_000] {
        desk.clock.advance(step);
        let at = now(desk.say(ada.id, room.id, "tick").await.unwrap())[0].at;
        assert!(at >= last && at >= desk.clock.now());
        last = at;
    }
}

async fn what_was_answered_is_there_after_opening_again<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let bob = desk.register("bob").await;
    let room = desk.direct(&ada, &[&bob]).await.unwrap();
    for number in 0..20 {
        desk.say(ada.id, room.id, &format!("word {number}")).await.unwrap();
    }
    desk.store.create_session(session(&bob, 1, START)).await.unwrap();
    desk.store.move_marker(bob.id, room.id, MarkerMove::Forward(Seq(9))).await.unwrap();
    let log = desk.whole_log(bob.id, room.id).await;
    let before = desk.store.person_snapshot(bob.id, Some(0)).await.unwrap();
    let closed = Arc::clone(&desk.store);
    let desk = desk.reopen().await;
    assert_eq!(desk.store.person_snapshot(bob.id, Some(0)).await.unwrap(), before);
    assert_eq!(desk.whole_log(bob.id, room.id).await, log);
    assert_eq!(desk.store.session([1; 32]).await.unwrap().unwrap().user, bob);
    assert_eq!(
        now(desk.say(bob.id, room.id, "on").await.unwrap())[0].seq,
        log.last().unwrap().seq.next()
    );

    assert_eq!(closed.ready().await, Err(StoreError::Closed));
    let append = message(ada.id, room.id, ClientMessageId::new(), "late", &[]);
    assert_eq!(closed.append(append).await, Err(WriteError::Store(StoreError::Closed)));
}

/// Something that people do to a room. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Deed {
    Post {
        by: usize,
        mentions: Vec<usize>,
    },
    Join {
        who: usize,
    },
    Leave {
        who: usize,
    },
    SetRole {
        who: usize,
        role: Role,
    },
    Rename {
        name: String,
    },
    SetTopic {
        topic: String,
    },
    Archive {
        archived: bool,
    },
    MarkRead {
        who: usize,
        at: prop::sample::Index,
    },
    MarkUnread {
        who: usize,
        at: prop::sample::Index,
    },
    Involve {
        who: usize,
        involvement: Involvement,
    },
    Amend {
        by: usize,
        at: prop::sample::Index,
        amendment: Amendment,
    },
    /// In the thread of a message that is in none.
    Reply {
        by: usize,
        at: prop::sample::Index,
        in_room: bool,
        mentions: Vec<usize>,
    },
    Thread {
        who: usize,
        at: prop::sample::Index,
        deed: ThreadDeed,
    },
    /// Takes the snapshot from which the fold goes on.
    Look {
        who: usize,
    },
}

#[derive(Clone, Copy, Debug)]
enum ThreadDeed {
    Follow,
    Unfollow,
    Read,
}

impl ThreadDeed {
    async fn doing<P: Place>(self, desk: &Desk<P>, user: UserId, room: RoomId, thread: Seq) {
        let store = &desk.store;
        match self {
            Self::Follow => store.set_following(user, room, thread, Follow::Yes).await.unwrap(),
            Self::Unfollow => store.set_following(user, room, thread, Follow::No).await.unwrap(),
            Self::Read => {
                store.mark_thread_read(user, room, thread, Seq(u64::MAX)).await.unwrap();
            }
        }
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug)]
enum Amendment {
    Edit(u8),
    Delete,
    React(u8),
    Unreact(u8),
    Pin,
    Unpin,
    Vote(u32),
    ClosePoll,
}

impl Amendment {
    fn event(self, message: Seq) -> ServerEvent {
        let emoji = |number: u8| Emoji::known(["👍", "🎉"][usize::from(number)]);
        match self {
            Self::Edit(words) => ServerEvent::MessageEdited {
                message,
                body: Some(MessageBody::new(&format!("edit {words}")).unwrap()),
                mentions: Vec::new(),
                rooms: Vec::new(),
            },
            Self::Delete => ServerEvent::MessageDeleted { message },
            Self::React(number) => ServerEvent::ReactionAdded { message, emoji: emoji(number) },
            Self::Unreact(number) => ServerEvent::ReactionRemoved { message, emoji: emoji(number) },
            Self::Pin => ServerEvent::MessagePinned { message },
            Self::Unpin => ServerEvent::MessageUnpinned { message },
            Self::Vote(choice) => ServerEvent::PollVoted { message, choices: vec![choice] },
            Self::ClosePoll => ServerEvent::PollClosed { message },
        }
    }
}

fn amendment() -> impl Strategy<Value = Amendment> {
    prop_oneof![
        3 => (0_u8..9).prop_map(Amendment::Edit),
        1 => Just(Amendment::Delete),
        4 => (0_u8..2).prop_map(Amendment::React),
        3 => (0_u8..2).prop_map(Amendment::Unreact),
        1 => Just(Amendment::Pin),
        1 => Just(Amendment::Unpin),
        3 => (0_u32..3).prop_map(Amendment::Vote),
        1 => Just(Amendment::ClosePoll),
    ]
}

/// A page of history, moved on by an event as a client does it.
fn move_on(entries: &mut Vec<HistoryEntry>, event: &RoomEvent) {
    for entry in entries.iter_mut() {
        if let HistoryEntry::Message(message) = entry {
            message.apply(event);
        }
    }
    if event.place() == EventPlace::Entry {
        entries.push(match event.message() {
            Some(message) => HistoryEntry::Message(Box::new(message)),
            None => HistoryEntry::Event(event.clone()),
        });
    }
}

fn messages_in(entries: &[HistoryEntry]) -> Vec<Message> {
    let messages = entries.iter().filter_map(|entry| match entry {
        HistoryEntry::Message(message) => Some((**message).clone()),
        HistoryEntry::Event(_) => None,
    });
    messages.collect()
}

const PEOPLE: usize = 3;

fn deed() -> impl Strategy<Value = Deed> {
    let who = || 0..PEOPLE;
    let index = any::<prop::sample::Index>;
    let role = prop_oneof![Just(Role::Member), Just(Role::Moderator), Just(Role::Owner)];
    let involvement = prop_oneof![Just(Involvement::Everything), Just(Involvement::Nothing)];
    prop_oneof![
        8 => (who(), prop::collection::vec(who(), 0..3))
            .prop_map(|(by, mentions)| Deed::Post { by, mentions }),
        2 => who().prop_map(|who| Deed::Join { who }),
        1 => who().prop_map(|who| Deed::Leave { who }),
        1 => (who(), role).prop_map(|(who, role)| Deed::SetRole { who, role }),
        1 => "[a-z]{1,8}".prop_map(|name| Deed::Rename { name }),
        1 => "[a-z]{0,8}".prop_map(|topic| Deed::SetTopic { topic }),
        1 => any::<bool>().prop_map(|archived| Deed::Archive { archived }),
        3 => (who(), index()).prop_map(|(who, at)| Deed::MarkRead { who, at }),
        2 => (who(), index()).prop_map(|(who, at)| Deed::MarkUnread { who, at }),
        1 => (who(), involvement)
            .prop_map(|(who, involvement)| Deed::Involve { who, involvement }),
        6 => (who(), index(), amendment())
            .prop_map(|(by, at, amendment)| Deed::Amend { by, at, amendment }),
        5 => (who(), index(), any::<bool>(), prop::collection::vec(who(), 0..2))
            .prop_map(|(by, at, in_room, mentions)| Deed::Reply { by, at, in_room, mentions }),
        4 => (who(), index(), prop_oneof![
            Just(ThreadDeed::Follow), Just(ThreadDeed::Unfollow), Just(ThreadDeed::Read),
        ]).prop_map(|(who, at, deed)| Deed::Thread { who, at, deed }),
        1 => who().prop_map(|who| Deed::Look { who }),
    ]
}

fn said(people: &[User], mentions: &[usize]) -> Posted {
    let body = MessageBody::new("word").unwrap();
    let mentions: BTreeSet<_> = mentions.iter().map(|who| people[*who].id).collect();
    let posted = Posted::new(MessageId::new(), ClientMessageId::new(), body);
    let call = match mentions.len() {
        2 => Some(Call::Room),
        1 => Some(Call::Here(people[1..].iter().map(|user| user.id).collect())),
        _ => None,
    };
    let poll = Poll {
        choices: vec!["yes".into(), "no".into()],
        several: false,
        anonymous: false,
        closes_at: None,
    };
    let poll = mentions.is_empty().then(|| Box::new(poll));
    Posted { mentions: mentions.into_iter().collect(), call, poll, ..posted }
}

/// A message that can have a thread.
fn root_of(messages: &[Message], at: prop::sample::Index) -> Option<Seq> {
    let roots: Vec<_> = messages.iter().filter(|message| message.thread.is_none()).collect();
    (!roots.is_empty()).then(|| at.get(&roots).seq)
}

/// The event that a deed comes to, if it makes sense as things are.
fn event_of(
    deed: &Deed,
    kind: RoomKind,
    people: &[User],
    inside: &[bool],
    messages: &[Message],
) -> Option<(UserId, ServerEvent)> {
    let id = |who: usize| people[who].id;
    let member = |who: usize| inside[who].then(|| id(who));
    let direct = kind == RoomKind::Direct;
    match deed {
        Deed::Post { by, mentions } => {
            member(*by).map(|by| (by, ServerEvent::MessagePosted(said(people, mentions))))
        }
        Deed::Reply { by, at, in_room, mentions } => {
            let thread = Some(root_of(messages, *at)?);
            let reply = Posted { thread, in_room: *in_room, ..said(people, mentions) };
            member(*by).map(|by| (by, ServerEvent::MessagePosted(reply)))
        }
        Deed::Join { who } => (!inside[*who] && !direct)
            .then(|| (id(*who), ServerEvent::MemberJoined { user: id(*who), role: Role::Member })),
        Deed::Leave { who } => {
            member(*who).filter(|_| !direct).map(|user| (user, ServerEvent::MemberLeft { user }))
        }
        Deed::SetRole { who, role } => {
            member(*who).map(|user| (user, ServerEvent::RoleChanged { user, role: *role }))
        }
        Deed::Rename { name } => Some((id(0), ServerEvent::RoomRenamed { name: name.clone() })),
        Deed::SetTopic { topic } => {
            Some((id(0), ServerEvent::TopicChanged { topic: topic.clone() }))
        }
        Deed::Archive { archived: true } => Some((id(0), ServerEvent::RoomArchived)),
        Deed::Archive { archived: false } => Some((id(0), ServerEvent::RoomUnarchived)),
        Deed::Amend { by, at, amendment } => {
            let present: Vec<_> =
                messages.iter().filter(|message| message.deleted.is_none()).collect();
            let message = (!present.is_empty()).then(|| at.get(&present).seq)?;
            member(*by).map(|by| (by, amendment.event(message)))
        }
        Deed::MarkRead { .. }
        | Deed::MarkUnread { .. }
        | Deed::Thread { .. }
        | Deed::Involve { .. }
        | Deed::Look { .. } => None,
    }
}

/// Whether `user` was in the room when the event at `seq` happened.
fn was_inside(log: &[RoomEvent], user: UserId, seq: Seq) -> bool {
    let before = log.iter().filter(|event| event.seq < seq).rev();
    let mut last = before.filter(|event| {
        event.begins_membership_of() == Some(user) || event.ends_membership_of() == Some(user)
    });
    last.next().is_some_and(|event| event.begins_membership_of() == Some(user))
}

/// The counts by going through the log.
fn recount(
    log: &[RoomEvent],
    kind: RoomKind,
    user: UserId,
    read: Seq,
    threads: &[ThreadCounts],
) -> Counts {
    let (others, aside): (Vec<_>, Vec<_>) = log
        .iter()
        .filter(|event| event.seq > read && event.actor != user)
        .filter_map(RoomEvent::message)
        .partition(|message| message.thread.is_none() || message.in_room);
    let follows = |root: Seq| threads.iter().any(|thread| thread.root == root);
    let mentioned =
        |message: &&Message| kind == RoomKind::Direct || message.mentions.contains(&user);
    let mentions = others.iter().filter(mentioned).count();
    let called = |message: &&Message| match &message.call {
        Some(Call::Room) => !mentioned(message) && was_inside(log, user, message.seq),
        Some(Call::Here(people)) => people.contains(&user) && !mentioned(message),
        None => false,
    };
    let calls = others.iter().filter(called).count();
    Counts {
        read,
        unread: u32::try_from(others.len()).unwrap(),
        mentions: u32::try_from(mentions + calls).unwrap(),
        calls: u32::try_from(calls).unwrap(),
        unfollowed: aside.iter().any(|message| !follows(message.thread.unwrap())),
        at: log.last().unwrap().seq,
    }
}

/// What a person alone is told, as their client takes it.
fn take_personal(fold: &mut RoomState, event: &UserEvent) {
    match event {
        UserEvent::ReadMarkerMoved { counts, .. } => fold.set_counts(*counts),
        UserEvent::ThreadFollowed { thread, counts, .. } => fold.follow(*thread, *counts),
        UserEvent::ThreadUnfollowed { root, counts, .. } => fold.unfollow(*root, *counts),
        UserEvent::ThreadRead { thread, .. } => fold.set_thread(*thread),
        UserEvent::InvolvementChanged { involvement, .. } => fold.involvement = *involvement,
        UserEvent::SettingsChanged { .. }
        | UserEvent::SidebarArranged { .. }
        | UserEvent::DraftKept { .. }
        | UserEvent::DraftDropped { .. }
        | UserEvent::VoteCast { .. }
        | UserEvent::MessageScheduled { .. }
        | UserEvent::ScheduledGone { .. }
        | UserEvent::ReminderSet { .. }
        | UserEvent::ReminderCleared { .. }
        | UserEvent::MessageSaved { .. }
        | UserEvent::MessageUnsaved { .. }
        | UserEvent::PersonBlocked { .. }
        | UserEvent::PersonUnblocked { .. } => {}
    }
}

/// A person's view as they moved it on is the fresh one, whose counts are what the log says.
/// Returns the messages in it.
async fn hold_views<P: Place>(
    desk: &Desk<P>,
    user: UserId,
    room: &Room,
    (fold, page): (Option<&RoomState>, Option<&[HistoryEntry]>),
) -> Vec<Message> {
    let fresh = desk.store.room_snapshot(user, room.id).await.unwrap().unwrap();
    let log = desk.whole_log(user, room.id).await;
    let (counts, threads) = (fresh.membership.counts, &fresh.membership.threads);
    assert_eq!(counts, recount(&log, room.kind, user, counts.read, threads));
    for thread in threads {
        let replies = log.iter().filter(|event| event.seq > thread.read && event.actor != user);
        let replies = replies.filter_map(RoomEvent::posted);
        let unread = replies.filter(|posted| posted.thread == Some(thread.root)).count();
        assert_eq!(thread.unread as usize, unread, "{thread:?}");
    }
    if let Some(fold) = fold {
        assert_eq!(fold.snapshot(), fresh, "old state and events make the fresh state");
    }
    let history = desk.history(user, room.id, HistoryRange::Latest).await;
    if let Some(page) = page {
        assert_eq!(page, &history, "an old page and events make the fresh page");
    }
    let all = desk.store.messages(user, room.id, LogRange::Latest, u32::MAX).await;
    let messages = all.unwrap().unwrap().messages;
    let in_room = |message: &&Message| message.thread.is_none() || message.in_room;
    assert_eq!(messages_in(&history), messages.iter().filter(in_room).cloned().collect::<Vec<_>>());
    for root in messages.iter().filter(|message| message.replies.is_some()) {
        let thread = desk.store.thread(user, room.id, root.seq, HistoryRange::Latest, 1000).await;
        let thread = thread.unwrap().unwrap();
        assert_eq!(&thread.root, root);
        let of_it = messages.iter().filter(|message| message.thread == Some(root.seq));
        assert_eq!(thread.replies, of_it.cloned().collect::<Vec<_>>());
        assert_eq!(root.replies.as_ref().unwrap().count as usize, thread.replies.len());
    }
    let mut pins = desk.store.pins(user, room.id).await.unwrap().unwrap();
    pins.sort_by_key(|message| message.seq);
    let pinned: Vec<_> =
        messages.iter().filter(|message| message.pinned.is_some()).cloned().collect();
    assert_eq!(pins, pinned);
    messages
}

/// A marker that moved, as its owner and the others of a direct room see it.
fn take_moved(
    folds: &mut [Option<RoomState>],
    mover: usize,
    user: UserId,
    kind: RoomKind,
    counts: Counts,
) {
    for (who, fold) in folds.iter_mut().enumerate() {
        match fold {
            Some(fold) if who == mover => fold.set_counts(counts),
            Some(fold) if kind == RoomKind::Direct => {
                fold.seen.insert(user, counts.read);
            }
            Some(_) | None => {}
        }
    }
}

async fn live<P: Place>(desk: &Desk<P>, kind: RoomKind, deeds: &[Deed]) {
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(desk.register(&UserId::new().to_string()).await);
    }
    let people = people.as_slice();
    let everybody: Vec<&User> = people.iter().collect();
    let room = match kind {
        RoomKind::Direct => desk.direct(&people[0], &everybody[1..]).await.unwrap(),
        RoomKind::Open | RoomKind::Closed => desk.room(kind, &everybody).await,
    };
    let mut inside = vec![true; PEOPLE];
    let mut folds: Vec<Option<RoomState>> = vec![None; PEOPLE];
    let mut pages: Vec<Option<Vec<HistoryEntry>>> = vec![None; PEOPLE];
    let mut messages: Vec<Message> = Vec::new();
    let mut versions = [0; PEOPLE];
    for deed in deeds {
        if let Some((actor, event)) = event_of(deed, kind, people, &inside, &messages) {
            for event in desk.change(actor, room.id, event).await {
                let joined = event.begins_membership_of();
                let left = event.ends_membership_of();
                for (who, user) in people.iter().enumerate() {
                    if let Some(fold) = &mut folds[who] {
                        assert_eq!(fold.apply(&event, user.id), Applied::Advanced);
                    }
                    if let Some(page) = &mut pages[who] {
                        move_on(page, &event);
                    }
                    if joined == Some(user.id) {
                        inside[who] = true;
                    }
                    if left == Some(user.id) {
                        inside[who] = false;
                        folds[who] = None;
                        pages[who] = None;
                    }
                }
            }
        }
        let head = desk.store.standing(people[0].id, room.id).await.unwrap().unwrap();
        assert_eq!(head.0.members as usize, inside.iter().filter(|inside| **inside).count());
        if let Deed::Thread { who, at, deed } = deed
            && inside[*who]
            && let Some(root) = root_of(&messages, *at)
        {
            deed.doing(desk, people[*who].id, room.id, root).await;
        }
        for (who, user) in people.iter().enumerate() {
            let told = desk.told_alone(user.id, &mut versions[who]).await;
            if let Some(fold) = &mut folds[who] {
                for event in &told {
                    take_personal(fold, event);
                }
            }
        }
        let moved = match deed {
            Deed::MarkRead { who, at } | Deed::MarkUnread { who, at } if inside[*who] => {
                let log = desk.whole_log(people[*who].id, room.id).await;
                let seq = at.get(&log).seq;
                let forward = matches!(deed, Deed::MarkRead { .. });
                let to = if forward { MarkerMove::Forward(seq) } else { MarkerMove::Before(seq) };
                let counts = desk.store.move_marker(people[*who].id, room.id, to).await.unwrap();
                Some((*who, counts))
            }
            Deed::Involve { who, involvement } if inside[*who] => {
                let user = people[*who].id;
                desk.store.set_involvement(user, room.id, *involvement).await.unwrap();
                if let Some(fold) = &mut folds[*who] {
                    fold.involvement = *involvement;
                }
                None
            }
            Deed::Look { who } if inside[*who] => {
                let user = people[*who].id;
                let snapshot = desk.store.room_snapshot(user, room.id).await.unwrap().unwrap();
                folds[*who] = Some(RoomState::new(snapshot));
                pages[*who] = Some(desk.history(user, room.id, HistoryRange::Latest).await);
                None
            }
            _ => None,
        };
        if let Some((mover, counts)) = moved {
            take_moved(&mut folds, mover, people[mover].id, kind, counts);
        }
        for (who, user) in people.iter().enumerate().filter(|(who, _)| inside[*who]) {
            let view = (folds[who].as_ref(), pages[who].as_deref());
            messages = hold_views(desk, user.id, &room, view).await;
        }
    }
    for user in people {
        let all_read = MarkerMove::Forward(Seq(u64::MAX));
        if let Ok(counts) = desk.store.move_marker(user.id, room.id, all_read).await {
            assert_eq!((counts.unread, counts.mentions), (0, 0), "all read means zero");
        }
    }
}

async fn counts_and_snapshots_are_what_the_log_says<P: Place>() {
    let desk = Desk::<P>::new().await;
    let runtime = tokio::runtime::Handle::current();
    let kind = prop_oneof![Just(RoomKind::Open), Just(RoomKind::Closed), Just(RoomKind::Direct)];
    let strategy = (kind, prop::collection::vec(deed(), 1..40));
    let mut runner =
        TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    runner
        .run(&strategy, |(kind, deeds)| {
            tokio::task::block_in_place(|| runtime.block_on(live(&desk, kind, &deeds)));
            Ok(())
        })
        .unwrap();
}

async fn what_was_deleted_can_be_read_nowhere<P: Place>() {
    let desk = Desk::<P>::new().await;
    let (ada, bob) = (desk.register("ada").await, desk.register("bob").await);
    let room = desk.room(RoomKind::Closed, &[&ada, &bob]).await;
    let id = ClientMessageId::new();
    let secret = || message(ada.id, room.id, id, "a secret, @bob", &[bob.id]);
    let sent = acknowledgement(&desk.store.append(secret()).await.unwrap());
    let message = sent.seq;
    let body = Some(MessageBody::new("another secret").unwrap());
    let mentions = vec![bob.id];
    desk.change(
        ada.id,
        room.id,
        ServerEvent::MessageEdited { message, body, mentions, rooms: Vec::new() },
    )
    .await;
    let emoji = Emoji::known("👍");
    desk.change(bob.id, room.id, ServerEvent::ReactionAdded { message, emoji }).await;
    desk.change(bob.id, room.id, ServerEvent::MessagePinned { message }).await;
    let revisions = desk.store.revisions(bob.id, room.id, sent.id).await.unwrap().unwrap();
    let said: Vec<&str> = revisions.iter().map(|revision| revision.body.as_str()).collect();
    assert_eq!(said, ["a secret, @bob", "another secret"]);
    let before = desk.counts(bob.id, room.id).await;

    let deleted = desk.change(ada.id, room.id, ServerEvent::MessageDeleted { message }).await;
    let desk = desk.reopen().await;
    let log = desk.whole_log(bob.id, room.id).await;
    assert_eq!(log.last(), deleted.last());
    let mut shown = serde_json::to_string(&log).unwrap();
    let history = desk.history(bob.id, room.id, HistoryRange::Around(message)).await;
    shown.push_str(&serde_json::to_string(&history).unwrap());
    assert!(!shown.contains("secret"), "{shown}");
    let left = desk.store.message(bob.id, room.id, sent.id).await.unwrap().unwrap();
    assert_eq!(left.deleted.map(|stamp| stamp.by), Some(ada.id));
    assert_eq!(
        (left.body, left.reactions, left.pinned, left.edited_at),
        (None, vec![], None, None)
    );
    assert_eq!((left.author, left.mentions), (ada.id, vec![]));
    assert_eq!(desk.store.revisions(bob.id, room.id, sent.id).await, Ok(Some(Vec::new())));
    assert_eq!(desk.store.pins(bob.id, room.id).await, Ok(Some(Vec::new())));
    let after = desk.counts(bob.id, room.id).await;
    assert_eq!((after.unread, after.mentions), (before.unread, before.mentions));
    assert_eq!(
        desk.store.append(secret()).await,
        Ok(Appended::Earlier(sent)),
        "a late resend still finds what it was",
    );
}

async fn pages_of_history_meet_without_overlap<P: Place>() {
    let desk = Desk::<P>::new().await;
    let ada = desk.register("ada").await;
    let room = desk.room(RoomKind::Open, &[&ada]).await;
    for number in 0..12 {
        let sent = now(desk.say(ada.id, room.id, &number.to_string()).await.unwrap());
        let (message, emoji) = (sent[0].seq, Emoji::known("👍"));
        desk.change(ada.id, room.id, ServerEvent::ReactionAdded { message, emoji }).await;
    }
    let all = desk.history(ada.id, room.id, HistoryRange::Latest).await;
    assert_eq!(all.len(), 2 + 12, "the room, its owner, and the messages");
    let page = |range| desk.store.history(ada.id, room.id, range, 5);
    let (mut upwards, mut range) = (Vec::new(), Some(HistoryRange::Latest));
    while let Some(next) = range {
        let mut found = page(next).await.unwrap().unwrap();
        range = found.before.map(HistoryRange::Before);
        found.entries.append(&mut upwards);
        upwards = found.entries;
    }
    assert_eq!(upwards, all);
    let (mut downwards, mut range) = (Vec::new(), Some(HistoryRange::After(Seq::ZERO)));
    while let Some(next) = range {
        let mut found = page(next).await.unwrap().unwrap();
        range = found.after.map(HistoryRange::After);
        downwards.append(&mut found.entries);
    }
    assert_eq!(downwards, all);
    for entry in &all {
        let around = page(HistoryRange::Around(entry.seq())).await.unwrap().unwrap();
        let place = all.iter().position(|other| other == entry).unwrap();
        let from = place.saturating_sub(2);
        let to = (place + 3).min(all.len());
        assert_eq!(around.entries, all[from..to]);
        assert_eq!(around.before.is_some(), from > 0);
        assert_eq!(around.after.is_some(), to < all.len());
        assert_eq!(around.head, desk.counts(ada.id, room.id).await.at);
    }
}

/// Holds one kind of store to all of it.
macro_rules! hold {
    ($module:ident, $place:ty: $($promise:ident)*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    super::$promise::<$place>().await;
                }
            )*
        }
    };
}

macro_rules! every_store {
    ($($module:ident: $place:ty;)*) => {$(
        hold! { $module, $place:
            the_first_person_founds_the_place_and_everybody_lands_in_its_rooms
            a_log_has_no_gaps_under_many_writers
            what_is_told_can_be_read_and_what_is_answered_has_been_told
            a_resend_is_answered_like_the_first
            the_same_id_for_something_else_is_a_conflict
            one_refused_write_never_fails_its_neighbours
            a_write_that_panics_is_undone_and_ends_nothing_else
            somebody_removed_writes_nothing_more
            somebody_removed_learns_nothing_of_what_they_wrote
            a_stranger_finds_nothing
            a_room_knows_its_people
            the_same_people_find_the_same_direct_room
            blocking_closes_the_way_to_a_direct_room
            a_marker_goes_forward_by_itself_and_back_only_when_told
            coming_back_starts_at_the_door
            a_persons_stream_grows_by_one
            of_two_people_with_one_nick_exactly_one_gets_it
            of_two_first_people_exactly_one_is_administrator
            an_invitation_lets_in_as_many_as_it_says
            a_session_ends_when_it_should
            a_disabled_person_is_out_and_comes_back_without_old_sessions
            a_reset_link_works_once
            people_are_found_and_their_changes_follow_each_other
            the_site_changes_once_for_each_change
            pages_of_messages_meet_without_overlap
            time_in_a_log_never_runs_back
            what_was_answered_is_there_after_opening_again
            counts_and_snapshots_are_what_the_log_says
            what_was_deleted_can_be_read_nowhere
            pages_of_history_meet_without_overlap
        }
    )*};
}

every_store! {
    sqlite: crate::store_sqlite::Folder;
}
