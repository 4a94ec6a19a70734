//! Whether a text holds what is sought, and where.

use super::unit::{Kind, Unit, units};
use core::cmp::Reverse;

/// Further places in one text are not shown.
const PLACES: usize = 100;

/// Words that must all be there, and words that must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub all: Vec<Term>,
    pub none: Vec<Term>,
}

/// Units one after the other. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub units: Vec<Unit>,
    pub end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Whole,
    /// The last word may go on: it is being typed.
    Open,
}

/// How well a text answers, from what it says alone; higher is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(pub u8);

/// Where a text holds what is sought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// In scalar values, rising, apart from each other.
    pub ranges: Vec<(u32, u32)>,
    pub quality: Quality,
}

impl Words {
    /// Nothing to look for: every text answers.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.none.is_empty()
    }

    /// Where `text` holds all of it; `None` when it does not, or holds what must not be there.
    pub fn find(&self, text: &str) -> Option<Match> {
        if self.is_empty() {
            return Some(Match::default());
        }
        let text = units(text);
        if self.none.iter().any(|term| term.places(&text).next().is_some()) {
            return None;
        }
        let mut ranges = Vec::new();
        let (mut whole, mut as_typed) = (true, true);
        for term in &self.all {
            let before = ranges.len();
            let (mut term_whole, mut term_as_typed) = (false, false);
            for place in term.places(&text).take(PLACES) {
                let found = &text[place..place + term.units.len()];
                ranges.extend(found.first().zip(found.last()).map(|(a, z)| (a.start, z.end)));
                term_whole |= term.is_whole(found);
                term_as_typed |= term.is_as_typed(found);
            }
            if ranges.len() == before {
                return None;
            }
            whole &= term_whole;
            as_typed &= term_as_typed;
        }
        let quality = u8::from(whole) + u8::from(as_typed) + u8::from(self.is_in_a_row(&text));
        Some(Match { ranges: apart(ranges), quality: Quality(quality) })
    }

    /// Whether the text holds several words as they were typed, one after the other.
    fn is_in_a_row(&self, text: &[Unit]) -> bool {
        let [_, .., last] = self.all.as_slice() else { return false };
        let mut units = Vec::new();
        for term in &self.all {
            let joined = term.units.iter().enumerate();
            units.extend(
                joined.map(|(at, unit)| Unit { joined: at > 0 && unit.joined, ..unit.clone() }),
            );
        }
        Term { units, end: last.end }.places(text).next().is_some()
    }
}

impl Term {
    /// What an index would have to hold: keys, and whether the last one may go on.
    pub fn keys(&self) -> Vec<(String, End)> {
        let mut keys: Vec<(String, End)> = Vec::new();
        let mut paired = false;
        for (at, unit) in self.units.iter().enumerate() {
            let after = self.units.get(at + 1).filter(|after| after.follows_as_sign(unit));
            if let Some(after) = after {
                keys.push((format!("{}{}", unit.text, after.text), End::Whole));
            } else if !paired {
                let is_last = at + 1 == self.units.len();
                keys.push((unit.text.clone(), if is_last { self.end } else { End::Whole }));
            }
            paired = after.is_some();
        }
        keys
    }

    /// Where in `text` it begins.
    fn places<'t>(&'t self, text: &'t [Unit]) -> impl Iterator<Item = usize> + 't {
        text.windows(self.units.len().max(1))
            .enumerate()
            .filter(|(_, found)| self.is(found))
            .map(|(place, _)| place)
    }

    fn is(&self, found: &[Unit]) -> bool {
        let last = self.units.len() - 1;
        self.units.iter().zip(found).enumerate().all(|(at, (sought, unit))| {
            let same = if at == last && self.end == End::Open {
                unit.text.starts_with(&sought.text)
            } else {
                unit.text == sought.text
            };
            same && (!sought.joined || at == 0 || unit.joined || sought.kind != Kind::Sign)
        })
    }

    fn is_whole(&self, found: &[Unit]) -> bool {
        self.units.last().zip(found.last()).is_some_and(|(sought, unit)| sought.text == unit.text)
    }

