//! One row of the list, and the shape of rows that are yet to come.

use crate::components::desk::Talk;
use crate::components::message::{Acting, MessageRow, Shown, SystemRow};
use crate::locales::{Locale, use_locale};
use crate::state::RoomEntry;
use crate::text;
use crate::timeline::{Divider, RowContent};
use leptos::prelude::*;

#[component]
pub fn ListRow(
    entry: RoomEntry,
    shown: ArcRwSignal<Shown>,
    hot: ArcRwSignal<bool>,
    acting: Acting,
) -> impl IntoView {
    let locale = use_locale();
    match shown.with_untracked(|shown| shown.row.content.clone()) {
        RowContent::Day(_) => {
            let day = move || match shown.with(|shown| shown.row.content.clone()) {
                RowContent::Day(at) => locale.day(at),
                RowContent::New(_)
                | RowContent::Replies(_)
                | RowContent::System(_)
                | RowContent::Message(_) => String::new(),
            };
            if entry.thread.is_some() {
                return view! { <li class="day"><span>{day}</span></li> }.into_any();
            }
            let talk = expect_context::<Talk>();
            view! {
                <li class="day">
                    <button
                        type="button"
                        title=text!(locale, conversation.go_to_day)
                        on:click=move |_| talk.choose_day.set(true)
                    >
                        {day}
                    </button>
                </li>
            }
            .into_any()
        }
        RowContent::New(_) => {
            let words = move || match shown.with(|shown| shown.row.content.clone()) {
                RowContent::New(divider) => new_since(locale, divider),
                RowContent::Day(_)
                | RowContent::Replies(_)
                | RowContent::System(_)
                | RowContent::Message(_) => String::new(),
            };
            view! { <li class="new"><span>{words}</span></li> }.into_any()
        }
        RowContent::Replies(_) => {
            let words = move || match shown.with(|shown| shown.row.content.clone()) {
                RowContent::Replies(count) => {
                    let texts = &locale.texts().conversation;
                    texts.replies.fill(count.into(), [&locale.number(count.into())])
                }
                RowContent::Day(_)
                | RowContent::New(_)
                | RowContent::System(_)
                | RowContent::Message(_) => String::new(),
            };
            view! { <li class="count-rule"><span>{words}</span></li> }.into_any()
        }
        RowContent::System(entry) => view! { <SystemRow entry/> }.into_any(),
        RowContent::Message(_) => view! { <MessageRow entry shown hot acting/> }.into_any(),
    }
}

fn new_since(locale: Locale, divider: Divider) -> String {
    let texts = locale.texts();
    let count = u64::from(divider.count);
    let number = locale.number(count);
    match divider.since {
        Some(at) => texts.conversation.new_since.fill(count, [&number, &locale.time(at)]),
        None => texts.navigation.new_messages.fill(count, [&number]),
    }
}

#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skel" aria-hidden="true">
            <div><i class="a"></i><span><i class="w2"></i><i class="w8"></i><i class="w4"></i></span></div>
            <div><i class="a"></i><span><i class="w2"></i><i class="w6"></i></span></div>
            <div><i class="a"></i><span><i class="w2"></i><i class="w8"></i></span></div>
        </div>
    }
}
