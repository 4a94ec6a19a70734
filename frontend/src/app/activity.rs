//! Whether the person is at the page: away after five minutes without a sign of them.

use super::wiring::Wiring;
use crate::state::now_millis;
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{AddEventListenerOptions, Event};

const IDLE_MILLIS: u64 = 5 * 60 * 1000;
const LOOK_MILLIS: u64 = 15_000;
const SIGNS: [&str; 5] = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

/// For as long as the page lives.
pub(super) fn watch(wiring: Wiring) {
    let seen = Rc::new(Cell::new(now_millis()));
    let sign = {
        let (seen, wiring) = (Rc::clone(&seen), wiring.clone());
        Closure::<dyn FnMut(Event)>::new(move |_| {
            seen.set(now_millis());
            wiring.set_active(true);
        })
    };
    let passive = AddEventListenerOptions::new();
    passive.set_passive(true);
    for name in SIGNS {
        let listener = sign.as_ref().unchecked_ref();
        // Without a listener the person is merely shown as away too early.
        let _ = window().add_event_listener_with_callback_and_add_event_listener_options(
            name, listener, &passive,
        );
    }
    sign.forget();
    set_interval(
        move || {
            if now_millis().saturating_sub(seen.get()) > IDLE_MILLIS {
                wiring.set_active(false);
            }
        },
        core::time::Duration::from_millis(LOOK_MILLIS),
    );
}
