//! Theme, language, Enter key: each is saved when it is chosen.

use crate::actions::{Actions, use_actions};
use crate::api::{self, Failure};
use crate::components::choice::{Choice, Choices};
use crate::components::toast::{Toasts, use_toasts};
use crate::locales::{LANGUAGES, Locale, own_name, use_locale};
use crate::state::{Link, State, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{MePatch, PatchMe};
use shared::command::ClientCommand;
use shared::user::{EnterKey, Receipts, Settings, Theme};
use std::cell::RefCell;

thread_local! {
    /// How many changes are on their way, and what the server has until then.
    static UNDER_WAY: RefCell<(usize, Settings)> = RefCell::default();
}

/// Saves what is chosen.
#[derive(Clone, Copy)]
pub(super) struct Saving {
    state: State,
    actions: Actions,
    toasts: Toasts,
    locale: Locale,
}

pub(super) fn use_saving() -> Saving {
    Saving {
        state: use_state(),
        actions: use_actions(),
        toasts: use_toasts(),
        locale: use_locale(),
    }
}

impl Saving {
    /// Changes the settings here at once and on the server after; what is refused goes back.
    pub(super) fn change(self, change: impl FnOnce(&mut Settings)) {
        let state = self.state;
        let before = state.settings.get_untracked();
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return;
        }
        state.set_settings(after.clone());
        state.saving_settings.set_value(true);
        UNDER_WAY.with_borrow_mut(|(under_way, kept)| {
            if *under_way == 0 {
                *kept = before;
            }
            *under_way += 1;
        });
        spawn_local(self.tell(after));
    }

    /// They travel as a whole: at once, so that whoever leaves need not wait, and by the live
    /// connection, which keeps their order. An older choice must not come last.
    async fn tell(self, settings: Settings) {
        let Self { state, actions, toasts, locale } = self;
        let wanted = settings.clone();
        let answer = if state.link.get_untracked() == Link::Live {
            let answer = actions.ask(ClientCommand::UpdateSettings { settings }).await;
            answer.map(drop).map_err(Failure::Refused)
        } else {
            let patch = MePatch { settings: Some(settings), ..MePatch::default() };
            api::post::<PatchMe>(&patch).await.map(drop)
        };
        let stands = UNDER_WAY.with_borrow_mut(|(under_way, kept)| {
            *under_way -= 1;
            state.saving_settings.set_value(*under_way > 0);
            if answer.is_ok() {
                kept.clone_from(&wanted);
            }
            kept.clone()
        });
        if let Err(failure) = answer {
            // Another choice made meanwhile is not undone by the failure of this one.
            if state.settings.get_untracked() == wanted {
                state.set_settings(stands);
            }
            let texts = locale.texts();
            let not_saved = texts.settings().not_saved;
            toasts.say(format!("{} {not_saved}", failure.sentence(texts)));
        }
    }
}

#[component]
pub fn Preferences() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let saving = use_saving();
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
                    saving.change(move |settings| settings.theme = chosen);
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
                    saving.change(move |settings| settings.language = chosen);
                }
            />
            <Choices
                name="enter-key"
                legend=text!(locale, settings.enter_key)
                choices=keys
                value=enter_key
                on_choose=move |chosen| {
                    saving.change(move |settings| settings.enter_key = chosen);
                }
            />
            <Choices
                name="receipts"
                legend=text!(locale, settings.receipts)
                choices=seen
                value=receipts
                on_choose=move |chosen| {
                    saving.change(move |settings| settings.receipts = chosen);
                }
            />
        </section>
    }
}
