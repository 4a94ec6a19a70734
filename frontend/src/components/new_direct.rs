//! Starting a direct conversation: pick its people.

use super::avatar::Avatar;
use super::desk::{room_path, use_desk};
use super::dialog::Dialog;
use super::field::{FormError, SubmitButton};
use super::icon::{Icon, IconName};
use super::names::person_name;
use super::switcher::score;
use crate::actions::use_actions;
use crate::address::use_address;
use crate::erased::{Show, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::order::sorted_by;
use crate::state::{State, use_state};
use crate::text;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::UserId;
use shared::limit;

/// Further letters narrow it down.
const SHOWN: usize = 30;

#[component]
pub fn NewDirect() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    view! {
        <Dialog open=desk.new_direct id="new-direct" title=text!(locale, navigation.new_direct)>
            <Form/>
        </Dialog>
    }
}

#[component]
fn Form() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    let actions = use_actions();
    let address = use_address();
    let chosen = RwSignal::new(Vec::<UserId>::new());
    let error = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let texts = untrack(|| locale.texts());
        let users = chosen.get_untracked();
        if users.is_empty() {
            error.set(Some(texts.navigation.choose_somebody.to_owned()));
            return;
        }
        if users.len() + 1 > limit::DIRECT_PEOPLE {
            let most = (limit::DIRECT_PEOPLE - 1) as u64;
            error.set(Some(texts.navigation.too_many_people.count(most)));
            return;
        }
        busy.set(true);
        error.set(None);
        let answer = actions.ask(ClientCommand::OpenDirect { users });
        spawn_local(async move {
            let answer = answer.await;
            busy.try_set(false);
            match answer {
                Ok(reply) => {
                    desk.new_direct.set(false);
                    let Some(room) = reply.into_room() else { return };
                    address.go(&room_path(room.id));
                }
                Err(code) => {
                    error.try_set(Some(untrack(|| locale.texts().refusal(&code))));
                }
            }
        });
    };
    view! {
        <form on:submit=submit>
            <div class="dialog__body">
                <FormError error/>
                <PeoplePicker id="new-direct-people" chosen except=Signal::stored(Vec::new())/>
            </div>
            <footer>
                <button type="button" class="btn quiet" on:click=move |_| desk.new_direct.set(false)>
                    {text!(locale, common.cancel)}
                </button>
                <SubmitButton
                    label=text!(locale, navigation.start_talking)
                    busy_label=text!(locale, common.loading)
                    busy
                />
            </footer>
        </form>
    }
}

/// People to choose among by a few letters of name or nick.
#[component]
#[expect(clippy::too_many_lines, reason = "one box and its list")]
pub fn PeoplePicker(
    /// Unique on the page.
    id: &'static str,
    chosen: RwSignal<Vec<UserId>>,
    /// Not offered: they are there already.
    except: Signal<Vec<UserId>>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let query = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let found = Memo::new(move |_| {
        let query = query.get();
        let except = except.get();
        let chosen = chosen.get();
        find(state, locale, query.trim())
            .into_iter()
            .filter(|user| !except.contains(user) && !chosen.contains(user))
            .take(SHOWN)
            .collect::<Vec<_>>()
    });
    let input = NodeRef::<leptos::html::Input>::new();
    let choose = move |user: UserId| {
        chosen.update(|chosen| chosen.push(user));
        query.set(String::new());
        at.set(0);
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            // The box stays where one types.
            let _ = input.focus();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => at.update(|at| *at = (*at + count - 1) % count),
            // With nothing typed, Enter is for the form.
            "Enter" if query.with_untracked(|query| !query.trim().is_empty()) => {
                let user = found.with_untracked(|found| found.get(at.get_untracked()).copied());
                if let Some(user) = user {
                    choose(user);
                }
            }
            "Backspace" if query.with_untracked(String::is_empty) => {
                chosen.update(|chosen| {
                    chosen.pop();
                });
                return;
            }
            _ => return,
        }
        event.prevent_default();
    };
    let list_id = format!("{id}-list");
    let controls = list_id.clone();
    let name = move |user: UserId| person_name(state, locale, user);
    view! {
        <div class="field">
            <label for=id>{text!(locale, navigation.find_people)}</label>
            <Show when=move || chosen.with(|chosen| !chosen.is_empty())>
                <ul class="toolbar" aria-label=text!(locale, navigation.chosen_people)>
                    <For each=move || chosen.get() key=|user| *user let:user>
                        <li class="chip on">
                            <bdi>{redrawn(move || name(user))}</bdi>
                            <button
                                type="button"
                                aria-label=live(move || {
                                    locale.texts().navigation.remove_person.fill([&name(user)])
                                })
                                on:click=move |_| chosen.update(|chosen| chosen.retain(|known| *known != user))
                            >
                                <Icon name=IconName::Close class="sm"/>
                            </button>
                        </li>
                    </For>
                </ul>
            </Show>
            <input
                node_ref=input
                class="input"
                id=id
                type="text"
                role="combobox"
                aria-expanded="true"
                aria-controls=controls
                aria-autocomplete="list"
                aria-activedescendant=live(move || {
                    found.with(|found| !found.is_empty()).then(|| format!("{id}-{}", at.get()))
                })
                placeholder=text!(locale, navigation.find_people_placeholder)
                autocomplete="off"
                spellcheck="false"
                dir="auto"
                on:input:target=move |event| {
                    at.set(0);
                    query.set(event.target().value());
                }
                on:keydown=on_key
            />
            <div class="opts pick" id=list_id role="listbox" aria-label=text!(locale, navigation.find_people)>
                {redrawn(move || {
                    found
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(place, user)| {
                            let nick = state
                                .person(user)
                                .map(|user| format!("@{}", user.nick))
                                .unwrap_or_default();
                            let presence = Memo::new(move |_| Some(state.presence_of(user)));
                            let shown = Memo::new(move |_| name(user));
                            view! {
                                <div
                                    role="option"
                                    id=format!("{id}-{place}")
                                    aria-selected=live(move || if at.get() == place { "true" } else { "false" })
                                    on:click=move |_| choose(user)
                                >
                                    <Avatar user name=shown presence=presence class="sm"/>
                                    <span class="t">
                                        <b><bdi>{shown}</bdi></b>
                                        <small>{nick}</small>
                                    </span>
                                </div>
                            }
                        })
                        .collect_view()
                })}
            </div>
            {redrawn(move || {
                let query = query.get();
                (found.with(Vec::is_empty) && !query.trim().is_empty())
                    .then(|| {
                        view! {
                            <p class="hint">
                                {locale.texts().navigation.nobody_matches.fill([query.trim()])}
                            </p>
                        }
                    })
            })}
        </div>
    }
}

/// Everybody whom `query` names, best first; without one, everybody by name.
fn find(state: State, locale: Locale, query: &str) -> Vec<UserId> {
    let me = state.me();
    let found: Vec<(u32, String, UserId)> = state.people.with(|people| {
        people
            .values()
            .filter(|user| !user.disabled && Some(user.id) != me)
            .filter_map(|user| {
                let points = [score(query, &user.name), score(query, &user.nick)];
                let points = points.into_iter().flatten().min()?;
                Some((points, user.name.clone(), user.id))
            })
            .collect()
    });
    let found = sorted_by(found, |a, b| a.0.cmp(&b.0).then_with(|| locale.compare(&a.1, &b.1)));
    found.into_iter().map(|(_, _, user)| user).collect()
}
