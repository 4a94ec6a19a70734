//! The server: the real one from the live connection to the database, on a bus that may lose and
//! repeat, where a process can be killed and started again on the same folder.

use crate::chance::Chance;
use crate::host;
use crate::network::{self, End, Fate};
use crate::record::Record;
use async_trait::async_trait;
use backend::app::{App, Parts};
use backend::bus::{Bus, Envelope};
use backend::chat::{Caller, Limits, Rate, password};
use backend::clock::Clock;
use backend::config::Config;
use backend::hub::Encoded;
use backend::live::Pace;
use backend::live::connection::{Gone, Incoming, Signs, Socket, serve};
use backend::store::sqlite::{OpenError, SqliteStore, Turns};
use backend::store::{Change, FirstRun, NewSession, NewUser};
use core::cell::{Cell, RefCell};
use core::num::NonZeroU32;
use core::time::Duration;
use shared::PROTOCOL_VERSION;
use shared::api::{Log, PageQuery};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::frame::CloseCode;
use shared::id::{RoomId, Seq, SessionId, UserId};
use shared::time::Timestamp;
use shared::user::User;
use std::rc::Rc;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tungstenite::Utf8Bytes;

/// What travels to a client.
#[derive(Clone, Debug)]
pub enum Down {
    Frames(Vec<Utf8Bytes>),
    Closed(u16),
}

/// A client's end of a connection.
pub type Phone = End<Utf8Bytes, Down>;

/// How a story's surroundings are.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Of so many envelopes the bus loses one, and repeats one.
    pub bus_fails_one_in: Option<u64>,
    /// The longest that a frame is on its way, in milliseconds.
    pub slowest: u64,
    /// Of so many steps of the store one takes long.
    pub store_slow_one_in: u64,
}

/// Where the server runs, whether it runs or not.
#[derive(Debug)]
pub struct Machine {
    folder: TempDir,
    chance: Chance,
    surroundings: Surroundings,
    record: Rc<RefCell<Record>>,
    running: RefCell<Option<Rc<Process>>>,
    begun: Instant,
    /// How wrong the clock on the wall is.
    wall_off_millis: Cell<i64>,
}

/// The server while it runs.
#[derive(Debug)]
struct Process {
    app: Arc<App>,
    killed: CancellationToken,
    shutdown: CancellationToken,
    serving: RefCell<Vec<(AbortHandle, Fate)>>,
}

impl Machine {
    pub fn new(chance: &Chance, surroundings: Surroundings, record: Rc<RefCell<Record>>) -> Self {
        // Where a flush of the disk costs nothing: what it is worth is tested elsewhere.
        let memory = tempfile::tempdir_in("/dev/shm");
        Self {
            folder: memory.or_else(|_| tempfile::tempdir()).expect("a folder can be made"),
            chance: chance.clone(),
            surroundings,
            record,
            running: RefCell::new(None),
            begun: Instant::now(),
            wall_off_millis: Cell::new(0),
        }
    }

