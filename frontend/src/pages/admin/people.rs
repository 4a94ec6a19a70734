//! Everybody with an account: role, disabling, reset links.

use super::ask;
use crate::api;
use crate::components::avatar::Avatar;
use crate::components::copy_box::{CopyBox, absolute};
use crate::components::dialog::{Confirm, Dialog};
use crate::components::icon::{Icon, IconName};
use crate::components::menu::{MenuButton, MenuItem, MenuLine};
use crate::components::toast::use_toasts;
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::use_locale;
use crate::pages::not_found::FailedNotice;
use crate::state::use_state;
use crate::text;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ListUsers, Nothing, PeopleQuery};
use shared::command::{ClientCommand, CommandReply};
use shared::time::Timestamp;
use shared::user::{SiteRole, User};

const PAGE: u32 = 50;
/// After the last key, before the server is asked.
const TYPING_PAUSE_MILLIS: u32 = 200;

/// The people found so far, and how to go on.
#[derive(Clone, Copy, Debug)]
struct Found {
    query: RwSignal<String>,
    people: RwSignal<Vec<User>>,
    more: RwSignal<bool>,
    failed: RwSignal<bool>,
    /// Answers to earlier questions than the last are of no interest.
    asked: StoredValue<u32>,
}

impl Found {
    fn new() -> Self {
        Self {
            query: RwSignal::new(String::new()),
            people: RwSignal::new(Vec::new()),
            more: RwSignal::new(false),
            failed: RwSignal::new(false),
            asked: StoredValue::new(0),
        }
    }

    /// From the beginning, or after the last one shown.
    fn load(self, after: Option<String>, pause: u32) {
        let turn = self.asked.get_value().wrapping_add(1);
        self.asked.set_value(turn);
        spawn_local(async move {
            TimeoutFuture::new(pause).await;
            if self.asked.try_get_value() != Some(turn) {
                return;
            }
            let query = PeopleQuery {
                q: self.query.get_untracked().trim().to_owned(),
                after: after.clone(),
                limit: Some(PAGE),
            };
            let answer = api::call::<ListUsers>(&(), &query, &Nothing {}).await;
            if self.asked.try_get_value() != Some(turn) {
                return;
            }
            self.failed.set(answer.is_err());
            let Ok(answer) = answer else { return };
            self.more.set(answer.users.len() >= PAGE as usize);
            self.people.update(|people| {
                if after.is_none() {
                    people.clear();
                }
                people.extend(answer.users);
            });
        });
    }

    fn load_more(self) {
        let last = self.people.with_untracked(|people| people.last().map(|user| user.nick.clone()));
        self.load(last, 0);
    }

    /// Shows what has been changed without asking anew.
    fn replace(self, changed: User) {
        self.people.update(|people| {
            if let Some(user) = people.iter_mut().find(|user| user.id == changed.id) {
                *user = changed;
            }
        });
    }
}

/// What one of the rows wants the page to open.
#[derive(Clone, Debug, PartialEq)]
struct ResetLink {
    name: String,
    link: String,
    expires_at: Timestamp,
}

