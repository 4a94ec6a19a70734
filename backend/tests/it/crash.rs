//! The real program, killed under load again and again: nothing that was acknowledged is lost,
//! nothing is there twice, nothing is out of order, whatever a reader saw on the way.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what the long form has measured")]

use crate::doors::Way;
use crate::support::{Live, Person, dial_as, knowing, sign_in_at, snapshot_of, texts, within};
use backend::clock::Clock;
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::event::RoomEvent;
use shared::id::{ClientMessageId, Epoch, RoomId, Seq};
use shared::message::Acknowledgement;
use shared::room::RoomKind;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const WRITERS: usize = 4;

/// In the short form; the long form says how many by `HUBBUB_CRASH_CYCLES`.
const CYCLES: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_under_load_lose_double_and_reorder_nothing() {
    survive(CYCLES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long form: minutes; `cargo xtask kill9`"]
async fn a_hundred_kills_under_load_lose_double_and_reorder_nothing() {
    #[expect(clippy::disallowed_methods, reason = "how long the long form is")]
    let cycles = std::env::var("HUBBUB_CRASH_CYCLES").map_or(100, |text| text.parse().unwrap());
    survive(cycles).await;
}

/// What one writer knows of a message it has sent.
#[derive(Debug)]
struct Sent {
    client_message_id: ClientMessageId,
    body: String,
    acknowledged: Acknowledgement,
}

async fn survive(cycles: u32) {
    let folder = TempDir::new().unwrap();
    // A port that was free a moment ago; the server needs the same one each time.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = Server::start(folder.path(), address).await;
    let owner = sign_in_at(address, "owner").await;
    let room = owner.create_room("Load", RoomKind::Open).await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let writer = sign_in_at(address, &format!("writer-{number}")).await;
        writer.join(room).await;
        writers.push(writer);
    }
    let (_, resumed) = owner.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();

    let over = CancellationToken::new();
    let tasks = TaskTracker::new();
    let writing: Vec<_> = writers
        .iter()
        .map(|writer| tasks.spawn(write(writer.clone(), room, over.clone())))
        .collect();
    let reading: Vec<_> = Way::ALL
        .map(|way| owner.by(way))
        .map(|owner| tasks.spawn(read(owner, room, start.epoch, start.head, over.clone())))
        .into();

    let mut slowest = Duration::ZERO;
    for cycle in 0..cycles {
        // At a different moment of the load each time.
        let messages = 20 + u64::from(cycle * 37 % 150);
        let target = head(&owner, room).await.0 + messages;
        while head(&owner, room).await.0 < target {}
        server.kill().await;
        let begun = Instant::now();
        server = Server::start(folder.path(), address).await;
        slowest = slowest.max(begun.elapsed());
    }
    over.cancel();
    tasks.close();
    within(tasks.wait()).await;

    let log = owner.whole_log(room).await;
    let seqs: Vec<u64> = log.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, (1..=log.len() as u64).collect::<Vec<_>>(), "the log has no gap");
    let mut acknowledged = 0;
    let mut by_id = HashMap::new();
    for message in log.iter().filter_map(RoomEvent::message) {
        assert!(by_id.insert(message.client_message_id, message).is_none(), "a message twice");
    }
    for writing in writing {
        let sent = writing.await.unwrap();
        acknowledged += sent.len();
        for sent in &sent {
            let message = &by_id[&sent.client_message_id];
            assert_eq!(message.seq, sent.acknowledged.seq);
            assert_eq!(message.id, sent.acknowledged.id);
            assert_eq!(message.at, sent.acknowledged.at);
            assert_eq!(message.body.as_ref().unwrap().as_str(), sent.body);
        }
        let order: Vec<Seq> = sent.iter().map(|sent| sent.acknowledged.seq).collect();
        assert!(order.is_sorted(), "a writer's messages out of order");
        by_id.retain(|id, _| !sent.iter().any(|sent| sent.client_message_id == *id));
    }
    assert!(by_id.is_empty(), "messages that nobody was told of: {by_id:?}");
    let beginning = usize::try_from(start.head.0).unwrap();
    for reading in reading {
        let seen = reading.await.unwrap();
        assert_eq!(seen, log[beginning..beginning + seen.len()], "a reader saw something else");
        assert_eq!(texts(&seen).len(), seen.len());
    }
    server.kill().await;
    println!(
        "{cycles} kills, {acknowledged} acknowledged, 0 lost, 0 doubled, 0 reordered; \
         slowest start {} ms",
        slowest.as_millis(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_scheduled_is_sent_once_however_often_the_server_is_killed() {
    const MESSAGES: u32 = 40;
    let folder = TempDir::new().unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = Server::start(folder.path(), address).await;
    let owner = sign_in_at(address, "owner").await;
    let room = owner.create_room("Load", RoomKind::Open).await;
    let begin = Clock::system().now();
    for number in 0..MESSAGES {
        let schedule = ClientCommand::ScheduleMessage {
            room,
            client_message_id: ClientMessageId::new(),
            body: number.to_string(),
            reply_to: None,
            thread: None,
            at: begin.plus_millis(1_500 + i64::from(number) * 50),
        };
        owner.command(schedule).await.unwrap();
    }
    let start = head(&owner, room).await.0;
    // Killed while they become due, each time at another moment of that.
    for round in 1..=6 {
        let target = start + round * 5;
        while head(&owner, room).await.0 < target {}
        server.kill().await;
        server = Server::start(folder.path(), address).await;
    }
    while head(&owner, room).await.0 < start + u64::from(MESSAGES) {}
    let (_, resumed) = owner.connect().await;
    assert!(resumed.user.unwrap().scheduled.is_empty());
    let log = owner.whole_log(room).await;
    let said: Vec<String> = log
        .iter()
        .filter_map(RoomEvent::message)
        .map(|message| message.body.unwrap().as_str().to_owned())
        .collect();
    let mut numbers: Vec<u32> = said.iter().map(|text| text.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..MESSAGES).collect::<Vec<_>>(), "each once: {said:?}");
    server.kill().await;
}

async fn head(person: &Person, room: RoomId) -> Seq {
    person.log(room, Seq(u64::MAX)).await.unwrap().head
}

/// Sends one message after the other, each until it is acknowledged.
async fn write(writer: Person, room: RoomId, over: CancellationToken) -> Vec<Sent> {
    let mut all = Vec::new();
    for number in 0.. {
        let client_message_id = ClientMessageId::new();
        let body = format!("{} {number}", writer.user.nick);
        let acknowledged = loop {
            match writer.try_say_as(room, &body, client_message_id).await {
                Some(Ok(acknowledged)) => break acknowledged,
                Some(Err(ErrorCode::RateLimited { .. } | ErrorCode::Unavailable)) | None => {
                    tokio::task::yield_now().await;
                }
                Some(Err(other)) => panic!("{other:?}"),
            }
        };
        all.push(Sent { client_message_id, body, acknowledged });
        if over.is_cancelled() {
            break;
        }
    }
    all
}

/// Applies the room's events like a client does: the next one, never twice, resuming each time
/// the server is gone.
async fn read(
    reader: Person,
    room: RoomId,
    epoch: Epoch,
    from: Seq,
    over: CancellationToken,
) -> Vec<RoomEvent> {
    let mut seen: Vec<RoomEvent> = Vec::new();
    let mut ids = HashSet::new();
    while !over.is_cancelled() {
        let Some(mut live) = dial_as(&reader).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let last = seen.last().map_or(from, |event| event.seq);
        live.try_send(&shared::frame::ClientFrame::Resume(knowing(&[(room, epoch, last)]))).await;
        while let Some(event) = next_event(&mut live, room, &over).await {
            let last = seen.last().map_or(from, |event| event.seq);
            assert_eq!(event.seq, last.next(), "an event missing or repeated");
            if let Some(message) = event.message() {
                assert!(ids.insert(message.id), "a message twice");
            }
            seen.push(event);
        }
    }
    seen
}

/// `None` once the connection, or everything, is over.
async fn next_event(live: &mut Live, room: RoomId, over: &CancellationToken) -> Option<RoomEvent> {
    loop {
        let frame = tokio::select! {
            frame = live.try_next() => frame.ok()?,
            () = over.cancelled() => return None,
        };
        if let shared::frame::ServerFrame::Event { event } = frame
            && event.room == room
        {
            return Some(event);
        }
    }
}

/// The program itself.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    pub(crate) async fn start(folder: &Path, address: SocketAddr) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_hubbub"))
            .arg("serve")
            .arg("--listen")
            .arg(address.to_string())
            .arg("--data-dir")
            .arg(folder)
            .args(["--message-rate", "100000", "--message-burst", "100000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        within(async {
            let client = reqwest::Client::new();
            while client.get(format!("http://{address}/readyz")).send().await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Self { child }
    }

    /// SIGKILL: no farewell, no flush.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
