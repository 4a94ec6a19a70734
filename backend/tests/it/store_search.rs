//! What every store promises of searching: the same before messages are in its index and after.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::store_contract::{Place, message, newcomer};
use backend::clock::Clock;
use backend::search::query::{self, Now, Query};
use backend::store::{Append, Change, Found, NewRoom, Position, SearchRange, Sought, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, RoomId, UserId};
use shared::room::{Member, Role, RoomKind, RoomPurpose};
use shared::time::Timestamp;
use shared::user::User;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A store that can be told to take everything into its index at once.
pub(crate) trait Indexed: Place {
    fn index(store: &Self::Store) -> impl Future<Output = ()>;
}

const START: Timestamp = Timestamp(1_800_000_000_000);
const DAY: i64 = 86_400_000;

struct Desk<P: Place> {
    store: Arc<P::Store>,
    clock: Clock,
    _place: P,
}

impl<P: Indexed> Desk<P> {
    async fn new() -> Self {
        let place = P::new();
        let clock = Clock::manual(START);
        let (changes, mut told) = mpsc::channel::<Change>(64);
        tokio::spawn(async move { while told.recv().await.is_some() {} });
        let store = place.open(clock.clone(), changes).await;
        Self { store, clock, _place: place }
    }

    async fn person(&self, nick: &str) -> User {
        self.store.register(newcomer(nick)).await.unwrap()
    }

