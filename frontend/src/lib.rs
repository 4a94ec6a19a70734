//! The Hubbub page. Modules in reading order: the app and what it joins, the pure cores, the
//! calls, the texts, and what is drawn.

pub mod app;
pub mod address;
pub mod erased;
pub mod actions;
pub mod state;
pub mod clock;
pub mod connection;
pub mod outbox;
pub mod read_markers;
pub mod timeline;
pub mod order;
pub mod database;
pub mod drafts;
pub mod held;
pub mod emoji;
pub mod code;
pub mod api;
pub mod locales;
pub mod appearance;
pub mod parts;
pub mod pages;
pub mod components;
