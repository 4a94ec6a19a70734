//! A room's name and topic, and how much of it one wants to be told.

use super::choice::{Choice, Choices};
use super::desk::room_path;
use super::field::{Field, FieldState, FormError, SubmitButton};
use super::icon::{Icon, IconName};
use super::names::is_direct;
use super::toast::use_toasts;
use crate::actions::use_actions;
use crate::erased::{Show, effect};
use crate::locales::use_locale;
use crate::state::{RoomEntry, use_state};
use crate::text;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::limit;
use shared::permission::RoomAction;
use shared::room::Involvement;

#[component]
pub fn RoomSettings(entry: RoomEntry, name: Memo<String>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let id = entry.id;
    let direct = untrack(|| is_direct(&entry));
    let may_rename = {
        let entry = entry.clone();
        Memo::new(move |_| !direct && state.may(&entry, RoomAction::Rename))
    };
    let title = NodeRef::<leptos::html::H2>::new();
    effect(move || {
        if let Some(title) = title.get() {
            // The panel was asked for: that is where reading goes on.
            let _ = title.focus();
        }
    });
    let about_entry = entry.clone();
    view! {
        <aside class="panel sheet" aria-labelledby="room-settings-title">
            <header class="head">
                <div class="head__txt">
                    <h2 id="room-settings-title" tabindex="-1" node_ref=title>
                        {text!(locale, conversation.room_settings)}
                    </h2>
                    <p><bdi>{name}</bdi></p>
                </div>
                <div class="head__tools">
                    <a
                        class="ib"
                        href=room_path(id)
                        data-close=""
                        aria-label=text!(locale, common.close)
                    >
                        <Icon name=IconName::Close/>
                    </a>
                </div>
            </header>
            <div class="scroll">
                <div class="panel__in">
                    <Show when=move || may_rename.get()>
                        <About entry=about_entry.clone()/>
                    </Show>
                    <Told entry/>
                </div>
            </div>
        </aside>
    }
}

#[component]
fn About(entry: RoomEntry) -> impl IntoView {
    let locale = use_locale();
    let actions = use_actions();
    let toasts = use_toasts();
    let room = entry.id;
    let (name, topic) = entry.view.with_untracked(|view| {
        (FieldState::new(view.room.name.clone()), FieldState::new(view.room.topic.clone()))
    });
    let error = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        if name.require(untrack(|| locale.texts().error.empty)) {
            name.focus();
            return;
        }
        let (was_name, was_topic) =
            entry.view.with_untracked(|view| (view.room.name.clone(), view.room.topic.clone()));
        let mut commands = Vec::new();
        if name.trimmed() != was_name {
            commands.push(ClientCommand::RenameRoom { room, name: name.trimmed() });
        }
        if topic.trimmed() != was_topic {
            commands.push(ClientCommand::SetTopic { room, topic: topic.trimmed() });
        }
        busy.set(true);
        spawn_local(async move {
            for command in commands {
                if let Err(code) = actions.ask(command).await {
                    error.try_set(Some(untrack(|| locale.texts().refusal(&code))));
                    busy.try_set(false);
                    return;
                }
            }
            busy.try_set(false);
            toasts.say(untrack(|| locale.texts().common.saved));
        });
    };
    view! {
        <form class="block" on:submit=submit novalidate aria-label=text!(locale, conversation.about_room)>
            <FormError error/>
            <Field
                id="room-name"
                label=text!(locale, navigation.room_name)
                max_chars=limit::ROOM_NAME_CHARS
                state=name
            />
            <Field
                id="room-topic"
                label=text!(locale, navigation.topic)
                hint=text!(locale, navigation.topic_hint)
                max_chars=limit::TOPIC_CHARS
                state=topic
            />
            <div class="form-end">
                <SubmitButton
                    label=text!(locale, common.save)
                    busy_label=text!(locale, common.saving)
                    busy
                />
            </div>
        </form>
    }
}

#[component]
fn Told(entry: RoomEntry) -> impl IntoView {
    let locale = use_locale();
    let actions = use_actions();
    let toasts = use_toasts();
    let room = entry.id;
    let involvement = Memo::new(move |_| entry.view.with(|view| view.involvement));
    let texts = move || &locale.texts().conversation;
    let choose = Callback::new(move |involvement: Involvement| {
        let answer = actions.ask(ClientCommand::SetInvolvement { room, involvement });
        spawn_local(async move {
            match answer.await {
                Ok(_) => toasts.say(untrack(|| locale.texts().common.saved)),
                Err(error) => toasts.say(untrack(|| locale.texts().refusal(&error))),
            }
        });
    });
    view! {
        <Choices
            name="involvement"
            legend=text!(locale, conversation.involvement)
            choices=vec![
                Choice::new(Involvement::Everything, move || texts().everything)
                    .hint(move || texts().everything_hint),
                Choice::new(Involvement::Mentions, move || texts().mentions_only)
                    .hint(move || texts().mentions_only_hint),
                Choice::new(Involvement::Nothing, move || texts().nothing)
                    .hint(move || texts().nothing_hint),
                Choice::new(Involvement::Invisible, move || texts().invisible)
                    .hint(move || texts().invisible_hint),
            ]
            value=involvement
            on_choose=choose
        />
    }
}
