//! Where everything durable lives. The trait is narrow on purpose: append events together with
//! the rows that follow from them, read a range of a log, a few look-ups. What may be done is
//! decided in `chat`, by closures that run inside the store's transaction, so that every store
//! decides alike and no decision is stale.
//!
//! Every change is announced on the channel the store was opened with, after its commit and in
//! the order of commits.

pub mod sqlite;

use crate::search::query::{Has, Is};
use crate::search::sought::{Match, Words};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use shared::api::{FollowedThread, History, LatestMessage, Thread};
use shared::draft::Draft;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, ServerEvent, UserEvent, UserState};
use shared::frame::Directory;
use shared::id::{
    ClientMessageId, Epoch, InvitationId, MessageId, ReminderId, RoomId, Seq, SessionId, UserId,
};
use shared::message::{Acknowledgement, Emoji, Message, Revision};
use shared::permission::Standing;
use shared::room::{
    Counts, Involvement, Member, Room, RoomKind, RoomListing, RoomPurpose, RoomSnapshot, Seen,
};
use shared::schedule::{Reminder, Scheduled};
use shared::sidebar::Sidebar;
use shared::site::{Invitation, Registration, Session, Site};
use shared::time::Timestamp;
use shared::user::{Receipts, Settings, SiteRole, User};

/// A session ends when it has not been used for this long, and when it is this old.
pub const SESSION_IDLE_MILLIS: i64 = 14 * 24 * 60 * 60 * 1000;
pub const SESSION_ABSOLUTE_MILLIS: i64 = 90 * 24 * 60 * 60 * 1000;

/// What has been committed, in the order of commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Room(RoomEvent),
    User {
        user: UserId,
        version: u64,
        event: UserEvent,
    },
    Person {
        directory: u64,
        user: User,
    },
    Site(Site),
    /// These logins are over: by their owners, a reset, or because the person was disabled.
    SessionsEnded(Vec<SessionId>),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing can be written for want of space; reading works.
    #[error("the disk is full")]
    Full,
    /// Another process holds the database; the same call may succeed later.
    #[error("the database is busy")]
    Busy,
    /// The database is damaged: it must not be written any further.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// One event is not what was written: nothing of it is shown. The rest goes on.
    #[error("the database is damaged at one place: {0}")]
    Damaged(String),
    /// The disk refused to make a commit durable: what is on it is unknown until a restart.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    #[error("{0}")]
    Internal(String),
}

/// A write that did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// By the rules; nothing is wrong with the store.
    #[error("refused: {0:?}")]
    Refused(ErrorCode),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ErrorCode> for WriteError {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code)
    }
}

/// A decision taken inside the transaction, by the facts as they are there.
pub type Decide<Facts, Decision> =
    Box<dyn FnOnce(&Facts) -> Result<Decision, ErrorCode> + Send + 'static>;

/// A change of one room.
pub struct Append {
    pub room: RoomId,
    pub actor: UserId,
    /// The other person it concerns; their facts are read too.
    pub target: Option<UserId>,
    /// The messages of the room it concerns; their facts are read too.
    pub about: Vec<Seq>,
    /// A message of any room that it repeats; read through the actor's membership.
    pub origin: Option<(RoomId, Seq)>,
    /// Makes a message's resend harmless.
    pub once: Option<Once>,
    /// What to append, in order. Nothing, when it is so already.
    pub decide: Decide<RoomFacts, Vec<ServerEvent>>,
}

impl Append {
    /// Of the room and the actor alone.
    pub fn new(room: RoomId, actor: UserId, decide: Decide<RoomFacts, Vec<ServerEvent>>) -> Self {
        Self { room, actor, target: None, about: Vec::new(), origin: None, once: None, decide }
    }
}

impl core::fmt::Debug for Append {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Append")
            .field("room", &self.room)
            .field("actor", &self.actor)
            .field("target", &self.target)
            .field("about", &self.about)
            .field("once", &self.once)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    pub client_message_id: ClientMessageId,
    /// Of room and text as first sent, so that a later edit makes no difference.
    pub hash: [u8; 32],
}

