//! Rooms and people: where one can go, and what waits there.

use super::avatar::{Avatar, RoomTile};
use super::deed::{Deeds, use_deeds};
use super::desk::{room_path, use_desk};
use super::dialog::Dialog;
use super::icon::{Icon, IconName};
use super::mark::Mark;
use super::menu::{MenuButton, MenuItem};
use super::names::{is_direct, only_other, person_name, room_name, status_words};
use super::toast::use_toasts;
use crate::address::use_address;
use crate::erased::{Show, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::order::sorted_by;
use crate::parts;
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::{RoomId, UserId};
use shared::keyed::Map;
use shared::room::{Attention, Involvement, RoomKind, RoomPurpose};
use shared::sidebar::Sidebar;
use shared::user::Presence;

/// What a room has for the viewer, as its row shows it.
pub fn waiting(entry: &RoomEntry) -> Attention {
    entry.view.with(|view| {
        let counts = view.counts();
        let Attention { unread, for_you } = view.involvement.attention(&counts);
        // What is said in threads one follows is for oneself as well; in others, as in the room.
        let in_threads: u32 = view.threads().iter().map(|thread| thread.unread).sum();
        let aside = counts.unfollowed && view.involvement == Involvement::Everything;
        Attention { unread: unread || aside, for_you: for_you.saturating_add(in_threads) }
    })
}

/// What was said in followed threads and not read, in all rooms together.
pub fn unread_in_threads(state: State) -> u32 {
    let in_room = |entry: &RoomEntry| -> u32 {
        entry.view.with(|view| view.threads().iter().map(|thread| thread.unread).sum())
    };
    state.rooms.with(|rooms| rooms.values().map(in_room).sum())
}

/// How much waits for the viewer in all rooms together.
pub fn use_for_you(state: State) -> Memo<u32> {
    Memo::new(move |_| {
        state.rooms.with(|rooms| rooms.values().map(|entry| waiting(entry).for_you).sum())
    })
}

/// Where somebody begins who has been nowhere yet.
pub fn first_room(rooms: &Map<RoomId, RoomEntry>) -> Option<RoomId> {
    let talk = |entry: &&RoomEntry| {
        entry.view.with_untracked(|view| {
            view.room.kind != RoomKind::Direct && view.room.purpose == RoomPurpose::Talk
        })
    };
    rooms.values().find(talk).or_else(|| rooms.values().next()).map(|entry| entry.id)
}

/// Rooms (then directs) in the order of the list: by name, the announcements first.
pub fn ordered(state: State, locale: Locale, direct: bool) -> Vec<RoomEntry> {
    let named: Vec<(bool, String, RoomEntry)> = state.rooms.with(|rooms| {
        rooms
            .values()
            .filter(|entry| is_direct(entry) == direct)
            .filter(|entry| state.sidebar.with(|sidebar| !sidebar.holds(entry.id)))
            .filter(|entry| is_listed(entry))
            .map(|entry| {
                (!State::is_announcements(entry), room_name(state, locale, entry), entry.clone())
            })
            .collect()
    });
    let named = sorted_by(named, |a, b| a.0.cmp(&b.0).then_with(|| locale.compare(&a.1, &b.1)));
    named.into_iter().map(|(_, _, entry)| entry).collect()
}

/// The rooms of a part of the list with an order of its own.
pub fn placed(state: State, rooms: &[RoomId]) -> Vec<RoomEntry> {
    let known = |room: &RoomId| state.room(*room).filter(is_listed);
    rooms.iter().filter_map(known).collect()
}

/// All rooms of the list, as they stand in it.
pub fn in_order(state: State, locale: Locale) -> Vec<RoomEntry> {
    let own: Vec<RoomId> = state.sidebar.with(|Sidebar { favourites, sections }| {
        let sections = sections.iter().filter(|section| !section.folded);
        favourites.iter().chain(sections.flat_map(|section| &section.rooms)).copied().collect()
    });
    let mut rooms = placed(state, &own);
    rooms.extend(ordered(state, locale, false));
    rooms.extend(ordered(state, locale, true));
    rooms
}

pub fn is_listed(entry: &RoomEntry) -> bool {
    entry.view.with(|view| {
        !view.room.archived
            && (view.involvement != Involvement::Invisible
                || view.involvement.attention(&view.counts()).for_you > 0)
    })
}

/// Beside the page; on a phone it is a page.
#[component]
pub fn Sidebar() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let locale = use_locale();
    let address = use_address();
    tell_of_reminders();
    let phone = Memo::new(move |_| desk.is_phone());
    // A conversation comes before the list that it is not seen beside.
    let begun = Memo::new(move |begun: Option<&bool>| {
        begun == Some(&true) || state.synchronised.get() || address.path.with(|path| path == "/")
    });
    redrawn(move || {
        if !phone.get() {
            return view! { <Rooms/> }.into_any();
        }
        view! {
            <nav class="side" id="sidebar" aria-label=text!(locale, navigation.rooms_and_people)>
                <Show when=move || begun.get()>
                    <parts::Chats/>
                </Show>
            </nav>
            <TabBar/>
        }
        .into_any()
    })
}

