//! Searching by HTTP: who finds what, in which order, and how it is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Person, TestServer, rate};
use backend::clock::Clock;
use shared::api::{
    FindMoment, Method, MomentQuery, NewMessage, Nothing, PostMessage, Search, SearchHits,
    SearchQuery,
};
use shared::command::ClientCommand;
use shared::error::{ErrorCode, Problem};
use shared::id::Seq;
use shared::limit;
use shared::room::RoomKind;
use shared::time::Timestamp;

async fn ask(person: &Person, query: SearchQuery) -> Result<SearchHits, Problem> {
    person.api.call::<Search>((), query, &Nothing {}).await
}

fn words(q: &str) -> SearchQuery {
    SearchQuery { q: q.to_owned(), ..SearchQuery::default() }
}

/// The texts found, in the order answered.
async fn found(person: &Person, q: &str) -> Vec<String> {
    texts(&ask(person, words(q)).await.unwrap())
}

fn texts(hits: &SearchHits) -> Vec<String> {
    hits.hits.iter().map(|hit| hit.message.body.as_ref().unwrap().as_str().to_owned()).collect()
}

#[tokio::test]
async fn one_finds_what_one_may_read_and_nothing_else() {
    let server = TestServer::start().await;
    let administrator = server.person("admin1").await;
    let (anna, ben) = (server.person("anna").await, server.person("ben").await);
    let open = anna.create_room("Open talk", RoomKind::Open).await;
    let closed = anna.create_room("Closed talk", RoomKind::Closed).await;
    let direct = anna.direct(&[&ben]).await;
    for (room, text) in [(open, "plum open"), (closed, "plum closed"), (direct, "plum direct")] {
        anna.say(room, text).await.unwrap();
    }
    assert_eq!(found(&anna, "plum").await, ["plum direct", "plum closed", "plum open"]);
    assert_eq!(found(&ben, "plum").await, ["plum direct"]);
    assert_eq!(found(&administrator, "plum").await, [""; 0]);
    for room in [open, closed, direct] {
        let query = SearchQuery { room: Some(room), ..words("plum") };
        assert_eq!(ask(&administrator, query).await.unwrap(), SearchHits::default());
    }
    anna.add(closed, &ben).await;
    assert_eq!(found(&ben, "plum").await, ["plum direct", "plum closed"]);
    let user = ben.id();
    anna.command(ClientCommand::RemoveMember { room: closed, user }).await.unwrap();
    assert_eq!(found(&ben, "plum").await, ["plum direct"]);
    ben.join(open).await;
    assert_eq!(found(&ben, "plum").await, ["plum direct", "plum open"]);
    let nobody = server.anonymous().call::<Search>((), words("plum"), &Nothing {}).await;
    assert_eq!(nobody.unwrap_err().code, ErrorCode::Unauthorized);
}

#[tokio::test]
async fn people_and_rooms_are_named_as_they_are_called() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let ben = server.person("ben").await;
    let kitchen = anna.create_room("Küche am See", RoomKind::Open).await;
    let garden = anna.create_room("Garden", RoomKind::Open).await;
    ben.join(kitchen).await;
    ben.join(garden).await;
    anna.say(kitchen, "fig by anna").await.unwrap();
    ben.say(kitchen, "fig by ben").await.unwrap();
    ben.say(garden, "fig in the garden").await.unwrap();
    for (q, texts) in [
        ("fig from:anna", &["fig by anna"][..]),
        ("fig from:@ANNA", &["fig by anna"]),
        ("from:me in:garden", &[]),
        ("fig from:nobody-here", &[]),
        ("fig -from:ben", &["fig by anna"]),
        ("fig in:\"kuche am see\"", &["fig by ben", "fig by anna"]),
        ("fig in:kuche", &["fig by ben", "fig by anna"]),
        ("fig in:#garden", &["fig in the garden"]),
        ("fig -in:garden from:ben", &["fig by ben"]),
        ("fig in:nowhere", &[]),
        ("fig after:today", &["fig in the garden", "fig by ben", "fig by anna"]),
        ("fig before:today", &[]),
        ("fig on:1999", &[]),
    ] {
        assert_eq!(found(&anna, q).await, texts, "{q}");
    }
    let here = SearchQuery { room: Some(garden), ..words("fig") };
    assert_eq!(texts(&ask(&ben, here).await.unwrap()), ["fig in the garden"]);
}

