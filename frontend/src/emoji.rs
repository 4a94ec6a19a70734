//! Emoji: what there are, found by words in English, 中文 and pinyin; those used last, and the
//! skin tone one likes. The table is fetched when it is first wanted: it is no part of the page.

use crate::order::sorted_by;
use gloo_net::http::Request;
use leptos::prelude::window;
use serde::Deserialize;
use shared::id::UserId;
use std::cell::OnceCell;
use std::rc::Rc;
use web_sys::Storage;

const TABLE: &str = "/emoji.json";
/// As many as the picker shows in two rows.
const RECENT: usize = 18;
/// The skin in the table's light variants; other tones take its place.
const LIGHT: char = '\u{1f3fb}';

/// A row of the table; `emoji/build.mjs` says what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Row(String, u8, String, String, String, String, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji(Row);

impl Emoji {
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    pub fn group(&self) -> Option<Group> {
        GROUPS.into_iter().find(|group| group.number() == self.0.1)
    }

    pub fn english(&self) -> &str {
        &self.0.2
    }

    pub fn chinese(&self) -> &str {
        &self.0.3
    }

    /// What it is called between colons.
    pub fn code(&self) -> &str {
        self.0.4.split(' ').next().unwrap_or_default()
    }

    /// With the skin that one likes, where it has any.
    pub fn toned(&self, tone: Tone) -> String {
        match tone.modifier() {
            Some(modifier) if !self.0.6.is_empty() => {
                self.0.6.replace(LIGHT, modifier.encode_utf8(&mut [0; 4]))
            }
            _ => self.0.0.clone(),
        }
    }

