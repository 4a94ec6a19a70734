//! The real program on a disk and by a clock that do what they should not: what stands between it
//! and the C library is `disk.c`, which takes orders from a file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use crate::store_sqlite::{BEFORE_SEARCH, harm};
use crate::support::{Person, sign_in_at, within};
use backend::store::sqlite::DATABASE;
use rusqlite::{Connection, TransactionBehavior};
use shared::api::{Login, LoginRequest, Nothing, ResetPassword, ResetRequest};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::RoomEvent;
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::message::Acknowledgement;
use shared::room::RoomKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A machine with a disk that takes orders.
struct Machine {
    folder: TempDir,
    address: SocketAddr,
}

impl Machine {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let built = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(folder.path().join("disk.so"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/disk.c"))
            .arg("-ldl")
            .status();
        assert!(built.unwrap().success(), "cc, which builds SQLite too, builds disk.c");
        // A port that was free a moment ago; the server needs the same one each time.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { folder, address }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn orders(&self) -> PathBuf {
        self.folder.path().join("order")
    }

    fn held(&self) -> PathBuf {
        self.folder.path().join("order.held")
    }

    /// Takes effect with the next thing the server does.
    fn order(&self, order: &str) {
        let written = self.folder.path().join("order.new");
        std::fs::write(&written, order).unwrap();
        std::fs::rename(written, self.orders()).unwrap();
    }

    fn launch(&self) -> Server {
        let child = Command::new(env!("CARGO_BIN_EXE_hubbub"))
            .args(["serve", "--listen", &self.address.to_string(), "--data-dir"])
            .arg(self.data())
            .args(["--message-rate", "100000", "--message-burst", "100000"])
            .env("LD_PRELOAD", self.folder.path().join("disk.so"))
            .env("TEST_MACHINE", self.orders())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Server { child }
    }

    async fn start(&self) -> Server {
        let server = self.launch();
        within(async { while !self.is_ready().await {} }).await;
        server
    }

    async fn is_ready(&self) -> bool {
        let asked = reqwest::get(format!("http://{}/readyz", self.address));
        // It listens before it has opened its database.
        let answer = tokio::time::timeout(Duration::from_secs(1), asked).await;
        answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()))
    }

    /// Ada, in a room of her own.
    async fn ada(&self) -> (Person, RoomId) {
        let ada = sign_in_at(self.address, "ada").await;
        let room = ada.create_room("Here", RoomKind::Open).await;
        (ada, room)
    }
}

struct Server {
    child: Child,
}

impl Server {
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    async fn ended(mut self) -> ExitStatus {
        within(self.child.wait()).await.unwrap()
    }
}

fn texts(log: &[RoomEvent]) -> Vec<String> {
    let messages = log.iter().filter_map(RoomEvent::message);
    messages.map(|message| message.body.unwrap().as_str().to_owned()).collect()
}

/// Sends until it is taken, always under the same id.
async fn send(person: &Person, room: RoomId, text: &str, id: ClientMessageId) -> Acknowledgement {
    within(async {
        loop {
            match person.try_say_as(room, text, id).await {
                Some(Ok(acknowledgement)) => return acknowledgement,
                Some(Err(ErrorCode::Unavailable | ErrorCode::StorageFull)) | None => {}
                Some(Err(other)) => panic!("{other:?}"),
            }
        }
    })
    .await
}

#[tokio::test]
async fn f4_on_a_full_disk_one_reads_and_signs_in_and_what_is_sent_goes_out_later() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    ada.say(room, "before").await.unwrap();
    machine.order("full");
    let id = ClientMessageId::new();
    for _ in 0..3 {
        assert_eq!(ada.say_as(room, "meanwhile", id).await, Err(ErrorCode::StorageFull));
    }
    assert_eq!(texts(&ada.whole_log(room).await), ["before"]);
    let again = LoginRequest {
        nick: "ada".to_owned(),
        password: crate::support::PASSWORD.to_owned(),
        token: true,
    };
    let signed_in = ada.api.call::<Login>((), Nothing {}, &again).await.unwrap();
    assert_eq!(signed_in.user.id, ada.id());
    machine.order("");
    send(&ada, room, "meanwhile", id).await;
    assert_eq!(texts(&ada.whole_log(room).await), ["before", "meanwhile"]);
    server.kill().await;
    let server = machine.start().await;
    assert_eq!(texts(&ada.whole_log(room).await), ["before", "meanwhile"]);
    server.kill().await;
}

