//! One meaning for both ends: what a client may ask, what has happened, how both travel,
//! and the rules that either end can decide alone. Compiles on every target, does no I/O.
//!
//! Modules in reading order: what things are called ([`id`], [`time`]), what there is ([`user`],
//! [`room`], [`message`], [`latest`], [`poll`], [`sidebar`], [`draft`], [`schedule`]), what may be asked and has happened ([`command`], [`event`]), how it
//! travels ([`frame`], [`api`], [`error`], [`limit`]), and what it means ([`permission`],
//! [`reduce`], [`markup`], [`slash`]).

mod tagged;
pub mod json;
pub mod keyed;

pub mod id;
pub mod time;
pub mod limit;
pub mod error;
pub mod user;
pub mod room;
pub mod message;
pub mod latest;
pub mod poll;
pub mod event;
pub mod command;
pub mod frame;
pub mod site;
pub mod sidebar;
pub mod draft;
pub mod schedule;
pub mod api;
pub mod permission;
pub mod reduce;
pub mod markup;
pub mod slash;

/// The wire protocol spoken by this build. A connection names it in its first frame; a page that
/// sees a higher number than its own reloads itself once.
pub const PROTOCOL_VERSION: u32 = 1;