#[component]
pub fn People() -> impl IntoView {
    let locale = use_locale();
    let found = Found::new();
    let disabling = RwSignal::new(None::<User>);
    let reset = RwSignal::new(None::<ResetLink>);
    found.load(None, 0);
    let rows = move || found.people.get();
    view! {
        <section class="block" aria-labelledby="people">
            <header>
                <h2 id="people">{text!(locale, admin.people)}</h2>
            </header>
            <div class="input-wrap" role="search">
                <Icon name=IconName::Search/>
                <input
                    class="input sm"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    aria-label=text!(locale, admin.find_person)
                    placeholder=text!(locale, admin.find_person)
                    prop:value=found.query
                    on:input:target=move |event| {
                        found.query.set(event.target().value());
                        found.load(None, TYPING_PAUSE_MILLIS);
                    }
                />
            </div>
            <Show
                when=move || !found.failed.get()
                fallback=move || {
                    view! { <FailedNotice retry=move |()| found.load(None, 0)/> }
                }
            >
                <table class="table">
                    <caption class="vh">{text!(locale, admin.people)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{text!(locale, admin.person)}</th>
                            <th scope="col">{text!(locale, admin.role)}</th>
                            <th scope="col">{text!(locale, admin.state)}</th>
                            <th scope="col" class="end">
                                <span class="vh">{text!(locale, admin.actions)}</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=rows key=|user| (user.id, user.role, user.disabled) let:user>
                            <PersonRow user found disabling reset/>
                        </For>
                    </tbody>
                </table>
                <p class="muted" role="status">
                    {redrawn(move || {
                        let nobody = found.people.with(Vec::is_empty);
                        let query = found.query.get();
                        (nobody && !query.trim().is_empty())
                            .then(|| locale.texts().admin().nobody_found.fill([query.trim()]))
                    })}
                </p>
                <Show when=move || found.more.get()>
                    <div>
                        <button
                            type="button"
                            class="btn outline"
                            on:click=move |_| found.load_more()
                        >
                            {text!(locale, admin.show_more_people)}
                        </button>
                    </div>
                </Show>
            </Show>
        </section>
        <ConfirmDisable disabling found/>
        <ResetLinkDialog reset/>
    }
}

#[component]
fn PersonRow(
    user: User,
    found: Found,
    disabling: RwSignal<Option<User>>,
    reset: RwSignal<Option<ResetLink>>,
) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let myself = untrack(|| state.me()) == Some(user.id);
    let User { id, nick, name, role, disabled, .. } = user.clone();
    let user = StoredValue::new(user);
    let for_avatar = name.clone();
    view! {
        <tr>
            <td>
                <div class="who">
                    <Avatar user=id name=Signal::derive(move || for_avatar.clone())/>
                    <span>
                        <b dir="auto">{name}</b>
                        <small>
                            {nick}
                            {myself
                                .then(|| {
                                    view! {
                                        " "
                                        <span class="tag">{text!(locale, common.you)}</span>
                                    }
                                })}
                        </small>
                    </span>
                </div>
            </td>
            <td>
                <RoleChoice user found role/>
            </td>
            <td>
                <span class=if disabled { "tag danger" } else { "tag ok" }>
                    {redrawn(move || {
                        let texts = locale.texts().admin();
                        if disabled { texts.disabled } else { texts.active }
                    })}
                </span>
            </td>
            <td class="end">
                {(!myself).then(|| view! { <PersonMenu user found disabling reset/> })}
            </td>
        </tr>
    }
}

#[component]
fn RoleChoice(user: StoredValue<User>, found: Found, role: SiteRole) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let name = move || user.with_value(|user| user.name.clone());
    // Tells the select to go back to what it was when the change is refused.
    let shown = RwSignal::new(role);
    let choose = move |chosen: SiteRole| {
        shown.set(chosen);
        spawn_local(async move {
            let id = user.with_value(|user| user.id);
            let command = ClientCommand::SetSiteRole { user: id, role: chosen };
            if ask(command, toasts, locale).await.is_some() {
                toasts.say(locale.texts().admin().role_changed.fill([&name()]));
                found.replace(User { role: chosen, ..user.get_value() });
            } else {
                shown.try_set(role);
            }
        });
    };
    view! {
        <select
            class="input sm"
            aria-label=live(move || locale.texts().admin().role_of.fill([&name()]))
            prop:value=move || value_of(shown.get())
            on:change:target=move |event| {
                let administrator = event.target().value() == value_of(SiteRole::Administrator);
                choose(if administrator { SiteRole::Administrator } else { SiteRole::Member });
            }
        >
            <option
                value=value_of(SiteRole::Administrator)
                selected=role == SiteRole::Administrator
            >
                {text!(locale, admin.administrator)}
            </option>
            <option value=value_of(SiteRole::Member) selected=role == SiteRole::Member>
                {text!(locale, admin.member)}
            </option>
        </select>
    }
}

const fn value_of(role: SiteRole) -> &'static str {
    match role {
        SiteRole::Administrator => "administrator",
        SiteRole::Member => "member",
    }
}

