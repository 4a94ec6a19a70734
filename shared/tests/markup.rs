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
        Just("@".to_owned()),
        Just("@wen".to_owned()),
        Just("请看".to_owned()),
        Just("\u{202e}".to_owned()),
        "\\PC{0,6}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn links(blocks: &[Block]) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    for block in blocks {
        if let Block::Paragraph(inlines) = block {
            for inline in inlines {
                if let Inline::Link { href, text } = inline {
                    links.push((href.as_str(), text.as_str()));
                }
            }
        }
    }
    links
}

/// The letters and digits of the tree, in order.
fn words(blocks: &[Block]) -> String {
    let mut words = String::new();
    for block in blocks {
        match block {
            Block::Code { language, text } => {
                words.extend(language.iter().flat_map(|language| language.chars()));
                words.push_str(text);
            }
            Block::Paragraph(inlines) => {
                for inline in inlines {
                    match inline {
                        Inline::Text(text) | Inline::Code(text) | Inline::Link { text, .. } => {
                            words.push_str(text);
                        }
                        Inline::Mention { run } => words.push_str(run),
                        Inline::Break => {}
                    }
                }
            }
        }
    }
    words.retain(char::is_alphanumeric);
    words
}

proptest! {
    #[test]
    fn no_link_is_ever_dangerous(text in hostile()) {
        for (href, shown) in links(&parse(&text)) {
            prop_assert!(
                ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme)),
                "{href}"
            );
            prop_assert!(!href.chars().any(|char| char.is_whitespace() || char.is_control()));
            prop_assert!(href.eq_ignore_ascii_case(shown), "{shown} leads to {href}");
        }
    }

    /// Text without fences keeps every letter and digit.
    #[test]
    fn nothing_that_was_typed_is_lost(text in hostile().prop_filter("no fences", |text| !text.contains("```"))) {
        let mut typed = text.clone();
        typed.retain(char::is_alphanumeric);
        prop_assert_eq!(words(&parse(&text)), typed);
    }
}

#[test]
fn the_longest_message_of_one_kind_of_character_is_read_at_once() {
    for piece in ["`", "``` ", "@", "http://", "https://a)", "h", "(", "\n", "` ``"] {
        let text: String = piece.chars().cycle().take(16_000).collect();
        // Quadratic reading would take seconds here, in a test that runs on every change.
        assert!(!parse(&text).is_empty() || text.trim().is_empty(), "{piece}");
    }
}
