//! Nothing here, and nothing that loaded.

use crate::appearance::use_title;
use crate::components::mark::Skyline;
use crate::locales::use_locale;
use crate::text;
use leptos::prelude::*;

/// No such page, no such room, or none for the viewer: one and the same. Fills the sheet it is in.
#[component]
pub fn NotFound() -> impl IntoView {
    let locale = use_locale();
    use_title(move || locale.texts().common.not_found_title.to_owned());
    view! {
        <main class="sheet" id="main">
            <div class="empty failed">
                <Skyline/>
                <h1 tabindex="-1">{text!(locale, common.not_found_title)}</h1>
                <p>{text!(locale, common.not_found)}</p>
                <a class="btn outline" href="/">
                    {text!(locale, common.to_start)}
                </a>
            </div>
        </main>
    }
}

/// The server gave no usable answer; `retry` asks again. Fills the sheet it is in.
#[component]
pub fn Failed(#[prop(into)] retry: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    use_title(move || locale.texts().common.failed_title.to_owned());
    view! {
        <main class="sheet" id="main">
            <FailedNotice retry/>
        </main>
    }
}

/// The same where only a part of a page did not load.
#[component]
pub fn FailedNotice(#[prop(into)] retry: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="empty failed" role="alert">
            <Skyline/>
            <h2>{text!(locale, common.failed_title)}</h2>
            <p>{text!(locale, common.failed)}</p>
            <button type="button" class="btn outline" on:click=move |_| retry.run(())>
                {text!(locale, common.try_again)}
            </button>
        </div>
    }
}
