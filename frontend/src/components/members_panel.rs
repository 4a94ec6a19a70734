//! Who is in the room, beside the conversation.

use super::avatar::Avatar;
use super::deed::use_deeds;
use super::desk::room_path;
use super::dialog::Confirm;
use super::find::{learn_readings, points};
use super::form::FormError;
use super::icon::{Icon, IconName};
use super::menu::{MenuButton, MenuItem, MenuLine};
use super::names::{is_direct, person_name, status_words};
use super::new_direct::PeoplePicker;
use super::panel::Panel;
use super::toast::use_toasts;
use crate::actions::use_actions;
use crate::address::use_address;
use crate::api;
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::use_locale;
use crate::order::sorted_by;
use crate::pages::not_found::FailedNotice;
use crate::state::{RoomEntry, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::HistoryEntry;
use shared::api::{ListMembers, Nothing};
use shared::command::ClientCommand;
use shared::id::{RoomId, UserId};
use shared::permission::RoomAction;
use shared::reduce::MemberList;
use shared::room::Role;

/// A filter is worth its line from so many people on.
const FILTER_FROM: usize = 12;

#[component]
#[expect(clippy::too_many_lines, reason = "one panel; most of it is its markup")]
pub fn MembersPanel(entry: RoomEntry, name: Memo<String>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let address = use_address();
    let id = entry.id;
    let direct = untrack(|| is_direct(&entry));
    let list = RwSignal::new(None::<MemberList>);
    let failed = RwSignal::new(false);
    let load = move || {
        failed.set(false);
        spawn_local(async move {
            match api::call::<ListMembers>(&(id,), &Nothing {}, &Nothing {}).await {
                Ok(members) => {
                    list.try_set(Some(MemberList::new(&members.members, members.at)));
                }
                Err(_) => {
                    failed.try_set(true);
                }
            }
        });
    };
    load();
    learn_readings(state);
    follow(&entry, list, load);

    let query = RwSignal::new(String::new());
    let members = Memo::new(move |_| {
        let query = query.get();
        let roles =
            list.with(|list| list.as_ref().map(|list| list.roles.clone()).unwrap_or_default());
        let members: Vec<(Role, String, UserId)> = roles
            .into_iter()
            .map(|(user, role)| (role, person_name(state, locale, user), user))
            .filter(|(_, name, user)| {
                let nick = state.person(*user).map(|user| user.nick.clone()).unwrap_or_default();
                let query = query.trim();
                points(state, query, name).is_some() || points(state, query, &nick).is_some()
            })
            .collect();
        let members =
            sorted_by(members, |a, b| b.0.cmp(&a.0).then_with(|| locale.compare(&a.1, &b.1)));
        members.into_iter().map(|(role, _, user)| (user, role)).collect::<Vec<_>>()
    });
    let many =
        move || list.with(|list| list.as_ref().is_some_and(|list| list.roles.len() >= FILTER_FROM));
    let in_room = Signal::derive(move || {
        list.with(|list| {
            list.as_ref().map(|list| list.roles.keys().copied().collect()).unwrap_or_default()
        })
    });
    let may_add = {
        let entry = entry.clone();
        Memo::new(move |_| state.may(&entry, RoomAction::AddPerson))
    };
    let removing = RwSignal::new(None::<UserId>);
    let ask_remove = RwSignal::new(false);
    effect(move || {
        if removing.get().is_some() {
            ask_remove.set(true);
        }
    });
    let removed_name =
        move || removing.get().map(|user| person_name(state, locale, user)).unwrap_or_default();
    let write_to = Callback::new(move |user: UserId| {
        deeds.then(ClientCommand::OpenDirect { users: vec![user] }, move |reply| {
            let Some(room) = reply.into_room() else { return };
            address.go(&room_path(room.id));
        });
    });
    let row_entry = StoredValue::new(entry);
    view! {
        <Panel room=id title=text!(locale, conversation.members) name>
            <Show when=move || may_add.get()>
                <AddPeople room=id in_room/>
            </Show>
            <Show when=many>
                <div class="input-wrap">
                    <Icon name=IconName::Search class="sm"/>
                    <input
                        class="input sm"
                        type="search"
                        aria-label=text!(locale, conversation.find_member)
                        placeholder=text!(locale, conversation.find_member)
                        on:input:target=move |event| query.set(event.target().value())
                    />
                </div>
            </Show>
            <Show when=move || failed.get()>
                <FailedNotice retry=Callback::new(move |()| load())/>
            </Show>
            <ul class="list" aria-label=text!(locale, conversation.members)>
                <For each=move || members.get() key=|member| *member let:member>
                    <MemberRow
                        entry=row_entry.get_value()
                        user=member.0
                        role=member.1
                        direct
                        write_to
                        removing
                    />
                </For>
            </ul>
            <Confirm
                open=ask_remove
                id="remove-member"
                title=move || {
                    locale.texts().conversation.remove_question.fill([&removed_name(), &name.get()])
                }
                explanation=text!(locale, conversation.remove_explained)
                confirm=move || {
                    locale.texts().conversation.remove_from_room.fill([&removed_name()])
                }
                on_confirm=Callback::new(move |()| {
                    if let Some(user) = removing.get_untracked() {
                        deeds.run(ClientCommand::RemoveMember { room: id, user });
                    }
                })
            />
            <Forget open=ask_remove removing/>
        </Panel>
    }
}

/// The question is about nobody once it is closed.
#[component]
fn Forget(open: RwSignal<bool>, removing: RwSignal<Option<UserId>>) -> impl IntoView {
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            // After the answer, which still asks whom it is about.
            request_animation_frame(move || {
                removing.try_set(None);
            });
        }
        is_open
    });
}