#[component]
fn Rooms() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let locale = use_locale();
    let current = use_current_room();
    // An archived or hidden room is listed while one is in it.
    let listed = move |direct: bool| {
        Memo::new_with_compare(
            move |_| {
                let mut entries = ordered(state, locale, direct);
                if let Some(entry) = current.get().and_then(|room| state.room(room))
                    && is_direct(&entry) == direct
                    && state.sidebar.with(|sidebar| !sidebar.holds(entry.id))
                    && entries.iter().all(|listed| listed.id != entry.id)
                {
                    entries.push(entry);
                }
                entries
            },
            |before, after| {
                let ids = |entries: Option<&Vec<RoomEntry>>| {
                    entries.map(|entries| entries.iter().map(|entry| entry.id).collect::<Vec<_>>())
                };
                ids(before) != ids(after)
            },
        )
    };
    let in_threads = Memo::new(move |_| unread_in_threads(state));
    let rooms = listed(false);
    let directs = listed(true);
    let here = Memo::new(move |_| {
        let others = state.presence.with(|presence| {
            let there = |(user, presence): &(&UserId, &Presence)| {
                Some(**user) != state.me() && **presence != Presence::Off
            };
            presence.iter().filter(there).count()
        });
        let me = state.me().is_some_and(|me| state.presence_of(me) != Presence::Off);
        let all = state.people.with(|people| people.values().filter(|user| !user.disabled).count());
        ((others + usize::from(me)).min(all) as u64, all as u64)
    });
    let here_words = move || {
        let (here, all) = here.get();
        let texts = &locale.texts().navigation;
        texts.here_of.fill([&locale.number(here), &locale.number(all)])
    };
    let site = move || state.site_name().unwrap_or_else(|| locale.texts().common.hubbub.to_owned());
    let for_you = use_for_you(state);
    let catch_class = move || if for_you.get() > 0 { "row unread" } else { "row" };
    let arranged = move || state.sidebar.with(|sidebar| *sidebar != Sidebar::default());
    let no_rooms = move || rooms.with(Vec::is_empty);
    let no_directs = move || directs.with(Vec::is_empty);
    view! {
        <nav
            class="side"
            class:is-open=desk.drawer
            id="sidebar"
            aria-label=text!(locale, navigation.rooms_and_people)
        >
            <div class="side__top">
                <a class="brand" href="/">
                    <Mark/>
                    <span>
                        <b><bdi>{site}</bdi></b>
                        <small>{here_words}</small>
                    </span>
                </a>
                <button
                    type="button"
                    class="ib"
                    aria-label=text!(locale, navigation.new_message)
                    on:click=move |_| desk.new_direct.set(true)
                >
                    <Icon name=IconName::Compose/>
                </button>
            </div>
            <button
                type="button"
                class="jump"
                aria-haspopup="dialog"
                aria-keyshortcuts="Control+K"
                on:click=move |_| desk.switcher.set(true)
            >
                <Icon name=IconName::Search class="sm"/>
                <span>{text!(locale, navigation.jump_or_search)}</span>
                <kbd aria-hidden="true">"Ctrl"</kbd>
                <kbd aria-hidden="true">"K"</kbd>
            </button>
            <div class="scroll" tabindex="-1">
                <ul class="sec">
                    <li>
                        <a class=live(catch_class) href="/catch-up" aria-current=is_at("/catch-up")>
                            <Icon name=IconName::Inbox/>
                            <span class="row__name">{text!(locale, navigation.catch_up)}</span>
                            {redrawn(move || {
                                let count = for_you.get();
                                (count > 0)
                                    .then(|| {
                                        view! {
                                            <span class="badge" aria-hidden="true">
                                                {badge(locale, count)}
                                            </span>
                                        }
                                    })
                            })}
                        </a>
                    </li>
                    <li>
                        <a
                            class=live(move || if in_threads.get() > 0 { "row unread" } else { "row" })
                            href="/threads"
                            aria-current=is_at("/threads")
                        >
                            <Icon name=IconName::Talk/>
                            <span class="row__name">{text!(locale, conversation.threads)}</span>
                            {redrawn(move || {
                                (in_threads.get() > 0)
                                    .then(|| {
                                        view! {
                                            <i class="dot"></i>
                                            <span class="vh">{text!(locale, navigation.unread)}</span>
                                        }
                                    })
                            })}
                        </a>
                    </li>
                    <li>
                        <a class="row" href="/saved" aria-current=is_at("/saved")>
                            <Icon name=IconName::Bookmark/>
                            <span class="row__name">{text!(locale, conversation.saved)}</span>
                        </a>
                    </li>
                    <LaterLink/>
                </ul>
                {redrawn(move || shelves(state, current))}
                <div hidden>
                    <Show when=arranged>
                        <parts::Dragging/>
                    </Show>
                </div>
                <Section
                    id="rooms"
                    title=Signal::derive(text!(locale, navigation.rooms))
                    add=Signal::derive(text!(locale, navigation.new_room))
                    on_add=Callback::new(move |()| desk.new_room.set(true))
                >
                    <ul id="list-rooms">
                        <For each=move || rooms.get() key=|entry| entry.id let:entry>
                            <RoomRow entry current/>
                        </For>
                        <li>
                            <a class="row" href="/browse" aria-current=is_at("/browse")>
                                <Icon name=IconName::Search/>
                                <span class="row__name">{text!(locale, navigation.browse_rooms)}</span>
                            </a>
                        </li>
                    </ul>
                    <Show when=move || no_rooms() && state.synchronised.get()>
                        <p>{text!(locale, navigation.no_rooms)}</p>
                    </Show>
                </Section>
                <Section
                    id="directs"
                    title=Signal::derive(text!(locale, navigation.direct_messages))
                    add=Signal::derive(text!(locale, navigation.new_direct))
                    on_add=Callback::new(move |()| desk.new_direct.set(true))
                >
                    <ul id="list-directs">
                        <For each=move || directs.get() key=|entry| entry.id let:entry>
                            <RoomRow entry current/>
                        </For>
                    </ul>
                    <Show when=move || no_directs() && state.synchronised.get()>
                        <p>{text!(locale, navigation.no_directs)}</p>
                    </Show>
                </Section>
                <Show when=move || state.is_administrator()>
                    <ul class="sec">
                        <li>
                            <a class="row" href="/admin" aria-current=is_at("/admin")>
                                <Icon name=IconName::Shield/>
                                <span class="row__name">{text!(locale, navigation.administration)}</span>
                            </a>
                        </li>
                    </ul>
                </Show>
            </div>
            <Foot/>
        </nav>
    }
}

