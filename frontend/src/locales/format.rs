//! Numbers, dates, lists and order by the browser's `Intl`, and where the chosen language is kept.

use core::cell::RefCell;
use core::cmp::Ordering;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use shared::time::Timestamp;
use shared::user::Language;
use wasm_bindgen::{JsCast as _, JsValue};

/// The key under which this browser remembers the language. `shell/boot.js` reads it as well, to
/// mark the document before the program has arrived.
const LANGUAGE_KEY: &str = "hubbub.language";

/// A calendar day where the viewer is. Days are one apart whatever the clocks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: i32,
    /// Days since 1970-01-01.
    number: i64,
}

impl Day {
    pub fn of(at: Timestamp) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds until the year 287396 fit")]
        Self::of_date(&Date::new(&JsValue::from_f64(at.0 as f64)))
    }

    pub fn today() -> Self {
        Self::of_date(&Date::new_0())
    }

    fn of_date(date: &Date) -> Self {
        #[expect(clippy::cast_possible_wrap, reason = "the calendar ends before the year 300000")]
        Self::from_calendar(date.get_full_year() as i32, date.get_month() + 1, date.get_date())
    }

    /// `month` from 1, `day` from 1, in the Gregorian calendar.
    pub fn from_calendar(year: i32, month: u32, day: u32) -> Self {
        // Years that begin in March put the leap day last, which makes months plain arithmetic.
        let shifted = i64::from(year) - i64::from(month <= 2);
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = (i64::from(month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self { year, number: era * 146_097 + day_of_era - 719_468 }
    }

    pub const fn year(self) -> i32 {
        self.year
    }

    /// How many days `earlier` lies back; negative when it is to come.
    pub const fn days_since(self, earlier: Self) -> i64 {
        self.number - earlier.number
    }
}

/// Making a formatter costs more than using it a hundred times, so each is made once a language.
struct Formatters {
    language: Language,
    number: Function,
    time: Function,
    date: Function,
    date_and_year: Function,
    short_date: Function,
    weekday: Function,
    moment: Function,
    compare: Function,
    list: Intl::ListFormat,
}

/// The page's English says nothing of how dates are written: that is as in the viewer's own
/// variety of it.
fn regional_tag(language: Language) -> String {
    let preferred = web_sys::window().map(|window| window.navigator().languages());
    let regional = |tag: String| tag.starts_with("en-").then_some(tag);
    match language {
        Language::English => preferred
            .and_then(|tags| tags.iter().filter_map(|tag| tag.as_string()).find_map(regional))
            .unwrap_or_else(|| "en-GB".to_owned()),
        Language::SimplifiedChinese => super::tag(language).to_owned(),
    }
}

impl Formatters {
    fn new(language: Language) -> Self {
        let tags = Array::of1(&JsValue::from_str(&regional_tag(language)));
        let date =
            |options: &[(&str, &str)]| Intl::DateTimeFormat::new(&tags, &object(options)).format();
        Self {
            language,
            number: Intl::NumberFormat::new(&tags, &Object::new()).format(),
            time: date(&[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]),
            date: date(&[("weekday", "long"), ("day", "numeric"), ("month", "long")]),
            date_and_year: date(&[
                ("weekday", "long"),
                ("day", "numeric"),
                ("month", "long"),
                ("year", "numeric"),
            ]),
            short_date: date(&[("day", "numeric"), ("month", "short")]),
            weekday: date(&[("weekday", "short")]),
            moment: date(&[
                ("day", "numeric"),
                ("month", "long"),
                ("year", "numeric"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("hourCycle", "h23"),
            ]),
            compare: Intl::Collator::new(
                &Array::of1(&JsValue::from_str(match language {
                    Language::English => "en",
                    Language::SimplifiedChinese => "zh-Hans-u-co-pinyin",
                })),
                &object(&[("sensitivity", "base"), ("numeric", "true")]),
            )
            .compare(),
            list: Intl::ListFormat::new(&tags, &Object::new()),
        }
    }
}

thread_local! {
    static FORMATTERS: RefCell<Option<Formatters>> = const { RefCell::new(None) };
}

fn with<T>(language: Language, use_them: impl FnOnce(&Formatters) -> T) -> T {
    FORMATTERS.with_borrow_mut(|formatters| {
        let current = formatters.take().filter(|known| known.language == language);
        use_them(formatters.insert(current.unwrap_or_else(|| Formatters::new(language))))
    })
}

fn object(options: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in options {
        let value = if *value == "true" { JsValue::TRUE } else { JsValue::from_str(value) };
        // Setting a property of a fresh object cannot be refused.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &value);
    }
    object
}

fn call(format: &Function, value: f64) -> String {
    format
        .call1(&JsValue::UNDEFINED, &JsValue::from_f64(value))
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds until the year 287396 fit")]
fn call_at(format: &Function, at: Timestamp) -> String {
    call(format, at.0 as f64)
}

#[expect(clippy::cast_precision_loss, reason = "nothing shown counts beyond 2^53")]
pub(super) fn number(language: Language, number: u64) -> String {
    with(language, |formatters| call(&formatters.number, number as f64))
}

pub(super) fn list(language: Language, items: &[String]) -> String {
    let array: Array = items.iter().map(|item| JsValue::from_str(item)).collect();
    with(language, |formatters| formatters.list.format(&array).into())
}

pub(super) fn time(language: Language, at: Timestamp) -> String {
    with(language, |formatters| call_at(&formatters.time, at))
}

pub(super) fn date(language: Language, at: Timestamp, this_year: bool) -> String {
    with(language, |formatters| {
        call_at(if this_year { &formatters.date } else { &formatters.date_and_year }, at)
    })
}

pub(super) fn short_date(language: Language, at: Timestamp) -> String {
    with(language, |formatters| call_at(&formatters.short_date, at))
}

pub(super) fn weekday(language: Language, at: Timestamp) -> String {
    with(language, |formatters| call_at(&formatters.weekday, at))
}

pub(super) fn moment(language: Language, at: Timestamp) -> String {
    with(language, |formatters| call_at(&formatters.moment, at))
}

pub(super) fn compare(language: Language, a: &str, b: &str) -> Ordering {
    let order = with(language, |formatters| {
        formatters
            .compare
            .call2(&JsValue::UNDEFINED, &JsValue::from_str(a), &JsValue::from_str(b))
            .ok()
            .and_then(|order| order.as_f64())
    });
    order.and_then(|order| order.partial_cmp(&0.0)).unwrap_or_else(|| a.cmp(b))
}

/// As remembered in this browser, else as the browser prefers.
pub(super) fn initial_language() -> Language {
    let Some(window) = web_sys::window() else { return Language::English };
    let remembered = storage().and_then(|storage| storage.get_item(LANGUAGE_KEY).ok().flatten());
    let preferred: Vec<String> =
        window.navigator().languages().iter().filter_map(|tag| tag.as_string()).collect();
    super::choose(remembered.iter().chain(&preferred).map(String::as_str))
}

pub(super) fn remember_language(language: Option<Language>) {
    let Some(storage) = storage() else { return };
    // A browser that refuses to remember still shows the language until it is closed.
    let _ = match language {
        Some(language) => storage.set_item(LANGUAGE_KEY, super::tag(language)),
        None => storage.remove_item(LANGUAGE_KEY),
    };
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

pub(super) fn mark_document(language: Language) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        // `lang` is an attribute every element takes.
        let _ = root.set_attribute("lang", super::tag(language));
    }
}

/// The browser's time zone by its name in the IANA's database.
pub fn time_zone() -> String {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &"timeZone".into())
        .ok()
        .and_then(|zone| zone.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}

/// What the language calls a time zone of the IANA's database; its name there, if the browser does
/// not know it.
pub(super) fn zone_name(language: Language, zone: &str) -> String {
    long_zone_name(language, zone).unwrap_or_else(|| zone.to_owned())
}

fn long_zone_name(language: Language, zone: &str) -> Option<String> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: Function =
        Reflect::get(&intl, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let tags = Array::of1(&JsValue::from_str(super::tag(language)));
    let options = object(&[("timeZone", zone), ("timeZoneName", "long")]);
    // Not by its own constructor here, which throws at a zone that it does not know.
    let format = Reflect::construct(&constructor, &Array::of2(&tags, &options)).ok()?;
    let format: Intl::DateTimeFormat = format.unchecked_into();
    format.format_to_parts(&Date::new_0()).iter().find_map(|part| {
        let text = |name: &str| Reflect::get(&part, &name.into()).ok()?.as_string();
        (text("type")? == "timeZoneName").then(|| text("value")).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_across_months_years_and_leap_days() {
        assert_eq!(Day::from_calendar(1970, 1, 1).number, 0);
        let day = Day::from_calendar;
        assert_eq!(day(2024, 3, 1).days_since(day(2024, 2, 28)), 2);
        assert_eq!(day(2023, 3, 1).days_since(day(2023, 2, 28)), 1);
        assert_eq!(day(2026, 1, 1).days_since(day(2025, 12, 31)), 1);
        assert_eq!(day(2100, 3, 1).days_since(day(2100, 2, 28)), 1);
        assert_eq!(day(2025, 12, 31).days_since(day(2026, 1, 1)), -1);
        assert_eq!(day(2000, 1, 1).days_since(day(1970, 1, 1)), 10_957);
    }
}
