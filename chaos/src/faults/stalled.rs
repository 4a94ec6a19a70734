//! F19: a thousand clients stop reading, in a room where much is said.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::server::Server;
use crate::talk::{Cast, People, Scene, percentile};
use crate::wire::{Person, Way};
use crate::writer::moment;
use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use shared::command::ClientCommand;
use shared::frame::{ClientFrame, Resume};
use shared::id::RoomId;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;

pub(super) const ROW: Row = Row {
    name: "F19",
    fault: "1,000 clients stop reading",
    expected: "at most 1 MiB each more; the others' p99 less than 20 % worse",
};

const PEOPLE: usize = 10;
/// Bytes of a message: the kernel's buffers are soon full.
const BYTES: usize = 12_000;
const RECEIVE_BUFFER: u32 = 4_096;

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let (stalled, others, seconds) = ground.form.of((50, 10, 3), (1_000, 100, 20));
    let per_second = ground.form.of(5, 10);
    let cast = Cast {
        rooms: 1,
        writers: Vec::new(),
        readers: vec![Way::WebSocket; PEOPLE],
        messages: 0,
        patience: Duration::ZERO,
    };
    let scene = Scene::set(place, &cast).await?;
    let People { owner, rooms, readers: people, .. } = &scene.people;
    let room = *rooms.first().context("there is no room")?;
    owner.must(ClientCommand::JoinRoom { room }).await?;
    let (mood, heard) = (watch::Sender::new(Mood::Reads), Arc::<Mutex<Vec<u64>>>::default());
    let mut tasks = JoinSet::new();
    for (number, person) in people.iter().cycle().take(stalled + others).enumerate() {
        let mut person = person.clone();
        if number < stalled {
            person.receive_buffer = Some(RECEIVE_BUFFER);
            tasks.spawn(ignore(open(&person).await?, mood.subscribe()));
        } else {
            tasks.spawn(listen(open(&person).await?, Arc::clone(&heard)));
        }
    }
    let span = Duration::from_secs(seconds);
    // Not counted: the first moments of everything.
    talk(&scene.server, owner, room, per_second, span / 4).await?;
    take(&heard);
    talk(&scene.server, owner, room, per_second, span).await?;
    let all_read = percentile(&take(&heard), 99.0) / 1e3;
    let before = scene.server.resident()?;
    mood.send_replace(Mood::Stalls);
    let most = talk(&scene.server, owner, room, per_second, span).await?;
    let meanwhile = percentile(&take(&heard), 99.0) / 1e3;
    let slow = scene.place.figure("hubbub_connections_slow_total").await?;
    drop(tasks);
    scene.server.stop().await?;
    folder.close()?;
    let worse = (meanwhile / all_read - 1.0) * 100.0;
    let limit = |limit| ground.form.limit(limit);
    Ok(Finding::new()
        .with(format!("{stalled} stall, {others} read; {per_second} messages of 12 kB a second"))
        .at_most("memory +", (most - before).max(0.0) / stalled as f64, limit(1.0), "MiB each")
        .with(format!("p99 of the others {all_read:.1} ms, then {meanwhile:.1} ms"))
        .at_most("worse by", worse, limit(20.0), "%")
        .with(format!("{slow} closed as slow")))
}

/// What those do who are to stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Reads,
    Stalls,
}

type Socket = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;

async fn open(person: &Person) -> Result<Socket> {
    let mut socket = person.dial().await?;
    let resume = serde_json::to_string(&ClientFrame::Resume(Resume::default()))?;
    socket.send(Message::text(resume)).await?;
    Ok(socket)
}

/// Reads without looking at it, until it does not even do that.
async fn ignore(mut socket: Socket, mut mood: watch::Receiver<Mood>) {
    tokio::select! {
        () = async {
            while let Some(Ok(frame)) = socket.next().await {
                answer(&mut socket, &frame).await;
            }
        } => return,
        _ = async { mood.wait_for(|mood| *mood == Mood::Stalls).await.is_ok() } => {}
    }
    // The socket is held, and nothing is taken from it.
    std::future::pending::<()>().await;
}

/// Says that one is there, when that is asked; who is gone is seen at the next frame.
async fn answer(socket: &mut Socket, frame: &Message) {
    let asks = matches!(frame, Message::Text(text) if text.starts_with(HEARTBEAT));
    if asks && let Ok(text) = serde_json::to_string(&ClientFrame::Heartbeat) {
        let _ = socket.send(Message::text(text)).await;
    }
}

/// How a heartbeat begins: no more of a frame is read.
const HEARTBEAT: &str = "{\"type\":\"heartbeat\"";

/// Notes how long each message took, without reading more of it than that.
async fn listen(mut socket: Socket, heard: Arc<Mutex<Vec<u64>>>) {
    while let Some(Ok(frame)) = socket.next().await {
        let now = moment();
        answer(&mut socket, &frame).await;
        let Message::Text(text) = frame else { continue };
        let sent = text.split_once(MARK).and_then(|(_, rest)| rest.split_once(' '));
        if let Some(sent) = sent.and_then(|(digits, _)| digits.parse::<u64>().ok()) {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(now.saturating_sub(sent));
        }
    }
}

/// Before the moment at which a message was due.
const MARK: &str = "due:";

/// Says something at an even pace, and tells the most memory the server had meanwhile, in MiB.
async fn talk(
    server: &Server,
    owner: &Person,
    room: RoomId,
    per_second: u32,
    span: Duration,
) -> Result<f64> {
    let (begin, mut most) = (Instant::now(), 0.0_f64);
    for number in 0.. {
        let due = begin + Duration::from_secs(1) / per_second * number;
        if due.duration_since(begin) > span {
            break;
        }
        sleep_until(due).await;
        let body = format!("{MARK}{} {:.<BYTES$}", moment(), "");
        owner.say(room, &body).await?;
        most = most.max(server.resident()?);
    }
    Ok(most)
}

fn take(heard: &Mutex<Vec<u64>>) -> Vec<u64> {
    core::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner))
}