/// The phone's tabs below the list.
#[component]
fn TabBar() -> impl IntoView {
    let state = use_state();
    let desk = use_desk();
    let locale = use_locale();
    let for_you = use_for_you(state);
    let address = use_address();
    let at_list = move || desk.is_phone() && address.path.with(|path| path == "/");
    view! {
        <Show when=at_list>
            <nav class="tabbar" aria-label=text!(locale, navigation.main_tabs)>
                <a href="/" aria-current="page">
                    <i><Icon name=IconName::Talk/></i>
                    {text!(locale, navigation.chats)}
                </a>
                <a href="/catch-up">
                    <i><Icon name=IconName::Inbox/></i>
                    {text!(locale, navigation.catch_up)}
                    {redrawn(move || {
                        let count = for_you.get();
                        (count > 0).then(|| view! { <span class="badge">{badge(locale, count)}</span> })
                    })}
                </a>
                <Show when=move || state.is_administrator()>
                    <a href="/admin">
                        <i><Icon name=IconName::Shield/></i>
                        {text!(locale, navigation.administration)}
                    </a>
                </Show>
                <a href="/settings">
                    <i><Icon name=IconName::User/></i>
                    {text!(locale, navigation.you_tab)}
                </a>
            </nav>
        </Show>
    }
}

