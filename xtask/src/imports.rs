//! Short names for what the program asks of its loader. wasm-bindgen's are long and end in a hash,
//! which no compression makes small, and stand in both.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

const MAGIC: &[u8] = b"\0asm\x01\0\0\0";
const IMPORTS: u8 = 2;
/// How wasm-bindgen calls what it makes.
const MADE: &str = "__wb";

/// Renames what the program imports from wasm-bindgen's module, in both.
pub(crate) fn shorten(loader: &str, program: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut names = BTreeMap::new();
    let mut short = MAGIC.to_vec();
    let mut rest = program.strip_prefix(MAGIC).context("this is no WebAssembly")?;
    while let Some((&section, mut sized)) = rest.split_first() {
        let size = number(&mut sized)?;
        let (content, after) = sized.split_at_checked(size).context("a section is cut off")?;
        rest = after;
        let renamed = if section == IMPORTS { Some(renamed(content, &mut names)?) } else { None };
        let content = renamed.as_deref().unwrap_or(content);
        short.push(section);
        put_number(&mut short, content.len());
        short.extend_from_slice(content);
    }
    Ok((in_text(loader, &names), short))
}

fn renamed(mut content: &[u8], names: &mut BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut short = Vec::new();
    let count = number(&mut content)?;
    put_number(&mut short, count);
    for _ in 0..count {
        put_text(&mut short, text(&mut content)?);
        let name = text(&mut content)?;
        if name.starts_with(MADE) {
            let next = format!("_{:x}", names.len());
            put_text(&mut short, names.entry(name.to_owned()).or_insert(next));
        } else {
            put_text(&mut short, name);
        }
        // All the program imports are functions: their kind, 0, and their type.
        let (&kind, after) = content.split_first().context("an import is cut off")?;
        content = after;
        if kind != 0 {
            bail!("{name} is no function");
        }
        short.push(kind);
        put_number(&mut short, number(&mut content)?);
    }
    Ok(short)
}

/// Each name where it stands as a whole word.
fn in_text(text: &str, names: &BTreeMap<String, String>) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        short.push_str(names.get(word).map_or(word, String::as_str));
        let (between, next) = after.split_at(after.find(is_word).unwrap_or(after.len()));
        short.push_str(between);
        rest = next;
    }
    short
}

fn text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str> {
    let size = number(bytes)?;
    let (text, rest) = bytes.split_at_checked(size).context("a name is cut off")?;
    *bytes = rest;
    Ok(std::str::from_utf8(text)?)
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// LEB128, seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Result<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first().context("a number is cut off")?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    bail!("a number is too long")
}

fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_renamed_in_both_and_nothing_else_is() {
        let mut section = vec![2];
        for name in ["__wbg_log_0123456789abcdef", "__wasm_split_load_desk"] {
            put_text(&mut section, "./frontend_bg.js");
            put_text(&mut section, name);
            section.extend([0, 3]);
        }
        let mut program = MAGIC.to_vec();
        program.extend([0, 2, 1, b'x', IMPORTS]);
        put_number(&mut program, section.len());
        program.extend(&section);
        let loader = "{__wbg_log_0123456789abcdef: f, __wbg_log_0123456789abcdefg: wasm.__wbg_ptr}";
        let (loader, short) = shorten(loader, &program).unwrap();
        assert_eq!(loader, "{_0: f, __wbg_log_0123456789abcdefg: wasm.__wbg_ptr}");
        assert_eq!(short.len(), program.len() - "__wbg_log_0123456789abcdef".len() + 2);
        let has = |name: &[u8]| short.windows(name.len()).any(|part| part == name);
        assert!(has(b"__wasm_split_load_desk") && has(b"\x02_0\0\x03"));
        assert!(shorten("", b"text").is_err());
        assert!(shorten("", &program[..program.len() - 1]).is_err());
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number_ in [0, 127, 128, 16_383, 16_384, 1 << 31] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number_);
            let mut rest = bytes.as_slice();
            assert_eq!(number(&mut rest).unwrap(), number_);
            assert!(rest.is_empty());
        }
    }
}
