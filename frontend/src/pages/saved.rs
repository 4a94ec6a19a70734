//! `/saved`: the messages one keeps for oneself.

use crate::api;
use crate::appearance::use_title;
use crate::components::card_page::CardPage;
use crate::components::deed::use_deeds;
use crate::components::icon::{Icon, IconName};
use crate::components::message_card::MessageCard;
use crate::erased::effect;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ListSaved, Nothing, SavedQuery};
use shared::command::ClientCommand;
use shared::event;
use shared::message::Message;

#[component]
pub fn Saved() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    use_title(move || locale.texts().conversation.saved.to_owned());
    let messages = RwSignal::new(None::<Vec<Message>>);
    let next = RwSignal::new(None::<u64>);
    let failed = RwSignal::new(false);
    let turn = StoredValue::new(0_u32);
    let last = StoredValue::new(state.saved.with_untracked(|saved| saved.first().copied()));
    let load = move || {
        failed.set(false);
        let query = SavedQuery { after: next.get_untracked(), limit: None };
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        spawn_local(async move {
            let answer = api::call::<ListSaved>(&(), &query, &Nothing {}).await;
            if turn.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok(page) => {
                    next.try_set(page.next);
                    messages.try_update(|known| match known {
                        Some(known) if query.after.is_some() => known.extend(page.messages),
                        Some(_) | None => *known = Some(page.messages),
                    });
                }
                Err(_) => {
                    failed.try_set(true);
                }
            }
        });
    };
    // What is saved meanwhile, here or elsewhere, comes above.
    effect(move || {
        let saved = state.saved.with(|saved| saved.first().copied());
        let is_new = saved != last.get_value()
            && saved.is_some_and(|event::Saved { room, message }| {
                let holds = |of: &Message| of.room == room && of.seq == message;
                messages.with_untracked(|known| !known.iter().flatten().any(holds))
            });
        last.set_value(saved);
        if is_new {
            next.set(None);
            load();
        }
    });
    load();
    let cards = move |()| {
        // One that is no longer saved goes at once, wherever that was done.
        let messages: Vec<Message> = messages
            .get()?
            .into_iter()
            .filter(|message| state.is_saved(message.room, message.seq))
            .collect();
        let cards = messages.into_iter().map(|message| {
            let command = ClientCommand::UnsaveMessage { room: message.room, message: message.seq };
            view! {
                <MessageCard message>
                    <button
                        type="button"
                        class="btn quiet sm"
                        on:click=move |_| deeds.run(command.clone())
                    >
                        <Icon name=IconName::Bookmark class="sm"/>
                        {text!(locale, conversation.unsave)}
                    </button>
                </MessageCard>
            }
            .into_any()
        });
        Some(cards.collect())
    };
    view! {
        <CardPage
            title=text!(locale, conversation.saved)
            sub=text!(locale, conversation.saved_sub)
            empty=text!(locale, conversation.saved_empty)
            cards=cards
            failed=failed
            has_more=Signal::derive(move || next.with(Option::is_some))
            retry=move |()| load()
            show_more=move |()| load()
        />
    }
}
