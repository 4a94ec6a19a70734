//! The HTTP endpoints as types: both ends name [`Endpoint::ROUTE`] and the two body types, so
//! that neither builds when they disagree. The table [`ENDPOINTS`] is what the `OpenAPI` document
//! and the router are made from.

use crate::command::{ClientCommand, CommandReply};
use crate::event::RoomEvent;
use crate::frame::{Resume, ServerFrame};
use crate::id::{ClientMessageId, ConnectionId, Epoch, MessageId, RoomId, Seq, SessionId, UserId};
use crate::latest::Preview;
use crate::message::{Acknowledgement, Message, Revision};
use crate::room::{Member, Membership, Role, Room, RoomKind, RoomListing, Seen, ThreadCounts};
use crate::site::{Invitation, Session, Site};
use crate::tagged::merged;
use crate::user::{Settings, User};
use core::fmt::Display;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The session cookie's name over plain HTTP, and over TLS.
pub const COOKIE_PLAIN: &str = "hubbub_session";
pub const COOKIE_SECURE: &str = "__Host-hubbub_session";

/// The WebSocket's path.
pub const WEBSOCKET: &str = "/api/v1/ws";
/// Where frames come as server-sent events, one JSON object a line, and by asking again and again:
/// by `GET` from now on, by `POST` from a [`Resume`] on.
pub const EVENTS: &str = "/api/v1/events";
pub const STREAM: &str = "/api/v1/stream";
pub const POLL: &str = "/api/v1/poll";
/// The live connection's doors, whatever carries it.
pub const DOORS: &[(Method, &str)] = &[
    (Method::Get, WEBSOCKET),
    (Method::Get, EVENTS),
    (Method::Post, EVENTS),
    (Method::Get, STREAM),
    (Method::Post, STREAM),
    (Method::Get, POLL),
    (Method::Post, POLL),
];
/// The `OpenAPI` document's path.
pub const OPENAPI: &str = "/api/v1/openapi.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// Who may call an endpoint at all; rooms have their own rules beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    Anyone,
    SignedIn,
    Administrator,
}

pub trait Endpoint {
    const METHOD: Method;
    /// With `{name}` for each of [`Endpoint::Path`]'s parts, in order.
    const ROUTE: &'static str;
    type Path: PathParts;
    type Query: QueryParts + DeserializeOwned;
    type Request: Serialize + DeserializeOwned;
    type Reply: Serialize + DeserializeOwned;

    /// The path and query to ask for.
    fn url(path: &Self::Path, query: &Self::Query) -> String {
        fill(Self::ROUTE, &path.parts(), &query.pairs())
    }
}

/// What stands in a route's `{…}`.
pub trait PathParts {
    fn parts(&self) -> Vec<String>;
}

