//! The real program on a disk and by a clock that do what they should not: what stands between it
//! and the C library is `disk.c`, which takes orders from a file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use crate::figures::{Form, Memory, measured, p99, program};
use crate::store_sqlite::{BEFORE_SEARCH, harm};
use crate::support::{Person, sign_in_at, snapshot_of, within};
use backend::clock::Clock;
use backend::config::Config;
use backend::doctor::{Finding, examine};
use backend::store::sqlite::DATABASE;
use rusqlite::{Connection, TransactionBehavior};
use shared::api::{Login, LoginRequest, Method, Nothing, ResetPassword, ResetRequest};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::RoomEvent;
use shared::frame::{ClientFrame, ServerFrame};
use shared::id::{ClientMessageId, Epoch, RoomId, Seq};
use shared::message::Acknowledgement;
use shared::room::RoomKind;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
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
        let address = self.address.to_string();
        let words = ["serve", "--listen", &address, "--message-rate", "100000"];
        self.command(&[words.as_slice(), &["--message-burst", "100000"]].concat())
    }

    /// One of the program's commands on the data that are here.
    fn command(&self, words: &[&str]) -> Server {
        let child = Command::new(program())
            .args(words)
            .arg("--data-dir")
            .arg(self.data())
            .env("LD_PRELOAD", self.folder.path().join("disk.so"))
            .env("TEST_MACHINE", self.orders())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Server { child }
    }

    /// Holds the flushes from the `number`th on; the ones held before are forgotten.
    fn hold(&self, number: u32) {
        self.order(&format!("hold {number}"));
        let _ = std::fs::remove_file(self.held());
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
    let (fill, free) = (|| machine.order("full"), || machine.order(""));
    survive_full(&machine, "every write failed", fill, free).await;
    if Form::chosen() == Form::Long {
        let machine = Machine::new();
        let Some(disk) = SmallDisk::mount(&machine.data()) else { return };
        survive_full(&machine, "a tmpfs of 16 MiB", || disk.fill(), || disk.free()).await;
    }
}

async fn survive_full(machine: &Machine, how: &str, fill: impl Fn(), free: impl Fn()) {
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let long = "meanwhile".repeat(1_000);
    let mut said = vec!["before".to_owned()];
    ada.say(room, "before").await.unwrap();
    fill();
    // What the database has taken of the disk already, it may still write to.
    let id = loop {
        let id = ClientMessageId::new();
        match ada.say_as(room, &long, id).await {
            Ok(_) => said.push(long.clone()),
            Err(ErrorCode::StorageFull) => break id,
            Err(other) => panic!("{other:?}"),
        }
    };
    let fitted = said.len() - 1;
    for _ in 0..3 {
        assert_eq!(ada.say_as(room, &long, id).await, Err(ErrorCode::StorageFull));
    }
    assert_eq!(texts(&ada.whole_log(room).await), said);
    let again = LoginRequest {
        nick: "ada".to_owned(),
        password: crate::support::PASSWORD.to_owned(),
        token: true,
    };
    let signed_in = ada.api.call::<Login>((), Nothing {}, &again).await.unwrap();
    assert_eq!(signed_in.user.id, ada.id());
    free();
    send(&ada, room, &long, id).await;
    said.push(long);
    assert_eq!(texts(&ada.whole_log(room).await), said);
    server.kill().await;
    let server = machine.start().await;
    assert_eq!(texts(&ada.whole_log(room).await), said);
    server.kill().await;
    measured(format!("{how}: {fitted} more fitted, then refused; read, signed in; healed"));
}

