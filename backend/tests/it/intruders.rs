//! What somebody tries who should not: each answer is the one that tells nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Live, PASSWORD, Person, TestServer};
use shared::api::{Access, ENDPOINTS, Method, Nothing};
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::frame::ServerFrame;
use shared::id::{MessageId, RoomId, Seq, UserId};
use shared::room::RoomKind;
use std::fs;
use std::path::Path;

/// The address of an endpoint with these in its places.
fn fill(route: &str, room: &str, message: &str, user: UserId) -> String {
    route
        .replace("{room}", room)
        .replace("{message}", message)
        .replace("{root}", "3")
        .replace("{user}", &user.to_string())
}

async fn answer(person: &Person, method: Method, path: &str) -> (u16, String) {
    let response = person.api.send(method, path, &Nothing {}).await;
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn every_endpoint_of_a_room_answers_an_outsider_as_if_there_were_no_such_room() {
    let server = TestServer::start().await;
    let administrator = server.person("admin1").await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let carla = server.person("carla").await;
    let closed = anna.create_room("Secret", RoomKind::Closed).await;
    let direct = anna.direct(&[&berta]).await;
    let said = anna.say(closed, "among ourselves").await.unwrap();
    anna.say(direct, "between us").await.unwrap();
    let message = said.id.to_string();
    let mut grid = 0;
    for row in ENDPOINTS.iter().filter(|row| row.route.contains("{room}")) {
        for outsider in [&carla, &administrator] {
            let mut answers = Vec::new();
            for room in [RoomId::new(), closed, direct] {
                let path = fill(row.route, &room.to_string(), &message, anna.id());
                answers.push(answer(outsider, row.method, &path).await);
            }
            assert_eq!(answers[0].0, 404, "{}", row.name);
            assert!(answers.iter().all(|of| *of == answers[0]), "{}: {answers:?}", row.name);
            grid += 1;
        }
    }
    assert!(grid >= 40, "{grid}");
    // What was said is where it was.
    assert_eq!(anna.whole_log(closed).await.len(), 3);
}

#[tokio::test]
async fn a_message_is_found_in_its_own_room_alone() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let (one, other) = (
        ines.create_room("One", RoomKind::Closed).await,
        ines.create_room("Other", RoomKind::Closed).await,
    );
    let said = ines.say(one, "in one").await.unwrap();
    let rows = ENDPOINTS.iter().filter(|row| row.route.contains("{message}"));
    for row in rows {
        let elsewhere = fill(row.route, &other.to_string(), &said.id.to_string(), ines.id());
        let nowhere = MessageId::new().to_string();
        let nowhere = fill(row.route, &other.to_string(), &nowhere, ines.id());
        let (status, text) = answer(&ines, row.method, &elsewhere).await;
        let refused = if row.method == Method::Patch { [400, 404] } else { [404, 404] };
        assert!(refused.contains(&status), "{}: {status} {text}", row.name);
        assert_eq!(answer(&ines, row.method, &nowhere).await, (status, text), "{}", row.name);
    }
    let edit =
        ClientCommand::EditMessage { room: other, message: said.seq, body: "changed".to_owned() };
    assert_eq!(ines.command(edit).await, Err(ErrorCode::NotFound));
    assert_eq!(crate::support::texts(&ines.whole_log(one).await), ["in one"]);
}

#[tokio::test]
async fn nobody_changes_the_words_of_somebody_else() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = wen.create_room("Launch week", RoomKind::Open).await;
    ines.join(room).await;
    let said = wen.say(room, "my words").await.unwrap();
    // The server's administrator counts as an owner here, and still may not.
    let edit =
        ClientCommand::EditMessage { room, message: said.seq, body: "put in a mouth".to_owned() };
    assert_eq!(ines.command(edit).await, Err(ErrorCode::Forbidden));
    assert_eq!(crate::support::texts(&wen.whole_log(room).await), ["my words"]);
}

#[tokio::test]
async fn neither_a_token_nor_a_password_is_in_any_file_of_the_server() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let again = server.log_in("ines").await;
    let folder = server.app.config.data.folder.clone();
    let tokens = [ines.api.token.unwrap(), again.api.token.unwrap()];
    assert_ne!(tokens[0], tokens[1]);
    let mut looked_at = 0;
    let mut look = |file: &Path| {
        let bytes = fs::read(file).unwrap();
        looked_at += bytes.len();
        for secret in [tokens[0].as_str(), tokens[1].as_str(), PASSWORD] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{} holds a secret", file.display());
        }
    };
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { look(&path) }
        }
    }
    assert!(looked_at > 10_000, "{looked_at}");
}

#[tokio::test]
async fn asking_changes_nothing() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let said = ines.say(room, "hello").await.unwrap();
    let (_, before) = ines.connect().await;
    let message = said.id.to_string();
    for row in ENDPOINTS.iter().filter(|row| row.method == Method::Get) {
        let path = fill(row.route, &room.to_string(), &message, ines.id());
        answer(&ines, row.method, &path).await;
        assert!(row.access != Access::Anyone || row.name == "GetSite", "{}", row.name);
    }
    let (_, after) = ines.connect().await;
    assert_eq!((after.user, after.rooms), (before.user, before.rooms));
    assert_eq!(ines.log(room, Seq::ZERO).await.unwrap().head, said.seq);
}

#[tokio::test]
async fn a_flood_of_names_calls_each_person_once_and_takes_no_time() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let begun = std::time::Instant::now();
    let flood = "@wen ".repeat(3_000);
    let said = ines.say(room, &flood).await.unwrap();
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let log = ines.whole_log(room).await;
    let message = log.last().unwrap().message().unwrap();
    assert_eq!((message.seq, message.mentions.len()), (said.seq, 1));
}

#[tokio::test]
async fn what_becomes_of_a_message_is_told_to_nobody_who_may_not_read_it() {
    let server = TestServer::start().await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let (removed, outsider) = (server.person("removed").await, server.person("outsider").await);
    let closed = anna.create_room("Secret", RoomKind::Closed).await;
    anna.add(closed, &berta).await;
    anna.add(closed, &removed).await;
    let said = anna.say(closed, "the first words").await.unwrap();
    let (mut inside, _) = berta.connect().await;
    let (mut gone, _) = removed.connect().await;
    let (mut outside, _) = outsider.connect().await;
    anna.command(ClientCommand::RemoveMember { room: closed, user: removed.id() }).await.unwrap();
    let message = said.seq;
    let react = ClientCommand::AddReaction { room: closed, message, emoji: "\u{1f44d}".to_owned() };
    let edit = ClientCommand::EditMessage { room: closed, message, body: "other words".to_owned() };
    let delete = ClientCommand::DeleteMessage { room: closed, message };
    for command in [edit, react, delete] {
        anna.command(command).await.unwrap();
    }
    // The removal, and then what became of the message.
    let removal = message.next();
    inside.events_until(closed, Seq(removal.0 + 3)).await;
    let told = async |live: &mut Live| {
        let frames = live.frames_so_far().await;
        let events = frames.into_iter().filter_map(|frame| match frame {
            ServerFrame::Event { event } if event.room == closed => Some(event.seq),
            _ => None,
        });
        events.collect::<Vec<_>>()
    };
    assert_eq!(told(&mut gone).await, [removal]);
    assert_eq!(told(&mut outside).await, []);
}
