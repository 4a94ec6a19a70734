//! What can be done with a message, as a sheet: for a finger, which hovers over nothing.

use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::message::{Act, Acting};
use crate::components::names::person_name;
use crate::erased::{effect, redrawn};
use crate::locales::use_locale;
use crate::state::use_state;
use crate::timeline::Said;
use leptos::prelude::*;

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
        let items = Act::all(&said, acting.me).into_iter().map(|act| {
            let said = said.clone();
            view! {
                <button
                    type="button"
                    class="item"
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
        Some(items.collect::<Vec<_>>())
    };
    view! {
        <Dialog open id="message-menu" title class="narrow">
            <div class="menu dialog__body" role="group">{redrawn(items)}</div>
        </Dialog>
    }
}