/// A disk with room for little, where the machine's data go.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and said so, where this is not root.
    fn mount(folder: &Path) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(folder).status();
        let disk = mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()));
        if disk.is_none() {
            measured("no real full disk: a tmpfs is mounted by root");
        }
        disk
    }

    fn filler(&self) -> PathBuf {
        self.0.join("something else")
    }

    /// To the last byte.
    fn fill(&self) {
        let zeros = std::fs::File::open("/dev/zero").unwrap();
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        let error = std::io::copy(&mut { zeros }, &mut filler).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a test that failed may have left a server on it.
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn the_doctor_finds_a_full_disk_by_writing_to_it() {
    let folder = TempDir::new().unwrap();
    let mut config = Config::default();
    config.http.listen.set_port(0);
    config.data.folder = folder.path().join("data");
    let Some(disk) = SmallDisk::mount(&config.data.folder) else { return };
    let trial = async || {
        let found = examine(&config, None).await;
        let about = |finding: &&Finding| finding.to_string().contains("the data folder");
        let found: Vec<Finding> = found.iter().filter(about).cloned().collect();
        let names = std::fs::read_dir(&config.data.folder).unwrap();
        let left = names.filter(|name| name.as_ref().unwrap().path() != disk.filler()).count();
        assert_eq!(left, 0, "nothing stays behind");
        found
    };
    let written = trial().await;
    assert!(matches!(&written[0], Finding::Well(text) if text.contains("1 MiB")), "{written:?}");
    disk.fill();
    let full = trial().await;
    assert!(matches!(&full[0], Finding::Wrong(text) if text.contains("no room left")), "{full:?}");
    disk.free();
    assert_eq!(trial().await, written);
}

#[tokio::test]
async fn f5_another_process_that_locks_the_database_delays_and_loses_nothing() {
    let form = Form::chosen();
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let mut other = Connection::open(machine.data().join(DATABASE)).unwrap();
    // For a while: the write waits.
    let span = form.of(Duration::ZERO, Duration::from_secs(3));
    let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
    let (begun, id) = (Instant::now(), ClientMessageId::new());
    let (sent, reads) = tokio::join!(ada.say_as(room, "waited for", id), async {
        let mut reads = 0;
        while reads < 20 || begun.elapsed() < span {
            assert_eq!(texts(&ada.whole_log(room).await), [""; 0], "reading goes on");
            reads += 1;
        }
        lock.rollback().unwrap();
        reads
    });
    let waited = begun.elapsed().as_secs_f64();
    measured(format!("acknowledged after {waited:.1} s, meanwhile read {reads} times"));
    assert_eq!(ada.say_as(room, "waited for", id).await, sent);
    sent.unwrap();
    // For longer than it is waited for: each for itself, also who comes while another one waits.
    let span = form.of(Duration::ZERO, Duration::from_secs(30));
    let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
    let (begun, id) = (Instant::now(), ClientMessageId::new());
    let refused = async |after: Duration| {
        while begun.elapsed() < after {
            assert_eq!(texts(&ada.whole_log(room).await), ["waited for"], "reading goes on");
        }
        let mut waits = Vec::new();
        while waits.is_empty() || begun.elapsed() < span {
            let asked = Instant::now();
            assert_eq!(ada.say_as(room, "refused for now", id).await, Err(ErrorCode::Unavailable));
            waits.push(asked.elapsed().as_secs_f64());
        }
        waits
    };
    let later = form.of([0, 0], [1_500, 3_000]).map(Duration::from_millis);
    let (first, second, third) =
        tokio::join!(refused(Duration::ZERO), refused(later[0]), refused(later[1]));
    let waits = [first, second, third].concat();
    let longest = waits.iter().copied().fold(0.0, f64::max);
    measured(format!("{} times refused as unavailable, then taken", waits.len()));
    form.at_most("longest wait", longest, 7.0, "s");
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

/// The longest that a request may take that has nothing to do with the disk.
const AT_ONCE_MILLIS: f64 = 50.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_beside_writers_who_wait_for_a_slow_disk_others_are_answered() {
    let form = Form::chosen();
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    ada.say(room, "before").await.unwrap();
    let memory = Memory::of(server.child.id().unwrap());
    machine.order(form.of("slow 20", "slow 200"));
    let span = form.of(Duration::ZERO, Duration::from_secs(20));
    let begun = Instant::now();
    // As far ahead as the server reads, and all of them at once.
    let writing: Vec<_> = (0..8)
        .map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move {
                let (mut live, mut acknowledged) = (ada.dial().await, 0);
                while acknowledged == 0 || begun.elapsed() < span {
                    let mut asked = Vec::new();
                    for _ in 0..100 {
                        let id = ClientMessageId::new();
                        asked.push(live.ask(ClientCommand::say(room, id, "x".repeat(1_000))).await);
                    }
                    for asked in asked {
                        live.answer(asked).await.unwrap();
                        acknowledged += 1;
                    }
                }
                acknowledged
            })
        })
        .collect();
    let (mut alive, mut reads) = (Vec::new(), Vec::new());
    while !writing.iter().all(tokio::task::JoinHandle::is_finished) {
        let begun = Instant::now();
        let answer = ada.api.send(Method::Get, "/healthz", &Nothing {}).await;
        assert!(answer.status().is_success());
        alive.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        assert_eq!(texts(&ada.log(room, Seq(2)).await.unwrap().events)[0], "before");
        reads.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let mut acknowledged = 0;
    for writing in writing {
        acknowledged += writing.await.unwrap();
    }
    measured(format!("{acknowledged} acknowledged by a disk that takes {} ms", form.of(20, 200)));
    form.at_most("p99 of the event loop", p99(alive), AT_ONCE_MILLIS, "ms");
    form.at_most("p99 of reading", p99(reads), AT_ONCE_MILLIS, "ms");
    form.at_most("memory +", memory.grown(), 64.0, "MiB");
    machine.order("");
    assert_eq!(texts(&ada.whole_log(room).await).len(), acknowledged + 1);
    server.kill().await;
}

