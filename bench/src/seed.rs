//! Fills a data folder through the store: thousands of accounts without hashing a password, with
//! sessions whose tokens are known here.

use anyhow::{Context as _, Result, anyhow};
use backend::chat::account::secret_hash;
use backend::chat::nick;
use backend::clock::Clock;
use backend::store::sqlite::SqliteStore;
use backend::store::{Append, FirstRun, NewRoom, NewSession, NewUser, Once, Store};
use futures_util::future::try_join_all;
use futures_util::stream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, MessageId, RoomId, SessionId, UserId};
use shared::message::{MessageBody, Posted};
use shared::room::{Member, Role, RoomKind, RoomPurpose};
use shared::time::Timestamp;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Writes handed to the store at once: they share commits.
const AT_ONCE: usize = 256;
/// No password has this hash.
const NO_PASSWORD: &str = "!";

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) token: Arc<str>,
}

impl Person {
    /// The token is known from the rest, and as long as the server's own.
    fn new(number: usize, user: UserId) -> Self {
        Self { user, token: format!("{number:010}{}", user.as_uuid().simple()).into() }
    }
}

/// What a workload finds in its data folder.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Vec<RoomId>,
}

/// `people` accounts, and rooms with the people of these numbers.
pub(crate) fn place(folder: &Path, people: usize, rooms: &[Vec<usize>]) -> Result<Place> {
    let clock = Clock::system();
    with_store(folder, clock.clone(), async |store| {
        let people = register(store, people).await?;
        open_sessions(store, &people, clock.now()).await?;
        let rooms = stream::iter(rooms)
            .map(|members| make_room(store, "Bench", members.iter().map(|at| &people[*at])))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let rooms = rooms.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Place { people, rooms })
    })
}

/// How to get into the room of [`long_room`].
#[derive(Debug, Serialize)]
pub(crate) struct LongRoom {
    user: UserId,
    /// For the session cookie, or as a bearer token.
    token: String,
    room: RoomId,
    name: &'static str,
    messages: usize,
}

const LONG_ROOM: &str = "Long room";
const LONG_ROOM_PEOPLE: usize = 20;
/// Messages with the same time; some people write several in a row.
const LONG_ROOM_BURST: usize = 64;
const LONG_ROOM_DAYS: i64 = 60;

/// A room that has been talked in for two months.
pub(crate) fn long_room(folder: &Path, messages: usize) -> Result<LongRoom> {
    let now = Clock::system().now();
    let span = LONG_ROOM_DAYS * 24 * 3_600_000;
    let clock = Clock::manual(now.plus_millis(-span));
    let bursts = i64::try_from(messages.div_ceil(LONG_ROOM_BURST))?.max(1);
    with_store(folder, clock.clone(), async |store| {
        let people = register(store, LONG_ROOM_PEOPLE).await?;
        let room = make_room(store, LONG_ROOM, people.iter()).await?;
        let mut words = Words(1);
        for first in (0..messages).step_by(LONG_ROOM_BURST) {
            clock.advance(span / bursts);
            let burst = first..messages.min(first + LONG_ROOM_BURST);
            let appends = burst.map(|number| {
                let author = people[words.below(people.len())].user;
                // The number tells whoever scrolls how far they have come.
                append(store, room, author, format!("{number} {}", words.message()))
            });
            try_join_all(appends.collect::<Vec<_>>()).await?;
        }
        open_sessions(store, &people, now).await?;
        let Person { user, token } = people.into_iter().next().context("nobody registered")?;
        Ok(LongRoom { user, token: token.to_string(), room, name: LONG_ROOM, messages })
    })
}

/// A word that is said once in some ten thousand messages.
pub(crate) const RARE: &str = "serendipity";

/// Who can search in [`talk`], and what it took to be searchable.
pub(crate) struct Talk {
    /// In all rooms.
    pub(crate) everywhere: Vec<Person>,
    /// In two of the small ones.
    pub(crate) somewhere: Vec<Person>,
    /// Messages that were not in the index when all had been written.
    pub(crate) waiting: u32,
    pub(crate) index_bytes: u64,
}

/// What is written beside a [`talk`], to use it again.
#[derive(Serialize, Deserialize)]
struct Kept {
    people: Vec<UserId>,
    waiting: u32,
    index_bytes: u64,
}