/// Moves the list on with what happens in the room; what it cannot follow it loads anew.
fn follow(entry: &RoomEntry, list: RwSignal<Option<MemberList>>, load: impl Fn() + Copy + 'static) {
    let (view, timeline) = (entry.view.clone(), entry.timeline.clone());
    effect(move || {
        let head = view.with(|view| view.head);
        let Some(at) = list.with(|list| list.as_ref().map(|list| list.at)) else { return };
        if head <= at {
            return;
        }
        // What the loaded history holds of it; messages concern no member.
        let events: Option<Vec<_>> = timeline.with(|timeline| {
            let covered = timeline.contains(at.next()) && timeline.reaches(head);
            let later = timeline.entries().filter(|entry| entry.seq() > at);
            covered.then(|| {
                let events = later.filter_map(|entry| match &entry.what {
                    HistoryEntry::Event(event) => Some(event.clone()),
                    HistoryEntry::Message(_) => None,
                });
                events.collect()
            })
        });
        let Some(events) = events else { return load() };
        list.update(|list| {
            let Some(list) = list else { return };
            for event in &events {
                list.at = event.seq.previous();
                list.apply(event);
            }
            list.at = head;
        });
    });
}

#[component]
fn AddPeople(room: RoomId, in_room: Signal<Vec<UserId>>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let actions = use_actions();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let chosen = RwSignal::new(Vec::<UserId>::new());
    let error = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let add = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            for user in chosen.get_untracked() {
                match actions.ask(ClientCommand::AddMember { room, user }).await {
                    Ok(_) => {
                        chosen.try_update(|chosen| chosen.retain(|known| *known != user));
                        let name = untrack(|| person_name(state, locale, user));
                        let texts = untrack(|| locale.texts());
                        toasts.say(texts.conversation.added_toast.fill([&name]));
                    }
                    Err(code) => {
                        error.try_set(Some(untrack(|| locale.texts().refusal(&code))));
                        break;
                    }
                }
            }
            busy.try_set(false);
            if chosen.try_with_untracked(Vec::is_empty) == Some(true) {
                open.try_set(false);
            }
        });
    };
    view! {
        <Show
            when=move || open.get()
            fallback=move || {
                view! {
                    <button
                        type="button"
                        class="btn outline"
                        on:click=move |_| open.set(true)
                    >
                        <Icon name=IconName::UserPlus class="sm"/>
                        {text!(locale, conversation.add_people)}
                    </button>
                }
            }
        >
            <FormError error/>
            <PeoplePicker id="add-people" chosen except=in_room/>
            <div class="toolbar">
                <button
                    type="button"
                    class="btn primary sm"
                    disabled=live(move || chosen.with(Vec::is_empty))
                    aria-busy=live(move || busy.get().then_some("true"))
                    on:click=add
                >
                    {redrawn(move || {
                        let texts = &locale.texts().conversation;
                        if busy.get() { texts.adding } else { texts.add }
                    })}
                </button>
                <button type="button" class="btn quiet sm" on:click=move |_| open.set(false)>
                    {text!(locale, common.cancel)}
                </button>
            </div>
        </Show>
    }
}

