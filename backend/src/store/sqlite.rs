//! The embedded store: `SQLite`, one thread that writes, a few connections that read beside it.
//! Why so: `docs/adr/0002-rusqlite-and-group-commit.md`.

pub mod backup;

mod account;
mod amendment;
mod checkpoint;
mod checksum;
mod draft;
mod due;
mod health;
mod history;
mod index;
mod indexer;
mod latest;
mod link;
mod log;
mod mention;
mod message;
mod open;
mod outside;
mod personal;
mod poll;
mod projection;
mod readers;
mod receipt;
mod reindex;
mod room;
mod row;
mod schedule;
mod search;
mod saved;
mod session;
mod site;
mod thread;
mod turns;
mod volatile;
mod writer;

pub use open::{DATABASE, OpenError};
pub use reindex::reindex;
pub use turns::Turns;

use self::checkpoint::Checkpointer;
use self::health::Health;
use self::indexer::Indexer;
use self::open::FolderLock;
use self::outside::Watch;
use self::readers::{READERS, Readers, SEARCHERS};
use self::row::Query as _;
use self::volatile::VolatileSessions;
use self::writer::{Jobs, Listener, WhenLocked, Write, Writer};
use super::{
    Append, Appended, Ballot, Blocked, Change, Credentials, Due, Follow, Found, Heads,
    HistoryRange, LogPage, LogRange, MarkerMove, MessagePage, NewInvitation, NewReset, NewRoom,
    NewSession, NewUser, PersonPatch, PersonSnapshot, SearchRange, SessionOf, SitePatch, Sought,
    Store, StoreError, ThreadCursor, WriteError,
};
use crate::clock::Clock;
use async_trait::async_trait;
use core::cmp::Reverse;
use core::time::Duration;
use rusqlite::Connection;
use shared::api::{FollowedThread, History, LatestMessage, Thread};
use shared::draft::Draft;
use shared::error::ErrorCode;
use shared::event::UserState;
use shared::id::{
    ClientMessageId, InvitationId, MessageId, ReminderId, RoomId, Seq, SessionId, UserId,
};
use shared::message::{Message, Revision};
use shared::permission::Standing;
use shared::room::{Counts, Involvement, Member, Room, RoomListing, RoomSnapshot, Seen};
use shared::schedule::{Reminder, Scheduled};
use shared::sidebar::Sidebar;
use shared::site::{Invitation, Session, Site};
use shared::time::Timestamp;
use shared::user::{Settings, User};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// A folder with a database, held by this process alone.
#[derive(Debug)]
pub struct SqliteStore {
    clock: Clock,
    /// Absent once it is closed.
    jobs: Mutex<Option<Jobs>>,
    readers: Readers,
    searchers: Readers,
    health: Arc<Health>,
    volatile: VolatileSessions,
    watch: Mutex<Option<Watch>>,
    indexer: Mutex<Option<Indexer>>,
    writer_ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl SqliteStore {
    /// Opens the database in `folder`, makes both if need be, and brings the database up to date.
    /// What is committed is sent on `changes`; while that is full, writes wait.
    pub fn open(
        folder: &Path,
        clock: Clock,
        changes: mpsc::Sender<Change>,
    ) -> Result<Arc<Self>, OpenError> {
        Self::open_with(folder, clock, changes, None)
    }

    /// The same, but all its work is done in turn with whatever else runs on the caller's runtime,
    /// for simulations. The index of words does not follow by itself.
    pub fn open_in_turn(
        folder: &Path,
        clock: Clock,
        changes: mpsc::Sender<Change>,
        turns: Turns,
    ) -> Result<Arc<Self>, OpenError> {
        Self::open_with(folder, clock, changes, Some(turns))
    }

    fn open_with(
        folder: &Path,
        clock: Clock,
        changes: mpsc::Sender<Change>,
        turns: Option<Turns>,
    ) -> Result<Arc<Self>, OpenError> {
        let lock = FolderLock::take(folder)?;
        backup::finish_restore(folder).map_err(|error| OpenError::Other {
            path: folder.join(DATABASE),
            detail: error.to_string(),
        })?;
        let path = folder.join(DATABASE);
        let connection = open::writer(&path)?;
        let listener = Listener::Here(changes);
        Self::start(&path, connection, open::BUSY, Some(lock), clock, listener, turns)
    }

    /// Opens the database of a server that may be running, to change something beside it. The
    /// server tells its clients.
    pub fn open_beside(folder: &Path, clock: Clock) -> Result<Arc<Self>, OpenError> {
        let path = folder.join(DATABASE);
        let connection = open::beside(&path)?;
        Self::start(&path, connection, open::BUSY, None, clock, Listener::Beside, None)
    }

    fn start(
        path: &Path,
        connection: Connection,
        patience: Duration,
        lock: Option<FolderLock>,
        clock: Clock,
        listener: Listener,
        turns: Option<Turns>,
    ) -> Result<Arc<Self>, OpenError> {
        let thread = |error: std::io::Error| OpenError::Other {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let readers = Readers::open(path, READERS, turns.clone())?;
        let searchers = Readers::open(path, SEARCHERS, turns.clone())?;
        let health = Arc::new(Health::new());
        let checkpointer = match &turns {
            None => {
                Checkpointer::spawn(open::beside(path)?, Arc::clone(&health)).map_err(thread)?
            }
            Some(_) => Checkpointer::without_thread(),
        };
        let watches = matches!(listener, Listener::Here(_)) && turns.is_none();
        let writer = Writer {
            connection,
            patience,
            clock: clock.clone(),
            listener,
            health: Arc::clone(&health),
            checkpointer,
            lock,
        };
        let (ended, writer_ended) = oneshot::channel();
        let jobs = match turns {
            None => writer.spawn(ended).map_err(thread)?,
            Some(turns) => writer.spawn_in_turn(turns, ended),
        };
        let (watch, indexer) = if watches {
            let watch = Watch::spawn(open::reader(path)?, &jobs).map_err(thread)?;
            let indexer = Indexer::spawn(open::reader(path)?, &jobs).map_err(thread)?;
            (Some(watch), Some(indexer))
        } else {
            (None, None)
        };
        Ok(Arc::new(Self {
            clock,
            jobs: Mutex::new(Some(jobs)),
            readers,
            searchers,
            health,
            volatile: VolatileSessions::default(),
            watch: Mutex::new(watch),
            indexer: Mutex::new(indexer),
            writer_ended: Mutex::new(Some(writer_ended)),
        }))
    }

    /// Returns when the disk has failed or the database turned out to be damaged. Nothing is
    /// acknowledged any more then; the process should end.
    pub async fn failed(&self) -> StoreError {
        self.health.failed().await
    }

    /// Finishes what was handed in, refuses everything further, and lets go of the folder.
    pub async fn close(&self) {
        drop(lock(&self.watch).take());
        drop(lock(&self.indexer).take());
        drop(lock(&self.jobs).take());
        let ended = lock(&self.writer_ended).take();
        self.readers.close().await;
        self.searchers.close().await;
        if let Some(ended) = ended {
            // Its sender is dropped at the very end: that is the sign.
            let _ = ended.await;
        }
    }

    /// Takes all messages into the index of words now, instead of little by little.
    pub async fn index_all(&self) -> Result<(), WriteError> {
        while self.write(index::take_waiting).await? + self.write(index::take_earlier).await? > 0 {}
        Ok(())
    }

    /// How many times something was read, each time of one moment; searches are not counted.
    pub fn reads(&self) -> u64 {
        self.readers.reads()
    }

    /// How many messages have been written or changed and are not in the index of words yet.
    pub async fn waiting_for_index(&self) -> Result<u32, StoreError> {
        self.searchers.run(|connection| Ok(index::waiting(connection)?)).await
    }

    /// How much of the database is the index of words, in bytes.
    pub async fn index_bytes(&self) -> Result<u64, StoreError> {
        self.searchers.run(index::bytes).await
    }

    async fn end_volatile(
        &self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<Vec<SessionId>, WriteError> {
        let ended = self.volatile.remove_all(user, except);
        if !ended.is_empty() {
            self.tell_ended(ended.clone()).await?;
        }
        Ok(ended)
    }

    /// Tells of sessions that no row knows.
    async fn tell_ended(&self, sessions: Vec<SessionId>) -> Result<(), WriteError> {
        self.write(|write| {
            write.changes.push(Change::SessionsEnded(sessions));
            Ok(())
        })
        .await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T, WriteError> + Send + 'static,
    {
        self.jobs()?.run(WhenLocked::Wait, work).await
    }

    fn jobs(&self) -> Result<Jobs, StoreError> {
        lock(&self.jobs).clone().ok_or(StoreError::Closed)
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(work).await
    }
}

/// Whether a server is running on the data in `folder`.
pub fn is_in_use(folder: &Path) -> bool {
    open::is_in_use(folder)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing can panic while one is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for SqliteStore {
    async fn append(&self, append: Append) -> Result<Appended, WriteError> {
        self.write(|write| log::append(write, append)).await
    }

    async fn vote(&self, ballot: Ballot) -> Result<(), WriteError> {
        self.write(|write| poll::vote(write, ballot)).await
    }

    async fn close_due_poll(&self, room: RoomId, message: Seq) -> Result<(), WriteError> {
        self.write(move |write| poll::close_due(write, room, message)).await
    }

    async fn create_room(&self, room: NewRoom) -> Result<Room, WriteError> {
        self.write(|write| room::create(write, room)).await
    }

    async fn register(&self, user: NewUser) -> Result<User, WriteError> {
        self.write(|write| account::register(write, user)).await
    }

    async fn create_session(&self, session: NewSession) -> Result<(), WriteError> {
        let new = session.clone();
        match self.write(move |write| session::create(write, &new)).await {
            Err(WriteError::Store(StoreError::Full)) => {}
            answer => return answer,
        }
        match self.user(session.user).await? {
            Some(user) if !user.disabled => Ok(self.volatile.insert(session)?),
            Some(_) | None => Err(row::NOT_FOUND),
        }
    }

    async fn touch_session(&self, session: SessionId, at: Timestamp) -> Result<(), WriteError> {
        let volatile = self.volatile.touch(session, at);
        let new = volatile.clone();
        let jobs = self.jobs()?;
        let written = jobs.run(WhenLocked::Refuse, move |write| {
            if let Some(new) = &new {
                session::create(write, new)?;
            }
            session::touch(write, session, at)
        });
        match written.await {
            Err(WriteError::Store(StoreError::Full | StoreError::Busy)) => Ok(()),
            answer => {
                if let (Ok(()), Some(kept)) = (&answer, volatile) {
                    self.volatile.remove(kept.user, kept.id);
                }
                answer
            }
        }
    }

    async fn end_session(&self, user: UserId, session: SessionId) -> Result<bool, WriteError> {
        if self.volatile.remove(user, session) {
            self.tell_ended(vec![session]).await?;
            return Ok(true);
        }
        self.write(move |write| session::end(write, user, session)).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<Vec<SessionId>, WriteError> {
        let volatile = self.end_volatile(user, except).await?;
        let mut ended = self.write(move |write| session::end_all(write, user, except)).await?;
        ended.extend(volatile);
        Ok(ended)
    }

    async fn set_password_hash(&self, user: UserId, hash: String) -> Result<(), WriteError> {
        self.write(move |write| account::set_password_hash(write, user, &hash)).await
    }

    async fn update_person(&self, user: UserId, patch: PersonPatch) -> Result<User, WriteError> {
        let person = self.write(move |write| account::update(write, user, patch)).await?;
        if person.disabled {
            self.end_volatile(user, None).await?;
        }
        Ok(person)
    }

    async fn end_status(&self, user: UserId) -> Result<(), WriteError> {
        self.write(move |write| account::end_status(write, user)).await
    }

    async fn set_quiet_edge(&self, user: UserId, at: Option<Timestamp>) -> Result<(), WriteError> {
        self.write(move |write| personal::set_quiet_edge(write, user, at)).await
    }

    async fn update_settings(&self, user: UserId, settings: Settings) -> Result<(), WriteError> {
        self.write(move |write| personal::update_settings(write, user, settings)).await
    }

    async fn keep_draft(&self, user: UserId, draft: Draft) -> Result<(), WriteError> {
        self.write(move |write| draft::keep(write, user, draft)).await
    }

    async fn schedule(&self, author: UserId, scheduled: Scheduled) -> Result<(), WriteError> {
        self.write(move |write| schedule::schedule(write, author, scheduled)).await
    }

    async fn cancel_scheduled(
        &self,
        author: UserId,
        id: ClientMessageId,
    ) -> Result<(), WriteError> {
        self.write(move |write| schedule::gone(write, author, id)).await
    }

    async fn fail_scheduled(
        &self,
        author: UserId,
        id: ClientMessageId,
        code: ErrorCode,
    ) -> Result<(), WriteError> {
        self.write(move |write| schedule::fail(write, author, id, &code)).await
    }

    async fn set_reminder(&self, user: UserId, reminder: Reminder) -> Result<(), WriteError> {
        self.write(move |write| schedule::set_reminder(write, user, reminder)).await
    }

    async fn clear_reminder(&self, user: UserId, id: ReminderId) -> Result<(), WriteError> {
        self.write(move |write| schedule::clear_reminder(write, user, id)).await
    }

    async fn reminder_due(&self, user: UserId, id: ReminderId) -> Result<(), WriteError> {
        self.write(move |write| schedule::reminder_due(write, user, id)).await
    }

    async fn arrange_sidebar(&self, user: UserId, sidebar: Sidebar) -> Result<(), WriteError> {
        self.write(move |write| personal::arrange_sidebar(write, user, sidebar)).await
    }

    async fn set_blocked(
        &self,
        user: UserId,
        other: UserId,
        blocked: Blocked,
    ) -> Result<(), WriteError> {
        self.write(move |write| personal::set_blocked(write, user, other, blocked)).await
    }

    async fn move_marker(
        &self,
        user: UserId,
        room: RoomId,
        to: MarkerMove,
    ) -> Result<Counts, WriteError> {
        self.write(move |write| personal::move_marker(write, user, room, to)).await
    }

    async fn set_involvement(
        &self,
        user: UserId,
        room: RoomId,
        involvement: Involvement,
    ) -> Result<(), WriteError> {
        self.write(move |write| personal::set_involvement(write, user, room, involvement)).await
    }

    async fn set_following(
        &self,
        user: UserId,
        room: RoomId,
        begun_by: Seq,
        follow: Follow,
    ) -> Result<(), WriteError> {
        self.write(move |write| thread::set_following(write, user, room, begun_by, follow)).await
    }

    async fn mark_thread_read(
        &self,
        user: UserId,
        room: RoomId,
        begun_by: Seq,
        seq: Seq,
    ) -> Result<(), WriteError> {
        self.write(move |write| thread::mark_read(write, user, room, begun_by, seq)).await
    }

    async fn save(&self, user: UserId, room: RoomId, message: Seq) -> Result<(), WriteError> {
        self.write(move |write| saved::save(write, user, room, message)).await
    }

    async fn unsave(&self, user: UserId, room: RoomId, message: Seq) -> Result<(), WriteError> {
        self.write(move |write| saved::unsave(write, user, room, message)).await
    }

    async fn update_site(&self, patch: SitePatch) -> Result<Site, WriteError> {
        self.write(|write| site::update(write, patch)).await
    }

    async fn create_invitation(&self, invitation: NewInvitation) -> Result<Invitation, WriteError> {
        self.write(move |write| link::create_invitation(write, &invitation)).await
    }

    async fn revoke_invitation(&self, invitation: InvitationId) -> Result<(), WriteError> {
        self.write(move |write| link::revoke_invitation(write, invitation)).await
    }

    async fn create_reset(&self, reset: NewReset) -> Result<(), WriteError> {
        self.write(move |write| link::create_reset(write, &reset)).await
    }

    async fn use_reset(
        &self,
        secret_hash: [u8; 32],
        password_hash: String,
        now: Timestamp,
    ) -> Result<(User, Vec<SessionId>), WriteError> {
        let (user, mut ended) = self
            .write(move |write| link::use_reset(write, &secret_hash, &password_hash, now))
            .await?;
        ended.extend(self.end_volatile(user.id, None).await?);
        Ok((user, ended))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if let Some(error) = self.health.error() {
            return Err(error);
        }
        self.read(|connection| {
            connection.first("SELECT 1 FROM site", (), |_| Ok(()))?;
            Ok(())
        })
        .await
    }

    async fn site(&self) -> Result<Site, StoreError> {
        self.read(site::read).await
    }

    async fn credentials(&self, nick_key: &str) -> Result<Option<Credentials>, StoreError> {
        let nick_key = nick_key.to_owned();
        self.read(move |connection| account::credentials(connection, &nick_key)).await
    }

    async fn password_hash(&self, user: UserId) -> Result<Option<String>, StoreError> {
        self.read(move |connection| account::password_hash(connection, user)).await
    }

    async fn session(&self, token_hash: [u8; 32]) -> Result<Option<SessionOf>, StoreError> {
        let now = self.clock.now();
        let volatile = self.volatile.user(&token_hash);
        let found = self.read(move |connection| {
            let kept = session::find(connection, &token_hash, now)?;
            let user = volatile.map(|user| account::find(connection, user)).transpose()?;
            Ok((kept, user.flatten()))
        });
        let (kept, user) = found.await?;
        Ok(kept.or_else(|| self.volatile.find(&token_hash, user?, now)))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let now = self.clock.now();
        let mut sessions =
            self.read(move |connection| session::list(connection, user, now)).await?;
        sessions.extend(self.volatile.list(user, now));
        sessions.sort_by_key(|session| Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    async fn user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |connection| account::find(connection, user)).await
    }

    async fn users_by_nick_key(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, User)>, StoreError> {
        self.read(|connection| account::by_nick_keys(connection, keys)).await
    }

    async fn find_users(
        &self,
        query: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        let (query, after) = (query.to_owned(), after.map(str::to_owned));
        self.read(move |connection| account::search(connection, &query, after.as_deref(), limit))
            .await
    }

    async fn user_state(&self, user: UserId) -> Result<UserState, StoreError> {
        self.read(move |connection| personal::state(connection, user)).await
    }

    async fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        self.read(link::invitations).await
    }

    async fn invitation_holds(
        &self,
        secret_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| link::invitation_holds(connection, &secret_hash, now)).await
    }

    async fn person_snapshot(
        &self,
        user: UserId,
        directory_since: Option<u64>,
    ) -> Result<PersonSnapshot, StoreError> {
        self.read(move |connection| {
            Ok(PersonSnapshot {
                user: personal::state(connection, user)?,
                rooms: room::snapshots(connection, user)?,
                directory: directory_since
                    .map(|since| account::directory(connection, since))
                    .transpose()?,
                site: site::read(connection)?,
            })
        })
        .await
    }

    async fn room_snapshot(
        &self,
        user: UserId,
        room: RoomId,
    ) -> Result<Option<RoomSnapshot>, StoreError> {
        self.read(move |connection| room::snapshot(connection, user, room)).await
    }

    async fn standing(
        &self,
        user: UserId,
        room: RoomId,
    ) -> Result<Option<(Room, Standing)>, StoreError> {
        self.read(move |connection| room::room_and_standing(connection, user, room)).await
    }

    async fn rooms(&self, user: UserId) -> Result<Vec<RoomListing>, StoreError> {
        self.read(move |connection| room::listings(connection, user)).await
    }

    async fn members(
        &self,
        reader: UserId,
        room: RoomId,
    ) -> Result<Option<(Vec<Member>, Seq)>, StoreError> {
        self.read(move |connection| room::members(connection, reader, room)).await
    }

    async fn log(
        &self,
        reader: UserId,
        room: RoomId,
        range: LogRange,
        limit: u32,
    ) -> Result<Option<LogPage>, StoreError> {
        self.read(move |connection| log::page(connection, reader, room, range, limit)).await
    }

    async fn messages(
        &self,
        reader: UserId,
        room: RoomId,
        range: LogRange,
        limit: u32,
    ) -> Result<Option<MessagePage>, StoreError> {
        self.read(move |connection| history::messages(connection, reader, room, range, limit)).await
    }

    async fn history(
        &self,
        reader: UserId,
        room: RoomId,
        range: HistoryRange,
        limit: u32,
    ) -> Result<Option<History>, StoreError> {
        self.read(move |connection| history::page(connection, reader, room, range, limit)).await
    }

    async fn message(
        &self,
        reader: UserId,
        room: RoomId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        self.read(move |connection| message::by_id(connection, reader, room, message)).await
    }

    async fn revisions(
        &self,
        reader: UserId,
        room: RoomId,
        message: MessageId,
    ) -> Result<Option<Vec<Revision>>, StoreError> {
        self.read(move |connection| message::revisions(connection, reader, room, message)).await
    }

    async fn seen(
        &self,
        reader: UserId,
        room: RoomId,
        limit: u32,
    ) -> Result<Option<Vec<Seen>>, StoreError> {
        self.read(move |connection| receipt::seen(connection, reader, room, limit)).await
    }

    async fn show_receipts(&self, user: UserId, room: RoomId) -> Result<Vec<UserId>, StoreError> {
        self.read(move |connection| Ok(receipt::told(connection, user, room)?)).await
    }

    async fn pins(&self, reader: UserId, room: RoomId) -> Result<Option<Vec<Message>>, StoreError> {
        self.read(move |connection| message::pins(connection, reader, room)).await
    }

    async fn thread(
        &self,
        reader: UserId,
        room: RoomId,
        begun_by: Seq,
        range: HistoryRange,
        limit: u32,
    ) -> Result<Option<Thread>, StoreError> {
        self.read(move |connection| thread::page(connection, reader, room, begun_by, range, limit))
            .await
    }

    async fn threads(
        &self,
        user: UserId,
        after: Option<ThreadCursor>,
        limit: u32,
    ) -> Result<Vec<(FollowedThread, ThreadCursor)>, StoreError> {
        self.read(move |connection| thread::list(connection, user, after, limit)).await
    }

    async fn latest(&self, user: UserId) -> Result<Vec<LatestMessage>, StoreError> {
        self.read(move |connection| latest::list(connection, user)).await
    }

    async fn mentions(
        &self,
        user: UserId,
        room: Option<RoomId>,
        after: Option<(RoomId, Seq)>,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        self.read(move |connection| mention::unread(connection, user, room, after, limit)).await
    }

    async fn saved(
        &self,
        user: UserId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<(Message, u64)>, StoreError> {
        self.read(move |connection| saved::page(connection, user, before, limit)).await
    }

    async fn scheduled(
        &self,
        author: UserId,
        id: ClientMessageId,
    ) -> Result<Option<Scheduled>, StoreError> {
        self.read(move |connection| Ok(schedule::find(connection, author, id)?)).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.read(move |connection| Ok(due::by(connection, now, limit)?)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| Ok(due::next(connection)?)).await
    }

    async fn heads(&self, user: UserId) -> Result<Heads, StoreError> {
        self.read(move |connection| {
            let (directory, site) = site::versions(connection)?;
            Ok(Heads {
                rooms: room::heads(connection, user)?,
                user: personal::version(connection, user)?,
                directory,
                site,
            })
        })
        .await
    }

    async fn left_since(
        &self,
        user: UserId,
        places: Vec<(RoomId, Seq)>,
    ) -> Result<Vec<RoomId>, StoreError> {
        self.read(move |connection| room::left_since(connection, user, &places)).await
    }

    async fn moment(
        &self,
        reader: UserId,
        room: RoomId,
        at: Timestamp,
    ) -> Result<Option<Seq>, StoreError> {
        self.read(move |connection| log::moment(connection, reader, room, at)).await
    }

    async fn search(
        &self,
        reader: UserId,
        sought: Sought,
        range: SearchRange,
    ) -> Result<Found, StoreError> {
        self.searchers
            .run(move |connection| search::search(connection, reader, &sought, range))
            .await
    }

    async fn shared_rooms(&self, user: UserId) -> Result<Vec<RoomId>, StoreError> {
        self.read(move |connection| room::shared_rooms(connection, user)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FirstRun, NewUser};
    use futures_util::StreamExt as _;
    use futures_util::stream::FuturesOrdered;
    use rusqlite::TransactionBehavior;
    use shared::event::{RoomEvent, ServerEvent};
    use shared::id::ClientMessageId;
    use shared::message::{MessageBody, Posted};

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    struct Desk {
        folder: tempfile::TempDir,
        store: Arc<SqliteStore>,
        told: mpsc::Receiver<Change>,
        user: User,
        room: RoomId,
    }

    impl Desk {
        async fn new() -> Self {
            Self::with_patience(open::BUSY).await
        }

        /// A store that waits so long for another process.
        async fn with_patience(patience: Duration) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(DATABASE);
            let connection = open::writer(&path).unwrap();
            let (changes, told) = mpsc::channel(10_000);
            let clock = Clock::manual(NOW);
            let listener = Listener::Here(changes);
            let started =
                SqliteStore::start(&path, connection, patience, None, clock, listener, None);
            let store = started.unwrap();
            let user = store.register(newcomer()).await.unwrap();
            let room = store.rooms(user.id).await.unwrap()[1].id;
            Self { folder, store, told, user, room }
        }

        async fn say(&self, text: &str) -> Result<Appended, WriteError> {
            let body = MessageBody::new(text).unwrap();
            let said = Posted::new(MessageId::new(), ClientMessageId::new(), body);
            let decide = Box::new(|_: &_| Ok(vec![ServerEvent::MessagePosted(said)]));
            self.store.append(Append::new(self.room, self.user.id, decide)).await
        }

        async fn say_owned(&self, text: String) -> (String, Result<Appended, WriteError>) {
            let said = self.say(&text).await;
            (text, said)
        }

        async fn texts_after(&self, seq: Seq) -> Vec<String> {
            let (mut texts, mut last) = (Vec::new(), seq);
            loop {
                let range = LogRange::After(last);
                let page = self.store.log(self.user.id, self.room, range, 100).await;
                let events = page.unwrap().unwrap().events;
                let Some(event) = events.last() else { return texts };
                last = event.seq;
                let messages = events.iter().filter_map(RoomEvent::message);
                texts.extend(messages.map(|message| message.body.unwrap().as_str().to_owned()));
            }
        }

        async fn head(&self) -> Seq {
            self.store.room_snapshot(self.user.id, self.room).await.unwrap().unwrap().head
        }

        /// Does something with the connection that writes.
        async fn with_writer(&self, work: impl FnOnce(&Connection) + Send + 'static) {
            self.store
                .write(|write| {
                    work(write.connection);
                    Ok(())
                })
                .await
                .unwrap();
        }
    }

    fn newcomer() -> NewUser {
        NewUser {
            id: UserId::new(),
            nick: "ada".into(),
            nick_key: "ada".into(),
            name: "Ada".into(),
            password_hash: "hash".into(),
            invitation: None,
            first_run: FirstRun {
                site_name: "Place".into(),
                first_room: "Lobby".into(),
                announcements: "Announcements".into(),
            },
            decide: Box::new(|_| Ok(())),
        }
    }

    fn session(user: &User, token: u8) -> NewSession {
        NewSession {
            id: SessionId::new(),
            user: user.id,
            token_hash: [token; 32],
            at: NOW,
            agent: String::new(),
            address: String::new(),
        }
    }

    fn limit_pages(connection: &Connection, pages: u32) {
        connection.pragma_update(None, "max_page_count", pages).unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_refuses_words_lets_people_read_and_sign_in_and_heals() {
        let mut desk = Desk::new().await;
        desk.with_writer(|connection| limit_pages(connection, 1)).await;
        let text = "word ".repeat(1000);
        let refused = loop {
            if let Err(error) = desk.say(&text).await {
                break error;
            }
        };
        assert_eq!(refused, WriteError::Store(StoreError::Full));
        let head = desk.head().await;
        while desk.told.try_recv().is_ok() {}
        assert_eq!(desk.say(&text).await, Err(WriteError::Store(StoreError::Full)));
        assert_eq!(desk.head().await, head, "what was refused took no place");
        assert!(desk.told.try_recv().is_err(), "and was told to nobody");

        // Rows find no room either, once the pages that were half empty are full.
        let mut kept = Vec::new();
        for token in 0..200 {
            let new = session(&desk.user, token);
            desk.store.create_session(new.clone()).await.unwrap();
            kept.push(new);
        }
        let last = kept.last().unwrap();
        assert!(!desk.store.volatile.list(desk.user.id, NOW).is_empty(), "some are in memory");
        let found = desk.store.session(last.token_hash).await.unwrap().unwrap();
        assert_eq!((found.id, &found.user), (last.id, &desk.user));
        assert_eq!(desk.store.sessions(desk.user.id).await.unwrap().len(), 200);
        desk.store.touch_session(last.id, NOW).await.unwrap();
        assert!(desk.store.ready().await.is_ok());
        assert!(desk.store.end_session(desk.user.id, last.id).await.unwrap());
        assert_eq!(desk.told.recv().await, Some(Change::SessionsEnded(vec![last.id])));
        assert_eq!(desk.store.session(last.token_hash).await.unwrap(), None);

        desk.with_writer(|connection| limit_pages(connection, u32::MAX)).await;
        desk.say(&text).await.unwrap();
        assert_eq!(desk.head().await, head.next());
        let kept = &kept[kept.len() - 2];
        desk.store.touch_session(kept.id, NOW).await.unwrap();
        assert_eq!(desk.store.volatile.user(&kept.token_hash), None, "it is in a row now");
        assert!(desk.store.session(kept.token_hash).await.unwrap().is_some());
        desk.store.close().await;
    }

    #[tokio::test]
    async fn a_locked_database_is_waited_for_and_then_refused_for_now() {
        let desk = Desk::with_patience(Duration::from_millis(50)).await;
        let mut other = Connection::open(desk.folder.path().join(DATABASE)).unwrap();
        let foreign = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let head = desk.head().await;
        assert_eq!(desk.say("now?").await, Err(WriteError::Store(StoreError::Busy)));
        foreign.rollback().unwrap();
        desk.say("then").await.unwrap();
        assert_eq!(desk.head().await, head.next());
        desk.store.close().await;
    }

    #[tokio::test]
    async fn what_waits_for_a_locked_database_is_written_in_order_or_refused_and_never_both() {
        let desk = Desk::with_patience(Duration::from_millis(200)).await;
        let before = desk.head().await;
        let mut other = Connection::open(desk.folder.path().join(DATABASE)).unwrap();
        let mut lock =
            Some(other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap());
        // More than one group, and more whenever one is answered, until some have been taken.
        let (mut number, mut refused, mut taken) = (0_u32, 0, Vec::new());
        let mut asked = FuturesOrdered::new();
        while taken.len() < 300 {
            while asked.len() < 300 {
                let text = format!("number {number}");
                asked.push_back(desk.say_owned(text));
                number += 1;
            }
            match asked.next().await.unwrap() {
                (text, Ok(_)) => taken.push(text),
                (_, Err(error)) => {
                    assert_eq!(error, WriteError::Store(StoreError::Busy));
                    refused += 1;
                    drop(lock.take());
                }
            }
        }
        taken.extend(
            asked
                .filter_map(async |(text, said)| said.ok().map(|_| text))
                .collect::<Vec<_>>()
                .await,
        );
        assert!(refused > 0);
        assert_eq!(desk.texts_after(before).await, taken);
        desk.store.close().await;
    }

    #[tokio::test]
    async fn nobody_waits_for_a_locked_database_only_to_note_that_a_session_is_in_use() {
        let desk = Desk::with_patience(Duration::from_hours(1)).await;
        let session = session(&desk.user, 1);
        desk.store.create_session(session.clone()).await.unwrap();
        let mut other = Connection::open(desk.folder.path().join(DATABASE)).unwrap();
        let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
        desk.store.touch_session(session.id, NOW).await.unwrap();
        lock.rollback().unwrap();
        desk.store.close().await;
    }

    #[tokio::test]
    async fn after_a_failure_of_the_disk_nothing_is_acknowledged_any_more() {
        let mut desk = Desk::new().await;
        let failed = StoreError::Disk("an injected failure".into());
        let head = desk.head().await;
        while desk.told.try_recv().is_ok() {}
        let failing = desk.store.write({
            let failed = failed.clone();
            move |_| Err::<(), _>(failed.into())
        });
        let (failing, neighbour) = tokio::join!(failing, desk.say("in the same group"));
        assert_eq!(failing, Err(failed.clone().into()));
        assert_eq!(neighbour, Err(failed.clone().into()));
        assert_eq!(desk.store.failed().await, failed, "the server is told to end");
        assert_eq!(desk.say("later").await, Err(failed.clone().into()));
        assert_eq!(desk.store.ready().await, Err(failed));
        assert_eq!(desk.head().await, head);
        assert!(desk.told.try_recv().is_err());
        desk.store.close().await;
    }

    #[tokio::test]
    async fn what_a_message_said_leaves_the_index_as_soon_as_it_changes() {
        let desk = Desk::new().await;
        let appended = desk.say("a plum").await.unwrap();
        let Appended::Now { events, .. } = appended else { panic!("{appended:?}") };
        let (room, seq) = (desk.room, events[0].seq);
        let indexed = async || {
            let count = |connection: &Connection| {
                let sql = "SELECT count(*) FROM search_words WHERE search_words MATCH 'plum'";
                Ok(connection.first(sql, (), |row| row.get::<_, u32>(0))?.unwrap())
            };
            desk.store.read(count).await.unwrap()
        };
        desk.store.index_all().await.unwrap();
        assert_eq!(indexed().await, 1);
        for _ in 0..2 {
            desk.with_writer(move |connection| index::changed(connection, room, seq).unwrap())
                .await;
        }
        assert_eq!(indexed().await, 0);
        desk.store.index_all().await.unwrap();
        assert_eq!(indexed().await, 1);
        desk.store.close().await;
        backup::verify(&desk.folder.path().join(DATABASE)).unwrap();
    }
}
