//! One row of a conversation: a message in its run, or something that happened to the room.

use super::announcer::use_announcer;
use super::avatar::{Avatar, hue_of_person};
use super::copy_box::copy;
use super::desk::Talk;
use super::icon::{Icon, IconName};
use super::message_text::draw_text;
use super::names::{only_other, person_name};
use super::toast::use_toasts;
use crate::erased::{Show, redrawn};
use crate::locales::{Locale, Phrase, Piece, use_locale};
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use crate::timeline::{Delivery, Entry, Row, RowContent, RowKey, Said, Text};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, Seq, UserId};
use shared::room::Role;
use std::sync::Arc;

/// A send that is answered sooner needs no sign.
const SILENT_MILLIS: u32 = 400;

#[component]
#[expect(clippy::too_many_lines, reason = "one message; most of it is its markup")]
pub fn MessageRow(
    entry: RoomEntry,
    row: ArcRwSignal<Row>,
    /// The message that holds the list's tab stop.
    focused: RwSignal<Option<RowKey>>,
    mark_unread: Callback<Seq>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let key = row.with_untracked(|row| row.key);
    let Some(said) = row.with_untracked(message_of) else { return ().into_any() };
    let author = said.author;
    let mine = state.me_untracked() == Some(author);
    let said = Memo::new({
        let first = said.clone();
        move |_| row.with(message_of).unwrap_or_else(|| first.clone())
    });

    let id = dom_id(key);
    let (who_id, time_id, body_id) = (format!("{id}a"), format!("{id}t"), format!("{id}b"));
    let labelled_by = format!("{who_id} {time_id}");

    let first = Memo::new(move |_| said.with(|said| said.first));
    let name = Memo::new(move |_| person_name(state, locale, author));
    let time = move || locale.time(said.with(|said| said.at));
    let moment = move || locale.moment(said.with(|said| said.at));
    let delivery = Memo::new(move |_| said.with(|said| said.delivery.clone()));
    let late = RwSignal::new(false);
    if delivery.with_untracked(|delivery| *delivery != Delivery::Stored) {
        spawn_local(async move {
            TimeoutFuture::new(SILENT_MILLIS).await;
            // The row may have gone.
            late.try_set(true);
        });
        tell_refusal(delivery);
    }
    let pending = move || match delivery.get() {
        Delivery::Sending => late.get(),
        Delivery::Waiting => true,
        Delivery::Stored | Delivery::Failed(_) => false,
    };
    let class = move || {
        let mut class = String::from("msg");
        let mentions_me =
            !mine && said.with(|said| state.me().is_some_and(|me| said.mentions().contains(&me)));
        let (first, last) = said.with(|said| (said.first, said.last));
        let flags = [
            (first, " first"),
            (last, " last"),
            (first && last, " only"),
            (mentions_me, " mention"),
            (pending(), " pending"),
            (matches!(delivery.get(), Delivery::Failed(_)), " failed"),
        ];
        for (on, name) in flags {
            if on {
                class.push_str(name);
            }
        }
        class
    };
    let shown = RwSignal::new(false);
    let folded = Memo::new(move |_| !mine && !shown.get() && state.is_blocked(author));
    let body = Memo::new(move |_| {
        said.with(|said| {
            (said.text != Text::Removed).then(|| (said.text().to_owned(), said.mentions().to_vec()))
        })
    });
    let hot = RwSignal::new(false);
    let tab_stop = move || if focused.get() == Some(key) { "0" } else { "-1" };

    view! {
        <li>
            <article
                class=class
                tabindex=tab_stop
                aria-labelledby=labelled_by
                aria-describedby=body_id.clone()
                on:pointerenter=move |_| hot.set(true)
                on:pointerleave=move |_| hot.set(false)
                on:focusin=move |_| hot.set(true)
                on:focusout=move |_| hot.set(false)
            >
                <div class=format!("msg__gut v {}", hue_of_person(author))>
                    {
                        let time_id = time_id.clone();
                        move || {
                            if first.get() {
                                view! { <Avatar user=author name/> }.into_any()
                            } else {
                                view! { <time class="at" id=time_id.clone()>{time}</time> }.into_any()
                            }
                        }
                    }
                </div>
                <div class="msg__main">
                    {
                        let (who_id, time_id) = (who_id, time_id);
                        move || {
                            if first.get() {
                                view! {
                                    <header class="msg__head">
                                        <bdi class="msg__who" id=who_id.clone()>{name}</bdi>
                                        <time id=time_id.clone() title=moment>{time}</time>
                                    </header>
                                }
                                    .into_any()
                            } else {
                                view! { <bdi class="vh" id=who_id.clone()>{name}</bdi> }.into_any()
                            }
                        }
                    }
                    <div class="msg__body" id=body_id.clone()>
                        {redrawn(move || {
                            if folded.get() {
                                view! { <Folded shown/> }.into_any()
                            } else {
                                body.with(|body| match body {
                                    Some((text, mentions)) => draw_text(state, text, mentions),
                                    None => view! {
                                        <p class="muted">
                                            {move || locale.texts().conversation.message_removed}
                                        </p>
                                    }
                                        .into_any(),
                                })
                            }
                        })}
                    </div>
                    {redrawn(move || match delivery.get() {
                        Delivery::Failed(error) => Some(view! { <NotSent key error/> }),
                        Delivery::Stored | Delivery::Sending | Delivery::Waiting => None,
                    })}
                </div>
                {
                    move || {
                        let newest_own = said.with(|said| said.newest_own);
                        match delivery.get() {
                            Delivery::Stored if newest_own => {
                                let seq = said.with(|said| said.seq);
                                Some(view! { <Sent entry=entry.clone() seq/> }.into_any())
                            }
                            Delivery::Sending if late.get() => {
                                Some(view! { <Clock waiting=false/> }.into_any())
                            }
                            Delivery::Waiting => Some(view! { <Clock waiting=true/> }.into_any()),
                            Delivery::Stored | Delivery::Sending | Delivery::Failed(_) => None,
                        }
                    }
                }
                <Show when=move || hot.get() && delivery.get() == Delivery::Stored>
                    <Acts said mine mark_unread/>
                </Show>
            </article>
        </li>
    }
    .into_any()
}