impl Talk {
    pub(crate) fn keep(&self, file: &Path) -> Result<()> {
        let people = self.everywhere.iter().chain(&self.somewhere).map(|person| person.user);
        let Self { waiting, index_bytes, .. } = *self;
        let kept = Kept { people: people.collect(), waiting, index_bytes };
        Ok(std::fs::write(file, serde_json::to_string(&kept)?)?)
    }

    pub(crate) fn kept(file: &Path) -> Result<Self> {
        let Kept { people, waiting, index_bytes } = serde_json::from_slice(&std::fs::read(file)?)?;
        let people = people.into_iter().enumerate();
        let mut everywhere: Vec<_> =
            people.map(|(number, user)| Person::new(number, user)).collect();
        let somewhere = everywhere.split_off(TALK_ROOMS);
        Ok(Self { everywhere, somewhere, waiting, index_bytes })
    }
}

const TALK_ROOMS: usize = 200;
const TALK_DAYS: i64 = 365;

/// A year of English and Chinese in rooms of very different size.
pub(crate) fn talk(folder: &Path, messages: usize) -> Result<Talk> {
    let now = Clock::system().now();
    let span = TALK_DAYS * 24 * 3_600_000;
    let clock = Clock::manual(now.plus_millis(-span));
    let step = span / i64::try_from(messages)?.max(1);
    with_store(folder, clock.clone(), async |store| {
        let people = register(store, 2 * TALK_ROOMS).await?;
        let (everywhere, somewhere) = people.split_at(TALK_ROOMS);
        let mut rooms = Vec::new();
        for room in 0..TALK_ROOMS {
            let few = (room >= TALK_ROOMS / 2).then(|| [&somewhere[room], &somewhere[room - 100]]);
            let members = everywhere.iter().chain(few.into_iter().flatten());
            rooms.push(make_room(store, &format!("Room {room}"), members).await?);
        }
        let mut words = Words(1);
        let mut prose = Words(2);
        stream::iter(0..messages)
            .map(|_| {
                clock.advance(step);
                // Half of all is said in a tenth of the rooms.
                let (one, other) = (words.below(TALK_ROOMS), words.below(TALK_ROOMS));
                let room = rooms[one * other / TALK_ROOMS];
                let author = everywhere[words.below(everywhere.len())].user;
                append(store, room, author, prose.prose())
            })
            .buffered(AT_ONCE)
            .try_for_each(async |()| Ok(()))
            .await?;
        let waiting = store.waiting_for_index().await?;
        store.index_all().await?;
        open_sessions(store, &people, now).await?;
        let (everywhere, somewhere) = (everywhere.to_vec(), somewhere.to_vec());
        let index_bytes = store.index_bytes().await?;
        Ok(Talk { everywhere, somewhere, waiting, index_bytes })
    })
}

fn with_store<T>(
    folder: &Path,
    clock: Clock,
    fill: impl AsyncFnOnce(&SqliteStore) -> Result<T>,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (changes, mut committed) = mpsc::channel(4096);
        let store = SqliteStore::open(folder, clock, changes)?;
        // Nobody is there to be told.
        tokio::spawn(async move { while committed.recv().await.is_some() {} });
        let filled = fill(&store).await;
        store.close().await;
        filled
    })
}

