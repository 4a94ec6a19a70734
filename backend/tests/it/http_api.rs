//! What is asked by HTTP and how it is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw::{self, Answer};
use crate::support::{Person, TestServer, within};
use shared::api::{
    ArchiveRoom, AskReadings, CreateRoom, GetLog, GetMe, GetRoom, JoinRoom, LeaveRoom,
    ListInvitations, ListMembers, ListMessages, ListRooms, ListUsers, MePatch, Method, NewMessage,
    NewRoom, Nothing, OpenDirect, PageQuery, PatchMe, PatchMember, PatchRoom, PeopleQuery,
    PostMessage, ReadingsRequest, RemoveMember, RoleRequest, RoomPatch,
};
use shared::error::{ErrorCode, Problem};
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::limit;
use shared::room::{Role, RoomKind};
use shared::user::{EnterKey, Settings};

const JSON: (&str, &str) = ("content-type", "application/json");

fn problem(answer: &Answer) -> Problem {
    serde_json::from_str(answer.body()).unwrap_or_else(|error| panic!("{error} in {answer:?}"))
}

/// One request of this person's, on a connection of its own.
async fn ask(
    server: &TestServer,
    person: &Person,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let bearer = format!("Bearer {}", person.api.token.as_ref().unwrap());
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    raw::request(server.address, line, &headers, body).await
}

