//! Languages made of words, texts, numbers and comments, which are nearly all.

use super::{Kind, Runs};

/// What tells one language from others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    /// What begins a comment that ends with its line.
    pub(super) remarks: &'static [&'static str],
    /// What begins and what ends a comment of several lines.
    pub(super) comments: &'static [(&'static str, &'static str)],
    /// The longer one before one that it begins with.
    pub(super) texts: &'static [Quotes],
    /// With a space between them.
    pub(super) keywords: &'static str,
    /// Keywords after which a name is given.
    pub(super) defining: &'static str,
    /// What a word is of that follows such a sign.
    pub(super) signs: &'static [(char, Kind)],
    /// Further signs that may stand in a word.
    pub(super) letters: &'static str,
    pub(super) habits: &'static [Habit],
}

pub(super) const TRAITS: Traits = Traits {
    remarks: &[],
    comments: &[],
    texts: &[],
    keywords: "",
    defining: "",
    signs: &[],
    letters: "",
    habits: &[],
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Quotes {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    pub(super) inside: Inside,
}

/// What may stand between quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Up to the end of the line, with `\` before a quote that is meant.
    Line,
    /// The same over several lines.
    Lines,
    /// Everything, to the letter.
    Raw,
    /// One character; alone, the sign is something else.
    Character,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// `SELECT` and `select` are one.
    AnyCase,
    /// `/…/` where a value may stand.
    Patterns,
    /// `name!(…)`.
    Macros,
    /// The first word is what is to be done.
    Commands,
    /// `key: value`.
    Colons,
    /// `key = value`.
    Equals,
    /// `#word` at the beginning of a line.
    Directives,
}

/// Keywords after which something is to be done.
const LEADING: &str = "if then elif else while until do try finally begin";

pub(super) fn read(traits: &Traits, text: &str, runs: &mut Runs) {
    let mut reader =
        Reader { traits, text, at: 0, begins: true, value: false, names: false, slash: 0 };
    while let Some(next) = text[reader.at..].chars().next() {
        let (kind, bytes) = reader.next(next);
        reader.at += bytes;
        runs.push(kind, bytes);
    }
}

struct Reader<'t> {
    traits: &'t Traits,
    text: &'t str,
    at: usize,
    /// Only white space stands before it on the line, or in the command.
    begins: bool,
    /// After a value a `/` divides.
    value: bool,
    /// After `fn` comes a name.
    names: bool,
    /// Before this place no pattern begins: there is nothing on the line to end it.
    slash: usize,
}

