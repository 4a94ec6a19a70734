//! Asking a room to choose.

use super::desk::use_desk;
use super::dialog::Dialog;
use super::field::{Field, FieldState};
use super::form::{DialogForm, Sending};
use crate::actions::use_actions;
use crate::clock::server_time;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::parts;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use shared::command::ClientCommand;
use shared::id::{ClientMessageId, RoomId};
use shared::limit;
use shared::poll::Poll;

/// How long a poll may be open, in hours.
const HOURS: [u16; 4] = [1, 24, 3 * 24, 7 * 24];

/// Open while the desk names the room to ask in.
#[component]
pub fn NewPoll() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    let open = RwSignal::new(false);
    let question = FieldState::new("");
    let choices = RwSignal::new(String::new());
    Effect::new(move |_| open.set(desk.new_poll.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && desk.new_poll.with_untracked(Option::is_some) {
            desk.new_poll.set(None);
            desk.new_poll_thread.set(None);
        }
    });
    let dirty = Signal::derive(move || {
        question.value.with(|text| !text.trim().is_empty())
            || choices.with(|text| !text.trim().is_empty())
    });
    view! {
        <Dialog open id="new-poll" title=text!(locale, conversation.new_poll) dirty=dirty>
            {redrawn(move || {
                desk.new_poll
                    .get()
                    .map(|room| view! { <parts::NewPoll room question choices open/> })
            })}
        </Dialog>
    }
}

#[component]
pub fn NewPollForm(
    room: RoomId,
    question: FieldState,
    choices: RwSignal<String>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let actions = use_actions();
    let thread = use_desk().new_poll_thread.get_untracked();
    let several = RwSignal::new(false);
    let anonymous = RwSignal::new(false);
    let hours = RwSignal::new(None::<u16>);
    let error = RwSignal::new(None::<&'static str>);
    let sending = Sending::new();
    question.value.set(String::new());
    choices.set(String::new());
    // The same poll, however often it is tried.
    let id = ClientMessageId::new();
    let submit = Callback::new(move |()| {
        let texts = locale.texts();
        if question.require(texts.error.empty) {
            question.focus();
            return;
        }
        let choices: Vec<String> = choices
            .get_untracked()
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        if choices.len() < 2 {
            error.set(Some(texts.poll().two_choices));
            return;
        }
        sending.busy.set(true);
        let closes_at = hours
            .get_untracked()
            .map(|hours| server_time().plus_millis(i64::from(hours) * 3_600_000));
        let (several, anonymous) = (several.get_untracked(), anonymous.get_untracked());
        let answer = actions.ask(ClientCommand::CreatePoll {
            room,
            client_message_id: id,
            question: question.trimmed(),
            poll: Poll { choices, several, anonymous, closes_at },
            thread,
        });
        spawn_local(async move {
            match answer.await {
                Ok(_) => {
                    open.try_set(false);
                    sending.ended(None);
                }
                Err(code) => sending.ended(Some(untrack(|| locale.texts().refusal(&code)))),
            }
        });
    });
    view! {
        <DialogForm
            open
            sending
            on_submit=submit
            label=text!(locale, poll.ask)
            busy_label=text!(locale, poll.asking)
        >
            <Field
                id="poll-question"
                label=text!(locale, poll.question)
                max_chars=limit::TOPIC_CHARS
                state=question
            />
            <ChoicesField choices error/>
            <Tick id="poll-several" on=several label=text!(locale, poll.several)/>
            <Tick id="poll-anonymous" on=anonymous label=text!(locale, poll.anonymous_choice)/>
            <Closes hours/>
        </DialogForm>
    }
}

/// What there is to choose from, one on each line.
#[component]
fn ChoicesField(choices: RwSignal<String>, error: RwSignal<Option<&'static str>>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="field">
            <label for="poll-choices">{text!(locale, poll.choices)}</label>
            <textarea
                class="input"
                id="poll-choices"
                dir="auto"
                aria-describedby="poll-choices-hint"
                prop:value=choices
                on:input:target=move |event| {
                    choices.set(event.target().value());
                    error.set(None);
                }
            ></textarea>
            <p class="hint" id="poll-choices-hint">{text!(locale, poll.choices_hint)}</p>
            <div role="alert">
                {redrawn(move || error.get().map(|error| view! { <p class="error">{error}</p> }))}
            </div>
        </div>
    }
}

#[component]
fn Closes(hours: RwSignal<Option<u16>>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="field">
            <label for="poll-closes">{text!(locale, poll.closes)}</label>
            <select
                class="input"
                id="poll-closes"
                on:change:target=move |event| hours.set(event.target().value().parse().ok())
            >
                <option value="">{text!(locale, poll.closes_never)}</option>
                {HOURS
                    .into_iter()
                    .map(|hours| {
                        let words = move || {
                            let texts = locale.texts().poll();
                            if hours < 24 {
                                texts.in_hours.fill(hours.into(), [&locale.number(hours.into())])
                            } else {
                                let days = u64::from(hours / 24);
                                texts.in_days.fill(days, [&locale.number(days)])
                            }
                        };
                        view! { <option value=hours.to_string()>{redrawn(words)}</option> }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

#[component]
fn Tick(id: &'static str, on: RwSignal<bool>, #[prop(into)] label: TextProp) -> impl IntoView {
    view! {
        <label class="tick" for=id>
            <input
                type="checkbox"
                id=id
                prop:checked=on
                on:change:target=move |event| on.set(event.target().checked())
            />
            <span>{redrawn(move || label.get())}</span>
        </label>
    }
}
