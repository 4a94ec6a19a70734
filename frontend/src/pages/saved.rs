//! `/saved`: the messages one keeps for oneself.

use crate::api;
use crate::appearance::use_title;
use crate::components::deed::use_deeds;
use crate::components::icon::{Icon, IconName};
use crate::components::mark::Skyline;
use crate::components::message_card::MessageCard;
use crate::components::page_head::PageHead;
use crate::erased::{Show, redrawn};
use crate::locales::use_locale;
use crate::pages::not_found::FailedNotice;
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
    let list = move || {
        // One that is no longer saved goes at once, wherever that was done.
        let messages: Vec<Message> = messages
            .get()?
            .into_iter()
            .filter(|message| state.is_saved(message.room, message.seq))
            .collect();
        if messages.is_empty() {
            return Some(
                view! {
                    <div class="empty">
                        <Skyline/>
                        <p>{text!(locale, conversation.saved_empty)}</p>
                    </div>
                }
                .into_any(),
            );
        }
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
        Some(view! { <ul class="cards">{cards.collect::<Vec<_>>()}</ul> }.into_any())
    };
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead
                title=text!(locale, conversation.saved)
                sub=text!(locale, conversation.saved_sub)
            />
            <div class="scroll">
                <div class="page">
                    {redrawn(list)}
                    <Show when=move || failed.get()>
                        <FailedNotice retry=move |()| load()/>
                    </Show>
                    <Show when=move || next.with(Option::is_some)>
                        <button type="button" class="btn outline" on:click=move |_| load()>
                            {text!(locale, conversation.show_more)}
                        </button>
                    </Show>
                </div>
            </div>
        </main>
    }
}
