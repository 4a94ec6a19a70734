//! Message text → a tree that both ends read alike. Safe by construction: the tree holds text
//! and links of three schemes, nothing else; whoever draws it makes nodes, never markup.

/// A part of a message that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Never empty.
    Paragraph(Vec<Inline>),
    /// A fenced block, without its fences and its last line end.
    Code { language: Option<String>, text: String },
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Break,
    Code(String),
    /// `href` begins with `http://`, `https://` or `mailto:`.
    Link {
        href: String,
        text: String,
    },
    /// What follows an `@`: a nick, perhaps with further letters stuck to it, since some scripts
    /// set no space between words. [`longest_nick`] finds where it ends.
    Mention {
        run: String,
    },
}

/// Reads a message's text. Linear in its length.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    let mut paragraph: Vec<&str> = Vec::new();
    while let Some(line) = lines.next() {
        if let Some((fence, language)) = opening_fence(line) {
            flush(&mut paragraph, &mut blocks);
            let mut code: Vec<&str> = Vec::new();
            for line in lines.by_ref() {
                if is_closing_fence(line, fence) {
                    break;
                }
                code.push(line);
            }
            blocks.push(Block::Code { language, text: code.join("\n") });
        } else if line.trim().is_empty() {
            flush(&mut paragraph, &mut blocks);
        } else {
            paragraph.push(line);
        }
    }
    flush(&mut paragraph, &mut blocks);
    blocks
}

