//! An administrator's notice, across the top of every page until it is dismissed.

use super::icon::{Icon, IconName};
use super::names::person_name;
use crate::actions::use_actions;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;

#[component]
pub fn NoticeBanner() -> impl IntoView {
    let state = use_state();
    let actions = use_actions();
    let locale = use_locale();
    // What was read, here or on another device, is not shown any more.
    let latest = Memo::new(move |_| {
        let read = state
            .announcements()
            .map(|entry| entry.view.with(|view| view.counts().read))
            .unwrap_or_default();
        let me = state.me();
        state.notices.with(|notices| {
            let unread = |message: &&shared::message::Message| {
                message.seq > read && Some(message.author) != me
            };
            notices.iter().rev().find(unread).cloned()
        })
    });
    let dismiss = move |_| {
        if let Some(message) = latest.get_untracked() {
            state.notices.update(|notices| notices.retain(|known| known.seq > message.seq));
            actions.read(message.room, None, message.seq);
        }
    };
    view! {
        <div role="status" aria-label=text!(locale, conversation.notice)>
            {redrawn(move || {
                latest
                    .get()
                    .map(|message| {
                        let author = message.author;
                        let from = move || {
                            let name = person_name(state, locale, author);
                            locale.texts().conversation.notice_from.fill([&name])
                        };
                        view! {
                            <div class="banner info">
                                <Icon name=IconName::Megaphone/>
                                <span dir="auto">
                                    <b>{from}</b>
                                    " "
                                    {message.body.map(|body| body.as_str().to_owned())}
                                </span>
                                <button
                                    type="button"
                                    class="ib"
                                    aria-label=text!(locale, conversation.dismiss_notice)
                                    on:click=dismiss
                                >
                                    <Icon name=IconName::Close/>
                                </button>
                            </div>
                        }
                    })
            })}
        </div>
    }
}
