//! Short texts that people give: names, topics, statuses. One line, nothing invisible.

use super::Error;
use shared::error::ErrorCode;
use unicode_normalization::UnicodeNormalization;

/// A name that must say something.
pub fn name(text: &str, limit: usize) -> Result<String, Error> {
    let name = line(text, limit)?;
    if name.is_empty() { Err(ErrorCode::Empty.into()) } else { Ok(name) }
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

/// Controls, direction overrides and characters without a width: they make one name look like
/// another. The joiners stay, since emoji and some scripts are written with them.
pub fn is_deceptive(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
        for deceptive in
            ["a\u{202e}b", "a\u{200b}b", "a\u{7}b", "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"]
        {
            assert!(
                matches!(name(deceptive, 64), Err(Error::Refused(ErrorCode::NameInvalid))),
                "{deceptive:?}",
            );
        }
        assert_eq!(name("上线周 👩‍⚕️", 64).unwrap(), "上线周 👩‍⚕️");
    }
}
