//! The place's name, and who may make an account.

use super::ask;
use crate::components::choice::{Choice, Choices};
use crate::components::field::{Field, FieldState};
use crate::components::form::{Form, Sending};
use crate::components::toast::use_toasts;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::limit;
use shared::site::Registration;
use shared::user::Receipts;

#[component]
pub fn Place() -> impl IntoView {
    let locale = use_locale();
    view! {
        <section class="block" aria-labelledby="place-title">
            <header>
                <h2 id="place-title">{text!(locale, admin.place)}</h2>
            </header>
            <NameForm/>
        </section>
        <section class="block">
            <RegistrationChoice/>
        </section>
        <section class="block">
            <ReceiptsChoice/>
        </section>
    }
}

#[component]
fn NameForm() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let name = FieldState::new(untrack(|| state.site_name()).unwrap_or_default());
    let sending = Sending::new();
    let submit = Callback::new(move |()| {
        if name.require(locale.texts().account().missing_place_name) {
            name.focus();
            return;
        }
        sending.busy.set(true);
        spawn_local(async move {
            let chosen = name.trimmed();
            let command = ClientCommand::UpdateSite {
                name: Some(chosen.clone()),
                registration: None,
                receipts: None,
            };
            if ask(command, toasts, locale).await.is_some() {
                state.site.update(|site| {
                    if let Some(site) = site {
                        site.name = chosen;
                    }
                });
                toasts.say(locale.texts().admin().place_saved);
            }
            sending.ended(None);
        });
    });
    view! {
        <Form
            sending
            on_submit=submit
            label=text!(locale, common.save)
            busy_label=text!(locale, common.saving)
        >
            <Field
                id="place-name"
                label=text!(locale, account.place_name)
                state=name
                max_chars=limit::SITE_NAME_CHARS
            />
        </Form>
    }
}

#[component]
fn RegistrationChoice() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let registration = Signal::derive(move || {
        state.site.with(|site| site.as_ref().map(|site| site.registration)).unwrap_or_default()
    });
    let set = move |chosen: Registration| {
        state.site.update(|site| {
            if let Some(site) = site {
                site.registration = chosen;
            }
        });
    };
    let choose = move |chosen: Registration| {
        let before = registration.get_untracked();
        set(chosen);
        spawn_local(async move {
            let command = ClientCommand::UpdateSite {
                name: None,
                registration: Some(chosen),
                receipts: None,
            };
            if ask(command, toasts, locale).await.is_some() {
                toasts.say(locale.texts().admin().place_saved);
            } else {
                set(before);
            }
        });
    };
    let choices = vec![
        Choice::new(Registration::Open, text!(locale, admin.registration_open))
            .hint(text!(locale, admin.registration_open_hint)),
        Choice::new(Registration::Invitation, text!(locale, admin.registration_invitation))
            .hint(text!(locale, admin.registration_invitation_hint)),
        Choice::new(Registration::Closed, text!(locale, admin.registration_closed))
            .hint(text!(locale, admin.registration_closed_hint)),
    ];
    view! {
        <Choices
            name="registration"
            legend=text!(locale, admin.registration)
            choices
            value=registration
            on_choose=choose
        />
    }
}

/// Whether anybody is told how far others have read.
#[component]
fn ReceiptsChoice() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let receipts = Signal::derive(move || {
        state.site.with(|site| site.as_ref().map(|site| site.receipts)).unwrap_or_default()
    });
    let choose = move |chosen: Receipts| {
        spawn_local(async move {
            let receipts = Some(chosen);
            let command = ClientCommand::UpdateSite { name: None, registration: None, receipts };
            if ask(command, toasts, locale).await.is_some() {
                toasts.say(locale.texts().admin().place_saved);
            }
        });
    };
    let choices = vec![
        Choice::new(Receipts::Shown, text!(locale, admin.receipts_shown))
            .hint(text!(locale, admin.receipts_shown_hint)),
        Choice::new(Receipts::Hidden, text!(locale, admin.receipts_hidden))
            .hint(text!(locale, admin.receipts_hidden_hint)),
    ];
    view! {
        <Choices
            name="receipts"
            legend=text!(locale, admin.receipts)
            choices
            value=receipts
            on_choose=choose
        />
    }
}
