//! Nicks: what may be one, and which look alike.

use super::Error;
use super::text::is_deceptive;
use shared::error::ErrorCode;
use shared::limit::{NICK_CHARS_MAX, NICK_CHARS_MIN};
use unicode_normalization::UnicodeNormalization;
use unicode_security::{MixedScript, skeleton};

/// Nobody may look like these.
const RESERVED: [&str; 7] =
    ["admin", "administrator", "system", "everyone", "here", "room", "hubbub"];

/// A nick that keeps the rules, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nick {
    pub text: String,
    pub key: String,
}

impl Nick {
    /// 2 to 32 letters and digits of one script, `.`, `_` and `-`, with a letter or digit at both
    /// ends. Full-width and other compatibility forms are not refused but taken for what they
    /// stand for (NFKC).
    pub fn new(text: &str) -> Result<Self, Error> {
        let text: String = text.trim().nfkc().collect();
        let length = text.chars().count();
        let letters_and_digits: String =
            text.chars().filter(|char| !matches!(char, '.' | '_' | '-')).collect();
        let ends_well =
            text.starts_with(char::is_alphanumeric) && text.ends_with(char::is_alphanumeric);
        if !(NICK_CHARS_MIN..=NICK_CHARS_MAX).contains(&length)
            || !ends_well
            || !letters_and_digits.chars().all(char::is_alphanumeric)
            || letters_and_digits.chars().any(is_deceptive)
            || !letters_and_digits.as_str().is_single_script()
        {
            return Err(ErrorCode::NickInvalid.into());
        }
        let key = key(&text);
        if RESERVED.iter().any(|reserved| self::key(reserved) == key) {
            return Err(ErrorCode::NickTaken.into());
        }
        Ok(Self { text, key })
    }
}

/// What two nicks that look alike have in common: case, compatibility forms and confusable
/// letters (UTS #39) folded away.
pub fn key(nick: &str) -> String {
    let folded = fold(nick);
    skeleton(&folded).collect::<String>().to_lowercase()
}

/// The nick as it is compared when it is typed: case and compatibility forms folded away.
pub fn fold(nick: &str) -> String {
    nick.trim().nfkc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_of_one_script_make_a_nick() {
        for good in ["wen", "Ines.M", "a1", "林一", "мира", "o-k_1"] {
            assert!(Nick::new(good).is_ok(), "{good}");
        }
        for bad in [
            "a",
            "-ab",
            "ab.",
            "a b",
            "a@b",
            "wеn",
            "a\u{202e}b",
            "a\u{200d}b",
            "\u{3164}\u{3164}",
            "가나\u{1160}",
            &"x".repeat(33),
            "",
        ] {
            assert!(
                matches!(Nick::new(bad), Err(Error::Refused(ErrorCode::NickInvalid))),
                "{bad:?}",
            );
        }
    }

    #[test]
    fn nobody_looks_like_the_system_or_like_somebody_else() {
        for reserved in ["admin", "ADMIN", "Ａdmin", "hubbub", "adrnin", "rооm"] {
            assert!(
                matches!(
                    Nick::new(reserved),
                    Err(Error::Refused(ErrorCode::NickTaken | ErrorCode::NickInvalid))
                ),
                "{reserved}",
            );
        }
        assert_eq!(Nick::new("Mira").unwrap().key, Nick::new("ｍｉｒａ").unwrap().key);
        assert_eq!(key("сосо"), key("coco"));
        assert_ne!(key("wen"), key("ven"));
    }
}
