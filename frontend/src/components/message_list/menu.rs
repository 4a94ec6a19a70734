//! What can be done with a message, as a sheet: for a finger, which hovers over nothing.

use crate::components::dialog::Dialog;
use crate::components::icon::{Icon, IconName};
use crate::components::message::reactions::usual;
use crate::components::message::{Act, Acting};
use crate::components::names::person_name;
use crate::erased::{effect, redrawn};
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use crate::timeline::Said;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// A row of reactions to choose from.
fn quick_reactions(said: &Said, acting: Acting, open: RwSignal<bool>) -> Option<AnyView> {
    let message = said.message().filter(|_| acting.may_react(said))?;
    let locale = acting.locale();
    let buttons = usual(acting.me).into_iter().map(|emoji| {
        let (label, message, chosen) = (emoji.clone(), message.clone(), emoji.clone());
        view! {
            <button
                type="button"
                class="ib lg emoji"
                aria-label=move || locale.texts().conversation.react_with.fill([&label])
                on:click=move |_| {
                    open.set(false);
                    acting.react(&message, &chosen);
                }
            >
                {emoji}
            </button>
        }
    });
    let seq = message.seq;
    Some(
        view! {
            <div class="quick">
                {buttons.collect::<Vec<_>>()}
                <button
                    type="button"
                    class="ib lg"
                    aria-label=text!(locale, conversation.add_reaction)
                    on:click=move |_| {
                        open.set(false);
                        // Beside where one writes: what was pressed goes with the sheet.
                        let log = document().query_selector(".log").ok().flatten();
                        if let Some(log) = log.and_then(|log| log.dyn_into::<HtmlElement>().ok()) {
                            acting.choose_reaction(seq, log);
                        }
                    }
                >
                    <Icon name=IconName::SmilePlus/>
                </button>
            </div>
        }
        .into_any(),
    )
}

#[component]
pub fn MessageMenu(menu: RwSignal<Option<Said>>, acting: Acting) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let open = RwSignal::new(false);
    effect(move || {
        if menu.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |was_open: Option<bool>| {
        if !open.get() && was_open == Some(true) {
            menu.set(None);
        }
        open.get_untracked()
    });
    let title = move || {
        menu.with(|said| said.as_ref().map(|said| person_name(state, locale, said.author)))
            .unwrap_or_default()
    };
    let items = move || {
        let said = menu.get()?;
        let quick = quick_reactions(&said, acting, open);
        let items = Act::all(&said, acting).into_iter().map(|act| {
            let said = said.clone();
            view! {
                <button
                    type="button"
                    class=format!("item {}", act.class())
                    on:click=move |_| {
                        open.set(false);
                        acting.perform(act, &said);
                    }
                >
                    <Icon name=act.icon()/>
                    <span>{redrawn(move || act.words(locale))}</span>
                </button>
            }
        });
        Some(view! {
            {quick}
            {items.collect::<Vec<_>>()}
        })
    };
    view! {
        <Dialog open id="message-menu" title class="narrow">
            <div class="menu dialog__body" role="group">{redrawn(items)}</div>
        </Dialog>
    }
}
