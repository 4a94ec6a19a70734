//! Functions that are alike beside each other: compression then says of one only what is different
//! from its neighbour. wasm-opt sorts functions by their names, so they are named by their place.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context as _, Result};

use crate::wasm::{self, CODE, CUSTOM, FUNCTIONS, IMPORTS};

/// Into how many numbers a function's code is summed up.
const TRAITS: usize = 512;

/// A function's type, and how often which pairs of bytes stand in it, as a vector of length 1.
struct Function {
    kind: usize,
    traits: Vec<f32>,
}

/// A program without names, its functions now named by where they should stand.
pub(crate) fn named_by_place(program: &[u8]) -> Result<Vec<u8>> {
    let sections = wasm::sections(program)?;
    let find = |wanted| sections.iter().find(|(kind, _)| *kind == wanted).map(|(_, all)| *all);
    let mut imports = find(IMPORTS).unwrap_or(&[0]);
    // A piece may be nothing but data.
    let mut types = find(FUNCTIONS).unwrap_or(&[0]);
    let mut bodies = find(CODE).unwrap_or(&[0]);

    let mut imported = 0;
    for _ in 0..wasm::number(&mut imports)? {
        wasm::sized(&mut imports)?;
        wasm::sized(&mut imports)?;
        imported += usize::from(is_function(&mut imports)?);
    }
    wasm::number(&mut types)?;
    let mut functions = Vec::new();
    for _ in 0..wasm::number(&mut bodies)? {
        let kind = wasm::number(&mut types)?;
        functions.push(Function { kind, traits: traits(wasm::sized(&mut bodies)?) });
    }

    let mut names = Vec::new();
    wasm::put_number(&mut names, functions.len());
    for (function, place) in places(&functions).into_iter().enumerate() {
        wasm::put_number(&mut names, imported + function);
        wasm::put_sized(&mut names, format!("{place:06}").as_bytes());
    }
    let mut section = b"\x04name\x01".to_vec();
    wasm::put_sized(&mut section, &names);
    Ok(wasm::file(sections.iter().copied().chain([(CUSTOM, section.as_slice())])))
}

/// Passes what is said about an import from its kind on.
fn is_function(imports: &mut &[u8]) -> Result<bool> {
    let (&kind, rest) = imports.split_first().context("an import is cut off")?;
    *imports = rest;
    // A table's or global's type is one byte, a memory has none. Limits: is there an upper one?
    if kind == 1 || kind == 3 {
        wasm::number(imports)?;
    }
    let bounded = kind == 1 || kind == 2;
    let both = wasm::number(imports)? & 1 == 1;
    if bounded {
        wasm::number(imports)?;
        if both {
            wasm::number(imports)?;
        }
    }
    Ok(kind == 0)
}

fn traits(code: &[u8]) -> Vec<f32> {
    let mut traits = vec![0.0_f32; TRAITS];
    for pair in code.windows(2) {
        let mut hash = DefaultHasher::new();
        pair.hash(&mut hash);
        let place = usize::try_from(hash.finish() % TRAITS as u64).unwrap_or_default();
        traits[place] += 1.0;
    }
    for count in &mut traits {
        *count = count.sqrt();
    }
    let length = traits.iter().map(|count| count * count).sum::<f32>().sqrt().max(f32::EPSILON);
    for count in &mut traits {
        *count /= length;
    }
    traits
}

/// For each function its place: type by type, and there each followed by what is most like it.
fn places(functions: &[Function]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..functions.len()).collect();
    left.sort_by_key(|&function| functions[function].kind);
    let mut places = vec![0; functions.len()];
    let mut place = 0;
    for kind in left.chunk_by(|&a, &b| functions[a].kind == functions[b].kind) {
        let mut kind = kind.to_vec();
        let mut next = 0;
        while next < kind.len() {
            let function = kind.swap_remove(next);
            places[function] = place;
            place += 1;
            let like =
                |&other: &usize| alike(&functions[function].traits, &functions[other].traits);
            let likest = kind.iter().map(like).enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
            next = likest.map_or(0, |(next, _)| next);
        }
    }
    places
}

fn alike(one: &[f32], other: &[f32]) -> f32 {
    // Eight sums at once, which the processor adds up at once too.
    let mut sums = [0.0_f32; 8];
    for (one, other) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for (sum, (one, other)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += one * other;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_together_and_types_do_too() {
        let function = |kind, code: &[u8]| Function { kind, traits: traits(code) };
        let functions = [
            function(1, b"abcabcabc"),
            function(0, b"xyzxyz"),
            function(1, b"uvwuvwuvw"),
            function(1, b"abcabcabd"),
        ];
        assert_eq!(places(&functions), [1, 0, 3, 2]);
    }

    #[test]
    fn a_piece_without_functions_stays_as_it_is() {
        let data = wasm::file([(CUSTOM, b"\x05pieceonly data".as_slice())]);
        let named = named_by_place(&data).unwrap();
        assert!(named.starts_with(&data));
        assert_eq!(wasm::sections(&named).unwrap().len(), 2);
    }
}
