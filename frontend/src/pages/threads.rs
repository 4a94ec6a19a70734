//! `/threads`: the threads one follows, those with something new first.

use crate::api;
use crate::appearance::use_title;
use crate::components::card_page::CardPage;
use crate::components::desk::thread_path;
use crate::components::message_card::MessageCard;
use crate::components::sidebar::unread_in_threads;
use crate::erased::{effect, redrawn};
use crate::locales::use_locale;
use crate::order::sorted_by;
use crate::state::{State, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{FollowedThread, ListThreads, Nothing, ThreadsQuery};
use shared::id::{RoomId, Seq};

fn unread(state: State, room: RoomId, thread: Seq) -> u32 {
    let entry = state.room(room);
    entry.map_or(0, |entry| entry.thread_unread(thread))
}

#[component]
pub fn Threads() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    use_title(move || locale.texts().conversation.threads.to_owned());
    let threads = RwSignal::new(None::<Vec<FollowedThread>>);
    let next = RwSignal::new(None::<String>);
    let failed = RwSignal::new(false);
    let load = move |after: Option<String>| {
        failed.set(false);
        spawn_local(async move {
            let query = ThreadsQuery { after: after.clone(), limit: None };
            match api::call::<ListThreads>(&(), &query, &Nothing {}).await {
                Ok(page) => {
                    next.try_set(page.next);
                    threads.try_update(|known| {
                        let known = known.get_or_insert_default();
                        if after.is_none() {
                            known.clear();
                        }
                        known.extend(page.threads);
                    });
                }
                Err(_) => {
                    failed.try_set(true);
                }
            }
        });
    };
    // Whatever comes in one of them may bring it up.
    let total = Memo::new(move |_| unread_in_threads(state));
    effect(move || {
        total.track();
        load(None);
    });
    let cards = move |()| {
        let threads = threads.get()?;
        let read = |of: &FollowedThread| unread(state, of.root.room, of.counts.root) == 0;
        let threads = sorted_by(threads, |a, b| read(a).cmp(&read(b)));
        let cards = threads.into_iter().map(|FollowedThread { root, .. }| {
            let (room, seq) = (root.room, root.seq);
            let replies = root.replies.as_ref().map_or(0, |replies| u64::from(replies.count));
            let words = move || {
                let texts = &locale.texts().conversation;
                let new = u64::from(unread(state, room, seq));
                let all = texts.replies.fill(replies, [&locale.number(replies)]);
                if new == 0 {
                    view! { <small>{all}</small> }.into_any()
                } else {
                    let new = texts.new_replies.fill(new, [&locale.number(new)]);
                    view! { <b class="tag signal">{new}</b><small>{all}</small> }.into_any()
                }
            };
            view! {
                <MessageCard message=root href=thread_path(room, seq)>
                    {redrawn(words)}
                </MessageCard>
            }
            .into_any()
        });
        Some(cards.collect())
    };
    view! {
        <CardPage
            title=text!(locale, conversation.threads)
            sub=text!(locale, conversation.threads_sub)
            empty=text!(locale, conversation.threads_empty)
            cards=cards
            failed=failed
            has_more=Signal::derive(move || next.with(Option::is_some))
            retry=move |()| load(None)
            show_more=move |()| load(next.get_untracked())
        />
    }
}
