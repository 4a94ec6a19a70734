//! One page a route.

pub mod room;
pub mod sign_in;
pub mod register;
pub mod first_run;
pub mod join;
pub mod reset;
pub mod not_found;
pub mod browse;
pub mod preview;
pub mod search;
pub mod catch_up;
pub mod chats;
pub mod saved;
pub mod threads;
pub mod later;
pub mod settings;
pub mod admin;