fn is_at(path: &'static str) -> impl Fn() -> Option<&'static str> + Clone {
    let address = use_address();
    move || address.path.with(|at| at.starts_with(path)).then_some("page")
}

/// The room in the address, whether one is in it or not.
pub fn use_current_room() -> Memo<Option<RoomId>> {
    let address = use_address();
    Memo::new(move |_| {
        address.path.with(|path| path.strip_prefix("/r/")?.split('/').next()?.parse().ok())
    })
}

#[component]
fn Section(
    id: &'static str,
    title: Signal<&'static str>,
    add: Signal<&'static str>,
    on_add: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(true);
    let heading = format!("sec-{id}");
    let labelled_by = heading.clone();
    let children = StoredValue::new(children);
    view! {
        <section class="sec" aria-labelledby=labelled_by data-shelf=id>
            <header>
                <button
                    type="button"
                    aria-expanded=live(move || if open.get() { "true" } else { "false" })
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    <Icon name=IconName::Down class="sm"/>
                    <h2 id=heading>{title}</h2>
                </button>
                <button type="button" class="ib" aria-label=add on:click=move |_| on_add.run(())>
                    <Icon name=IconName::Plus class="sm"/>
                </button>
            </header>
            <Show when=move || open.get()>{children.with_value(|children| children())}</Show>
        </section>
    }
}

/// Leads to what waits for its time, while something does.
#[component]
fn LaterLink() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let waits = Memo::new(move |_| {
        state.reminders.with(|all| !all.is_empty()) || state.scheduled.with(|all| !all.is_empty())
    });
    let failed = Memo::new(move |_| {
        state
            .scheduled
            .with(|all| all.iter().filter(|scheduled| scheduled.failed.is_some()).count())
    });
    view! {
        <Show when=move || waits.get()>
            <li>
                <a class="row" href="/later" aria-current=is_at("/later")>
                    <Icon name=IconName::Clock/>
                    <span class="row__name">{text!(locale, navigation.later)}</span>
                    {redrawn(move || {
                        let count = u32::try_from(due_reminders(state) + failed.get()).unwrap_or(u32::MAX);
                        (count > 0).then(|| view! { <span class="badge">{badge(locale, count)}</span> })
                    })}
                </a>
            </li>
        </Show>
    }
}

fn due_reminders(state: State) -> usize {
    state.reminders.with(|all| all.iter().filter(|reminder| reminder.due).count())
}

/// Says when a reminder is due.
fn tell_of_reminders() {
    let state = use_state();
    let locale = use_locale();
    let toasts = use_toasts();
    let address = use_address();
    Effect::new(move |before: Option<usize>| {
        let due = due_reminders(state);
        if before.is_some_and(|before| due > before) {
            let last = state.reminders.with_untracked(|all| {
                all.iter().rfind(|reminder| reminder.due).map(|reminder| reminder.text.clone())
            });
            let texts = untrack(|| &locale.texts().conversation);
            let said = texts.reminded.fill([&last.unwrap_or_default()]);
            toasts.say_with(said, texts.show_later, move || {
                address.go("/later");
            });
        }
        due
    });
}

/// The favourites and the sections that the person has made.
fn shelves(state: State, current: Memo<Option<RoomId>>) -> Vec<AnyView> {
    let Sidebar { favourites, sections } = state.sidebar.get();
    let favourites = (!favourites.is_empty()).then(|| shelf(state, current, None, favourites));
    let sections = sections.into_iter().enumerate().map(|(at, section)| {
        shelf(state, current, Some((at, section.name, section.folded)), section.rooms)
    });
    favourites.into_iter().chain(sections).collect()
}