    /// Milliseconds since the story began.
    pub fn elapsed(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Brings the wall's clock to the simulated time.
    pub fn tick(&self) {
        let elapsed = i64::try_from(self.elapsed()).unwrap_or(i64::MAX);
        host::set_wall(elapsed + self.wall_off_millis.get());
    }

    pub fn set_wall_off(&self, millis: i64) {
        self.wall_off_millis.set(millis);
        self.tick();
    }

    /// Starts the server.
    pub async fn start(&self) {
        let killed = CancellationToken::new();
        let turns = {
            let (chance, one_in) = (self.chance.clone(), self.surroundings.store_slow_one_in);
            let pause = move || match () {
                () if chance.one_in(one_in) => chance.millis(20, 400),
                () => chance.millis(0, 2),
            };
            Turns { pause: Arc::new(pause), killed: killed.clone() }
        };
        self.tick();
        let (changes, told) = mpsc::channel(4_096);
        let database = loop {
            let (changes, turns) = (changes.clone(), turns.clone());
            match SqliteStore::open_in_turn(self.folder.path(), Clock::system(), changes, turns) {
                Ok(database) => break database,
                // The one that was killed has not been taken away yet.
                Err(OpenError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
                Err(error) => panic!("{error}"),
            }
        };
        drop(changes);
        let (committed_to, committed) = mpsc::channel(4_096);
        tokio::task::spawn_local(note_commits(told, committed_to, Rc::clone(&self.record)));
        let (queue, arriving) = mpsc::channel(1_024);
        let bus = UnsureBus {
            queue,
            chance: self.chance.clone(),
            fails_one_in: self.surroundings.bus_fails_one_in,
        };
        let parts = Parts { database, committed, bus: Arc::new(bus), arriving };
        let plenty = NonZeroU32::new(1_000_000).expect("it is not zero");
        let rate = Rate { per_second: plenty, burst: plenty };
        let limits = Limits {
            messages: rate,
            commands: rate,
            searches: rate,
            password_cost: password::Cost::Least,
            off_after: Duration::from_mins(1),
        };
        let shutdown = CancellationToken::new();
        let app = App::of(
            parts,
            Config::default(),
            Clock::system(),
            limits,
            Pace::default(),
            shutdown.clone(),
        );
        let process = Process { app, killed, shutdown, serving: RefCell::default() };
        *self.running.borrow_mut() = Some(Rc::new(process));
    }

    /// SIGKILL: whatever was under way stays where it is.
    pub fn kill(&self) {
        let Some(process) = self.running.borrow_mut().take() else { return };
        process.killed.cancel();
        for (task, fate) in process.serving.borrow().iter() {
            task.abort();
            fate.cut();
        }
        process.shutdown.cancel();
    }

    /// SIGTERM: everybody is told, and what is under way is finished.
    pub async fn stop(&self) {
        let Some(process) = self.running.borrow_mut().take() else { return };
        process.shutdown.cancel();
        process.app.connections.close();
        process.app.connections.wait().await;
        process.app.database.close().await;
        process.killed.cancel();
        for (_, fate) in process.serving.borrow().iter() {
            fate.cut();
        }
    }

    fn process(&self) -> Option<Rc<Process>> {
        self.running.borrow().clone()
    }

    pub fn is_up(&self) -> bool {
        self.running.borrow().is_some()
    }

    /// A live connection, if the server is there.
    pub fn dial(&self, person: &Person) -> Option<(Phone, Fate)> {
        self.tick();
        let process = self.process()?;
        let (server, client, fate) = network::connection(&self.chance, self.surroundings.slowest);
        let live = process.app.live();
        let serving = serve(live, person.caller.clone(), Carrier(server), PROTOCOL_VERSION);
        let task = process.app.connections.spawn(serving);
        process.serving.borrow_mut().push((task.abort_handle(), fate.clone()));
        Some((client, fate))
    }

    /// A command by a request of its own. `None` when nobody knows what came of it.
    pub async fn post(
        &self,
        person: &Person,
        command: ClientCommand,
    ) -> Option<Result<CommandReply, ErrorCode>> {
        tokio::time::sleep(network::way(&self.chance)).await;
        self.tick();
        let process = self.process()?;
        let (chat, caller) = (Arc::clone(&process.app.chat), person.caller.clone());
        let asking = async move { chat.begin(&caller, command).await.await };
        let answer = process.killed.run_until_cancelled(asking).await?;
        // The answer may get lost where the question did not.
        if self.chance.one_in(20) {
            return None;
        }
        tokio::time::sleep(network::way(&self.chance)).await;
        Some(answer.map_err(|error| error.code()))
    }

    /// A page of a room's log, as by a request. `None` when there was no answer.
    pub async fn log(
        &self,
        person: &Person,
        room: RoomId,
        after: Seq,
    ) -> Option<Result<Log, ErrorCode>> {
        tokio::time::sleep(network::way(&self.chance)).await;
        self.tick();
        let process = self.process()?;
        let query = PageQuery { after: Some(after), limit: Some(200), ..PageQuery::default() };
        let reading = process.app.chat.log(&person.caller, room, query);
        let log = process.killed.run_until_cancelled(reading).await?;
        tokio::time::sleep(network::way(&self.chance)).await;
        Some(log.map_err(|error| error.code()))
    }

    /// The server itself, for whoever prepares a story or judges it.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.process().expect("the server runs").app)
    }

    /// Makes an account with a session.
    pub async fn register(&self, nick: &str) -> Person {
        let app = self.app();
        let new = NewUser {
            id: UserId::new(),
            nick: nick.to_owned(),
            nick_key: nick.to_owned(),
            name: nick.to_owned(),
            password_hash: "none".to_owned(),
            invitation: None,
            first_run: FirstRun {
                site_name: "Here".to_owned(),
                first_room: "Lobby".to_owned(),
                announcements: "Announcements".to_owned(),
            },
            decide: Box::new(|_| Ok(())),
        };
        let user = app.store.register(new).await.expect("an account can be made");
        let session = SessionId::new();
        let new = NewSession {
            id: session,
            user: user.id,
            token_hash: token_hash(&user),
            at: app.clock.now(),
            agent: String::new(),
            address: String::new(),
        };
        app.store.create_session(new).await.expect("a session can be made");
        let caller =
            Caller { user, session, session_ends_at: Timestamp(i64::MAX), connection: None };
        Person { caller }
    }
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Person {
    pub caller: Caller,
}

impl Person {
    pub fn id(&self) -> UserId {
        self.caller.user.id
    }
}

fn token_hash(user: &User) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(user.id.as_uuid().as_bytes());
    hash
}

/// Notes when what was committed, before anybody is told.
async fn note_commits(
    mut told: mpsc::Receiver<Change>,
    on: mpsc::Sender<Change>,
    record: Rc<RefCell<Record>>,
) {
    while let Some(change) = told.recv().await {
        record.borrow_mut().committed(&change);
        if on.send(change).await.is_err() {
            return;
        }
    }
}

/// A bus that loses and repeats.
#[derive(Debug)]
struct UnsureBus {
    queue: mpsc::Sender<Envelope>,
    chance: Chance,
    fails_one_in: Option<u64>,
}

#[async_trait]
impl Bus for UnsureBus {
    async fn publish(&self, envelope: Envelope) {
        if let Some(times) = self.fails_one_in {
            if self.chance.one_in(times) {
                return;
            }
            if self.chance.one_in(times) {
                // An error means that the hub is gone.
                let _ = self.queue.send(envelope.clone()).await;
            }
            if self.chance.one_in(times) {
                tokio::time::sleep(self.chance.millis(1, 300)).await;
            }
        }
        let _ = self.queue.send(envelope).await;
    }
}

/// Carries frames over the simulated network.
struct Carrier(End<Down, Utf8Bytes>);

impl Socket for Carrier {
    const SIGNS: Signs = Signs::Frames;

    fn transport(&self) -> &'static str {
        "simulated"
    }

    async fn receive(&mut self) -> Incoming {
        self.0.receive().await.map_or(Incoming::Gone, Incoming::Frame)
    }

    async fn send(&mut self, frames: Vec<Encoded>) -> Result<(), Gone> {
        let frames = frames.iter().map(|frame| frame.text().clone()).collect();
        self.0.send(Down::Frames(frames)).await.map_err(|network::Broken| Gone)
    }

    async fn close(&mut self, code: CloseCode) {
        // Whoever is not there any more need not be told.
        let _ = self.0.send(Down::Closed(code.number())).await;
    }
}
