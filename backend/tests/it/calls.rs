//! Calls to everybody and rooms named in messages, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Person, TestServer};
use futures_util::future::join_all;
use shared::api::{EditMessage, GetMessage, GetRoom, NewText, Nothing};
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::id::{ClientMessageId, RoomId};
use shared::limit;
use shared::message::{Call, Message, RoomName};
use shared::room::{Counts, Role, RoomKind};

async fn counts(person: &Person, room: RoomId) -> Counts {
    let details = person.api.call::<GetRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
    details.membership.unwrap().counts
}

async fn posted(person: &Person, room: RoomId, body: &str) -> Message {
    let sent = person.say(room, body).await.unwrap();
    person.api.call::<GetMessage>((room, sent.id), Nothing {}, &Nothing {}).await.unwrap()
}

#[tokio::test]
async fn a_call_to_everybody_counts_for_each_but_its_author_and_a_mention_is_more() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.create_room("Quay", RoomKind::Open).await;
    wen.join(room).await;
    noor.join(room).await;
    let message = posted(&ines, room, "@room, and @wen in particular").await;
    assert_eq!((message.call, message.mentions), (Some(Call::Room), vec![wen.id()]));
    let of = async |person| {
        let Counts { unread, mentions, calls, .. } = counts(person, room).await;
        (unread, mentions, calls)
    };
    assert_eq!(of(&ines).await, (0, 0, 0));
    assert_eq!(of(&wen).await, (1, 1, 0));
    assert_eq!(of(&noor).await, (1, 1, 1));
    let late = server.person("late").await;
    late.join(room).await;
    assert_eq!(of(&late).await, (0, 0, 0));
    noor.command(ClientCommand::MarkRead { room, seq: message.seq, age_ms: 0 }).await.unwrap();
    assert_eq!(of(&noor).await, (0, 0, 0), "all read means zero");

    let edited = NewText { body: "@here all the same".into() };
    let path = (room, message.id);
    let edited = ines.api.call::<EditMessage>(path, Nothing {}, &edited).await.unwrap();
    assert_eq!(edited.call, Some(Call::Room), "an edit calls nobody anew");
    assert_eq!(of(&noor).await, (0, 0, 0));
    let quoted = posted(&ines, room, "> @room\nreally?").await;
    assert_eq!(quoted.call, None);
}

#[tokio::test]
async fn here_calls_those_who_are_present_when_it_is_sent() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.create_room("Quay", RoomKind::Open).await;
    wen.join(room).await;
    noor.join(room).await;
    let (_wens, _) = wen.connect().await;
    let (mut away, _) = noor.connect().await;
    let asked = away.ask(ClientCommand::SetActive { active: false }).await;
    away.answer(asked).await.unwrap();
    let message = posted(&ines, room, "@here lunch?").await;
    assert_eq!(message.call, Some(Call::Here(vec![wen.id()])));
    assert_eq!(counts(&wen, room).await.calls, 1);
    let Counts { unread, mentions, .. } = counts(&noor, room).await;
    assert_eq!((unread, mentions), (1, 0));
    let direct = ines.direct(&[&wen]).await;
    assert_eq!(posted(&ines, direct, "@here @room").await.call, None);
    let thread = ClientCommand::SendMessage {
        room,
        client_message_id: ClientMessageId::new(),
        body: "@room".to_owned(),
        reply_to: None,
        thread: Some(message.seq),
        in_room: false,
    };
    wen.command(thread).await.unwrap();
    assert_eq!(counts(&noor, room).await.mentions, 0, "in a thread alone it is text");
}

#[tokio::test]
async fn in_a_large_room_only_moderators_call_everybody() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = wen.create_room("Hall", RoomKind::Closed).await;
    wen.add(room, &ines).await;
    let fill = 2..limit::CALLED_BY_ANYONE;
    let nicks: Vec<String> = fill.map(|number| format!("guest{number}")).collect();
    let crowd = join_all(nicks.iter().map(|nick| server.person(nick))).await;
    for guest in &crowd {
        wen.add(room, guest).await;
    }
    ines.say(room, "@room as many as may be").await.unwrap();
    let last = server.person("last").await;
    wen.add(room, &last).await;
    let before = ines.whole_log(room).await.len();
    for call in ["@room", "@here"] {
        assert_eq!(ines.say(room, call).await, Err(ErrorCode::CallForbidden));
    }
    assert_eq!(ines.whole_log(room).await.len(), before);
    ines.say(room, "the words `@room`").await.unwrap();
    let promote = ClientCommand::SetRole { room, user: ines.id(), role: Role::Moderator };
    wen.command(promote).await.unwrap();
    ines.say(room, "@room").await.unwrap();
}

#[tokio::test]
async fn a_room_is_named_by_its_id_as_its_author_sees_it() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Open).await;
    wen.join(room).await;
    let launch = ines.create_room("Launch week", RoomKind::Open).await;
    let closed = ines.create_room("厨房", RoomKind::Closed).await;
    let text = "see #Launch-week和#厨房, not #nowhere";
    let named = |key: &str, room| RoomName { key: key.to_owned(), room };
    let message = posted(&ines, room, text).await;
    assert_eq!(message.rooms, [named("launch-week", launch), named("厨房", closed)]);
    let by_wen = posted(&wen, room, text).await;
    assert_eq!(by_wen.rooms, [named("launch-week", launch)], "a closed room is nothing to them");
    let name = "Ship log".to_owned();
    ines.command(ClientCommand::RenameRoom { room: launch, name }).await.unwrap();
    let again =
        wen.api.call::<GetMessage>((room, message.id), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(again.rooms[0].room, launch);
    let edit = NewText { body: "see #ship-log".into() };
    let path = (room, message.id);
    let edited = ines.api.call::<EditMessage>(path, Nothing {}, &edit).await.unwrap();
    assert_eq!(edited.rooms, [named("ship-log", launch)]);
    ines.command(ClientCommand::DeleteMessage { room, message: message.seq }).await.unwrap();
    let left = wen.api.call::<GetMessage>(path, Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!((left.rooms.len(), left.body), (0, None));
    let log = serde_json::to_string(&wen.whole_log(room).await).unwrap();
    assert!(!log.contains(&closed.to_string()));
}
