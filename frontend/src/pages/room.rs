//! A conversation: header, messages, composer, and a panel beside it.

pub mod choose_day;

use crate::actions::use_actions;
use crate::address::{MESSAGE, THREAD, use_address};
use crate::api;
use crate::appearance::use_title;
use crate::components::composer::Composer;
use crate::components::desk::{Talk, is_touch, path_of, use_desk};
use crate::components::dialog::Dialog;
use crate::components::mark::Skyline;
use crate::components::message_list::MessageList;
use crate::components::names::room_name;
use crate::components::room_header::RoomHeader;
use crate::components::toast::use_toasts;
use crate::drafts;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::pages::not_found::NotFound;
use crate::parts;
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use crate::timeline::{Entry, Timeline};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ListSeen, Nothing, SeenBy};
use shared::id::{RoomId, Seq};
use shared::room::{RoomKind, Seen};
use std::sync::Arc;

/// The panels beside a conversation, by their place in the address.
pub const MEMBERS: &str = "members";
pub const SETTINGS: &str = "settings";
pub const PINS: &str = "pins";

#[component]
pub fn RoomPage() -> impl IntoView {
    let state = use_state();
    let address = use_address();
    let room = Memo::new(move |_| address.part(1).and_then(|text| text.parse::<RoomId>().ok()));
    let panel = Memo::new(move |_| address.part(2));
    // `None` where the address names no message, or none that there could be.
    let place = Memo::new(move |_| {
        let seq = address.part(3).filter(|_| panel.get().as_deref() == Some(MESSAGE))?;
        seq.parse().ok().map(Seq).filter(|seq| *seq >= Seq::FIRST)
    });
    let misplaced =
        Memo::new(move |_| panel.get().as_deref() == Some(MESSAGE) && place.get().is_none());
    let thread = Memo::new(move |_| {
        let root_place = address.part(3).filter(|_| panel.get().as_deref() == Some(THREAD))?;
        root_place.parse().ok().map(Seq)
    });
    let known = Memo::new(move |_| {
        room.get().is_some_and(|room| state.rooms.with(|rooms| rooms.contains_key(&room)))
    });
    let synchronised = state.synchronised;
    move || {
        let room = room.get().filter(|_| !misplaced.get());
        let Some(room) = room else { return view! { <NotFound/> }.into_any() };
        if known.get() {
            let Some(entry) = state.room_untracked(room) else { return ().into_any() };
            view! { <Conversation entry panel place thread/> }.into_any()
        } else if synchronised.get() {
            view! { <parts::RoomPreview room/> }.into_any()
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
fn Conversation(
    entry: RoomEntry,
    panel: Memo<Option<String>>,
    place: Memo<Option<Seq>>,
    thread: Memo<Option<Seq>>,
) -> impl IntoView {
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
    ask_who_has_read(state, &entry);
    let linked = place.get_untracked();
    talk.jump.set(linked);
    let look_up = lookup(entry.clone());
    if let Some(linked) = linked {
        look_up(linked);
    }
    follow_links(talk, entry.id, place, look_up);
    // On a phone the list of rooms was left for this: what is new stands here.
    if linked.is_none() && !is_touch() && !untrack(|| desk.is_phone()) {
        request_animation_frame(move || crate::components::desk::now(talk.focus_composer));
    }
    let members = Memo::new(move |_| panel.get().as_deref() == Some(MEMBERS));
    let pins = Memo::new(move |_| panel.get().as_deref() == Some(PINS));
    let settings = Memo::new(move |_| panel.get().as_deref() == Some(SETTINGS));
    let kept = StoredValue::new(entry);
    let entry = move || kept.get_value();
    view! {
        <main class="sheet" id="main" aria-labelledby="room-title">
            <RoomHeader entry=entry() name panel/>
            <MessageList entry=entry() name/>
            <Composer entry=entry() name/>
        </main>
        <Dialog open=talk.choose_day id="choose-day" title=move || locale.texts().conversation.go_to_day.trim_end_matches('…') class="narrow">
            <parts::ChooseDay entry=entry() talk/>
        </Dialog>
        {redrawn(move || {
            members.get().then(|| view! { <parts::MembersPanel entry=entry() name/> })
        })}
        {redrawn(move || pins.get().then(|| view! { <parts::PinsPanel entry=entry() name/> }))}
        {redrawn(move || {
            thread.get().map(|root| view! { <parts::ThreadPanel entry=entry() root name/> })
        })}
        {redrawn(move || {
            settings.get().then(|| view! { <parts::RoomSettings entry=entry() name/> })
        })}
    }
}

/// A snapshot tells it of direct rooms; of others it is asked when they are opened.
fn ask_who_has_read(state: State, entry: &RoomEntry) {
    let direct = entry.view.with_untracked(|view| view.room.kind == RoomKind::Direct);
    if direct || !untrack(|| state.shows_receipts()) {
        return;
    }
    let entry = entry.clone();
    spawn_local(async move {
        // Without an answer it is told as people go on reading.
        let Ok(SeenBy { seen }) =
            api::call::<ListSeen>(&(entry.id,), &Nothing {}, &Nothing {}).await
        else {
            return;
        };
        entry.view.update(|view| {
            for Seen { user, read } in seen {
                let known = view.seen.entry(user).or_default();
                *known = (*known).max(read);
            }
        });
    });
}

/// To each message whose link is followed while the room is open, also to the same one again.
fn follow_links(
    talk: Talk,
    room: RoomId,
    place: Memo<Option<Seq>>,
    look_up: impl Fn(Seq) + 'static,
) {
    let address = use_address();
    Effect::new(move |before: Option<()>| {
        address.path.track();
        let here = untrack(|| address.part(1)).and_then(|id| id.parse().ok()) == Some(room);
        let place = place.get_untracked().filter(|_| here && before.is_some());
        if let Some(linked) = place {
            talk.jump.set(place);
            look_up(linked);
        }
    });
}

/// Looks whether there is a message where a link leads. If there is none, that is said; one that is
/// said in a thread alone is shown there.
fn lookup(entry: RoomEntry) -> impl Fn(Seq) {
    let (actions, toasts, locale, address) =
        (use_actions(), use_toasts(), use_locale(), use_address());
    move |place| {
        let is_message = |entry: &Arc<Entry>| entry.message().is_some();
        let known = |timeline: &Timeline| timeline.entry(place).is_some_and(is_message);
        if entry.timeline.with_untracked(known) {
            return;
        }
        let answer = actions.message(entry.id, place);
        spawn_local(async move {
            match answer.await {
                Ok(Some(message)) if message.thread.is_some() && !message.in_room => {
                    address.replace(&path_of(&message));
                }
                Ok(None) => toasts.say(untrack(|| locale.texts().conversation.no_such_message)),
                // It is jumped to, or will be when there is a connection again.
                Ok(Some(_)) | Err(_) => {}
            }
        });
    }
}

/// A room in which nobody has spoken yet.
#[component]
pub fn NobodySpoke(#[prop(into)] name: Signal<String>, direct: bool) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    // Whoever has just made the place is to see how others come in.
    let alone = move || state.is_administrator() && state.people.with(|people| people.len() < 2);
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
                        {alone()
                            .then(|| {
                                view! {
                                    <a class="btn primary" href="/admin/invitations">
                                        {texts.invite_people}
                                    </a>
                                }
                            })}
                    }
                        .into_any()
                }
            })}
        </div>
    }
}
