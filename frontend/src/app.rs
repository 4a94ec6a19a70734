//! Provides state, texts and actions, routes, and joins outbox, connection and state.

mod activity;
mod drafts_sync;
mod wiring;

use crate::actions::{provide_actions, use_actions};
use crate::address::{Page, provide_address, use_address};
use crate::api;
use crate::appearance::follow_settings;
use crate::components::announcer::{AnnouncerRegion, provide_announcer};
use crate::components::choose_moment::ChooseMoment;
use crate::components::connection_line::ConnectionLine;
use crate::components::desk::{provide_desk, room_path, use_desk};
use crate::components::keyboard::{Shortcuts, listen_to_keys};
use crate::components::new_direct::NewDirect;
use crate::components::new_poll::NewPoll;
use crate::components::new_room::NewRoom;
use crate::components::notice_banner::NoticeBanner;
use crate::components::sidebar::{Sidebar, first_room, use_current_room};
use crate::components::switcher::Switcher;
use crate::components::toast::{ToastRegion, provide_toasts};
use crate::drafts;
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::{provide_locale, use_locale};
use crate::pages::not_found::NotFound;
use crate::parts;
use crate::state::{State, Viewer, provide_state, use_state};
use crate::text;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{GetSite, Visit};
use shared::keyed::Map;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wiring::Wiring;

/// How often the server is asked who is there, while it does not answer.
const ASK_AGAIN_MILLIS: u32 = 2_000;
const TYPING_TICK_MILLIS: u64 = 1_000;

#[component]
pub fn App() -> impl IntoView {
    let address = provide_address();
    let locale = provide_locale();
    let state = provide_state();
    provide_toasts();
    provide_announcer();
    let desk = provide_desk();
    parts::provide_parts(move || {
        state.synchronised.get()
            || (state.viewer.get() == Viewer::Nobody && state.site.with(Option::is_some))
    });

    let wiring = Wiring::new(state);
    provide_actions(Rc::new(wiring.clone()));
    join(&wiring, state);
    follow_settings(state, locale);
    listen_to_keys(state, desk, locale);
    spawn_local(ask_who(state));

    // What surrounds the pages of somebody signed in stays when they go from one to another.
    let frame = Memo::new(move |_| match address.page() {
        Page::Room
        | Page::Browse
        | Page::Threads
        | Page::Saved
        | Page::CatchUp
        | Page::Search
        | Page::Later
        | Page::Settings
        | Page::Admin => Page::Home,
        page @ (Page::SignIn
        | Page::Register
        | Page::Join
        | Page::Reset
        | Page::Home
        | Page::Unknown) => page,
    });
    view! {
        {redrawn(move || match frame.get() {
            Page::SignIn => view! { <parts::SignIn/> }.into_any(),
            Page::Register => view! { <parts::Register/> }.into_any(),
            Page::Join => view! { <parts::Join/> }.into_any(),
            Page::Reset => view! { <parts::Reset/> }.into_any(),
            Page::Unknown => view! { <NotFound/> }.into_any(),
            Page::Home
            | Page::Room
            | Page::Browse
            | Page::CatchUp
            | Page::Search
            | Page::Threads
            | Page::Saved
            | Page::Later
            | Page::Settings
            | Page::Admin => {
                view! { <Shell/> }.into_any()
            }
        })}
        <ToastRegion/>
        <AnnouncerRegion/>
    }
}

/// Asks the server what it is and who this is, until it answers.
async fn ask_who(state: State) {
    loop {
        if let Ok(Visit { site, me }) = api::get::<GetSite>().await {
            state.site.set(Some(site));
            return match me {
                Some(me) => state.set_me(me),
                None => state.signed_out(),
            };
        }
        TimeoutFuture::new(ASK_AGAIN_MILLIS).await;
    }
}

fn join(wiring: &Wiring, state: State) {
    let everyone = wiring.clone();
    Effect::new(move |before: Option<Viewer>| {
        let viewer = state.viewer.get();
        if before != Some(viewer) {
            if matches!(before, Some(Viewer::Person(_))) {
                everyone.end();
            }
            if let Viewer::Person(user) = viewer {
                everyone.begin(user);
            }
        }
        viewer
    });
    let pump = wiring.clone();
    effect(move || {
        state.outbox.track();
        state.link.track();
        pump.pump();
    });
    set_interval(
        move || state.expire_typing(crate::state::now_millis()),
        core::time::Duration::from_millis(TYPING_TICK_MILLIS),
    );
    activity::watch(wiring.clone());
    drafts_sync::sync_drafts(state, use_actions());
}

