//! `/browse`: the open rooms, to find and to join.

use crate::address::use_address;
use crate::api;
use crate::appearance::use_title;
use crate::components::avatar::RoomTile;
use crate::components::desk::{room_path, use_desk};
use crate::components::find;
use crate::components::icon::{Icon, IconName};
use crate::components::mark::{Bars, Skyline};
use crate::components::page_head::PageHead;
use crate::components::toast::use_toasts;
use crate::erased::{live, redrawn};
use crate::locales::use_locale;
use crate::order::sorted_by;
use crate::pages::not_found::FailedNotice;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{JoinRoom, ListRooms, Nothing};
use shared::room::{RoomKind, RoomListing};

#[derive(Clone, Debug, PartialEq)]
enum Loaded {
    Asking,
    Rooms(Vec<RoomListing>),
    Failed,
}

#[component]
pub fn Browse() -> impl IntoView {
    let locale = use_locale();
    let desk = use_desk();
    use_title(move || locale.texts().navigation.browse_title.to_owned());
    let loaded = RwSignal::new(Loaded::Asking);
    let query = RwSignal::new(String::new());
    let load = move || {
        loaded.set(Loaded::Asking);
        spawn_local(async move {
            let answer = api::get::<ListRooms>().await;
            loaded.try_set(match answer {
                Ok(answer) => Loaded::Rooms(
                    answer.rooms.into_iter().filter(|room| room.kind == RoomKind::Open).collect(),
                ),
                Err(_) => Loaded::Failed,
            });
        });
    };
    load();
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead
                title=text!(locale, navigation.browse_title)
                sub=text!(locale, navigation.browse_sub)
            >
                <button
                    type="button"
                    class="btn primary sm keep"
                    on:click=move |_| desk.new_room.set(true)
                >
                    <Icon name=IconName::Plus class="sm"/>
                    {text!(locale, navigation.new_room)}
                </button>
            </PageHead>
            <div class="scroll">
                <div class="page">
                    {redrawn(move || match loaded.get() {
                        Loaded::Asking => ().into_any(),
                        Loaded::Failed => {
                            view! { <FailedNotice retry=move |()| load()/> }.into_any()
                        }
                        Loaded::Rooms(rooms) if rooms.is_empty() => view! { <NoRooms/> }.into_any(),
                        Loaded::Rooms(rooms) => view! { <RoomList rooms query/> }.into_any(),
                    })}
                </div>
            </div>
        </main>
    }
}

#[component]
fn NoRooms() -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="empty">
            <Skyline/>
            <h2>{text!(locale, navigation.no_open_rooms)}</h2>
            <p>{text!(locale, navigation.no_open_rooms_hint)}</p>
        </div>
    }
}

#[component]
fn RoomList(rooms: Vec<RoomListing>, query: RwSignal<String>) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let names: String = rooms.iter().map(|room| room.name.as_str()).collect();
    find::learn(state, &names);
    let rooms = StoredValue::new(rooms);
    let found = Memo::new(move |_| {
        let wanted = query.with(|query| query.trim().to_lowercase());
        let found = rooms.with_value(|rooms| {
            rooms
                .iter()
                .filter(|room| {
                    room.name.to_lowercase().contains(&wanted)
                        || room.topic.to_lowercase().contains(&wanted)
                        || find::read(state, &wanted, &room.name).is_some()
                })
                .cloned()
                .collect::<Vec<_>>()
        });
        sorted_by(found, |a, b| {
            a.archived.cmp(&b.archived).then_with(|| locale.compare(&a.name, &b.name))
        })
    });
    view! {
        <div class="block">
            <div class="input-wrap" role="search">
                <Icon name=IconName::Search/>
                <input
                    class="input"
                    type="search"
                    autocomplete="off"
                    aria-label=text!(locale, navigation.find_room)
                    placeholder=text!(locale, navigation.find_room)
                    prop:value=query
                    on:input:target=move |event| query.set(event.target().value())
                />
            </div>
            <ul class="list">
                <For each=move || found.get() key=|room| room.id let:room>
                    <RoomRow room/>
                </For>
            </ul>
            <p class="muted" role="status">
                {redrawn(move || {
                    found
                        .with(Vec::is_empty)
                        .then(|| locale.texts().navigation.no_room_matches.fill([query.get().trim()]))
                })}
            </p>
        </div>
    }
}

#[component]
fn RoomRow(room: RoomListing) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let address = use_address();
    let busy = RwSignal::new(false);
    let RoomListing { id, name, topic, members, joined, archived, .. } = room;
    let for_tile = name.clone();
    let heading = format!("room-{id}");
    let described_by = heading.clone();
    let join = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::call::<JoinRoom>(&(id,), &Nothing {}, &Nothing {}).await {
                Ok(_) => address.go(&room_path(id)),
                Err(failure) => toasts.say(failure.sentence(locale.texts())),
            }
            busy.try_set(false);
        });
    };
    view! {
        <li>
            <RoomTile room=id name=Signal::derive(move || for_tile.clone()) class="lg"/>
            <span class="t">
                <b dir="auto" id=heading>
                    {name}
                </b>
                {(!topic.is_empty()).then(|| view! { <small dir="auto">{topic}</small> })}
                <small>
                    {redrawn(move || locale.texts().navigation.member_count.count(members.into()))}
                    {archived
                        .then(|| {
                            view! {
                                " "
                                <span class="tag">{text!(locale, navigation.archived)}</span>
                            }
                        })}
                </small>
            </span>
            {if joined {
                view! {
                    <a class="btn outline sm" href=room_path(id) aria-describedby=described_by>
                        {text!(locale, navigation.open)}
                    </a>
                }
                    .into_any()
            } else {
                view! {
                    <button
                        type="button"
                        class="btn primary sm"
                        aria-describedby=described_by
                        aria-busy=live(move || busy.get().then_some("true"))
                        on:click=join
                    >
                        {redrawn(move || busy.get().then(|| view! { <Bars/> }))}
                        {redrawn(move || {
                            let texts = &locale.texts().navigation;
                            if busy.get() { texts.joining } else { texts.join }
                        })}
                    </button>
                }
                    .into_any()
            }}
        </li>
    }
}