#[tokio::test]
async fn the_newest_hits_are_answered_best_first_and_pages_do_not_overlap() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let room = anna.create_room("Kitchen", RoomKind::Open).await;
    anna.say(room, "serve").await.unwrap();
    for number in 0..9 {
        anna.say(room, &format!("servers {number}")).await.unwrap();
    }
    let mut all = Vec::new();
    let mut query = SearchQuery { limit: Some(3), ..words("serve") };
    loop {
        let page = ask(&anna, query.clone()).await.unwrap();
        all.extend(texts(&page));
        anna.say(room, "serve later").await.unwrap();
        if page.next.is_none() {
            break;
        }
        query.cursor = page.next;
    }
    let mut expected = vec!["serve".to_owned()];
    expected.extend((0..9).rev().map(|number| format!("servers {number}")));
    assert_eq!(all, expected);
    let hit = &ask(&anna, words("\"servers 8\"")).await.unwrap().hits[0];
    assert_eq!((hit.room, hit.ranges.as_slice()), (room, &[(0, 9)][..]));
}

#[tokio::test]
async fn whatever_is_typed_is_looked_for_and_never_breaks_anything() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let room = anna.create_room("Kitchen", RoomKind::Open).await;
    anna.say(room, "<img src=x onerror=alert(1)>").await.unwrap();
    for q in [
        "",
        " ",
        "*",
        "\"",
        "\"\"",
        "'",
        "''",
        "%",
        "_",
        "\\",
        "(",
        ")",
        "()",
        "AND",
        "OR",
        "NOT",
        "a AND",
        "NEAR(a b)",
        "keys:a",
        "{keys}:a",
        "^a",
        "a*",
        "*a",
        "-a",
        "- a",
        "a-",
        "+a",
        "\"a",
        "a\"",
        "a\" OR \"b",
        "x'; DROP TABLE message; --",
        "\u{0}",
        "a\u{0}b",
        "\u{202e}",
        "_r1",
        "\"_r1\"",
        "_alink",
        "from:",
        "from:\"",
        "in:'",
        "before:x",
        "has:",
        "::",
        "：",
        "e\u{301}\u{301}\u{301}",
        "👩‍⚕️",
        "\u{fffd}",
        "$1",
        "?1",
        "NULL",
        "1 2 3",
        "<script>",
    ] {
        let answer = ask(&anna, words(q)).await;
        assert!(answer.is_ok(), "{q:?}: {answer:?}");
    }
    let hit = &ask(&anna, words("img onerror")).await.unwrap().hits[0];
    assert_eq!(hit.message.body.as_ref().unwrap().as_str(), "<img src=x onerror=alert(1)>");
    assert_eq!(hit.ranges, [(1, 4), (11, 18)]);
    let long = ask(&anna, words(&"x".repeat(limit::QUERY_CHARS + 1))).await.unwrap_err();
    assert_eq!(long.code, ErrorCode::TooLong { limit: limit::QUERY_CHARS });
    for bad in ["limit=-1", "room=x", "cursor=x", "cursor=1_2", "offset=x"] {
        let path = format!("/api/v1/search?q=a&{bad}");
        let answer = anna.api.send(Method::Get, &path, &Nothing {}).await;
        assert_eq!(answer.status().as_u16(), 400, "{bad}");
    }
    for wild in ["offset=99999999", "limit=999999", "cursor=-9223372036854775808"] {
        let path = format!("/api/v1/search?q=img&{wild}");
        assert!(anna.api.send(Method::Get, &path, &Nothing {}).await.status().is_success());
    }
}

#[tokio::test]
async fn who_searches_too_often_is_told_to_wait() {
    let server = TestServer::builder().limits(|limits| limits.searches = rate(1, 2)).start().await;
    let anna = server.person("anna").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(ask(&anna, words("plum")).await.map_err(|problem| problem.code));
    }
    assert!(answers[..2].iter().all(Result::is_ok));
    assert!(matches!(answers[2], Err(ErrorCode::RateLimited { .. })));
}