fn shelf(
    state: State,
    current: Memo<Option<RoomId>>,
    section: Option<(usize, String, bool)>,
    rooms: Vec<RoomId>,
) -> AnyView {
    let locale = use_locale();
    let deeds = use_deeds();
    let id = section.as_ref().map_or("fav".to_owned(), |(at, ..)| at.to_string());
    let heading = format!("sec-{id}");
    let labelled_by = heading.clone();
    let place = section.as_ref().map(|(at, ..)| *at);
    let folded = section.as_ref().is_some_and(|(.., folded)| *folded);
    let title = section.map(|(_, name, _)| name);
    let menu = place.zip(title.clone()).map(|(at, name)| view! { <SectionMenu at name/> });
    let shown = rooms.clone();
    let for_you = Memo::new(move |_| -> u32 {
        placed(state, &rooms).iter().map(|entry| waiting(entry).for_you).sum()
    });
    let rows = move || {
        let rows = placed(state, &shown).into_iter();
        rows.map(|entry| view! { <RoomRow entry current/> }).collect_view()
    };
    let fold = move |_| {
        if let Some(at) = place {
            arrange(state, deeds, |sidebar| {
                if let Some(section) = sidebar.sections.get_mut(at) {
                    section.folded = !section.folded;
                }
            });
        }
    };
    let badge = move || {
        let count = for_you.get();
        (folded && count > 0).then(|| view! { <span class="badge">{badge(locale, count)}</span> })
    };
    view! {
        <section class="sec" aria-labelledby=labelled_by data-shelf=id>
            <header draggable=place.map(|_| "true")>
                <button
                    type="button"
                    aria-expanded=if folded { "false" } else { "true" }
                    disabled=place.is_none()
                    on:click=fold
                >
                    <Icon name=IconName::Down class="sm"/>
                    <h2 id=heading>
                        {match title {
                            Some(name) => view! { <bdi>{name}</bdi> }.into_any(),
                            None => text!(locale, navigation.favourites).into_any(),
                        }}
                    </h2>
                    {redrawn(badge)}
                </button>
                {menu}
            </header>
            {(!folded).then(|| view! { <ul>{redrawn(rows)}</ul> })}
        </section>
    }
    .into_any()
}

/// What can be done with a section.
#[component]
fn SectionMenu(at: usize, name: String) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let renaming = RwSignal::new(false);
    let label = name.clone();
    let step = move |by: isize| {
        Callback::new(move |()| {
            arrange(state, deeds, |sidebar| {
                let to = at.saturating_add_signed(by);
                if to < sidebar.sections.len() {
                    sidebar.sections.swap(at, to);
                }
            });
        })
    };
    let remove = Callback::new(move |()| {
        arrange(state, deeds, |sidebar| {
            sidebar.sections.remove(at);
        });
    });
    view! {
        <MenuButton
            id=format!("section-{at}")
            label=move || locale.texts().navigation.section_menu.fill([&label])
            face=|| view! { <Icon name=IconName::More class="sm"/> }
        >
            <MenuItem
                icon=IconName::Edit
                text=text!(locale, navigation.rename_section)
                on_select=Callback::new(move |()| renaming.set(true))
            />
            <MenuItem icon=IconName::ArrowUp text=text!(locale, navigation.move_up) on_select=step(-1)/>
            <MenuItem icon=IconName::ArrowDown text=text!(locale, navigation.move_down) on_select=step(1)/>
            <MenuItem
                icon=IconName::Trash
                text=text!(locale, navigation.remove_section)
                class="danger"
                on_select=remove
            />
        </MenuButton>
        <Dialog
            open=renaming
            id="rename-section"
            class="narrow"
            title=text!(locale, navigation.rename_section)
        >
            <parts::RenameSection at open=renaming/>
        </Dialog>
    }
}

/// Changes how the rooms are arranged, here at once and on the server.
pub fn arrange(state: State, deeds: Deeds, change: impl FnOnce(&mut Sidebar)) {
    let mut sidebar = state.sidebar.get_untracked();
    change(&mut sidebar);
    state.sidebar.set(sidebar.clone());
    deeds.run(ClientCommand::ArrangeSidebar { sidebar });
}

/// A number beside a name.
pub fn badge(locale: Locale, count: u32) -> String {
    if count > 99 { locale.texts().navigation.many.to_owned() } else { locale.number(count.into()) }
}

