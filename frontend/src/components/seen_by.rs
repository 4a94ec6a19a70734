//! Who has read as far as a message.

use super::avatar::Avatar;
use super::names::person_name;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::order::sorted_by;
use crate::state::use_state;
use leptos::prelude::*;
use shared::id::{RoomId, Seq, UserId};

#[component]
pub fn SeenBy(room: RoomId, seq: Seq) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let people = Memo::new(move |_| {
        let seen = state.room(room).map(|entry| {
            entry.view.with(|view| {
                let far = |(user, read): (&UserId, &Seq)| (*read >= seq).then_some(*user);
                view.seen.iter().filter_map(far).collect::<Vec<_>>()
            })
        });
        let named = seen.unwrap_or_default().into_iter();
        let named = named.map(|user| (person_name(state, locale, user), user)).collect();
        sorted_by(named, |a: &(String, _), b| locale.compare(&a.0, &b.0))
    });
    let rows = move || {
        let row = |(name, user): (String, UserId)| {
            let words = name.clone();
            let name = Signal::stored(name);
            let presence = Memo::new(move |_| Some(state.presence_of(user)));
            view! {
                <li class="steps">
                    <Avatar user name presence=presence class="sm"/>
                    <bdi>{words}</bdi>
                </li>
            }
        };
        people.get().into_iter().map(row).collect_view()
    };
    view! {
        <div class="dialog__body">
            <ul class="seen" tabindex="0">{redrawn(rows)}</ul>
        </div>
    }
}
