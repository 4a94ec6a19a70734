//! Whatever is typed, the tree is safe and nothing of the text is lost.

use proptest::prelude::*;
use shared::markup::{Block, Inline, parse};

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("javascript:alert(1)".to_owned()),
        Just("https://a.example/x".to_owned()),
        Just("HTTPS://".to_owned()),
        Just("mailto:a@b".to_owned()),
        Just("data:text/html,<script>".to_owned()),
        Just("<img src=x onerror=alert(1)>".to_owned()),
        Just("```".to_owned()),
        Just("`".to_owned()),
        Just("``".to_owned()),
        Just("\n".to_owned()),
        Just("[".to_owned()),
        Just("](".to_owned()),
        Just("](https://b.example)".to_owned()),
        Just("](javascript:x)".to_owned()),
        Just(")".to_owned()),
        Just("**".to_owned()),
        Just("*".to_owned()),
        Just("_".to_owned()),
        Just("~~".to_owned()),
        Just("||".to_owned()),
        Just("\\".to_owned()),
        Just("> ".to_owned()),
        Just("\n- ".to_owned()),
        Just("\n  ".to_owned()),
        Just("\n1. ".to_owned()),
        Just("#room".to_owned()),
        Just("@".to_owned()),
        Just("@wen".to_owned()),
        Just("请看".to_owned()),
        Just("\u{202e}".to_owned()),
        "\\PC{0,6}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Every link of the tree, with its label's parts.
fn links(blocks: &[Block]) -> Vec<(&str, &[Inline])> {
    let mut links = Vec::new();
    visit(blocks, &mut |inline| {
        if let Inline::Link { href, label } = inline {
            links.push((href.as_str(), label.as_slice()));
        }
    });
    links
}

fn visit<'a>(blocks: &'a [Block], see: &mut impl FnMut(&'a Inline)) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => visit_inlines(inlines, see),
            Block::Code { .. } => {}
            Block::Quote(inner) => visit(inner, see),
            Block::List { items, .. } => items.iter().for_each(|item| visit(item, see)),
        }
    }
}

fn visit_inlines<'a>(inlines: &'a [Inline], see: &mut impl FnMut(&'a Inline)) {
    for inline in inlines {
        see(inline);
        match inline {
            Inline::Styled(_, inner) | Inline::Link { label: inner, .. } => {
                visit_inlines(inner, see);
            }
            Inline::Text(_)
            | Inline::Break
            | Inline::Code(_)
            | Inline::Mention { .. }
            | Inline::Room { .. } => {}
        }
    }
}

/// The letters of the tree, in order; addresses of labelled links included.
fn words(blocks: &[Block]) -> String {
    let mut words = String::new();
    for block in blocks {
        match block {
            Block::Code { language, text } => {
                words.extend(language.iter().flat_map(|language| language.chars()));
                words.push_str(text);
            }
            Block::Paragraph(inlines) => words_of(inlines, &mut words),
            Block::Quote(inner) => words.push_str(&self::words(inner)),
            Block::List { items, .. } => {
                words.extend(items.iter().map(|item| self::words(item)));
            }
        }
    }
    words.retain(char::is_alphabetic);
    words
}

fn words_of(inlines: &[Inline], words: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => words.push_str(text),
            Inline::Link { href, label } => {
                words_of(label, words);
                let mut shown = String::new();
                words_of(label, &mut shown);
                if !href.eq_ignore_ascii_case(&shown) {
                    words.push_str(href);
                }
            }
            Inline::Styled(_, inner) => words_of(inner, words),
            Inline::Mention { run } | Inline::Room { run } => words.push_str(run),
            Inline::Break => {}
        }
    }
}

proptest! {
    #[test]
    fn no_link_is_ever_dangerous(text in hostile()) {
        for (href, label) in links(&parse(&text)) {
            prop_assert!(
                ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme)),
                "{href}"
            );
            prop_assert!(!href.chars().any(|char| char.is_whitespace() || char.is_control()));
            let nested = |inline: &Inline| matches!(inline, Inline::Link { .. } | Inline::Mention { .. });
            prop_assert!(!label.is_empty() && !label.iter().any(nested), "{label:?}");
        }
    }

    /// Text without fences keeps every letter.
    #[test]
    fn nothing_that_was_typed_is_lost(text in hostile().prop_filter("no fences", |text| !text.contains("```"))) {
        let mut typed = text.clone();
        typed.retain(char::is_alphabetic);
        prop_assert_eq!(words(&parse(&text)), typed);
    }
}

#[test]
fn the_longest_message_of_one_kind_of_character_is_read_at_once() {
    for piece in [
        "`",
        "``` ",
        "@",
        "http://",
        "https://a)",
        "h",
        "(",
        "\n",
        "` ``",
        "*",
        "**a",
        "_a ",
        "a_",
        "**a _b ~~c ||d ",
        "[",
        "[](",
        "[a](b",
        "](",
        "> ",
        "> \n",
        "- a\n",
        "- \n  ",
        "  - a\n",
        "1. a\n",
        "\\*",
        "#a",
        "||a||",
    ] {
        let text: String = piece.chars().cycle().take(16_000).collect();
        // Quadratic reading would take seconds here, in a test that runs on every change.
        assert!(!parse(&text).is_empty() || text.trim().is_empty(), "{piece}");
    }
}
