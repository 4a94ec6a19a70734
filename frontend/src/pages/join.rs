//! `/join#secret`: an account by invitation link.

use super::register::{AccountForm, NoRegistration, RegisterFrame};
use super::sign_in::PlaceName;
use crate::api::{self, Failure};
use crate::appearance::use_title;
use crate::components::mark::Bars;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::pages::not_found::FailedNotice;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{CheckInvitation, Secret};

/// What is known of the link.
#[derive(Clone, Debug, PartialEq)]
enum Checked {
    Asking,
    Good,
    Bad,
    Failed,
}

/// The part of the address after `#`, which no server ever sees.
pub(super) fn secret_of_address() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

#[component]
pub fn Join() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let secret = StoredValue::new(secret_of_address());
    let checked = RwSignal::new(Checked::Asking);
    let check = move || {
        checked.set(Checked::Asking);
        spawn_local(async move {
            let answer = api::post::<CheckInvitation>(&Secret { secret: secret.get_value() }).await;
            checked.set(match answer {
                Ok(_) => Checked::Good,
                Err(Failure::Refused(_)) => Checked::Bad,
                Err(Failure::NoAnswer) => Checked::Failed,
            });
        });
    };
    // Decided once: whoever registers here is signed in before the page is left.
    let somebody = untrack(|| state.me().is_some());
    if !somebody {
        check();
    }

    move || {
        if somebody {
            return view! { <AlreadyHere/> }.into_any();
        }
        match checked.get() {
            Checked::Asking => view! {
                <RegisterFrame>
                    <div role="status">
                        <Bars/>
                        <span class="vh">{text!(locale, common.loading)}</span>
                    </div>
                </RegisterFrame>
            }
            .into_any(),
            Checked::Good => view! {
                <RegisterFrame>
                    <AccountForm
                        invitation=Some(secret.get_value())
                        title=move || {
                            let texts = locale.texts().account();
                            texts.join_place.fill([&state.site_name().unwrap_or_default()])
                        }
                        sub=text!(locale, account.invited_sub)
                    />
                </RegisterFrame>
            }
            .into_any(),
            Checked::Bad => view! {
                <NoRegistration
                    title=text!(locale, account.link_invalid_title)
                    why=text!(locale, account.invitation_invalid)
                />
            }
            .into_any(),
            Checked::Failed => view! {
                <RegisterFrame>
                    <FailedNotice retry=move |()| check()/>
                </RegisterFrame>
            }
            .into_any(),
        }
    }
}

/// An invitation opened by somebody who has an account already.
#[component]
fn AlreadyHere() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    use_title(move || locale.texts().account().join_signed_in_title.to_owned());
    view! {
        <RegisterFrame>
            <div>
                <PlaceName/>
                <div>
                    <h1>{text!(locale, account.join_signed_in_title)}</h1>
                    <p class="sub">
                        {redrawn(move || {
                            let name = state.my_user().map(|user| user.name.clone());
                            locale
                                .texts()
                                .account()
                                .join_signed_in
                                .fill([&name.unwrap_or_default()])
                        })}
                    </p>
                </div>
                <a class="btn primary lg block" href="/">
                    {text!(locale, account.open_place)}
                </a>
            </div>
        </RegisterFrame>
    }
}
