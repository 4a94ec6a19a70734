//! The server: built, and started in place of this program.

use std::{ffi::OsString, path::PathBuf, process::Command};

use anyhow::Result;
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
    run_command(cargo("build").args(["--release", "--locked", "-p", "backend"]))?;
    Ok(workspace::target()?.join("release/hubbub"))
}

/// The server as the tests use it.
pub(crate) fn for_walks() -> Result<PathBuf> {
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
