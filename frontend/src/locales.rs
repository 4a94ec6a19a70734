//! Every text the page shows, in every language it speaks.
//!
//! A language is a [`Catalogue`]: one constant whose fields are all the texts, by area, each area in
//! a file of its own with its languages side by side. A text that one language lacks does not
//! compile. Texts with names or numbers in them are [`Phrase`]s and [`Plural`]s, never glued together.
//!
//! ```ignore
//! let locale = use_locale();
//! view! { <button>{text!(locale, account.sign_in)}</button> }
//! ```

pub mod account;
pub mod admin;
pub mod catch_up;
pub mod chats;
pub mod common;
pub mod conversation;
pub mod error;
mod format;
pub mod navigation;
pub mod poll;
mod phrase;
pub mod search;
pub mod settings;
pub mod slashes;

pub use format::{Day, time_zone};
pub use phrase::{Phrase, Piece, Plural};
pub use poll::PollTexts;

use crate::erased::effect;
use leptos::prelude::*;
use leptos::reactive::graph::Observer;
use shared::time::Timestamp;
use shared::user::Language;

/// The texts of one language. What only parts on demand say ([`crate::parts`]) is a method: what a
/// field holds, everybody loads first.
#[derive(Debug)]
pub struct Catalogue {
    language: Language,
    pub common: common::Common,
    pub navigation: navigation::Navigation,
    pub conversation: conversation::Conversation,
    pub error: error::Errors,
}

/// The areas that come on demand.
macro_rules! on_demand {
    ($($area:ident: $texts:ty),* $(,)?) => {
        impl Catalogue {
            $(
                pub const fn $area(&self) -> &'static $texts {
                    match self.language {
                        Language::English => &$area::ENGLISH,
                        Language::SimplifiedChinese => &$area::CHINESE,
                    }
                }
            )*
        }
    };
}

on_demand! {
    account: account::Account,
    catch_up: catch_up::CatchUp,
    chats: chats::Chats,
    search: search::Search,
    poll: PollTexts,
    settings: settings::SettingsTexts,
    admin: admin::Admin,
}

pub static ENGLISH: Catalogue = Catalogue {
    language: Language::English,
    common: common::ENGLISH,
    navigation: navigation::ENGLISH,
    conversation: conversation::ENGLISH,
    error: error::ENGLISH,
};

pub static CHINESE: Catalogue = Catalogue {
    language: Language::SimplifiedChinese,
    common: common::CHINESE,
    navigation: navigation::CHINESE,
    conversation: conversation::CHINESE,
    error: error::CHINESE,
};

pub const fn catalogue(language: Language) -> &'static Catalogue {
    match language {
        Language::English => &ENGLISH,
        Language::SimplifiedChinese => &CHINESE,
    }
}

/// The BCP 47 tag for `lang` attributes and `Intl`.
pub const fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::SimplifiedChinese => "zh-Hans",
    }
}

/// What a language calls itself.
pub const fn own_name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::SimplifiedChinese => "简体中文",
    }
}

pub const LANGUAGES: [Language; 2] = [Language::English, Language::SimplifiedChinese];

/// The first language among `wanted` (BCP 47 tags, best first) that the page speaks; else English.
pub fn choose<'a>(wanted: impl IntoIterator<Item = &'a str>) -> Language {
    wanted
        .into_iter()
        .find_map(|tag| match tag.split(['-', '_']).next() {
            Some("en" | "EN") => Some(Language::English),
            Some("zh" | "ZH") => Some(Language::SimplifiedChinese),
            Some(_) | None => None,
        })
        .unwrap_or(Language::English)
}

/// A text of the current language as a closure for a view: `text!(locale, account.sign_in)`.
#[macro_export]
macro_rules! text {
    ($locale:expr, account.$field:ident) => {
        $locale.text(|texts| texts.account().$field)
    };
    ($locale:expr, catch_up.$field:ident) => {
        $locale.text(|texts| texts.catch_up().$field)
    };
    ($locale:expr, chats.$field:ident) => {
        $locale.text(|texts| texts.chats().$field)
    };
    ($locale:expr, search.$field:ident) => {
        $locale.text(|texts| texts.search().$field)
    };
    ($locale:expr, settings.$field:ident) => {
        $locale.text(|texts| texts.settings().$field)
    };
    ($locale:expr, poll.$field:ident) => {
        $locale.text(|texts| texts.poll().$field)
    };
    ($locale:expr, admin.$field:ident) => {
        $locale.text(|texts| texts.admin().$field)
    };
    ($locale:expr, $($field:ident).+) => {
        $locale.text(|texts| texts.$($field).+)
    };
}

/// The language in use, and everything that is written differently in another one. Reading it
/// inside a view redraws that view when the language changes.
#[derive(Clone, Copy, Debug)]
pub struct Locale {
    language: RwSignal<Language>,
}

/// The locale that [`provide_locale`] put above this component.
///
/// # Panics
/// When there is none: the app provides it before anything is drawn.
pub fn use_locale() -> Locale {
    expect_context()
}

/// Chooses the language (as remembered here, else as the browser prefers), marks the document with
/// it and provides the [`Locale`] to everything below.
pub fn provide_locale() -> Locale {
    let locale = Locale { language: RwSignal::new(format::initial_language()) };
    provide_context(locale);
    effect(move || format::mark_document(locale.language.get()));
    locale
}

