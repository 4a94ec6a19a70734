//! `docs/protocol.md` says what is so: its examples are of the protocol, and nothing is missing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::api::{
    Access, DOORS, DirectRequest, ENDPOINTS, Edits, History, Invitations, LatestMessages, Log,
    LoginRequest, Me, MePatch, MemberRequest, Members, Mentions, Messages, Method, Moment,
    NewMessage, NewRoom, NewText, OPENAPI, PasswordChange, Pins, PollRequest, Polled, Readings,
    ReadingsRequest, RegisterRequest, ResetRequest, RoleRequest, RoomDetails, RoomPatch, Rooms,
    SavedMessages, SearchHits, Secret, SeenBy, Sessions, SignedIn, Thread, Threads, Users, Visit,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::{ErrorCode, Problem};
use shared::event::{RoomEvent, ServerEvent, UserEvent};
use shared::frame::{ClientFrame, CloseCode, Reconnect, ResumedRoom, ServerFrame};
use shared::limit;
use shared::message::{Acknowledgement, Message};
use shared::permission::{RoomAction, Standing};
use shared::room::{Role, Room, RoomKind, RoomPurpose};
use shared::user::SiteRole;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// Reads JSON as a type, and writes it again.
type BothWays = fn(&str) -> serde_json::Result<Value>;

fn both_ways<T: Serialize + DeserializeOwned>(text: &str) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_str::<T>(text)?)
}

macro_rules! types {
    ($($name:ident)*) => { &[$((stringify!($name), both_ways::<$name>)),*] };
}

const TYPES: &[(&str, BothWays)] = types! {
    Acknowledgement ClientCommand ClientFrame CommandReply DirectRequest Edits ErrorCode History
    Invitations LatestMessages Log LoginRequest Me MePatch MemberRequest Members Mentions Message Messages Moment NewMessage
    NewRoom NewText PasswordChange Pins PollRequest Polled Problem Readings ReadingsRequest RegisterRequest ResetRequest
    RoleRequest Room RoomDetails RoomEvent RoomPatch Rooms SavedMessages SearchHits Secret SeenBy ServerFrame
    Sessions SignedIn Thread Threads UserEvent
    Users Visit
};

/// The type each example is said to be of, and its text.
fn examples() -> Vec<(&'static str, &'static str)> {
    let fences = DOCUMENT.split("```json").skip(1);
    fences
        .map(|fence| {
            let (name, rest) = fence.split_once('\n').unwrap();
            (name.trim(), rest.split_once("```").unwrap().0)
        })
        .collect()
}

#[test]
fn every_example_is_of_its_type_to_the_letter() {
    for (name, text) in examples() {
        let (_, both_ways) = TYPES
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("an example is of no known type: {name:?}"));
        let again = both_ways(text).unwrap_or_else(|error| panic!("{name}: {error} in {text}"));
        assert_eq!(again, serde_json::from_str::<Value>(text).unwrap(), "{name}");
    }
}

#[test]
fn every_type_of_a_body_has_an_example() {
    let shown: BTreeSet<&str> = examples().into_iter().map(|(name, _)| name).collect();
    for (name, _) in TYPES {
        assert!(shown.contains(name), "{name} has no example");
    }
}

#[test]
fn everything_that_travels_has_an_example() {
    shown::<ServerFrame>("ServerFrame", "type");
    shown::<ClientFrame>("ClientFrame", "type");
    shown::<ClientCommand>("ClientCommand", "type");
    shown::<CommandReply>("CommandReply", "type");
    shown::<ServerEvent>("RoomEvent", "type");
    shown::<UserEvent>("UserEvent", "type");
    for tag in tags(&schema_for!(ResumedRoom), "recovery") {
        assert!(DOCUMENT.contains(&format!("| `{tag}` |")), "{tag} has no row");
    }
}