/// A room and the people concerned, as they are inside the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomFacts {
    pub now: Timestamp,
    pub room: Room,
    pub head: Seq,
    /// The actor's.
    pub standing: Standing,
    /// How many owners the room has.
    pub owners: u32,
    pub target: Option<TargetFacts>,
    /// Those of the messages it is about that there are, in their present state.
    pub messages: Vec<Message>,
    /// The message it repeats, if the actor may read it.
    pub origin: Option<Message>,
    /// How many messages are pinned; read only where it is about messages.
    pub pins: usize,
    /// In a direct room of two: the other person has blocked the actor.
    pub blocked: bool,
}

impl RoomFacts {
    /// One of the messages it is about.
    pub fn message(&self, seq: Seq) -> Result<&Message, ErrorCode> {
        self.messages.iter().find(|message| message.seq == seq).ok_or(ErrorCode::NotFound)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetFacts {
    pub user: UserId,
    /// `None`: not in the room.
    pub role: Option<shared::room::Role>,
    pub disabled: bool,
}

/// What an append did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// These events are durable now; none when it was so already.
    Now { room: Room, events: Vec<RoomEvent> },
    /// The message was appended earlier under the same id, with the same text.
    Earlier(Acknowledgement),
}

/// What somebody chooses in a poll. Of an anonymous one no event says whose it is.
pub struct Ballot {
    pub room: RoomId,
    pub voter: UserId,
    pub message: Seq,
    /// Rising, each once.
    pub choices: Vec<u32>,
    pub decide: Decide<RoomFacts, ()>,
}

impl core::fmt::Debug for Ballot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ballot")
            .field("room", &self.room)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

/// What happens by itself, once its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A poll closes.
    Poll {
        room: RoomId,
        message: Seq,
    },
    /// A message is sent.
    Send {
        author: UserId,
        client_message_id: ClientMessageId,
    },
    /// Somebody is reminded.
    Reminder {
        user: UserId,
        id: ReminderId,
    },
    StatusEnds {
        user: UserId,
    },
    /// Somebody's quiet hours begin or end.
    QuietEdge {
        user: UserId,
    },
}

/// A room to make, with its first events: a `RoomCreated` and the `MemberJoined` of its people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoom {
    pub id: RoomId,
    pub creator: UserId,
    pub kind: RoomKind,
    pub purpose: RoomPurpose,
    pub name: String,
    pub topic: String,
    pub members: Vec<Member>,
}

/// An account to make.
pub struct NewUser {
    pub id: UserId,
    pub nick: String,
    /// What two nicks that look alike have in common; unique.
    pub nick_key: String,
    pub name: String,
    pub password_hash: String,
    /// The SHA-256 of an invitation's secret, when one was given.
    pub invitation: Option<[u8; 32]>,
    /// Names for the first run.
    pub first_run: FirstRun,
    pub decide: Decide<RegistrationFacts, ()>,
}

impl core::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NewUser")
            .field("id", &self.id)
            .field("nick", &self.nick)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstRun {
    pub site_name: String,
    /// Open, for talk; everybody lands in it.
    pub first_room: String,
    pub announcements: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationFacts {
    /// Nobody has registered yet.
    pub first_run: bool,
    pub registration: Registration,
    /// The invitation named is known, not revoked, not expired and has uses left.
    pub invitation_holds: bool,
}

/// What a sign-in is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub user: UserId,
    pub password_hash: String,
    pub disabled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub id: SessionId,
    pub user: UserId,
    /// SHA-256 of the token; the token itself is kept nowhere.
    pub token_hash: [u8; 32],
    pub at: Timestamp,
    pub agent: String,
    pub address: String,
}

/// A session and whose it is, as one look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOf {
    pub id: SessionId,
    pub user: User,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

/// What changes about a person; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonPatch {
    pub name: Option<String>,
    pub status: Option<Status>,
    pub role: Option<SiteRole>,
    pub disabled: Option<bool>,
}

