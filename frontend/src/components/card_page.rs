//! A page of messages as cards, more of which come on request.

use super::mark::Skyline;
use super::page_head::PageHead;
use crate::erased::{Show, redrawn};
use crate::locales::use_locale;
use crate::pages::not_found::FailedNotice;
use crate::text;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// `cards` are none until the first of them have come; `empty` is said when there are none at all.
#[component]
pub fn CardPage(
    #[prop(into)] title: TextProp,
    #[prop(into)] sub: TextProp,
    #[prop(into)] empty: TextProp,
    #[prop(into)] cards: Callback<(), Option<Vec<AnyView>>>,
    #[prop(into)] failed: Signal<bool>,
    #[prop(into)] has_more: Signal<bool>,
    #[prop(into)] retry: Callback<()>,
    #[prop(into)] show_more: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let list = move || {
        let cards = cards.run(())?;
        if cards.is_empty() {
            let empty = empty.clone();
            return Some(
                view! {
                    <div class="empty">
                        <Skyline/>
                        <p>{move || empty.get()}</p>
                    </div>
                }
                .into_any(),
            );
        }
        Some(view! { <ul class="cards">{cards}</ul> }.into_any())
    };
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title sub/>
            <div class="scroll">
                <div class="page">
                    {redrawn(list)}
                    <Show when=move || failed.get()>
                        <FailedNotice retry=move |()| retry.run(())/>
                    </Show>
                    <Show when=move || has_more.get()>
                        <button type="button" class="btn outline" on:click=move |_| show_more.run(())>
                            {text!(locale, conversation.show_more)}
                        </button>
                    </Show>
                </div>
            </div>
        </main>
    }
}
