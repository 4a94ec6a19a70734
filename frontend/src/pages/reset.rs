//! `/reset#secret`: a new password by the link an administrator gave.

use super::join::secret_of_address;
use super::register::NoRegistration;
use super::sign_in::{AuthPage, LanguageChoice, PlaceName, enter, focus_on_mount};
use crate::address::use_address;
use crate::api::{self, Failure};
use crate::appearance::use_title;
use crate::components::field::{Field, FieldState, FormError, SubmitButton};
use crate::components::toast::use_toasts;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::ev::SubmitEvent;
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
    use_title(move || locale.texts().account.reset_title.to_owned());
    let password = FieldState::new("");
    let error = RwSignal::new(None);
    let busy = RwSignal::new(false);
    focus_on_mount(password);

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let texts = locale.texts();
        error.set(None);
        let chosen = password.value.get_untracked();
        let missing = limit::PASSWORD_CHARS_MIN.saturating_sub(chosen.chars().count()) as u64;
        if missing > 0 {
            password.refuse(texts.account.password_too_short.count(missing));
            password.focus();
            return;
        }
        busy.set(true);
        let request = ResetRequest { secret: secret_of_address(), password: chosen };
        spawn_local(async move {
            match api::post::<ResetPassword>(&request).await {
                Ok(signed_in) => {
                    enter(state, signed_in.user).await;
                    toasts.say(locale.texts().account.reset_done);
                    address.replace("/");
                }
                Err(Failure::Refused(ErrorCode::LinkInvalid)) => invalid.set(true),
                Err(Failure::Refused(
                    code @ (ErrorCode::PasswordCommon | ErrorCode::PasswordLength),
                )) => {
                    password.refuse(locale.texts().refusal(&code));
                    password.focus();
                }
                Err(failure) => error.set(Some(failure.sentence(locale.texts()))),
            }
            busy.try_set(false);
        });
    };

    view! {
        <AuthPage
            say=text!(locale, account.say_sign_in)
            small=text!(locale, account.say_sign_in_small)
        >
            <form aria-labelledby="auth-title" novalidate on:submit=submit>
                <PlaceName/>
                <div>
                    <h1 id="auth-title">{text!(locale, account.reset_title)}</h1>
                    <p class="sub">{text!(locale, account.reset_sub)}</p>
                </div>
                <FormError error/>
                <Field
                    id="password"
                    label=text!(locale, account.new_password)
                    hint=text!(locale, account.password_hint)
                    state=password
                    autocomplete="new-password"
                    password=true
                />
                <SubmitButton
                    label=text!(locale, account.set_password)
                    busy_label=text!(locale, common.saving)
                    busy
                    class="primary lg block"
                />
                <LanguageChoice/>
            </form>
        </AuthPage>
    }
}
