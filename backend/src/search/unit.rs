//! What a text is made of when one looks for something in it.

use super::fold::{self, Folded};
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Longer words are cut here: nobody types them, and they would fill the index.
const WORD_CHARS: usize = 64;

/// A word, a sign or a symbol, with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Folded. Holds letters, digits and marks, or one symbol; of ASCII nothing but `a`–`z` and
    /// `0`–`9`. Never empty.
    pub text: String,
    /// With the marks that folding took away, where it did.
    pub marked: Option<String>,
    pub kind: Kind,
    /// Nothing stands between the unit before and this one.
    pub joined: bool,
    /// In Unicode scalar values of the text, the end not included.
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters and digits in a row.
    Word,
    /// One letter of a script that sets no spaces between words: Han, kana, hangul, Thai, Lao,
    /// Khmer, Burmese.
    Sign,
    /// An emoji or another pictograph.
    Symbol,
}

/// Reads a text. What is neither letter, digit nor symbol parts words and is left out; so an
/// address is found by each of its parts.
pub fn units(text: &str) -> Vec<Unit> {
    let mut reader = Reader::default();
    if text.is_ascii() {
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() {
                reader.letter(char::from(byte.to_ascii_lowercase()), None, 1);
            } else {
                reader.end_word();
                reader.touches = false;
            }
            reader.at += 1;
        }
    } else {
        for cluster in text.graphemes(true) {
            reader.cluster(cluster);
        }
    }
    reader.end_word();
    reader.units
}

/// What an index keeps of a text: each word and symbol, each sign and each two signs in a row,
/// with spaces between them. Some may be there more than once.
pub fn keys(units: &[Unit]) -> String {
    let mut keys = String::new();
    let mut push = |parts: [&str; 2]| {
        if !keys.is_empty() {
            keys.push(' ');
        }
        for part in parts {
            keys.push_str(part);
        }
    };
    let mut before: Option<&Unit> = None;
    for unit in units {
        push([&unit.text, ""]);
        if let Some(before) = before.filter(|before| unit.follows_as_sign(before)) {
            push([&before.text, &unit.text]);
        }
        before = Some(unit);
    }
    keys
}

impl Unit {
    /// Whether the two make a pair that an index keeps.
    pub fn follows_as_sign(&self, before: &Self) -> bool {
        self.joined && self.kind == Kind::Sign && before.kind == Kind::Sign
    }

    /// As it was written, but for case and form.
    pub fn marked(&self) -> &str {
        self.marked.as_deref().unwrap_or(&self.text)
    }
}

#[derive(Debug, Default)]
struct Reader {
    units: Vec<Unit>,
    word: Option<Unit>,
    word_chars: usize,
    /// In scalar values.
    at: u32,
    /// The last unit ends here.
    touches: bool,
}

impl Reader {
    fn cluster(&mut self, cluster: &str) {
        let length = u32::try_from(cluster.chars().count()).unwrap_or(u32::MAX);
        self.folded(cluster, length);
        self.at = self.at.saturating_add(length);
    }

    fn folded(&mut self, cluster: &str, length: u32) {
        let mut chars = cluster.chars();
        if let (Some(char), None) = (chars.next(), chars.next()) {
            // By far the most frequent ones, which are what they are.
            if char.is_ascii_alphanumeric() {
                return self.letter(char.to_ascii_lowercase(), None, length);
            }
            if matches!(char, '\u{4e00}'..='\u{9fff}') {
                return self.sign(char, length);
            }
            if char.is_ascii() {
                self.end_word();
                self.touches = false;
                return;
            }
        }
        let Folded { text, marked } = fold::cluster(cluster);
        let Some(first) = text.chars().next() else { return };
        if is_symbol(first) {
            return self.unit(Kind::Symbol, text, length);
        }
        let marked = marked.as_deref();
        let mut marked_once = marked;
        for char in text.chars() {
            if is_sign(char) {
                self.sign(char, length);
            } else if char.is_alphanumeric() || (self.word.is_some() && is_combining_mark(char)) {
                // The cluster's marks belong to its first letter, and go nowhere twice.
                self.letter(char, marked_once.take().or(marked.map(|_| "")), length);
            } else {
                self.end_word();
                self.touches = false;
            }
        }
    }

