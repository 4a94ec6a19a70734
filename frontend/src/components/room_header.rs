//! A conversation's head: what it is called, what it is about, who is in it, what can be done.

use super::avatar::Avatar;
use super::deed::use_deeds;
use super::desk::{Talk, panel_path, room_path, search_path, use_desk};
use super::dialog::{Confirm, Dialog};
use super::icon::{Icon, IconName};
use super::menu::{MenuButton, MenuItem, MenuLine};
use super::names::{is_direct, only_other, person_name, status_words};
use super::page_head::WayBack;
use crate::actions::{Actions, use_actions};
use crate::address::use_address;
use crate::erased::{effect, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::pages::room::{MEMBERS, PINS, SETTINGS};
use crate::parts;
use crate::state::{RoomEntry, use_state};
use crate::text;
use crate::timeline::Timeline;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::RoomId;
use shared::permission::RoomAction;

#[component]
#[expect(clippy::too_many_lines, reason = "one header; most of it is its markup")]
pub fn RoomHeader(
    entry: RoomEntry,
    name: Memo<String>,
    /// What is open beside the conversation.
    panel: Memo<Option<String>>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let address = use_address();
    let talk = expect_context::<Talk>();
    let go = move |path: String| address.go(&path);
    let id = entry.id;
    let direct = untrack(|| is_direct(&entry));
    let view = entry.view.clone();
    let count = Memo::new(move |_| view.with(|view| view.room.members));
    let view = entry.view.clone();
    let topic = Memo::new(move |_| view.with(|view| view.room.topic.clone()));
    let other = {
        let entry = entry.clone();
        Memo::new(move |_| only_other(state, &entry))
    };
    let sub = move || {
        let texts = &locale.texts().conversation;
        if !direct {
            return topic.get();
        }
        let status =
            other.get().and_then(|other| state.person(other)).map(|user| status_words(&user));
        status.filter(|status| !status.is_empty()).unwrap_or_else(|| texts.direct_sub.to_owned())
    };
    follow_pins(&entry, use_actions());
    let pins = {
        let pins = entry.pins.clone();
        Memo::new(move |_| pins.with(|pins| pins.as_ref().map_or(0, |pins| pins.len() as u64)))
    };
    let pins_label = move |count: u64| {
        locale.texts().conversation.pins_button.fill(count, [&locale.number(count)])
    };
    let members_label = move |count: u64| {
        locale.texts().conversation.members_button.fill(count, [&locale.number(count)])
    };
    let may = {
        let entry = StoredValue::new(entry.clone());
        move |action: RoomAction| entry.with_value(|entry| state.may(entry, action))
    };
    let archived = {
        let view = entry.view.clone();
        Memo::new(move |_| view.with(|view| view.room.archived))
    };
    let blocked = Memo::new(move |_| other.get().is_some_and(|other| state.is_blocked(other)));

    let deeds = use_deeds();
    let desk = use_desk();
    let leaving = RwSignal::new(false);
    let archiving = RwSignal::new(false);
    let blocking = RwSignal::new(false);
    let placing = RwSignal::new(false);
    let open_kind =
        entry.view.with_untracked(|view| view.room.kind == shared::room::RoomKind::Open);
    let other_name =
        move || other.get().map(|other| person_name(state, locale, other)).unwrap_or_default();
    let face_entry = entry;
    view! {
        <header class="head">
            <WayBack/>
            {redrawn(move || head_face(state, locale, &face_entry, name))}
            <div class="head__txt">
                <h1 id="room-title" tabindex="-1"><bdi>{name}</bdi></h1>
                <p dir="auto">{sub}</p>
            </div>
            <div class="head__tools">
                <a
                    class="ib keep"
                    id="search-room"
                    href=search_path("", Some(id))
                    aria-label=text!(locale, conversation.search_room)
                    title=text!(locale, conversation.search_room)
                    aria-keyshortcuts="Control+F"
                >
                    <Icon name=IconName::Search/>
                </a>
                {redrawn(move || {
                    let count = pins.get();
                    (count > 0)
                        .then(|| panel_button(locale, id, (panel, PINS), IconName::Pin, pins_label(count), count))
                })}
                {redrawn(move || {
                    let count = u64::from(count.get());
                    panel_button(locale, id, (panel, MEMBERS), IconName::Users, members_label(count), count)
                })}
                <MenuButton
                    id=format!("menu-{id}")
                    label=text!(locale, conversation.room_menu)
                    class="ib keep"
                    face=|| view! { <Icon name=IconName::More/> }
                >
                    {(!direct)
                        .then(|| {
                            view! {
                                <MenuItem
                                    icon=IconName::UserPlus
                                    text=text!(locale, conversation.add_people)
                                    on_select=Callback::new(move |()| go(panel_path(id, MEMBERS)))
                                />
                            }
                        })}
                    <MenuItem
                        icon=IconName::Calendar
                        text=text!(locale, conversation.go_to_day)
                        on_select=Callback::new(move |()| talk.choose_day.set(true))
                    />
                    {redrawn(move || {
                        (pins.get() > 0)
                            .then(|| {
                                view! {
                                    <MenuItem
                                        icon=IconName::Pin
                                        text=text!(locale, conversation.pins)
                                        on_select=Callback::new(move |()| go(panel_path(id, PINS)))
                                    />
                                }
                            })
                    })}
                    <MenuItem
                        icon=IconName::Gear
                        text=text!(locale, conversation.room_settings)
                        on_select=Callback::new(move |()| go(panel_path(id, SETTINGS)))
                    />
                    {may(RoomAction::Post)
                        .then(|| {
                            view! {
                                <MenuItem
                                    icon=IconName::Check
                                    text=text!(locale, conversation.new_poll)
                                    on_select=Callback::new(move |()| desk.new_poll.set(Some(id)))
                                />
                            }
                        })}
                    <MenuItem
                        icon=IconName::Menu
                        text=text!(locale, navigation.place_in_list)
                        on_select=Callback::new(move |()| placing.set(true))
                    />
                    {redrawn(move || {
                        other
                            .get()
                            .filter(|other| Some(*other) != state.me())
                            .map(|user| {
                                let words = move || {
                                    let texts = &locale.texts().conversation;
                                    let phrase = if blocked.get() { texts.unblock } else { texts.block };
                                    phrase.fill([&other_name()])
                                };
                                view! {
                                    <MenuItem
                                        icon=IconName::Block
                                        text=words
                                        class="danger"
                                        on_select=Callback::new(move |()| {
                                            if blocked.get_untracked() {
                                                deeds.run(ClientCommand::UnblockPerson { user });
                                            } else {
                                                blocking.set(true);
                                            }
                                        })
                                    />
                                }
                            })
                    })}
                    {may(RoomAction::Archive)
                        .then(|| {
                            view! {
                                <MenuLine/>
                                <MenuItem
                                    icon=IconName::Archive
                                    text=move || {
                                        let texts = &locale.texts().conversation;
                                        if archived.get() { texts.unarchive_room } else { texts.archive_room }
                                    }
                                    on_select=Callback::new(move |()| {
                                        if archived.get_untracked() {
                                            deeds.run(ClientCommand::UnarchiveRoom { room: id });
                                        } else {
                                            archiving.set(true);
                                        }
                                    })
                                />
                            }
                        })}
                    {may(RoomAction::Leave)
                        .then(|| {
                            view! {
                                <MenuItem
                                    icon=IconName::SignOut
                                    text=text!(locale, conversation.leave_room)
                                    class="danger"
                                    on_select=Callback::new(move |()| leaving.set(true))
                                />
                            }
                        })}
                </MenuButton>
            </div>
        </header>
        <super::connection_line::ConnectionLine/>
        <Dialog
            open=placing
            id="place-room"
            class="narrow"
            title=move || locale.texts().navigation.place_of.fill([&name.get()])
        >
            <parts::PlaceRoom room=id open=placing/>
        </Dialog>
        <Confirm
            open=leaving
            id="leave"
            title=move || locale.texts().conversation.leave_question.fill([&name.get()])
            explanation=move || {
                let texts = &locale.texts().conversation;
                if open_kind { texts.leave_open_explained } else { texts.leave_closed_explained }
            }
            confirm=text!(locale, conversation.leave_room)
            on_confirm=Callback::new(move |()| deeds.leave(state, address, id))
        />
        <Confirm
            open=archiving
            id="archive"
            title=move || locale.texts().conversation.archive_question.fill([&name.get()])
            explanation=text!(locale, conversation.archive_explained)
            confirm=text!(locale, conversation.archive_room)
            on_confirm=Callback::new(move |()| deeds.run(ClientCommand::ArchiveRoom { room: id }))
        />
        <Confirm
            open=blocking
            id="block"
            title=move || locale.texts().conversation.block_question.fill([&other_name()])
            explanation=text!(locale, conversation.block_explained)
            confirm=move || locale.texts().conversation.block.fill([&other_name()])
            on_confirm=Callback::new(move |()| {
                if let Some(user) = other.get_untracked() {
                    deeds.run(ClientCommand::BlockPerson { user });
                }
            })
        />
    }
}

/// Asks what is pinned, once there is history to see, and again whenever that has changed.
fn follow_pins(entry: &RoomEntry, actions: Actions) {
    let entry = entry.clone();
    effect(move || {
        let waits = entry.timeline.with(Timeline::is_empty);
        if waits || entry.pins.with(Option::is_some) {
            return;
        }
        let (room, pins) = (entry.id, entry.pins.clone());
        let answer = actions.pins(room);
        spawn_local(async move {
            // What fails is asked again when the room is entered next.
            if let Ok(found) = answer.await {
                pins.set(Some(found.messages));
            }
        });
    });
}

/// Opens what the room has so many of beside the conversation, or closes it.
fn panel_button(
    locale: Locale,
    room: RoomId,
    (panel, of): (Memo<Option<String>>, &'static str),
    icon: IconName,
    label: String,
    count: u64,
) -> AnyView {
    let open = move || panel.with(|panel| panel.as_deref() == Some(of));
    view! {
        <a
            class="btn quiet sm"
            href=live(move || if open() { room_path(room) } else { panel_path(room, of) })
            aria-label=label
            aria-current=live(move || open().then_some("true"))
            role="button"
        >
            <Icon name=icon/>
            <span class="num">{locale.number(count)}</span>
        </a>
    }
    .into_any()
}

fn head_face(
    state: crate::state::State,
    locale: Locale,
    entry: &RoomEntry,
    name: Memo<String>,
) -> AnyView {
    if let Some(other) = only_other(state, entry) {
        let name = Memo::new(move |_| person_name(state, locale, other));
        let presence = Memo::new(move |_| Some(state.presence_of(other)));
        return view! { <Avatar user=other name presence=presence/> }.into_any();
    }
    let people = is_direct(entry).then(|| state.others(entry).len() as u64);
    let name =
        Signal::derive(move || people.map_or_else(|| name.get(), |people| locale.number(people)));
    view! { <super::avatar::RoomTile room=entry.id name class="lg"/> }.into_any()
}
