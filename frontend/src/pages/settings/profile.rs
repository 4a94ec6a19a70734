//! Name, status, and how one is shown to others.

use super::preferences::save;
use crate::api::{self, Failure};
use crate::components::choice::{Choice, Choices};
use crate::components::field::{Field, FieldState};
use crate::components::form::{Form, Sending};
use crate::components::toast::use_toasts;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{MePatch, PatchMe};
use shared::error::ErrorCode;
use shared::limit;
use shared::user::Availability;

#[component]
pub fn Profile() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let nick = move || state.my_user().map(|user| user.nick.clone()).unwrap_or_default();
    let availability =
        Signal::derive(move || state.settings.with(|settings| settings.availability));
    let choices = vec![
        Choice::new(Availability::Automatic, text!(locale, settings.automatic))
            .hint(text!(locale, settings.automatic_hint)),
        Choice::new(Availability::Away, text!(locale, settings.away)),
        Choice::new(Availability::DoNotDisturb, text!(locale, settings.do_not_disturb)),
    ];
    view! {
        <section class="block" aria-labelledby="profile">
            <header>
                <h2 id="profile">{text!(locale, settings.profile)}</h2>
                <p>{redrawn(move || locale.texts().settings().nick_fixed.fill([&nick()]))}</p>
            </header>
            <ProfileForm/>
        </section>
        <section class="block">
            <Choices
                name="availability"
                legend=text!(locale, settings.availability)
                choices
                value=availability
                on_choose=move |chosen| {
                    save(state, toasts, locale, move |settings| settings.availability = chosen);
                }
            />
        </section>
    }
}

#[component]
fn ProfileForm() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let me = untrack(|| state.my_user());
    let name = FieldState::new(me.as_ref().map_or("", |user| user.name.as_str()));
    let status = FieldState::new(me.as_ref().map_or("", |user| user.status.as_str()));
    let sending = Sending::new();

    let submit = Callback::new(move |()| {
        if name.require(locale.texts().account().missing_name) {
            name.focus();
            return;
        }
        sending.busy.set(true);
        let patch =
            MePatch { name: Some(name.trimmed()), status: Some(status.trimmed()), settings: None };
        spawn_local(async move {
            let mut error = None;
            match api::post::<PatchMe>(&patch).await {
                Ok(me) => {
                    state.set_person(me.user);
                    toasts.say(locale.texts().settings().profile_saved);
                }
                Err(failure) => {
                    let sentence = failure.sentence(locale.texts());
                    if failure == Failure::Refused(ErrorCode::NameInvalid) {
                        name.refuse(sentence);
                        name.focus();
                    } else {
                        error = Some(sentence);
                    }
                }
            }
            sending.ended(error);
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
                id="name"
                label=text!(locale, settings.name)
                state=name
                autocomplete="name"
                verbatim=true
                max_chars=limit::NAME_CHARS
            />
            <Field
                id="status"
                label=text!(locale, settings.status)
                hint=text!(locale, settings.status_hint)
                placeholder=text!(locale, settings.status_placeholder)
                state=status
                max_chars=limit::STATUS_CHARS
            />
        </Form>
    }
}