#[tokio::test]
async fn f5_another_process_that_locks_the_database_delays_and_loses_nothing() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let mut other = Connection::open(machine.data().join(DATABASE)).unwrap();
    // For a while: the write waits.
    let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
    let id = ClientMessageId::new();
    let (sent, ()) = tokio::join!(send(&ada, room, "waited for", id), async {
        for _ in 0..20 {
            assert_eq!(texts(&ada.whole_log(room).await), [""; 0], "reading goes on");
        }
        lock.rollback().unwrap();
    });
    assert_eq!(ada.say_as(room, "waited for", id).await, Ok(sent));
    // For longer than it is waited for.
    let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
    let id = ClientMessageId::new();
    assert_eq!(ada.say_as(room, "refused for now", id).await, Err(ErrorCode::Unavailable));
    lock.rollback().unwrap();
    send(&ada, room, "refused for now", id).await;
    assert_eq!(texts(&ada.whole_log(room).await), ["waited for", "refused for now"]);
    server.kill().await;
}

#[tokio::test]
async fn f6_while_the_disk_is_slow_nobody_is_told_and_everything_else_goes_on() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let (mut live, _) = ada.connect().await;
    machine.order("hold 0");
    let sending = tokio::spawn({
        let ada = ada.clone();
        async move { ada.say(room, "slowly").await.unwrap() }
    });
    within(async {
        while !machine.held().exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..50 {
        assert!(machine.is_ready().await);
        assert_eq!(texts(&ada.whole_log(room).await), [""; 0], "not durable, so not there");
    }
    assert!(!sending.is_finished(), "acknowledged before it was durable");
    machine.order("");
    let sent = within(sending).await.unwrap();
    let events = live.events_until(room, sent.seq).await;
    assert_eq!(texts(&events), ["slowly"]);
    server.kill().await;
}

#[tokio::test]
async fn f7_after_a_flush_that_failed_nothing_is_acknowledged_and_the_server_ends() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    ada.say(room, "before").await.unwrap();
    machine.order("eio");
    let id = ClientMessageId::new();
    for _ in 0..3 {
        let answer = ada.try_say_as(room, "into the void", id).await;
        assert!(!matches!(answer, Some(Ok(_))), "acknowledged what the disk refused");
    }
    assert!(!server.ended().await.success());
    machine.order("");
    let server = machine.start().await;
    send(&ada, room, "into the void", id).await;
    assert_eq!(texts(&ada.whole_log(room).await), ["before", "into the void"]);
    server.kill().await;
}

#[tokio::test]
async fn f18_a_clock_that_jumps_changes_no_order_and_revives_no_link() {
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let bob = sign_in_at(machine.address, "bob").await;
    let reset = ClientCommand::CreateResetLink { user: bob.id() };
    let CommandReply::ResetLink { link, .. } = ada.command(reset).await.unwrap() else {
        panic!("no link");
    };
    let (mut live, _) = ada.connect().await;
    let mut last: Option<Acknowledgement> = None;
    for off in [0, HOUR, -HOUR, DAY, -DAY, 0] {
        machine.order(&format!("clock {off}"));
        for _ in 0..3 {
            let sent = ada.say(room, &format!("{off} s off")).await.unwrap();
            let told = live.events_until(room, sent.seq).await;
            assert_eq!(told.last().unwrap().at, sent.at, "told at once");
            if let Some(last) = last {
                assert_eq!(sent.seq, last.seq.next());
                assert!(sent.at >= last.at, "time goes back in the log");
            }
            last = Some(sent);
        }
    }
    // By a clock that is ahead, what ends by itself has ended.
    machine.order(&format!("clock {}", 2 * DAY));
    let secret = link.0.split('#').next_back().unwrap().to_owned();
    let password = "another good password".to_owned();
    let request = ResetRequest { secret, password };
    let used = ada.api.call::<ResetPassword>((), Nothing {}, &request).await;
    assert_eq!(used.unwrap_err().code, ErrorCode::LinkInvalid);
    server.kill().await;
}