/// What a person says of themselves, until a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub text: String,
    pub emoji: Option<Emoji>,
    pub until: Option<Timestamp>,
}

/// What changes about the place; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SitePatch {
    pub name: Option<String>,
    pub registration: Option<Registration>,
    pub receipts: Option<Receipts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerMove {
    /// To `seq` or the room's head, whichever comes first; never back.
    Forward(Seq),
    /// The same by what was read then: nothing, where [`MarkerMove::Before`] came later.
    ReadAt(Seq, Timestamp),
    /// Just before `seq`; only this moves it back.
    Before(Seq),
}

/// Which part of a log: the bounds exclude themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRange {
    After(Seq),
    /// The last ones before.
    Before(Seq),
    Latest,
}

/// Which part of a room's history: [`HistoryRange::Around`] holds its place, the others exclude it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRange {
    After(Seq),
    /// The last ones before.
    Before(Seq),
    /// As many up to the place as after it.
    Around(Seq),
    Latest,
}

/// A place among the threads that a person follows, newest replies first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadCursor {
    pub last_at: Timestamp,
    pub room: RoomId,
    pub root: Seq,
}

impl ThreadCursor {
    /// Before all of them.
    pub const NEWEST: Self = Self {
        last_at: Timestamp(i64::MAX),
        room: RoomId::from_uuid(uuid::Uuid::max()),
        root: Seq(u64::MAX),
    };
}

/// A part of a log, contiguous and rising.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    pub epoch: Epoch,
    pub head: Seq,
    pub events: Vec<RoomEvent>,
}

/// Messages in rising order, and whether there are more on each side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    pub messages: Vec<Message>,
    pub more_before: bool,
    pub more_after: bool,
}

/// How far everything has come that a person is told of, of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The logs of the rooms they are in.
    pub rooms: Vec<(RoomId, Seq)>,
    /// The version of their own state.
    pub user: u64,
    pub directory: u64,
    pub site: u64,
}

/// All that a person's client starts from, read in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSnapshot {
    pub user: UserState,
    pub rooms: Vec<RoomSnapshot>,
    /// When asked for.
    pub directory: Option<Directory>,
    /// With the announcements room.
    pub site: Site,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    pub id: InvitationId,
    pub secret_hash: [u8; 32],
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// `None`: without limit.
    pub uses: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReset {
    pub user: UserId,
    pub secret_hash: [u8; 32],
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A message's place among those of all rooms: rises with time. Means nothing outside of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub i64);

/// What messages are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    pub words: Words,
    /// One of them; anybody, when absent.
    pub authors: Option<Vec<UserId>>,
    pub not_authors: Vec<UserId>,
    /// In one of them; in any room, when absent.
    pub rooms: Option<Vec<RoomId>>,
    pub not_rooms: Vec<RoomId>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    pub has: Vec<Has>,
    pub has_not: Vec<Has>,
    pub is: Vec<Is>,
    pub is_not: Vec<Is>,
}

/// Which part of what there is to find: the bounds exclude themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchRange {
    pub above: Option<Position>,
    pub below: Option<Position>,
    pub limit: u32,
}

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// Where to go on. There may be more even when there are fewer hits than asked for: a search
    /// looks at so many messages at once and no more.
    pub next: Option<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub position: Position,
    pub message: Message,
    pub found: Match,
}