/// All of an answer but its time.
fn lasting(answer: &Answer) -> String {
    answer.0.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_closed_room_from_none() {
    let server = TestServer::start().await;
    let administrator = server.person("admin1").await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let closed = anna.create_room("Secret", RoomKind::Closed).await;
    let said = anna.say(closed, "among ourselves").await.unwrap();
    let closed = closed.to_string();
    let direct = anna.direct(&[&berta]).await.to_string();
    let nowhere = RoomId::new().to_string();
    let carla = server.person("carla").await;
    let user = anna.id();
    for (line, bodies) in [
        ("GET {room}", &[""][..]),
        ("PATCH {room}", &["", "{", "[]", r#"{"name":"x"}"#]),
        ("DELETE {room}", &[""]),
        ("POST {room}/join", &["", "{"]),
        ("POST {room}/leave", &[""]),
        ("GET {room}/members", &[""]),
        ("GET {room}/history", &[""]),
        ("GET {room}/history?around=3", &[""]),
        ("GET {room}/pins", &[""]),
        ("GET {room}/threads/3/history", &[""]),
        ("GET {room}/threads/x/history", &[""]),
        ("GET {room}/messages/{message}", &[""]),
        ("GET {room}/messages/{message}/edits", &[""]),
        ("PATCH {room}/messages/{message}", &["", "{", r#"{"body":"x"}"#]),
        ("DELETE {room}/messages/{message}", &[""]),
        ("POST {room}/members", &["", "{", r#"{"user":"nobody"}"#, "MEMBER"]),
        ("PATCH {room}/members/{user}", &["", "{", r#"{"role":"owner"}"#]),
        ("DELETE {room}/members/{user}", &[""]),
        ("DELETE {room}/members/nobody", &[""]),
        ("GET {room}/messages", &[""]),
        ("GET {room}/messages?limit=-1", &[""]),
        ("POST {room}/messages", &["", "{", r#"{"body":""}"#, r#"{"body":"hello"}"#]),
        ("GET {room}/log?after=x", &[""]),
        ("GET {room}/moment?at=0", &[""]),
    ] {
        for body in bodies {
            let body = body.replace("MEMBER", &format!(r#"{{"user":"{user}"}}"#));
            let mut answers = Vec::new();
            for stranger in [&carla, &administrator] {
                for room in [&nowhere, &closed, &direct, "malformed", "%00", "'"] {
                    let line = line
                        .replace("{room}", &format!("/api/v1/rooms/{room}"))
                        .replace("{user}", &user.to_string())
                        .replace("{message}", &said.id.to_string());
                    let answer = ask(&server, stranger, &line, &[JSON], &body).await;
                    assert_eq!(answer.status(), 404, "{line} {body}: {answer:?}");
                    answers.push(lasting(&answer));
                }
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{line} {body}: {answers:?}");
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_is_told_by_a_problem() {
    let server = TestServer::start().await;
    for line in ["GET /api", "GET /api/", "GET /api/v1/nothing", "POST /api/v2/login"] {
        let answer = raw::request(server.address, line, &[], "").await;
        assert_eq!(answer.status(), 404, "{line}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem(&answer).code, ErrorCode::NotFound);
    }
    let answer = raw::request(server.address, "DELETE /api/v1/me", &[], "").await;
    assert_eq!((answer.status(), problem(&answer).code), (405, ErrorCode::MethodNotAllowed));
    assert_eq!(answer.header("allow"), Some("GET,HEAD,PATCH"));
    let answer = raw::request(server.address, "POST /login", &[], "").await;
    assert_eq!((answer.status(), problem(&answer).code), (405, ErrorCode::MethodNotAllowed));
}

#[tokio::test]
async fn a_problem_holds_type_title_status_and_code_and_nothing_of_the_inside() {
    let server = TestServer::start().await;
    let answer = raw::request(server.address, "GET /api/v1/me", &[], "").await;
    assert_eq!(
        answer.body(),
        r#"{"type":"about:blank","title":"Nobody is signed in.","status":401,"code":"unauthorized"}"#,
    );
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("server"), None);
}

#[tokio::test]
async fn a_body_that_is_not_what_was_asked_for_is_refused() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let line = "POST /api/v1/rooms";
    for body in ["", "{", "[]", "null", r#"{"name":"x","kind":"secret"}"#, r#"{"name":1}"#, "\u{0}"]
    {
        let answer = ask(&server, &anna, line, &[JSON], body).await;
        assert_eq!((answer.status(), problem(&answer).code), (400, ErrorCode::BadFrame), "{body}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(ask(&server, &anna, line, &[JSON], &deep).await.status(), 400);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let headers = [("content-type", kind)];
        let answer = ask(&server, &anna, line, &headers, r#"{"name":"x","kind":"open"}"#).await;
        assert_eq!(answer.status(), 415, "{kind}");
    }
    for body in [r#"{"type":"unknown"}"#, r#"{"type":"send_message"}"#] {
        let answer = ask(&server, &anna, "POST /api/v1/commands", &[JSON], body).await;
        assert_eq!((answer.status(), problem(&answer).code), (400, ErrorCode::BadFrame));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_however_it_comes() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let body = format!(r#"{{"name":"{}","kind":"open"}}"#, "x".repeat(300 * 1024));
    let answer = ask(&server, &anna, "POST /api/v1/rooms", &[JSON], &body).await;
    assert_eq!(answer.status(), 413);
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let bearer = format!("Bearer {}", anna.api.token.as_ref().unwrap());
    let text = format!(
        "POST /api/v1/rooms HTTP/1.1\r\nhost: {}\r\nauthorization: {bearer}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{chunked}",
        server.address,
    );
    assert_eq!(raw::talk(server.address, &text).await.status(), 413);
}

#[tokio::test]
async fn a_cursor_that_is_no_number_is_refused_and_a_limit_is_clamped() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let room = anna.create_room("Garden", RoomKind::Open).await;
    for query in ["before=-1", "after=x", "limit=-1", "limit=99999999999", "before=1e3", "after="] {
        for list in ["messages", "log"] {
            let line = format!("GET /api/v1/rooms/{room}/{list}?{query}");
            let answer = ask(&server, &anna, &line, &[], "").await;
            assert_eq!(answer.status(), 400, "{line}: {answer:?}");
        }
    }
    for query in [
        "limit=0",
        "limit=4294967295",
        "after=18446744073709551615",
        "before=18446744073709551615",
        "before=0",
        "after=9223372036854775808",
    ] {
        for list in ["messages", "log"] {
            let line = format!("GET /api/v1/rooms/{room}/{list}?{query}");
            let answer = ask(&server, &anna, &line, &[], "").await;
            assert_eq!(answer.status(), 200, "{line}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_room_is_made_changed_archived_and_opened_again() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let request =
        NewRoom { name: "Garden".to_owned(), kind: RoomKind::Open, topic: "Soil".to_owned() };
    let room = anna.api.call::<CreateRoom>((), Nothing {}, &request).await.unwrap();
    assert_eq!((room.name.as_str(), room.topic.as_str()), ("Garden", "Soil"));
    let patch = RoomPatch {
        name: Some("Orchard".to_owned()),
        topic: Some(String::new()),
        archived: Some(true),
    };
    let changed = anna.api.call::<PatchRoom>((room.id,), Nothing {}, &patch).await.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.topic.as_str(), changed.archived),
        ("Orchard", "", true)
    );
    let refused = anna.say(room.id, "hello").await;
    assert_eq!(refused, Err(ErrorCode::Archived));
    let patch = RoomPatch { name: Some("Grove".to_owned()), archived: Some(false), topic: None };
    let opened = anna.api.call::<PatchRoom>((room.id,), Nothing {}, &patch).await.unwrap();
    assert_eq!((opened.name.as_str(), opened.archived), ("Grove", false));
    anna.api.call::<ArchiveRoom>((room.id,), Nothing {}, &Nothing {}).await.unwrap();
    let details = anna.api.call::<GetRoom>((room.id,), Nothing {}, &Nothing {}).await.unwrap();
    assert!(details.listing.archived && details.membership.is_some());
}

#[tokio::test]
async fn a_room_is_changed_as_asked_or_not_at_all() {
    let server = TestServer::start().await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let room = anna.create_room("Garden", RoomKind::Open).await;
    berta.api.call::<JoinRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
    let promoted = RoleRequest { role: Role::Moderator };
    anna.api.call::<PatchMember>((room, berta.id()), Nothing {}, &promoted).await.unwrap();
    let named = || RoomPatch { name: Some("Orchard".to_owned()), ..RoomPatch::default() };
    let long = RoomPatch { topic: Some("x".repeat(251)), ..named() };
    let refused = anna.api.call::<PatchRoom>((room,), Nothing {}, &long).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::TooLong { limit: 250 });
    let archived = RoomPatch { archived: Some(true), ..named() };
    let refused = berta.api.call::<PatchRoom>((room,), Nothing {}, &archived).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Forbidden);
    let seen = anna.api.call::<GetRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(seen.listing.name, "Garden");
}

#[tokio::test]
async fn an_open_room_is_seen_joined_and_left() {
    let server = TestServer::start().await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let room = anna.create_room("Garden", RoomKind::Open).await;
    let seen = berta.api.call::<GetRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!((seen.listing.name.as_str(), seen.listing.members), ("Garden", 1));
    assert!(seen.membership.is_none() && seen.head.is_none() && !seen.listing.joined);
    let refused = berta.api.call::<ListMembers>((room,), Nothing {}, &Nothing {}).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Forbidden);
    let joined = berta.api.call::<JoinRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(joined.members, 2);
    let members = berta.api.call::<ListMembers>((room,), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(members.members.len(), 2);
    let rooms = berta.api.call::<ListRooms>((), Nothing {}, &Nothing {}).await.unwrap();
    assert!(rooms.rooms.iter().any(|listing| listing.id == room && listing.joined));
    berta.api.call::<LeaveRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
    let rooms = berta.api.call::<ListRooms>((), Nothing {}, &Nothing {}).await.unwrap();
    assert!(rooms.rooms.iter().any(|listing| listing.id == room && !listing.joined));
}

#[tokio::test]
async fn members_are_added_promoted_and_removed() {
    let server = TestServer::start().await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let room = anna.create_room("Secret", RoomKind::Closed).await;
    let body = shared::api::MemberRequest { user: berta.id() };
    anna.api.call::<shared::api::AddMember>((room,), Nothing {}, &body).await.unwrap();
    let role = RoleRequest { role: Role::Moderator };
    anna.api.call::<PatchMember>((room, berta.id()), Nothing {}, &role).await.unwrap();
    let members = berta.api.call::<ListMembers>((room,), Nothing {}, &Nothing {}).await.unwrap();
    let of_berta = members.members.iter().find(|member| member.user == berta.id());
    assert_eq!(of_berta.unwrap().role, Role::Moderator);
    let refused = berta.api.call::<PatchMember>((room, anna.id()), Nothing {}, &role).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Forbidden);
    anna.api.call::<RemoveMember>((room, berta.id()), Nothing {}, &Nothing {}).await.unwrap();
    let gone = berta.api.call::<GetRoom>((room,), Nothing {}, &Nothing {}).await;
    assert_eq!(gone.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn messages_are_posted_once_and_paged_both_ways() {
    let server = TestServer::start().await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let request = shared::api::DirectRequest { users: vec![berta.id()] };
    let room = anna.api.call::<OpenDirect>((), Nothing {}, &request).await.unwrap().id;
    let again = berta.direct(&[&anna]).await;
    assert_eq!(room, again);

    let id = ClientMessageId::new();
    let post = async |body: &str, client_message_id| {
        let message =
            NewMessage { body: body.to_owned(), client_message_id, ..NewMessage::default() };
        anna.api.call::<PostMessage>((room,), Nothing {}, &message).await
    };
    let first = post("one", Some(id)).await.unwrap();
    assert_eq!(first.client_message_id, id);
    assert_eq!(post("one", Some(id)).await.unwrap(), first);
    assert_eq!(post("other", Some(id)).await.unwrap_err().code, ErrorCode::ClientMessageIdConflict);
    for number in 2..=5 {
        post(&number.to_string(), None).await.unwrap();
    }
    let page =
        async |query| berta.api.call::<ListMessages>((room,), query, &Nothing {}).await.unwrap();
    let latest = page(PageQuery { limit: Some(2), ..PageQuery::default() }).await;
    let bodies = |page: &shared::api::Messages| -> Vec<String> {
        page.messages
            .iter()
            .map(|message| message.body.as_ref().unwrap().as_str().to_owned())
            .collect()
    };
    assert_eq!(bodies(&latest), ["4", "5"]);
    assert_eq!(latest.after, None);
    let older = page(PageQuery { before: latest.before, limit: Some(10), after: None }).await;
    assert_eq!(bodies(&older), ["one", "2", "3"]);
    assert_eq!(older.before, None);
    let newer = page(PageQuery { after: Some(first.seq), limit: Some(2), before: None }).await;
    assert_eq!(bodies(&newer), ["2", "3"]);
    assert!(newer.after.is_some());

    let query = PageQuery { after: Some(Seq::ZERO), ..PageQuery::default() };
    let log = berta.api.call::<GetLog>((room,), query, &Nothing {}).await.unwrap();
    assert!(log.events.iter().enumerate().all(|(at, event)| event.seq.0 == at as u64 + 1));
    assert_eq!(log.head, log.events.last().unwrap().seq);
}

#[tokio::test]
async fn what_is_absent_from_a_profile_stays() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let patch = async |patch: MePatch| anna.api.call::<PatchMe>((), Nothing {}, &patch).await;
    let me = patch(MePatch { name: Some("Anna A.".to_owned()), ..MePatch::default() }).await;
    assert_eq!(me.unwrap().user.name, "Anna A.");
    let settings = Settings { enter_key: EnterKey::BreaksLine, ..Settings::default() };
    let me = patch(MePatch { settings: Some(settings), ..MePatch::default() }).await.unwrap();
    assert_eq!((me.user.name.as_str(), me.settings.enter_key), ("Anna A.", EnterKey::BreaksLine));
    let me =
        patch(MePatch { status: Some("in the garden".to_owned()), ..MePatch::default() }).await;
    assert_eq!(me.unwrap().settings.enter_key, EnterKey::BreaksLine);
    let refused =
        patch(MePatch { name: Some("\u{202e}anna".to_owned()), ..MePatch::default() }).await;
    assert!(matches!(refused.unwrap_err().status, 422));
    let me = anna.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(me.user.status, "in the garden");
}

#[tokio::test]
async fn people_are_found_by_the_beginning_and_not_without_end() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    server.person("annika").await;
    server.person("berta").await;
    let find = async |q: &str| {
        let query = PeopleQuery { q: q.to_owned(), ..PeopleQuery::default() };
        anna.api.call::<ListUsers>((), query, &Nothing {}).await
    };
    let found = find("ann").await.unwrap();
    let nicks: Vec<_> = found.users.iter().map(|user| user.nick.as_str()).collect();
    assert_eq!(nicks, ["anna", "annika"]);
    for literal in ["%", "_", "'", "\"", "*", "a*", "ann%"] {
        assert!(find(literal).await.unwrap().users.is_empty(), "{literal}");
    }
    let named = MePatch { name: Some("张重庆".to_owned()), ..MePatch::default() };
    anna.api.call::<PatchMe>((), Nothing {}, &named).await.unwrap();
    for typed in ["zcq", "zhangchong", "Zhang c", "cq", "重", "anna"] {
        assert_eq!(find(typed).await.unwrap().users.len(), 1, "{typed}");
    }
    assert!(find("qz").await.unwrap().users.is_empty());
    let mut asked = 0;
    let refused = loop {
        match find("a").await {
            Ok(_) => asked += 1,
            Err(problem) => break problem,
        }
    };
    assert!(asked < 300, "{asked}");
    assert!(matches!(refused.code, ErrorCode::RateLimited { .. }));
}

#[tokio::test]
async fn readings_are_told_for_each_character_and_not_without_end() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let ask = async |text: &str| {
        let request = ReadingsRequest { text: text.to_owned() };
        anna.api.call::<AskReadings>((), Nothing {}, &request).await
    };
    let told = ask("张a吕").await.unwrap().readings;
    assert_eq!(told, ["zhang", "", "lv"]);
    assert!(ask("").await.unwrap().readings.is_empty());
    let refused = ask(&"张".repeat(limit::READINGS + 1)).await.unwrap_err();
    assert!(matches!(refused.code, ErrorCode::TooLong { limit: limit::READINGS }));
}

#[tokio::test]
async fn invitations_are_the_administrators_to_see() {
    let server = TestServer::start().await;
    let (administrator, anna) = (server.person("boss").await, server.person("anna").await);
    let list = async |person: &Person| {
        person.api.call::<ListInvitations>((), Nothing {}, &Nothing {}).await
    };
    assert!(list(&administrator).await.unwrap().invitations.is_empty());
    assert_eq!(list(&anna).await.unwrap_err().code, ErrorCode::Forbidden);
}

#[tokio::test]
async fn the_server_says_that_it_is_alive_and_ready() {
    let server = TestServer::start().await;
    let alive = raw::request(server.address, "GET /healthz", &[], "").await;
    assert_eq!((alive.status(), alive.body()), (200, "alive\n"));
    let ready = raw::request(server.address, "GET /readyz", &[], "").await;
    assert_eq!((ready.status(), ready.body()), (200, "ready\n"));
    server.app.database.close().await;
    let ready = raw::request(server.address, "GET /readyz", &[], "").await;
    assert_eq!((ready.status(), ready.body()), (503, "not ready\n"));
}

#[tokio::test]
async fn metrics_are_for_an_administrators_token() {
    let server = TestServer::start().await;
    let (administrator, anna) = (server.person("boss").await, server.person("anna").await);
    let line = "GET /metrics";
    assert_eq!(raw::request(server.address, line, &[], "").await.status(), 401);
    assert_eq!(ask(&server, &anna, line, &[], "").await.status(), 403);
    let cookie = format!("hubbub_session={}", administrator.api.token.as_ref().unwrap());
    let answer = raw::request(server.address, line, &[("cookie", &cookie)], "").await;
    assert_eq!(answer.status(), 401);
    let answer = ask(&server, &administrator, line, &[], "").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.body().contains("hubbub_http_requests_total"), "{answer:?}");
    let ids = answer.body().contains(&administrator.id().to_string());
    assert!(!ids, "ids in labels");
}

#[tokio::test]
async fn what_a_program_holds_already_is_not_sent_again() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    ines.say(room, "hello").await.unwrap();
    let ask = async |path: &str, tag: Option<&str>| {
        let mut request = ines.api.request(Method::Get, path, &());
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        let answer = within(request.send()).await.unwrap();
        let header = |name| answer.headers().get(name).map(|of| of.to_str().unwrap().to_owned());
        let (tag, cache) = (header("etag").unwrap(), header("cache-control"));
        assert_eq!(cache.as_deref(), Some("no-store"), "{path}");
        (answer.status().as_u16(), tag, answer.text().await.unwrap())
    };
    for path in ["history", "messages", "members", "log"] {
        let path = format!("/api/v1/rooms/{room}/{path}");
        let (status, tag, body) = ask(&path, None).await;
        assert!(status == 200 && !body.is_empty(), "{path}");
        let held = ask(&path, Some(&format!("\"other\", W/{tag}"))).await;
        assert_eq!(held, (304, tag.clone(), String::new()), "{path}");
        // The same words for somebody else are not theirs to be told of.
        let request = wen.api.request(Method::Get, &path, &()).header("if-none-match", &tag);
        let status = within(request.send()).await.unwrap().status();
        assert_ne!(status, 304, "{path}");
    }
    let (_, tag, _) = ask("/api/v1/me", None).await;
    let patch = MePatch { status: Some("out".to_owned()), ..MePatch::default() };
    ines.api.call::<PatchMe>((), Nothing {}, &patch).await.unwrap();
    let (code, changed, me) = ask("/api/v1/me", Some(&tag)).await;
    assert!(code == 200 && changed != tag && me.contains("out"), "{code} {me}");
    ines.say(room, "and on").await.unwrap();
    let history = format!("/api/v1/rooms/{room}/history");
    let (_, tag, _) = ask(&history, None).await;
    ines.say(room, "once more").await.unwrap();
    assert_eq!(ask(&history, Some(&tag)).await.0, 200);
}
