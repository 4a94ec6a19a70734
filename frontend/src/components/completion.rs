//! The list above the box: what may be meant by what is being typed.

use super::find::{self, learn_readings};
use super::icon::{Icon, IconName};
use super::mentions::{Completing, Kind, LIST, LIST_ID, Query};
use super::options::Chooser;
use crate::emoji::{self, Emoji, Table, Tone};
use crate::erased::{Show, effect};
use crate::locales::{Locale, slashes, use_locale};
use crate::order::sorted_by;
use crate::state::{RoomEntry, State, use_state};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::markup::{self, Everybody};
use shared::slash::Slash;
use shared::user::{Language, User};
use std::rc::Rc;
use std::sync::Arc;

/// Further letters narrow it down.
const SHOWN: usize = 8;

/// What may be meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant {
    Person(Arc<User>),
    Emoji {
        emoji: String,
        code: String,
        name: String,
    },
    /// Everybody in the room, or everybody who is here.
    Everybody(Everybody),
    Room {
        key: String,
        name: String,
    },
    Slash(Slash),
}

impl Meant {
    /// What takes the place of what was typed.
    pub fn words(&self) -> String {
        match self {
            Self::Person(user) => format!("@{}", user.nick),
            Self::Emoji { emoji, .. } => emoji.clone(),
            Self::Everybody(Everybody::Room) => "@room".to_owned(),
            Self::Everybody(Everybody::Here) => "@here".to_owned(),
            Self::Room { key, .. } => format!("#{key}"),
            Self::Slash(slash) => format!("/{}", slash.word()),
        }
    }
}

/// Best first. Emoji are found once their table is there.
pub fn find(state: State, locale: Locale, query: &Query, table: Option<&Table>) -> Vec<Meant> {
    match query.of {
        // Complete as it is; no name is to take its place.
        Kind::Person if markup::everybody(&query.text).is_some_and(|(_, rest)| rest.is_empty()) => {
            Vec::new()
        }
        Kind::Person => {
            let people = people(state, locale, &query.text).into_iter().map(Meant::Person);
            people.chain(everybody(locale, &query.text)).take(SHOWN).collect()
        }
        Kind::Room => rooms(state, locale, &query.text),
        Kind::Slash => slashes(locale, &query.text),
        Kind::Emoji => table.map_or_else(Vec::new, |table| {
            let found = table.search(&query.text, SHOWN);
            let tone = state.me_untracked().map(emoji::tone).unwrap_or_default();
            found.into_iter().map(|emoji| meant(emoji, tone, locale)).collect()
        }),
    }
}

fn meant(emoji: &Emoji, tone: Tone, locale: Locale) -> Meant {
    let name = match locale.language() {
        Language::English => emoji.english(),
        Language::SimplifiedChinese => emoji.chinese(),
    };
    Meant::Emoji {
        emoji: emoji.toned(tone),
        code: format!(":{}:", emoji.code()),
        name: name.to_owned(),
    }
}

/// Those who are called by a word that begins as what is typed.
fn everybody(locale: Locale, query: &str) -> Vec<Meant> {
    let texts = &locale.texts().conversation;
    let query = query.to_lowercase();
    let begins = |word: &str, name: &str| {
        !query.is_empty() && word != query && (word.starts_with(&query) || name.starts_with(&query))
    };
    let all = [
        ("room", texts.everybody, Everybody::Room),
        ("here", texts.everybody_here, Everybody::Here),
    ];
    let found = all.into_iter().filter(|(word, name, _)| begins(word, name));
    found.map(|(.., everybody)| Meant::Everybody(everybody)).collect()
}

fn rooms(state: State, locale: Locale, query: &str) -> Vec<Meant> {
    let found: Vec<(u32, String)> = state.rooms.with(|rooms| {
        let named = |entry: &RoomEntry| {
            let name = entry.view.with_untracked(|view| view.room.name.clone());
            let points = find::points(state, query, &name).filter(|_| !name.is_empty())?;
            (markup::room_key(&name) != query.to_lowercase()).then_some((points, name))
        };
        rooms.values().filter_map(named).collect()
    });
    let best = sorted_by(found, |a, b| a.0.cmp(&b.0).then_with(|| locale.compare(&a.1, &b.1)));
    let named =
        best.into_iter().map(|(_, name)| Meant::Room { key: markup::room_key(&name), name });
    named.take(SHOWN).collect()
}

fn slashes(locale: Locale, query: &str) -> Vec<Meant> {
    let query = query.to_lowercase();
    let begins = |slash: &Slash| {
        let (_, does) = hint(locale, *slash);
        slash.word().starts_with(&query)
            || slash.chinese().starts_with(&query)
            || does.starts_with(&query)
    };
    if Slash::ALL.iter().any(|slash| slash.word() == query || slash.chinese() == query) {
        return Vec::new();
    }
    Slash::ALL.into_iter().filter(begins).map(Meant::Slash).collect()
}

