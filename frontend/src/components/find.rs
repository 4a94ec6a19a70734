//! Finding people and rooms by a few letters: of the name or nick as it is written, or of how it
//! is read. How Chinese characters are read the server says when it is first needed.

use super::names::is_direct;
use crate::api;
use crate::locales::Locale;
use crate::order::sorted_by;
use crate::state::State;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{AskReadings, ReadingsRequest};
use shared::limit;
use shared::user::User;
use std::sync::Arc;

/// A name whose characters have several readings is not tried in all combinations.
const WAYS: usize = 8;

/// How well `query` names `name`: the lower, the better; `None` when it does not. Every letter of
/// the query must come in order; beginnings of words count for more.
fn score(query: &str, name: &str) -> Option<u32> {
    let mut score = 0;
    let mut letters = name.chars().flat_map(char::to_lowercase).enumerate();
    let mut before = ' ';
    let mut last = None;
    for wanted in query.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()) {
        loop {
            let (place, letter) = letters.next()?;
            let begins = !before.is_alphanumeric();
            before = letter;
            if letter == wanted {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                score += match last {
                    Some(last) if place == last + 1 => 0,
                    _ if begins => 1,
                    _ => 4,
                };
                if last.is_none() {
                    score += place.min(8);
                }
                last = Some(place);
                break;
            }
        }
    }
    Some(score)
}

/// The same as [`score`], and by how the name is read, as far as that is known.
pub fn points(state: State, query: &str, name: &str) -> Option<u32> {
    score(query, name).or_else(|| read(state, query, name))
}

/// How well `query` names a Chinese `name` by how it is read.
pub fn read(state: State, query: &str, name: &str) -> Option<u32> {
    if !name.contains(is_han) {
        return None;
    }
    let ways = state.readings.with(|known| ways(known, name));
    ways.iter().filter_map(|way| score(query, way)).min()
}

/// Everybody else whom `query` names by name or nick, best first; without one, everybody by name.
pub fn people(state: State, locale: Locale, query: &str) -> Vec<(u32, Arc<User>)> {
    let me = state.me();
    let found: Vec<(u32, Arc<User>)> = state.people.with(|people| {
        people
            .values()
            .filter(|user| !user.disabled && Some(user.id) != me)
            .filter_map(|user| {
                let points = [points(state, query, &user.name), score(query, &user.nick)];
                Some((points.into_iter().flatten().min()?, user.clone()))
            })
            .collect()
    });
    sorted_by(found, |(a, x), (b, y)| a.cmp(b).then_with(|| locale.compare(&x.name, &y.name)))
}

/// Asks how the names are read that the page knows of: once something is to be looked for.
pub fn learn_readings(state: State) {
    let mut names = String::new();
    untrack(|| {
        state.people.with(|people| {
            for user in people.values() {
                names.push_str(&user.name);
            }
        });
        for entry in state.rooms.get().values().filter(|entry| !is_direct(entry)) {
            entry.view.with(|view| names.push_str(&view.room.name));
        }
    });
    learn(state, &names);
}

/// Asks how the characters of `names` are read that are not known yet.
pub fn learn(state: State, names: &str) {
    let unknown = state.readings.with_untracked(|known| {
        let mut unknown = String::new();
        let han = names.chars().filter(|c| is_han(*c) && reading(known, *c).is_none());
        for character in han.take(limit::READINGS) {
            if !unknown.contains(character) {
                unknown.push(character);
            }
        }
        unknown
    });
    if unknown.is_empty() {
        return;
    }
    spawn_local(async move {
        // Without an answer names are found as they are written; it is asked again next time.
        let request = ReadingsRequest { text: unknown.clone() };
        let Ok(told) = api::post::<AskReadings>(&request).await else { return };
        state.readings.update(|known| {
            for (character, reading) in unknown.chars().zip(told.readings) {
                let place = known.partition_point(|(known, _)| *known < character);
                if known.get(place).is_none_or(|(known, _)| *known != character) {
                    known.insert(place, (character, reading));
                }
            }
        });
    });
}

const fn is_han(character: char) -> bool {
    matches!(character,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// In the order of the characters.
type Known = [(char, String)];

fn reading(known: &Known, character: char) -> Option<&str> {
    let place = known.binary_search_by(|(known, _)| known.cmp(&character)).ok()?;
    known.get(place).map(|(_, reading)| reading.as_str())
}

/// A name as it may be read, each syllable a word.
fn ways(known: &Known, name: &str) -> Vec<String> {
    let mut ways = vec![String::new()];
    for character in name.chars() {
        let syllables = reading(known, character).filter(|reading| !reading.is_empty());
        let Some(syllables) = syllables else {
            for way in &mut ways {
                way.push(character);
            }
            continue;
        };
        let mut longer = Vec::new();
        for way in &ways {
            for syllable in syllables.split(' ') {
                if longer.len() < WAYS {
                    longer.push([way, " ", syllable].concat());
                }
            }
        }
        ways = longer;
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_find_a_name_and_beginnings_find_it_better() {
        assert!(score("", "anything").is_some());
        assert!(score("lw", "Launch week").is_some());
        assert!(score("wl", "Launch week").is_none());
        assert!(score("launch", "Launch week") < score("week", "Launch week"));
        assert!(score("lw", "Launch week") < score("lw", "Hello world"));
        assert!(score("上线", "上线周").is_some());
        assert!(score("DES REV", "Design review").is_some());
    }

    #[test]
    fn a_chinese_name_is_found_by_its_syllables_and_their_initials() {
        let mut known: Vec<_> =
            [("伟", "wei"), ("张", "zhang"), ("重", "zhong chong"), ("庆", "qing")]
                .map(|(character, reading)| (character.chars().next().unwrap(), reading.to_owned()))
                .into();
        known.sort();
        let points = |query: &str, name: &str| {
            ways(&known, name).iter().filter_map(|way| score(query, way)).min()
        };
        for query in ["zw", "zhangwei", "Zhang Wei", "zhangw", "wei"] {
            assert!(points(query, "张伟").is_some(), "{query}");
        }
        assert!(points("wz", "张伟").is_none());
        assert!(points("cq", "重庆").is_some());
        assert!(points("zq", "重庆").is_some());
        assert!(points("wen zw", "Wen 张伟").is_some());
        assert!(points("zw", "张伟") < points("ae", "张伟"));
        assert_eq!(ways(&known, "重重重重重").len(), WAYS);
    }
}
