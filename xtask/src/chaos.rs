//! `cargo xtask chaos`: what the server has to survive, done to the release program; and the quick
//! form of it that is one of the tests.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    process::{cargo, program, run, watch},
    server,
    suite::Tally,
    workspace,
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
    run(faults.args(&chaos.arguments))
}

/// The server with bugs that can be asked for, to see whether they are found.
fn planted() -> Result<PathBuf> {
    let build = ["--locked", "--workspace", "--features", "backend/planted"];
    run(cargo("build").args(build).args(["--bin", "hubbub-planted"]))?;
    Ok(workspace::target()?.join("debug/hubbub-planted"))
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
