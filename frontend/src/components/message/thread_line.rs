//! What was said in a message's thread, in one line below it.

use crate::components::avatar::{hue_of_person, initial};
use crate::components::desk::thread_path;
use crate::components::names::person_name;
use crate::locales::Locale;
use crate::state::{RoomEntry, State};
use leptos::prelude::*;
use shared::id::Seq;
use shared::message::Replies;

pub(super) fn thread_line(
    entry: &RoomEntry,
    root: Seq,
    replies: &Replies,
    state: State,
    locale: Locale,
) -> AnyView {
    let texts = &locale.texts().conversation;
    let count = u64::from(replies.count);
    let faces = replies.people.iter().map(|user| {
        let letter = initial(&person_name(state, locale, *user));
        view! { <span class=format!("av v sm {}", hue_of_person(*user))>{letter}</span> }
    });
    let faces: Vec<_> = faces.collect();
    let view = entry.view.clone();
    // What happens elsewhere in the room redraws nothing here.
    let unread = Memo::new(move |_| {
        view.with(|view| {
            view.threads().iter().any(|thread| thread.root == root && thread.unread > 0)
        })
    });
    let unread = move || {
        unread.get().then(|| {
            view! {
                <i class="dot"></i>
                <span class="vh">{locale.texts().navigation.unread}</span>
            }
        })
    };
    view! {
        <a class="thread-link" href=thread_path(entry.id, root)>
            <span class="stack" aria-hidden="true">{faces}</span>
            <b>{texts.replies.fill(count, [&locale.number(count)])}</b>
            <span>{texts.last_reply.fill([&locale.brief(replies.last_at)])}</span>
            {crate::erased::redrawn(unread)}
        </a>
    }
    .into_any()
}
