//! Whether something built is still what its inputs make.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::{
    page,
    process::{answer, program},
    workspace,
};

/// What the page is made of.
const INPUTS: [&str; 13] = [
    "frontend",
    "shared",
    "style",
    "index.html",
    "xtask/src/parts.rs",
    "xtask/src/parts.js",
    "xtask/src/imports.rs",
    "xtask/src/order.rs",
    "xtask/src/wasm.rs",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
];

/// A hash of everything the page is made of, kept outside of what was made.
#[derive(Debug)]
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The stamp that a page built now would get. `settings` are whatever else decides.
    pub(crate) fn of(name: &str, settings: &[&str]) -> Result<Self> {
        let mut hash = Sha256::new();
        let compiler = answer(program("rustc").arg("--version")).unwrap_or_default();
        for setting in settings.iter().copied().chain([compiler.as_str()]) {
            add(&mut hash, setting.as_bytes());
        }
        for input in INPUTS {
            add_tree(&mut hash, &workspace::root().join(input))?;
        }
        let file = workspace::target()?.join("xtask").join(format!("{name}.stamp"));
        Ok(Self { file, inputs: hex(hash) })
    }

    /// True if `folder` holds what was built from these very inputs, untouched.
    pub(crate) fn holds(&self, folder: &Path) -> bool {
        folder.is_dir()
            && fs::read_to_string(&self.file).is_ok_and(|known| known == self.text(folder))
    }

    /// Remembers that `folder` has just been built.
    pub(crate) fn put(&self, folder: &Path) -> Result<()> {
        if let Some(parent) = self.file.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(fs::write(&self.file, self.text(folder))?)
    }

    fn text(&self, folder: &Path) -> String {
        let mut hash = Sha256::new();
        let outputs = add_tree(&mut hash, folder).map_or_else(|_| String::new(), |()| hex(hash));
        format!("{}\n{outputs}\n", self.inputs)
    }
}

fn add_tree(hash: &mut Sha256, path: &Path) -> Result<()> {
    if path.is_file() {
        add(hash, &fs::read(path)?);
        return Ok(());
    }
    if !path.is_dir() {
        add(hash, b"absent");
        return Ok(());
    }
    for file in page::files(path)? {
        // The page does not change with its tests.
        if file.starts_with("tests") {
            continue;
        }
        add(hash, file.as_os_str().as_encoded_bytes());
        add(hash, &fs::read(path.join(&file))?);
    }
    Ok(())
}

/// With its length, so that two neighbours cannot trade bytes.
fn add(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