    /// One letter more of a word. `marked` stands for it where marks are kept.
    fn letter(&mut self, char: char, marked: Option<&str>, length: u32) {
        let (at, joined) = (self.at, self.touches);
        let word = self.word.get_or_insert_with(|| Unit {
            text: String::new(),
            marked: None,
            kind: Kind::Word,
            joined,
            start: at,
            end: at,
        });
        word.end = at.saturating_add(length);
        if self.word_chars < WORD_CHARS {
            if marked.is_some() && word.marked.is_none() {
                word.marked = Some(word.text.clone());
            }
            word.text.push(char);
            self.word_chars += 1;
            if let Some(kept) = &mut word.marked {
                match marked {
                    Some(marked) => kept.push_str(marked),
                    None => kept.push(char),
                }
            }
        }
        self.touches = true;
    }

    fn sign(&mut self, char: char, length: u32) {
        self.unit(Kind::Sign, char.to_string(), length);
    }

    fn unit(&mut self, kind: Kind, text: String, length: u32) {
        self.end_word();
        let end = self.at.saturating_add(length);
        let unit = Unit { text, marked: None, kind, joined: self.touches, start: self.at, end };
        self.units.push(unit);
        self.touches = true;
    }

    fn end_word(&mut self) {
        self.units.extend(self.word.take());
        self.word_chars = 0;
    }
}

fn is_sign(char: char) -> bool {
    matches!(char,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ecf}'
        | '\u{1000}'..='\u{103f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17d3}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{3096}'
        | '\u{3099}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{312f}' | '\u{3131}'..='\u{318e}' | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7fb}' | '\u{f900}'..='\u{faff}'
        | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3fffd}')
}

fn is_symbol(char: char) -> bool {
    matches!(char,
        '©' | '®' | '\u{20a0}'..='\u{20cf}' | '\u{2190}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
        && !char.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<String> {
        units(text).into_iter().map(|unit| unit.text).collect()
    }

    #[test]
    fn words_are_letters_and_digits_in_a_row() {
        for (text, found) in [
            ("Hello, World!", &["hello", "world"][..]),
            ("don't l'avion", &["don", "t", "l", "avion"]),
            ("client_message_id 3.14", &["client", "message", "id", "3", "14"]),
            (
                "https://Example.org/foo-bar?x=1#y",
                &["https", "example", "org", "foo", "bar", "x", "1", "y"],
            ),
            ("Café-Ängste", &["cafe", "angste"]),
            ("auto\u{ad}matic", &["automatic"]),
            ("हिन्दी", &["हिन्दी"]),
            ("שלום", &["שלום"]),
            ("½ ㎏", &["1", "2", "kg"]),
        ] {
            assert_eq!(texts(text), found, "{text}");
        }
    }

    #[test]
    fn signs_stand_alone_and_emoji_are_symbols() {
        assert_eq!(texts("iPhone手机，好"), ["iphone", "手", "机", "好"]);
        assert_eq!(texts("がｶﾞ한국"), ["が", "ガ", "한", "국"]);
        assert_eq!(texts("ok👍🏽👩‍⚕️!🇨🇭"), ["ok", "👍", "👩‍⚕", "🇨🇭"]);
        assert_eq!(keys(&units("明天开会 好")), "明 天 明天 开 天开 会 开会 好");
        assert_eq!(keys(&units("Ab 机3机")), "ab 机 3 机");
    }

    #[test]
    fn places_count_scalar_values_of_the_text_as_it_is() {
        let text = "Ça, e\u{301}té 手机";
        let chars: Vec<char> = text.chars().collect();
        let cut: Vec<String> = units(text)
            .iter()
            .map(|unit| chars[unit.start as usize..unit.end as usize].iter().collect())
            .collect();
        assert_eq!(cut, ["Ça", "e\u{301}té", "手", "机"]);
        let first = &units(text)[1];
        assert_eq!((first.text.as_str(), first.marked()), ("ete", "été"));
    }

    proptest! {
        /// The index splits keys at spaces and keeps nothing else of ASCII.
        #[test]
        fn keys_hold_nothing_that_an_index_could_take_for_syntax(text in "\\PC{0,40}|[ -~é手👍\u{301}]{0,60}") {
            let units = units(&text);
            let length = u32::try_from(text.chars().count()).unwrap();
            let mut before = 0;
            for unit in &units {
                prop_assert!(!unit.text.is_empty());
                prop_assert!(unit.start >= before && unit.start < unit.end && unit.end <= length);
                before = unit.start;
            }
            for key in keys(&units).split(' ') {
                prop_assert!(key.chars().all(|char| !char.is_ascii()
                    || char.is_ascii_lowercase() || char.is_ascii_digit()), "{key:?}");
            }
        }

        /// Whoever types a text as it was written finds the same units.
        #[test]
        fn reading_what_was_read_changes_nothing(text in "[a-zäÉςё手機が한ﬁ１½👍 .'-]{0,40}") {
            let once = texts(&text);
            prop_assert_eq!(texts(&once.join(" ")), once);
        }
    }
}