async fn register(store: &SqliteStore, count: usize) -> Result<Vec<Person>> {
    stream::iter(0..count)
        .map(async |number| {
            let nick = format!("person{number:05}");
            let user = NewUser {
                id: UserId::new(),
                nick_key: nick::key(&nick),
                name: format!("Person {number}"),
                nick,
                password_hash: NO_PASSWORD.to_owned(),
                invitation: None,
                first_run: FirstRun {
                    site_name: "Bench".to_owned(),
                    first_room: "Lobby".to_owned(),
                    announcements: "Announcements".to_owned(),
                },
                decide: Box::new(|_| Ok(())),
            };
            let user = store.register(user).await?.id;
            Ok(Person::new(number, user))
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect()
}

async fn open_sessions(store: &SqliteStore, people: &[Person], at: Timestamp) -> Result<()> {
    let opened = stream::iter(people)
        .map(async |person| {
            let session = NewSession {
                id: SessionId::new(),
                user: person.user,
                token_hash: secret_hash(&person.token),
                at,
                agent: "bench".to_owned(),
                address: "127.0.0.1".to_owned(),
            };
            store.create_session(session).await
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    Ok(opened.into_iter().collect::<Result<_, _>>()?)
}

async fn make_room(
    store: &SqliteStore,
    name: &str,
    people: impl Iterator<Item = &Person>,
) -> Result<RoomId> {
    let mut members: Vec<Member> =
        people.map(|person| Member { user: person.user, role: Role::Member }).collect();
    let owner = members.first_mut().context("a room of nobody")?;
    owner.role = Role::Owner;
    let room = NewRoom {
        id: RoomId::new(),
        creator: owner.user,
        kind: RoomKind::Closed,
        purpose: RoomPurpose::Talk,
        name: name.to_owned(),
        topic: String::new(),
        members,
    };
    Ok(store.create_room(room).await?.id)
}

async fn append(store: &SqliteStore, room: RoomId, actor: UserId, body: String) -> Result<()> {
    let body = MessageBody::new(&body).map_err(|code| anyhow!("{code:?}"))?;
    let client_message_id = ClientMessageId::new();
    let posted = ServerEvent::MessagePosted(Posted::new(MessageId::new(), client_message_id, body));
    store
        .append(Append {
            once: Some(Once { client_message_id, hash: [0; 32] }),
            ..Append::new(room, actor, Box::new(|_| Ok(vec![posted])))
        })
        .await?;
    Ok(())
}

/// The same talk each time: words, now and then a list, a link, code, a line of Chinese.
struct Words(u64);

impl Words {
    const ALL: [&str; 32] = [
        "the",
        "room",
        "when",
        "server",
        "we",
        "could",
        "a",
        "message",
        "and",
        "then",
        "today",
        "is",
        "it",
        "works",
        "for",
        "me",
        "again",
        "after",
        "restart",
        "perhaps",
        "tomorrow",
        "with",
        "everybody",
        "in",
        "one",
        "place",
        "to",
        "talk",
        "about",
        "lunch",
        "deployment",
        "no",
    ];

    fn below(&mut self, limit: usize) -> usize {
        // Xorshift: no more than enough.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn some(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| Self::ALL[self.below(Self::ALL.len())]).collect();
        words.join(" ")
    }

    /// Of 30,000 words, the first far more often than the last; every fourth in Chinese.
    fn prose(&mut self) -> String {
        const COMMON: [&str; 8] = ["the", "server", "we", "to", "and", "message", "room", "is"];
        const SIGNS: [&str; 12] = [
            "明天",
            "开会",
            "服务器",
            "我们",
            "消息",
            "房间",
            "今天",
            "的",
            "是",
            "在",
            "了",
            "吗",
        ];
        let count = 4 + self.below(16);
        let mut text = String::new();
        if self.below(4) == 0 {
            for _ in 0..count {
                if self.below(3) == 0 {
                    let sign = 0x4e00 + self.below(3_000) * self.below(3_000) / 3_000;
                    text.extend(u32::try_from(sign).ok().and_then(char::from_u32));
                } else {
                    text.push_str(SIGNS[self.below(SIGNS.len())]);
                }
            }
            return text;
        }
        for _ in 0..count {
            if !text.is_empty() {
                text.push(' ');
            }
            if self.below(4) == 0 {
                text.push_str(COMMON[self.below(COMMON.len())]);
                continue;
            }
            // Made of syllables; small numbers come up more often.
            let mut number = self.below(30_000) * self.below(30_000) / 30_000;
            loop {
                let syllable = number % 50;
                text.push(char::from(b"bdfghklmnp"[syllable / 5]));
                text.push(char::from(b"aeiou"[syllable % 5]));
                number /= 50;
                if number == 0 {
                    break;
                }
            }
        }
        match self.below(10_000) {
            0 => text.push_str(" serendipity"),
            1..200 => text.push_str(" https://example.org/serving"),
            _ => {}
        }
        text
    }

    fn message(&mut self) -> String {
        match self.below(20) {
            0 => format!("{}\n```\nlet {} = 1;\n```", self.some(4), self.some(1)),
            1 => format!("{} https://example.org/{}", self.some(5), self.some(1)),
            2 => format!("`{}` {}", self.some(1), self.some(6)),
            3 => "明天下午三点开会,大家都来吗?".to_owned(),
            4 => {
                let count = 60 + self.below(60);
                self.some(count)
            }
            5..10 => {
                let count = 1 + self.below(3);
                self.some(count)
            }
            _ => {
                let count = 4 + self.below(20);
                self.some(count)
            }
        }
    }
}
