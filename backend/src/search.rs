//! What messages are found by: one way to read texts and queries, for every store. Pure.
//!
//! A text is a row of [`mod@unit`]s: words, single signs of scripts that set no spaces, emoji. What an
//! index keeps of it are [`unit::keys`]; a query is read by [`query`]; whether a text holds what is
//! sought, and where, is decided by [`sought`] alone, on the text as it is at that moment. So an
//! index may promise too much, and never shows anything that is not there.

pub mod fold;
pub mod unit;
pub mod query;
pub mod sought;
