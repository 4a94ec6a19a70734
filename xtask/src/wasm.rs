//! WebAssembly's binary form, as far as the page's build looks into it: sections, numbers, names.

use anyhow::{Context as _, Result, bail, ensure};

const MAGIC: &[u8] = b"\0asm\x01\0\0\0";
pub(crate) const CUSTOM: u8 = 0;
/// What an import or export is.
pub(crate) const FUNCTION: u8 = 0;
pub(crate) const IMPORTS: u8 = 2;
pub(crate) const FUNCTIONS: u8 = 3;
pub(crate) const CODE: u8 = 10;

/// A file's sections in order: which kind, and what is in them.
pub(crate) fn sections(file: &[u8]) -> Result<Vec<(u8, &[u8])>> {
    let mut rest = file.strip_prefix(MAGIC).context("this is no WebAssembly")?;
    let mut sections = Vec::new();
    while let Some((&kind, after)) = rest.split_first() {
        rest = after;
        sections.push((kind, sized(&mut rest)?));
    }
    Ok(sections)
}

/// A file of these sections.
pub(crate) fn file<'a>(sections: impl IntoIterator<Item = (u8, &'a [u8])>) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    for (kind, content) in sections {
        file.push(kind);
        put_sized(&mut file, content);
    }
    file
}

/// What follows its own size.
pub(crate) fn sized<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let size = number(bytes)?;
    let (content, rest) = bytes.split_at_checked(size).context("something is cut off")?;
    *bytes = rest;
    Ok(content)
}

pub(crate) fn put_sized(bytes: &mut Vec<u8>, content: &[u8]) {
    put_number(bytes, content.len());
    bytes.extend_from_slice(content);
}

/// LEB128: seven bits a byte, the lowest first.
pub(crate) fn number(bytes: &mut &[u8]) -> Result<usize> {
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

pub(crate) fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
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

/// A function that is imported: the rest of what is said about it, from its kind on.
pub(crate) fn imported_function(bytes: &mut &[u8]) -> Result<usize> {
    let (&kind, rest) = bytes.split_first().context("an import is cut off")?;
    *bytes = rest;
    ensure!(kind == FUNCTION, "something is imported that is no function");
    number(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for written in [0, 127, 128, 16_383, 16_384, 1 << 31] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, written);
            let mut rest = bytes.as_slice();
            assert_eq!(number(&mut rest).unwrap(), written);
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn a_file_is_its_sections() {
        let sections_of = [(CUSTOM, b"\x01x".as_slice()), (CODE, b"")];
        let file = file(sections_of);
        assert_eq!(sections(&file).unwrap(), sections_of);
        assert!(sections(b"text").is_err());
        assert!(sections(&file[..file.len() - 1]).is_err());
    }
}