#[tokio::test]
async fn what_is_found_is_what_a_message_says_now() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let room = anna.create_room("Orchard", RoomKind::Open).await;
    let message = anna.say(room, "a pear").await.unwrap().seq;
    assert_eq!(found(&anna, "pear").await, ["a pear"]);
    let body = "a plum".to_owned();
    anna.command(ClientCommand::EditMessage { room, message, body }).await.unwrap();
    assert_eq!(found(&anna, "pear").await, [""; 0]);
    assert_eq!(found(&anna, "plum").await, ["a plum"]);
    anna.command(ClientCommand::DeleteMessage { room, message }).await.unwrap();
    assert_eq!(found(&anna, "plum").await, [""; 0]);
    assert_eq!(found(&anna, "from:me").await, [""; 0]);
}

#[tokio::test]
async fn what_became_of_a_message_is_looked_for_like_what_it_says() {
    let server = TestServer::start().await;
    let (anna, ben) = (server.person("anna").await, server.person("ben").await);
    let room = anna.create_room("Orchard", RoomKind::Open).await;
    ben.join(room).await;
    let pinned = anna.say(room, "a pear, pinned").await.unwrap().seq;
    let saved = anna.say(room, "a pear, saved").await.unwrap().seq;
    let asked = anna.say(room, "a pear to talk about").await.unwrap().seq;
    anna.say(room, "a pear").await.unwrap();
    anna.command(ClientCommand::PinMessage { room, message: pinned }).await.unwrap();
    anna.command(ClientCommand::SaveMessage { room, message: saved }).await.unwrap();
    let reply =
        NewMessage { body: "which pear?".into(), thread: Some(asked), ..NewMessage::default() };
    ben.api.call::<PostMessage>((room,), Nothing {}, &reply).await.unwrap();
    for (q, texts) in [
        ("is:pinned", &["a pear, pinned"][..]),
        ("pear is:pinned", &["a pear, pinned"]),
        ("plum is:pinned", &[]),
        ("is:saved", &["a pear, saved"]),
        ("is:saved is:pinned", &[]),
        ("is:thread", &["which pear?", "a pear to talk about"]),
        ("pear -is:thread -is:saved", &["a pear", "a pear, pinned"]),
        ("is:saved in:nowhere", &[]),
    ] {
        assert_eq!(found(&anna, q).await, texts, "{q}");
    }
    anna.say(room, "a pear for @ben").await.unwrap();
    assert_eq!(found(&ben, "is:mention").await, ["a pear for @ben"]);
    assert_eq!(found(&anna, "is:mention").await, [""; 0]);
    // What somebody saved is theirs alone.
    assert_eq!(found(&ben, "is:saved").await, [""; 0]);
    assert_eq!(found(&ben, "is:pinned").await, ["a pear, pinned"]);
    let user = ben.id();
    anna.command(ClientCommand::RemoveMember { room, user }).await.unwrap();
    assert_eq!(found(&ben, "is:pinned").await, [""; 0]);
}

#[tokio::test]
async fn a_day_is_found_in_a_rooms_log() {
    const DAY: i64 = 86_400_000;
    let start = Timestamp(1_800_000_000_000);
    let clock = Clock::manual(start);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (anna, ben) = (server.person("anna").await, server.person("ben").await);
    let room = anna.create_room("Kitchen", RoomKind::Closed).await;
    let mut said = Vec::new();
    for number in 0..5 {
        clock.advance(DAY);
        said.push(anna.say(room, &format!("day {number}")).await.unwrap().seq);
    }
    let moment = async |person: &Person, at: Timestamp| {
        let query = MomentQuery { at: at.0 };
        let answer = person.api.call::<FindMoment>((room,), query, &Nothing {}).await;
        answer.map(|found| found.seq).map_err(|problem| problem.code)
    };
    assert_eq!(moment(&anna, Timestamp(0)).await, Ok(Seq::FIRST));
    assert_eq!(moment(&anna, start.plus_millis(3 * DAY)).await, Ok(said[2]));
    assert_eq!(moment(&anna, start.plus_millis(3 * DAY + 1)).await, Ok(said[3]));
    assert_eq!(moment(&anna, start.plus_millis(99 * DAY)).await, Ok(said[4].next()));
    assert_eq!(moment(&ben, start).await, Err(ErrorCode::NotFound));
}