#[component]
fn MemberRow(
    entry: RoomEntry,
    user: UserId,
    role: Role,
    direct: bool,
    write_to: Callback<UserId>,
    removing: RwSignal<Option<UserId>>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let name = Memo::new(move |_| person_name(state, locale, user));
    let nick = Memo::new(move |_| {
        let person = state.person(user);
        person.map(|person| format!("@{}", person.nick)).unwrap_or_default()
    });
    let status = Memo::new(move |_| {
        state.person(user).map(|person| status_words(&person)).unwrap_or_default()
    });
    let presence = Memo::new(move |_| Some(state.presence_of(user)));
    let is_me = state.me_untracked() == Some(user);
    let room = entry.id;
    let may_set_role = {
        let entry = entry.clone();
        Memo::new(move |_| !direct && state.may(&entry, RoomAction::SetRole))
    };
    let role_words = move || {
        let texts = &locale.texts().conversation;
        match role {
            Role::Owner => Some(texts.owner),
            Role::Moderator => Some(texts.moderator),
            Role::Member => None,
        }
    };
    let under = move || {
        let status = status.get();
        if status.is_empty() { nick.get() } else { format!("{} · {status}", nick.get()) }
    };
    view! {
        <li>
            <Avatar user name presence=presence class="md"/>
            <span class="t">
                <b>
                    <bdi>{name}</bdi>
                    {is_me.then(|| view! { " "<span class="tag">{text!(locale, common.you)}</span> })}
                </b>
                <small dir="auto">{under}</small>
            </span>
            <Show when=move || state.is_blocked(user)>
                <span class="tag">{text!(locale, conversation.blocked_tag)}</span>
            </Show>
            {redrawn(move || {
                if may_set_role.get() {
                    Some(view! { <RoleSelect room user role name/> }.into_any())
                } else if direct {
                    None
                } else {
                    role_words().map(|words| view! { <span class="tag">{words}</span> }.into_any())
                }
            })}
            {(!is_me)
                .then(|| view! { <MemberMenu entry user role direct name write_to removing/> })}
        </li>
    }
}

#[component]
fn RoleSelect(room: RoomId, user: UserId, role: Role, name: Memo<String>) -> impl IntoView {
    let locale = use_locale();
    let actions = use_actions();
    let toasts = use_toasts();
    let roles = [Role::Owner, Role::Moderator, Role::Member];
    let words = move |role: Role| {
        let texts = &locale.texts().conversation;
        match role {
            Role::Owner => texts.owner,
            Role::Moderator => texts.moderator,
            Role::Member => texts.member,
        }
    };
    let change = move |event: leptos::ev::Targeted<web_sys::Event, web_sys::HtmlSelectElement>| {
        let select = event.target();
        let chosen = usize::try_from(select.selected_index()).ok();
        let Some(chosen) = chosen.and_then(|place| roles.get(place)).copied() else { return };
        let command = ClientCommand::SetRole { room, user, role: chosen };
        let answer = actions.ask(command);
        spawn_local(async move {
            if let Err(error) = answer.await {
                // Refused: it shows what still holds.
                let before = roles.iter().position(|known| *known == role);
                select
                    .set_selected_index(before.and_then(|at| i32::try_from(at).ok()).unwrap_or(0));
                toasts.say(untrack(|| locale.texts().refusal(&error)));
            }
        });
    };
    view! {
        <select
            class="input sm"
            aria-label=live(move || locale.texts().conversation.role_of.fill([&name.get()]))
            on:change:target=change
        >
            {roles
                .into_iter()
                .map(|one| view! { <option selected=one == role>{redrawn(move || words(one))}</option> })
                .collect_view()}
        </select>
    }
}

#[component]
fn MemberMenu(
    entry: RoomEntry,
    user: UserId,
    role: Role,
    direct: bool,
    name: Memo<String>,
    write_to: Callback<UserId>,
    removing: RwSignal<Option<UserId>>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let toasts = use_toasts();
    let entry = StoredValue::new(entry);
    let may = move |action: RoomAction| entry.with_value(|entry| state.may(entry, action));
    let toggle_block = Callback::new(move |()| {
        let blocked = untrack(|| state.is_blocked(user));
        let command = if blocked {
            ClientCommand::UnblockPerson { user }
        } else {
            ClientCommand::BlockPerson { user }
        };
        deeds.then(command, move |_| {
            let texts = untrack(|| locale.texts());
            let phrase = if blocked {
                texts.conversation.unblocked_toast
            } else {
                texts.conversation.blocked_toast
            };
            toasts.say(phrase.fill([&untrack(|| person_name(state, locale, user))]));
        });
    });
    view! {
        <MenuButton
            id=format!("member-{user}")
            label=move || locale.texts().conversation.more_for.fill([&name.get()])
            face=|| view! { <Icon name=IconName::More/> }
        >
            <MenuItem
                icon=IconName::Talk
                text=move || locale.texts().conversation.message_person.fill([&name.get()])
                on_select=Callback::new(move |()| write_to.run(user))
            />
            <MenuLine/>
            <MenuItem
                icon=IconName::Block
                text=move || {
                    let texts = &locale.texts().conversation;
                    let phrase = if state.is_blocked(user) { texts.unblock } else { texts.block };
                    phrase.fill([&name.get()])
                }
                class="danger"
                on_select=toggle_block
            />
            {(!direct && may(RoomAction::RemovePerson(role)))
                .then(|| {
                    view! {
                        <MenuItem
                            icon=IconName::SignOut
                            text=move || {
                                locale.texts().conversation.remove_from_room.fill([&name.get()])
                            }
                            class="danger"
                            on_select=Callback::new(move |()| removing.set(Some(user)))
                        />
                    }
                })}
        </MenuButton>
    }
}
