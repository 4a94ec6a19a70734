//! What the page sets on the document around it: title, theme, and what the shell is to know
//! before the program arrives the next time.

use crate::erased::effect;
use crate::locales::{Locale, use_locale};
use crate::state::{State, Viewer, use_state};
use leptos::prelude::*;
use shared::user::Theme;

/// Read by `style/boot.js` as well.
const THEME_KEY: &str = "hubbub.theme";
const KNOWN_KEY: &str = "hubbub.known";

/// Makes the document follow the viewer's settings. Once, by the app.
pub fn follow_settings(state: State, locale: Locale) {
    Effect::new(move |before: Option<Viewer>| {
        let viewer = state.viewer.get();
        match viewer {
            Viewer::Person(_) => {
                let settings = state.settings.get();
                remember(KNOWN_KEY, Some("1"));
                set_theme(settings.theme);
                if let Some(language) = settings.language {
                    locale.set(Some(language));
                }
            }
            // What was the person's goes with them; the device's language stays.
            Viewer::Nobody if matches!(before, Some(Viewer::Person(_))) => {
                set_theme(Theme::System);
                remember(KNOWN_KEY, None);
            }
            Viewer::Nobody => remember(KNOWN_KEY, None),
            Viewer::Unknown => {}
        }
        viewer
    });
}

/// Shows a theme at once, and from the first paint on the next time.
pub fn set_theme(theme: Theme) {
    let name = match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    remember(THEME_KEY, name);
    if let Some(root) = document().document_element() {
        // The attribute's name is a valid one.
        let _ = match name {
            Some(name) => root.set_attribute("data-theme", name),
            None => root.remove_attribute("data-theme"),
        };
    }
}

fn remember(key: &str, value: Option<&str>) {
    let Some(storage) = window().local_storage().ok().flatten() else { return };
    // A browser that keeps nothing asks for nothing either.
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// The document's title while the calling component lives: `(3) Launch week · Quayside`, the count
/// being what waits for the viewer in all rooms.
pub fn use_title(page: impl Fn() -> String + 'static) {
    let state = use_state();
    let locale = use_locale();
    effect(move || {
        let texts = &locale.texts().common;
        let place = state.site_name().unwrap_or_else(|| texts.hubbub.to_owned());
        let page = page();
        let title = if page.is_empty() { place } else { texts.page_title.fill([&page, &place]) };
        let waiting = waiting(state);
        let title = if waiting == 0 {
            title
        } else {
            texts.unread_title.fill([&locale.number(waiting), &title])
        };
        document().set_title(&title);
    });
}

fn waiting(state: State) -> u64 {
    state.rooms.with(|rooms| {
        rooms.values().map(|entry| entry.view.with(|view| u64::from(view.counts().mentions))).sum()
    })
}