/// Every variant of `T` has an example that says to be of the type `name`.
fn shown<T: JsonSchema>(name: &str, tag: &str) {
    let of_name = examples().into_iter().filter(|(of, _)| *of == name);
    let shown: BTreeSet<String> = of_name
        .map(|(_, text)| {
            let example: Value = serde_json::from_str(text).unwrap();
            example[tag].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(shown, tags(&schema_for!(T), tag), "examples of {name}");
}

/// The words by which the variants of an enum are told apart.
fn tags(schema: &Schema, tag: &str) -> BTreeSet<String> {
    let variants = schema.get("oneOf").unwrap().as_array().unwrap();
    let words = variants.iter().map(|variant| variant["properties"][tag]["const"].as_str());
    let words: BTreeSet<String> = words.map(|word| word.unwrap().to_owned()).collect();
    assert!(!words.is_empty());
    words
}

#[test]
fn every_error_has_a_row_with_its_status() {
    for code in tags(&schema_for!(ErrorCode), "code") {
        let example = format!(r#"{{"code":"{code}","limit":1,"retry_after_ms":1,"server":1}}"#);
        let error: ErrorCode = serde_json::from_str(&example).unwrap();
        let status = backend::http::error::Error::from(error).status().as_u16();
        assert!(DOCUMENT.contains(&format!("| `{code}` | {status} |")), "{code} is {status}");
    }
}

#[test]
fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    let described = ENDPOINTS.iter().map(|row| (row.method, row.route, row.access));
    let others = DOORS.iter().map(|(method, route)| (*method, *route, Access::SignedIn));
    let others = others.chain([(Method::Get, OPENAPI, Access::Anyone)]);
    let expected: BTreeSet<String> = described
        .chain(others)
        .map(|(method, route, access)| {
            let method = match method {
                Method::Get => "GET",
                Method::Post => "POST",
                Method::Patch => "PATCH",
                Method::Delete => "DELETE",
            };
            let who = match access {
                Access::Anyone => "anyone",
                Access::SignedIn => "signed in",
                Access::Administrator => "administrator",
            };
            format!("| `{method} {}` | {who} |", route.strip_prefix("/api/v1/").unwrap())
        })
        .collect();
    let methods = ["| `GET ", "| `POST ", "| `PATCH ", "| `DELETE "];
    let found: BTreeSet<String> = DOCUMENT
        .lines()
        .filter(|line| methods.iter().any(|method| line.starts_with(method)))
        .map(|line| line.splitn(4, '|').take(3).collect::<Vec<_>>().join("|") + "|")
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn close_codes_say_what_the_types_say() {
    for code in [
        CloseCode::Normal,
        CloseCode::Protocol,
        CloseCode::TooBig,
        CloseCode::Restart,
        CloseCode::SessionEnded,
        CloseCode::Version,
        CloseCode::SlowConsumer,
        CloseCode::Replaced,
    ] {
        let then = match CloseCode::advice(code.number()) {
            Reconnect::BackOff => "back off",
            Reconnect::SignIn => "sign in",
            Reconnect::ReloadOnce => "update",
            Reconnect::Never => "stay away",
        };
        let row = format!("| {} | `{}` | {then}", code.number(), code.reason());
        assert!(DOCUMENT.contains(&row), "no row {row}");
    }
    assert_eq!(CloseCode::advice(1006), Reconnect::BackOff);
}

#[test]
fn the_table_of_permissions_is_what_is_decided() {
    let member = RoomAction::RemovePerson(Role::Member);
    let rows = [
        ("read", vec![RoomAction::Read]),
        ("post, type", vec![RoomAction::Post]),
        ("call everybody in a large room", vec![RoomAction::CallEverybody]),
        ("edit one's own message", vec![RoomAction::Edit]),
        ("delete one's own message", vec![RoomAction::Delete]),
        ("delete another's message", vec![RoomAction::DeleteOthers]),
        ("react", vec![RoomAction::React]),
        ("vote in a poll", vec![RoomAction::Vote]),
        ("close another's poll", vec![RoomAction::CloseOthersPoll]),
        ("pin, unpin", vec![RoomAction::Pin]),
        ("join", vec![RoomAction::Join]),
        ("leave", vec![RoomAction::Leave]),
        ("add a person", vec![RoomAction::AddPerson]),
        ("remove a member", vec![member]),
        (
            "remove a moderator or owner",
            vec![RoomAction::RemovePerson(Role::Moderator), RoomAction::RemovePerson(Role::Owner)],
        ),
        ("rename", vec![RoomAction::Rename]),
        ("set the topic", vec![RoomAction::SetTopic]),
        ("archive, unarchive", vec![RoomAction::Archive]),
        ("set a role", vec![RoomAction::SetRole]),
    ];
    for (name, actions) in rows {
        for action in actions {
            let cells = [
                (RoomKind::Open, RoomPurpose::Talk),
                (RoomKind::Closed, RoomPurpose::Talk),
                (RoomKind::Direct, RoomPurpose::Talk),
                (RoomKind::Open, RoomPurpose::Announcements),
            ]
            .map(|(kind, purpose)| least(kind, purpose, action));
            let row = format!("| {name} | {} |", cells.join(" | "));
            assert!(DOCUMENT.contains(&row), "no row {row}");
        }
    }
}

/// The least that somebody must be.
fn least(kind: RoomKind, purpose: RoomPurpose, action: RoomAction) -> &'static str {
    let may = |role| {
        let site_role = SiteRole::Member;
        Standing { kind, purpose, archived: false, site_role, role }.may(action).is_ok()
    };
    if action == RoomAction::Join {
        // Whoever is in it already may say so again.
        return if may(None) { "anyone" } else { "–" };
    }
    match [None, Some(Role::Member), Some(Role::Moderator), Some(Role::Owner)].map(may) {
        [true, true, true, true] => "anyone",
        [false, true, true, true] => "member",
        [false, false, true, true] => "moderator",
        [false, false, false, true] => "owner",
        [false, false, false, false] => "–",
        others => panic!("{action:?} is not a matter of rank: {others:?}"),
    }
}

#[test]
fn limits_are_what_is_enforced() {
    let rows: [(&str, u64); 44] = [
        ("a message's text, characters", limit::MESSAGE_CHARS as u64),
        ("a frame to the server, bytes", limit::FRAME_BYTES as u64),
        ("a request's body, bytes", limit::BODY_BYTES as u64),
        ("a nick, characters", limit::NICK_CHARS_MAX as u64),
        ("a password, characters", limit::PASSWORD_CHARS_MAX as u64),
        ("a person's name, characters", limit::NAME_CHARS as u64),
        ("a status, characters", limit::STATUS_CHARS as u64),
        ("the server's name, characters", limit::SITE_NAME_CHARS as u64),
        ("a room's name, characters", limit::ROOM_NAME_CHARS as u64),
        ("a topic, characters", limit::TOPIC_CHARS as u64),
        ("people in a direct room", limit::DIRECT_PEOPLE as u64),
        ("people a message mentions", limit::MENTIONS as u64),
        ("people in a room that every member may call", u64::from(limit::CALLED_BY_ANYONE)),
        ("people an `@here` calls", limit::HERE as u64),
        ("kinds of reaction to a message", limit::REACTION_KINDS as u64),
        ("of a text in `GET latest`, characters", limit::PREVIEW_CHARS as u64),
        ("pinned messages of a room", limit::PINS as u64),
        ("messages that a person saves", limit::SAVED as u64),
        ("people in a room that is told how far each has read", u64::from(limit::SEEN_PEOPLE)),
        ("people in an answer to how far others have read", u64::from(limit::SEEN_MAX)),
        ("choices of a poll", limit::POLL_CHOICES as u64),
        ("a choice, characters", limit::CHOICE_CHARS as u64),
        ("messages that a person has sent later", limit::SCHEDULED as u64),
        ("reminders of a person", limit::REMINDERS as u64),
        ("a reminder's text, characters", limit::REMINDER_CHARS as u64),
        ("drafts of a person", limit::DRAFTS as u64),
        ("sections of a person's list of rooms", limit::SECTIONS as u64),
        ("a section's name, characters", limit::SECTION_NAME_CHARS as u64),
        ("rooms in a person's sections", limit::ARRANGED_ROOMS as u64),
        ("messages or events a page", u64::from(limit::PAGE_MAX)),
        ("hits a page of a search", u64::from(limit::SEARCH_MAX)),
        ("a search's query, characters", limit::QUERY_CHARS as u64),
        ("words and filters of a search", limit::QUERY_TERMS as u64),
        ("missed events a resume replays, a room", limit::RESUME_EVENTS),
        ("how far a connection may lag, events a room", limit::LAG_EVENTS),
        ("how far a connection may lag, bytes a room", limit::LAG_BYTES as u64),
        ("commands of a connection under way", limit::UNACKNOWLEDGED_SENDS as u64),
        ("between two heartbeats, ms", limit::HEARTBEAT_MILLIS),
        ("silence until an end is dead, ms", limit::SILENCE_MILLIS),
        ("silence until the server lets go, ms", limit::SERVER_SILENCE_MILLIS),
        ("a write without progress, ms", limit::STALLED_WRITE_MILLIS),
        ("from the last connection until off, ms", limit::OFFLINE_MILLIS),
        ("how long typing holds, ms", limit::TYPING_MILLIS),
        ("how long a poll waits, s", limit::POLL_SECONDS),
    ];
    for (name, most) in rows {
        let row = format!("| {name} | {} |", with_commas(most));
        assert!(DOCUMENT.contains(&row), "no row {row}");
    }
    assert!(DOCUMENT.contains(&format!("protocol's version is **{}**", shared::PROTOCOL_VERSION)));
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
