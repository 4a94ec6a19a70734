//! Signing out, which asks first when something would be lost by it.

use super::dialog::Confirm;
use super::icon::{Icon, IconName};
use super::toast::use_toasts;
use crate::actions::use_actions;
use crate::address::use_address;
use crate::erased::live;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
pub fn SignOut(
    /// The button's class.
    #[prop(default = "btn outline sm")]
    class: &'static str,
) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let actions = use_actions();
    let toasts = use_toasts();
    let address = use_address();
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let unsent = move || state.outbox.with(|outbox| outbox.unsent() as u64);

    let sign_out = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match actions.sign_out().await {
                Ok(()) => {
                    // Whoever leaves does not mean to come back to this very page. The app, which
                    // sends people there who were put out, speaks first.
                    TimeoutFuture::new(0).await;
                    address.replace("/login");
                }
                Err(code) => {
                    toasts.say(locale.texts().refusal(&code));
                    busy.try_set(false);
                }
            }
        });
    });
    view! {
        <button
            type="button"
            class=class
            aria-busy=live(move || busy.get().then_some("true"))
            on:click=move |_| {
                if untrack(unsent) > 0 {
                    asking.set(true);
                } else {
                    sign_out.run(());
                }
            }
        >
            <Icon name=IconName::SignOut class="sm"/>
            {text!(locale, navigation.sign_out)}
        </button>
        <Confirm
            open=asking
            id="sign-out"
            title=text!(locale, navigation.sign_out_question)
            explanation=move || locale.texts().navigation.sign_out_unsent.count(unsent())
            confirm=text!(locale, navigation.sign_out)
            on_confirm=sign_out
        />
    }
}