type Taken = (Option<Kind>, usize);

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn has(&self, habit: Habit) -> bool {
        self.traits.habits.contains(&habit)
    }

    fn next(&mut self, next: char) -> Taken {
        if next.is_whitespace() {
            self.begins |= next == '\n';
            return (None, next.len_utf8());
        }
        if let Some(bytes) = self.comment() {
            return (Some(Kind::Comment), bytes);
        }
        let (begins, value, names) = (self.begins, self.value, self.names);
        (self.begins, self.value, self.names) = (false, true, false);
        if let Some(bytes) = self.quoted() {
            let is_key = self.has(Habit::Colons) && self.leads_to(bytes, ":");
            return (Some(if is_key { Kind::Name } else { Kind::Text }), bytes);
        }
        if next == '/'
            && !value
            && self.has(Habit::Patterns)
            && let Some(bytes) = self.pattern()
        {
            return (Some(Kind::Text), bytes);
        }
        let is_digit = |char: char| char.is_ascii_digit();
        if is_digit(next) || next == '.' && !value && self.rest()[1..].starts_with(is_digit) {
            return (Some(Kind::Number), number(self.rest()));
        }
        if let Some(taken) = self.signed(next, begins) {
            return taken;
        }
        if self.begins_word(next) {
            return self.word(begins, names);
        }
        self.value = matches!(next, ')' | ']' | '.');
        self.begins = self.has(Habit::Commands) && matches!(next, '|' | ';' | '&' | '(' | '`');
        self.names = names && next != '(';
        (None, next.len_utf8())
    }

    fn is_letter(&self, char: char) -> bool {
        char.is_alphanumeric() || char == '_' || self.traits.letters.contains(char)
    }

    /// `-webkit` is a word in CSS, and `-1` is none.
    fn begins_word(&self, next: char) -> bool {
        let is_minus =
            next == '-' && self.rest()[1..].starts_with(|char: char| char.is_ascii_digit());
        self.is_letter(next) && !is_minus
    }

    fn comment(&self) -> Option<usize> {
        let rest = self.rest();
        for (open, close) in self.traits.comments {
            if let Some(inside) = rest.strip_prefix(open) {
                return Some(
                    inside.find(close).map_or(rest.len(), |at| open.len() + at + close.len()),
                );
            }
        }
        let before = self.text[..self.at].chars().next_back();
        let is_apart = before.is_none_or(char::is_whitespace);
        // In a word, `#` is but a letter.
        let begins = |mark: &&str| rest.starts_with(*mark) && (is_apart || !mark.starts_with('#'));
        self.traits.remarks.iter().any(begins).then(|| line(rest).len())
    }

    fn quoted(&self) -> Option<usize> {
        let rest = self.rest();
        let quotes = self.traits.texts.iter().find(|quotes| rest.starts_with(quotes.open))?;
        let inside = &rest[quotes.open.len()..];
        if quotes.inside == Inside::Character && !is_character(inside) {
            return None;
        }
        let bytes = end_of(inside, quotes).unwrap_or(inside.len());
        Some(quotes.open.len() + bytes)
    }

    fn pattern(&mut self) -> Option<usize> {
        if self.at < self.slash {
            return None;
        }
        let line = line(self.rest());
        let (mut escaped, mut among) = (false, false);
        for (at, char) in line.char_indices().skip(1) {
            match char {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => among = true,
                ']' => among = false,
                '/' if !among => {
                    let flags = line[at + 1..].find(|char: char| !char.is_ascii_alphabetic());
                    return Some(flags.map_or(line.len(), |flags| at + 1 + flags));
                }
                _ => {}
            }
        }
        self.slash = self.at + line.len();
        None
    }

    /// A sign with the word after it.
    fn signed(&self, next: char, begins: bool) -> Option<Taken> {
        let (_, kind) = self.traits.signs.iter().find(|(sign, _)| *sign == next)?;
        // A directive is one where a line begins, and nowhere else.
        if self.has(Habit::Directives) && next == '#' && !begins {
            return None;
        }
        let after = &self.rest()[next.len_utf8()..];
        let length = after.find(|char| !self.is_letter(char)).unwrap_or(after.len());
        (length > 0).then_some((Some(*kind), next.len_utf8() + length))
    }

    fn word(&mut self, begins: bool, names: bool) -> Taken {
        let rest = self.rest();
        let bytes = rest.find(|char| !self.is_letter(char)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(bytes);
        let any_case = self.has(Habit::AnyCase);
        let is_among = |words: &str| {
            words
                .split(' ')
                .any(|known| known == word || any_case && known.eq_ignore_ascii_case(word))
        };
        let is_macro = self.has(Habit::Macros)
            && after.starts_with('!')
            && after[1..].starts_with(['(', '[', '{']);
        let is_key = self.has(Habit::Colons)
            && after.starts_with(':')
            && after[1..].starts_with(char::is_whitespace)
            || self.has(Habit::Colons) && after == ":"
            || self.has(Habit::Equals) && begins && self.leads_to(bytes, "=");
        if is_key {
            return (Some(Kind::Name), bytes);
        }
        if is_among(self.traits.keywords) {
            let (defines, leads) = (is_among(self.traits.defining), is_among(LEADING));
            self.names = defines;
            self.value = false;
            self.begins = leads && self.has(Habit::Commands);
            return (Some(Kind::Keyword), bytes);
        }
        if is_macro {
            return (Some(Kind::Name), bytes + 1);
        }
        let is_done = begins && self.has(Habit::Commands) && !after.starts_with('=');
        let is_name = names || after.starts_with('(') || is_done;
        (is_name.then_some(Kind::Name), bytes)
    }

    /// Whether this comes after so many bytes and white space.
    fn leads_to(&self, bytes: usize, sign: &str) -> bool {
        self.rest()[bytes..].trim_start_matches([' ', '\t']).starts_with(sign)
    }
}

/// Without its end.
fn line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Where what stands in quotes ends, with the quote that closes it.
fn end_of(text: &str, quotes: &Quotes) -> Option<usize> {
    if quotes.inside == Inside::Raw {
        return text.find(quotes.close).map(|at| at + quotes.close.len());
    }
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        if char == '\n' && quotes.inside != Inside::Lines {
            return Some(at);
        }
        if escaped {
            escaped = false;
        } else if char == '\\' {
            escaped = true;
        } else if text[at..].starts_with(quotes.close) {
            return Some(at + quotes.close.len());
        }
    }
    None
}

/// Whether it is one character and a quote, and not what a lifetime or a mere `'` begins.
fn is_character(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some('\\') => true,
        Some('\'') | None => false,
        Some(_) => chars.next() == Some('\''),
    }
}

fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_power = |at: usize| {
        matches!(bytes.get(at), Some(b'e' | b'E'))
            && !text.starts_with("0x")
            && !text.starts_with("0X")
    };
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let goes_on = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'%')
            || *byte == b'.' && digit(at + 1)
            || matches!(byte, b'+' | b'-') && at > 0 && is_power(at - 1) && digit(at + 1);
        if !goes_on {
            break;
        }
        at += 1;
    }
    at.max(1)
}
