//! Theme, language, Enter key: each is saved when it is chosen.

use crate::api::{self, Failure};
use crate::components::choice::{Choice, Choices};
use crate::components::toast::{Toasts, use_toasts};
use crate::locales::{LANGUAGES, Locale, own_name, use_locale};
use crate::state::{State, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{Me, MePatch, PatchMe};
use shared::user::{EnterKey, Receipts, Settings, Theme};
use std::cell::RefCell;
use std::rc::Rc;

/// Changes the settings here at once and on the server after; what is refused goes back.
pub(super) fn save(
    state: State,
    toasts: Toasts,
    locale: Locale,
    change: impl FnOnce(&mut Settings),
) {
    let before = state.settings.get_untracked();
    let mut after = before.clone();
    change(&mut after);
    if after == before {
        return;
    }
    state.set_settings(after.clone());
    // They travel as a whole: one after the other, else an older choice could come last.
    if state.saving_settings.get_value() {
        return;
    }
    state.saving_settings.set_value(true);
    let sending = Rc::new(RefCell::new(after.clone()));
    let sent_last = Rc::clone(&sending);
    // Whoever leaves cannot wait for the turn of what was chosen last.
    let leaving = window_event_listener(leptos::ev::pagehide, move |_| {
        let wanted = state.settings.get_untracked();
        if *sent_last.borrow() != wanted {
            spawn_local(async move {
                // Nobody is there any more to be told.
                let _ = patch(wanted).await;
            });
        }
    });
    spawn_local(async move {
        let (mut kept, mut sent) = (before, after);
        loop {
            match patch(sent.clone()).await {
                Ok(_) => kept = sent.clone(),
                Err(failure) => {
                    // Another choice made meanwhile is not undone by the failure of this one.
                    if state.settings.get_untracked() == sent {
                        state.set_settings(kept.clone());
                    }
                    let texts = locale.texts();
                    let not_saved = texts.settings().not_saved;
                    toasts.say(format!("{} {not_saved}", failure.sentence(texts)));
                }
            }
            let wanted = state.settings.get_untracked();
            if wanted == sent || wanted == kept {
                break;
            }
            sending.borrow_mut().clone_from(&wanted);
            sent = wanted;
        }
        leaving.remove();
        state.saving_settings.set_value(false);
    });
}

async fn patch(settings: Settings) -> Result<Me, Failure> {
    api::post::<PatchMe>(&MePatch { settings: Some(settings), ..MePatch::default() }).await
}

#[component]
pub fn Preferences() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let theme = Signal::derive(move || state.settings.with(|settings| settings.theme));
    let language = Signal::derive(move || state.settings.with(|settings| settings.language));
    let receipts = Signal::derive(move || state.settings.with(|settings| settings.receipts));
    let seen = vec![
        Choice::new(Receipts::Shown, text!(locale, settings.receipts_shown))
            .hint(text!(locale, settings.receipts_shown_hint)),
        Choice::new(Receipts::Hidden, text!(locale, settings.receipts_hidden))
            .hint(text!(locale, settings.receipts_hidden_hint)),
    ];
    let enter_key = Signal::derive(move || state.settings.with(|settings| settings.enter_key));
    let themes = vec![
        Choice::new(Theme::System, text!(locale, settings.theme_system)),
        Choice::new(Theme::Light, text!(locale, settings.theme_light)),
        Choice::new(Theme::Dark, text!(locale, settings.theme_dark)),
    ];
    let languages = core::iter::once(Choice::new(None, text!(locale, settings.language_browser)))
        .chain(LANGUAGES.map(|language| Choice::new(Some(language), own_name(language))))
        .collect::<Vec<_>>();
    let keys = vec![
        Choice::new(EnterKey::Sends, text!(locale, settings.enter_sends))
            .hint(text!(locale, settings.enter_sends_hint)),
        Choice::new(EnterKey::BreaksLine, text!(locale, settings.enter_breaks))
            .hint(text!(locale, settings.enter_breaks_hint)),
    ];
    view! {
        <section class="block" aria-labelledby="preferences">
            <header>
                <h2 id="preferences">{text!(locale, settings.appearance)}</h2>
            </header>
            <Choices
                name="theme"
                legend=text!(locale, settings.theme)
                choices=themes
                value=theme
                on_choose=move |chosen| {
                    save(state, toasts, locale, move |settings| settings.theme = chosen);
                }
            />
            <Choices
                name="language"
                legend=text!(locale, common.language)
                choices=languages
                value=language
                on_choose=move |chosen| {
                    // The browser's language is asked for here only: an account without a choice
                    // of its own leaves this device's as it is.
                    locale.set(chosen);
                    save(state, toasts, locale, move |settings| settings.language = chosen);
                }
            />
            <Choices
                name="enter-key"
                legend=text!(locale, settings.enter_key)
                choices=keys
                value=enter_key
                on_choose=move |chosen| {
                    save(state, toasts, locale, move |settings| settings.enter_key = chosen);
                }
            />
            <Choices
                name="receipts"
                legend=text!(locale, settings.receipts)
                choices=seen
                value=receipts
                on_choose=move |chosen| {
                    save(state, toasts, locale, move |settings| settings.receipts = chosen);
                }
            />
        </section>
    }
}
