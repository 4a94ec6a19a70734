//! `/login`, and what the other ways of coming in share with it.

use crate::address::use_address;
use crate::api::{self, Failure};
use crate::appearance::use_title;
use crate::components::field::{Field, FieldState, focus_first_refused};
use crate::components::form::{FormError, Sending, SubmitButton};
use crate::components::mark::Mark;
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::{LANGUAGES, own_name, tag, use_locale};
use crate::state::{State, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use shared::api::{GetMe, Login, LoginRequest};
use shared::error::ErrorCode;
use shared::site::Registration;
use shared::user::User;

/// The page to go to after signing in, from `?next=`: a path of this page, or the start. Anything
/// that a browser might take for another site is the start.
pub fn local_path(next: Option<&str>) -> String {
    let next = next.unwrap_or_default();
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control());
    let going_round = ["/login", "/register", "/join", "/reset"].iter().any(|path| {
        next.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#']))
    });
    if local && !going_round { next.to_owned() } else { "/".to_owned() }
}

/// Takes over that somebody has signed in, with their settings where those can be had.
pub async fn enter(state: State, user: User) {
    match api::get::<GetMe>().await {
        Ok(me) => state.set_me(me),
        Err(_) => state.signed_in(user),
    }
}

#[component]
pub fn SignIn() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let address = use_address();
    use_title(move || locale.texts().account().sign_in.to_owned());

    let nick = FieldState::new("");
    let password = FieldState::new("");
    let sending = Sending::new();
    let forgot = RwSignal::new(false);
    let next = move || local_path(untrack(|| address.query("next")).as_deref());
    let deep_link = next() != "/";
    focus_on_mount(nick);

    let submit = Callback::new(move |()| {
        let texts = locale.texts();
        nick.require(texts.account().missing_nick);
        let no_password = password.value.with_untracked(String::is_empty);
        password.error.set(no_password.then(|| texts.account().missing_password.to_owned()));
        if focus_first_refused(&[nick, password]) {
            return;
        }
        sending.busy.set(true);
        let request = LoginRequest {
            nick: nick.trimmed(),
            password: password.value.get_untracked(),
            token: false,
        };
        spawn_local(async move {
            let mut error = None;
            match api::post::<Login>(&request).await {
                Ok(signed_in) => {
                    enter(state, signed_in.user).await;
                    address.replace(&next());
                }
                Err(Failure::Refused(code @ ErrorCode::WrongCredentials)) => {
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
                title=text!(locale, account.welcome_back)
                sub=move || {
                    let texts = locale.texts().account();
                    if deep_link { texts.sign_in_to_continue } else { texts.sign_in_sub }
                }
                sending
                on_submit=submit
                label=text!(locale, account.sign_in)
                busy_label=text!(locale, account.signing_in)
                below=move || view! { <NewHere/> }
            >
                <p class="banner info boxed" role="status" hidden=live(move || !state.put_out.get())>
                    <span>{text!(locale, account.put_out)}</span>
                </p>
                <Field
                    id="nick"
                    label=text!(locale, account.nick)
                    state=nick
                    autocomplete="username"
                    verbatim=true
                />
                <Field
                    id="password"
                    label=text!(locale, account.password)
                    state=password
                    autocomplete="current-password"
                    password=true
                    aside=move || view! { <Forgot shown=forgot/> }
                />
                <p class="banner info boxed" id="forgot" hidden=live(move || !forgot.get())>
                    <span>{text!(locale, account.forgot_answer)}</span>
                </p>
            </AuthForm>
        </AuthPage>
    }
}

/// The question beside the password; its answer is what `shown` shows.
#[component]
fn Forgot(shown: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <button
            type="button"
            class="link small"
            aria-expanded=live(move || if shown.get() { "true" } else { "false" })
            aria-controls="forgot"
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            {text!(locale, account.forgot)}
        </button>
    }
}

/// How those come in who have no account yet.
#[component]
fn NewHere() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let open = move || {
        state
            .site
            .with(|site| site.as_ref().is_none_or(|site| site.registration == Registration::Open))
    };
    view! {
        <p class="muted center">
            {text!(locale, account.new_here)} " "
            <Show
                when=open
                fallback=move || view! { {text!(locale, account.join_by_invitation)} }
            >
                <a class="link" href="/register">
                    {text!(locale, account.make_account)}
                </a>
            </Show>
        </p>
    }
}

/// Puts the focus into the form's first field when the page opens.
pub(super) fn focus_on_mount(field: FieldState) {
    effect(move || {
        if let Some(input) = field.input.get() {
            // Without focus the form is merely one press further away.
            let _ = input.focus();
        }
    });
}

/// The frame of every page for people who are not signed in: the form and, where there is room,
/// the picture.
#[component]
pub fn AuthPage(
    #[prop(into)] say: TextProp,
    #[prop(into)] small: TextProp,
    children: Children,
) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="auth">
            <main class="form" id="main">
                {children()}
            </main>
            <aside class="art" aria-label=text!(locale, account.about)>
                <Scene/>
                <p class="place">
                    <Mark/>
                    {text!(locale, common.hubbub)}
                </p>
                <div>
                    <p class="say">{redrawn(move || say.get())}</p>
                    <small>{redrawn(move || small.get())}</small>
                </div>
            </aside>
        </div>
    }
}

