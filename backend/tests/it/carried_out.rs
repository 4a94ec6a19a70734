//! What a client has said whole is carried out, also when it is gone before the answer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::doors::Way;
use crate::support::{Live, Person, TestServer, snapshot_of, texts, within};
use shared::api::{CommandQuery, Endpoint, PostCommand};
use shared::command::ClientCommand;
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::limit;
use shared::room::{Involvement, RoomKind};
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// More than a connection reads before it has answered.
const MANY: usize = 3 * limit::UNACKNOWLEDGED_SENDS;

fn say(room: RoomId, text: &str) -> ClientCommand {
    ClientCommand::say(room, ClientMessageId::new(), text.to_owned())
}

/// What is said in the room from here on, by somebody who only listens.
struct Witness {
    live: Live,
    room: RoomId,
    head: Seq,
}

impl Witness {
    async fn of(person: &Person, room: RoomId) -> Self {
        let (live, _) = person.connect().await;
        let head = person.log(room, Seq::ZERO).await.unwrap().head;
        Self { live, room, head }
    }

    async fn hears(&mut self, expected: &[String]) {
        self.head = Seq(self.head.0 + expected.len() as u64);
        assert_eq!(texts(&self.live.events_until(self.room, self.head).await), expected);
    }
}

#[tokio::test]
async fn what_a_connection_was_told_before_it_was_closed_is_done_and_in_its_order() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await.by(Way::WebSocket);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let mut witness = Witness::of(&ines, room).await;
    for with_goodbye in [true, false] {
        let (mut live, _) = ines.connect().await;
        let said: Vec<String> = (0..MANY).map(|number| format!("{number}")).collect();
        for text in &said {
            live.ask(say(room, text)).await;
        }
        if with_goodbye {
            within(live.websocket().close(None)).await.unwrap();
        }
        // With answers that nobody has read, which the other end learns.
        drop(live);
        witness.hears(&said).await;
    }
}

#[tokio::test]
async fn of_two_commands_about_the_same_thing_the_later_one_stands() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await.by(Way::WebSocket);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    for _ in 0..20 {
        let (mut live, _) = ines.connect().await;
        // One that reads much before it writes, and others that read nothing.
        live.ask(ClientCommand::SetTopic { room, topic: "first".to_owned() }).await;
        for involvement in [Involvement::Nothing, Involvement::Mentions, Involvement::Everything] {
            live.ask(ClientCommand::SetInvolvement { room, involvement }).await;
        }
        let asked = live.ask(ClientCommand::SetTopic { room, topic: "last".to_owned() }).await;
        live.answer(asked).await.unwrap();
        let (_, resumed) = ines.connect().await;
        let snapshot = snapshot_of(&resumed, room).unwrap();
        assert_eq!(snapshot.room.topic, "last");
        assert_eq!(snapshot.membership.involvement, Involvement::Everything);
    }
}

#[tokio::test]
async fn what_was_asked_over_http_is_done_though_nobody_waits_for_the_answer() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let mut witness = Witness::of(&ines, room).await;
    for number in 0..20 {
        let text = format!("{number}");
        ask_and_leave(server.address, &ines, &say(room, &text)).await;
        witness.hears(&[text]).await;
    }
}

async fn ask_and_leave(address: SocketAddr, person: &Person, command: &ClientCommand) {
    let body = serde_json::to_string(command).unwrap();
    let path = PostCommand::url(&(), &CommandQuery::default());
    let token = person.api.token.as_ref().unwrap();
    let length = body.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut socket = within(TcpStream::connect(address)).await.unwrap();
    within(socket.write_all(text.as_bytes())).await.unwrap();
}
