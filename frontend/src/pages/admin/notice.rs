//! Telling everybody something at once.

use crate::api;
use crate::components::dialog::Confirm;
use crate::components::field::TextArea;
use crate::components::form::{Form, Sending};
use crate::components::toast::use_toasts;
use crate::locales::use_locale;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::ClientMessageId;
use shared::limit;

#[component]
pub fn Notice() -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let body = RwSignal::new(String::new());
    let missing = RwSignal::new(None);
    let sending = Sending::new();
    let asking = RwSignal::new(false);
    let input = NodeRef::<leptos::html::Textarea>::new();
    // The same until it is sent: a second try after no answer tells nobody twice.
    let id = StoredValue::new(ClientMessageId::new());

    let submit = Callback::new(move |()| {
        if body.with_untracked(|body| body.trim().is_empty()) {
            missing.set(Some(locale.texts().error.empty.to_owned()));
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
            }
        } else {
            asking.set(true);
        }
    });
    let send = move |()| {
        sending.busy.set(true);
        spawn_local(async move {
            let command = ClientCommand::PostNotice {
                client_message_id: id.get_value(),
                body: body.get_untracked(),
            };
            let mut error = None;
            match api::command(&command).await {
                Ok(_) => {
                    id.set_value(ClientMessageId::new());
                    body.set(String::new());
                    toasts.say(locale.texts().admin().notice_sent);
                }
                Err(failure) => error = Some(failure.sentence(locale.texts())),
            }
            sending.ended(error);
        });
    };
    view! {
        <section class="block" aria-labelledby="notice-title">
            <header>
                <h2 id="notice-title">{text!(locale, admin.notice)}</h2>
                <p>{text!(locale, admin.notice_explained)}</p>
            </header>
            <Form
                sending
                on_submit=submit
                label=text!(locale, admin.send_notice)
                busy_label=text!(locale, admin.sending_notice)
            >
                <TextArea
                    id="notice-text"
                    label=text!(locale, admin.notice_text)
                    value=body
                    error=missing
                    input
                    max_chars=limit::MESSAGE_CHARS
                />
            </Form>
        </section>
        <Confirm
            open=asking
            id="notice-question"
            class="primary"
            title=text!(locale, admin.notice_question)
            explanation=move || body.get()
            confirm=text!(locale, admin.send_notice)
            on_confirm=Callback::new(send)
        />
    }
}
