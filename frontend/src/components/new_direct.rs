//! Starting a direct conversation: pick its people.

use super::desk::{room_path, use_desk};
use super::dialog::Dialog;
use super::find::{self, learn_readings};
use super::form::{DialogForm, Sending};
use super::icon::{Icon, IconName};
use super::names::person_name;
use super::options::Chooser;
use crate::actions::use_actions;
use crate::address::use_address;
use crate::erased::{Show, live, redrawn};
use crate::locales::use_locale;
use crate::parts;
use crate::state::use_state;
use crate::text;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::UserId;
use shared::limit;
use shared::user::User;
use std::sync::Arc;

/// Further letters narrow it down.
const SHOWN: usize = 30;

#[component]
pub fn NewDirect() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    view! {
        <Dialog open=desk.new_direct id="new-direct" title=text!(locale, navigation.new_direct)>
            <parts::NewDirect/>
        </Dialog>
    }
}

#[component]
pub fn NewDirectForm() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    let actions = use_actions();
    let address = use_address();
    let chosen = RwSignal::new(Vec::<UserId>::new());
    let sending = Sending::new();
    let submit = Callback::new(move |()| {
        let texts = untrack(|| locale.texts());
        let users = chosen.get_untracked();
        if users.is_empty() {
            sending.error.set(Some(texts.navigation.choose_somebody.to_owned()));
            return;
        }
        if users.len() + 1 > limit::DIRECT_PEOPLE {
            let most = (limit::DIRECT_PEOPLE - 1) as u64;
            sending.error.set(Some(texts.navigation.too_many_people.count(most)));
            return;
        }
        sending.busy.set(true);
        let answer = actions.ask(ClientCommand::OpenDirect { users });
        spawn_local(async move {
            let mut error = None;
            match answer.await {
                Ok(reply) => {
                    desk.new_direct.set(false);
                    let Some(room) = reply.into_room() else { return };
                    address.go(&room_path(room.id));
                }
                Err(code) => error = Some(untrack(|| locale.texts().refusal(&code))),
            }
            sending.ended(error);
        });
    });
    view! {
        <DialogForm
            open=desk.new_direct
            sending
            on_submit=submit
            label=text!(locale, navigation.start_talking)
            busy_label=text!(locale, common.loading)
        >
            <PeoplePicker id="new-direct-people" chosen except=Signal::stored(Vec::new())/>
        </DialogForm>
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
    learn_readings(state);
    let query = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let found = Memo::new(move |_| {
        let query = query.get();
        let except = except.get();
        let chosen = chosen.get();
        find::people(state, locale, query.trim())
            .into_iter()
            .map(|(_, user)| user)
            .filter(|user| !except.contains(&user.id) && !chosen.contains(&user.id))
            .take(SHOWN)
            .collect::<Vec<_>>()
    });
    let input = NodeRef::<leptos::html::Input>::new();
    let choose = move |place: usize| {
        let user = found.with_untracked(|found| found.get(place).map(|user| user.id));
        let Some(user) = user else { return };
        chosen.update(|chosen| chosen.push(user));
        query.set(String::new());
        at.set(0);
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            // The box stays where one types.
            let _ = input.focus();
        }
    };
    let chooser = Chooser { at, on_choose: Callback::new(choose) };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        match event.key().as_str() {
            // With nothing typed, Enter is for the form.
            "Enter" if query.with_untracked(|query| !query.trim().is_empty()) => {
                choose(at.get_untracked());
            }
            "Backspace" if query.with_untracked(String::is_empty) => {
                chosen.update(|chosen| {
                    chosen.pop();
                });
                return;
            }
            key if chooser.moves(key, found.with_untracked(Vec::len)) => {}
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
                    let person = |(place, user): (usize, Arc<User>)| chooser.person(id, place, state, &user);
                    found.get().into_iter().enumerate().map(person).collect_view()
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
