//! A conversation: header, messages, composer, and a panel beside it.

use crate::address::use_address;
use crate::appearance::use_title;
use crate::components::composer::Composer;
use crate::components::desk::{Talk, is_touch, use_desk};
use crate::components::mark::Skyline;
use crate::components::message_list::MessageList;
use crate::components::names::room_name;
use crate::components::room_header::RoomHeader;
use crate::drafts;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::pages::not_found::NotFound;
use crate::parts;
use crate::state::{RoomEntry, use_state};
use crate::text;
use leptos::prelude::*;
use shared::id::RoomId;

/// The panels beside a conversation, by their place in the address.
pub const MEMBERS: &str = "members";
pub const SETTINGS: &str = "settings";

#[component]
pub fn RoomPage() -> impl IntoView {
    let state = use_state();
    let address = use_address();
    let room = Memo::new(move |_| address.part(1).and_then(|text| text.parse::<RoomId>().ok()));
    let panel = Memo::new(move |_| address.part(2));
    let known = Memo::new(move |_| {
        room.get().is_some_and(|room| state.rooms.with(|rooms| rooms.contains_key(&room)))
    });
    let synchronised = state.synchronised;
    move || {
        let Some(room) = room.get() else { return view! { <NotFound/> }.into_any() };
        if known.get() {
            let Some(entry) = state.room_untracked(room) else { return ().into_any() };
            view! { <Conversation entry panel/> }.into_any()
        } else if synchronised.get() {
            view! { <NotFound/> }.into_any()
        } else {
            view! { <Waiting/> }.into_any()
        }
    }
}

/// Until the server has said what there is.
#[component]
fn Waiting() -> impl IntoView {
    let locale = use_locale();
    view! {
        <main class="sheet" id="main" aria-busy="true" aria-label=text!(locale, common.loading)>
            <div class="head"></div>
            <div class="scroll"></div>
        </main>
    }
}

#[component]
fn Conversation(entry: RoomEntry, panel: Memo<Option<String>>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let desk = use_desk();
    let talk = Talk::new();
    provide_context(talk);
    let name = {
        let entry = entry.clone();
        Memo::new(move |_| room_name(state, locale, &entry))
    };
    if let Some(me) = state.me_untracked() {
        drafts::set_last_room(me, entry.id);
    }
    use_title(move || name.get());
    // On a phone the list of rooms was left for this: what is new stands here.
    if !is_touch() && !untrack(|| desk.is_phone()) {
        request_animation_frame(move || crate::components::desk::now(talk.focus_composer));
    }
    let members = Memo::new(move |_| panel.get().as_deref() == Some(MEMBERS));
    let settings = Memo::new(move |_| panel.get().as_deref() == Some(SETTINGS));
    let (header, list, composer, panel_entry, settings_entry) =
        (entry.clone(), entry.clone(), entry.clone(), entry.clone(), entry);
    view! {
        <main class="sheet" id="main" aria-labelledby="room-title">
            <RoomHeader entry=header name members_open=members/>
            <MessageList entry=list name/>
            <Composer entry=composer name/>
        </main>
        {redrawn(move || {
            members.get().then(|| view! { <parts::MembersPanel entry=panel_entry.clone() name/> })
        })}
        {redrawn(move || {
            settings.get().then(|| view! { <parts::RoomSettings entry=settings_entry.clone() name/> })
        })}
    }
}

/// A room in which nobody has spoken yet.
#[component]
pub fn NobodySpoke(#[prop(into)] name: Signal<String>, direct: bool) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="empty">
            <Skyline/>
            {redrawn(move || {
                let texts = &locale.texts().conversation;
                if direct {
                    view! { <p>{texts.empty_direct.fill([&name.get()])}</p> }.into_any()
                } else {
                    view! {
                        <h2>{texts.empty_title}</h2>
                        <p>{texts.empty}</p>
                    }
                        .into_any()
                }
            })}
        </div>
    }
}
