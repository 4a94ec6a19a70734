//! The embedded store: `SQLite`, one thread that writes, a few connections that read beside it.
//! Why so: `docs/adr/0002-rusqlite-and-group-commit.md`.

mod account;
mod checkpoint;
mod health;
mod link;
mod log;
mod open;
mod personal;
mod readers;
mod room;
mod row;
mod session;
mod site;
mod writer;

pub use open::OpenError;

use self::checkpoint::Checkpointer;
use self::health::Health;
use self::open::{DATABASE, FolderLock};
use self::readers::Readers;
use self::row::Query as _;
use self::writer::{Jobs, Write, Writer};
use super::{
    Append, Appended, Blocked, Change, Credentials, LogPage, LogRange, MarkerMove, MessagePage,
    NewInvitation, NewReset, NewRoom, NewSession, NewUser, PersonPatch, PersonSnapshot, SessionOf,
    SitePatch, Store, StoreError, WriteError,
};
use crate::clock::Clock;
use async_trait::async_trait;
use rusqlite::Connection;
use shared::event::UserState;
use shared::id::{InvitationId, RoomId, Seq, SessionId, UserId};
use shared::permission::Standing;
use shared::room::{Counts, Involvement, Member, Room, RoomListing, RoomSnapshot};
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
    health: Arc<Health>,
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
        let lock = FolderLock::take(folder)?;
        let path = folder.join(DATABASE);
        let connection = open::writer(&path)?;
        Self::start(&path, connection, Some(lock), clock, changes)
    }

    fn start(
        path: &Path,
        connection: Connection,
        lock: Option<FolderLock>,
        clock: Clock,
        changes: mpsc::Sender<Change>,
    ) -> Result<Arc<Self>, OpenError> {
        let readers = Readers::open(path)?;
        let health = Arc::new(Health::new());
        let thread = |error: std::io::Error| OpenError::Other {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let checkpointer =
            Checkpointer::spawn(open::beside(path)?, Arc::clone(&health)).map_err(thread)?;
        let writer = Writer {
            connection,
            clock: clock.clone(),
            changes,
            health: Arc::clone(&health),
            checkpointer,
            lock,
        };
        let (ended, writer_ended) = oneshot::channel();
        let jobs = writer.spawn(ended).map_err(thread)?;
        Ok(Arc::new(Self {
            clock,
            jobs: Mutex::new(Some(jobs)),
            readers,
            health,
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
        drop(lock(&self.jobs).take());
        let ended = lock(&self.writer_ended).take();
        self.readers.close().await;
        if let Some(ended) = ended {
            // Its sender is dropped at the very end: that is the sign.
            let _ = ended.await;
        }
    }

    async fn write<T, F>(&self, work: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T, WriteError> + Send + 'static,
    {
        let jobs = lock(&self.jobs).clone();
        jobs.ok_or(StoreError::Closed)?.run(work).await
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(work).await
    }
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

    async fn create_room(&self, room: NewRoom) -> Result<Room, WriteError> {
        self.write(|write| room::create(write, room)).await
    }

    async fn register(&self, user: NewUser) -> Result<User, WriteError> {
        self.write(|write| account::register(write, user)).await
    }

    async fn create_session(&self, session: NewSession) -> Result<(), WriteError> {
        self.write(move |write| session::create(write, &session)).await
    }

    async fn touch_session(&self, session: SessionId, at: Timestamp) -> Result<(), WriteError> {
        self.write(move |write| session::touch(write, session, at)).await
    }

    async fn end_session(&self, user: UserId, session: SessionId) -> Result<bool, WriteError> {
        self.write(move |write| session::end(write, user, session)).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<Vec<SessionId>, WriteError> {
        self.write(move |write| session::end_all(write, user, except)).await
    }

    async fn set_password_hash(&self, user: UserId, hash: String) -> Result<(), WriteError> {
        self.write(move |write| account::set_password_hash(write, user, &hash)).await
    }

    async fn update_person(&self, user: UserId, patch: PersonPatch) -> Result<User, WriteError> {
        self.write(move |write| account::update(write, user, patch)).await
    }

    async fn update_settings(&self, user: UserId, settings: Settings) -> Result<(), WriteError> {
        self.write(move |write| personal::update_settings(write, user, settings)).await
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
        self.write(move |write| link::use_reset(write, &secret_hash, &password_hash, now)).await
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
        self.read(move |connection| session::find(connection, &token_hash, now)).await
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let now = self.clock.now();
        self.read(move |connection| session::list(connection, user, now)).await
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
        self.read(move |connection| log::messages(connection, reader, room, range, limit)).await
    }

    async fn heads(&self, user: UserId) -> Result<Vec<(RoomId, Seq)>, StoreError> {
        self.read(move |connection| room::heads(connection, user)).await
    }

    async fn shared_rooms(&self, user: UserId) -> Result<Vec<RoomId>, StoreError> {
        self.read(move |connection| room::shared_rooms(connection, user)).await
    }
}
