//! A message as it stands, to be read somewhere else than in its room: without what can be done
//! with it.

use super::avatar::{Avatar, hue_of_person};
use super::message_text::draw_message;
use super::names::person_name;
use crate::erased::{live, redrawn};
use crate::locales::Locale;
use crate::state::State;
use crate::text;
use leptos::prelude::*;
use shared::message::Message;

/// What stands inside its `article`.
pub fn still_message(state: State, locale: Locale, message: &Message) -> AnyView {
    let (author, at) = (message.author, message.at);
    let name = Memo::new(move |_| person_name(state, locale, author));
    let message = message.clone();
    let words = move || match message.body {
        None => {
            view! { <p class="muted">{text!(locale, conversation.message_removed)}</p> }.into_any()
        }
        Some(_) if state.is_blocked(author) => {
            let words = locale.texts().conversation.blocked_folded.count(1);
            view! { <p class="muted">{words}</p> }.into_any()
        }
        Some(_) => draw_message(state, &message),
    };
    view! {
        <div class=format!("msg__gut v {}", hue_of_person(author))>
            <Avatar user=author name/>
        </div>
        <div class="msg__main">
            <header class="msg__head">
                <bdi class="msg__who">{name}</bdi>
                <time title=live(move || locale.moment(at))>{redrawn(move || locale.when(at))}</time>
            </header>
            <div class="msg__body" dir="auto">{redrawn(words)}</div>
        </div>
    }
    .into_any()
}