/// How a command goes on, and what it does.
pub fn hint(locale: Locale, slash: Slash) -> (&'static str, &'static str) {
    match locale.language() {
        Language::English => slashes::english(slash),
        Language::SimplifiedChinese => slashes::chinese(slash),
    }
}

/// Nobody when what is typed is somebody's nick already.
fn people(state: State, locale: Locale, query: &str) -> Vec<Arc<User>> {
    let found = find::people(state, locale, query);
    if found.iter().any(|(_, user)| user.nick.to_lowercase() == query.to_lowercase()) {
        return Vec::new();
    }
    found.into_iter().map(|(_, user)| user).take(SHOWN).collect()
}

/// The focus stays in the box, which names the chosen one as its active descendant.
#[component]
pub fn Completion(completing: Completing) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let Completing { asked, offered, at, accepted, on_complete } = completing;
    let table = RwSignal::new_local(None::<Rc<Table>>);
    effect(move || match asked.with(|query| query.as_ref().map(|query| query.of)) {
        Some(Kind::Person | Kind::Room) => untrack(|| learn_readings(state)),
        Some(Kind::Emoji) if table.with_untracked(Option::is_none) => {
            spawn_local(async move {
                // Without it nothing is offered: the name stays as it was typed.
                let found = emoji::table().await;
                table.try_set(found);
            });
        }
        Some(Kind::Emoji | Kind::Slash) | None => {}
    });
    let found = Memo::new(move |_| {
        let query = asked.get();
        let found =
            query.map(|query| table.with(|table| find(state, locale, &query, table.as_deref())));
        found.unwrap_or_default()
    });
    effect(move || offered.set(found.with(Vec::len)));
    on_cleanup(move || {
        offered.try_set(0);
    });
    let choose = move |place: usize| {
        let meant = found.with_untracked(|found| found.get(place).cloned());
        let Some(meant) = meant else { return };
        if let (Meant::Emoji { emoji, .. }, Some(me)) = (&meant, state.me_untracked()) {
            emoji::used(me, emoji);
        }
        on_complete.run(meant.words());
    };
    Effect::new(move |before: Option<u32>| {
        let now = accepted.get();
        if before.is_some_and(|before| before != now) {
            choose(at.get_untracked());
        }
        now
    });
    let chooser = Chooser { at, on_choose: Callback::new(choose) };
    view! {
        <Show when=move || found.with(|found| !found.is_empty())>
            <Offers found chooser/>
        </Show>
    }
}

#[component]
fn Offers(found: Memo<Vec<Meant>>, chooser: Chooser) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let options = move || {
        let option = |(place, meant): (usize, Meant)| match meant.clone() {
            Meant::Person(user) => chooser.person(LIST, place, state, &user),
            Meant::Emoji { emoji, code, name } => {
                let face = view! { <span class="emoji" aria-hidden="true">{emoji}</span> };
                chooser.option(LIST, place, face.into_any(), name, code)
            }
            Meant::Everybody(everybody) => {
                let texts = &locale.texts().conversation;
                let name = match everybody {
                    Everybody::Room => texts.everybody,
                    Everybody::Here => texts.everybody_here,
                };
                let face = view! { <Icon name=IconName::Users/> }.into_any();
                chooser.option(LIST, place, face, name.to_owned(), meant.words())
            }
            Meant::Room { ref name, .. } => {
                let face = view! { <Icon name=IconName::Talk/> }.into_any();
                chooser.option(LIST, place, face, name.clone(), meant.words())
            }
            Meant::Slash(slash) => {
                let (goes_on, does) = hint(locale, slash);
                let face = view! { <Icon name=IconName::Bolt/> }.into_any();
                let typed = format!("{} {goes_on}", meant.words());
                chooser.option(LIST, place, face, does.to_owned(), typed)
            }
        };
        found.get().into_iter().enumerate().map(option).collect_view()
    };
    view! {
        <div
            class="pop opts complete"
            id=LIST_ID
            role="listbox"
            aria-label=move || {
                let texts = &locale.texts().conversation;
                found.with(|found| match found.first() {
                    Some(Meant::Person(_) | Meant::Everybody(_)) | None => texts.mention_people,
                    Some(Meant::Emoji { .. }) => texts.emoji,
                    Some(Meant::Room { .. }) => locale.texts().navigation.rooms,
                    Some(Meant::Slash(_)) => texts.commands,
                })
            }
        >
            {options}
        </div>
    }
}
