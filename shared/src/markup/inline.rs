//! Lines of one block → styled text, links and mentions.

use super::link::{autolink, target};
use super::{Inline, Style, is_name};
use crate::limit;

pub(super) fn inlines(text: &str) -> Vec<Inline> {
    let mut reader = Reader {
        text,
        at: 0,
        previous: None,
        closers: Backticks::new(text),
        tokens: Vec::new(),
        open: Vec::new(),
    };
    while let Some(char) = text[reader.at..].chars().next() {
        reader.step(char);
    }
    finished(reader.tokens)
}

/// What stands around a style. The same one is never open twice, so that few are open at a time,
/// however much is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Stars,
    Star,
    Underscore,
    Tildes,
    Bars,
}

impl Mark {
    const fn typed(self) -> &'static str {
        match self {
            Self::Stars => "**",
            Self::Star => "*",
            Self::Underscore => "_",
            Self::Tildes => "~~",
            Self::Bars => "||",
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Stars => Style::Strong,
            Self::Star | Self::Underscore => Style::Emphasis,
            Self::Tildes => Style::Strike,
            Self::Bars => Style::Spoiler,
        }
    }

    /// Whether it does nothing inside a word: `snake_case`, `2*3*4`.
    const fn keeps_words(self) -> bool {
        matches!(self, Self::Star | Self::Underscore)
    }
}

#[derive(Debug)]
enum Token {
    Inline(Inline),
    /// Text, unless what closes it comes.
    Opening(Opening),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Mark(Mark),
    /// Of a link's label.
    Bracket,
}

impl Opening {
    const fn typed(self) -> &'static str {
        match self {
            Self::Mark(mark) => mark.typed(),
            Self::Bracket => "[",
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The character before, unless it was a mark.
    previous: Option<char>,
    closers: Backticks,
    tokens: Vec<Token>,
    /// What is open, and its place in `tokens`.
    open: Vec<(Opening, usize)>,
}

impl Reader<'_> {
    fn step(&mut self, char: char) {
        let rest = &self.text[self.at..];
        match char {
            '\n' => self.take(Inline::Break, 1),
            '\\' => self.escape(),
            '`' => match code(self.text, self.at, &self.closers) {
                Some((code, length)) => self.take(code, length),
                // A run of backticks without an end is text as a whole.
                None => self.keep(backticks(rest)),
            },
            '*' | '_' | '~' | '|' => self.marks(char),
            '[' => self.bracket(),
            ']' => self.label(),
            '@' | '#' if !self.previous.is_some_and(is_word) => match self.mention(char) {
                Some((mention, length)) => self.take(mention, length),
                None => self.keep(1),
            },
            'h' | 'H' | 'm' | 'M'
                if !self.previous.is_some_and(|char| char.is_ascii_alphanumeric()) =>
            {
                match autolink(rest) {
                    Some((link, length)) => self.take(link, length),
                    None => self.keep(1),
                }
            }
            _ => self.keep(char.len_utf8()),
        }
    }

    /// Goes on after something that was understood.
    fn take(&mut self, inline: Inline, length: usize) {
        self.tokens.push(Token::Inline(inline));
        self.skip(length);
    }

    /// Goes on after something that stays as it is.
    fn keep(&mut self, length: usize) {
        let text = &self.text[self.at..self.at + length];
        if let Some(Token::Inline(Inline::Text(before))) = self.tokens.last_mut() {
            before.push_str(text);
        } else {
            self.tokens.push(Token::Inline(Inline::Text(text.to_owned())));
        }
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        self.at += length;
        self.previous = self.text[..self.at].chars().next_back();
    }

    /// Only before what would be markup, so that paths of Windows keep theirs.
    fn escape(&mut self) {
        let next = self.text[self.at + 1..].chars().next();
        if next.is_some_and(|char| "*_~|`[]@#>".contains(char)) {
            self.at += 1;
            self.keep(1);
        } else {
            self.keep(1);
        }
    }

    fn marks(&mut self, char: char) {
        let length = self.text[self.at..].chars().take_while(|other| *other == char).count();
        let marks: &[Mark] = match (char, length) {
            ('*', 1) => &[Mark::Star],
            ('*', 2) => &[Mark::Stars],
            ('*', 3)
                if self.place(Opening::Mark(Mark::Star))
                    > self.place(Opening::Mark(Mark::Stars)) =>
            {
                &[Mark::Star, Mark::Stars]
            }
            ('*', 3) => &[Mark::Stars, Mark::Star],
            ('_', 1) => &[Mark::Underscore],
            ('~', 2) => &[Mark::Tildes],
            ('|', 2) => &[Mark::Bars],
            _ => &[],
        };
        if marks.is_empty() {
            return self.keep(length);
        }
        let before = self.text[..self.at].chars().next_back();
        let after = self.text[self.at + length..].chars().next();
        let word = |char: Option<char>| char.is_some_and(|char| char.is_ascii_alphanumeric());
        let ink = |char: Option<char>| char.is_some_and(|char| !char.is_whitespace());
        for mark in marks {
            let closes = ink(before) && !(mark.keeps_words() && word(after));
            let opens = ink(after) && !(mark.keeps_words() && word(before));
            let length = mark.typed().len();
            match self.place(Opening::Mark(*mark)) {
                Some(place) if closes && self.holds_something(place) => self.close(place, *mark),
                None if opens => self.begin(Opening::Mark(*mark)),
                _ => self.keep(length),
            }
        }
    }

    fn begin(&mut self, opening: Opening) {
        self.open.push((opening, self.tokens.len()));
        self.tokens.push(Token::Opening(opening));
        self.at += opening.typed().len();
        self.previous = None;
    }

