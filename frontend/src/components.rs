//! What pages are put together from. Components draw; the state decides.

pub mod icon;
pub mod mark;
pub mod avatar;
pub mod field;
pub mod dialog;
pub mod menu;
pub mod toast;
