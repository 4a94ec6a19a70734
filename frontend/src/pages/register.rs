//! `/register`, and the form that making an account shares with first run and invitations.

use super::first_run::FirstRun;
use super::sign_in::{AuthForm, AuthPage, LanguageChoice, PlaceName, enter, focus_on_mount};
use crate::address::use_address;
use crate::api::{self, Failure};
use crate::appearance::use_title;
use crate::components::field::{Field, FieldState, focus_first_refused};
use crate::components::form::Sending;
use crate::erased::redrawn;
use crate::locales::{Catalogue, use_locale};
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use shared::api::{GetSite, Register as RegisterEndpoint, RegisterRequest, Setup};
use shared::error::ErrorCode;
use shared::limit;
use shared::site::Registration;

#[component]
pub fn Register() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let kind = Memo::new(move |_| {
        state.site.with(|site| site.as_ref().map(|site| (site.first_run, site.registration)))
    });
    move || match kind.get() {
        None => ().into_any(),
        Some((true, _)) => view! { <FirstRun/> }.into_any(),
        Some((false, Registration::Open)) => view! {
            <RegisterFrame>
                <AccountForm
                    invitation=None
                    title=move || {
                        let texts = locale.texts().account();
                        texts.join_place.fill([&state.site_name().unwrap_or_default()])
                    }
                    sub=text!(locale, account.register_sub)
                />
            </RegisterFrame>
        }
        .into_any(),
        Some((false, Registration::Invitation)) => view! {
            <NoRegistration
                title=text!(locale, account.invitation_needed_title)
                why=text!(locale, account.invitation_needed)
            />
        }
        .into_any(),
        Some((false, Registration::Closed)) => view! {
            <NoRegistration
                title=text!(locale, account.registration_closed_title)
                why=text!(locale, account.registration_closed)
            />
        }
        .into_any(),
    }
}

#[component]
pub fn RegisterFrame(children: Children) -> impl IntoView {
    let locale = use_locale();
    view! {
        <AuthPage
            say=text!(locale, account.say_register)
            small=text!(locale, account.say_register_small)
        >
            {children()}
        </AuthPage>
    }
}

/// In place of the form: why there is none, and the way to sign in.
#[component]
pub fn NoRegistration(#[prop(into)] title: TextProp, #[prop(into)] why: TextProp) -> impl IntoView {
    let heading = title.clone();
    use_title(move || heading.get().into_owned());
    view! {
        <RegisterFrame>
            <div>
                <PlaceName/>
                <div>
                    <h1>{redrawn(move || title.get())}</h1>
                    <p class="sub">{redrawn(move || why.get())}</p>
                </div>
                <AlreadyWithUs/>
                <LanguageChoice/>
            </div>
        </RegisterFrame>
    }
}

#[component]
fn AlreadyWithUs() -> impl IntoView {
    let locale = use_locale();
    view! {
        <p class="muted center">
            {text!(locale, account.already_with_us)} " "
            <a class="link" href="/login">
                {text!(locale, account.sign_in)}
            </a>
        </p>
    }
}

/// The fields of the first run beyond an account's own.
#[derive(Clone, Copy, Debug)]
pub struct PlaceFields {
    pub name: FieldState,
    pub first_room: FieldState,
}

/// What is typed into the form.
#[derive(Clone, Copy, Debug)]
struct Account {
    nick: FieldState,
    name: FieldState,
    password: FieldState,
    /// The first run also names the place and its first room.
    place: Option<PlaceFields>,
}

impl Account {
    fn new(place: Option<PlaceFields>) -> Self {
        Self {
            nick: FieldState::new(""),
            name: FieldState::new(""),
            password: FieldState::new(""),
            place,
        }
    }

    /// Says beside the fields what is missing, and focuses the first of them. A name may be left
    /// out: the nick stands in for it.
    fn is_complete(self, texts: &Catalogue) -> bool {
        self.nick.require(texts.account().missing_nick);
        let chars = self.password.value.with_untracked(|password| password.chars().count());
        let missing = limit::PASSWORD_CHARS_MIN.saturating_sub(chars) as u64;
        let short = (missing > 0).then(|| texts.account().password_too_short.count(missing));
        self.password.error.set(short);
        !focus_first_refused(&[self.nick, self.password])
    }

    fn request(self, invitation: Option<String>, texts: &Catalogue) -> RegisterRequest {
        let given = |field: FieldState| Some(field.trimmed()).filter(|text| !text.is_empty());
        RegisterRequest {
            nick: self.nick.trimmed(),
            password: self.password.value.get_untracked(),
            name: given(self.name),
            invitation,
            setup: self.place.map(|place| Setup {
                site_name: given(place.name),
                first_room: given(place.first_room),
                announcements: Some(texts.account().announcements_value.to_owned()),
            }),
            token: false,
        }
    }