    /// Marks that were typed are there.
    fn is_as_typed(&self, found: &[Unit]) -> bool {
        let last = self.units.len() - 1;
        self.units.iter().zip(found).enumerate().all(|(at, (sought, unit))| {
            sought.marked.is_none()
                || if at == last && self.end == End::Open {
                    unit.marked().starts_with(sought.marked())
                } else {
                    unit.marked() == sought.marked()
                }
        })
    }
}

/// Joins what overlaps or touches.
fn apart(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable_by_key(|(start, end)| (*start, Reverse(*end)));
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (start, end) in ranges {
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    joined.truncate(PLACES);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::query;
    use shared::time::Timestamp;

    fn words(query: &str) -> Words {
        query::read(query, query::Now { at: Timestamp(0), offset_minutes: 0 }).unwrap().words
    }

    fn marked(query: &str, text: &str) -> Option<String> {
        let found = words(query).find(text)?;
        let mut out = String::new();
        for (at, char) in text.chars().enumerate() {
            let at = u32::try_from(at).unwrap();
            if found.ranges.iter().any(|(start, _)| *start == at) {
                out.push('[');
            }
            out.push(char);
            if found.ranges.iter().any(|(_, end)| *end == at + 1) {
                out.push(']');
            }
        }
        Some(out)
    }

    #[test]
    fn what_is_sought_is_found_where_it_stands() {
        for (query, text, found) in [
            ("cafe", "Das Café, das CAFE", Some("Das [Café], das [CAFE]")),
            ("café", "the cafe", Some("the [cafe]")),
            ("serv", "two servers serve", Some("two [servers] [serve]")),
            ("\"serv\"", "two servers", None),
            ("serv now", "servers now", None),
            ("ΟΔΟΣ", "η οδός μας", Some("η [οδός] μας")),
            ("елка", "Ёлка и ёлки", Some("[Ёлка] и ёлки")),
            ("会", "明天开会吗", Some("明天开[会]吗")),
            ("开会", "明天开会，开 会", Some("明天[开会]，开 会")),
            ("明天开会", "明天开会吗", Some("[明天开会]吗")),
            ("明天开会", "明天，开会", None),
            ("明天 开会", "开会，明天", Some("[开会]，[明天]")),
            ("\"two words\"", "two Words, two  words", Some("[two Words], [two  words]")),
            ("\"two words\"", "words two", None),
            ("foo-bar", "foo_bar foo bar bar", Some("[foo_bar] [foo bar] bar")),
            ("a -b", "a c", Some("[a] c")),
            ("a -b", "a b", None),
            ("a -\"b c\"", "a b d c", Some("[a] b d c")),
            ("👍", "gut 👍🏽", Some("gut [👍🏽]")),
            ("iphone手机", "新iPhone手机", Some("新[iPhone手机]")),
            ("example.org", "see https://example.org/x", Some("see https://[example.org]/x")),
            ("aa aaa", "aaaa", None),
            ("aa aaa", "aa aaaa", Some("[aa] [aaaa]")),
        ] {
            assert_eq!(marked(query, text).as_deref(), found, "{query} in {text}");
        }
    }

    #[test]
    fn an_index_is_asked_for_pairs_of_signs_and_whole_words() {
        let keys = |query: &str| {
            words(query).all.iter().flat_map(Term::keys).map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(keys("会"), ["会"]);
        assert_eq!(keys("明天开"), ["明天", "天开"]);
        assert_eq!(keys("iPhone手机3"), ["iphone", "手机", "3"]);
        assert_eq!(keys("foo-bar"), ["foo", "bar"]);
    }

    #[test]
    fn whole_words_as_typed_and_in_a_row_are_better() {
        let quality = |query: &str, text: &str| words(query).find(text).unwrap().quality;
        assert!(quality("serve", "serve") > quality("serve", "servers"));
        assert!(quality("café", "café") > quality("café", "cafe"));
        assert!(quality("cafe", "café") == quality("cafe", "cafe"));
        assert!(quality("red car", "a red car") > quality("red car", "a car, red"));
    }
}
