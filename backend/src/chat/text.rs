//! Short texts that people give: names, topics, statuses. One line, nothing invisible.

use super::Error;
use shared::error::ErrorCode;
use unicode_normalization::UnicodeNormalization;

/// A name that must say something.
pub fn name(text: &str, limit: usize) -> Result<String, Error> {
    let name = line(text, limit)?;
    if name.is_empty() {
        return Err(ErrorCode::Empty.into());
    }
    if name.chars().all(is_joiner) {
        return Err(ErrorCode::NameInvalid.into());
    }
    Ok(name)
}

/// A line that may be empty. Trimmed, NFC, inner white space folded to single spaces.
pub fn line(text: &str, limit: usize) -> Result<String, Error> {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect();
    if line.chars().count() > limit {
        return Err(ErrorCode::TooLong { limit }.into());
    }
    if line.chars().any(is_deceptive) || has_mark_flood(&line) {
        return Err(ErrorCode::NameInvalid.into());
    }
    Ok(line)
}

/// Controls, direction overrides, fillers and characters without a width: they make one name look
/// like another, or like none. The joiners stay, since emoji and some scripts are written with
/// them.
pub fn is_deceptive(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
            | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}')
}

/// What is seen only by what it does to its neighbours.
fn is_joiner(char: char) -> bool {
    matches!(char,
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// More combining marks in a row than any language writes.
fn has_mark_flood(text: &str) -> bool {
    let mut marks = 0_u32;
    text.nfd().any(|char| {
        marks = if unicode_normalization::char::is_combining_mark(char) { marks + 1 } else { 0 };
        marks > 4
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_visible_line() {
        assert_eq!(name("  Launch \t week\n", 64).unwrap(), "Launch week");
        assert!(matches!(name(" \n", 64), Err(Error::Refused(ErrorCode::Empty))));
        assert!(matches!(name("abc", 2), Err(Error::Refused(ErrorCode::TooLong { limit: 2 }))));
        for deceptive in [
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{7}b",
            "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{115f}\u{1160}",
            "\u{2800}",
            "\u{3164}",
            "\u{ffa0}",
        ] {
            assert!(
                matches!(name(deceptive, 64), Err(Error::Refused(ErrorCode::NameInvalid))),
                "{deceptive:?}",
            );
        }
        assert_eq!(name("上线周 👩‍⚕️", 64).unwrap(), "上线周 👩‍⚕️");
    }
}
