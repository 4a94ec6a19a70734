//! A message away from its conversation: pinned, saved, the root of a thread.

use super::avatar::{hue_of_person, initial};
use super::desk::message_path;
use super::message_text::draw_message;
use super::names::{person_name, room_name};
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use shared::message::Message;

/// Who said it, when and in which room, and the words; it leads there. The children are what else
/// can be done.
#[component]
pub fn MessageCard(
    message: Message,
    /// The thread to which it leads, if not to the message itself.
    #[prop(optional)]
    href: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let Message { room, seq, author, at, .. } = message;
    let to_thread = href.is_some();
    let href = href.unwrap_or_else(|| message_path(room, seq));
    let name = move || person_name(state, locale, author);
    let place = move || {
        let entry = state.room(room)?;
        let room = room_name(state, locale, &entry);
        Some(locale.texts().conversation.in_room_called.fill([&room]))
    };
    let words = move || {
        if message.body.is_some() {
            return draw_message(state, &message);
        }
        view! { <p class="muted">{text!(locale, conversation.message_removed)}</p> }.into_any()
    };
    view! {
        <li class="card">
            <span class=format!("av v md {}", hue_of_person(author)) aria-hidden="true">
                {redrawn(move || initial(&name()))}
            </span>
            <article>
                <header class="msg__head">
                    <bdi class="msg__who">{redrawn(name)}</bdi>
                    <time title=move || locale.moment(at)>{move || locale.brief(at)}</time>
                    <small>{redrawn(place)}</small>
                </header>
                <div class="msg__body">{redrawn(words)}</div>
                <footer>
                    <a class="btn quiet sm" href=href>
                        {redrawn(move || {
                            let texts = &locale.texts().conversation;
                            if to_thread { texts.show_thread } else { texts.show_in_room }
                        })}
                    </a>
                    {children.map(|children| children())}
                </footer>
            </article>
        </li>
    }
}
