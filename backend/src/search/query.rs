//! What somebody types to find something. Whatever is not understood is looked for as it is.

use super::sought::{End, Term, Words};
use super::unit::{Kind, units};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp as Moment};
use shared::error::ErrorCode;
use shared::limit;
use shared::markup::{self, Block, Inline};
use shared::time::Timestamp;

/// A query, read. People and rooms are as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub words: Words,
    /// Any of them; all, when none is named.
    pub from: Vec<Who>,
    pub not_from: Vec<Who>,
    /// Any of them; all, when none is named.
    pub rooms: Vec<String>,
    pub not_rooms: Vec<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    pub has: Vec<Has>,
    pub has_not: Vec<Has>,
    pub is: Vec<Is>,
    pub is_not: Vec<Is>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Me,
    Nick(String),
}

/// What a message can have beside words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    Link,
    Code,
}

impl Has {
    pub fn is_in(self, text: &str) -> bool {
        // Most texts need not be read as markup to know.
        let may_be = match self {
            Self::Link => text.contains(':'),
            Self::Code => text.contains('`'),
        };
        may_be && self.is_among(&markup::parse(text))
    }

    fn is_among(self, blocks: &[Block]) -> bool {
        blocks.iter().any(|block| match block {
            Block::Code { .. } => self == Self::Code,
            Block::Paragraph(inlines) => self.is_within(inlines),
            Block::Quote(blocks) => self.is_among(blocks),
            Block::List { items, .. } => items.iter().any(|item| self.is_among(item)),
        })
    }

    fn is_within(self, inlines: &[Inline]) -> bool {
        inlines.iter().any(|inline| match inline {
            Inline::Code(_) => self == Self::Code,
            Inline::Styled(_, inlines) => self.is_within(inlines),
            Inline::Link { label, .. } => self == Self::Link || self.is_within(label),
            Inline::Text(_) | Inline::Break | Inline::Mention { .. } | Inline::Room { .. } => false,
        })
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Pinned,
    /// Of the one who searches.
    Mention,
    /// By the one who searches.
    Saved,
    /// Begins a thread, or is said in one.
    InThread,
}

/// When and where on earth the query was typed, which says what `today` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    pub at: Timestamp,
    /// East of Greenwich.
    pub offset_minutes: i32,
}

impl Query {
    /// Nothing was asked: nothing is found.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads a query. Refuses more than [`limit::QUERY_CHARS`] and [`limit::QUERY_TERMS`].
pub fn read(text: &str, now: Now) -> Result<Query, ErrorCode> {
    if text.chars().count() > limit::QUERY_CHARS {
        return Err(ErrorCode::TooLong { limit: limit::QUERY_CHARS });
    }
    let mut query = Query::default();
    let parts = parts(text);
    if parts.len() > limit::QUERY_TERMS {
        return Err(ErrorCode::TooMany { limit: limit::QUERY_TERMS });
    }
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.iter().enumerate() {
        if filter(&mut query, part, now).is_some() {
            continue;
        }
        let mut units = units(part.text);
        if let Some(first) = units.first_mut() {
            first.joined = false;
        }
        let Some(end) = units.last() else { continue };
        let is_open = at == last
            && !part.quoted
            && !part.excluded
            && part.text.ends_with(char::is_alphanumeric)
            && end.kind == Kind::Word
            && end.text.chars().nth(1).is_some();
        let term = Term { units, end: if is_open { End::Open } else { End::Whole } };
        if part.excluded { &mut query.words.none } else { &mut query.words.all }.push(term);
    }
    Ok(query)
}

#[derive(Clone, Copy, Debug)]
struct Part<'q> {
    excluded: bool,
    quoted: bool,
    /// With the filter's name; without the quotes around all of it.
    text: &'q str,
}

/// Splits at white space outside of quotes.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let excluded = rest.len() > 1
            && rest.starts_with('-')
            && !rest[1..].starts_with(|char: char| char.is_whitespace() || char == '-');
        if excluded {
            rest = &rest[1..];
        }
        let (part, after) = if let Some((inner, after)) = quoted(rest) {
            (Part { excluded, quoted: true, text: inner }, after)
        } else {
            let end = end_of_word(rest);
            (Part { excluded, quoted: false, text: &rest[..end] }, &rest[end..])
        };
        parts.push(part);
        rest = after.trim_start();
    }
    parts
}

/// What stands in quotes at the beginning, and what comes after them. An open quote goes on to
/// the end: it is being typed.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let close = match open {
        '"' => '"',
        '“' => '”',
        '「' => '」',
        _ => return None,
    };
    let inner = &text[open.len_utf8()..];
    Some(inner.split_once(close).unwrap_or((inner, "")))
}

