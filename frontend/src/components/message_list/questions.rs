//! What is asked or shown before something is done with a message: whether it is to be removed, where
//! it is to be forwarded, what it said before.

use crate::components::dialog::{Confirm, Dialog};
use crate::components::message::Acting;
use crate::components::message::quote::one_line;
use crate::erased::effect;
use crate::outbox::What;
use crate::parts;
use crate::text;
use crate::timeline::words;
use leptos::prelude::*;
use shared::id::Seq;
use shared::message::Message;

#[component]
pub fn Questions(acting: Acting) -> impl IntoView {
    let locale = acting.locale();
    let looking_back = opens(acting.about().looking_back);
    let forwarding = opens(acting.about().forwarding);
    view! {
        <Remove acting/>
        <Dialog
            open=looking_back
            id="edits"
            title=text!(locale, conversation.edit_history)
        >
            <parts::Edits acting/>
        </Dialog>
        <Dialog open=forwarding id="forward" title=text!(locale, conversation.forward) class="narrow">
            <parts::Forward acting open=forwarding/>
        </Dialog>
    }
}

pub(super) fn message(acting: Acting, seq: Seq) -> Option<Message> {
    let entry = acting.entry().timeline.with_untracked(|timeline| timeline.entry(seq).cloned())?;
    entry.message().cloned()
}

/// Opens while there is something to ask about.
fn opens(about: RwSignal<Option<Seq>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    effect(move || {
        if about.with(Option::is_some) {
            open.set(true);
        }
    });
    effect(move || {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    open
}

#[component]
fn Remove(acting: Acting) -> impl IntoView {
    let locale = acting.locale();
    let open = RwSignal::new(false);
    effect(move || {
        if acting.about().removing.with(Option::is_some) {
            open.set(true);
        }
    });
    let said = move || {
        let seq = acting.about().removing.get()?;
        let entry = acting.entry().timeline.with_untracked(|of| of.entry(seq).cloned())?;
        Some(one_line(words(&entry)))
    };
    view! {
        <Confirm
            open
            id="remove-message"
            title=text!(locale, conversation.remove_message_question)
            explanation=move || {
                let texts = &locale.texts().conversation;
                texts.remove_message_explained.fill([&said().unwrap_or_default()])
            }
            confirm=text!(locale, conversation.remove_it)
            on_confirm=Callback::new(move |()| {
                if let Some(seq) = acting.about().removing.get_untracked() {
                    acting.state().act_on(acting.entry().id, What::Delete(seq), String::new());
                    acting.about().removing.set(None);
                }
            })
        />
    }
}