/// Says aloud, at once, that a message on its way was refused.
fn tell_refusal(delivery: Memo<Delivery>) {
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

fn message_of(row: &Row) -> Option<Said> {
    match &row.content {
        RowContent::Message(said) => Some(said.clone()),
        RowContent::Day(_) | RowContent::New(_) | RowContent::System(_) => None,
    }
}

fn dom_id(key: RowKey) -> String {
    match key {
        RowKey::Own(id) => format!("m{id}"),
        RowKey::Event(seq) | RowKey::Day(seq) => format!("m{seq}"),
        RowKey::New => "m-new".to_owned(),
    }
}

#[component]
fn Folded(shown: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <span class="muted">{redrawn(move || locale.texts().conversation.blocked_folded.count(1))}</span>
        " "
        <button type="button" class="link" on:click=move |_| shown.set(true)>
            {text!(locale, conversation.show_folded)}
        </button>
    }
}

/// The few things that can be done with a message.
#[component]
fn Acts(said: Memo<Said>, mine: bool, mark_unread: Callback<Seq>) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let copy = move |_| {
        let text = said.with_untracked(|said| said.text().to_owned());
        copy(text, locale.texts().common.copied, toasts, locale);
    };
    view! {
        <div class="acts" role="toolbar" aria-label=text!(locale, conversation.message_actions)>
            <button
                type="button"
                class="ib"
                aria-label=text!(locale, conversation.copy_text)
                title=text!(locale, conversation.copy_text)
                on:click=copy
            >
                <Icon name=IconName::Copy/>
            </button>
            {(!mine)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="ib"
                            aria-label=text!(locale, conversation.mark_unread_from_here)
                            title=text!(locale, conversation.mark_unread_from_here)
                            on:click=move |_| {
                                if let Some(seq) = said.with_untracked(|said| said.seq) {
                                    mark_unread.run(seq);
                                }
                            }
                        >
                            <Icon name=IconName::EyeOff/>
                        </button>
                    }
                })}
        </div>
    }
}