#[component]
fn PersonMenu(
    user: StoredValue<User>,
    found: Found,
    disabling: RwSignal<Option<User>>,
    reset: RwSignal<Option<ResetLink>>,
) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let User { id, name, disabled, .. } = user.get_value();
    let name = StoredValue::new(name);
    let make_link = move |()| {
        spawn_local(async move {
            let command = ClientCommand::CreateResetLink { user: id };
            if let Some(CommandReply::ResetLink { link, expires_at }) =
                ask(command, toasts, locale).await
            {
                let link = absolute(&link.0);
                reset.set(Some(ResetLink { name: name.get_value(), link, expires_at }));
            }
        });
    };
    let enable = move |()| {
        spawn_local(async move {
            if ask(ClientCommand::EnablePerson { user: id }, toasts, locale).await.is_some() {
                toasts.say(locale.texts().admin().enabled_toast.fill([&name.get_value()]));
                found.replace(User { disabled: false, ..user.get_value() });
            }
        });
    };
    view! {
        <MenuButton
            id=format!("person-{id}")
            label=move || locale.texts().admin().actions_for.fill([&name.get_value()])
            face=|| view! { <Icon name=IconName::More/> }
        >
            <MenuItem icon=IconName::Key text=text!(locale, admin.reset_link) on_select=make_link/>
            <MenuLine/>
            {if disabled {
                view! {
                    <MenuItem
                        icon=IconName::Check
                        text=move || locale.texts().admin().enable.fill([&name.get_value()])
                        on_select=enable
                    />
                }
                    .into_any()
            } else {
                view! {
                    <MenuItem
                        icon=IconName::Block
                        class="danger"
                        text=move || locale.texts().admin().disable.fill([&name.get_value()])
                        on_select=move |()| disabling.set(Some(user.get_value()))
                    />
                }
                    .into_any()
            }}
        </MenuButton>
    }
}

#[component]
fn ConfirmDisable(disabling: RwSignal<Option<User>>, found: Found) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let open = open_while(disabling);
    let name = move || disabling.with(|user| user.as_ref().map(|user| user.name.clone()));
    let disable = move |()| {
        let Some(user) = disabling.get_untracked() else { return };
        spawn_local(async move {
            let command = ClientCommand::DisablePerson { user: user.id };
            if ask(command, toasts, locale).await.is_some() {
                toasts.say(locale.texts().admin().disabled_toast.fill([&user.name]));
                found.replace(User { disabled: true, ..user });
            }
        });
    };
    view! {
        <Confirm
            open
            id="disable"
            title=move || locale.texts().admin().disable_question.fill([&name().unwrap_or_default()])
            explanation=text!(locale, admin.disable_explained)
            confirm=text!(locale, admin.disable_confirm)
            on_confirm=Callback::new(disable)
        />
    }
}

/// Open as long as there is something to show. What was shown stays known while it closes.
fn open_while<T: Send + Sync + 'static>(what: RwSignal<Option<T>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    effect(move || open.set(what.with(Option::is_some)));
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now {
            what.set(None);
        }
        now
    });
    open
}

#[component]
fn ResetLinkDialog(reset: RwSignal<Option<ResetLink>>) -> impl IntoView {
    let locale = use_locale();
    let open = open_while(reset);
    let part = move |take: fn(&ResetLink) -> String| {
        reset.with(|reset| reset.as_ref().map(take).unwrap_or_default())
    };
    let explanation = move || {
        let until = reset.with(|reset| reset.as_ref().map(|reset| reset.expires_at));
        let until = until.map(|at| locale.moment(at)).unwrap_or_default();
        let name = part(|reset| reset.name.clone());
        locale.texts().admin().reset_link_explained.fill([&name, &until])
    };
    view! {
        <Dialog
            open
            id="reset-link"
            title=move || {
                locale.texts().admin().reset_link_for.fill([&part(|reset| reset.name.clone())])
            }
        >
            <div class="dialog__body">
                <p>{explanation}</p>
                <CopyBox
                    id="reset-link-text"
                    label=text!(locale, admin.link)
                    text=Signal::derive(move || part(|reset| reset.link.clone()))
                />
            </div>
            <footer>
                <button type="button" class="btn primary" on:click=move |_| open.set(false)>
                    {text!(locale, common.close)}
                </button>
            </footer>
        </Dialog>
    }
}
