//! The phone's list of conversations: all in one, what was said last on top.

use crate::address::use_address;
use crate::api;
use crate::components::desk::{room_path, use_desk};
use crate::components::icon::{Icon, IconName};
use crate::components::mark::Mark;
use crate::components::menu::{MenuButton, MenuItem};
use crate::components::names::{is_direct, only_other, person_name, room_name};
use crate::components::sidebar::{
    badge, face, is_listed, is_muted, row_words, unread_in_threads, waiting,
};
use crate::drafts::{self, Place};
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::order::sorted_by;
use crate::state::{Link, RoomEntry, State, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::ListLatest;
use shared::latest::{Latest, Preview};
use shared::markup;
use shared::room::{Attention, RoomKind};
use shared::time::Timestamp;

/// How often it is asked again when something happened while the answer was on its way.
const ASKED: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    All,
    Unread,
    ForYou,
    Rooms,
}

impl Filter {
    const EACH: [Self; 4] = [Self::All, Self::Unread, Self::ForYou, Self::Rooms];

    fn shows(self, entry: &RoomEntry) -> bool {
        match self {
            Self::All => true,
            Self::Unread => is_waiting(entry),
            Self::ForYou => waiting(entry).for_you > 0,
            Self::Rooms => !is_direct(entry),
        }
    }

    fn words(self, locale: Locale) -> &'static str {
        let texts = locale.texts().chats();
        match self {
            Self::All => texts.everything,
            Self::Unread => texts.unread,
            Self::ForYou => texts.for_you,
            Self::Rooms => texts.rooms,
        }
    }

    /// What is said where it shows nothing.
    fn nothing(self, locale: Locale) -> &'static str {
        let texts = locale.texts();
        match self {
            Self::All | Self::Rooms => texts.navigation.no_rooms,
            Self::Unread => texts.chats().nothing_unread,
            Self::ForYou => texts.chats().nothing_for_you,
        }
    }
}

fn is_waiting(entry: &RoomEntry) -> bool {
    let Attention { unread, for_you } = waiting(entry);
    unread || for_you > 0
}

/// What stands in the frame of the sidebar.
#[component]
pub fn Chats() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let filter = RwSignal::new(Filter::All);
    let failed = RwSignal::new(false);
    ask_what_was_said(state, failed);
    let rooms = Memo::new_with_compare(
        move |_| by_recency(state),
        |before, after| {
            let ids = |rooms: Option<&Vec<RoomEntry>>| {
                rooms.map(|rooms| rooms.iter().map(|entry| entry.id).collect::<Vec<_>>())
            };
            ids(before) != ids(after)
        },
    );
    let shown = move || {
        let filter = filter.get();
        rooms.get().into_iter().filter(|entry| filter.shows(entry)).collect::<Vec<_>>()
    };
    // In another order than it will have, it is better not seen.
    let is_known = Memo::new(move |_| {
        failed.get()
            || !state.rooms.with(|rooms| {
                rooms.values().any(|entry| entry.view.with(|view| view.latest == Latest::Unknown))
            })
    });
    let is_empty =
        Memo::new(move |_| is_known.get() && state.synchronised.get() && shown().is_empty());
    view! {
        <Top/>
        <Filters filter rooms/>
        <div class="scroll" tabindex="-1" aria-busy=live(move || (!is_known.get()).then_some("true"))>
            <Show when=move || failed.get()>
                <p class="chats__note" role="status">{text!(locale, chats.unknown)}</p>
            </Show>
            <Show when=move || is_known.get()>
                <ul>
                    <For each=shown key=|entry| entry.id let:entry>
                        <Chat entry/>
                    </For>
                </ul>
            </Show>
            <Show when=move || is_empty.get()>
                <div class="empty">
                    <p>{redrawn(move || filter.get().nothing(locale))}</p>
                </div>
            </Show>
        </div>
    }
}

/// Those who spoke last first; where nobody has, when the room was made.
fn by_recency(state: State) -> Vec<RoomEntry> {
    let rooms: Vec<(Timestamp, RoomEntry)> = state.rooms.with(|rooms| {
        let at = |entry: &RoomEntry| {
            entry.view.with(|view| view.latest.said().map_or(view.room.created_at, |said| said.at))
        };
        let listed = rooms.values().filter(|entry| is_listed(entry));
        listed.map(|entry| (at(entry), entry.clone())).collect()
    });
    let rooms = sorted_by(rooms, |a, b| b.0.cmp(&a.0));
    rooms.into_iter().map(|(_, entry)| entry).collect()
}