impl PathParts for () {
    fn parts(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<A: Display> PathParts for (A,) {
    fn parts(&self) -> Vec<String> {
        vec![self.0.to_string()]
    }
}

impl<A: Display, B: Display> PathParts for (A, B) {
    fn parts(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.to_string()]
    }
}

/// What stands after `?`; absent values are left out.
pub trait QueryParts {
    fn pairs(&self) -> Vec<(&'static str, String)>;
}

/// No query, no body, or nothing to say: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Nothing {}

impl QueryParts for Nothing {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// One row of the table of endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    pub name: &'static str,
    pub method: Method,
    pub route: &'static str,
    pub access: Access,
    pub summary: &'static str,
    #[cfg(feature = "schema")]
    pub request: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    #[cfg(feature = "schema")]
    pub reply: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    #[cfg(feature = "schema")]
    pub query: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

macro_rules! endpoints {
    ($($(#[doc = $summary:literal])* $name:ident: $method:ident $route:literal, $access:ident,
       $path:ty, $query:ty, $request:ty => $reply:ty;)*) => {
        $(
            $(#[doc = $summary])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Endpoint for $name {
                const METHOD: Method = Method::$method;
                const ROUTE: &'static str = concat!("/api/v1/", $route);
                type Path = $path;
                type Query = $query;
                type Request = $request;
                type Reply = $reply;
            }
        )*

        /// Every endpoint with JSON bodies.
        pub const ENDPOINTS: &[Described] = &[$(
            Described {
                name: stringify!($name),
                method: Method::$method,
                route: concat!("/api/v1/", $route),
                access: Access::$access,
                summary: concat!($($summary),*),
                #[cfg(feature = "schema")]
                request: |generator| generator.subschema_for::<$request>(),
                #[cfg(feature = "schema")]
                reply: |generator| generator.subschema_for::<$reply>(),
                #[cfg(feature = "schema")]
                query: |generator| generator.subschema_for::<$query>(),
            },
        )*];
    };
}

endpoints! {
    /// What anybody may know of this server, and the caller, if signed in.
    GetSite: Get "site", Anyone, (), Nothing, Nothing => Visit;
    /// Makes an account and signs in. The first one becomes the administrator's.
    Register: Post "register", Anyone, (), Nothing, RegisterRequest => SignedIn;
    /// Signs in.
    Login: Post "login", Anyone, (), Nothing, LoginRequest => SignedIn;
    /// Ends this session.
    Logout: Post "logout", SignedIn, (), Nothing, Nothing => Nothing;
    /// Whether an invitation's secret would let its holder in.
    CheckInvitation: Post "invitations/check", Anyone, (), Nothing, Secret => Nothing;
    /// Chooses a new password by a reset link's secret, ends all sessions and signs in.
    ResetPassword: Post "password-reset", Anyone, (), Nothing, ResetRequest => SignedIn;

    /// The caller.
    GetMe: Get "me", SignedIn, (), Nothing, Nothing => Me;
    /// Changes the caller's name, status or settings; what is absent stays.
    PatchMe: Patch "me", SignedIn, (), Nothing, MePatch => Me;
    /// Changes the caller's password and ends all other sessions.
    ChangePassword: Post "me/password", SignedIn, (), Nothing, PasswordChange => Nothing;
    /// The caller's sessions.
    ListSessions: Get "sessions", SignedIn, (), Nothing, Nothing => Sessions;
    /// Ends all the caller's sessions but this one.
    EndOtherSessions: Delete "sessions", SignedIn, (), Nothing, Nothing => Nothing;
    /// Ends one of the caller's sessions.
    EndSession: Delete "sessions/{session}", SignedIn, (SessionId,), Nothing, Nothing => Nothing;
    /// People by the beginning of a nick or of a word in a name; without `q`, all, by pages.
    ListUsers: Get "users", SignedIn, (), PeopleQuery, Nothing => Users;
    /// How Chinese characters are read, to find names by what is typed for them.
    AskReadings: Post "readings", SignedIn, (), Nothing, ReadingsRequest => Readings;

    /// The open rooms and the caller's own.
    ListRooms: Get "rooms", SignedIn, (), Nothing, Nothing => Rooms;
    /// Makes an open or closed room with the caller as owner.
    CreateRoom: Post "rooms", SignedIn, (), Nothing, NewRoom => Room;
    /// A room: all of it for a member, the listing's part of an open one for others.
    GetRoom: Get "rooms/{room}", SignedIn, (RoomId,), Nothing, Nothing => RoomDetails;
    /// Changes a room's name, topic or whether it is archived; what is absent stays.
    PatchRoom: Patch "rooms/{room}", SignedIn, (RoomId,), Nothing, RoomPatch => Room;
    /// Archives a room: readable, no longer writable.
    ArchiveRoom: Delete "rooms/{room}", SignedIn, (RoomId,), Nothing, Nothing => Nothing;
    /// Joins an open room.
    JoinRoom: Post "rooms/{room}/join", SignedIn, (RoomId,), Nothing, Nothing => Room;
    /// Leaves a room.
    LeaveRoom: Post "rooms/{room}/leave", SignedIn, (RoomId,), Nothing, Nothing => Nothing;
    /// The members of a room the caller is in.
    ListMembers: Get "rooms/{room}/members", SignedIn, (RoomId,), Nothing, Nothing => Members;
    /// Adds a person to a room.
    AddMember: Post "rooms/{room}/members", SignedIn, (RoomId,), Nothing, MemberRequest => Nothing;
    /// Changes a member's role.
    PatchMember: Patch "rooms/{room}/members/{user}", SignedIn, (RoomId, UserId), Nothing, RoleRequest => Nothing;
    /// Removes a member.
    RemoveMember: Delete "rooms/{room}/members/{user}", SignedIn, (RoomId, UserId), Nothing, Nothing => Nothing;
    /// Opens the direct room of exactly these people and the caller.
    OpenDirect: Post "directs", SignedIn, (), Nothing, DirectRequest => Room;
    /// A page of a room's messages in rising order; the newest without a cursor.
    ListMessages: Get "rooms/{room}/messages", SignedIn, (RoomId,), PageQuery, Nothing => Messages;
    /// Posts a message; answers once it is durable.
    PostMessage: Post "rooms/{room}/messages", SignedIn, (RoomId,), Nothing, NewMessage => Acknowledgement;
    /// A message of a room in its present state.
    GetMessage: Get "rooms/{room}/messages/{message}", SignedIn, (RoomId, MessageId), Nothing, Nothing => Message;
    /// Changes the text of one's own message.
    EditMessage: Patch "rooms/{room}/messages/{message}", SignedIn, (RoomId, MessageId), Nothing, NewText => Message;
    /// Deletes a message for good: one's own, or as a moderator anybody's.
    DeleteMessage: Delete "rooms/{room}/messages/{message}", SignedIn, (RoomId, MessageId), Nothing, Nothing => Nothing;
    /// What a message said before, oldest first; nothing once it is deleted.
    ListEdits: Get "rooms/{room}/messages/{message}/edits", SignedIn, (RoomId, MessageId), Nothing, Nothing => Edits;
    /// A page of what a room's page shows: messages in their present state, and what happened to the room.
    GetHistory: Get "rooms/{room}/history", SignedIn, (RoomId,), HistoryQuery, Nothing => History;
    /// A page of a thread: its root, and replies in their present state.
    GetThread: Get "rooms/{room}/threads/{root}/history", SignedIn, (RoomId, Seq), HistoryQuery, Nothing => Thread;
    /// The threads the caller follows, those with the newest replies first.
    ListThreads: Get "threads", SignedIn, (), ThreadsQuery, Nothing => Threads;
    /// What was said last in each of the caller's rooms.
    ListLatest: Get "latest", SignedIn, (), Nothing, Nothing => LatestMessages;
    /// Unread messages that mention the caller, in all their rooms or in one.
    ListMentions: Get "mentions", SignedIn, (), MentionsQuery, Nothing => Mentions;
    /// What the caller saved, in rooms they are in, the last saved first.
    ListSaved: Get "saved", SignedIn, (), SavedQuery, Nothing => SavedMessages;
    /// How far the others of a room have read, of those who show it; nobody, to whoever does not.
    ListSeen: Get "rooms/{room}/seen", SignedIn, (RoomId,), Nothing, Nothing => SeenBy;
    /// A room's pinned messages, the last pinned first.
    ListPins: Get "rooms/{room}/pins", SignedIn, (RoomId,), Nothing, Nothing => Pins;
    /// A page of a room's events in rising order; the newest without a cursor.
    GetLog: Get "rooms/{room}/log", SignedIn, (RoomId,), PageQuery, Nothing => Log;
    /// Where in a room's log a moment is: the first event from then on.
    FindMoment: Get "rooms/{room}/moment", SignedIn, (RoomId,), MomentQuery, Nothing => Moment;
    /// Messages of the caller's rooms that hold what is sought, newest first; of the newest ones,
    /// those that answer best.
    Search: Get "search", SignedIn, (), SearchQuery, Nothing => SearchHits;
    /// Any command, by the same dispatcher as the live connection's.
    PostCommand: Post "commands", SignedIn, (), CommandQuery, ClientCommand => CommandReply;

    /// All invitations, newest first.
    ListInvitations: Get "invitations", Administrator, (), Nothing, Nothing => Invitations;
}

/// A client that hears by one way and asks by another says with `connection`, the one of its
/// `hello`, that it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommandQuery {
    #[serde(default)]
    pub connection: Option<ConnectionId>,
}

impl QueryParts for CommandQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        self.connection.iter().map(|id| ("connection", id.to_string())).collect()
    }
}

/// Asks for what has come since `cursor`, or begins with what the client has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PollRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(flatten)]
    pub resume: Resume,
}

