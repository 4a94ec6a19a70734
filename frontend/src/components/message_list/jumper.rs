//! The ways to the end and to the first unread message, while they are out of view.

use super::ListView;
use crate::components::icon::{Icon, IconName};
use crate::erased::{Show, redrawn};
use crate::locales::use_locale;
use crate::state::RoomEntry;
use crate::text;
use leptos::prelude::*;

#[component]
pub fn Jumper(
    entry: RoomEntry,
    view: ListView,
    to_unread: Callback<()>,
    to_end: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let entry = StoredValue::new(entry);
    view! {
        <div class="jumper-place">
            <Show when=move || view.shown.get() && (!view.pinned.get() || view.unread_above.get())>
                <div class="jumper">
                    <Show when=move || view.unread_above.get()>
                        <button type="button" class="btn sm" on:click=move |_| to_unread.run(())>
                            <Icon name=IconName::ArrowUp class="sm"/>
                            {text!(locale, conversation.first_unread)}
                        </button>
                    </Show>
                    <Show when=move || !view.pinned.get()>
                        <Latest entry=entry.get_value() on_press=to_end/>
                    </Show>
                </div>
            </Show>
        </div>
    }
}

/// The way to the end, and how much is new there.
#[component]
fn Latest(entry: RoomEntry, on_press: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    let unread = Memo::new(move |_| entry.counts().unread);
    let label = move || {
        let texts = &locale.texts().conversation;
        match unread.get() {
            0 => texts.latest.to_owned(),
            count => texts.latest_count.fill(count.into(), [&locale.number(count.into())]),
        }
    };
    view! {
        <button type="button" class="btn sm" on:click=move |_| on_press.run(())>
            <span class="vh">{label}</span>
            <span aria-hidden="true">{text!(locale, conversation.latest)}</span>
            {redrawn(move || {
                let count = unread.get();
                (count > 0)
                    .then(|| {
                        view! {
                            <span class="badge" aria-hidden="true">
                                {locale.number(count.into())}
                            </span>
                        }
                    })
            })}
            <Icon name=IconName::ArrowDown class="sm"/>
        </button>
    }
}
