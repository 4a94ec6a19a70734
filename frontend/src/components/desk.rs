//! What is open on the desk: drawer and dialogs.

use crate::address::{MESSAGE, THREAD};
use crate::locales::Catalogue;
use leptos::prelude::*;
use shared::id::{RoomId, Seq};
use shared::message::Message;
use shared::time::Timestamp;
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// The sidebar, where it does not fit beside the page.
    pub drawer: RwSignal<bool>,
    pub switcher: RwSignal<bool>,
    pub new_room: RwSignal<bool>,
    pub new_direct: RwSignal<bool>,
    /// The room in which one is about to ask something, and the thread there.
    pub new_poll: RwSignal<Option<RoomId>>,
    pub new_poll_thread: RwSignal<Option<Seq>>,
    /// The moment that somebody is about to choose.
    pub moment: RwSignal<Option<Choosing>>,
    pub shortcuts: RwSignal<bool>,
    phone: RwSignal<bool>,
}

/// For what a moment is chosen, and what happens with it.
#[derive(Clone)]
pub struct Choosing {
    pub title: fn(&'static Catalogue) -> &'static str,
    /// Not a callback: where it was asked for may have gone by then.
    pub chosen: Arc<dyn Fn(Timestamp) + Send + Sync>,
}

impl core::fmt::Debug for Choosing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Choosing")
    }
}

pub fn provide_desk() -> Desk {
    let desk = Desk {
        drawer: RwSignal::new(false),
        switcher: RwSignal::new(false),
        new_room: RwSignal::new(false),
        new_direct: RwSignal::new(false),
        new_poll: RwSignal::new(None),
        new_poll_thread: RwSignal::new(None),
        moment: RwSignal::new(None),
        shortcuts: RwSignal::new(false),
        phone: RwSignal::new(is_phone_now()),
    };
    // The page lives as long as its listener.
    window_event_listener(leptos::ev::resize, move |_| {
        let phone = is_phone_now();
        if desk.phone.get_untracked() != phone {
            desk.phone.set(phone);
        }
    });
    provide_context(desk);
    desk
}

pub fn use_desk() -> Desk {
    expect_context()
}

fn is_phone_now() -> bool {
    window().match_media("(max-width: 719px)").ok().flatten().is_some_and(|query| query.matches())
}

/// Whether the pointer is a finger: then the box is not focused, lest a keyboard cover the page.
pub fn is_touch() -> bool {
    window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches())
}

impl Desk {
    /// One view at a time.
    pub fn is_phone(self) -> bool {
        self.phone.get()
    }
}

pub fn room_path(room: RoomId) -> String {
    format!("/r/{room}")
}

/// The address of what stands at this place of the room's log.
pub fn message_path(room: RoomId, message: Seq) -> String {
    format!("/r/{room}/{MESSAGE}/{message}")
}

/// Where a message is read: said in a thread alone, beside the room.
pub fn path_of(message: &Message) -> String {
    match message.thread.filter(|_| !message.in_room) {
        Some(root) => thread_path(message.room, root),
        None => message_path(message.room, message.seq),
    }
}

/// The address of a search, in one room or in all.
pub fn search_path(words: &str, room: Option<RoomId>) -> String {
    let words = String::from(js_sys::encode_uri_component(words));
    match room {
        Some(room) => format!("/search?q={words}&room={room}"),
        None => format!("/search?q={words}"),
    }
}

pub fn panel_path(room: RoomId, panel: &str) -> String {
    format!("/r/{room}/{panel}")
}

/// A thread of a room, beside it.
pub fn thread_path(room: RoomId, thread: Seq) -> String {
    format!("/r/{room}/{THREAD}/{thread}")
}

/// What is written instead of something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// An answer to this message.
    Reply(Seq),
    /// This message's new text.
    Edit(Seq),
}

/// What list and composer of one open conversation tell each other.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Something of one's own was sent: the list goes to the end, the unread line goes away.
    pub sent: RwSignal<u32>,
    /// Words that the composer takes back for editing.
    pub take_back: RwSignal<Option<String>>,
    /// What the composer is about.
    pub writing: RwSignal<Option<Writing>>,
    /// The composer wants the last message focused.
    pub focus_last: RwSignal<u32>,
    /// The list wants the composer focused.
    pub focus_composer: RwSignal<u32>,
    /// Esc in the conversation: the unread line goes, everything is read.
    pub mark_read: RwSignal<u32>,
    /// The place to go to: what is found, quoted or linked. The list takes it.
    pub jump: RwSignal<Option<Seq>>,
    /// A day is being chosen to go to.
    pub choose_day: RwSignal<bool>,
}

impl Talk {
    pub fn new() -> Self {
        Self {
            sent: RwSignal::new(0),
            take_back: RwSignal::new(None),
            writing: RwSignal::new(None),
            focus_last: RwSignal::new(0),
            focus_composer: RwSignal::new(0),
            mark_read: RwSignal::new(0),
            jump: RwSignal::new(None),
            choose_day: RwSignal::new(false),
        }
    }
}

impl Default for Talk {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a signal of moments say that one has come.
pub fn now(signal: RwSignal<u32>) {
    // Whoever waited for it may have gone.
    signal.try_update(|count| *count = count.wrapping_add(1));
}
