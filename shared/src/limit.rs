//! Lengths and sizes that both ends enforce. Lengths of text count Unicode scalar values.

/// A message's text.
pub const MESSAGE_CHARS: usize = 16_000;
/// One frame from a client, in bytes; more closes the connection with 1009.
pub const FRAME_BYTES: usize = 128 * 1024;
/// An HTTP request body, in bytes.
pub const BODY_BYTES: usize = 256 * 1024;

pub const NICK_CHARS_MIN: usize = 2;
pub const NICK_CHARS_MAX: usize = 32;
pub const PASSWORD_CHARS_MIN: usize = 8;
pub const PASSWORD_CHARS_MAX: usize = 128;
/// A person's display name.
pub const NAME_CHARS: usize = 64;
pub const STATUS_CHARS: usize = 100;
pub const SITE_NAME_CHARS: usize = 64;
pub const ROOM_NAME_CHARS: usize = 64;
pub const TOPIC_CHARS: usize = 250;
/// Characters whose readings are asked for at once.
pub const READINGS: usize = 4_000;
/// People in one direct room, the opener included.
pub const DIRECT_PEOPLE: usize = 16;
/// People one message can mention; further `@nick` stay text.
pub const MENTIONS: usize = 100;
/// In a room of up to so many people every member may call all of them; in a larger one, moderators.
pub const CALLED_BY_ANYONE: u32 = 25;
/// People whom one `@here` can call.
pub const HERE: usize = 250;
/// What follows an `@` or a `#` and is looked at as a name.
pub const MENTION_CHARS: usize = 128;
/// The address of a labelled link.
pub const LINK_CHARS: usize = 2_048;
/// Quotes and lists inside each other; deeper ones stay text.
pub const MARKUP_DEPTH: usize = 4;

/// What is typed to search, and the words and filters in it.
pub const QUERY_CHARS: usize = 500;
pub const QUERY_TERMS: usize = 32;
/// Hits in one answer.
pub const SEARCH_DEFAULT: u32 = 20;
pub const SEARCH_MAX: u32 = 50;
/// Of so many of the newest hits, the best ones come first.
pub const SEARCH_BEST_OF: u32 = 200;
/// Kinds of reaction to one message.
pub const REACTION_KINDS: usize = 20;
/// What a poll gives to choose from, and how long each is.
pub const POLL_CHOICES: usize = 12;
pub const CHOICE_CHARS: usize = 120;
/// How far ahead a moment may be chosen: a year and a day.
pub const AHEAD_MILLIS: i64 = 366 * 24 * 3_600_000;
/// Anonymous polls whose votes their voter is told of again when they start.
pub const OWN_VOTES: u32 = 500;
/// Messages that a person has sent later, and reminders.
pub const SCHEDULED: usize = 100;
pub const REMINDERS: usize = 100;
pub const REMINDER_CHARS: usize = 500;
/// In a room of up to so many people it is told at once how far somebody has read.
pub const SEEN_PEOPLE: u32 = 32;
/// People in one answer to how far others have read.
pub const SEEN_MAX: u32 = 1_000;
/// Drafts that the server keeps of one person.
pub const DRAFTS: usize = 200;
/// Sections of a person's list of rooms, what each is called, and the rooms in all of them.
pub const SECTIONS: usize = 32;
pub const SECTION_NAME_CHARS: usize = 32;
pub const ARRANGED_ROOMS: usize = 1_000;
/// Messages that a person saves.
pub const SAVED: usize = 1_000;
/// People of a thread that its root names.
pub const REPLY_PEOPLE: usize = 3;
/// Of a text, in a list of rooms.
pub const PREVIEW_CHARS: usize = 200;
/// Pinned messages of one room.
pub const PINS: usize = 100;

/// Events or messages in one page of history.
pub const PAGE_DEFAULT: u32 = 50;
pub const PAGE_MAX: u32 = 200;
/// Missed events a room that a resume replays; beyond it the client pages over HTTP.
pub const RESUME_EVENTS: u64 = 500;

/// How far a connection may lag behind the live end of a room before it is closed.
pub const LAG_EVENTS: u64 = 256;
pub const LAG_BYTES: usize = 1024 * 1024;
/// Unacknowledged sends a connection.
pub const UNACKNOWLEDGED_SENDS: usize = 64;

/// Each end sends something at least this often.
pub const HEARTBEAT_MILLIS: u64 = 25_000;
/// No byte for this long means that the other end is gone.
pub const SILENCE_MILLIS: u64 = 35_000;
/// After which the server ends a connection, so that nothing is left of it after `SILENCE_MILLIS`.
pub const SERVER_SILENCE_MILLIS: u64 = 34_000;
/// How long a poll waits for something to come, at most and without `wait`.
pub const POLL_SECONDS: u64 = 25;
/// A write that makes no progress for this long closes the connection.
pub const STALLED_WRITE_MILLIS: u64 = 10_000;
/// From the last connection's end until a person is shown as off.
pub const OFFLINE_MILLIS: u64 = 60_000;
/// How long a typing signal holds, and how often a client repeats it.
pub const TYPING_MILLIS: u64 = 6_000;
pub const TYPING_REPEAT_MILLIS: u64 = 3_000;
