//! Message text → a tree that both ends read alike. Safe by construction: the tree holds text
//! and links of three schemes, nothing else; whoever draws it makes nodes, never markup. What is
//! not understood stays as it was typed.
//!
//! | typed | read as |
//! |---|---|
//! | `**bold**`, `_italic_` or `*italic*`, `~~strike~~`, `\|\|spoiler\|\|` | a style, around anything but line ends of its block |
//! | `` `code` ``, and fences of three backticks with a language | text to the letter |
//! | `> ` before each line | a quote |
//! | `- `, `* `, `+ ` or `1. ` before an item, indented to nest | a list |
//! | `[words](https://…)`, or an address alone | a link, of `http`, `https` or `mailto` |
//! | `@nick`, `#room` | a mention |
//! | `\*` and the like | the character itself |

mod block;
mod inline;
mod link;
mod plain;

pub use plain::{lone_emoji, plain};

/// A part of a message that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Never empty.
    Paragraph(Vec<Inline>),
    /// A fenced block, without its fences and its last line end.
    Code { language: Option<String>, text: String },
    /// What somebody else said; calls nobody.
    Quote(Vec<Block>),
    List {
        /// The first number; `None` where items are not counted.
        start: Option<u32>,
        /// At least one; each may be empty.
        items: Vec<Vec<Block>>,
    },
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Break,
    Code(String),
    /// Around other parts, none of them of the same style.
    Styled(Style, Vec<Inline>),
    /// `href` begins with `http://`, `https://` or `mailto:`. The label holds no link and no
    /// mention.
    Link {
        href: String,
        label: Vec<Inline>,
    },
    /// What follows an `@`: a nick, perhaps with further letters stuck to it, since some scripts
    /// set no space between words. [`longest_nick`] finds where it ends.
    Mention {
        run: String,
    },
    /// What follows a `#`: a room's name as [`room_key`] writes it, perhaps with further letters
    /// stuck to it.
    Room {
        run: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    Strong,
    Emphasis,
    Strike,
    /// Hidden until the reader wants to see it.
    Spoiler,
}

/// Reads a message's text. Linear in its length; no deeper than [`crate::limit::MARKUP_DEPTH`]
/// blocks and one of each style.
pub fn parse(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    block::blocks(&lines, crate::limit::MARKUP_DEPTH)
}

/// Every prefix that could be a nick of every mention in `blocks`, longest first, at most
/// `limit` mentions: what the server looks up before it resolves them.
pub fn nick_candidates(blocks: &[Block], limit: usize) -> Vec<String> {
    runs(blocks)
        .into_iter()
        .take(limit)
        .flat_map(|run| prefixes(run).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Everybody, as a text calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Everybody {
    /// `@here`
    Here,
    /// `@room`, or `@everyone`
    Room,
}

/// Splits a mention's run after a word that calls everybody, which nobody's nick can be.
pub fn everybody(run: &str) -> Option<(Everybody, &str)> {
    let words =
        [("room", Everybody::Room), ("everyone", Everybody::Room), ("here", Everybody::Here)];
    words.into_iter().find_map(|(word, everybody)| {
        let (head, rest) = run.split_at_checked(word.len())?;
        // Scripts that set no spaces go on at once.
        let ends = !rest
            .trim_start_matches('.')
            .starts_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
        (head.eq_ignore_ascii_case(word) && ends).then_some((everybody, rest))
    })
}

/// Whom `blocks` calls, if they call everybody: the whole room rather than those present.
pub fn call(blocks: &[Block]) -> Option<Everybody> {
    let called = runs(blocks).into_iter().filter_map(everybody).map(|(everybody, _)| everybody);
    called.max()
}

/// What follows each `#` in `blocks`, quotes included.
pub fn room_runs(blocks: &[Block]) -> Vec<&str> {
    let mut runs = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => room_runs_in(inlines, &mut runs),
            Block::List { items, .. } => {
                runs.extend(items.iter().flat_map(|item| room_runs(item)));
            }
            Block::Quote(inner) => runs.extend(room_runs(inner)),
            Block::Code { .. } => {}
        }
    }
    runs
}

fn room_runs_in<'a>(inlines: &'a [Inline], runs: &mut Vec<&'a str>) {
    for inline in inlines {
        match inline {
            Inline::Room { run } => runs.push(run),
            Inline::Styled(_, inner) => room_runs_in(inner, runs),
            Inline::Text(_)
            | Inline::Break
            | Inline::Code(_)
            | Inline::Link { .. }
            | Inline::Mention { .. } => {}
        }
    }
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

