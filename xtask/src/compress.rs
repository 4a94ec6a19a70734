//! `.br` and `.gz` beside each file of the page, so that the server never compresses.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result, anyhow};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use crate::page;

const COMPRESSIBLE: [&str; 10] =
    ["css", "html", "ico", "js", "json", "map", "svg", "txt", "wasm", "webmanifest"];

/// How much time a byte is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    Quick,
    Best,
}

/// Compresses every file of `folder` that gets smaller by it.
pub(crate) fn folder(folder: &Path, effort: Effort) -> Result<()> {
    let files: Vec<PathBuf> = page::files(folder)?
        .into_iter()
        .filter(|file| {
            let extension = file.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| COMPRESSIBLE.contains(&extension))
        })
        .map(|file| folder.join(file))
        .collect();
    thread::scope(|scope| {
        let gzip = scope.spawn(|| files.iter().try_for_each(|file| write_gzip(file, effort)));
        files.iter().try_for_each(|file| write_brotli(file, effort))?;
        gzip.join().map_err(|_| anyhow!("gzip panicked"))?
    })
}

fn write_brotli(file: &Path, effort: Effort) -> Result<()> {
    let raw = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let settings = BrotliEncoderParams {
        quality: match effort {
            Effort::Quick => 4,
            Effort::Best => 11,
        },
        lgwin: 22,
        size_hint: raw.len(),
        ..BrotliEncoderParams::default()
    };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut raw.as_slice(), &mut small, &settings)?;
    write_if_smaller(file, "br", &raw, &small)
}

fn write_gzip(file: &Path, effort: Effort) -> Result<()> {
    let raw = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let level = match effort {
        Effort::Quick => Compression::fast(),
        Effort::Best => Compression::best(),
    };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(&raw)?;
    write_if_smaller(file, "gz", &raw, &encoder.finish()?)
}

fn write_if_smaller(file: &Path, ending: &str, raw: &[u8], small: &[u8]) -> Result<()> {
    if small.len() >= raw.len() {
        return Ok(());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    Ok(fs::write(name, small)?)
}
