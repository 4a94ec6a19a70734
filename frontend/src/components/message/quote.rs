//! What a message refers to: the one it answers, the thread it was said in, where its words are from.

use super::names_in;
use crate::components::avatar::hue_of_person;
use crate::components::desk::{Talk, message_path, thread_path};
use crate::components::icon::{Icon, IconName};
use crate::components::message_text::draw_text;
use crate::components::names::{person_name, room_name};
use crate::locales::Locale;
use crate::state::State;
use crate::timeline::{Quote, Reference, words};
use leptos::prelude::*;
use shared::id::RoomId;
use shared::markup;
use shared::message::{Message, MessageBody, Origin};

/// Characters of the quoted text: a line of it is shown.
const SHOWN: usize = 160;

/// A line of the message that this one answers, or of the root of its thread; it leads there.
pub fn draw_quote(
    quote: &Quote,
    room: RoomId,
    talk: Talk,
    state: State,
    locale: Locale,
) -> AnyView {
    let texts = &locale.texts().conversation;
    let seq = quote.seq;
    let author = quote.of.as_ref().map(|entry| entry.actor());
    let name = author.map(|author| person_name(state, locale, author)).unwrap_or_default();
    let removed = quote.of.as_ref().is_some_and(|entry| words(entry).is_empty());
    let said = match &quote.of {
        Some(_) if removed => texts.message_removed.to_owned(),
        Some(entry) => one_line(words(entry)),
        None => String::new(),
    };
    let class = format!("quote v {}", author.map(hue_of_person).unwrap_or_default());
    let inside = view! {
        <Icon
            name=match quote.as_what {
                Reference::Answered => IconName::Reply,
                Reference::Thread => IconName::Talk,
            }
            class="sm flip"
        />
        <span dir="auto"><b><bdi>{name}</bdi></b>" "{said}</span>
    };
    match quote.as_what {
        Reference::Answered => view! {
            <button
                type="button"
                class=class
                title=texts.show_answered
                on:click=move |_| talk.jump.set(Some(seq))
            >
                {inside}
            </button>
        }
        .into_any(),
        Reference::Thread => view! {
            <a class=class href=thread_path(room, seq) title=texts.show_thread>
                {inside}
            </a>
        }
        .into_any(),
    }
}

/// The words of a message without their markup, as much of them as a line may hold. Spoilers stay
/// hidden.
pub fn one_line(text: &str) -> String {
    let mut line = markup::plain(text);
    if let Some((end, _)) = line.char_indices().nth(SHOWN) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Forwarded words: what is said to them, whose they are, and the words.
pub fn draw_forwarded(message: &Message, origin: &Origin, state: State, locale: Locale) -> AnyView {
    let texts = &locale.texts().conversation;
    let author = person_name(state, locale, origin.author);
    let known = state.room(origin.room).map(|entry| room_name(state, locale, &entry));
    let at = locale.moment(origin.at);
    let head = match known {
        Some(room) => view! {
            {names_in(texts.forwarded_from, [author, room])}
            " · "
            <a class="link" href=message_path(origin.room, origin.seq)>{at}</a>
        }
        .into_any(),
        None => view! { {names_in(texts.forwarded, [author])}" · "{at} }.into_any(),
    };
    let body = message.body.as_ref().map_or("", MessageBody::as_str);
    let comment = origin.comment.as_ref().map(|comment| draw_text(state, comment.as_str(), &[]));
    view! {
        {comment}
        <div class="forwarded">
            <p class="muted"><Icon name=IconName::Forward class="sm"/>" "{head}</p>
            {draw_text(state, body, &message.mentions)}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_one_line_and_not_too_long() {
        assert_eq!(one_line("*one*\ntwo"), "one two");
        assert!(!one_line("It was ||the gardener||").contains("gardener"));
        let long = "x".repeat(SHOWN + 1);
        assert_eq!(one_line(&long), format!("{}…", "x".repeat(SHOWN)));
    }
}
