//! Making a room.

use super::choice::{Choice, Choices};
use super::desk::{room_path, use_desk};
use super::dialog::Dialog;
use super::field::{Field, FieldState};
use super::form::{DialogForm, Sending};
use crate::actions::use_actions;
use crate::address::use_address;
use crate::locales::use_locale;
use crate::parts;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::limit;
use shared::room::RoomKind;

#[component]
pub fn NewRoom() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    let name = FieldState::new("");
    let topic = FieldState::new("");
    let dirty = Signal::derive(move || {
        name.value.with(|text| !text.trim().is_empty())
            || topic.value.with(|text| !text.trim().is_empty())
    });
    view! {
        <Dialog open=desk.new_room id="new-room" title=text!(locale, navigation.new_room) dirty=dirty>
            <parts::NewRoom name topic/>
        </Dialog>
    }
}

#[component]
pub fn NewRoomForm(name: FieldState, topic: FieldState) -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    let actions = use_actions();
    let address = use_address();
    let kind = RwSignal::new(RoomKind::Open);
    let sending = Sending::new();
    for field in [name, topic] {
        field.value.set(String::new());
        field.error.set(None);
    }
    let submit = Callback::new(move |()| {
        let texts = untrack(|| locale.texts());
        if name.require(texts.error.empty) {
            name.focus();
            return;
        }
        sending.busy.set(true);
        let answer = actions.ask(ClientCommand::CreateRoom {
            name: name.trimmed(),
            kind: kind.get_untracked(),
            topic: topic.trimmed(),
        });
        spawn_local(async move {
            let mut error = None;
            match answer.await {
                Ok(reply) => {
                    desk.new_room.set(false);
                    let Some(room) = reply.into_room() else { return };
                    address.go(&room_path(room.id));
                }
                Err(code) => error = Some(untrack(|| locale.texts().refusal(&code))),
            }
            sending.ended(error);
        });
    });
    let texts = move || &locale.texts().navigation;
    view! {
        <DialogForm
            open=desk.new_room
            sending
            on_submit=submit
            label=text!(locale, navigation.create_room)
            busy_label=text!(locale, navigation.creating_room)
        >
            <Field
                id="new-room-name"
                label=text!(locale, navigation.room_name)
                placeholder=text!(locale, navigation.room_name_placeholder)
                max_chars=limit::ROOM_NAME_CHARS
                state=name
            />
            <Field
                id="new-room-topic"
                label=text!(locale, navigation.topic)
                hint=text!(locale, navigation.topic_hint)
                max_chars=limit::TOPIC_CHARS
                state=topic
            />
            <Choices
                name="new-room-kind"
                legend=text!(locale, navigation.who_may_join)
                choices=vec![
                    Choice::new(RoomKind::Open, move || texts().open_room)
                        .hint(move || texts().open_room_hint),
                    Choice::new(RoomKind::Closed, move || texts().closed_room_choice)
                        .hint(move || texts().closed_room_hint),
                ]
                value=kind
                on_choose=Callback::new(move |chosen| kind.set(chosen))
            />
        </DialogForm>
    }
}
