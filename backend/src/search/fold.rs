//! What differs in writing and not in meaning: case, compatibility forms, and, in Latin, Greek
//! and Cyrillic script, marks.
//!
//! `cafe` finds `café`, `μαιος` finds `Μάιος`, `елка` finds `ёлка`. `й` is folded to `и` and `ї` to
//! `і` like everything with a mark: whoever types the mark finds words with it first (see
//! [`Quality`](super::sought::Quality)). Marks of other scripts are vowels or change the
//! consonant; they stay.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A piece of text as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Case, form and marks folded.
    pub text: String,
    /// Case and form folded, marks kept; absent when that is the same.
    pub marked: Option<String>,
}

/// Folds one grapheme cluster. What has no marks to lose is answered without being taken apart.
pub fn cluster(cluster: &str) -> Folded {
    let marked: String = cluster
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|char| !is_ignored(*char))
        .nfc()
        .collect();
    let text: String =
        if marked.chars().any(|char| has_foldable_script(char) || is_latin_mark(char)) {
            let mut after_foldable = false;
            let kept = marked.nfd().filter(|char| {
                if is_combining_mark(*char) {
                    return !after_foldable;
                }
                after_foldable = has_foldable_script(*char);
                true
            });
            let mut text = String::with_capacity(marked.len());
            for char in kept.nfc() {
                push_plain(char, &mut text);
            }
            text
        } else {
            marked.clone()
        };
    let marked = (marked != text).then_some(marked);
    Folded { text, marked }
}

/// Letters that are another letter with a stroke, or two, but are not taken apart by Unicode.
fn push_plain(char: char, text: &mut String) {
    let plain = match char {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        _ => return text.push(char),
    };
    text.push_str(plain);
}

/// How an emoji is drawn, and marks of direction and joining that change no word.
pub fn is_ignored(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0001}'..='\u{e007f}')
}

fn has_foldable_script(char: char) -> bool {
    matches!(char,
        'a'..='z' | 'A'..='Z' | '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}'
        | '\u{250}'..='\u{2af}' | '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}'
        | '\u{1c80}'..='\u{1c8f}' | '\u{1d00}'..='\u{1dbf}' | '\u{1e00}'..='\u{1fff}'
        | '\u{2c60}'..='\u{2c7f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}'
        | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}')
}

fn is_latin_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        cluster(text).text
    }

    #[test]
    fn case_forms_and_marks_are_folded_where_they_do_not_part_words() {
        for (written, found) in [
            ("É", "e"),
            ("e\u{301}", "e"),
            ("Ｗ", "w"),
            ("ﬁ", "fi"),
            ("ß", "ss"),
            ("Ø", "o"),
            ("Ά", "α"),
            ("ς", "σ"),
            ("Σ", "σ"),
            ("Ё", "е"),
            ("й", "и"),
            ("ї", "і"),
            ("İ", "i"),
            ("ệ", "e"),
        ] {
            assert_eq!(folded(written), found, "{written}");
        }
    }

    #[test]
    fn marks_of_other_scripts_stay() {
        for written in ["が", "か\u{3099}", "पि", "ק\u{5bc}", "한", "ก\u{e34}"] {
            let composed: String = written.nfkc().collect();
            assert_eq!(folded(written), composed, "{written}");
        }
        assert_eq!(folded("ｶﾞ"), "ガ");
    }

    #[test]
    fn what_was_folded_away_is_kept_beside() {
        assert_eq!(cluster("É").marked.as_deref(), Some("é"));
        assert_eq!(cluster("E").marked, None);
        assert_eq!(cluster("👍🏽").text, "👍");
        assert_eq!(cluster("❤\u{fe0f}").text, "❤");
    }
}
