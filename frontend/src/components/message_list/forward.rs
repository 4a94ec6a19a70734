//! Saying in another room what was said in this one.

use super::questions::message;
use crate::components::deed::use_deeds;
use crate::components::field::TextArea;
use crate::components::form::{DialogForm, Sending};
use crate::components::message::Acting;
use crate::components::message::quote::one_line;
use crate::components::names::{person_name, room_name};
use crate::components::sidebar::ordered;
use crate::components::toast::use_toasts;
use crate::erased::redrawn;
use crate::state::{RoomEntry, State};
use crate::text;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::{ClientMessageId, RoomId};
use shared::limit;
use shared::message::MessageBody;
use shared::permission::RoomAction;

/// The rooms in which one may say something, this one left out.
fn places(acting: Acting) -> Vec<RoomEntry> {
    let (state, locale) = (acting.state(), acting.locale());
    let here = acting.entry().id;
    let mut places = ordered(state, locale, false);
    places.extend(ordered(state, locale, true));
    places.retain(|entry| entry.id != here && state.may(entry, RoomAction::Post));
    // What comes first is chosen unless somebody chooses: not the room that everybody is told by.
    if let Some(at) = places.iter().position(State::is_announcements) {
        let announcements = places.remove(at);
        places.push(announcements);
    }
    places
}

#[component]
pub fn ForwardForm(acting: Acting, open: RwSignal<bool>) -> impl IntoView {
    let (state, locale) = (acting.state(), acting.locale());
    let (deeds, toasts) = (use_deeds(), use_toasts());
    let seq = acting.about().forwarding.get_untracked();
    let Some(message) = seq.and_then(|seq| message(acting, seq)) else { return ().into_any() };
    let (from, seq) = (message.room, message.seq);
    let places = untrack(|| places(acting));
    let chosen = RwSignal::new(places.first().map(|entry| entry.id));
    let comment = RwSignal::new(String::new());
    let sending = Sending::new();
    // The same id however often it is pressed.
    let client_message_id = ClientMessageId::new();
    let submit = Callback::new(move |()| {
        let Some(room) = chosen.get_untracked() else { return };
        let comment = comment.with_untracked(|text| {
            MessageBody::new(text).ok().map(|body| body.as_str().to_owned())
        });
        let command =
            ClientCommand::ForwardMessage { room, client_message_id, from, message: seq, comment };
        deeds.then(command, move |_| {
            let name = untrack(|| state.room(room).map(|entry| room_name(state, locale, &entry)));
            let texts = untrack(|| locale.texts());
            toasts.say(texts.conversation.forwarded_toast.fill([&name.unwrap_or_default()]));
            open.try_set(false);
        });
    });
    let options = places
        .into_iter()
        .map(|entry| {
            let name = untrack(|| room_name(state, locale, &entry));
            view! { <option value=entry.id.to_string()>{name}</option> }
        })
        .collect::<Vec<_>>();
    let author = move || person_name(state, locale, message.author);
    let words = one_line(message.body.as_ref().map_or("", MessageBody::as_str));
    view! {
        <DialogForm
            open
            sending
            on_submit=submit
            label=text!(locale, conversation.forward)
            busy_label=text!(locale, common.loading)
        >
            <p class="quote"><span dir="auto"><b><bdi>{redrawn(author)}</bdi></b>" "{words}</span></p>
            <div class="field">
                <label for="forward-to">{text!(locale, conversation.forward_to)}</label>
                <select
                    class="input"
                    id="forward-to"
                    on:change:target=move |event| {
                        chosen.set(event.target().value().parse::<RoomId>().ok());
                    }
                >
                    {options}
                </select>
            </div>
            <TextArea
                id="forward-comment"
                label=text!(locale, conversation.forward_comment)
                value=comment
                error=RwSignal::new(None)
                max_chars=limit::MESSAGE_CHARS
            />
        </DialogForm>
    }
    .into_any()
}