/// Asks when the list is first seen, and whenever there is a room of which it is not known. What is
/// said from then on, the rooms' events tell.
fn ask_what_was_said(state: State, failed: RwSignal<bool>) {
    let address = use_address();
    let asking = StoredValue::new(false);
    effect(move || {
        let is_seen = address.path.with(|path| path == "/");
        let is_live = state.link.with(|link| *link == Link::Live);
        let unknown = state.rooms.with(|rooms| {
            rooms.values().any(|entry| entry.view.with(|view| view.latest == Latest::Unknown))
        });
        if !(is_seen && is_live && unknown && state.synchronised.get()) || asking.get_value() {
            return;
        }
        asking.set_value(true);
        spawn_local(async move {
            let answered = ask(state).await;
            failed.try_set(!answered);
            asking.try_set_value(false);
        });
    });
}

async fn ask(state: State) -> bool {
    for _ in 0..ASKED {
        let Ok(answer) = api::get::<ListLatest>().await else { return false };
        let mut is_behind = false;
        for of in answer.rooms {
            let Some(entry) = state.room_untracked(of.room) else { continue };
            entry.view.update(|view| {
                // What was changed since may be what is told here.
                is_behind |= view.head > of.head;
                view.latest.learn(of.said);
            });
        }
        if !is_behind {
            break;
        }
    }
    true
}

#[component]
fn Top() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let locale = use_locale();
    let address = use_address();
    let site = move || state.site_name().unwrap_or_else(|| locale.texts().common.hubbub.to_owned());
    view! {
        <div class="side__top">
            <span class="brand">
                <Mark/>
                <b><bdi>{site}</bdi></b>
            </span>
            <button
                type="button"
                class="ib jump"
                aria-haspopup="dialog"
                aria-label=text!(locale, navigation.jump_or_search)
                on:click=move |_| desk.switcher.set(true)
            >
                <Icon name=IconName::Search/>
            </button>
            <MenuButton
                id="chats-new".to_owned()
                label=text!(locale, navigation.new_message)
                face=|| view! { <Icon name=IconName::Compose/> }
            >
                <MenuItem
                    icon=IconName::Edit
                    text=text!(locale, navigation.new_direct)
                    on_select=Callback::new(move |()| desk.new_direct.set(true))
                />
                <MenuItem
                    icon=IconName::Plus
                    text=text!(locale, navigation.new_room)
                    on_select=Callback::new(move |()| desk.new_room.set(true))
                />
                <MenuItem
                    icon=IconName::Search
                    text=text!(locale, navigation.browse_rooms)
                    on_select=Callback::new(move |()| { address.go("/browse"); })
                />
            </MenuButton>
        </div>
    }
}

