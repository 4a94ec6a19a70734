//! The server: built, and started in place of this program.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{
    page,
    process::{self, cargo, run as run_command},
    workspace,
};

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Passed on to the server: `cargo xtask run -- --listen 127.0.0.1:9000`
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// `cargo xtask run`
pub(crate) fn run(run: &Run) -> Result<()> {
    let program = release()?;
    let mut server = process::program(program);
    server.arg("serve").args(&run.arguments);
    process::show(&server);
    become_(&mut server)
}

/// `cargo xtask build`: the release program with the page inside.
pub(crate) fn release() -> Result<PathBuf> {
    page::shipped()?;
    let build = || run_command(cargo("build").args(["--release", "--locked", "-p", "backend"]));
    build()?;
    let program = workspace::target()?.join("release/hubbub");
    if !has_page_inside(&program)? {
        // Cargo watches the files that were there to embed. When there were none, it has to be
        // told that there are some now.
        let embedding = workspace::root().join("backend/src/lib.rs");
        File::open(embedding)?.set_modified(SystemTime::now())?;
        build()?;
        ensure!(has_page_inside(&program)?, "the page in dist/ did not get into the program");
    }
    let planted = b"HUBBUB_PLANTED";
    let has_bugs = fs::read(&program)?.windows(planted.len()).any(|part| part == planted);
    ensure!(!has_bugs, "the program can be asked to have bugs: it is none to be released");
    Ok(program)
}

/// Whether a program names the page's WebAssembly, whose name has the hash of its content.
fn has_page_inside(program: &Path) -> Result<bool> {
    let dist = workspace::root().join("dist");
    let wasm = page::files(&dist)?
        .into_iter()
        .find(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        .context("dist/ has no page")?;
    let name = wasm.as_os_str().as_encoded_bytes();
    Ok(fs::read(program)?.windows(name.len()).any(|part| part == name))
}

/// The server as the tests use it: the one named, or else built now.
pub(crate) fn for_walks(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(program) = named {
        return program.canonicalize().with_context(|| format!("no {}", program.display()));
    }
    // The whole workspace is named, so that the dependencies have the features they have in
    // `cargo test --workspace` and nothing is built twice.
    run_command(cargo("build").args(["--locked", "--workspace", "--bin", "hubbub"]))?;
    Ok(workspace::target()?.join("debug/hubbub"))
}

/// Signals then reach the server itself, which drains on them.
#[cfg(unix)]
fn become_(server: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(server.exec().into())
}

#[cfg(not(unix))]
fn become_(server: &mut Command) -> Result<()> {
    run_command(server)
}