/// How a room's name is written after a `#`: in lower case, a hyphen for each run of what is
/// neither a letter nor a digit nor one of `_`, `.`, `-`.
pub fn room_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for char in name.chars().flat_map(char::to_lowercase) {
        if is_name(char) {
            key.push(char);
        } else if !key.ends_with('-') && !key.is_empty() {
            key.push('-');
        }
    }
    key.truncate(key.trim_end_matches(['-', '.']).len());
    key
}

/// Splits a room mention's run after the longest key that is known.
pub fn longest_room(run: &str, known: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let ends: Vec<usize> = run
        .char_indices()
        .map(|(at, char)| at + char.len_utf8())
        .take(crate::limit::ROOM_NAME_CHARS)
        .collect();
    let end = ends.into_iter().rev().find(|end| known(&run[..*end].to_lowercase()))?;
    Some(run.split_at(end))
}

/// What a nick or a room's key is made of.
fn is_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '.' | '-')
}

/// The mentions of people, but for those in quotes.
fn runs(blocks: &[Block]) -> Vec<&str> {
    let mut runs = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => runs_in(inlines, &mut runs),
            Block::List { items, .. } => {
                runs.extend(items.iter().flat_map(|item| self::runs(item)));
            }
            Block::Code { .. } | Block::Quote(_) => {}
        }
    }
    runs
}

