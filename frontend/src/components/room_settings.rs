//! A room's name and topic, and how much of it one wants to be told.

use super::choice::{Choice, Choices};
use super::deed::use_deeds;
use super::field::{Field, FieldState};
use super::form::{Form, Sending};
use super::names::is_direct;
use super::panel::Panel;
use super::toast::use_toasts;
use crate::actions::use_actions;
use crate::erased::Show;
use crate::locales::use_locale;
use crate::state::{RoomEntry, use_state};
use crate::text;
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
    let about_entry = entry.clone();
    view! {
        <Panel room=id title=text!(locale, conversation.room_settings) name>
            <Show when=move || may_rename.get()>
                <About entry=about_entry.clone()/>
            </Show>
            <Told entry/>
        </Panel>
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
    let sending = Sending::new();
    let submit = Callback::new(move |()| {
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
        sending.busy.set(true);
        spawn_local(async move {
            for command in commands {
                if let Err(code) = actions.ask(command).await {
                    return sending.ended(Some(untrack(|| locale.texts().refusal(&code))));
                }
            }
            sending.ended(None);
            toasts.say(untrack(|| locale.texts().common.saved));
        });
    });
    view! {
        <Form
            sending
            on_submit=submit
            label=text!(locale, common.save)
            busy_label=text!(locale, common.saving)
        >
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
        </Form>
    }
}

#[component]
fn Told(entry: RoomEntry) -> impl IntoView {
    let locale = use_locale();
    let deeds = use_deeds();
    let toasts = use_toasts();
    let room = entry.id;
    let involvement = Memo::new(move |_| entry.view.with(|view| view.involvement));
    let texts = move || &locale.texts().conversation;
    let choose = Callback::new(move |involvement: Involvement| {
        deeds.then(ClientCommand::SetInvolvement { room, involvement }, move |_| {
            toasts.say(untrack(|| locale.texts().common.saved));
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
