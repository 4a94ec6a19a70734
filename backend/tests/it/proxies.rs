//! Faults F11 and F12: between client and server stands a real nginx, set up as people set them up who
//! never thought of live connections.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use crate::doors::Way;
use crate::figures::{Form, measured};
use crate::support::{
    Ended, Live, PATIENCE, Person, TestServer, connect_over, dial_as, knowing, sign_in_at,
    snapshot_of, texts,
};
use shared::frame::{ClientFrame, Resume, ServerFrame};
use shared::id::{Epoch, RoomId, Seq};
use shared::limit;
use shared::room::RoomKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// An nginx of this test's own, on a port of its own.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// With these lines for what it hands on to the server.
    pub(crate) async fn before(server: &TestServer, lines: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|of| format!("{of}_temp_path {};\n", folder.path().join(of).display()))
            .concat();
        let configuration = format!(
            "daemon off; master_process off; worker_processes 1; pid {};\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; {temporary}\
             server {{ listen {address}; location / {{ proxy_pass http://{}; {lines} }} }} }}",
            folder.path().join("pid").display(),
            server.address,
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .expect("there is no nginx: `cargo xtask test integration` installs it");
        let mut nginx = Self { child, address, _folder: folder };
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while TcpStream::connect(address).await.is_err() {
            assert_eq!(nginx.child.try_wait().unwrap(), None, "nginx ended");
            assert!(begun.elapsed() < PATIENCE);
            ticks.tick().await;
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What somebody has seen of a room, whatever carried it.
struct Reader {
    person: Person,
    room: RoomId,
    epoch: Epoch,
    last: Seq,
    read: Vec<String>,
}

impl Reader {
    /// Joins, and learns where the room stands by the way that always works.
    async fn begin(person: Person, room: RoomId) -> Self {
        person.join(room).await;
        let (_, resumed) = connect_over(&person, Way::Poll, Resume::default()).await;
        let start = snapshot_of(&resumed, room).unwrap();
        Self { person, room, epoch: start.epoch, last: start.head, read: Vec::new() }
    }

    fn place(&self) -> Resume {
        knowing(&[(self.room, self.epoch, self.last)])
    }

    async fn connect(&self, way: Way) -> Live {
        connect_over(&self.person, way, self.place()).await.0
    }

    /// Reads up to and with `last`. A connection that is cut meanwhile is opened again.
    async fn read_to(&mut self, live: &mut Live, way: Way, last: Seq) {
        while self.last < last {
            match live.try_next().await {
                Ok(ServerFrame::Event { event }) if event.room == self.room => {
                    assert_eq!(event.seq, self.last.next(), "neither twice nor left out");
                    self.last = event.seq;
                    self.read.extend(texts(&[event]));
                }
                Ok(_) => {}
                Err(Ended::Cut) => *live = self.connect(way).await,
                Err(ended @ Ended::Closed(_)) => panic!("{ended:?}"),
            }
        }
    }
}

#[tokio::test]
async fn f12_behind_a_proxy_that_takes_the_upgrade_away_and_cuts_what_rests_events_go_on_without_loss()
 {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    // HTTP/1.1, but nothing of the handshake; a second stands for the usual minute.
    let nginx = Nginx::before(&server, "proxy_http_version 1.1; proxy_read_timeout 1s;").await;
    let wen = sign_in_at(nginx.address, "wen").await;
    assert!(dial_as(&wen.by(Way::WebSocket)).await.is_none(), "a WebSocket got through");
    let mut reader = Reader::begin(wen, room).await;
    let mut said = Vec::new();
    let (form, begun) = (Form::chosen(), Instant::now());
    let cuts = form.of(3, 40);
    for round in 0..cuts {
        let mut live = reader.connect(Way::Events).await;
        let text = format!("while it is open, {round}");
        let sent = reader.person.say(room, &text).await.unwrap();
        said.push(text);
        reader.read_to(&mut live, Way::Events, sent.seq).await;
        // Nothing travels, so the proxy cuts it; meanwhile talk goes on.
        assert_eq!(live.end().await, Ended::Cut);
        let text = format!("while it is cut, {round}");
        ines.say(room, &text).await.unwrap();
        said.push(text);
    }
    let end = ines.say(room, "the end").await.unwrap();
    said.push("the end".to_owned());
    let mut live = reader.connect(Way::Poll).await;
    reader.read_to(&mut live, Way::Poll, end.seq).await;
    assert_eq!(reader.read, said);
    let took = begun.elapsed().as_secs();
    measured(format!(
        "{} messages read over {cuts} cuts in {took} s: 0 lost, 0 doubled",
        said.len()
    ));
    if form == Form::Long {
        rest_behind_a_proxy_that_cuts_after_a_minute(&server, &ines, &mut reader).await;
    }
}

/// Heartbeats come sooner than that.
async fn rest_behind_a_proxy_that_cuts_after_a_minute(
    server: &TestServer,
    ines: &Person,
    reader: &mut Reader,
) {
    const REST: Duration = Duration::from_secs(90);
    let nginx = Nginx::before(server, "proxy_http_version 1.1; proxy_read_timeout 60s;").await;
    reader.person = sign_in_at(nginx.address, "fei").await;
    reader.person.join(reader.room).await;
    reader.last = ines.log(reader.room, Seq(u64::MAX)).await.unwrap().head;
    let mut live = reader.connect(Way::Events).await;
    let (begun, mut heartbeats) = (Instant::now(), 0);
    while begun.elapsed() < REST {
        // Not cut: that would be no frame.
        heartbeats += u32::from(matches!(live.next().await, ServerFrame::Heartbeat { .. }));
    }
    let sent = ines.say(reader.room, "after a rest").await.unwrap();
    assert_eq!(texts(&live.events_until(reader.room, sent.seq).await), ["after a rest"]);
    measured(format!("kept over {REST:?} by {heartbeats} heartbeats where 60 s of rest are cut"));
}

#[tokio::test]
async fn f11_behind_a_proxy_that_holds_events_back_polls_go_on_without_loss() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    // As old ones are, and deaf to what the server asks for.
    let nginx = Nginx::before(
        &server,
        "proxy_http_version 1.0; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;",
    )
    .await;
    let wen = sign_in_at(nginx.address, "wen").await;
    assert!(dial_as(&wen.by(Way::WebSocket)).await.is_none(), "a WebSocket got through");
    let mut reader = Reader::begin(wen, room).await;
    let mut said = Vec::new();
    let mut say = async |person: &Person, text: &str| {
        said.push(text.to_owned());
        person.say(room, text).await.unwrap().seq
    };
    let mut held = dial_as(&reader.person.by(Way::Events)).await.unwrap();
    say(&ines, "held back").await;
    // Not even that there is an answer comes through, nor a heartbeat.
    let form = Form::chosen();
    let held_back = form.of(Duration::from_secs(3), Duration::from_millis(limit::SILENCE_MILLIS));
    let heard = tokio::time::timeout(held_back, async {
        held.send(&ClientFrame::Resume(reader.place())).await;
        held.try_next().await
    })
    .await;
    assert!(heard.is_err(), "{heard:?}");
    drop(held);
    let (mut live, rounds) = (reader.connect(Way::Poll).await, form.of(3, 100));
    for round in 0..rounds {
        let last = say(&ines, &format!("by polls, {round}")).await;
        reader.read_to(&mut live, Way::Poll, last).await;
        let last = say(&reader.person, &format!("and asked through it, {round}")).await;
        reader.read_to(&mut live, Way::Poll, last).await;
    }
    assert_eq!(reader.read, said);
    measured(format!(
        "nothing for {held_back:?}; then {} messages by polls: 0 lost, 0 doubled",
        said.len()
    ));
}

#[tokio::test]
async fn a_proxy_that_buffers_but_listens_to_the_server_holds_nothing_back() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let nginx =
        Nginx::before(&server, "proxy_http_version 1.1; proxy_buffering on; gzip on;").await;
    let mut reader = Reader::begin(sign_in_at(nginx.address, "wen").await, room).await;
    for way in [Way::Events, Way::Stream] {
        let mut live = Box::pin(dial_as(&reader.person.by(way))).await.unwrap();
        live.send(&ClientFrame::Resume(reader.place())).await;
        for round in 0..3 {
            let sent = ines.say(room, &format!("{way:?} {round}")).await.unwrap();
            reader.read_to(&mut live, way, sent.seq).await;
        }
    }
}
