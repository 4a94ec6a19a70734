//! Drafts on every device: what is typed here is told to the server after a while, what was typed
//! elsewhere is kept here. The browser's own copy comes first, so that nothing waits for a connection.

use crate::actions::Actions;
use crate::clock::age_of;
use crate::database::Database;
use crate::drafts::{self, Draft, Place};
use crate::erased::effect;
use crate::state::{Arrived, Link, State, Typed};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::draft;
use shared::error::ErrorCode;
use shared::id::UserId;
use shared::keyed::Map;

/// After the last key.
const TELL_MILLIS: u32 = 2_000;

pub(super) fn sync_drafts(state: State, actions: Actions) {
    let waiting = StoredValue::new_local(None::<Timeout>);
    effect(move || {
        let none = state.typed.with(Map::is_empty);
        let live = state.link.with(|link| *link == Link::Live);
        waiting.set_value(
            (!none && live).then(|| Timeout::new(TELL_MILLIS, move || tell(state, actions))),
        );
    });
    let seen = StoredValue::new(0_u64);
    effect(move || {
        let arrived = state.drafts_from_elsewhere.get();
        let Some(me) = state.me_untracked() else { return };
        let last = seen.get_value();
        for Arrived { number, draft } in arrived {
            if number > last {
                seen.set_value(number);
                keep(state, me, draft);
            }
        }
    });
}

/// What another device has typed last.
fn keep(state: State, me: UserId, draft: draft::Draft) {
    let draft::Draft { room, thread, text, reply_to, at } = draft;
    let place = thread.map_or(Place::Room, Place::Thread);
    let known = drafts::load(me, room, place).unwrap_or_default();
    if known.text == text && known.reply_to == reply_to {
        return;
    }
    let caret = u32::try_from(text.encode_utf16().count()).unwrap_or(0);
    let none = text.is_empty();
    state.keeps(drafts::take(me, room, place, Draft { text, caret, reply_to, at }));
    if thread.is_none() {
        state.drafts.maybe_update(
            |rooms| {
                if none { rooms.remove(&room) } else { rooms.insert(room) }
            },
        );
    }
}

/// What was typed here before the browser was killed, as far as only the database has it.
pub(super) async fn recover(state: State, me: UserId, database: &Database) {
    drafts::durable::recover(database, me, |room, thread, found| {
        if state.me_untracked() != Some(me) {
            return;
        }
        let Draft { text, reply_to, at, .. } = found;
        state.arrived(draft::Draft { room, thread, text: text.clone(), reply_to, at });
        state.typed(room, thread, Typed { text, reply_to, at });
    })
    .await;
}

/// What was typed here before the page was closed, and the server was never told.
pub(super) fn restore(state: State, me: UserId) {
    for (room, thread, at) in drafts::untold(me) {
        let place = thread.map_or(Place::Room, Place::Thread);
        let Draft { text, reply_to, .. } = drafts::load(me, room, place).unwrap_or_default();
        state.typed(room, thread, Typed { text, reply_to, at });
    }
}

fn tell(state: State, actions: Actions) {
    let Some(me) = state.me_untracked() else { return };
    let typed = state.typed.get_untracked();
    state.typed.set(Map::new());
    for ((room, thread), Typed { text, reply_to, at }) in typed {
        let age_ms = age_of(at);
        let again = Typed { text: text.clone(), reply_to, at };
        let answer = actions.ask(ClientCommand::KeepDraft { room, thread, text, reply_to, age_ms });
        spawn_local(async move {
            // Refused is refused; what was lost on the way is told again, unless it is older by now.
            if let Err(ErrorCode::Unavailable | ErrorCode::RateLimited { .. }) = answer.await {
                state.typed.try_update(|all| {
                    all.entry((room, thread)).or_insert(again);
                });
            } else if state.typed.with_untracked(|all| !all.contains_key(&(room, thread))) {
                drafts::set_told(me, room, thread);
            }
        });
    }
}