    /// Where in `open` it is.
    fn place(&self, opening: Opening) -> Option<usize> {
        self.open.iter().position(|(other, _)| *other == opening)
    }

    fn holds_something(&self, place: usize) -> bool {
        self.open[place].1 + 1 < self.tokens.len()
    }

    /// What has come since what is at `place` was opened; that, and all that was opened later, is
    /// open no more.
    fn since(&mut self, place: usize) -> Vec<Inline> {
        let start = self.open[place].1;
        self.open.truncate(place);
        let inner = finished(self.tokens.drain(start + 1..));
        self.tokens.truncate(start);
        inner
    }

    fn close(&mut self, place: usize, mark: Mark) {
        let inner = self.since(place);
        self.take(Inline::Styled(mark.style(), inner), mark.typed().len());
        self.previous = None;
    }

    fn bracket(&mut self) {
        // Only the last one can begin a label: a link holds no other.
        if let Some(place) = self.place(Opening::Bracket) {
            self.open.remove(place);
        }
        self.begin(Opening::Bracket);
    }

    fn label(&mut self) {
        let Some(place) = self.place(Opening::Bracket) else { return self.keep(1) };
        let rest = &self.text[self.at + 1..];
        let target = rest.strip_prefix('(').and_then(target);
        match target {
            Some((href, length)) if self.is_label(place) => {
                let label = self.since(place).into_iter().map(without_mentions).collect();
                self.take(Inline::Link { href, label }, length + 2);
            }
            _ => {
                self.open.remove(place);
                self.keep(1);
            }
        }
    }

    /// Whether there is something since the bracket, and no link in it: one address that shows
    /// another would be a trap.
    fn is_label(&self, place: usize) -> bool {
        let mut tokens = self.tokens[self.open[place].1 + 1..].iter().peekable();
        tokens.peek().is_some()
            && tokens.all(|token| match token {
                Token::Inline(inline) => !holds_link(inline),
                Token::Opening(_) => true,
            })
    }

    /// What follows an `@` or a `#`.
    fn mention(&self, char: char) -> Option<(Inline, usize)> {
        let run = &self.text[self.at + 1..];
        let end = run
            .char_indices()
            .take(limit::MENTION_CHARS)
            .find(|(_, char)| !is_name(*char))
            .map_or_else(|| cut(run, limit::MENTION_CHARS), |(at, _)| at);
        let mut run = run[..end].trim_end_matches(['.', '-']);
        if self.place(Opening::Mark(Mark::Underscore)).is_some() {
            run = run.trim_end_matches('_');
        }
        let length = 1 + run.len();
        let run = run.to_owned();
        match char {
            '#' => run
                .contains(|char: char| char.is_alphabetic())
                .then_some((Inline::Room { run }, length)),
            _ => (run.chars().count() >= limit::NICK_CHARS_MIN)
                .then_some((Inline::Mention { run }, length)),
        }
    }
}

/// Where the first `chars` characters end.
fn cut(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}

/// What was opened and never closed is text.
fn finished(tokens: impl IntoIterator<Item = Token>) -> Vec<Inline> {
    let mut inlines: Vec<Inline> = Vec::new();
    for token in tokens {
        let inline = match token {
            Token::Inline(inline) => inline,
            Token::Opening(opening) => Inline::Text(opening.typed().to_owned()),
        };
        match (inlines.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => inlines.push(inline),
        }
    }
    inlines
}

fn holds_link(inline: &Inline) -> bool {
    match inline {
        Inline::Link { .. } => true,
        Inline::Styled(_, inner) => inner.iter().any(holds_link),
        Inline::Text(_)
        | Inline::Break
        | Inline::Code(_)
        | Inline::Mention { .. }
        | Inline::Room { .. } => false,
    }
}

fn without_mentions(inline: Inline) -> Inline {
    match inline {
        Inline::Mention { run } => Inline::Text(format!("@{run}")),
        Inline::Room { run } => Inline::Text(format!("#{run}")),
        Inline::Styled(style, inner) => {
            Inline::Styled(style, inner.into_iter().map(without_mentions).collect())
        }
        Inline::Text(_) | Inline::Break | Inline::Code(_) | Inline::Link { .. } => inline,
    }
}

/// An address (`a@b`) is not a mention, but Han before an `@` is a word that ended.
fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-')
}

fn backticks(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// Where runs of backticks of each length begin, so that a search for an end never rescans.
struct Backticks(std::collections::HashMap<usize, Vec<usize>>);

impl Backticks {
    fn new(text: &str) -> Self {
        let mut runs: std::collections::HashMap<usize, Vec<usize>> =
            std::collections::HashMap::new();
        let mut at = 0;
        while let Some(offset) = text[at..].find('`') {
            let start = at + offset;
            let length = backticks(&text[start..]);
            runs.entry(length).or_default().push(start);
            at = start + length;
        }
        Self(runs)
    }

    fn next(&self, length: usize, from: usize) -> Option<usize> {
        let starts = self.0.get(&length)?;
        starts.get(starts.partition_point(|start| *start < from)).copied()
    }
}

fn code(text: &str, at: usize, closers: &Backticks) -> Option<(Inline, usize)> {
    let length = backticks(&text[at..]);
    let start = at + length;
    let end = closers.next(length, start)?;
    let inner = text[start..end].replace('\n', " ");
    let stripped = inner
        .strip_prefix(' ')
        .and_then(|inner| inner.strip_suffix(' '))
        .filter(|inner| !inner.trim().is_empty())
        .unwrap_or(&inner);
    Some((Inline::Code(stripped.to_owned()), end + length - at))
}
