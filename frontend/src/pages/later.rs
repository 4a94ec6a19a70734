//! `/later`: what one wants to be reminded of, and what is sent for one.

use crate::appearance::use_title;
use crate::components::deed::use_deeds;
use crate::components::desk::{message_path, room_path};
use crate::components::mark::Skyline;
use crate::components::names::room_name;
use crate::components::page_head::PageHead;
use crate::erased::redrawn;
use crate::locales::{Locale, use_locale};
use crate::state::{State, device_time, use_state};
use crate::text;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::RoomId;
use shared::schedule::{Reminder, Scheduled};

#[component]
pub fn Later() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    use_title(move || locale.texts().poll().later.to_owned());
    let list = move || {
        let (reminders, scheduled) = (state.reminders.get(), state.scheduled.get());
        if reminders.is_empty() && scheduled.is_empty() {
            return view! {
                <div class="empty">
                    <Skyline/>
                    <p>{text!(locale, poll.later_empty)}</p>
                </div>
            }
            .into_any();
        }
        let reminders: Vec<_> = reminders
            .into_iter()
            .map(|reminder| view! { <ReminderCard reminder/> }.into_any())
            .collect();
        let scheduled: Vec<_> = scheduled
            .into_iter()
            .map(|scheduled| view! { <ScheduledCard scheduled/> }.into_any())
            .collect();
        view! {
            {part(locale.texts().poll().reminders, reminders)}
            {part(locale.texts().poll().scheduled, scheduled)}
        }
        .into_any()
    };
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title=text!(locale, poll.later) sub=text!(locale, poll.later_sub)/>
            <div class="scroll">
                <div class="page">{redrawn(list)}</div>
            </div>
        </main>
    }
}

fn part(title: &'static str, cards: Vec<AnyView>) -> Option<AnyView> {
    (!cards.is_empty()).then(|| {
        view! {
            <section class="block">
                <header>
                    <h2>{title}</h2>
                </header>
                <ul class="cards">{cards}</ul>
            </section>
        }
        .into_any()
    })
}

#[component]
fn ReminderCard(reminder: Reminder) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let Reminder { id, room, message, text: words, at, due } = reminder;
    let path = match (room, message) {
        (Some(room), Some(message)) => Some(message_path(room, message)),
        (Some(room), None) => Some(room_path(room)),
        (None, _) => None,
    };
    let words = if words.is_empty() { locale.texts().poll().a_message.to_owned() } else { words };
    let when = move || {
        if due { locale.texts().poll().due.to_owned() } else { locale.moment(at) }
    };
    view! {
        <li class="card later">
            <p dir="auto">{words}</p>
            <p class="muted">
                <span class:tag=due>{redrawn(when)}</span>
                {path.zip(room).map(|(path, room)| view! { " · " <a class="link" href=path>{called(state, locale, room)}</a> })}
            </p>
            <div class="steps">
                <button
                    type="button"
                    class="btn outline sm"
                    on:click=move |_| deeds.run(ClientCommand::ClearReminder { id })
                >
                    {text!(locale, poll.clear)}
                </button>
            </div>
        </li>
    }
}

#[component]
fn ScheduledCard(scheduled: Scheduled) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let Scheduled { client_message_id, room, thread, body, at, failed } = scheduled;
    let now = ClientCommand::ScheduleMessage {
        room,
        client_message_id,
        body: body.as_str().to_owned(),
        thread,
        // The server's clock may be a little behind.
        at: device_time().plus_millis(2_000),
    };
    let why = failed.map(|code| {
        let words = move || {
            let texts = locale.texts();
            texts.poll().not_sent.fill([&texts.refusal(&code)])
        };
        view! { <p class="banner danger boxed">{redrawn(words)}</p> }
    });
    view! {
        <li class="card later">
            {why}
            <p dir="auto">{body.as_str().to_owned()}</p>
            <p class="muted">
                {redrawn(move || locale.moment(at))} " · "
                <a class="link" href=room_path(room)>{called(state, locale, room)}</a>
            </p>
            <div class="steps">
                <button
                    type="button"
                    class="btn outline sm"
                    on:click=move |_| deeds.run(now.clone())
                >
                    {text!(locale, poll.send_now)}
                </button>
                <button
                    type="button"
                    class="btn quiet sm"
                    on:click=move |_| deeds.run(ClientCommand::CancelScheduled { client_message_id })
                >
                    {text!(locale, poll.cancel)}
                </button>
            </div>
        </li>
    }
}

fn called(state: State, locale: Locale, room: RoomId) -> String {
    state.room(room).map(|entry| room_name(state, locale, &entry)).unwrap_or_default()
}