/// A word ends at white space, but for what is quoted after a colon.
fn end_of_word(text: &str) -> usize {
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        if char.is_whitespace() {
            return at;
        }
        if matches!(before, ':' | '：')
            && let Some((_, after)) = quoted(&text[at..])
        {
            return text.len() - after.len();
        }
        before = char;
    }
    text.len()
}

/// Takes the part as a filter, if it is one.
fn filter(query: &mut Query, part: &Part<'_>, now: Now) -> Option<()> {
    if part.quoted {
        return None;
    }
    let (name, value) = part.text.split_once([':', '：'])?;
    let value = quoted(value).map_or(value, |(inner, _)| inner).trim();
    if value.is_empty() {
        return None;
    }
    let text = value.to_owned();
    match (name.to_lowercase().as_str(), part.excluded) {
        ("from" | "来自", excluded) => {
            let nick = text.trim_start_matches('@').to_owned();
            let who = match nick.to_lowercase().as_str() {
                "me" | "我" => Who::Me,
                _ => Who::Nick(nick),
            };
            if excluded { &mut query.not_from } else { &mut query.from }.push(who);
        }
        ("in" | "在", excluded) => {
            let name = text.strip_prefix('#').map_or_else(|| text.clone(), str::to_owned);
            if excluded { &mut query.not_rooms } else { &mut query.rooms }.push(name);
        }
        ("has" | "含", excluded) => {
            let has = match value.to_lowercase().as_str() {
                "link" | "链接" => Has::Link,
                "code" | "代码" => Has::Code,
                _ => return None,
            };
            if excluded { &mut query.has_not } else { &mut query.has }.push(has);
        }
        ("is" | "是", excluded) => {
            let is = match value.to_lowercase().as_str() {
                "pinned" | "置顶" => Is::Pinned,
                "mention" | "提到我" => Is::Mention,
                "saved" | "收藏" => Is::Saved,
                "thread" | "话题" => Is::InThread,
                _ => return None,
            };
            if excluded { &mut query.is_not } else { &mut query.is }.push(is);
        }
        ("before" | "早于", false) => until(query, days(value, now)?.0),
        ("after" | "since" | "自从", false) => since(query, days(value, now)?.0),
        ("on" | "日期", false) => {
            let (first, end) = days(value, now)?;
            since(query, first);
            until(query, end);
        }
        _ => return None,
    }
    Some(())
}

/// Of two bounds the narrower one holds.
fn since(query: &mut Query, at: Timestamp) {
    query.since = Some(query.since.map_or(at, |other| other.max(at)));
}

fn until(query: &mut Query, at: Timestamp) {
    query.until = Some(query.until.map_or(at, |other| other.min(at)));
}

/// The moments at which a day, month or year begins and ends where the query was typed.
fn days(text: &str, now: Now) -> Option<(Timestamp, Timestamp)> {
    let zone = TimeZone::fixed(Offset::from_seconds(now.offset_minutes.checked_mul(60)?).ok()?);
    let today = Moment::from_millisecond(now.at.0).ok()?.to_zoned(zone.clone()).date();
    let (first, length) = span_of(&text.to_lowercase(), today)?;
    let moment = |date: Date| {
        let zoned = date.to_zoned(zone.clone()).ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    };
    Some((moment(first)?, moment(first.checked_add(length).ok()?)?))
}

