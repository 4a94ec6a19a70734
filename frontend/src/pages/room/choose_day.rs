//! Going to a day in a room's history: what its dialog asks.

use crate::api;
use crate::components::desk::Talk;
use crate::components::toast::use_toasts;
use crate::erased::live;
use crate::locales::use_locale;
use crate::state::RoomEntry;
use crate::text;
use js_sys::Date;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{FindMoment, MomentQuery, Nothing};
use shared::id::Seq;

#[component]
pub fn ChooseDay(entry: RoomEntry, talk: Talk) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let open = talk.choose_day;
    let entry = StoredValue::new(entry);
    let room = entry.with_value(|entry| entry.id);
    let input = NodeRef::<leptos::html::Input>::new();
    let go = move |at: i64| {
        open.set(false);
        spawn_local(async move {
            let answer = api::call::<FindMoment>(&(room,), &MomentQuery { at }, &Nothing {}).await;
            match answer {
                Ok(found) => {
                    let head = entry
                        .try_with_value(|entry| entry.view.with_untracked(|view| view.head))
                        .unwrap_or(Seq::ZERO);
                    if found.seq > head {
                        toasts.say(locale.texts().catch_up().nothing_since);
                    }
                    talk.jump.try_set(Some(found.seq));
                }
                Err(failure) => toasts.say(failure.sentence(locale.texts())),
            }
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let value = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        if let Some(at) = midnight(&value) {
            go(at);
        }
    };
    view! {
            <form on:submit=submit>
                <div class="dialog__body">
                    <div class="field">
                        <label for="day">{text!(locale, catch_up.day)}</label>
                        <input
                            node_ref=input
                            class="input"
                            id="day"
                            type="date"
                            required
                            data-first-focus=""
                            max=live(today)
                        />
                    </div>
                </div>
                <footer>
                    <button type="button" class="btn quiet" on:click=move |_| go(0)>
                        {text!(locale, catch_up.beginning)}
                    </button>
                    <button type="submit" class="btn primary">{text!(locale, catch_up.go)}</button>
                </footer>
            </form>
    }
}

/// When the day begins where the viewer is.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds until the year 287396 fit")]
fn midnight(day: &str) -> Option<i64> {
    let mut parts = day.splitn(3, '-').map(str::parse::<i32>);
    let (year, month, date) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let year = u32::try_from(year).ok()?;
    let at = Date::new_with_year_month_day(year, month - 1, date).get_time();
    at.is_finite().then_some(at as i64)
}

/// As the field writes it.
fn today() -> String {
    let now = Date::new_0();
    format!("{:04}-{:02}-{:02}", now.get_full_year(), now.get_month() + 1, now.get_date())
}
