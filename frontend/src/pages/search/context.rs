//! The hit that one has come to, with what was said before and after it.

use super::finder::Finder;
use super::question::focus_box;
use crate::api;
use crate::components::desk::path_of;
use crate::components::icon::{Icon, IconName};
use crate::components::names::room_name;
use crate::components::still_message::still_message;
use crate::erased::{effect, redrawn};
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use crate::text;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{GetHistory, HistoryEntry, HistoryQuery, Nothing, SearchHit};
use shared::id::Seq;
use shared::message::Message;

/// Messages around the one found, itself included.
const AROUND: u32 = 14;
/// Whoever goes down the hits does not stay at each.
const REST_MILLIS: u32 = 150;

#[component]
pub fn InContext(hit: SearchHit, finder: Finder) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let SearchHit { room, message, .. } = hit;
    let called =
        move || state.room(room).map(|entry| room_name(state, locale, &entry)).unwrap_or_default();
    let (at, seq, path) = (message.at, message.seq, path_of(&message));
    // Said in a thread alone, it does not stand in the room.
    let place = message.thread.filter(|_| !message.in_room).unwrap_or(seq);
    let around = RwSignal::new(vec![message]);
    spawn_local(async move {
        TimeoutFuture::new(REST_MILLIS).await;
        if around.is_disposed() {
            return;
        }
        let query =
            HistoryQuery { around: Some(place), limit: Some(AROUND), ..HistoryQuery::default() };
        // Without an answer the hit stands alone.
        let Ok(page) = api::call::<GetHistory>(&(room,), &query, &Nothing {}).await else { return };
        let found = page.entries.into_iter().filter_map(|entry| match entry {
            HistoryEntry::Message(message) => Some(*message),
            HistoryEntry::Event(_) => None,
        });
        around.try_update(|around| {
            let known = around.clone();
            *around = found.collect();
            if !around.iter().any(|message| message.seq == seq) {
                let next = around.partition_point(|message| message.seq < seq);
                around.splice(next..next, known);
            }
        });
    });
    let list = NodeRef::<leptos::html::Ol>::new();
    effect(move || {
        around.track();
        let sought = list.get().and_then(|list| list.query_selector(".flash").ok().flatten());
        if let Some(sought) = sought {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Center);
            sought.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let close = move |_| {
        finder.at.set(None);
        focus_box();
    };
    view! {
        <aside class="sheet panel context" aria-labelledby="panel-title">
            <header class="head">
                <div class="head__txt">
                    <h2 id="panel-title">{text!(locale, search.in_context)}</h2>
                    <p>
                        <bdi>{redrawn(called)}</bdi>
                        " · "
                        {redrawn(move || locale.day(at))}
                    </p>
                </div>
                <div class="head__tools">
                    <a class="btn outline sm keep" href=path on:click=move |_| finder.remember()>
                        {text!(locale, search.open_in_room)}
                    </a>
                    <button
                        type="button"
                        class="ib keep"
                        data-close=""
                        aria-label=text!(locale, search.close_context)
                        on:click=close
                    >
                        <Icon name=IconName::Close/>
                    </button>
                </div>
            </header>
            <div class="scroll" tabindex="0" role="region" aria-label=text!(locale, search.around)>
                <ol class="around" node_ref=list>
                    {redrawn(move || {
                        let around = around.get();
                        around
                            .into_iter()
                            .map(|message| said(state, locale, &message, seq))
                            .collect_view()
                    })}
                </ol>
            </div>
        </aside>
    }
}

fn said(state: State, locale: Locale, message: &Message, sought: Seq) -> AnyView {
    let class = if message.seq == sought { "msg first only flash" } else { "msg first only" };
    view! {
        <li>
            <article class=class>{still_message(state, locale, message)}</article>
        </li>
    }
    .into_any()
}