/// `None` and `NotFound` mean both that there is no such thing and that it is not for the caller.
#[async_trait]
pub trait Store: Send + Sync + core::fmt::Debug + 'static {
    // Writes. Each is one transaction, shared with other writes of the same moment; when it
    // returns, it is durable.

    /// Appends what `decide` says to a room's log, with the rows that follow from it.
    async fn append(&self, append: Append) -> Result<Appended, WriteError>;
    /// Takes the ballot in the place of the voter's earlier one, if `decide` allows it.
    async fn vote(&self, ballot: Ballot) -> Result<(), WriteError>;
    /// Closes a poll whose time has come; nothing, when it is closed, or gone.
    async fn close_due_poll(&self, room: RoomId, message: Seq) -> Result<(), WriteError>;
    /// Makes a room. Of a direct room, the one that exists between exactly these people if there
    /// is one. Refuses [`ErrorCode::Blocked`] to open a direct room of two with somebody who has
    /// blocked the creator, [`ErrorCode::NotFound`] for people who don't exist or are disabled.
    async fn create_room(&self, room: NewRoom) -> Result<Room, WriteError>;
    /// Makes an account. The first one becomes administrator and owns the two first rooms; every
    /// one lands in them. Refuses [`ErrorCode::NickTaken`].
    async fn register(&self, user: NewUser) -> Result<User, WriteError>;
    /// Signs in. While the disk is full, the session is kept in memory and ends with the process.
    async fn create_session(&self, session: NewSession) -> Result<(), WriteError>;
    /// Notes that the session is in use; while the disk is full or another process holds the database,
    /// nothing is noted, and nobody waits for it.
    async fn touch_session(&self, session: SessionId, at: Timestamp) -> Result<(), WriteError>;
    /// Ends one of the user's sessions; `false` when there is no such one.
    async fn end_session(&self, user: UserId, session: SessionId) -> Result<bool, WriteError>;
    /// Ends the user's sessions but `except`, and names them.
    async fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<Vec<SessionId>, WriteError>;
    async fn set_password_hash(&self, user: UserId, hash: String) -> Result<(), WriteError>;
    /// Disabling ends all the person's sessions. Refuses [`ErrorCode::LastOwner`] where no enabled
    /// administrator would remain.
    async fn update_person(&self, user: UserId, patch: PersonPatch) -> Result<User, WriteError>;
    /// Takes a status away whose time is over.
    async fn end_status(&self, user: UserId) -> Result<(), WriteError>;
    /// When the user's quiet hours begin or end next.
    async fn set_quiet_edge(&self, user: UserId, at: Option<Timestamp>) -> Result<(), WriteError>;
    async fn update_settings(&self, user: UserId, settings: Settings) -> Result<(), WriteError>;
    /// Keeps the draft in the place of an older one; an empty text takes that away. Where a newer one
    /// is kept, that one is announced again. Refuses [`ErrorCode::TooMany`].
    async fn keep_draft(&self, user: UserId, draft: Draft) -> Result<(), WriteError>;
    /// Keeps a message for later, in the place of an earlier one with its id. Refuses
    /// [`ErrorCode::TooMany`], and [`ErrorCode::ClientMessageIdConflict`] where it was sent already.
    async fn schedule(&self, author: UserId, scheduled: Scheduled) -> Result<(), WriteError>;
    async fn cancel_scheduled(&self, author: UserId, id: ClientMessageId)
    -> Result<(), WriteError>;
    /// Notes why it could not be sent; it is not due any more.
    async fn fail_scheduled(
        &self,
        author: UserId,
        id: ClientMessageId,
        code: ErrorCode,
    ) -> Result<(), WriteError>;
    /// In the place of an earlier one with its id. Refuses [`ErrorCode::TooMany`].
    async fn set_reminder(&self, user: UserId, reminder: Reminder) -> Result<(), WriteError>;
    async fn clear_reminder(&self, user: UserId, id: ReminderId) -> Result<(), WriteError>;
    /// Its time has come: tells so, once.
    async fn reminder_due(&self, user: UserId, id: ReminderId) -> Result<(), WriteError>;
    async fn arrange_sidebar(&self, user: UserId, sidebar: Sidebar) -> Result<(), WriteError>;
    async fn set_blocked(
        &self,
        user: UserId,
        other: UserId,
        blocked: Blocked,
    ) -> Result<(), WriteError>;
    /// Moves the read marker and answers the counts that follow. Announces nothing when it stays.
    async fn move_marker(
        &self,
        user: UserId,
        room: RoomId,
        to: MarkerMove,
    ) -> Result<Counts, WriteError>;
    async fn set_involvement(
        &self,
        user: UserId,
        room: RoomId,
        involvement: Involvement,
    ) -> Result<(), WriteError>;
    /// Refuses [`ErrorCode::NotFound`] where the root is no message that can have a thread.
    async fn set_following(
        &self,
        user: UserId,
        room: RoomId,
        root: Seq,
        follow: Follow,
    ) -> Result<(), WriteError>;
    /// Moves the marker of a followed thread forward. Nothing, where it is not followed.
    async fn mark_thread_read(
        &self,
        user: UserId,
        room: RoomId,
        root: Seq,
        seq: Seq,
    ) -> Result<(), WriteError>;
    /// Refuses [`ErrorCode::NotFound`] where there is no such message for the user.
    async fn save(&self, user: UserId, room: RoomId, message: Seq) -> Result<(), WriteError>;
    async fn unsave(&self, user: UserId, room: RoomId, message: Seq) -> Result<(), WriteError>;
    async fn update_site(&self, patch: SitePatch) -> Result<Site, WriteError>;
    async fn create_invitation(&self, invitation: NewInvitation) -> Result<Invitation, WriteError>;
    async fn revoke_invitation(&self, invitation: InvitationId) -> Result<(), WriteError>;
    /// Makes a reset link; earlier ones of the same user end.
    async fn create_reset(&self, reset: NewReset) -> Result<(), WriteError>;
    /// Uses a reset link: sets the password hash, ends all sessions and names them. Refuses
    /// [`ErrorCode::LinkInvalid`].
    async fn use_reset(
        &self,
        secret_hash: [u8; 32],
        password_hash: String,
        now: Timestamp,
    ) -> Result<(User, Vec<SessionId>), WriteError>;

    // Reads.

    /// Whether the store answers.
    async fn ready(&self) -> Result<(), StoreError>;
    /// With the announcements room; whoever answers strangers leaves it out.
    async fn site(&self) -> Result<Site, StoreError>;
    async fn credentials(&self, nick_key: &str) -> Result<Option<Credentials>, StoreError>;
    async fn password_hash(&self, user: UserId) -> Result<Option<String>, StoreError>;
    async fn session(&self, token_hash: [u8; 32]) -> Result<Option<SessionOf>, StoreError>;
    /// Newest first; `current` is false in all of them.
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError>;
    async fn user(&self, user: UserId) -> Result<Option<User>, StoreError>;
    /// The people behind these nick keys, with the key each was found by.
    async fn users_by_nick_key(&self, keys: Vec<String>)
    -> Result<Vec<(String, User)>, StoreError>;
    /// By the beginning of a nick or of a word in a name, by nick, after the nick `after`.
    async fn find_users(
        &self,
        query: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError>;
    async fn user_state(&self, user: UserId) -> Result<UserState, StoreError>;
    async fn invitations(&self) -> Result<Vec<Invitation>, StoreError>;
    async fn invitation_holds(
        &self,
        secret_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    async fn person_snapshot(
        &self,
        user: UserId,
        directory_since: Option<u64>,
    ) -> Result<PersonSnapshot, StoreError>;
    async fn room_snapshot(
        &self,
        user: UserId,
        room: RoomId,
    ) -> Result<Option<RoomSnapshot>, StoreError>;
    /// The standing of anybody in any room; `None` when there is no such room.
    async fn standing(
        &self,
        user: UserId,
        room: RoomId,
    ) -> Result<Option<(Room, Standing)>, StoreError>;
    /// The open rooms and the user's own, by name.
    async fn rooms(&self, user: UserId) -> Result<Vec<RoomListing>, StoreError>;
    /// Owners first, then moderators, then members, each by nick; and the head they are as of.
    async fn members(
        &self,
        reader: UserId,
        room: RoomId,
    ) -> Result<Option<(Vec<Member>, Seq)>, StoreError>;
    async fn log(
        &self,
        reader: UserId,
        room: RoomId,
        range: LogRange,
        limit: u32,
    ) -> Result<Option<LogPage>, StoreError>;
    async fn messages(
        &self,
        reader: UserId,
        room: RoomId,
        range: LogRange,
        limit: u32,
    ) -> Result<Option<MessagePage>, StoreError>;
    /// The first place in a room's log from this moment on; one beyond the head when there is none.
    async fn moment(
        &self,
        reader: UserId,
        room: RoomId,
        at: Timestamp,
    ) -> Result<Option<Seq>, StoreError>;
    /// Messages of the rooms the reader is in now, as they are now.
    async fn search(
        &self,
        reader: UserId,
        sought: Sought,
        range: SearchRange,
    ) -> Result<Found, StoreError>;
    /// What the room's page shows, of one moment.
    async fn history(
        &self,
        reader: UserId,
        room: RoomId,
        range: HistoryRange,
        limit: u32,
    ) -> Result<Option<History>, StoreError>;
    async fn message(
        &self,
        reader: UserId,
        room: RoomId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError>;
    /// What a message has said, from the original to the present text; nothing of a deleted one.
    async fn revisions(
        &self,
        reader: UserId,
        room: RoomId,
        message: MessageId,
    ) -> Result<Option<Vec<Revision>>, StoreError>;
    /// How far others of the room have read, those who have read furthest first; nobody, where the
    /// reader or the place does not show it.
    async fn seen(
        &self,
        reader: UserId,
        room: RoomId,
        limit: u32,
    ) -> Result<Option<Vec<Seen>>, StoreError>;
    /// The other people of the room who are told how far the user has read; nobody, where the user
    /// or the place does not show it.
    async fn show_receipts(&self, user: UserId, room: RoomId) -> Result<Vec<UserId>, StoreError>;
    /// The pinned messages, the last pinned first.
    async fn pins(&self, reader: UserId, room: RoomId) -> Result<Option<Vec<Message>>, StoreError>;
    /// A page of a thread; `None` also where `root` is not the root of one.
    async fn thread(
        &self,
        reader: UserId,
        room: RoomId,
        root: Seq,
        range: HistoryRange,
        limit: u32,
    ) -> Result<Option<Thread>, StoreError>;
    /// The threads a person follows, those with the newest replies first.
    async fn threads(
        &self,
        user: UserId,
        after: Option<ThreadCursor>,
        limit: u32,
    ) -> Result<Vec<(FollowedThread, ThreadCursor)>, StoreError>;
    /// What was said last in each of the user's rooms.
    async fn latest(&self, user: UserId) -> Result<Vec<LatestMessage>, StoreError>;
    /// Unread messages that mention the user, as [`Counts`](shared::room::Counts) and the user's
    /// involvement count them: room by room, in each the oldest first, beyond `after`.
    async fn mentions(
        &self,
        user: UserId,
        room: Option<RoomId>,
        after: Option<(RoomId, Seq)>,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError>;
    /// What the user saved before `before`, the last saved first, each with its place in that
    /// order.
    async fn saved(
        &self,
        user: UserId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<(Message, u64)>, StoreError>;
    /// A message that waits for its time, or is due.
    async fn scheduled(
        &self,
        author: UserId,
        id: ClientMessageId,
    ) -> Result<Option<Scheduled>, StoreError>;
    /// What is due by now, the earliest first of each kind.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError>;
    /// When the next thing is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
    async fn heads(&self, user: UserId) -> Result<Heads, StoreError>;
    /// Those of the rooms in whose log the user's membership has ended after this place, whether
    /// they have come back or not.
    async fn left_since(
        &self,
        user: UserId,
        places: Vec<(RoomId, Seq)>,
    ) -> Result<Vec<RoomId>, StoreError>;
    /// The user's rooms in which people see each other's presence: all but announcements.
    async fn shared_rooms(&self, user: UserId) -> Result<Vec<RoomId>, StoreError>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    Yes,
    No,
}
