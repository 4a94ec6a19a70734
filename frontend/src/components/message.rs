//! One row of a conversation: a message in its run, or something that happened to the room.

pub mod act;
pub mod delivery;
pub mod quote;
pub mod reactions;
pub mod system;
mod thread_line;

pub use act::{Act, Acting, use_acting};
pub use system::SystemRow;

use super::avatar::{hue_of_person, initial};
use super::icon::{Icon, IconName};
use super::message_text::{draw_message, draw_text};
use super::names::person_name;
use crate::erased::{live, redrawn};
use crate::locales::{Phrase, Piece, use_locale};
use crate::parts;
use crate::state::{RoomEntry, use_state};
use crate::text;
use crate::timeline::{Delivery, Row, RowContent, RowKey, Said, Text};
use act::Toolbar;
use delivery::{Clock, NotSent, Sent, faces, tell_refusal};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use quote::{draw_forwarded, draw_quote};
use reactions::reactions;
use thread_line::thread_line;

/// A send that is answered sooner needs no sign.
const SILENT_MILLIS: u32 = 400;

/// A row and what stands out about it: what one signal of a drawn row holds. When it changes, this
/// row is drawn again and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub row: Row,
    /// It was jumped to a moment ago.
    pub flash: bool,
}

impl Shown {
    fn said(&self) -> Option<&Said> {
        match &self.row.content {
            RowContent::Message(said) => Some(said),
            RowContent::Day(_)
            | RowContent::New(_)
            | RowContent::Replies(_)
            | RowContent::System(_) => None,
        }
    }
}

