//! A new password for whoever knows the old one.

use crate::api::{self, Failure};
use crate::components::field::{Field, FieldState, focus_first_refused};
use crate::components::form::{Form, Sending};
use crate::components::toast::use_toasts;
use crate::locales::use_locale;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ChangePassword, PasswordChange};
use shared::error::ErrorCode;
use shared::limit;

#[component]
pub fn Password() -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let current = FieldState::new("");
    let new = FieldState::new("");
    let sending = Sending::new();

    let submit = Callback::new(move |()| {
        let texts = locale.texts();
        let none = current.value.with_untracked(String::is_empty);
        current.error.set(none.then(|| texts.account().missing_password.to_owned()));
        let chars = new.value.with_untracked(|new| new.chars().count());
        let missing = limit::PASSWORD_CHARS_MIN.saturating_sub(chars) as u64;
        let short = (missing > 0).then(|| texts.account().password_too_short.count(missing));
        new.error.set(short);
        if focus_first_refused(&[current, new]) {
            return;
        }
        sending.busy.set(true);
        let request = PasswordChange {
            current: current.value.get_untracked(),
            new: new.value.get_untracked(),
        };
        spawn_local(async move {
            let texts = locale.texts();
            let mut error = None;
            match api::post::<ChangePassword>(&request).await {
                Ok(_) => {
                    current.value.set(String::new());
                    new.value.set(String::new());
                    toasts.say(texts.settings().password_changed);
                }
                Err(Failure::Refused(ErrorCode::WrongCredentials)) => {
                    current.refuse(texts.settings().current_password_wrong);
                    current.focus();
                }
                Err(Failure::Refused(
                    code @ (ErrorCode::PasswordCommon | ErrorCode::PasswordLength),
                )) => {
                    new.refuse(texts.refusal(&code));
                    new.focus();
                }
                Err(failure) => error = Some(failure.sentence(texts)),
            }
            sending.ended(error);
        });
    });
    view! {
        <section class="block" aria-labelledby="password-title">
            <header>
                <h2 id="password-title">{text!(locale, settings.password)}</h2>
                <p>{text!(locale, settings.password_explained)}</p>
            </header>
            <Form
                sending
                on_submit=submit
                label=text!(locale, settings.change_password)
                busy_label=text!(locale, common.saving)
            >
                <Field
                    id="current-password"
                    label=text!(locale, settings.current_password)
                    state=current
                    autocomplete="current-password"
                    password=true
                />
                <Field
                    id="new-password"
                    label=text!(locale, account.new_password)
                    hint=text!(locale, account.password_hint)
                    state=new
                    autocomplete="new-password"
                    password=true
                />
            </Form>
        </section>
    }
}
