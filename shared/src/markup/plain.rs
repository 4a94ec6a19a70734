//! Message text as plain text: for notices, titles and quotes of one line.

use super::{Block, Inline, Style, parse};

/// The words of a message on one line, without their markup; spoilers stay hidden.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    write_blocks(&parse(text), &mut out);
    out.truncate(out.trim_end().len());
    out
}

/// Whether a message is one to three emoji and nothing else.
pub fn lone_emoji(blocks: &[Block]) -> bool {
    let [Block::Paragraph(inlines)] = blocks else { return false };
    let [Inline::Text(text)] = inlines.as_slice() else { return false };
    let mut emoji = 0_usize;
    let mut joined = false;
    let mut flag = false;
    for char in text.chars() {
        match char {
            ' ' => joined = false,
            // A flag is two letters of its own kind.
            '\u{1f1e6}'..='\u{1f1ff}' => {
                emoji += usize::from(!flag);
                flag = !flag;
                continue;
            }
            '\u{200d}' => joined = true,
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' => {}
            '\u{231a}'..='\u{23ff}'
            | '\u{25aa}'..='\u{27bf}'
            | '\u{2b05}'..='\u{2b55}'
            | '\u{1f004}'..='\u{1faff}' => {
                emoji += usize::from(!joined);
                joined = false;
            }
            _ => return false,
        }
        flag = false;
    }
    (1..=3).contains(&emoji)
}

fn write_blocks(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => write_inlines(inlines, out),
            Block::Code { text, .. } => out.push_str(&text.replace('\n', " ")),
            Block::Quote(inner) => write_blocks(inner, out),
            Block::List { items, .. } => items.iter().for_each(|item| write_blocks(item, out)),
        }
        if !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

fn write_inlines(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Break => out.push(' '),
            Inline::Styled(Style::Spoiler, inner) => {
                let mut hidden = String::new();
                write_inlines(inner, &mut hidden);
                out.extend(hidden.chars().map(|_| '\u{2588}'));
            }
            Inline::Styled(_, inner) | Inline::Link { label: inner, .. } => {
                write_inlines(inner, out);
            }
            Inline::Mention { run } => {
                out.push('@');
                out.push_str(run);
            }
            Inline::Room { run } => {
                out.push('#');
                out.push_str(run);
            }
        }
    }
}
