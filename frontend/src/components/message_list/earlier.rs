//! What a message said before.

use super::questions::message;
use crate::api;
use crate::components::message::Acting;
use crate::components::message_text::draw_text;
use crate::erased::{effect, redrawn};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ListEdits, Nothing};
use shared::error::ErrorCode;
use shared::message::Revision;

/// All its texts, the latest first.
#[component]
pub fn EarlierTexts(acting: Acting) -> impl IntoView {
    let locale = acting.locale();
    let found = RwSignal::new(None::<Result<Vec<Revision>, ErrorCode>>);
    effect(move || {
        found.set(None);
        let message = acting.about().looking_back.get().and_then(|seq| message(acting, seq));
        let Some(message) = message else { return };
        let of = (message.room, message.id);
        spawn_local(async move {
            let answer = api::call::<ListEdits>(&of, &Nothing {}, &Nothing {}).await;
            found.try_set(Some(answer.map(|edits| edits.revisions).map_err(ErrorCode::from)));
        });
    });
    let inside = move || match found.get() {
        None => ().into_any(),
        Some(Err(error)) => {
            view! { <p role="alert">{locale.texts().refusal(&error)}</p> }.into_any()
        }
        Some(Ok(revisions)) => {
            let texts = revisions.into_iter().rev().map(|revision| {
                view! {
                    <li>
                        <time class="muted">{locale.moment(revision.at)}</time>
                        <div class="msg__body">
                            {draw_text(acting.state(), revision.body.as_str(), &[])}
                        </div>
                    </li>
                }
            });
            view! { <ol class="revisions">{texts.collect::<Vec<_>>()}</ol> }.into_any()
        }
    };
    view! { <div class="dialog__body">{redrawn(inside)}</div> }
}
