//! What is asked by HTTP, one file a resource. A handler takes a request apart and says which
//! question or command of [`chat`](crate::chat) it is; what that means is decided there.

pub mod error;
pub mod account;
pub mod session;
pub mod person;
pub mod room;
pub mod member;
pub mod message;
pub mod search;
pub mod command;
pub mod site;
pub mod health;
