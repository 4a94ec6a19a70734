//! How Chinese names are read: what people type to find them.

use ::pinyin::{ToPinyin, ToPinyinMulti};

/// A name in which many characters have several readings is not tried in all combinations, and
/// nobody types a long one to its end: what is kept of a name stays small.
const WAYS: usize = 4;
const CHARACTERS: usize = 12;

/// The syllables that a character is read as, the usual one first, without tones and with `v` for
/// `ü`, as they are typed. None for whatever is not a Han character.
pub fn syllables(character: char) -> Vec<String> {
    let mut syllables: Vec<String> = Vec::new();
    let usual = character.to_pinyin().into_iter();
    let all = character.to_pinyin_multi().into_iter().flatten();
    for reading in usual.chain(all) {
        let syllable = reading.plain().replace('ü', "v");
        if !syllables.contains(&syllable) {
            syllables.push(syllable);
        }
    }
    syllables
}

/// What may be typed for the beginning of `text`, which is in lower case: its syllables with and without spaces
/// between them, and their first letters. Nothing when there is no Han character in it.
pub fn typed(text: &str) -> Vec<String> {
    let mut ways = vec![Way::default()];
    let mut is_read = false;
    for character in text.chars().take(CHARACTERS) {
        let syllables = syllables(character);
        if syllables.is_empty() {
            for way in &mut ways {
                way.add(character);
            }
        } else {
            is_read = true;
            let with = |way: &Way| syllables.iter().map(|it| way.with(it)).collect::<Vec<_>>();
            ways = ways.iter().flat_map(with).take(WAYS).collect();
        }
    }
    let mut typed: Vec<String> = Vec::new();
    if is_read {
        for Way { spaced, joined, initials } in ways {
            for text in [spaced, joined, initials] {
                if !typed.contains(&text) {
                    typed.push(text);
                }
            }
        }
    }
    typed
}

#[derive(Clone, Debug, Default)]
struct Way {
    spaced: String,
    joined: String,
    initials: String,
}

impl Way {
    fn add(&mut self, character: char) {
        self.spaced.push(character);
        if !character.is_whitespace() {
            self.joined.push(character);
            self.initials.push(character);
        }
    }

    fn with(&self, syllable: &str) -> Self {
        let mut way = self.clone();
        if !way.spaced.is_empty() && !way.spaced.ends_with(' ') {
            way.spaced.push(' ');
        }
        way.spaced.push_str(syllable);
        way.joined.push_str(syllable);
        way.initials.extend(syllable.chars().next());
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_read_as_people_type_it() {
        assert_eq!(syllables('张'), ["zhang"]);
        assert_eq!(syllables('伟'), ["wei"]);
        assert_eq!(syllables('吕'), ["lv"]);
        assert!(syllables('重').iter().any(|it| it == "chong"));
        assert_eq!(syllables('重').first().map(String::as_str), Some("zhong"));
        assert!(syllables('a').is_empty());
        assert!(syllables('の').is_empty());
    }

    #[test]
    fn a_name_is_typed_in_full_or_by_its_initials() {
        for wanted in ["zhang wei", "zhangwei", "zw"] {
            assert!(typed("张伟").contains(&wanted.to_owned()), "{wanted}");
        }
        assert!(typed("重庆").contains(&"cq".to_owned()));
        assert!(typed("wen 周然").contains(&"wen zhou ran".to_owned()));
        assert!(typed("wen").is_empty());
        // However many readings its characters have, a name stays one line.
        assert!(typed(&"重".repeat(64)).len() <= 3 * WAYS);
    }
}
