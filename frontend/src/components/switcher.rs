//! Jump: type a few letters of a room or a person, press Enter.

use super::deed::use_deeds;
use super::desk::{room_path, search_path, use_desk};
use super::dialog::Dialog;
use super::find::{self, learn_readings, points};
use super::icon::{Icon, IconName};
use super::names::{is_direct, room_name};
use super::options::{self, Chooser};
use super::sidebar::{face, waiting};
use super::toast::use_toasts;
use crate::actions::use_actions;
use crate::address::use_address;
use crate::drafts;
use crate::erased::{effect, live};
use crate::locales::use_locale;
use crate::order::sorted_by;
use crate::parts;
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::user::User;
use std::sync::Arc;

/// More than this is not looked through; further letters narrow it down.
const SHOWN: usize = 40;
const LIST: &str = "jump";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Unread,
    Recent,
    Rooms,
    People,
    Commands,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    MarkAllRead,
    Shortcuts,
    NewRoom,
    Browse,
    /// What was typed, in what was said.
    Search,
}

#[derive(Clone, Debug)]
enum Target {
    Room(RoomEntry),
    Person(Arc<User>),
    Command(Command),
}

#[derive(Clone, Debug)]
struct Hit {
    group: Group,
    target: Target,
    name: String,
    aside: String,
}

#[component]
pub fn Switcher() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    view! {
        <Dialog open=desk.switcher id="switcher" title=text!(locale, navigation.jump_to) class="switcher">
            <parts::Jump/>
        </Dialog>
    }
}

