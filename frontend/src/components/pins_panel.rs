//! What is pinned in a room, beside the conversation.

use super::icon::{Icon, IconName};
use super::message_card::MessageCard;
use super::panel::Panel;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::outbox::What;
use crate::state::{RoomEntry, use_state};
use crate::text;
use leptos::prelude::*;
use shared::permission::RoomAction;

#[component]
pub fn PinsPanel(entry: RoomEntry, name: Memo<String>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let room = entry.id;
    let may_pin = {
        let entry = entry.clone();
        Memo::new(move |_| state.may(&entry, RoomAction::Pin))
    };
    let list = move || {
        let pins = entry.pins.get().unwrap_or_default();
        if pins.is_empty() {
            return view! { <p class="muted">{text!(locale, conversation.pins_empty)}</p> }
                .into_any();
        }
        let cards = pins.into_iter().map(|message| {
            let seq = message.seq;
            let unpin = may_pin.get().then(|| {
                view! {
                    <button
                        type="button"
                        class="btn quiet sm"
                        on:click=move |_| state.act_on(room, What::Unpin(seq), String::new())
                    >
                        <Icon name=IconName::Pin class="sm"/>
                        {text!(locale, conversation.unpin)}
                    </button>
                }
            });
            view! { <MessageCard message>{unpin}</MessageCard> }.into_any()
        });
        view! { <ul class="cards">{cards.collect::<Vec<_>>()}</ul> }.into_any()
    };
    view! {
        <Panel room title=text!(locale, conversation.pins) name>
            {redrawn(list)}
        </Panel>
    }
}
