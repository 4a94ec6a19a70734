//! The server as it is, and clients that fold and resend as the page does, in one thread, under a
//! clock, a network and a chance that a seed alone decides. A seed is one story: people talk while
//! connections break and the server is killed; at its end all is held against the contract. A
//! seed that fails, fails again.
//!
//! In reading order: what the machine says ([`host`], [`chance`]), what lies between the ends
//! ([`network`]), the ends ([`node`], [`tab`]), what they are told to do ([`story`]), and what must
//! have come of it ([`record`], [`judge`]).
#![expect(clippy::expect_used, clippy::panic, reason = "a simulation fails by panicking")]

pub mod host;
pub mod chance;
pub mod network;
pub mod node;
#[path = "../../frontend/src/outbox.rs"]
pub mod outbox;
pub mod tab;
pub mod record;
pub mod judge;
pub mod story;