    /// How well it answers to a word in lower case: the lower, the better.
    fn answers(&self, word: &str) -> Option<u8> {
        let Row(_, _, english, chinese, codes, words, _) = &self.0;
        let begins = |text: &str| text.split([' ', '_']).any(|part| part.starts_with(word));
        if codes.split(' ').any(|code| code == word) {
            Some(0)
        } else if codes.split(' ').any(|code| code.starts_with(word)) || chinese.starts_with(word) {
            Some(1)
        } else if words.split(' ').any(|known| known == word) {
            Some(2)
        } else if begins(&english.to_lowercase()) || begins(codes) || chinese.contains(word) {
            Some(3)
        } else if begins(words) {
            Some(4)
        } else {
            None
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    Faces,
    People,
    Nature,
    Food,
    Travel,
    Activity,
    Objects,
    Symbols,
    Flags,
}

pub const GROUPS: [Group; 9] = [
    Group::Faces,
    Group::People,
    Group::Nature,
    Group::Food,
    Group::Activity,
    Group::Travel,
    Group::Objects,
    Group::Symbols,
    Group::Flags,
];

impl Group {
    /// As the table numbers it, by Unicode's order.
    const fn number(self) -> u8 {
        match self {
            Self::Faces => 0,
            Self::People => 1,
            Self::Nature => 3,
            Self::Food => 4,
            Self::Travel => 5,
            Self::Activity => 6,
            Self::Objects => 7,
            Self::Symbols => 8,
            Self::Flags => 9,
        }
    }
}

/// 0: as the font draws it; 1 to 5: from the lightest skin to the darkest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tone(u8);

pub const TONES: [Tone; 6] = [Tone(0), Tone(1), Tone(2), Tone(3), Tone(4), Tone(5)];

impl Tone {
    pub const fn number(self) -> u8 {
        self.0
    }

    fn modifier(self) -> Option<char> {
        let step = u32::from(self.0).checked_sub(1)?;
        char::from_u32(u32::from(LIGHT) + step)
    }
}

/// All of them, in Unicode's order.
#[derive(Debug, PartialEq, Eq)]
pub struct Table(Vec<Emoji>);

impl Table {
    fn read(json: &str) -> Option<Self> {
        let rows: Vec<Row> = shared::json::read(json).ok()?;
        Some(Self(rows.into_iter().map(Emoji).collect()))
    }

    pub fn of(&self, group: Group) -> impl Iterator<Item = &Emoji> {
        self.0.iter().filter(move |emoji| emoji.0.1 == group.number())
    }

    /// With or without a skin tone.
    pub fn find(&self, emoji: &str) -> Option<&Emoji> {
        let plain: String = emoji.chars().filter(|char| !is_tone(*char)).collect();
        self.0.iter().find(|known| known.as_str() == emoji || bare(known.as_str()) == bare(&plain))
    }

    /// Those that answer to every word of `query`, the best first; nothing for no words.
    pub fn search(&self, query: &str, limit: usize) -> Vec<&Emoji> {
        let query = query.to_lowercase();
        let words: Vec<&str> =
            query.split_whitespace().map(|word| word.trim_matches(':')).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let found: Vec<(u8, &Emoji)> = self
            .0
            .iter()
            .filter_map(|emoji| {
                let points: Option<Vec<u8>> =
                    words.iter().map(|word| emoji.answers(word)).collect();
                Some((points?.into_iter().max()?, emoji))
            })
            .collect();
        let mut found = sorted_by(found, |(a, _), (b, _)| a.cmp(b));
        found.truncate(limit);
        found.into_iter().map(|(_, emoji)| emoji).collect()
    }
}

fn is_tone(char: char) -> bool {
    matches!(char, '\u{1f3fb}'..='\u{1f3ff}')
}

/// Without the sign that asks for a picture: with a tone it is left out.
fn bare(emoji: &str) -> String {
    emoji.replace('\u{fe0f}', "")
}

thread_local! {
    static LOADED: OnceCell<Rc<Table>> = const { OnceCell::new() };
}

/// The table, fetched once; `None` when it cannot be had now.
pub async fn table() -> Option<Rc<Table>> {
    if let Some(table) = LOADED.with(|loaded| loaded.get().cloned()) {
        return Some(table);
    }
    let response = Request::get(TABLE).send().await.ok().filter(gloo_net::http::Response::ok)?;
    let table = Rc::new(Table::read(&response.text().await.ok()?)?);
    Some(LOADED.with(|loaded| Rc::clone(loaded.get_or_init(|| table))))
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn recent_key(user: UserId) -> String {
    format!("hubbub.emoji/{user}/recent")
}

fn tone_key(user: UserId) -> String {
    format!("hubbub.emoji/{user}/tone")
}

/// Those used last, the latest first.
pub fn recent(user: UserId) -> Vec<String> {
    let kept = storage().and_then(|storage| storage.get_item(&recent_key(user)).ok().flatten());
    kept.unwrap_or_default()
        .split(' ')
        .filter(|emoji| !emoji.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Remembers that it was used.
pub fn used(user: UserId, emoji: &str) {
    let mut recent = recent(user);
    recent.retain(|other| other != emoji);
    recent.insert(0, emoji.to_owned());
    recent.truncate(RECENT);
    if let Some(storage) = storage() {
        // Only a convenience.
        let _ = storage.set_item(&recent_key(user), &recent.join(" "));
    }
}

fn reactions_key(user: UserId) -> String {
    format!("hubbub.emoji/{user}/reactions")
}

/// What was reacted with and how often, what was used last first.
fn reactions(user: UserId) -> Vec<(String, u32)> {
    let kept = storage().and_then(|storage| storage.get_item(&reactions_key(user)).ok().flatten());
    let read = |entry: &str| {
        let (emoji, times) = entry.split_once(' ')?;
        Some((emoji.to_owned(), times.parse().ok()?))
    };
    kept.unwrap_or_default().lines().filter_map(read).collect()
}

/// What was reacted with most often; of two alike, what was used last.
pub fn usual_reactions(user: UserId) -> Vec<String> {
    let most_first = sorted_by(reactions(user), |a, b| b.1.cmp(&a.1));
    most_first.into_iter().map(|(emoji, _)| emoji).collect()
}

/// Remembers that it was reacted with.
pub fn reacted(user: UserId, emoji: &str) {
    let mut reactions = reactions(user);
    let known = reactions.iter().position(|(other, _)| other == emoji);
    let times = known.map_or(0, |place| reactions.remove(place).1);
    reactions.insert(0, (emoji.to_owned(), times.saturating_add(1)));
    reactions.truncate(RECENT);
    let lines: Vec<_> = reactions.iter().map(|(emoji, times)| format!("{emoji} {times}")).collect();
    if let Some(storage) = storage() {
        // Only a convenience.
        let _ = storage.set_item(&reactions_key(user), &lines.join("\n"));
    }
}

pub fn tone(user: UserId) -> Tone {
    let kept = storage().and_then(|storage| storage.get_item(&tone_key(user)).ok().flatten());
    let number: u8 = kept.and_then(|kept| kept.parse().ok()).unwrap_or_default();
    TONES.into_iter().find(|tone| tone.0 == number).unwrap_or_default()
}

pub fn set_tone(user: UserId, tone: Tone) {
    if let Some(storage) = storage() {
        // Only a convenience.
        let _ = storage.set_item(&tone_key(user), &tone.0.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::read(include_str!("../emoji/emoji.json")).unwrap()
    }

    fn first(table: &Table, query: &str) -> String {
        table.search(query, 1).first().map(|emoji| emoji.as_str().to_owned()).unwrap_or_default()
    }

    #[test]
    fn an_emoji_is_found_in_english_in_chinese_and_by_pinyin() {
        let table = table();
        assert_eq!(first(&table, "tada"), "🎉");
        assert_eq!(first(&table, ":+1:"), "👍");
        for query in ["茶", "tea", "cha"] {
            let found = table.search(query, 20);
            assert!(found.iter().any(|emoji| emoji.as_str() == "🍵"), "{query}: {found:?}");
        }
        assert!(table.search("no such thing at all", 5).is_empty());
        assert!(table.search("  ", 5).is_empty());
    }

    #[test]
    fn a_tone_is_put_on_what_has_a_skin_and_taken_off_to_find_it() {
        let table = table();
        let dark = TONES[5];
        assert_eq!(table.find("👋").unwrap().toned(dark), "👋🏿");
        assert_eq!(table.find("🎉").unwrap().toned(dark), "🎉");
        assert_eq!(table.find("👋🏿").unwrap().code(), "wave");
        assert_eq!(table.find("👋").unwrap().toned(TONES[0]), "👋");
    }

    #[test]
    fn every_emoji_is_in_a_group_that_is_shown() {
        let table = table();
        let shown: usize = GROUPS.into_iter().map(|group| table.of(group).count()).sum();
        assert_eq!(shown, table.0.len());
        assert!(table.0.iter().all(|emoji| emoji.group().is_some()));
    }
}
