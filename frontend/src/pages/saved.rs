//! `/saved`: the messages one keeps for oneself.

use crate::api;
use crate::appearance::use_title;
use crate::components::card_page::CardPage;
use crate::components::deed::use_deeds;
use crate::components::icon::{Icon, IconName};
use crate::components::message_card::MessageCard;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ListSaved, Nothing, SavedQuery};
use shared::command::ClientCommand;
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
    let load = move || {
        failed.set(false);
        let query = SavedQuery { after: next.get_untracked(), limit: None };
        spawn_local(async move {
            match api::call::<ListSaved>(&(), &query, &Nothing {}).await {
                Ok(page) => {
                    next.try_set(page.next);
                    messages.try_update(|known| {
                        known.get_or_insert_default().extend(page.messages);
                    });
                }
                Err(_) => {
                    failed.try_set(true);
                }
            }
        });
    };
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