#[component]
#[expect(clippy::too_many_lines, reason = "one box and its list")]
pub fn Search() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let locale = use_locale();
    let actions = use_actions();
    let toasts = use_toasts();
    let deeds = use_deeds();
    let address = use_address();
    let query = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let list = NodeRef::<html::Div>::new();
    learn_readings(state);

    let hits =
        Memo::new_with_compare(move |_| find(state, locale, query.get().trim()), |_, _| true);
    let go = move |path: String| address.go(&path);
    let choose = move |place: usize| {
        let hit = hits.with_untracked(|hits| hits.get(place).cloned());
        let Some(hit) = hit else { return };
        desk.switcher.set(false);
        match hit.target {
            Target::Room(entry) => go(room_path(entry.id)),
            Target::Person(user) => {
                let command = ClientCommand::OpenDirect { users: vec![user.id] };
                deeds.then(command, move |reply| {
                    let Some(room) = reply.into_room() else { return };
                    go(room_path(room.id));
                });
            }
            Target::Command(Command::MarkAllRead) => {
                state.rooms.with_untracked(|rooms| {
                    for entry in rooms.values() {
                        let head = entry.view.with_untracked(|view| view.head);
                        actions.read(entry.id, None, head);
                    }
                });
                toasts.say(untrack(|| locale.texts().navigation.marked_all_read));
            }
            Target::Command(Command::Shortcuts) => desk.shortcuts.set(true),
            Target::Command(Command::NewRoom) => desk.new_room.set(true),
            Target::Command(Command::Browse) => go("/browse".to_owned()),
            Target::Command(Command::Search) => {
                go(search_path(query.get_untracked().trim(), None));
            }
        }
    };
    let chooser = Chooser { at, on_choose: Callback::new(choose) };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        let key = event.key();
        if key == "Enter" {
            choose(at.get_untracked());
        } else if !chooser.moves(&key, hits.with_untracked(Vec::len)) {
            return;
        }
        event.prevent_default();
    };
    effect(move || {
        let at = at.get();
        if let Some(list) = list.get_untracked()
            && let Ok(Some(option)) = list.query_selector(&format!("#jump-{at}"))
        {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let found = move || {
        let count = hits.with(Vec::len) as u64;
        locale.texts().navigation.result_count.fill(count, [&locale.number(count)])
    };
    let options = move || {
        let texts = &locale.texts().navigation;
        let mut group = None;
        hits.get()
            .into_iter()
            .enumerate()
            .map(|(place, hit)| {
                let heading = (group.replace(hit.group) != Some(hit.group)).then(|| {
                    let words = match hit.group {
                        Group::Unread => texts.group_unread,
                        Group::Recent => texts.group_recent,
                        Group::Rooms => texts.group_rooms,
                        Group::People => texts.group_people,
                        Group::Commands => texts.group_commands,
                    };
                    view! { <div class="grp" role="presentation">{words}</div> }
                });
                let face = hit_face(state, locale, &hit);
                let option = chooser.option(LIST, place, face, hit.name, hit.aside);
                view! {
                    {heading}
                    {option}
                }
            })
            .collect_view()
    };
    let nothing = move || {
        let texts = &locale.texts().navigation;
        let in_names = |hit: &Hit| !matches!(hit.target, Target::Command(Command::Search));
        hits.with(|hits| !hits.iter().any(in_names)).then(|| {
            view! {
                <div class="empty">
                    <p>{texts.nothing_found.fill([query.get().trim()])}</p>
                    <p>{texts.nothing_found_hint}</p>
                </div>
            }
        })
    };
    view! {
        <div class="q">
            <Icon name=IconName::Search/>
            <input
                type="text"
                data-first-focus=""
                role="combobox"
                aria-label=text!(locale, navigation.jump_to)
                aria-expanded="true"
                aria-controls="jump-list"
                aria-autocomplete="list"
                aria-activedescendant=live(move || {
                    hits.with(|hits| !hits.is_empty()).then(|| format!("jump-{}", at.get()))
                })
                placeholder=text!(locale, navigation.jump_placeholder)
                autocomplete="off"
                spellcheck="false"
                dir="auto"
                on:input:target=move |event| {
                    at.set(0);
                    query.set(event.target().value());
                }
                on:keydown=on_key
            />
        </div>
        <span class="vh" role="status">{found}</span>
        <div
            node_ref=list
            class="opts"
            id="jump-list"
            role="listbox"
            aria-label=text!(locale, navigation.results)
        >
            {options}
        </div>
        {nothing}
        <footer>
            <span><kbd>"↑"</kbd><kbd>"↓"</kbd>{text!(locale, navigation.hint_choose)}</span>
            <span><kbd>"Enter"</kbd>{text!(locale, navigation.hint_open)}</span>
        </footer>
    }
}

fn hit_face(state: State, locale: crate::locales::Locale, hit: &Hit) -> AnyView {
    match &hit.target {
        Target::Room(entry) => {
            let name = hit.name.clone();
            face(state, locale, entry, Memo::new(move |_| name.clone()))
        }
        Target::Person(user) => options::face(state, user),
        Target::Command(command) => {
            let name = match command {
                Command::MarkAllRead => IconName::CheckTwice,
                Command::Shortcuts => IconName::Keyboard,
                Command::NewRoom => IconName::Plus,
                Command::Browse | Command::Search => IconName::Search,
            };
            view! { <Icon name/> }.into_any()
        }
    }
}

/// Without a query what waits and where one was; with one everything that it names, best first.
fn find(state: State, locale: crate::locales::Locale, query: &str) -> Vec<Hit> {
    let texts = &locale.texts().navigation;
    let me = state.me();
    let mut hits: Vec<(u32, Hit)> = Vec::new();
    let last = me.and_then(drafts::last_room);
    let rooms: Vec<RoomEntry> = state.rooms.with(|rooms| rooms.values().cloned().collect());
    for entry in &rooms {
        let name = room_name(state, locale, entry);
        let Some(points) = points(state, query, &name) else { continue };
        let unread = waiting(entry).unread;
        let group = match (query.is_empty(), unread) {
            (true, true) => Group::Unread,
            (true, false) => Group::Recent,
            (false, _) => Group::Rooms,
        };
        if query.is_empty() && last == Some(entry.id) && !unread {
            continue;
        }
        let aside = entry.view.with(|view| view.room.topic.clone());
        // What waits, and people, come first among equals.
        let points = points * 4 + u32::from(!unread) * 2 + u32::from(!is_direct(entry));
        hits.push((points, Hit { group, target: Target::Room(entry.clone()), name, aside }));
    }
    if !query.is_empty() {
        for (points, user) in find::people(state, locale, query) {
            if state.direct_with(user.id).is_none() {
                let (name, aside) = (user.name.clone(), format!("@{}", user.nick));
                let target = Target::Person(user);
                hits.push((points * 4 + 3, Hit { group: Group::People, target, name, aside }));
            }
        }
    }
    let commands = [
        (Command::MarkAllRead, texts.command_mark_all_read),
        (Command::NewRoom, texts.new_room),
        (Command::Browse, texts.browse_rooms),
        (Command::Shortcuts, texts.command_shortcuts),
    ];
    for (command, name) in commands {
        let Some(points) = points(state, query, name) else { continue };
        let hit = Hit {
            group: Group::Commands,
            target: Target::Command(command),
            name: name.to_owned(),
            aside: String::new(),
        };
        hits.push((points * 4 + 3, hit));
    }
    let rank = |group: Group| match group {
        Group::Unread => 0,
        Group::Recent => 1,
        Group::Rooms => 2,
        Group::People => 3,
        Group::Commands => 4,
    };
    let hits = sorted_by(hits, |(a, x), (b, y)| {
        rank(x.group)
            .cmp(&rank(y.group))
            .then(a.cmp(b))
            .then_with(|| locale.compare(&x.name, &y.name))
    });
    let texts = locale.texts().search();
    let search = Hit {
        group: Group::Commands,
        target: Target::Command(Command::Search),
        name: if query.is_empty() {
            texts.field.to_owned()
        } else {
            texts.search_for.fill([query])
        },
        aside: String::new(),
    };
    hits.into_iter().map(|(_, hit)| hit).take(SHOWN).chain([search]).collect()
}