fn runs_in<'a>(inlines: &'a [Inline], runs: &mut Vec<&'a str>) {
    for inline in inlines {
        match inline {
            Inline::Mention { run } => runs.push(run),
            Inline::Styled(_, inner) => runs_in(inner, runs),
            Inline::Text(_)
            | Inline::Break
            | Inline::Code(_)
            | Inline::Link { .. }
            | Inline::Room { .. } => {}
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    fn link_to(href: &str) -> Inline {
        Inline::Link { href: href.to_owned(), label: vec![text(href)] }
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
                Inline::Link {
                    href: "http://d.example".into(),
                    label: vec![text("HTTP://d.example")],
                },
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

    #[test]
    fn everybody_is_called_by_a_whole_word_outside_of_quotes() {
        for (text, called) in [
            ("@room lunch", Some(Everybody::Room)),
            ("@Everyone: lunch", Some(Everybody::Room)),
            ("@here.", Some(Everybody::Here)),
            ("@here or @room", Some(Everybody::Room)),
            ("@room大家好", Some(Everybody::Room)),
            ("@roommate", None),
            ("@room-2", None),
            ("@here.after", None),
            ("`@room`", None),
            ("> @room", None),
            ("a@room", None),
        ] {
            assert_eq!(call(&parse(text)), called, "{text}");
        }
        let blocks = parse("see #launch-week and **#厨房**\n> #lobby\n`#code`");
        assert_eq!(room_runs(&blocks), ["launch-week", "厨房", "lobby"]);
    }

    fn styled(style: Style, inner: Vec<Inline>) -> Inline {
        Inline::Styled(style, inner)
    }

    #[test]
    fn styles_nest_and_what_is_not_closed_stays_as_typed() {
        assert_eq!(
            paragraph("**a _b_** ~~c~~ ||d||"),
            [
                styled(Style::Strong, vec![text("a "), styled(Style::Emphasis, vec![text("b")])]),
                text(" "),
                styled(Style::Strike, vec![text("c")]),
                text(" "),
                styled(Style::Spoiler, vec![text("d")]),
            ],
        );
        assert_eq!(
            paragraph("***a***"),
            [styled(Style::Strong, vec![styled(Style::Emphasis, vec![text("a")])])],
        );
        for source in [
            "2 * 3 * 4",
            "2*3*4",
            "snake_case_name",
            "**a",
            "a ** b **",
            "****",
            "a * *",
            "a || b",
            "__init__",
            "~a~",
            "~~ a ~~",
            "||||",
            "**_",
            "_",
            "C:\\*.txt and \\\\host\\share",
        ] {
            let escaped = source.replace("\\*", "*");
            assert_eq!(paragraph(source), [text(&escaped)], "{source}");
        }
    }

    #[test]
    fn han_is_styled_without_spaces_around() {
        assert_eq!(
            paragraph("这是**重点**。"),
            [text("这是"), styled(Style::Strong, vec![text("重点")]), text("。")],
        );
    }

    #[test]
    fn a_crossing_style_is_text() {
        assert_eq!(
            paragraph("**a _b** c_"),
            [styled(Style::Strong, vec![text("a _b")]), text(" c_")],
        );
    }

    #[test]
    fn a_backslash_takes_the_meaning_of_a_mark() {
        assert_eq!(paragraph(r"\*a\* \`b\` \[c\](d) \@wen"), [text("*a* `b` [c](d) @wen")]);
    }

    #[test]
    fn a_labelled_link_shows_words_but_never_another_address() {
        assert_eq!(
            paragraph("see [the **plan**](https://a.example/x_(y))."),
            [
                text("see "),
                Inline::Link {
                    href: "https://a.example/x_(y)".into(),
                    label: vec![text("the "), styled(Style::Strong, vec![text("plan")])],
                },
                text("."),
            ],
        );
        assert_eq!(
            paragraph("[https://bank.example](https://evil.example)"),
            [
                text("["),
                link_to("https://bank.example"),
                text("]("),
                link_to("https://evil.example"),
                text(")"),
            ],
        );
        for source in [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](java\tscript:alert)",
            "[x](data:text/html,y)",
            "[x]( https: //a)",
            "[](https://)",
            "[x](//a.example)",
            "[x]",
        ] {
            assert_eq!(paragraph(source), [text(source)], "{source}");
        }
    }

    #[test]
    fn a_quote_holds_blocks_and_calls_nobody() {
        assert_eq!(
            parse("> @wen said\n> - a\nyes"),
            [
                Block::Quote(vec![
                    Block::Paragraph(vec![Inline::Mention { run: "wen".into() }, text(" said")]),
                    Block::List {
                        start: None,
                        items: vec![vec![Block::Paragraph(vec![text("a")])]]
                    },
                ]),
                Block::Paragraph(vec![text("yes")]),
            ],
        );
        assert_eq!(mentioned(&parse("> @wen\n\n- **@noor**"), |_| true), ["noor"]);
        assert_eq!(paragraph(">_<"), [text(">_<")]);
    }

    #[test]
    fn lists_are_counted_or_not_and_nest() {
        let item = |words: &str| vec![Block::Paragraph(vec![text(words)])];
        assert_eq!(
            parse("2. a\n3. b\n   c"),
            [Block::List {
                start: Some(2),
                items: vec![
                    item("a"),
                    vec![Block::Paragraph(vec![text("b"), Inline::Break, text(" c")])],
                ],
            }],
        );
        assert_eq!(
            parse("- a\n  - b\n- c"),
            [Block::List {
                start: None,
                items: vec![
                    vec![
                        Block::Paragraph(vec![text("a")]),
                        Block::List { start: None, items: vec![item("b")] },
                    ],
                    item("c"),
                ],
            }],
        );
        for source in ["-a", "2024. was good", "-", "- "] {
            assert_eq!(paragraph(source), [text(source)], "{source}");
        }
        assert_eq!(
            paragraph("born in\n12. May"),
            [text("born in"), Inline::Break, text("12. May"),]
        );
    }

    #[test]
    fn what_nests_too_deep_is_text() {
        let deep = "> ".repeat(limit::MARKUP_DEPTH + 2) + "a";
        let mut blocks = parse(&deep);
        let mut depth = 0;
        while let [Block::Quote(inner)] = blocks.as_slice() {
            blocks = inner.clone();
            depth += 1;
        }
        assert_eq!(depth, limit::MARKUP_DEPTH);
        assert_eq!(blocks, [Block::Paragraph(vec![text("> > a")])]);
    }

    #[test]
    fn a_room_is_called_by_its_key() {
        assert_eq!(room_key("Launch week: 2.4!"), "launch-week-2.4");
        assert_eq!(room_key("前台"), "前台");
        assert_eq!(
            paragraph("in #launch-week, #1 of C#"),
            [text("in "), Inline::Room { run: "launch-week".into() }, text(", #1 of C#"),],
        );
        assert_eq!(longest_room("前台看看", |key| key == "前台"), Some(("前台", "看看")));
    }

    #[test]
    fn plain_words_are_on_one_line_and_hide_spoilers() {
        assert_eq!(
            plain("> **a** [b](https://c.example)\n\n- d ||ef||\n- @wen"),
            "a b d \u{2588}\u{2588} @wen",
        );
    }

    #[test]
    fn a_few_emoji_alone_are_told_from_text() {
        for source in ["👍", "👍🏽 🎉", "👩‍👩‍👧‍👦🇩🇪❤️"] {
            assert!(lone_emoji(&parse(source)), "{source}");
        }
        for source in ["👍👍👍👍", "ok 👍", "", "12", "**👍**"] {
            assert!(!lone_emoji(&parse(source)), "{source}");
        }
    }
}