/// What the forms for coming in have in common.
#[component]
pub fn AuthForm(
    #[prop(into)] title: TextProp,
    #[prop(into)] sub: TextProp,
    sending: Sending,
    on_submit: Callback<()>,
    #[prop(into)] label: TextProp,
    #[prop(into)] busy_label: TextProp,
    /// Under the button: the other ways in.
    #[prop(optional, into)]
    below: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let Sending { busy, error } = sending;
    view! {
        <form aria-labelledby="auth-title" novalidate on:submit=sending.submit(on_submit)>
            <PlaceName/>
            <div>
                <h1 id="auth-title">{redrawn(move || title.get())}</h1>
                <p class="sub">{redrawn(move || sub.get())}</p>
            </div>
            <FormError error/>
            {children()}
            <SubmitButton label busy_label busy class="primary lg block"/>
            {below.map(|below| below.run())}
            <LanguageChoice/>
        </form>
    }
}

/// The place's name and address above a form; only the mark where it has no name yet.
#[component]
pub fn PlaceName() -> impl IntoView {
    let state = use_state();
    let host = window().location().host().unwrap_or_default();
    view! {
        <div class="place">
            <Mark class="lg"/>
            <span>
                <b dir="auto">
                    {redrawn(move || state.site_name().unwrap_or_else(|| "Hubbub".to_owned()))}
                </b>
                <small>{host}</small>
            </span>
        </div>
    }
}

/// The languages, each by its own name.
#[component]
pub fn LanguageChoice() -> impl IntoView {
    let locale = use_locale();
    let choices = LANGUAGES.map(|language| {
        view! {
            <button
                type="button"
                lang=tag(language)
                aria-pressed=live(move || if locale.language() == language { "true" } else { "false" })
                on:click=move |_| locale.set(Some(language))
            >
                {own_name(language)}
            </button>
        }
    });
    view! {
        <div class="center">
            <div class="seg" role="group" aria-label=text!(locale, common.language)>
                {choices.into_iter().collect_view()}
            </div>
        </div>
    }
}

/// Six bars like a skyline over water.
#[component]
fn Scene() -> impl IntoView {
    view! {
        <svg class="scene" viewBox="0 0 720 884" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
            <defs>
                <linearGradient id="glow" x1="0" y1="0" x2="0" y2="1">
                    <stop class="sky-0" offset="0"></stop>
                    <stop class="sky-1" offset="1"></stop>
                </linearGradient>
            </defs>
            <rect width="720" height="884" fill="url(#glow)"></rect>
            <circle class="sun" cx="560" cy="420" r="62"></circle>
            <path class="hill" d="M0 640c120-46 260-40 380-12s220 24 340-16v272H0z"></path>
            <rect class="tall" x="112" y="420" width="56" height="360" rx="28"></rect>
            <rect class="you" x="198" y="552" width="56" height="228" rx="28"></rect>
            <rect class="tall" x="284" y="388" width="56" height="392" rx="28"></rect>
            <rect class="tall" x="370" y="452" width="56" height="328" rx="28"></rect>
            <rect class="you" x="456" y="552" width="56" height="228" rx="28"></rect>
            <rect class="tall" x="542" y="416" width="56" height="364" rx="28"></rect>
            <path class="near" d="M0 690c140-20 250-14 380-2s220 12 340-8v204H0z"></path>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn signing_in_goes_on_to_pages_of_this_site_only() {
        for path in ["/", "/rooms", "/room/abc?at=7", "/settings#sessions"] {
            assert_eq!(local_path(Some(path)), path);
        }
        let foreign = [
            "",
            "rooms",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:x",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\\b",
        ];
        for path in foreign {
            assert_eq!(local_path(Some(path)), "/", "{path:?}");
        }
        assert_eq!(local_path(None), "/");
    }

    #[test]
    fn signing_in_does_not_lead_back_to_signing_in() {
        for path in ["/login", "/login?next=/rooms", "/register", "/join#secret", "/reset"] {
            assert_eq!(local_path(Some(path)), "/");
        }
        assert_eq!(local_path(Some("/joiners")), "/joiners");
    }
}
