//! `/search?q=`: what was said in one's rooms. The address holds what is looked for, so that it
//! can be kept, sent and gone back to.

pub mod context;
pub mod finder;
pub mod hits;
pub mod question;
mod words;

use crate::address::use_address;
use crate::appearance::use_title;
use crate::components::desk::use_desk;
use crate::components::page_head::WayBack;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::text;
use context::InContext;
use finder::{Asked, Finder};
use hits::Answers;
use leptos::prelude::*;
use question::Question;

#[component]
pub fn Search() -> impl IntoView {
    let locale = use_locale();
    let desk = use_desk();
    let address = use_address();
    let asked = Memo::new(move |_| Asked {
        words: address.query("q").unwrap_or_default(),
        room: address.query("room").and_then(|room| room.parse().ok()),
    });
    let finder = Finder::new(asked);
    use_title(move || {
        let words = asked.with(|asked| asked.words.trim().to_owned());
        let title = locale.texts().search().title;
        if words.is_empty() { title.to_owned() } else { format!("{words} – {title}") }
    });
    let preview = Memo::new(move |_| finder.hit().filter(|_| !desk.is_phone()));
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <header class="finder">
                <h1 class="vh" id="page-title" tabindex="-1">{text!(locale, search.title)}</h1>
                <div class="finder__top">
                    <WayBack/>
                    <Question finder/>
                </div>
            </header>
            <Answers finder/>
        </main>
        {redrawn(move || preview.get().map(|hit| view! { <InContext hit finder/> }))}
    }
}