impl Locale {
    /// Tracked where something can be redrawn; in an answer to a press there is nothing to.
    pub fn language(self) -> Language {
        if Observer::get().is_some() { self.language.get() } else { self.language.get_untracked() }
    }

    /// Changes the language and remembers it in this browser. `None` goes back to the browser's.
    pub fn set(self, language: Option<Language>) {
        format::remember_language(language);
        let language = language.unwrap_or_else(format::initial_language);
        if self.language.get_untracked() != language {
            self.language.set(language);
        }
    }

    pub fn texts(self) -> &'static Catalogue {
        catalogue(self.language())
    }

    /// What [`text!`] makes. All of them are one type: what draws a text is compiled once, not once
    /// for each text.
    pub fn text(
        self,
        pick: fn(&'static Catalogue) -> &'static str,
    ) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        move || pick(self.texts())
    }

    /// `1,284`.
    pub fn number(self, number: u64) -> String {
        format::number(self.language(), number)
    }

    /// `Adaeze, Wen, and Sol`.
    pub fn list(self, items: &[String]) -> String {
        format::list(self.language(), items)
    }

    /// The time of day: `09:12`.
    pub fn time(self, at: Timestamp) -> String {
        format::time(self.language(), at)
    }

    /// `Today`, `Yesterday`, else the date with its weekday, and with its year when not this one's.
    pub fn day(self, at: Timestamp) -> String {
        let language = self.language();
        let (day, today) = (Day::of(at), Day::today());
        match today.days_since(day) {
            0 => catalogue(language).common.today.to_owned(),
            1 => catalogue(language).common.yesterday.to_owned(),
            _ => format::date(language, at, day.year() == today.year()),
        }
    }

    /// The shortest that still says when: the time today, the weekday within a week, else the date.
    pub fn brief(self, at: Timestamp) -> String {
        let language = self.language();
        match Day::today().days_since(Day::of(at)) {
            0 => format::time(language, at),
            1 => catalogue(language).common.yesterday.to_owned(),
            2..=6 => format::weekday(language, at),
            _ => format::short_date(language, at),
        }
    }

    /// Day and time within a week, then the date, with its year when not this one's.
    pub fn when(self, at: Timestamp) -> String {
        let (day, today) = (Day::of(at), Day::today());
        match today.days_since(day) {
            0 | 1 => format!("{} {}", self.day(at), self.time(at)),
            2..=6 => format!("{} {}", self.brief(at), self.time(at)),
            _ if day.year() == today.year() => self.brief(at),
            _ => self.day(at),
        }
    }

    /// A moment that is near: the time today, the weekday and the time within a week, else in full.
    pub fn soon(self, at: Timestamp) -> String {
        match Day::of(at).days_since(Day::today()) {
            0 => self.time(at),
            1..=7 => format!("{} {}", format::weekday(self.language(), at), self.time(at)),
            _ => self.moment(at),
        }
    }

    /// Day and time in full: `12 May 2026 at 09:12`.
    pub fn moment(self, at: Timestamp) -> String {
        format::moment(self.language(), at)
    }

    /// What people call a time zone that is given by its name in the IANA's database.
    pub fn zone_name(self, zone: &str) -> String {
        format::zone_name(self.language(), zone)
    }

    /// The order in which people look names up: by pinyin in Chinese.
    pub fn compare(self, a: &str, b: &str) -> core::cmp::Ordering {
        format::compare(self.language(), a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_spoken_language_among_the_preferred_is_chosen() {
        assert_eq!(choose(["fr-CA", "zh-TW", "en"]), Language::SimplifiedChinese);
        assert_eq!(choose(["en-GB", "zh"]), Language::English);
        assert_eq!(choose(["pt-BR"]), Language::English);
        assert_eq!(choose([]), Language::English);
    }

    #[test]
    fn the_names_that_programs_drive_the_page_by_are_exact() {
        let texts = catalogue(Language::English);
        assert_eq!(texts.account().nick, "Nick");
        assert_eq!(texts.account().your_name, "Your name");
        assert_eq!(texts.account().password, "Password");
        assert_eq!(texts.account().place_name, "Name of this place");
        assert_eq!(texts.account().create_account, "Create account");
        assert_eq!(texts.account().sign_in, "Sign in");
        assert_eq!(texts.navigation.rooms_and_people, "Rooms and people");
        assert_eq!(texts.navigation.jump_or_search, "Jump or search");
        assert_eq!(texts.conversation.messages_in.fill(["Launch week"]), "Messages in Launch week");
        assert_eq!(texts.conversation.message_to.fill(["Launch week"]), "Message Launch week");
        assert_eq!(texts.conversation.send_message, "Send message");
        assert_eq!(texts.conversation.connection, "Connection");
    }

    #[test]
    fn chinese_has_its_own_punctuation_and_no_typed_spaces_beside_latin() {
        let later = (CHINESE.account(), CHINESE.settings(), CHINESE.admin());
        let all: Vec<char> = format!("{CHINESE:?}{later:?}").chars().collect();
        let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for pair in all.windows(2) {
            assert!(
                !(han(pair[0]) && [',', ';', '?', '!', ':', '.', '('].contains(&pair[1])),
                "{pair:?}"
            );
        }
        for three in all.windows(3) {
            let [a, space, b] = three else { continue };
            let latin = |c: char| c.is_ascii_alphanumeric();
            let typed = *space == ' ' && ((han(*a) && latin(*b)) || (latin(*a) && han(*b)));
            assert!(!typed, "a typed space: {three:?}");
        }
    }
}