#[tokio::test]
async fn f26_a_migration_that_is_killed_anywhere_is_finished_at_the_next_start() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    for number in 0..40 {
        ada.say(room, &number.to_string()).await.unwrap();
    }
    let said = texts(&ada.whole_log(room).await);
    server.kill().await;
    let path = machine.data().join(DATABASE);
    harm(&path, BEFORE_SEARCH);
    let mut kills = 0;
    loop {
        // At each flush in turn.
        machine.order(&format!("hold {}", kills + 1));
        let _ = std::fs::remove_file(machine.held());
        let server = machine.launch();
        let is_held = within(async {
            loop {
                if machine.held().exists() {
                    break true;
                }
                if machine.is_ready().await {
                    break false;
                }
            }
        })
        .await;
        server.kill().await;
        if !is_held || kills > 60 {
            break;
        }
        kills += 1;
    }
    assert!(kills > 3, "killed {kills} times");
    machine.order("");
    let server = machine.start().await;
    assert_eq!(texts(&ada.whole_log(room).await), said);
    ada.say(room, "and on").await.unwrap();
    server.kill().await;
    backend::store::sqlite::backup::verify(&path).unwrap();
}

/// A page of the database, half of it as it was long ago or never: a write that was torn.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn f3_a_torn_page_is_refused_with_a_sentence_or_changes_nothing() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    for number in 0..60 {
        ada.say(room, &format!("{number} {}", "words ".repeat(20))).await.unwrap();
    }
    let said = texts(&ada.whole_log(room).await);
    server.kill().await;
    let whole = machine.data().join(DATABASE);
    // All of it in one file.
    harm(&whole, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = delete");
    let bytes = std::fs::read(&whole).unwrap();
    let (mut refused, mut harmless) = (0, 0);
    for page in 0..bytes.len() / 4_096 {
        let mut torn = bytes.clone();
        torn[page * 4_096 + 2_048..(page + 1) * 4_096].fill(0);
        if torn == bytes {
            continue;
        }
        match read_all(&torn, &ada, room) {
            Err(sentence) => {
                assert!(sentence.contains("hubbub.db"), "{sentence}");
                refused += 1;
            }
            Ok(read) => {
                assert_eq!(read, said, "page {page}");
                harmless += 1;
            }
        }
    }
    assert!(refused > harmless, "{refused} refused, {harmless} harmless");
    println!("{refused} torn pages refused, {harmless} harmless");
}

/// What a database of these bytes says was said, or why it is not opened.
fn read_all(bytes: &[u8], reader: &Person, room: RoomId) -> Result<Vec<String>, String> {
    use backend::clock::Clock;
    use backend::store::sqlite::SqliteStore;
    use backend::store::{LogRange, Store as _};
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(DATABASE), bytes).unwrap();
    let (changes, _told) = tokio::sync::mpsc::channel(64);
    let store = SqliteStore::open(folder.path(), Clock::system(), changes)
        .map_err(|error| error.to_string())?;
    let reading = async {
        let page = store.log(reader.id(), room, LogRange::After(Seq::ZERO), 200).await;
        store.close().await;
        page
    };
    let page = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(reading));
    match page {
        Ok(Some(page)) => Ok(texts(&page.events)),
        // Found when it is read: refused as well.
        Ok(None) => Err("hubbub.db has lost the room".to_owned()),
        Err(error) => Err(format!("hubbub.db: {error}")),
    }
}
