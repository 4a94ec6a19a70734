//! How far a message has come: on its way, kept, seen, refused.

use crate::components::announcer::use_announcer;
use crate::components::avatar::{hue_of_person, initial};
use crate::components::desk::{Talk, Writing};
use crate::components::dialog::Dialog;
use crate::components::icon::{Icon, IconName};
use crate::components::names::{is_direct, only_other, person_name};
use crate::erased::redrawn;
use crate::locales::{Locale, use_locale};
use crate::outbox::What;
use crate::parts;
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use crate::timeline::Delivery;
use leptos::prelude::*;
use shared::error::ErrorCode;
use shared::id::{ClientMessageId, Seq, UserId};

/// More than so many are a number.
const FACES: usize = 3;

#[component]
pub fn Clock(waiting: bool) -> impl IntoView {
    let locale = use_locale();
    let words = move || {
        let texts = &locale.texts().conversation;
        if waiting { texts.waiting_for_connection } else { texts.sending }
    };
    view! {
        <span class="sendstate">
            <Icon name=IconName::Clock class="sm"/>
            <span class:vh=!waiting>{words}</span>
        </span>
    }
}

/// How far one's latest message has come: it is kept; in a direct room, whether it was seen.
#[component]
pub fn Sent(entry: RoomEntry, seq: Option<Seq>, faces: Option<AnyView>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let Some(seq) = seq else { return ().into_any() };
    let (room, view) = (entry.id, entry.view.clone());
    let direct = untrack(|| is_direct(&entry));
    let open = RwSignal::new(false);
    let status = move || {
        let texts = &locale.texts().conversation;
        let others = view.with(|view| view.seen.len());
        let seen = view.with(|view| view.seen.values().filter(|read| **read >= seq).count());
        if others == 0 || (seen == 0 && !direct) || !state.shows_receipts() {
            (false, texts.sent.to_owned(), false)
        } else if seen == 0 {
            let waiting = only_other(state, &entry)
                .map(|other| texts.waiting_for.fill([&person_name(state, locale, other)]));
            (false, waiting.unwrap_or_else(|| texts.sent.to_owned()), true)
        } else if others == 1 && direct {
            (true, texts.seen.to_owned(), true)
        } else {
            let seen = seen as u64;
            (true, texts.seen_by.fill(seen, [&locale.number(seen)]), true)
        }
    };
    let status = Memo::new(move |_| status());
    view! {
        <span class="sendstate">
            {faces}
            {redrawn(move || {
                let (seen, words, in_words) = status.get();
                let icon = if seen { IconName::CheckTwice } else { IconName::Check };
                let words = if seen {
                    view! {
                        <button type="button" aria-haspopup="dialog" on:click=move |_| open.set(true)>
                            {words}
                        </button>
                    }
                    .into_any()
                } else {
                    words.into_any()
                };
                view! {
                    <Icon name=icon class="sm"/>
                    <span class:vh=!in_words>{words}</span>
                }
            })}
        </span>
        <Dialog open id="seen-by" class="narrow" title=text!(locale, conversation.seen)>
            <parts::SeenBy room seq/>
        </Dialog>
    }
    .into_any()
}

/// The faces of those who have read as far as here and no further.
pub fn faces(users: &[UserId], state: State, locale: Locale) -> Option<AnyView> {
    if users.is_empty() {
        return None;
    }
    let shown = users.iter().take(FACES).map(|user| {
        let letter = initial(&person_name(state, locale, *user));
        view! { <i class=format!("av v {}", hue_of_person(*user))>{letter}</i> }
    });
    let more = users.len().saturating_sub(FACES) as u64;
    let names: Vec<_> = users.iter().map(|user| person_name(state, locale, *user)).collect();
    let names = locale.list(&names);
    let spoken = locale.texts().conversation.seen_by_people.fill([&names]);
    Some(
        view! {
            <span class="faces" aria-hidden="true" title=names>
                {shown.collect::<Vec<_>>()}
                {(more > 0).then(|| format!("+{}", locale.number(more)))}
            </span>
            <span class="vh">{spoken}</span>
        }
        .into_any(),
    )
}

/// What a refused message says, and what can be done with it.
#[component]
pub fn NotSent(item: ClientMessageId, error: ErrorCode) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let talk = expect_context::<Talk>();
    let with_item = move |act: fn(State, ClientMessageId)| move |_| act(state, item);
    let edit = move |_| {
        let mut taken = None;
        state.outbox.update(|outbox| taken = outbox.remove(item));
        let Some(item) = taken else { return };
        let writing = match (item.what, item.reply_to) {
            (What::Edit(message), _) => Some(Writing::Edit(message)),
            (_, reply_to) => reply_to.map(Writing::Reply),
        };
        talk.writing.set(writing);
        talk.take_back.set(Some(item.body));
    };
    let words = move || {
        let texts = locale.texts();
        texts.conversation.not_sent.fill([&texts.refusal(&error)])
    };
    view! {
        <div class="sendstate failed">
            <Icon name=IconName::Alert class="sm"/>
            <span>{words}</span>
            <button
                type="button"
                on:click=with_item(|state, id| state.outbox.update(|outbox| outbox.retry(id)))
            >
                {text!(locale, common.try_again)}
            </button>
            <button type="button" on:click=edit>{text!(locale, conversation.edit)}</button>
            <button
                type="button"
                on:click=with_item(|state, id| {
                    state.outbox.update(|outbox| {
                        outbox.remove(id);
                    });
                })
            >
                {text!(locale, conversation.discard)}
            </button>
        </div>
    }
}

/// Says aloud, at once, that a message on its way was refused.
pub(super) fn tell_refusal(delivery: Memo<Delivery>) {
    let announcer = use_announcer();
    let locale = use_locale();
    Effect::new(move |was_on_its_way: Option<bool>| match delivery.get() {
        Delivery::Failed(error) => {
            if was_on_its_way == Some(true) {
                let texts = untrack(|| locale.texts());
                announcer.say_now(texts.conversation.not_sent.fill([&texts.refusal(&error)]));
            }
            false
        }
        Delivery::Stored | Delivery::Sending | Delivery::Waiting => true,
    });
}