merged!(PollRequest { #[serde(default)] cursor: Option<String> } and resume: Resume);

/// What has come, and what to ask with next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Polled<Frame = ServerFrame> {
    pub frames: Vec<Frame>,
    pub cursor: String,
}

/// All that a page needs to know which way to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Visit {
    #[serde(flatten)]
    pub site: Site,
    /// Absent when nobody is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub me: Option<Me>,
}

merged!(Visit { me: Option<Me> } and site: Site);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisterRequest {
    pub nick: String,
    pub password: String,
    /// The nick, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The secret of an invitation link, where registration asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// What the first administrator calls the place; ignored later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Setup>,
    /// Answer a bearer token, for programs. Pages use the cookie.
    #[serde(default)]
    pub token: bool,
}

/// Names for the first run; absent ones are "Hubbub", "Lobby" and "Announcements".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Setup {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_room: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcements: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginRequest {
    pub nick: String,
    pub password: String,
    /// Answer a bearer token, for programs. Pages use the cookie.
    #[serde(default)]
    pub token: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedIn {
    pub user: User,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The part after `#` of an invitation link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Secret {
    pub secret: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResetRequest {
    /// The part after `#` of a reset link.
    pub secret: String,
    pub password: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    #[serde(flatten)]
    pub user: User,
    pub settings: Settings,
}

merged!(Me { settings: Settings } and user: User);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MePatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordChange {
    pub current: String,
    pub new: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sessions {
    pub sessions: Vec<Session>,
}

/// `limit` is clamped to 1–[`crate::limit::PAGE_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeopleQuery {
    #[serde(default)]
    pub q: String,
    /// Go on after this nick.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    pub limit: Option<u32>,
}

impl QueryParts for PeopleQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.q.is_empty() {
            pairs.push(("q", self.q.clone()));
        }
        pairs.extend(self.after.iter().map(|nick| ("after", nick.clone())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Users {
    pub users: Vec<User>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadingsRequest {
    /// Up to [`limit::READINGS`](crate::limit::READINGS) characters.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Readings {
    /// For each character of the text its syllables in pinyin without tones, the usual one first,
    /// with spaces between them; empty for what is no Chinese character.
    pub readings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rooms {
    pub rooms: Vec<RoomListing>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewRoom {
    pub name: String,
    pub kind: RoomKind,
    #[serde(default)]
    pub topic: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomDetails {
    #[serde(flatten)]
    pub listing: RoomListing,
    /// The caller's place in the room; absent for whoever is not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Seq>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
}

merged! {
    RoomDetails { membership: Option<Membership>, head: Option<Seq>, epoch: Option<Epoch> }
    and listing: RoomListing
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Members {
    /// Owners first, then moderators, then members, each by nick.
    pub members: Vec<Member>,
    /// The room's head when they were read: later events go on from here.
    pub at: Seq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRequest {
    pub user: UserId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoleRequest {
    pub role: Role,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DirectRequest {
    pub users: Vec<UserId>,
}

/// `before` and `after` exclude themselves. `limit` is clamped to 1–[`crate::limit::PAGE_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageQuery {
    #[serde(default)]
    pub before: Option<Seq>,
    #[serde(default)]
    pub after: Option<Seq>,
    #[serde(default)]
    pub limit: Option<u32>,
}

impl QueryParts for PageQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.before.map(|seq| ("before", seq.to_string())));
        pairs.extend(self.after.map(|seq| ("after", seq.to_string())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Messages {
    pub messages: Vec<Message>,
    /// Where the next older page begins; absent at the room's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Where the next newer page begins; absent at the room's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewMessage {
    pub body: String,
    /// Made by the server when absent; a resend is then a second message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
    /// The place of the message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The place of the root of the thread to say it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    /// Of a message in a thread: say it in the room as well.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub in_room: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewText {
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edits {
    /// From the original to the present text.
    pub revisions: Vec<Revision>,
}

/// `around` is in the page, with as much before as after; `before` and `after` exclude
/// themselves. `limit` is clamped to 1–[`crate::limit::PAGE_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryQuery {
    #[serde(default)]
    pub before: Option<Seq>,
    #[serde(default)]
    pub after: Option<Seq>,
    #[serde(default)]
    pub around: Option<Seq>,
    #[serde(default)]
    pub limit: Option<u32>,
}

impl QueryParts for HistoryQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.before.map(|seq| ("before", seq.to_string())));
        pairs.extend(self.after.map(|seq| ("after", seq.to_string())));
        pairs.extend(self.around.map(|seq| ("around", seq.to_string())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

/// What a room's page shows, as of `head`: later events go on from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct History {
    pub epoch: Epoch,
    pub head: Seq,
    /// In rising order of their places.
    pub entries: Vec<HistoryEntry>,
    /// Where the next older page begins; absent at the room's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Where the next newer page begins; absent at the room's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::large_enum_variant, reason = "most entries are messages, which are boxed")
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HistoryEntry {
    Message(Box<Message>),
    /// Something that happened to the room.
    Event(RoomEvent),
}

impl HistoryEntry {
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Message(message) => message.seq,
            Self::Event(event) => event.seq,
        }
    }
}

/// A thread's root and what was said in it, as of `head`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Thread {
    pub epoch: Epoch,
    pub head: Seq,
    pub root: Message,
    /// In rising order.
    pub replies: Vec<Message>,
    /// Where the next older page begins; absent at the thread's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Where the next newer page begins; absent at the thread's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThreadsQuery {
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    pub limit: Option<u32>,
}

impl QueryParts for ThreadsQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.after.iter().map(|after| ("after", after.clone())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Threads {
    pub threads: Vec<FollowedThread>,
    /// Absent when these were the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FollowedThread {
    pub root: Message,
    pub counts: ThreadCounts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LatestMessages {
    pub rooms: Vec<LatestMessage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LatestMessage {
    pub room: RoomId,
    /// The room's head when this was read: later events go on from here.
    pub head: Seq,
    /// Absent where nobody has spoken yet. What is said in threads alone is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Preview>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MentionsQuery {
    /// In this room alone.
    #[serde(default)]
    pub room: Option<RoomId>,
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    pub limit: Option<u32>,
}

impl QueryParts for MentionsQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.room.map(|room| ("room", room.to_string())));
        pairs.extend(self.after.iter().map(|after| ("after", after.clone())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mentions {
    /// Room by room, in each the oldest first.
    pub messages: Vec<Message>,
    /// Absent when these were the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SavedQuery {
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<u64>,
    #[serde(default)]
    pub limit: Option<u32>,
}

impl QueryParts for SavedQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.after.map(|after| ("after", after.to_string())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SavedMessages {
    /// In their present state.
    pub messages: Vec<Message>,
    /// Absent when these were the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeenBy {
    /// Those who have read furthest first.
    pub seen: Vec<Seen>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pins {
    pub messages: Vec<Message>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Log {
    pub epoch: Epoch,
    pub head: Seq,
    /// Contiguous, in rising order.
    pub events: Vec<RoomEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MomentQuery {
    /// Milliseconds since 1970.
    pub at: i64,
}

impl QueryParts for MomentQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        vec![("at", self.at.to_string())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moment {
    /// The first event at or after the moment; one beyond the head when nothing has happened since.
    pub seq: Seq,
}

/// `limit` is clamped to 1–[`crate::limit::SEARCH_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchQuery {
    /// Words, `"several in a row"`, `-none of this`, and filters: `from:nick`, `from:me`,
    /// `in:room`, `before:`, `after:` and `on:` a day (`2026-11-21`, `2026-11`, `today`, `7d`),
    /// `has:link`, `has:code`, `is:mention`, `is:pinned`, `is:saved`,
    /// `is:thread`.
    #[serde(default)]
    pub q: String,
    /// In this room alone.
    #[serde(default)]
    pub room: Option<RoomId>,
    /// A reply's `next`, to go on after it with the same query.
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    pub limit: Option<u32>,
    /// Minutes east of Greenwich: where days begin. 0, when absent.
    #[serde(default)]
    pub offset: Option<i32>,
}

impl QueryParts for SearchQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("q", self.q.clone())];
        pairs.extend(self.room.map(|room| ("room", room.to_string())));
        pairs.extend(self.cursor.iter().map(|cursor| ("cursor", cursor.clone())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs.extend(self.offset.map(|offset| ("offset", offset.to_string())));
        pairs
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchHits {
    pub hits: Vec<SearchHit>,
    /// Where to go on. Present even when there are no more hits, if there was more to look
    /// through than one answer takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchHit {
    pub room: RoomId,
    pub message: Message,
    /// Where in the message's text what was sought stands: beginning and end in Unicode scalar
    /// values, the end not included, rising and apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<(u32, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitations {
    pub invitations: Vec<Invitation>,
}

fn fill(route: &str, parts: &[String], query: &[(&'static str, String)]) -> String {
    let mut url = String::with_capacity(route.len() + 36 * parts.len());
    let mut parts = parts.iter();
    let mut rest = route;
    while let Some((before, after)) = rest.split_once('{') {
        url.push_str(before);
        if let Some(part) = parts.next() {
            percent_encode(part, &mut url);
        }
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    url.push_str(rest);
    let mut separator = '?';
    for (name, value) in query {
        url.push(separator);
        url.push_str(name);
        url.push('=');
        percent_encode(value, &mut url);
        separator = '&';
    }
    url
}

fn percent_encode(text: &str, url: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(HEX[usize::from(byte >> 4)]));
            url.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_holds_its_parts_and_query_encoded() {
        let room = RoomId::new();
        let query = PageQuery { before: Some(Seq(7)), after: None, limit: Some(20) };
        assert_eq!(
            ListMessages::url(&(room,), &query),
            format!("/api/v1/rooms/{room}/messages?before=7&limit=20"),
        );
        let query = PeopleQuery { q: "a b&é".into(), ..PeopleQuery::default() };
        assert_eq!(ListUsers::url(&(), &query), "/api/v1/users?q=a%20b%26%C3%A9");
    }
}