// Rows are made by the dozen while somebody scrolls, and each reactive part of one costs more than
// the nodes it draws: there are five, each for what changes together.
#[component]
#[expect(clippy::too_many_lines, reason = "one message; most of it is its markup")]
pub fn MessageRow(
    entry: RoomEntry,
    shown: ArcRwSignal<Shown>,
    /// The pointer or the keyboard is at it: it offers what can be done with it.
    hot: ArcRwSignal<bool>,
    acting: Acting,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let Some(first_said) = shown.with_untracked(|shown| shown.said().cloned()) else {
        return ().into_any();
    };
    let key = shown.with_untracked(|shown| shown.row.key);
    let author = first_said.author;
    let mine = acting.me == author;
    let shown = StoredValue::new(shown);
    // Its row is the same message for as long as it stands.
    let with = move |draw: &mut dyn FnMut(&Shown, &Said)| {
        shown.with_value(|shown| {
            shown.with(|shown| {
                if let Some(said) = shown.said() {
                    draw(shown, said);
                }
            });
        });
    };
    let said = move || {
        let mut copy = None;
        with(&mut |_, said| copy = Some(said.clone()));
        copy
    };

    // The root of a thread is in two lists at once.
    let id = dom_id(key) + if entry.thread.is_some() { "-t" } else { "" };
    let (who_id, time_id, body_id) = (format!("{id}a"), format!("{id}t"), format!("{id}b"));
    let labelled_by = format!("{who_id} {time_id}");
    let described_by = body_id.clone();

    let late = RwSignal::new(false);
    if first_said.delivery != Delivery::Stored {
        spawn_local(async move {
            TimeoutFuture::new(SILENT_MILLIS).await;
            // The row may have gone.
            late.try_set(true);
        });
        tell_refusal(Memo::new(move |_| said().map_or(Delivery::Stored, |said| said.delivery)));
    }
    let class = move || {
        let mut class = String::from("msg");
        with(&mut |shown, said| {
            let mentions_me =
                !mine && said.message().is_some_and(|message| message.is_for(acting.me));
            let pending = match &said.delivery {
                Delivery::Sending => late.get(),
                Delivery::Waiting => true,
                Delivery::Stored | Delivery::Failed(_) => false,
            };
            let flags = [
                (said.first, " first"),
                (said.last, " last"),
                (said.first && said.last, " only"),
                (mentions_me, " mention"),
                (pending, " pending"),
                (matches!(said.delivery, Delivery::Failed(_)), " failed"),
                (shown.flash, " flash"),
            ];
            for (on, name) in flags {
                if on {
                    class.push_str(name);
                }
            }
        });
        class
    };
    let gutter = {
        let time_id = time_id.clone();
        move || {
            let Some(said) = said() else { return ().into_any() };
            if said.first {
                let letter = initial(&person_name(state, locale, author));
                view! {
                    <span class=format!("av v {}", hue_of_person(author))>
                        <span aria-hidden="true">{letter}</span>
                    </span>
                }
                .into_any()
            } else {
                view! { <time class="at" id=time_id.clone()>{locale.time(said.at)}</time> }
                    .into_any()
            }
        }
    };
    let talk = acting.talk();
    let room = entry.id;
    let head = move || {
        let Some(said) = said() else { return ().into_any() };
        let quote = said.quote.as_ref().map(|quote| draw_quote(quote, room, talk, state, locale));
        let pinned = said.message().and_then(|message| message.pinned).map(|pinned| {
            let by = person_name(state, locale, pinned.by);
            let words = names_in(locale.texts().conversation.pinned_by, [by]);
            view! { <p class="pinned"><Icon name=IconName::Pin class="sm"/>" "{words}</p> }
        });
        let name = person_name(state, locale, author);
        if said.first {
            view! {
                <header class="msg__head">
                    <bdi class="msg__who" id=who_id.clone()>{name}</bdi>
                    <time id=time_id.clone() title=locale.moment(said.at)>{locale.time(said.at)}</time>
                </header>
                {pinned}
                {quote}
            }
            .into_any()
        } else {
            view! {
                <bdi class="vh" id=who_id.clone()>{name}</bdi>
                {pinned}
            }
            .into_any()
        }
    };
    let unfolded = RwSignal::new(false);
    // `None` for the words of somebody whom one has blocked. A memo, so that a code block which was
    // unfolded stays so when anything else about the row changes.
    let words = Memo::new_with_compare(
        move |_| -> Option<Text> {
            let folded = !mine && !unfolded.get() && state.is_blocked(author);
            if folded { None } else { said().map(|said| said.text) }
        },
        |before, after| match (before, after) {
            (Some(Some(before)), Some(Some(after))) => !before.reads_as(after),
            (before, after) => before != after,
        },
    );
    let body = move || words.with(|words| draw_words(words.as_ref(), unfolded, acting));
    let below_entry = entry.clone();
    let below = move || {
        let said = said()?;
        let message = said.message()?;
        let reactions = (!message.reactions.is_empty())
            .then(|| reactions(message, acting, locale, acting.may_react(&said)));
        let replies = message.replies.as_ref().filter(|_| below_entry.thread.is_none());
        let thread =
            replies.map(|replies| thread_line(&below_entry, message.seq, replies, state, locale));
        let poll = message.poll.as_deref().cloned().map(|poll| {
            let (room, seq, author) = (message.room, message.seq, message.author);
            view! { <parts::Poll room message=seq author poll/> }
        });
        let any = poll.is_some() || reactions.is_some() || thread.is_some();
        any.then_some((poll, reactions, thread))
    };
    let corner = move || {
        let Some(said) = said() else { return ().into_any() };
        let sign = match said.delivery.clone() {
            Delivery::Stored if said.newest_own => {
                let faces = faces(&said.seen, state, locale);
                Some(view! { <Sent entry=entry.clone() seq=said.seq faces/> }.into_any())
            }
            Delivery::Stored => faces(&said.seen, state, locale)
                .map(|faces| view! { <span class="sendstate">{faces}</span> }.into_any()),
            Delivery::Sending if late.get() => Some(view! { <Clock waiting=false/> }.into_any()),
            Delivery::Waiting => Some(view! { <Clock waiting=true/> }.into_any()),
            Delivery::Failed(error) => {
                said.waiting.map(|item| view! { <NotSent item error/> }.into_any())
            }
            Delivery::Sending => None,
        };
        sign.into_any()
    };
    let toolbar = move || {
        let there =
            hot.get() && untrack(said).is_some_and(|said| said.delivery == Delivery::Stored);
        there.then(|| view! { <Toolbar said acting/> })
    };
    view! {
        <li>
            <article
                class=live(class)
                tabindex="-1"
                aria-labelledby=labelled_by
                aria-describedby=described_by
            >
                <div class=format!("msg__gut v {}", hue_of_person(author))>{redrawn(gutter)}</div>
                <div class="msg__main">
                    {redrawn(head)}
                    <div class="msg__body" id=body_id>{redrawn(body)}</div>
                    {redrawn(below)}
                </div>
                {redrawn(corner)}
                {redrawn(toolbar)}
            </article>
        </li>
    }
    .into_any()
}