#[tokio::test]
async fn f7_after_a_flush_that_failed_nothing_is_acknowledged_and_the_server_ends() {
    let failures = Form::chosen().of(1, 10);
    let machine = Machine::new();
    let mut server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let mut said = Vec::new();
    for failure in 0..failures {
        ada.say(room, "before").await.unwrap();
        machine.order("eio");
        let id = ClientMessageId::new();
        for _ in 0..3 {
            let answer = ada.try_say_as(room, "into the void", id).await;
            assert!(!matches!(answer, Some(Ok(_))), "acknowledged what the disk refused");
        }
        assert!(!server.ended().await.success(), "{failure}");
        machine.order("");
        server = machine.start().await;
        send(&ada, room, "into the void", id).await;
        said.extend(["before", "into the void"]);
        assert_eq!(texts(&ada.whole_log(room).await), said);
    }
    server.kill().await;
    measured(format!("{failures} times EIO: ended with an error each time, nothing acknowledged"));
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
    let (form, mut longest) = (Form::chosen(), Duration::ZERO);
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
        if form == Form::Long && off != 0 {
            // The heartbeat comes by another clock.
            let begun = Instant::now();
            live.find(|frame| matches!(frame, ServerFrame::Heartbeat { .. }).then_some(())).await;
            live.send(&ClientFrame::Heartbeat).await;
            longest = longest.max(begun.elapsed());
        }
    }
    if form == Form::Long {
        form.at_most("after 4 jumps a heartbeat within", longest.as_secs_f64(), 30.0, "s");
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
        machine.hold(kills + 1);
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
    measured(format!("a migration killed at each of {kills} flushes"));
    machine.order("");
    let server = machine.start().await;
    assert_eq!(texts(&ada.whole_log(room).await), said);
    ada.say(room, "and on").await.unwrap();
    server.kill().await;
    backend::store::sqlite::backup::verify(&path).unwrap();
}

