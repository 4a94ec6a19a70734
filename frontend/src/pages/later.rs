//! `/later`: what one wants to be reminded of, and what is sent for one.

use crate::appearance::use_title;
use crate::clock::server_time;
use crate::components::choose_moment::{MomentFields, fields_of, read};
use crate::components::deed::use_deeds;
use crate::components::desk::{Choosing, message_path, room_path, use_desk};
use crate::components::form::FormError;
use crate::components::mark::Skyline;
use crate::components::names::room_name;
use crate::components::page_head::PageHead;
use crate::erased::{Show, redrawn};
use crate::locales::{Catalogue, Locale, use_locale};
use crate::state::{State, use_state};
use crate::text;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::RoomId;
use shared::schedule::{Reminder, Scheduled};
use std::sync::Arc;

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
    let desk = use_desk();
    let change = reminder.clone();
    let another_time = move |_| {
        let change = change.clone();
        let chosen = Arc::new(move |at| {
            let Reminder { id, room, message, text, .. } = change.clone();
            deeds.run(ClientCommand::SetReminder { id, room, message, text, at });
        });
        let title = |texts: &'static Catalogue| texts.conversation.remind_me;
        desk.moment.set(Some(Choosing { title, chosen }));
    };
    let Reminder { id, room, message, text: words, at, due } = reminder;
    let path = match (room, message) {
        (Some(room), Some(message)) => Some(message_path(room, message)),
        (Some(room), None) => Some(room_path(room)),
        (None, _) => None,
    };
    let words = if words.is_empty() { locale.texts().poll().a_message.to_owned() } else { words };
    let when = move || {
        if due { locale.texts().poll().due.to_owned() } else { locale.soon(at) }
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
                <button type="button" class="btn quiet sm" aria-haspopup="dialog" on:click=another_time>
                    {text!(locale, poll.another_time)}
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
    let kept = StoredValue::new(scheduled.clone());
    let Scheduled { client_message_id, room, body, at, failed, .. } = scheduled;
    let editing = RwSignal::new(false);
    let form = move || view! { <ScheduledForm editing scheduled=kept.get_value()/> };
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
            <Show when=move || editing.get()>{form()}</Show>
            <p dir="auto" hidden=editing>{body.as_str().to_owned()}</p>
            <p class="muted">
                {redrawn(move || locale.soon(at))} " · "
                <a class="link" href=room_path(room)>{called(state, locale, room)}</a>
            </p>
            <div class="steps" hidden=editing>
                <button type="button" class="btn outline sm" on:click=move |_| editing.set(true)>
                    {text!(locale, poll.edit)}
                </button>
                <button
                    type="button"
                    class="btn outline sm"
                    on:click=move |_| deeds.run(at_once(kept.get_value()))
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

fn at_once(scheduled: Scheduled) -> ClientCommand {
    let Scheduled { client_message_id, room, reply_to, thread, body, .. } = scheduled;
    // It takes a moment until the server reads this, and its clock is known to a second or two.
    let at = server_time().plus_millis(2_000);
    let body = body.as_str().to_owned();
    ClientCommand::ScheduleMessage { room, client_message_id, body, reply_to, thread, at }
}

/// The words of a message that waits, and when it is sent.
#[component]
fn ScheduledForm(editing: RwSignal<bool>, scheduled: Scheduled) -> impl IntoView {
    let locale = use_locale();
    let deeds = use_deeds();
    let (day, time) = fields_of(scheduled.at);
    let (day, time) = (RwSignal::new(day), RwSignal::new(time));
    let words = RwSignal::new(scheduled.body.as_str().to_owned());
    let Scheduled { client_message_id, room, reply_to, thread, .. } = scheduled;
    let error = RwSignal::new(None::<String>);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let at = match read(locale, day, time) {
            Ok(at) => at,
            Err(why) => return error.set(Some(why)),
        };
        let body = words.get_untracked();
        if body.trim().is_empty() {
            return error.set(Some(locale.texts().error.empty.to_owned()));
        }
        let change =
            ClientCommand::ScheduleMessage { room, client_message_id, body, reply_to, thread, at };
        deeds.then(change, move |_| {
            editing.try_set(false);
        });
    };
    view! {
        <form class="stacked" novalidate on:submit=save>
            <FormError error/>
            <textarea
                class="input"
                dir="auto"
                aria-label=text!(locale, poll.words)
                prop:value=words
                on:input:target=move |event| words.set(event.target().value())
            ></textarea>
            <MomentFields day time legend=text!(locale, poll.when)/>
            <div class="steps">
                <button type="submit" class="btn primary sm">{text!(locale, common.save)}</button>
                <button type="button" class="btn quiet sm" on:click=move |_| editing.set(false)>
                    {text!(locale, common.cancel)}
                </button>
            </div>
        </form>
    }
}

fn called(state: State, locale: Locale, room: RoomId) -> String {
    state.room(room).map(|entry| room_name(state, locale, &entry)).unwrap_or_default()
}
