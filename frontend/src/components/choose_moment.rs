//! Choosing a moment that is to come: when a message is sent, when one is reminded.

use super::desk::{Choosing, use_desk};
use super::dialog::Dialog;
use super::form::{DialogForm, Sending};
use super::icon::{Icon, IconName};
use crate::clock::{date_of, server_time};
use crate::erased::{effect, redrawn};
use crate::locales::{Locale, use_locale};
use crate::parts;
use crate::text;
use js_sys::Date;
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use shared::error::ErrorCode;
use shared::time::Timestamp;
use wasm_bindgen::JsValue;

const EVENING: i32 = 18;
const MORNING: i32 = 9;
const HOUR_MILLIS: i64 = 3_600_000;

/// Open while the desk wants a moment.
#[component]
pub fn ChooseMoment() -> impl IntoView {
    let desk = use_desk();
    let locale = use_locale();
    let open = RwSignal::new(false);
    effect(move || open.set(desk.moment.with(Option::is_some)));
    effect(move || {
        if !open.get() && desk.moment.with_untracked(Option::is_some) {
            desk.moment.set(None);
        }
    });
    let title = move || desk.moment.get().map_or("", |choosing| (choosing.title)(locale.texts()));
    view! {
        <Dialog open id="choose-moment" class="narrow" title>
            {redrawn(move || {
                desk.moment.get().map(|choosing| view! { <parts::Moment choosing open/> })
            })}
        </Dialog>
    }
}

/// Moments that are chosen by one press, and the fields for any other.
#[component]
pub fn MomentForm(choosing: Choosing, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let sending = Sending::new();
    let chosen = StoredValue::new(choosing.chosen);
    let take = move |at: Timestamp| {
        open.set(false);
        chosen.get_value()(at);
    };
    let (day, time) = fields_of(ahead(1, MORNING));
    let (day, time) = (RwSignal::new(day), RwSignal::new(time));
    let submit = Callback::new(move |()| match read(locale, day, time) {
        Ok(at) => take(at),
        Err(why) => sending.ended(Some(why)),
    });
    let usual = usual(locale).into_iter().enumerate().map(move |(place, (words, at))| {
        view! {
            <button
                type="button"
                class="item"
                data-first-focus=(place == 0).then_some("")
                on:click=move |_| take(at)
            >
                <Icon name=IconName::Clock/>
                <span>{words}</span>
                <small class="muted">{locale.soon(at)}</small>
            </button>
        }
    });
    view! {
        <DialogForm
            open
            sending
            on_submit=submit
            label=text!(locale, poll.choose)
            busy_label=text!(locale, poll.choose)
        >
            <div class="menu moments" role="group" aria-label=text!(locale, poll.usual_moments)>
                {usual.collect_view()}
            </div>
            <MomentFields day time legend=text!(locale, poll.another_moment)/>
        </DialogForm>
    }
}

/// A day and a time of day.
#[component]
pub fn MomentFields(
    day: RwSignal<String>,
    time: RwSignal<String>,
    #[prop(into)] legend: TextProp,
) -> impl IntoView {
    let locale = use_locale();
    let (today, _) = fields_of(server_time());
    view! {
        <fieldset class="field moment">
            <legend>{redrawn(move || legend.get())}</legend>
            <input
                class="input"
                type="date"
                required
                min=today
                aria-label=text!(locale, poll.day)
                prop:value=day
                on:input:target=move |event| day.set(event.target().value())
            />
            <input
                class="input"
                type="time"
                required
                aria-label=text!(locale, poll.time)
                prop:value=time
                on:input:target=move |event| time.set(event.target().value())
            />
        </fieldset>
    }
}

/// What the fields say, if that is still to come; else why not.
pub fn read(
    locale: Locale,
    day: RwSignal<String>,
    time: RwSignal<String>,
) -> Result<Timestamp, String> {
    let texts = locale.texts();
    let at = day.with_untracked(|day| time.with_untracked(|time| moment_of(day, time)));
    match at {
        Some(at) if at > server_time() => Ok(at),
        Some(_) => Err(texts.refusal(&ErrorCode::TimeInvalid)),
        None => Err(texts.poll().missing_moment.to_owned()),
    }
}

/// What people mean most often, as far as it is still to come.
fn usual(locale: Locale) -> Vec<(&'static str, Timestamp)> {
    let texts = locale.texts().poll();
    let now = date_of(server_time());
    let mut moments = vec![(texts.in_an_hour, server_time().plus_millis(HOUR_MILLIS))];
    let evening = ahead(0, EVENING);
    if evening > server_time().plus_millis(HOUR_MILLIS) {
        moments.push((texts.this_evening, evening));
    }
    moments.push((texts.tomorrow_morning, ahead(1, MORNING)));
    // Sunday's tomorrow is Monday already.
    let until_monday = match now.get_day() {
        0 => None,
        day => i32::try_from(8 - day).ok(),
    };
    if let Some(days) = until_monday.filter(|days| *days > 1) {
        moments.push((texts.monday_morning, ahead(days, MORNING)));
    }
    moments
}

/// So many days from today at that hour, where the viewer is.
fn ahead(days: i32, hour: i32) -> Timestamp {
    let now = date_of(server_time());
    let month = i32::try_from(now.get_month()).unwrap_or(0);
    let date = i32::try_from(now.get_date()).unwrap_or(1) + days;
    at(&Date::new_with_year_month_day_hr(now.get_full_year(), month, date, hour))
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds until the year 287396 fit")]
fn at(date: &Date) -> Timestamp {
    Timestamp(date.get_time() as i64)
}

/// As the fields write it, where the viewer is.
pub fn fields_of(at: Timestamp) -> (String, String) {
    let date = date_of(at);
    let day =
        format!("{:04}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date());
    (day, format!("{:02}:{:02}", date.get_hours(), date.get_minutes()))
}

/// What the fields say; nothing, while one of them is empty. Without a zone the browser takes it for
/// a moment where the viewer is.
fn moment_of(day: &str, time: &str) -> Option<Timestamp> {
    let date = Date::new(&JsValue::from_str(&format!("{day}T{time}")));
    date.get_time().is_finite().then(|| at(&date))
}
