//! The keys of the page: from message to message, and what each of them offers.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

const MESSAGES: &str = ".catch article";

/// J and K move; the others press what has their name.
pub(super) fn on_key(event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return;
    }
    let active = document().active_element();
    let article = active.as_ref().and_then(|active| closest(active, "article"));
    let on_article = article.is_some() && article == active;
    let done = match event.key().as_str() {
        "j" | "J" => go(article.as_ref(), 1),
        "k" | "K" => go(article.as_ref(), -1),
        "ArrowDown" if on_article => go(article.as_ref(), 1),
        "ArrowUp" if on_article => go(article.as_ref(), -1),
        "m" | "M" => press(article.as_ref(), "[data-key='m']"),
        "u" | "U" => press(article.as_ref(), "[data-key='u']"),
        "e" | "E" => {
            let room = active.as_ref().and_then(|active| closest(active, ".catch__room"));
            press(room.as_ref(), "[data-key='e']")
        }
        "Enter" if on_article => press(article.as_ref(), "[data-key='Enter']"),
        _ => false,
    };
    if done {
        event.prevent_default();
    }
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

fn press(within: Option<&Element>, selector: &str) -> bool {
    let found = within.and_then(|within| within.query_selector(selector).ok().flatten());
    found
        .and_then(|found| found.dyn_into::<HtmlElement>().ok())
        .inspect(HtmlElement::click)
        .is_some()
}

fn messages() -> Vec<HtmlElement> {
    let Ok(found) = document().query_selector_all(MESSAGES) else { return Vec::new() };
    (0..found.length()).filter_map(|place| found.item(place)?.dyn_into().ok()).collect()
}

/// So many messages on from this one; from nowhere, to the first.
fn go(from: Option<&Element>, step: isize) -> bool {
    let messages = messages();
    let at = messages.iter().position(|message| Some(message.unchecked_ref()) == from);
    let to = match at {
        Some(at) => at.checked_add_signed(step),
        None => Some(0),
    };
    to.and_then(|to| messages.get(to)).is_some_and(focus)
}

fn focus(message: &HtmlElement) -> bool {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    message.scroll_into_view_with_scroll_into_view_options(&options);
    message.focus().is_ok()
}

/// What is pressed takes messages away; the focus goes on to the first one after them.
pub(super) fn keep_place(event: &MouseEvent) {
    let Some(pressed) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return;
    };
    let last = if closest(&pressed, "article").is_some() { "article" } else { ".catch__room" };
    let Some(last) = closest(&pressed, last) else { return };
    let next = messages().into_iter().find(|message| {
        let order = last.compare_document_position(message);
        order & web_sys::Node::DOCUMENT_POSITION_FOLLOWING != 0
            && order & web_sys::Node::DOCUMENT_POSITION_CONTAINED_BY == 0
    });
    if let Some(next) = next {
        focus(&next);
    }
}