fn span_of(text: &str, today: Date) -> Option<(Date, Span)> {
    let day = Span::new().days(1);
    match text {
        "today" | "今天" => return Some((today, day)),
        "yesterday" | "昨天" => return Some((today.yesterday().ok()?, day)),
        _ => {}
    }
    if let Some((number, unit)) = text.char_indices().next_back().map(|(at, _)| text.split_at(at))
        && let Ok(number) = number.parse::<u16>()
    {
        let back = match unit {
            "d" | "天" => Span::new().days(number),
            "w" | "周" => Span::new().weeks(number),
            "m" | "月" => Span::new().months(number),
            // More than time has is no panic but no date.
            "y" => Span::new().try_years(number).ok()?,
            _ => Span::new(),
        };
        if !back.is_zero() {
            return Some((today.checked_sub(back).ok()?, day));
        }
    }
    let numbers: Vec<i16> =
        text.split(['-', '/', '.']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let (year, month, date) = match *numbers.as_slice() {
        [year] => (year, None, None),
        [year, month] => (year, Some(month), None),
        [year, month, date] => (year, Some(month), Some(date)),
        _ => return None,
    };
    if !(1970..=9000).contains(&year) {
        return None;
    }
    let length = match (month, date) {
        (None, _) => Span::new().years(1),
        (Some(_), None) => Span::new().months(1),
        (Some(_), Some(_)) => day,
    };
    let small = |number: Option<i16>| i8::try_from(number.unwrap_or(1)).ok();
    Some((Date::new(year, small(month)?, small(date)?).ok()?, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-21 23:30 in Greenwich: already the 22nd in Zürich.
    const NOW: Now = Now { at: Timestamp(1_795_303_800_000), offset_minutes: 60 };
    const DAY: i64 = 86_400_000;

    fn query(text: &str) -> Query {
        read(text, NOW).unwrap()
    }

    fn words(text: &str) -> Vec<Vec<String>> {
        let terms = query(text).words.all.into_iter();
        terms.map(|term| term.units.into_iter().map(|unit| unit.text).collect()).collect()
    }

    #[test]
    fn filters_are_taken_and_everything_else_is_looked_for() {
        let read = query("from:@Mira -in:\"two words\" lunch in:#kitchen has:link from:me");
        assert_eq!(read.from, [Who::Nick("Mira".into()), Who::Me]);
        assert_eq!(read.not_rooms, ["two words"]);
        assert_eq!(read.rooms, ["kitchen"]);
        assert_eq!(read.has, [Has::Link]);
        assert_eq!(words("from:mira lunch"), [["lunch"]]);
        let read = query("is:pinned 是：收藏 -is:thread");
        assert_eq!((read.is, read.is_not), (vec![Is::Pinned, Is::Saved], vec![Is::InThread]));
        assert_eq!(words("来自：林一 午饭"), [["午", "饭"]]);
        for literal in
            ["foo:bar", "has:bar", "is:bar", "before:lunch", "on:2026-13-01", "from:", "in:\"\""]
        {
            assert!(query(literal).words.all.len() == 1, "{literal}");
            assert_eq!(Query { words: Words::default(), ..query(literal) }, Query::default());
        }
    }

    #[test]
    fn days_are_those_of_whoever_asks() {
        let midnight = 1_795_302_000_000;
        for (text, since, until) in [
            ("after:today", Some(midnight), None),
            ("since:yesterday", Some(midnight - DAY), None),
            ("before:2026-11-22", None, Some(midnight)),
            ("on:2026-11-22", Some(midnight), Some(midnight + DAY)),
            ("after:7d", Some(midnight - 7 * DAY), None),
            ("after:7d after:1d before:2027", Some(midnight - DAY), Some(1_798_758_000_000)),
            ("on:2026-11", Some(1_793_487_600_000), Some(1_796_079_600_000)),
        ] {
            let read = query(text);
            assert_eq!(read.since.map(|at| at.0), since, "{text}");
            assert_eq!(read.until.map(|at| at.0), until, "{text}");
            assert!(read.words.is_empty(), "{text}");
        }
    }

    #[test]
    fn only_the_last_word_may_go_on() {
        let ends = |text: &str| -> Vec<End> {
            query(text).words.all.iter().map(|term| term.end).collect()
        };
        assert_eq!(ends("one two"), [End::Whole, End::Open]);
        assert_eq!(ends("one \"two\""), [End::Whole, End::Whole]);
        assert_eq!(ends("foo-bar"), [End::Open]);
        assert_eq!(ends("two."), [End::Whole]);
        assert_eq!(ends("a"), [End::Whole]);
        assert_eq!(ends("手机"), [End::Whole]);
    }

    #[test]
    fn a_query_that_asks_for_nothing_is_empty() {
        for text in ["", "  ", "*", "\"", "-", "--", "()", "\"\"", "—"] {
            assert!(query(text).is_empty(), "{text}");
        }
        assert!(!query("from:me").is_empty());
    }

    #[test]
    fn a_query_has_a_length() {
        let long = "x".repeat(limit::QUERY_CHARS + 1);
        assert_eq!(read(&long, NOW), Err(ErrorCode::TooLong { limit: limit::QUERY_CHARS }));
        let many = "x ".repeat(limit::QUERY_TERMS + 1);
        assert_eq!(read(&many, NOW), Err(ErrorCode::TooMany { limit: limit::QUERY_TERMS }));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read(text in "([a-z:\"“”「」：@#-]|from:|in:|before:|\\PC){0,40}") {
            prop_assert!(read(&text, NOW).is_ok());
        }
    }
}
