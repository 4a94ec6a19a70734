//! The page's keys, and the list of them.

use super::desk::{Desk, room_path, use_desk};
use super::dialog::Dialog;
use super::sidebar::{in_order, waiting};
use crate::locales::{Locale, use_locale};
use crate::parts;
use crate::state::State;
use crate::text;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use shared::id::RoomId;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The parts of the page that F6 goes round: sidebar, messages, composer, panel; what takes the
/// focus in each, best first.
const REGIONS: [&[&str]; 4] = [
    &["#sidebar a[aria-current]", "#sidebar .jump"],
    &[".log", "main h1"],
    &["#composer"],
    &[".panel :is(button, input, a)"],
];

/// For as long as the page lives. Outside the router: a room is opened by its link.
pub fn listen_to_keys(state: State, desk: Desk, locale: Locale) {
    window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        if event.default_prevented() || event.is_composing() || untrack(|| state.me()).is_none() {
            return;
        }
        let command = event.ctrl_key() || event.meta_key();
        let handled = match event.key().as_str() {
            "k" | "K" if command && !event.shift_key() && !event.alt_key() => {
                desk.switcher.set(true);
                true
            }
            // Where there is no room to search, and a second time, it is the browser's own.
            "f" | "F" if command && !event.shift_key() && !event.alt_key() => press("#search-room"),
            "/" if command => {
                desk.shortcuts.set(true);
                true
            }
            "ArrowUp" | "ArrowDown" if event.alt_key() && !command => {
                let down = event.key() == "ArrowDown";
                next_room(state, locale, down, event.shift_key())
            }
            "F6" => next_region(event.shift_key()),
            "Escape" if desk.drawer.get_untracked() => {
                desk.drawer.set(false);
                true
            }
            "Escape" => close_panel(),
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    });
}

/// Opens the room after or before the current one in the order of the list.
fn next_room(state: State, locale: Locale, down: bool, unread_only: bool) -> bool {
    let rooms: Vec<_> = untrack(|| {
        in_order(state, locale)
            .into_iter()
            .map(|entry| (entry.id, waiting(&entry).unread))
            .collect()
    });
    let path = window().location().pathname().unwrap_or_default();
    let current = path
        .strip_prefix("/r/")
        .and_then(|rest| rest.split('/').next()?.parse::<RoomId>().ok())
        .and_then(|id| rooms.iter().position(|(room, _)| *room == id));
    let Some(room) = pick(&rooms, current, down, unread_only) else { return false };
    // A press on the link is what the address listens to.
    press(&format!("#sidebar a[href=\"{}\"]", room_path(room)))
}

/// The next of `rooms` (with whether each is unread) from `current` on, going round.
fn pick(
    rooms: &[(RoomId, bool)],
    current: Option<usize>,
    down: bool,
    unread_only: bool,
) -> Option<RoomId> {
    let count = rooms.len();
    let start = current.unwrap_or(if down { count.saturating_sub(1) } else { 0 });
    (1..=count)
        .map(|step| if down { (start + step) % count } else { (start + count - step) % count })
        .filter(|place| Some(*place) != current)
        .filter_map(|place| rooms.get(place))
        .find(|(_, unread)| *unread || !unread_only)
        .map(|(room, _)| *room)
}

fn next_region(back: bool) -> bool {
    let active = document().active_element();
    let regions: Vec<HtmlElement> = REGIONS
        .iter()
        .filter_map(|selectors| {
            selectors.iter().find_map(|selector| document().query_selector(selector).ok().flatten())
        })
        .filter_map(|element| element.dyn_into::<HtmlElement>().ok())
        .filter(|element| element.offset_parent().is_some())
        .collect();
    let holds = |region: &HtmlElement| {
        let around = region.closest("nav, .log, form, .panel, main").ok().flatten();
        active.as_ref().is_some_and(|active| {
            around.as_ref().is_some_and(|around| around.contains(Some(active)))
        })
    };
    let count = regions.len();
    if count == 0 {
        return false;
    }
    let next = match regions.iter().position(holds) {
        Some(at) if back => (at + count - 1) % count,
        Some(at) => (at + 1) % count,
        None => 0,
    };
    regions.get(next).is_some_and(|region| region.focus().is_ok())
}

/// Esc closes the topmost thing; after popups and dialogs, which see to themselves, the panel.
fn close_panel() -> bool {
    if document().query_selector("dialog[open]").ok().flatten().is_some() {
        return false;
    }
    let closed = press(".panel [data-close]");
    if closed {
        // Where it was in the panel, the focus goes on in the conversation.
        request_animation_frame(|| {
            let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            let composer = document().query_selector("#composer").ok().flatten();
            if lost && let Some(Ok(composer)) = composer.map(JsCast::dyn_into::<HtmlElement>) {
                let _ = composer.focus();
            }
        });
    }
    closed
}

/// Presses what is there to be pressed; `false` when it is not there.
fn press(selector: &str) -> bool {
    let element = document().query_selector(selector).ok().flatten();
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.inspect(HtmlElement::click).is_some()
}

/// The list of keys.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    view! {
        <Dialog open=desk.shortcuts id="shortcuts" title=text!(locale, navigation.shortcuts)>
            <parts::Keys/>
        </Dialog>
    }
}

/// What stands in it.
#[component]
pub fn ShortcutList() -> impl IntoView {
    let locale = use_locale();
    let keys = move || {
        let texts = &locale.texts().navigation;
        [
            (texts.keys_jump, "Ctrl K"),
            (locale.texts().conversation.search_room, "Ctrl F"),
            (texts.keys_room, "Alt ↑ ↓"),
            (texts.keys_unread_room, "Alt Shift ↑ ↓"),
            (texts.keys_regions, "F6"),
            (texts.keys_last_message, "Shift ↑"),
            (texts.keys_move, "↑ ↓ Home End"),
            (texts.keys_inside, "Enter"),
            (texts.keys_reply, "R"),
            (texts.keys_thread, "T"),
            (texts.keys_react, "+"),
            (texts.keys_edit, "E"),
            (texts.keys_edit_last, "↑"),
            (texts.keys_pin, "P"),
            (texts.keys_copy_link, "C"),
            (texts.keys_mark_unread, "U"),
            (texts.keys_remove, "Del"),
            (texts.keys_escape, "Esc"),
            (texts.keys_send, "Enter"),
            (texts.keys_newline, "Shift Enter"),
            (texts.keys_format, "Ctrl B I E"),
            (texts.keys_strike, "Ctrl Shift X"),
            (texts.keys_help, "Ctrl /"),
        ]
        .into_iter()
        .map(|(what, keys)| {
            let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
            view! {
                <dt>{what}</dt>
                <dd>{keys}</dd>
            }
        })
        .collect_view()
    };
    view! {
        <div class="dialog__body">
            <dl class="keys">{keys}</dl>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_go_round_and_unread_ones_are_found() {
        let rooms: Vec<_> =
            [false, true, false, true].into_iter().map(|unread| (RoomId::new(), unread)).collect();
        let at = |place: usize| Some(rooms[place].0);
        assert_eq!(pick(&rooms, Some(3), true, false), at(0));
        assert_eq!(pick(&rooms, Some(0), false, false), at(3));
        assert_eq!(pick(&rooms, Some(1), true, true), at(3));
        assert_eq!(pick(&rooms, Some(1), false, true), at(3));
        assert_eq!(pick(&rooms, None, true, false), at(0));
        assert_eq!(pick(&rooms[..1], Some(0), true, false), None);
        assert_eq!(pick(&[], None, true, false), None);
    }
}
