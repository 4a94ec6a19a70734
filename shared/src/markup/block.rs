//! Lines → blocks.

use super::Block;
use super::inline::inlines;

/// Reads `lines`; quotes and lists nest at most `depth` deep, deeper ones stay text.
pub(super) fn blocks(lines: &[&str], depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = &lines[at..];
        let (block, length) = if line.trim().is_empty() {
            (None, 1)
        } else if let Some((code, length)) = code(rest) {
            (Some(code), length)
        } else if depth > 0
            && let Some((quote, length)) = quote(rest, depth)
        {
            (Some(quote), length)
        } else if depth > 0
            && let Some((list, length)) = list(rest, depth, paragraph.is_empty())
        {
            (Some(list), length)
        } else {
            paragraph.push(line);
            at += 1;
            continue;
        };
        flush(&mut paragraph, &mut blocks);
        blocks.extend(block);
        at += length;
    }
    flush(&mut paragraph, &mut blocks);
    blocks
}

fn flush(paragraph: &mut Vec<&str>, blocks: &mut Vec<Block>) {
    if paragraph.is_empty() {
        return;
    }
    let inlines = inlines(&paragraph.join("\n"));
    paragraph.clear();
    blocks.push(Block::Paragraph(inlines));
}

/// A fenced block and how many lines it takes; without a closing fence, all that follow.
fn code(lines: &[&str]) -> Option<(Block, usize)> {
    let (fence, language) = opening_fence(lines.first()?)?;
    let inner = &lines[1..];
    let end = inner.iter().position(|line| is_closing_fence(line, fence));
    let text = inner[..end.unwrap_or(inner.len())].join("\n");
    let length = end.map_or(lines.len(), |end| end + 2);
    Some((Block::Code { language, text }, length))
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

fn quote(lines: &[&str], depth: usize) -> Option<(Block, usize)> {
    let inner: Vec<&str> = lines.iter().map_while(|line| quoted(line)).collect();
    (!inner.is_empty()).then(|| (Block::Quote(blocks(&inner, depth - 1)), inner.len()))
}

/// With a space after the `>`, so that `>_<` stays a face; a `>` alone keeps a quote together.
fn quoted(line: &str) -> Option<&str> {
    if line.trim_end() == ">" { Some("") } else { line.strip_prefix("> ") }
}

/// One kind of list: what is before its items, and the number of the first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Bullet,
    Number(u32),
}

impl Marker {
    const fn start(self) -> Option<u32> {
        match self {
            Self::Bullet => None,
            Self::Number(number) => Some(number),
        }
    }
}

/// `fresh` tells that no paragraph stands before: in its middle only a `1.` begins a list, so that
/// a sentence may break before any other number.
fn list(lines: &[&str], depth: usize, fresh: bool) -> Option<(Block, usize)> {
    let (first, indent, _) = marker(lines.first()?)?;
    if indent > 3 || !(fresh || matches!(first, Marker::Bullet | Marker::Number(1))) {
        return None;
    }
    let mut items: Vec<Vec<&str>> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        match marker(line) {
            Some((this, column, text)) if column <= indent + 1 => {
                if this.start().is_some() != first.start().is_some() {
                    break;
                }
                items.push(vec![text]);
            }
            // Indented lines go on with the item.
            _ if line.starts_with("  ") || line.starts_with('\t') => {
                let Some(item) = items.last_mut() else { break };
                item.push(dedent(line));
            }
            _ => break,
        }
        at += 1;
    }
    let items = items.iter().map(|item| blocks(item, depth - 1)).collect();
    Some((Block::List { start: first.start(), items }, at))
}

/// What begins an item, how far it is indented, and the item's first line.
fn marker(line: &str) -> Option<(Marker, usize, &str)> {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    if let Some(item) = ["- ", "* ", "+ "].iter().find_map(|bullet| text.strip_prefix(bullet)) {
        return (!item.trim().is_empty()).then_some((Marker::Bullet, indent, item));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=3).contains(&digits) {
        return None;
    }
    let item = [". ", ") "].iter().find_map(|end| text[digits..].strip_prefix(end))?;
    let number = text[..digits].parse().ok()?;
    (!item.trim().is_empty()).then_some((Marker::Number(number), indent, item))
}

/// Without one level of indentation.
fn dedent(line: &str) -> &str {
    let rest = line.strip_prefix('\t').unwrap_or(line);
    let spaces = rest.bytes().take_while(|byte| *byte == b' ').count().min(2);
    if rest.len() < line.len() { rest } else { &rest[spaces..] }
}