#[component]
fn RoomRow(entry: RoomEntry, current: Memo<Option<RoomId>>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let id = entry.id;
    let name = {
        let entry = entry.clone();
        Memo::new(move |_| room_name(state, locale, &entry))
    };
    let status = {
        let entry = entry.clone();
        Memo::new(move |_| waiting(&entry))
    };
    let muted = {
        let entry = entry.clone();
        Memo::new(move |_| is_muted(&entry))
    };
    let closed = entry.view.with_untracked(|view| view.room.kind == RoomKind::Closed);
    let has_draft = Memo::new(move |_| {
        current.get() != Some(id) && state.drafts.with(|rooms| rooms.contains(&id))
    });
    // The link is named by the room alone; what waits there describes it.
    let description = format!("row-{id}");
    let described_by = description.clone();
    let words = {
        let entry = entry.clone();
        move || {
            let mut words = row_words(state, locale, &entry);
            if has_draft.get() {
                words.push(locale.texts().navigation.draft.to_owned());
            }
            words.join(", ")
        }
    };
    let class = move || {
        let Attention { unread, for_you } = status.get();
        let mut class = String::from("row");
        if unread || for_you > 0 {
            class.push_str(" unread");
        }
        if muted.get() {
            class.push_str(" muted");
        }
        class
    };
    let face_entry = entry.clone();
    view! {
        <li>
            <a
                class=class
                href=room_path(id)
                aria-describedby=described_by
                aria-current=live(move || (current.get() == Some(id)).then_some("page"))
            >
                <span class="row__face" aria-hidden="true">
                    {redrawn(move || face(state, locale, &face_entry, name))}
                </span>
                <span class="row__name"><bdi>{name}</bdi></span>
                {redrawn(move || {
                    has_draft
                        .get()
                        .then(|| view! { <span class="row__aux"><Icon name=IconName::Edit class="sm"/></span> })
                })}
                {closed.then(|| view! { <Icon name=IconName::Lock class="sm row__aux"/> })}
                {redrawn(move || muted.get().then(|| view! { <Icon name=IconName::BellOff class="sm row__aux"/> }))}
                {redrawn(move || {
                    let Attention { unread, for_you } = status.get();
                    if for_you > 0 {
                        Some(
                            view! {
                                <span class="badge" aria-hidden="true">
                                    {badge(locale, for_you)}
                                </span>
                            }
                                .into_any(),
                        )
                    } else if unread {
                        Some(view! { <span class="dot"></span> }.into_any())
                    } else {
                        None
                    }
                })}
            </a>
            <span class="vh" id=description>{words}</span>
        </li>
    }
}

pub fn is_muted(entry: &RoomEntry) -> bool {
    entry
        .view
        .with(|view| matches!(view.involvement, Involvement::Nothing | Involvement::Invisible))
}

/// What waits in a room and what it is, for whoever does not see its row.
pub fn row_words(state: State, locale: Locale, entry: &RoomEntry) -> Vec<String> {
    let texts = &locale.texts().navigation;
    let Attention { unread, for_you } = waiting(entry);
    let mut words = Vec::new();
    if for_you > 0 {
        let plural = if is_direct(entry) { texts.new_messages } else { texts.mentions };
        words.push(plural.fill(for_you.into(), [&locale.number(for_you.into())]));
    } else if unread {
        words.push(texts.unread.to_owned());
    }
    if let Some(other) = only_other(state, entry) {
        words.push(super::avatar::presence_words(locale, state.presence_of(other)).to_owned());
    }
    if entry.view.with(|view| view.room.kind == RoomKind::Closed) {
        words.push(texts.closed_room.to_owned());
    }
    if is_muted(entry) {
        words.push(texts.muted.to_owned());
    }
    words
}

/// A room's tile, a person's face, or the number of people.
pub fn face(state: State, locale: Locale, entry: &RoomEntry, name: Memo<String>) -> AnyView {
    if !is_direct(entry) {
        return view! { <RoomTile room=entry.id name/> }.into_any();
    }
    if let Some(other) = only_other(state, entry) {
        let name = Memo::new(move |_| person_name(state, locale, other));
        let presence = Memo::new(move |_| Some(state.presence_of(other)));
        view! { <Avatar user=other name presence=presence class="sm"/> }.into_any()
    } else {
        let count = state.others(entry).len() as u64;
        let count = Signal::derive(move || locale.number(count));
        view! { <RoomTile room=entry.id name=count/> }.into_any()
    }
}

#[component]
fn Foot() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let name =
        Memo::new(move |_| state.my_user().map(|user| user.name.clone()).unwrap_or_default());
    let status =
        Memo::new(move |_| state.my_user().map(|user| status_words(&user)).unwrap_or_default());
    let presence = Memo::new(move |_| state.me().map(|me| state.presence_of(me)));
    let under = move || {
        let status = status.get();
        if status.is_empty() {
            let presence = presence.get().unwrap_or_default();
            super::avatar::presence_words(locale, presence).to_owned()
        } else {
            status
        }
    };
    view! {
        <div class="foot">
            {redrawn(move || state.me().map(|me| view! { <Avatar user=me name presence=presence class="md"/> }))}
            <div class="who">
                <b><bdi>{name}</bdi></b>
                <small dir="auto">{under}</small>
            </div>
            <a class="ib" href="/settings" aria-label=text!(locale, navigation.settings)>
                <Icon name=IconName::Gear/>
            </a>
        </div>
    }
}
