//! People whose words one does not want to see.

use crate::api;
use crate::components::avatar::Avatar;
use crate::components::names::person_name;
use crate::components::toast::use_toasts;
use crate::erased::{Show, live};
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::UserId;

#[component]
pub fn Blocked() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let people = move || state.blocked.with(|blocked| blocked.iter().copied().collect::<Vec<_>>());
    view! {
        <section class="block" aria-labelledby="blocked">
            <header>
                <h2 id="blocked">{text!(locale, settings.blocked)}</h2>
                <p>{text!(locale, settings.blocked_explained)}</p>
            </header>
            <Show
                when=move || state.blocked.with(|blocked| !blocked.is_empty())
                fallback=move || {
                    view! { <p class="muted">{text!(locale, settings.nobody_blocked)}</p> }
                }
            >
                <ul class="list">
                    <For each=people key=|user| *user let:user>
                        <BlockedPerson user/>
                    </For>
                </ul>
            </Show>
        </section>
    }
}

#[component]
fn BlockedPerson(user: UserId) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let name = Signal::derive(move || person_name(state, locale, user));
    let nick = move || state.person(user).map(|user| user.nick.clone()).unwrap_or_default();
    let unblock = move |_| {
        // The row goes as soon as the change arrives, which may be before the answer.
        let name = name.get_untracked();
        spawn_local(async move {
            let texts = locale.texts();
            match api::command(&ClientCommand::UnblockPerson { user }).await {
                Ok(_) => {
                    toasts.say(texts.conversation.unblocked_toast.fill([&name]));
                    state.blocked.update(|blocked| {
                        blocked.remove(&user);
                    });
                }
                Err(failure) => toasts.say(failure.sentence(texts)),
            }
        });
    };
    view! {
        <li>
            <Avatar user name/>
            <span class="t">
                <b dir="auto">{name}</b>
                <small>{nick}</small>
            </span>
            <button
                type="button"
                class="btn outline sm"
                aria-label=live(move || locale.texts().settings().unblock_person.fill([&name.get()]))
                on:click=unblock
            >
                {text!(locale, settings.unblock)}
            </button>
        </li>
    }
}
