//! `cargo xtask chaos`: what the server has to survive, done to the release program; and the quick
//! form of it that is one of the tests.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::Deserialize;

use crate::{
    process::{cargo, program, run, show, watch},
    server,
    suite::Tally,
    tools, workspace,
};

#[derive(Debug, Args)]
pub(crate) struct Chaos {
    /// Passed on: `cargo xtask chaos f1 f8`, `cargo xtask chaos --quick`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn chaos(chaos: &Chaos) -> Result<()> {
    let server = server::release()?;
    run(cargo("build").args(["--release", "--locked", "-p", "chaos"]))?;
    let mut faults = program(workspace::target()?.join("release/chaos"));
    faults.env("HUBBUB_BINARY", server).env("HUBBUB_PLANTED_BINARY", planted()?);
    faults.env("HUBBUB_TESTS", tests()?);
    run(faults.args(&chaos.arguments))
}

/// The server with bugs that can be asked for, to see whether they are found.
fn planted() -> Result<PathBuf> {
    let build = ["--locked", "--workspace", "--features", "backend/planted"];
    run(cargo("build").args(build).args(["--bin", "hubbub-planted"]))?;
    Ok(workspace::target()?.join("debug/hubbub-planted"))
}

/// What Cargo says of something it has built.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The tests over real sockets, some of which make faults.
fn tests() -> Result<PathBuf> {
    tools::nginx()?;
    let build = ["--locked", "--workspace", "--test", "it"];
    let mut build_tests = cargo("test");
    build_tests.args(build).args(["--no-run", "--message-format", "json-render-diagnostics"]);
    show(&build_tests);
    let output = build_tests.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the tests do not build");
    let artifacts = output.stdout.split(|byte| *byte == b'\n');
    let artifacts = artifacts.filter_map(|line| serde_json::from_slice::<Artifact>(line).ok());
    let mut tests = artifacts.filter(|artifact| artifact.target.name == "it");
    let tests = tests.find_map(|tests| tests.executable);
    tests.context("Cargo names no program of the tests")
}

/// Each fault for some seconds, against the server named or the one of the tests.
pub(crate) fn quick(named: Option<&Path>) -> Result<(Tally, bool)> {
    let server = server::for_walks(named)?;
    run(cargo("build").args(["--locked", "--workspace", "--bin", "chaos"]))?;
    let mut faults = program(workspace::target()?.join("debug/chaos"));
    faults.arg("--quick").arg("--server").arg(server).arg("--planted").arg(planted()?);
    let mut tally = Tally::default();
    let success = watch(&mut faults, |line| tally.add_fault_line(line))?;
    ensure!(success || tally.failed > 0, "the faults broke off");
    Ok((tally, success))
}