#[tokio::test]
async fn f26_a_restore_that_is_killed_anywhere_leaves_one_history_or_the_other() {
    let machine = Machine::new();
    let server = machine.start().await;
    let (ada, room) = machine.ada().await;
    let form = Form::chosen();
    for number in 0..form.of(10, 1_000) {
        ada.say(room, &number.to_string()).await.unwrap();
    }
    let copied = texts(&ada.whole_log(room).await);
    let copy = machine.folder.path().join("copy.db");
    backend::backup::create(&machine.data(), Some(&copy), &Clock::system()).unwrap();
    ada.say(room, "not in the copy").await.unwrap();
    let later = texts(&ada.whole_log(room).await);
    let epoch = epoch(&ada, room).await;
    server.kill().await;
    let kept = machine.folder.path().join("kept");
    std::fs::rename(machine.data(), &kept).unwrap();
    let (mut kills, mut undone) = (0, 0);
    // At each flush in turn, or some of them.
    for flush in (1..100).step_by(form.of(5, 1)) {
        lay_out(&kept, &machine.data());
        machine.hold(flush);
        let mut restore = machine.command(&["backup", "restore", copy.to_str().unwrap()]);
        let is_held = within(async {
            loop {
                if machine.held().exists() {
                    break true;
                }
                if let Some(status) = restore.child.try_wait().unwrap() {
                    assert!(status.success());
                    break false;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        restore.kill().await;
        machine.order("");
        let server = machine.start().await;
        let found = texts(&ada.whole_log(room).await);
        let is_restored = self::epoch(&ada, room).await != epoch;
        assert_eq!(found, if is_restored { &copied } else { &later }.as_slice(), "{flush}");
        ada.say(room, "and on").await.unwrap();
        server.kill().await;
        backend::store::sqlite::backup::verify(&machine.data().join(DATABASE)).unwrap();
        if !is_held {
            assert!(is_restored);
            break;
        }
        kills += 1;
        undone += u32::from(!is_restored);
    }
    assert!(undone > 0 && undone < kills, "{undone} of {kills} times as before");
    measured(format!(
        "a restore killed at {kills} flushes: {undone} times as before, then as in the copy"
    ));
}

async fn epoch(person: &Person, room: RoomId) -> Epoch {
    let (_, resumed) = person.connect().await;
    snapshot_of(&resumed, room).unwrap().epoch
}

/// The files of one folder in another one, and nothing else.
fn lay_out(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
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
    let harms = Form::chosen().of(&HARMS[..1], &HARMS);
    let (mut refused, mut harmless, mut wrong) = (0, 0, Vec::new());
    for page in 0..bytes.len() / PAGE {
        for (what, range, filler) in harms {
            let torn = &bytes[page * PAGE..][range.clone()];
            let filled: Vec<u8> = (0..torn.len()).map(|at| filler(page, at)).collect();
            if filled == torn {
                continue;
            }
            let mut harmed = bytes.clone();
            harmed[page * PAGE..][range.clone()].copy_from_slice(&filled);
            match read_all(&harmed, &ada, room) {
                Err(sentence) => {
                    assert!(sentence.contains("hubbub.db"), "{sentence}");
                    refused += 1;
                }
                Ok(read) if read == said => harmless += 1,
                Ok(_) => wrong.push(format!("page {page}, {what}")),
            }
        }
    }
    let pages = bytes.len() / PAGE;
    measured(format!("{pages} pages: {refused} times refused, {harmless} without effect"));
    assert!(wrong.is_empty(), "read something else: {wrong:?}");
    assert!(refused > harmless, "{refused} refused, {harmless} harmless");
}

const PAGE: usize = 4_096;

/// A part of a page, and what is there instead: a byte for a page and a place in the part.
type Harm = (&'static str, Range<usize>, fn(usize, usize) -> u8);

const HARMS: [Harm; 9] = [
    ("second half gone", 2_048..4_096, nothing),
    ("first half gone", 0..2_048, nothing),
    ("first half random", 0..2_048, random),
    ("second half random", 2_048..4_096, random),
    ("first sector random", 0..512, random),
    ("a sector gone", 1_536..2_048, nothing),
    ("a sector random", 2_560..3_072, random),
    ("last sector random", 3_584..4_096, random),
    ("all of it gone", 0..4_096, nothing),
];

const fn nothing(_page: usize, _at: usize) -> u8 {
    0
}

/// Bytes without a pattern, the same in each run.
fn random(page: usize, at: usize) -> u8 {
    let mut hasher = DefaultHasher::new();
    (page, at).hash(&mut hasher);
    hasher.finish().to_le_bytes()[0]
}

/// What a database of these bytes says was said, or why it is not opened.
fn read_all(bytes: &[u8], reader: &Person, room: RoomId) -> Result<Vec<String>, String> {
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