fn dom_id(key: RowKey) -> String {
    match key {
        RowKey::Own(id) => format!("m{id}"),
        RowKey::Event(seq) | RowKey::Day(seq) => format!("m{seq}"),
        RowKey::New => "m-new".to_owned(),
        RowKey::Replies => "m-replies".to_owned(),
    }
}

fn draw_words(words: Option<&Text>, unfolded: RwSignal<bool>, acting: Acting) -> AnyView {
    let (state, locale) = (acting.state(), acting.locale());
    let Some(words) = words else { return view! { <Folded unfolded/> }.into_any() };
    let Text::Stored(entry) = words else { return draw_text(state, words.words(), &[]) };
    let Some(message) = entry.message() else { return ().into_any() };
    if let Some(deleted) = message.deleted {
        let texts = &locale.texts().conversation;
        let words = if deleted.by == message.author {
            texts.removed_by_author.into_any()
        } else {
            names_in(texts.removed_by, [person_name(state, locale, deleted.by)])
        };
        return view! { <p class="muted">{words}</p> }.into_any();
    }
    if let Some(origin) = &message.origin {
        return draw_forwarded(message, origin, state, locale);
    }
    let text = draw_message(state, message);
    let Some(at) = message.edited_at else { return text };
    let seq = message.seq;
    view! {
        {text}
        <button
            type="button"
            class="edited"
            title=locale.moment(at)
            on:click=move |_| acting.about().looking_back.set(Some(seq))
        >
            {text!(locale, conversation.edited)}
        </button>
    }
    .into_any()
}

#[component]
fn Folded(unfolded: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <span class="muted">{redrawn(move || locale.texts().conversation.blocked_folded.count(1))}</span>
        " "
        <button type="button" class="link" on:click=move |_| unfolded.set(true)>
            {text!(locale, conversation.show_folded)}
        </button>
    }
}

/// The phrase with its arguments set apart as names.
pub fn names_in<const N: usize>(phrase: Phrase<N>, names: [String; N]) -> AnyView {
    let mut names = names.map(Some);
    phrase
        .pieces()
        .into_iter()
        .map(|piece| match piece {
            Piece::Words(words) => words.into_any(),
            Piece::Argument(number) => {
                let name = names.get_mut(number).and_then(Option::take).unwrap_or_default();
                // Isolated text gets no space between Han and Latin letters (`text-autospace`).
                if has_right_to_left(&name) {
                    view! { <b><bdi>{name}</bdi></b> }.into_any()
                } else {
                    view! { <b>{name}</b> }.into_any()
                }
            }
        })
        .collect::<Vec<_>>()
        .into_any()
}

/// Whether any of `text` is of a script written from right to left, or turns the direction.
fn has_right_to_left(text: &str) -> bool {
    text.chars().any(|letter| {
        matches!(
            letter,
            '\u{590}'..='\u{8ff}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{fb1d}'..='\u{fdff}'
                | '\u{fe70}'..='\u{feff}'
                | '\u{10800}'..='\u{10fff}'
                | '\u{1e800}'..='\u{1efff}'
        )
    })
}