/// What surrounds every page of somebody signed in; others are led to where they can be.
#[component]
fn Shell() -> impl IntoView {
    let state = use_state();
    let address = use_address();
    let first_run = Memo::new(move |_| {
        state.site.with(|site| site.as_ref().is_some_and(|site| site.first_run))
            && state.viewer.get() == Viewer::Nobody
    });
    effect(move || {
        if state.viewer.get() != Viewer::Nobody || state.site.with(Option::is_none) {
            return;
        }
        let path = untrack(|| address.whole());
        if first_run.get_untracked() {
            if path != "/" {
                address.replace("/");
            }
        } else if path == "/" {
            address.replace("/login");
        } else {
            let next = String::from(js_sys::encode_uri_component(&path));
            address.replace(&("/login?next=".to_owned() + &next));
        }
    });
    let signed_in = Memo::new(move |_| state.me().is_some());
    move || {
        if signed_in.get() {
            view! { <SignedIn/> }.into_any()
        } else if first_run.get() {
            view! { <parts::FirstRun/> }.into_any()
        } else {
            ().into_any()
        }
    }
}

#[component]
fn SignedIn() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let address = use_address();
    let page = Memo::new(move |_| address.page());
    let locale = use_locale();
    let at_list = move || page.get() == Page::Home;
    let current = use_current_room();
    let in_room = move || current.get().is_some_and(|room| state.room(room).is_some());
    // A page that was chosen is not to be covered by what it was chosen from.
    effect(move || {
        address.path.track();
        desk.drawer.set(false);
    });
    view! {
        <a
            class="skip"
            href=live(move || if in_room() { "#composer" } else { "#main" })
            on:click=move |event| {
                event.prevent_default();
                event.stop_propagation();
                skip();
            }
        >
            {redrawn(move || {
                let texts = &locale.texts().common;
                if in_room() { texts.skip_to_composer } else { texts.skip_to_content }
            })}
        </a>
        <div class="topped">
            <NoticeBanner/>
            // A conversation has the line under its own head.
            <Show when=move || !in_room()>
                <ConnectionLine/>
            </Show>
            <div class="desk" class:at-list=at_list>
                <Sidebar/>
                <Show when=move || desk.drawer.get()>
                    <div class="veil" on:click=move |_| desk.drawer.set(false)></div>
                </Show>
                {redrawn(move || match page.get() {
                    Page::Home => view! { <Home/> }.into_any(),
                    Page::Room => view! { <parts::RoomPage/> }.into_any(),
                    Page::Browse => view! { <parts::Browse/> }.into_any(),
                    Page::CatchUp => view! { <parts::CatchUp/> }.into_any(),
                    Page::Search => view! { <parts::Search/> }.into_any(),
                    Page::Threads => view! { <parts::Threads/> }.into_any(),
                    Page::Saved => view! { <parts::Saved/> }.into_any(),
                    Page::Later => view! { <parts::Later/> }.into_any(),
                    Page::Settings => view! { <parts::Settings/> }.into_any(),
                    Page::Admin => view! { <parts::Admin/> }.into_any(),
                    // Drawn without what surrounds these: by the app.
                    Page::SignIn
                    | Page::Register
                    | Page::Join
                    | Page::Reset
                    | Page::Unknown => ().into_any(),
                })}
            </div>
        </div>
        <Switcher/>
        <NewRoom/>
        <NewDirect/>
        <NewPoll/>
        <ChooseMoment/>
        <Shortcuts/>
    }
}

/// Past everything that is the same on every page.
fn skip() {
    let find = |selector| document().query_selector(selector).ok().flatten();
    let target = find("#composer").or_else(|| find("main h1")).or_else(|| find("main .scroll"));
    if let Some(target) = target.and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok()) {
        // What cannot take the focus leaves it on the link.
        let _ = target.focus();
    }
}

/// The room one was in last, or the first; on a phone the list itself is the page.
#[component]
fn Home() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let address = use_address();
    let locale = use_locale();
    effect(move || {
        if !state.synchronised.get() || desk.is_phone() {
            return;
        }
        let Some(me) = state.me() else { return };
        let room = state.rooms.with(|rooms| {
            drafts::last_room(me)
                .filter(|room| rooms.contains_key(room))
                .or_else(|| first_room(rooms))
        });
        if let Some(room) = room {
            address.replace(&room_path(room));
        }
    });
    let title = Memo::new(move |_| {
        state.site_name().unwrap_or_else(|| locale.texts().common.hubbub.to_owned())
    });
    let empty = move || state.synchronised.get() && state.rooms.with(Map::is_empty);
    view! {
        // On a phone the list beside it is all there is to see.
        <main class=live(move || if desk.is_phone() { "vh" } else { "sheet" }) id="main" tabindex="-1">
            <Show
                when=move || empty() && !desk.is_phone()
                fallback=move || view! { <h1 class="vh">{title}</h1> }
            >
                <div class="empty grow">
                    <h1>{text!(locale, navigation.no_rooms)}</h1>
                    <a class="btn primary" href="/browse">{text!(locale, navigation.browse_rooms)}</a>
                </div>
            </Show>
        </main>
    }
}