    async fn room(&self, kind: RoomKind, people: &[&User]) -> RoomId {
        let members = people.iter().enumerate().map(|(place, user)| Member {
            user: user.id,
            role: if place == 0 && kind != RoomKind::Direct { Role::Owner } else { Role::Member },
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
        self.store.create_room(new).await.unwrap().id
    }

    async fn say(&self, author: &User, room: RoomId, text: &str) {
        let append = message(author.id, room, ClientMessageId::new(), text, &[]);
        self.store.append(append).await.unwrap();
    }

    async fn change(&self, actor: &User, room: RoomId, event: ServerEvent) {
        let decide = Box::new(move |_: &_| Ok(vec![event]));
        let append = Append::new(room, actor.id, decide);
        self.store.append(append).await.unwrap();
    }

    async fn search(&self, reader: UserId, sought: Sought, range: SearchRange) -> Found {
        self.store.search(reader, sought, range).await.unwrap()
    }

    /// The texts found, newest first.
    async fn found(&self, reader: &User, sought: Sought) -> Vec<String> {
        let found = self.search(reader.id, sought, range(None, 100)).await;
        assert_eq!(found.next, None);
        texts(&found)
    }

    /// Holds what is promised before messages are in the index, and after.
    async fn both_ways(&self, reader: &User, sought: Sought, expected: &[&str]) {
        assert_eq!(self.found(reader, sought.clone()).await, expected, "waiting: {sought:?}");
        P::index(&self.store).await;
        assert_eq!(self.found(reader, sought.clone()).await, expected, "indexed: {sought:?}");
    }
}

fn texts(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.message.body.as_ref().unwrap().as_str().to_owned()).collect()
}

const fn range(below: Option<Position>, limit: u32) -> SearchRange {
    SearchRange { above: None, below, limit }
}

fn words(text: &str) -> Sought {
    let now = Now { at: START, offset_minutes: 0 };
    let Query { words, has, has_not, is, is_not, since, until, .. } =
        query::read(text, now).unwrap();
    Sought { words, has, has_not, is, is_not, since, until, ..Sought::default() }
}

async fn words_are_found_at_once_and_newest_first<P: Indexed>() {
    let desk = Desk::<P>::new().await;
    let anna = desk.person("anna").await;
    let room = desk.room(RoomKind::Closed, &[&anna]).await;
    for text in [
        "Das Café am Eck",
        "明天下午三点开会",
        "a cafe, https://example.org/menu",
        "`cafe` as code",
        "Ёлка, οδός, naïve servers 👍🏽",
        "say \"hello\" OR NOT hello* NEAR(x y)",
    ] {
        desk.say(&anna, room, text).await;
    }
    let all = ["`cafe` as code", "a cafe, https://example.org/menu", "Das Café am Eck"];
    for _ in 0..2 {
        desk.both_ways(&anna, words("cafe"), &all).await;
        desk.both_ways(&anna, words("cafe has:link"), &all[1..2]).await;
        desk.both_ways(&anna, words("cafe has:code"), &all[..1]).await;
        desk.both_ways(&anna, words("cafe -as -example.org"), &all[2..]).await;
        for query in ["会", "开会", "明天下午", "下午三点"] {
            desk.both_ways(&anna, words(query), &["明天下午三点开会"]).await;
        }
        for query in ["елка", "ΟΔΟΣ", "naive", "serv", "👍", "\"naïve servers\""] {
            desk.both_ways(&anna, words(query), &["Ёлка, οδός, naïve servers 👍🏽"]).await;
        }
        for query in ["hello*", "NOT hello", "near(x", "\"hello OR\"", "say:", "(hello)"] {
            let said = "say \"hello\" OR NOT hello* NEAR(x y)";
            desk.both_ways(&anna, words(query), &[said]).await;
        }
        for query in ["\"serv\"", "eck am", "午明", "cafes", "hello NOTHING"] {
            let expected: &[&str] = if query == "eck am" { &["Das Café am Eck"] } else { &[] };
            desk.both_ways(&anna, words(query), expected).await;
        }
    }
}

async fn only_rooms_one_is_in_now_are_searched<P: Indexed>() {
    let desk = Desk::<P>::new().await;
    let (anna, ben, carla) =
        (desk.person("anna").await, desk.person("ben").await, desk.person("carla").await);
    let open = desk.room(RoomKind::Open, &[&anna]).await;
    let closed = desk.room(RoomKind::Closed, &[&anna, &ben]).await;
    let direct = desk.room(RoomKind::Direct, &[&anna, &ben]).await;
    desk.say(&anna, open, "plum one").await;
    desk.say(&anna, closed, "plum two").await;
    desk.say(&ben, direct, "plum three").await;
    desk.both_ways(&anna, words("plum"), &["plum three", "plum two", "plum one"]).await;
    desk.both_ways(&ben, words("plum"), &["plum three", "plum two"]).await;
    desk.both_ways(&carla, words("plum"), &[]).await;
    let asked = Sought { rooms: Some(vec![closed, direct]), ..words("plum") };
    desk.both_ways(&carla, asked.clone(), &[]).await;
    desk.both_ways(&ben, asked, &["plum three", "plum two"]).await;
    let others = Sought { not_rooms: vec![direct], ..words("plum") };
    desk.both_ways(&ben, others, &["plum two"]).await;
    desk.change(&anna, closed, ServerEvent::MemberRemoved { user: ben.id }).await;
    desk.both_ways(&ben, words("plum"), &["plum three"]).await;
    let joined = ServerEvent::MemberJoined { user: carla.id, role: Role::Member };
    desk.change(&anna, open, joined).await;
    desk.both_ways(&carla, words("plum"), &["plum one"]).await;
}

async fn filters_narrow_what_is_found<P: Indexed>() {
    let desk = Desk::<P>::new().await;
    let (anna, ben) = (desk.person("anna").await, desk.person("ben").await);
    let room = desk.room(RoomKind::Closed, &[&anna, &ben]).await;
    for day in 0..5 {
        let author = if day % 2 == 0 { &anna } else { &ben };
        desk.say(author, room, &format!("pear {day}")).await;
        desk.clock.advance(DAY);
    }
    let by = |author: &User| Some(vec![author.id]);
    let from = Sought { authors: by(&ben), ..words("pear") };
    desk.both_ways(&anna, from, &["pear 3", "pear 1"]).await;
    let alone = Sought { authors: by(&ben), ..Sought::default() };
    desk.both_ways(&anna, alone, &["pear 3", "pear 1"]).await;
    let nobody = Sought { authors: Some(Vec::new()), ..words("pear") };
    desk.both_ways(&anna, nobody, &[]).await;
    let others = Sought { not_authors: vec![ben.id], ..words("pear") };
    desk.both_ways(&anna, others, &["pear 4", "pear 2", "pear 0"]).await;
    let between = Sought {
        since: Some(START.plus_millis(DAY)),
        until: Some(START.plus_millis(3 * DAY)),
        ..Sought::default()
    };
    desk.both_ways(&anna, between.clone(), &["pear 2", "pear 1"]).await;
    desk.both_ways(&anna, Sought { words: words("pear").words, ..between }, &["pear 2", "pear 1"])
        .await;
}

async fn pages_neither_repeat_nor_skip_while_people_write<P: Indexed>() {
    let desk = Desk::<P>::new().await;
    let anna = desk.person("anna").await;
    let room = desk.room(RoomKind::Closed, &[&anna]).await;
    for number in 0..50 {
        desk.say(&anna, room, &format!("fig {number}")).await;
        if number == 30 {
            P::index(&desk.store).await;
        }
    }
    let mut found = Vec::new();
    let mut below = None;
    loop {
        let page = desk.search(anna.id, words("fig"), range(below, 7)).await;
        found.extend(texts(&page));
        below = page.next;
        if below.is_none() {
            break;
        }
        desk.say(&anna, room, "fig later").await;
        P::index(&desk.store).await;
    }
    let expected: Vec<String> = (0..50).rev().map(|number| format!("fig {number}")).collect();
    assert_eq!(found, expected);
    let window = SearchRange { above: None, below: Some(Position(i64::MAX)), limit: 3 };
    let first = desk.search(anna.id, words("fig"), window).await;
    let above = SearchRange { above: first.next, ..window };
    assert_eq!(desk.search(anna.id, words("fig"), above).await.hits.len(), 2);
}

/// Of how many words begin so, nothing depends.
async fn beginnings_of_few_words_and_of_many_find_the_same<P: Indexed>() {
    let desk = Desk::<P>::new().await;
    let anna = desk.person("anna").await;
    let room = desk.room(RoomKind::Closed, &[&anna]).await;
    let mut said = Vec::new();
    for number in 0..150 {
        let text = format!("fo{number} quince{}", number % 2);
        desk.say(&anna, room, &text).await;
        said.insert(0, text);
        if number % 50 == 0 {
            P::index(&desk.store).await;
        }
    }
    for _ in 0..2 {
        for (query, expected) in [
            ("fo", said.clone()),
            ("quince", said.clone()),
            ("quince1 fo", said.iter().filter(|text| text.ends_with('1')).cloned().collect()),
            ("fo14", said.iter().filter(|text| text.starts_with("fo14")).cloned().collect()),
            ("fo15", said.iter().filter(|text| text.starts_with("fo15")).cloned().collect()),
            ("fox", Vec::new()),
        ] {
            let found = desk.search(anna.id, words(query), range(None, 200)).await;
            assert_eq!((texts(&found), found.next), (expected, None), "{query}");
        }
        P::index(&desk.store).await;
    }
}

/// Whatever was written and however it is asked: the index finds what reading all finds.
async fn the_index_finds_what_reading_all_finds<P: Indexed>() {
    let desk = Desk::<P>::new().await;
    let anna = desk.person("anna").await;
    let runtime = tokio::runtime::Handle::current();
    let text = "([abéЁё명开会明天👍ς σ'\"-]|ab|Ab ){1,12}";
    let strategy = (prop::collection::vec(text, 1..12), prop::collection::vec(text, 1..6));
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let check = async |said: Vec<String>, asked: Vec<String>| {
        let room = desk.room(RoomKind::Closed, &[&anna]).await;
        for text in said.iter().filter(|text| !text.trim().is_empty()) {
            desk.say(&anna, room, text).await;
        }
        let sought = |query: &String| Sought { rooms: Some(vec![room]), ..words(query) };
        let mut waiting = Vec::new();
        for query in &asked {
            waiting.push(desk.found(&anna, sought(query)).await);
        }
        P::index(&desk.store).await;
        for (query, expected) in asked.iter().zip(waiting) {
            assert_eq!(desk.found(&anna, sought(query)).await, expected, "{query}");
        }
    };
    TestRunner::new(config)
        .run(&strategy, |(said, asked)| {
            tokio::task::block_in_place(|| runtime.block_on(check(said, asked)));
            Ok(())
        })
        .unwrap();
}

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

hold! { sqlite, crate::store_sqlite::Folder:
    words_are_found_at_once_and_newest_first
    only_rooms_one_is_in_now_are_searched
    filters_narrow_what_is_found
    pages_neither_repeat_nor_skip_while_people_write
    beginnings_of_few_words_and_of_many_find_the_same
    the_index_finds_what_reading_all_finds
}