    /// Says beside a field what the server refused; whether it was about one.
    fn refuse(self, failure: &Failure, texts: &Catalogue) -> bool {
        let field = field_of(failure, self);
        if let Some(field) = field {
            field.refuse(failure.sentence(texts));
            field.focus();
        }
        field.is_some()
    }
}

/// Nick, name, password: makes an account, signs in and goes to the start.
#[component]
pub fn AccountForm(
    /// The secret of an invitation link.
    invitation: Option<String>,
    #[prop(into)] title: TextProp,
    #[prop(into)] sub: TextProp,
    #[prop(optional)] place: Option<PlaceFields>,
) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let address = use_address();
    let heading = title.clone();
    use_title(move || heading.get().into_owned());

    let account = Account::new(place);
    let sending = Sending::new();
    focus_on_mount(place.map_or(account.nick, |place| place.name));

    let submit = Callback::new(move |()| {
        if !account.is_complete(locale.texts()) {
            return;
        }
        sending.busy.set(true);
        let request = account.request(invitation.clone(), locale.texts());
        spawn_local(async move {
            let mut error = None;
            match api::post::<RegisterEndpoint>(&request).await {
                Ok(signed_in) => {
                    // The first account ends the first run, and may have named the place.
                    if let Ok(visit) = api::get::<GetSite>().await {
                        state.site.set(Some(visit.site));
                    }
                    enter(state, signed_in.user).await;
                    address.replace("/");
                }
                Err(failure) => {
                    if !account.refuse(&failure, locale.texts()) {
                        error = Some(failure.sentence(locale.texts()));
                    }
                }
            }
            sending.ended(error);
        });
    });

    view! {
        <AuthForm
            title
            sub
            sending
            on_submit=submit
            label=text!(locale, account.create_account)
            busy_label=text!(locale, account.creating_account)
            below=move || place.is_none().then(|| view! { <AlreadyWithUs/> })
        >
            <AccountFields account/>
        </AuthForm>
    }
}

#[component]
fn AccountFields(account: Account) -> impl IntoView {
    let locale = use_locale();
    let Account { nick, name, password, place } = account;
    let place_name = place.map(|place| {
        view! {
            <Field
                id="place"
                label=text!(locale, account.place_name)
                hint=text!(locale, account.place_name_hint)
                state=place.name
                max_chars=limit::SITE_NAME_CHARS
            />
        }
    });
    let first_room = place.map(|place| {
        view! {
            <Field
                id="first-room"
                label=text!(locale, account.first_room)
                hint=text!(locale, account.first_room_hint)
                state=place.first_room
                max_chars=limit::ROOM_NAME_CHARS
            />
        }
    });
    view! {
        {place_name}
        <Field
            id="nick"
            label=text!(locale, account.nick)
            hint=text!(locale, account.nick_hint)
            state=nick
            autocomplete="username"
            verbatim=true
        />
        <Field
            id="name"
            label=text!(locale, account.your_name)
            hint=text!(locale, account.name_hint)
            state=name
            autocomplete="name"
            verbatim=true
            max_chars=limit::NAME_CHARS
        />
        <Field
            id="password"
            label=text!(locale, account.password)
            hint=text!(locale, account.password_hint)
            state=password
            autocomplete="new-password"
            password=true
        />
        {first_room}
    }
}

/// The field that a refusal speaks of.
fn field_of(failure: &Failure, account: Account) -> Option<FieldState> {
    let Failure::Refused(code) = failure else { return None };
    match code {
        ErrorCode::NickInvalid | ErrorCode::NickTaken => Some(account.nick),
        ErrorCode::NameInvalid | ErrorCode::TooLong { .. } => Some(account.name),
        ErrorCode::PasswordLength | ErrorCode::PasswordCommon => Some(account.password),
        ErrorCode::BadFrame
        | ErrorCode::Unauthorized
        | ErrorCode::WrongCredentials
        | ErrorCode::Forbidden
        | ErrorCode::ForeignOrigin
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::Empty
        | ErrorCode::CallForbidden
        | ErrorCode::PollClosed
        | ErrorCode::TimeInvalid
        | ErrorCode::EmojiUnknown
        | ErrorCode::TooMany { .. }
        | ErrorCode::RateLimited { .. }
        | ErrorCode::ClientMessageIdConflict
        | ErrorCode::Archived
        | ErrorCode::Blocked
        | ErrorCode::RegistrationClosed
        | ErrorCode::LinkInvalid
        | ErrorCode::LastOwner
        | ErrorCode::VersionUnsupported { .. }
        | ErrorCode::StorageFull
        | ErrorCode::Unavailable
        | ErrorCode::Internal => None,
    }
}
