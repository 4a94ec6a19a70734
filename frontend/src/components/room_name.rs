//! What an open room that one is not in is called by now. Nobody is told when it is renamed, so the
//! page asks for what it draws.

use crate::api;
use crate::erased::redrawn;
use crate::state::use_state;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::ListRooms;
use shared::id::{RoomId, UserId};
use shared::keyed::{Map, map};
use std::cell::RefCell;

/// How long names are taken for the present ones, in milliseconds.
const FRESH_MILLIS: f64 = 60_000.0;

/// The names of the open rooms.
type Names = ArcRwSignal<Map<RoomId, String>>;

#[derive(Clone)]
struct Asked {
    /// What one person may see, the next one at this page may not.
    by: UserId,
    at: f64,
    names: Names,
}

thread_local! {
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// Draws the present name once it is known, and says by `typed` that what was written in the message
/// need not be drawn. Draws nothing of a room that one may not see.
#[component]
pub fn RoomNameNow(room: RoomId, typed: RwSignal<bool>) -> impl IntoView {
    let names = use_state().me_untracked().map(names_now);
    redrawn(move || {
        let name = names.as_ref().and_then(|names| names.with(|names| names.get(&room).cloned()));
        typed.set(name.is_none());
        name
    })
}

/// Asks for the names unless that was done a moment ago.
fn names_now(me: UserId) -> Names {
    let now = js_sys::Date::now();
    ASKED.with_borrow_mut(|asked| {
        let before = asked.take().filter(|asked| asked.by == me);
        if let Some(before) = &before
            && (0.0..FRESH_MILLIS).contains(&(now - before.at))
        {
            return asked.insert(before.clone()).names.clone();
        }
        let names = before.map_or_else(Names::default, |before| before.names);
        *asked = Some(Asked { by: me, at: now, names: names.clone() });
        let told = names.clone();
        spawn_local(async move {
            if let Ok(answer) = api::get::<ListRooms>().await {
                told.set(map(answer.rooms.into_iter().map(|room| (room.id, room.name))));
            }
        });
        names
    })
}