/// What of the list is shown; and the lists that have a page of their own.
#[component]
fn Filters(filter: RwSignal<Filter>, rooms: Memo<Vec<RoomEntry>>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let unread = Memo::new(move |_| {
        rooms.with(|rooms| rooms.iter().filter(|entry| is_waiting(entry)).count()) as u64
    });
    let has_replies = Memo::new(move |_| unread_in_threads(state) > 0);
    let waits = Memo::new(move |_| {
        state.reminders.with(|all| !all.is_empty()) || state.scheduled.with(|all| !all.is_empty())
    });
    let chip = move |this: Filter| {
        let count = move || {
            (this == Filter::Unread && unread.get() > 0).then(|| locale.number(unread.get()))
        };
        view! {
            <button
                type="button"
                class=live(move || if filter.get() == this { "chip on" } else { "chip" })
                aria-pressed=live(move || if filter.get() == this { "true" } else { "false" })
                on:click=move |_| filter.set(this)
            >
                {redrawn(move || this.words(locale))}
                {redrawn(move || count().map(|count| view! { <span class="num">{count}</span> }))}
            </button>
        }
    };
    view! {
        <div class="chips">
            <div class="chips__group" role="group" aria-label=text!(locale, chats.show)>
                {Filter::EACH.map(chip).into_iter().collect_view()}
            </div>
            <div class="chips__group" role="group" aria-label=text!(locale, chats.elsewhere)>
                <a class="chip" href="/threads">
                    <Icon name=IconName::Talk class="sm"/>
                    {text!(locale, conversation.threads)}
                    <Show when=move || has_replies.get()>
                        <i class="dot"></i>
                        <span class="vh">{text!(locale, navigation.unread)}</span>
                    </Show>
                </a>
                <a class="chip" href="/saved">
                    <Icon name=IconName::Bookmark class="sm"/>
                    {text!(locale, conversation.saved)}
                </a>
                <Show when=move || waits.get()>
                    <a class="chip" href="/later">
                        <Icon name=IconName::Clock class="sm"/>
                        {text!(locale, navigation.later)}
                    </a>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn Chat(entry: RoomEntry) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let id = entry.id;
    let entry = StoredValue::new(entry);
    let name = Memo::new(move |_| entry.with_value(|entry| room_name(state, locale, entry)));
    let status = Memo::new(move |_| entry.with_value(waiting));
    let muted = Memo::new(move |_| entry.with_value(is_muted));
    let latest = Memo::new(move |_| {
        entry.with_value(|entry| entry.view.with(|view| view.latest.said().cloned()))
    });
    let draft = Memo::new(move |_| {
        let is_kept = state.drafts.with(|rooms| rooms.contains(&id));
        is_kept.then(|| drafts::load(state.me()?, id, Place::Room)).flatten()
    });
    let closed = entry
        .with_value(|entry| entry.view.with_untracked(|view| view.room.kind == RoomKind::Closed));
    let alone = Memo::new(move |_| {
        // Of two people it is plain which one speaks.
        entry.with_value(|entry| only_other(state, entry).is_some())
    });
    let said = Memo::new(move |_| match latest.get() {
        Some(preview) => words(state, locale, &preview, alone.get()),
        None => locale.texts().chats().nobody_spoke.to_owned(),
    });
    let at = move || latest.with(|said| said.as_ref().map(|said| locale.brief(said.at)));
    let described = format!("row-{id}");
    let described_by = described.clone();
    let description = move || {
        let draft = draft.get().map(|draft| {
            format!("{} {}", locale.texts().chats().draft, markup::plain(&draft.text))
        });
        let mut parts = vec![draft.unwrap_or_else(|| said.get())];
        parts.extend(at());
        parts.extend(entry.with_value(|entry| row_words(state, locale, entry)));
        parts.join(", ")
    };
    let class = move || {
        let Attention { unread, for_you } = status.get();
        let is_unread = unread || for_you > 0;
        match (is_unread, muted.get()) {
            (true, false) => "chat unread",
            (true, true) => "chat unread muted",
            (false, true) => "chat muted",
            (false, false) => "chat",
        }
    };
    let mark = move || {
        let Attention { unread, for_you } = status.get();
        if for_you > 0 {
            Some(
                view! { <span class="badge" aria-hidden="true">{badge(locale, for_you)}</span> }
                    .into_any(),
            )
        } else {
            unread.then(|| view! { <i class="dot"></i> }.into_any())
        }
    };
    let under = move || match draft.get() {
        Some(draft) => view! {
            <span class="chat__said" dir="auto" aria-hidden="true">
                <span class="chat__draft">{text!(locale, chats.draft)}</span>
                " "
                {markup::plain(&draft.text)}
            </span>
        }
        .into_any(),
        None => view! { <span class="chat__said" dir="auto" aria-hidden="true">{said}</span> }
            .into_any(),
    };
    // The link is named by the room alone and lies over its row; what stands there describes it.
    view! {
        <li class=live(class)>
            <span class="chat__face" aria-hidden="true">
                {redrawn(move || entry.with_value(|entry| face(state, locale, entry, name)))}
            </span>
            <span class="chat__name">
                <a href=room_path(id) aria-describedby=described_by>
                    <bdi class="row__name">{name}</bdi>
                </a>
                {closed.then(|| view! { <Icon name=IconName::Lock class="sm"/> })}
                {redrawn(move || {
                    muted.get().then(|| view! { <Icon name=IconName::BellOff class="sm"/> })
                })}
            </span>
            <span class="chat__at" aria-hidden="true">{redrawn(at)}</span>
            {redrawn(under)}
            <span class="chat__mark">{redrawn(mark)}</span>
            <span class="vh" id=described>
                {redrawn(description)}
            </span>
        </li>
    }
}

/// What was said, and by whom where that is not plain, in a line.
fn words(state: State, locale: Locale, preview: &Preview, alone: bool) -> String {
    let texts = locale.texts().chats();
    if state.is_blocked(preview.author) {
        return texts.blocked.to_owned();
    }
    let Some(text) = &preview.text else { return texts.removed.to_owned() };
    let words = markup::plain(text);
    let words = if preview.poll { texts.asked.fill([&words]) } else { words };
    if state.me() == Some(preview.author) {
        texts.you_said.fill([&words])
    } else if alone {
        words
    } else {
        texts.said.fill([&person_name(state, locale, preview.author), &words])
    }
}