#[component]
fn Clock(waiting: bool) -> impl IntoView {
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
fn Sent(entry: RoomEntry, seq: Option<Seq>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let Some(seq) = seq else { return ().into_any() };
    let status = move || {
        let texts = &locale.texts().conversation;
        let others = entry.view.with(|view| view.seen.len());
        let seen = entry.view.with(|view| view.seen.values().filter(|read| **read >= seq).count());
        if others == 0 || !super::names::is_direct(&entry) {
            (false, texts.sent.to_owned(), false)
        } else if seen == 0 {
            let waiting = only_other(state, &entry)
                .map(|other| texts.waiting_for.fill([&person_name(state, locale, other)]));
            (false, waiting.unwrap_or_else(|| texts.sent.to_owned()), true)
        } else if others == 1 {
            (true, texts.seen.to_owned(), true)
        } else {
            let seen = seen as u64;
            (true, texts.seen_by.fill(seen, [&locale.number(seen)]), true)
        }
    };
    let status = Memo::new(move |_| status());
    view! {
        <span class="sendstate">
            {redrawn(move || {
                let (seen, words, in_words) = status.get();
                let icon = if seen { IconName::CheckTwice } else { IconName::Check };
                view! {
                    <Icon name=icon class="sm"/>
                    <span class:vh=!in_words>{words}</span>
                }
            })}
        </span>
    }
    .into_any()
}

/// What a refused message says, and what can be done with it.
#[component]
fn NotSent(key: RowKey, error: ErrorCode) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let talk = expect_context::<Talk>();
    let id = match key {
        RowKey::Own(id) => Some(id),
        RowKey::Day(_) | RowKey::New | RowKey::Event(_) => None,
    };
    let with_item = move |act: fn(State, ClientMessageId)| {
        move |_| {
            if let Some(id) = id {
                act(state, id);
            }
        }
    };
    let edit = move |_| {
        let taken = id.and_then(|id| {
            let mut taken = None;
            state.outbox.update(|outbox| taken = outbox.remove(id));
            taken
        });
        if let Some(item) = taken {
            talk.take_back.set(Some(item.body));
        }
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

// --- what happened to the room --------------------------------------------------------------

#[component]
pub fn SystemRow(event: Arc<Entry>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let icon = match &event.event.event {
        ServerEvent::RoomCreated { .. } => IconName::Plus,
        ServerEvent::MemberJoined { .. } => IconName::UserPlus,
        ServerEvent::MemberLeft { .. } | ServerEvent::MemberRemoved { .. } => IconName::SignOut,
        ServerEvent::RoleChanged { .. } => IconName::Crown,
        ServerEvent::RoomRenamed { .. } | ServerEvent::TopicChanged { .. } => IconName::Edit,
        ServerEvent::RoomArchived | ServerEvent::RoomUnarchived => IconName::Archive,
        ServerEvent::MessagePosted(_)
        | ServerEvent::MessageEdited { .. }
        | ServerEvent::MessageDeleted { .. }
        | ServerEvent::ReactionAdded { .. }
        | ServerEvent::ReactionRemoved { .. }
        | ServerEvent::MessagePinned { .. }
        | ServerEvent::MessageUnpinned { .. } => IconName::Talk,
    };
    let words = {
        let event = Arc::clone(&event);
        move || system_words(state, locale, &event)
    };
    let at = move || locale.time(event.event.at);
    view! {
        <li class="sys">
            <Icon name=icon class="sm"/>
            <span>{words}" · "<time>{at}</time></span>
        </li>
    }
}

fn system_words(state: State, locale: Locale, entry: &Entry) -> AnyView {
    let texts = &locale.texts().conversation;
    let name = |user: UserId| person_name(state, locale, user);
    let actor = name(entry.event.actor);
    match &entry.event.event {
        ServerEvent::RoomCreated { .. } => names_in(texts.created, [actor]),
        ServerEvent::MemberJoined { user, .. } if *user == entry.event.actor => {
            names_in(texts.joined, [actor])
        }
        ServerEvent::MemberJoined { user, .. } => names_in(texts.added, [actor, name(*user)]),
        ServerEvent::MemberLeft { user } => names_in(texts.left, [name(*user)]),
        ServerEvent::MemberRemoved { user } => names_in(texts.removed, [actor, name(*user)]),
        ServerEvent::RoleChanged { user, role } => {
            let phrase = match role {
                Role::Owner => texts.made_owner,
                Role::Moderator => texts.made_moderator,
                Role::Member => texts.made_member,
            };
            names_in(phrase, [actor, name(*user)])
        }
        ServerEvent::RoomRenamed { name } => names_in(texts.renamed, [actor, name.clone()]),
        ServerEvent::TopicChanged { topic } if topic.is_empty() => {
            names_in(texts.topic_cleared, [actor])
        }
        ServerEvent::TopicChanged { topic } => names_in(texts.topic_set, [actor, topic.clone()]),
        ServerEvent::RoomArchived => names_in(texts.archived, [actor]),
        ServerEvent::RoomUnarchived => names_in(texts.unarchived, [actor]),
        ServerEvent::MessagePosted(_)
        | ServerEvent::MessageEdited { .. }
        | ServerEvent::MessageDeleted { .. }
        | ServerEvent::ReactionAdded { .. }
        | ServerEvent::ReactionRemoved { .. }
        | ServerEvent::MessagePinned { .. }
        | ServerEvent::MessageUnpinned { .. } => ().into_any(),
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
                view! { <b><bdi>{name}</bdi></b> }.into_any()
            }
        })
        .collect::<Vec<_>>()
        .into_any()
}
