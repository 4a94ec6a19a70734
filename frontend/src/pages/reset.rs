//! `/reset#secret`: a new password by the link an administrator gave.

use super::join::secret_of_address;
use super::register::NoRegistration;
use super::sign_in::{AuthForm, AuthPage, enter, focus_on_mount};
use crate::address::use_address;
use crate::api::{self, Failure};
use crate::appearance::use_title;
use crate::components::field::{Field, FieldState};
use crate::components::form::Sending;
use crate::components::toast::use_toasts;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ResetPassword, ResetRequest};
use shared::error::ErrorCode;
use shared::limit;

#[component]
pub fn Reset() -> impl IntoView {
    let locale = use_locale();
    let invalid = RwSignal::new(secret_of_address().is_empty());
    move || {
        if invalid.get() {
            view! {
                <NoRegistration
                    title=text!(locale, account.link_invalid_title)
                    why=text!(locale, account.reset_invalid)
                />
            }
            .into_any()
        } else {
            view! { <ResetForm invalid/> }.into_any()
        }
    }
}

#[component]
fn ResetForm(invalid: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let address = use_address();
    use_title(move || locale.texts().account().reset_title.to_owned());
    let password = FieldState::new("");
    let sending = Sending::new();
    focus_on_mount(password);

    let submit = Callback::new(move |()| {
        let texts = locale.texts();
        let chosen = password.value.get_untracked();
        let missing = limit::PASSWORD_CHARS_MIN.saturating_sub(chosen.chars().count()) as u64;
        if missing > 0 {
            password.refuse(texts.account().password_too_short.count(missing));
            password.focus();
            return;
        }
        sending.busy.set(true);
        let request = ResetRequest { secret: secret_of_address(), password: chosen };
        spawn_local(async move {
            let mut error = None;
            match api::post::<ResetPassword>(&request).await {
                Ok(signed_in) => {
                    enter(state, signed_in.user).await;
                    toasts.say(locale.texts().account().reset_done);
                    address.replace("/");
                }
                Err(Failure::Refused(ErrorCode::LinkInvalid)) => invalid.set(true),
                Err(Failure::Refused(
                    code @ (ErrorCode::PasswordCommon | ErrorCode::PasswordLength),
                )) => {
                    password.refuse(locale.texts().refusal(&code));
                    password.focus();
                }
                Err(failure) => error = Some(failure.sentence(locale.texts())),
            }
            sending.ended(error);
        });
    });

    view! {
        <AuthPage
            say=text!(locale, account.say_sign_in)
            small=text!(locale, account.say_sign_in_small)
        >
            <AuthForm
                title=text!(locale, account.reset_title)
                sub=text!(locale, account.reset_sub)
                sending
                on_submit=submit
                label=text!(locale, account.set_password)
                busy_label=text!(locale, common.saving)
            >
                <Field
                    id="password"
                    label=text!(locale, account.new_password)
                    hint=text!(locale, account.password_hint)
                    state=password
                    autocomplete="new-password"
                    password=true
                />
            </AuthForm>
        </AuthPage>
    }
}
