//! An open room that one is not in: what there is to know of it, and the way in.

use crate::address::use_address;
use crate::api;
use crate::appearance::use_title;
use crate::components::avatar::RoomTile;
use crate::components::desk::room_path;
use crate::components::form::SubmitButton;
use crate::components::page_head::PageHead;
use crate::components::toast::use_toasts;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::pages::not_found::{Failed, NotFound};
use crate::text;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{JoinRoom, ListRooms, Nothing};
use shared::id::RoomId;
use shared::room::{RoomKind, RoomListing};

#[derive(Clone, Debug, PartialEq)]
enum Found {
    Asking,
    Open(RoomListing),
    /// There is no such room, or it is closed: nobody outside can tell.
    Nothing,
    Failed,
}

#[component]
pub fn RoomPreview(room: RoomId) -> impl IntoView {
    let found = RwSignal::new(Found::Asking);
    let load = move || {
        found.set(Found::Asking);
        spawn_local(async move {
            let answer = api::get::<ListRooms>().await;
            found.try_set(answer.map_or(Found::Failed, |answer| {
                let this = |of: &RoomListing| of.id == room && of.kind == RoomKind::Open;
                answer.rooms.into_iter().find(this).map_or(Found::Nothing, Found::Open)
            }));
        });
    };
    load();
    redrawn(move || match found.get() {
        Found::Asking => {
            view! { <main class="sheet" id="main" aria-busy="true"></main> }.into_any()
        }
        Found::Open(room) => view! { <Open room/> }.into_any(),
        Found::Nothing => view! { <NotFound/> }.into_any(),
        Found::Failed => view! { <Failed retry=move |()| load()/> }.into_any(),
    })
}

#[component]
fn Open(room: RoomListing) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let address = use_address();
    let busy = RwSignal::new(false);
    let RoomListing { id, name, topic, members, archived, .. } = room;
    let title = name.clone();
    use_title(move || title.clone());
    let tile = name.clone();
    let join = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::call::<JoinRoom>(&(id,), &Nothing {}, &Nothing {}).await {
                // The room takes this page's place as soon as it is there.
                Ok(_) => address.replace(&room_path(id)),
                Err(failure) => {
                    toasts.say(failure.sentence(locale.texts()));
                    busy.try_set(false);
                }
            }
        });
    };
    let count = move || locale.texts().navigation.member_count.count(members.into());
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title=name.clone() sub=count/>
            <form class="empty" on:submit=join>
                <RoomTile room=id name=Signal::derive(move || tile.clone()) class="xl"/>
                <h2><bdi>{name}</bdi></h2>
                {(!topic.is_empty()).then(|| view! { <p dir="auto">{topic}</p> })}
                <p class="muted">
                    {text!(locale, navigation.open_room_hint)}
                    {archived
                        .then(|| {
                            view! {
                                " "
                                <span class="tag">{text!(locale, navigation.archived)}</span>
                            }
                        })}
                </p>
                <SubmitButton
                    label=text!(locale, navigation.join)
                    busy_label=text!(locale, navigation.joining)
                    busy
                />
            </form>
        </main>
    }
}
