//! The server. Modules in reading order: how it is set up ([`config`], [`app`]), how the outside
//! reaches it ([`listener`], [`router`], [`http`], [`live`]), what requests mean ([`chat`]), where
//! things are kept ([`store`]) and how they spread ([`bus`], [`hub`]).

pub mod config;
pub mod app;
pub mod listener;
pub mod router;
pub mod extract;
pub mod security;
pub mod limits;
pub mod assets;
pub mod openapi;
pub mod metrics;
pub mod http;
pub mod live;
pub mod chat;
pub mod store;
pub mod bus;
pub mod hub;
pub mod clock;
pub mod backup;
