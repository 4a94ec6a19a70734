//! Short names for what the program asks of its loader. wasm-bindgen's are long and end in a hash,
//! which no compression makes small, and stand in both.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::wasm::{self, IMPORTS};

/// How wasm-bindgen calls what it makes.
const MADE: &str = "__wb";

/// Renames what the program imports from wasm-bindgen's module, in both.
pub(crate) fn shorten(loader: &str, program: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut names = BTreeMap::new();
    let mut sections = wasm::sections(program)?;
    let imports = sections.iter_mut().find(|(kind, _)| *kind == IMPORTS);
    let (_, imports) = imports.context("a program that asks for nothing")?;
    let short = renamed(imports, &mut names)?;
    *imports = &short;
    Ok((in_text(loader, &names), wasm::file(sections)))
}

fn renamed(mut content: &[u8], names: &mut BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut short = Vec::new();
    let count = wasm::number(&mut content)?;
    wasm::put_number(&mut short, count);
    for _ in 0..count {
        wasm::put_sized(&mut short, wasm::sized(&mut content)?);
        let name = std::str::from_utf8(wasm::sized(&mut content)?)?;
        let next = format!("_{:x}", names.len());
        let kept = !name.starts_with(MADE);
        let new = if kept { name } else { names.entry(name.to_owned()).or_insert(next) };
        wasm::put_sized(&mut short, new.as_bytes());
        short.push(wasm::FUNCTION);
        wasm::put_number(&mut short, wasm::imported_function(&mut content)?);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_renamed_in_both_and_nothing_else_is() {
        let mut section = vec![2];
        for name in ["__wbg_log_0123456789abcdef", "__wasm_split_load_desk"] {
            wasm::put_sized(&mut section, b"./frontend_bg.js");
            wasm::put_sized(&mut section, name.as_bytes());
            section.extend([wasm::FUNCTION, 3]);
        }
        let program = wasm::file([(wasm::CUSTOM, b"\x01x".as_slice()), (IMPORTS, &section)]);
        let loader = "{__wbg_log_0123456789abcdef: f, __wbg_log_0123456789abcdefg: wasm.__wbg_ptr}";
        let (loader, short) = shorten(loader, &program).unwrap();
        assert_eq!(loader, "{_0: f, __wbg_log_0123456789abcdefg: wasm.__wbg_ptr}");
        assert_eq!(short.len(), program.len() - "__wbg_log_0123456789abcdef".len() + 2);
        let has = |name: &[u8]| short.windows(name.len()).any(|part| part == name);
        assert!(has(b"__wasm_split_load_desk") && has(b"\x02_0\0\x03"));
    }
}