/// Every prefix that could be a nick of every mention in `blocks`, longest first, at most
/// `limit` mentions: what the server looks up before it resolves them.
pub fn nick_candidates(blocks: &[Block], limit: usize) -> Vec<String> {
    runs(blocks)
        .take(limit)
        .flat_map(|run| prefixes(run).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The nicks that `blocks` mentions, each once, in order of appearance.
pub fn mentioned(blocks: &[Block], known: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut nicks = Vec::new();
    for run in runs(blocks) {
        if let Some((nick, _)) = longest_nick(run, &known)
            && !nicks.contains(&nick)
        {
            nicks.push(nick);
        }
    }
    nicks
}

/// Splits a mention's run after the longest nick that is known.
pub fn longest_nick(run: &str, known: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    prefixes(run).find(|prefix| known(prefix)).map(|nick| (nick, &run[nick.len()..]))
}

fn runs(blocks: &[Block]) -> impl Iterator<Item = &str> {
    blocks
        .iter()
        .filter_map(|block| match block {
            Block::Paragraph(inlines) => Some(inlines),
            Block::Code { .. } => None,
        })
        .flatten()
        .filter_map(|inline| match inline {
            Inline::Mention { run } => Some(run.as_str()),
            Inline::Text(_) | Inline::Break | Inline::Code(_) | Inline::Link { .. } => None,
        })
}

/// From the longest to the shortest that a nick may have.
fn prefixes(run: &str) -> impl Iterator<Item = &str> {
    let ends: Vec<usize> = run
        .char_indices()
        .map(|(at, char)| at + char.len_utf8())
        .take(crate::limit::NICK_CHARS_MAX)
        .skip(crate::limit::NICK_CHARS_MIN - 1)
        .collect();
    ends.into_iter().rev().map(|end| &run[..end])
}

fn flush(paragraph: &mut Vec<&str>, blocks: &mut Vec<Block>) {
    if paragraph.is_empty() {
        return;
    }
    let inlines = inlines(&paragraph.join("\n"));
    paragraph.clear();
    blocks.push(Block::Paragraph(inlines));
}

/// The length of the fence and the language it names.
fn opening_fence(line: &str) -> Option<(usize, Option<String>)> {
    let line = line.trim_start_matches(' ');
    let fence = line.bytes().take_while(|byte| *byte == b'`').count();
    let info = line[fence..].trim();
    if fence < 3 || info.contains('`') {
        return None;
    }
    let language =
        info.split_whitespace().next().filter(|word| word.chars().count() <= 64).map(str::to_owned);
    Some((fence, language))
}

fn is_closing_fence(line: &str, fence: usize) -> bool {
    let line = line.trim();
    line.len() >= fence && line.bytes().all(|byte| byte == b'`')
}

fn inlines(text: &str) -> Vec<Inline> {
    let mut out = Vec::new();
    let mut plain = String::new();
    let closers = Backticks::new(text);
    let mut at = 0;
    let mut previous = None;
    while let Some(char) = text[at..].chars().next() {
        let rest = &text[at..];
        let taken = match char {
            '\n' => Some((Inline::Break, 1)),
            '`' => code(text, at, &closers),
            '@' if !previous.is_some_and(is_word) => mention(rest),
            'h' | 'H' | 'm' | 'M'
                if !previous.is_some_and(|char: char| char.is_ascii_alphanumeric()) =>
            {
                link(rest)
            }
            _ => None,
        };
        if let Some((inline, length)) = taken {
            if !plain.is_empty() {
                out.push(Inline::Text(core::mem::take(&mut plain)));
            }
            out.push(inline);
            at += length;
            previous = text[..at].chars().next_back();
        } else {
            // A run of backticks without an end is text as a whole.
            let length = if char == '`' { backticks(rest) } else { char.len_utf8() };
            plain.push_str(&rest[..length]);
            at += length;
            previous = Some(char);
        }
    }
    if !plain.is_empty() {
        out.push(Inline::Text(plain));
    }
    out
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

fn mention(rest: &str) -> Option<(Inline, usize)> {
    let run = &rest[1..];
    let end = run
        .char_indices()
        .find(|(_, char)| !(char.is_alphanumeric() || matches!(char, '_' | '.' | '-')))
        .map_or(run.len(), |(at, _)| at);
    let run = run[..end].trim_end_matches(['.', '-']);
    (run.chars().count() >= crate::limit::NICK_CHARS_MIN)
        .then(|| (Inline::Mention { run: run.to_owned() }, 1 + run.len()))
}

fn link(rest: &str) -> Option<(Inline, usize)> {
    let scheme = ["https://", "http://", "mailto:"].into_iter().find(|scheme| {
        rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let end =
        rest.char_indices().find(|(_, char)| ends_link(*char)).map_or(rest.len(), |(at, _)| at);
    let text = trim_link(&rest[..end]);
    let address = text.get(scheme.len()..)?;
    let plausible = if scheme == "mailto:" {
        address.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty())
    } else {
        address.starts_with(|char: char| char.is_alphanumeric() || char == '[')
    };
    if !plausible {
        return None;
    }
    let href = format!("{scheme}{address}");
    Some((Inline::Link { href, text: text.to_owned() }, text.len()))
}

/// White space, quotes and brackets of markup, and everything of scripts that run on without
/// spaces: browsers copy those percent-encoded.
fn ends_link(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(char, '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '{' | '}')
        || matches!(char,
            '\u{2018}'..='\u{201f}' | '\u{2026}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Punctuation at the end belongs to the sentence, a closing bracket without its opening too.
fn trim_link(mut text: &str) -> &str {
    let count = |wanted: char| text.chars().filter(|char| *char == wanted).count();
    let (round, square) = (count('('), count('['));
    let (mut closed_round, mut closed_square) = (count(')'), count(']'));
    while let Some(last) = text.chars().next_back() {
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => {}
            ')' if closed_round > round => closed_round -= 1,
            ']' if closed_square > square => closed_square -= 1,
            _ => break,
        }
        text = &text[..text.len() - last.len_utf8()];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    fn link_to(href: &str) -> Inline {
        Inline::Link { href: href.to_owned(), text: href.to_owned() }
    }

    fn paragraph(source: &str) -> Vec<Inline> {
        match parse(source).as_slice() {
            [Block::Paragraph(inlines)] => inlines.clone(),
            other => panic!("not one paragraph: {other:?}"),
        }
    }

    #[test]
    fn lines_break_and_empty_lines_part_paragraphs() {
        assert_eq!(
            parse("a\nb\n\nc"),
            [
                Block::Paragraph(vec![text("a"), Inline::Break, text("b")]),
                Block::Paragraph(vec![text("c")]),
            ],
        );
    }

    #[test]
    fn a_fence_keeps_its_text_to_the_letter_even_without_an_end() {
        assert_eq!(
            parse("```rust\nlet a = \"`@b`\";\n\n  x\n```\nafter"),
            [
                Block::Code {
                    language: Some("rust".to_owned()),
                    text: "let a = \"`@b`\";\n\n  x".to_owned(),
                },
                Block::Paragraph(vec![text("after")]),
            ],
        );
        assert_eq!(parse("```\na"), [Block::Code { language: None, text: "a".to_owned() }]);
    }

    #[test]
    fn inline_code_ends_with_as_many_backticks_as_it_began() {
        assert_eq!(
            paragraph("a `b` ``c`d`` `e"),
            [
                text("a "),
                Inline::Code("b".into()),
                text(" "),
                Inline::Code("c`d".into()),
                text(" `e")
            ],
        );
    }

    #[test]
    fn a_link_ends_before_the_sentence_does() {
        assert_eq!(
            paragraph("(see https://a.example/b_(c), or HTTP://d.example.)"),
            [
                text("(see "),
                link_to("https://a.example/b_(c)"),
                text(", or "),
                Inline::Link { href: "http://d.example".into(), text: "HTTP://d.example".into() },
                text(".)"),
            ],
        );
        assert_eq!(
            paragraph("看https://a.example/路。"),
            [text("看"), link_to("https://a.example/"), text("路。")],
        );
    }

    #[test]
    fn no_other_scheme_becomes_a_link() {
        for source in
            ["javascript:alert(1)", "data:text/html,x", "https://", "mailto:x", "vbscript:x"]
        {
            assert_eq!(paragraph(source), [text(source)], "{source}");
        }
    }

    #[test]
    fn a_mention_is_found_where_scripts_set_no_spaces_but_not_in_an_address() {
        assert_eq!(
            paragraph("hi @wen, a@b.example"),
            [text("hi "), Inline::Mention { run: "wen".into() }, text(", a@b.example")],
        );
        let blocks = parse("请@林一看看 `@wen`");
        assert_eq!(mentioned(&blocks, |nick| nick == "林一" || nick == "wen"), ["林一"]);
        assert_eq!(longest_nick("林一看看", |nick| nick == "林一"), Some(("林一", "看看")));
    }

    #[test]
    fn the_longest_known_nick_wins() {
        assert_eq!(
            longest_nick("anna-b", |nick| nick == "anna" || nick == "anna-b"),
            Some(("anna-b", ""))
        );
        assert_eq!(longest_nick("anna", |_| false), None);
    }
}
