//! `cargo xtask simulate`: the server and its clients under a simulated network, clock and chance.

use std::ffi::OsString;

use anyhow::Result;
use clap::Args;

use crate::{
    process::{cargo, program, run},
    workspace,
};

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// `--seeds 10000 --from 0 --jobs 2`; `--from 7 --trace` tells all that happens in one
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn simulate(simulate: &Simulate) -> Result<()> {
    // Built as the tests build it, so that a seed of theirs is the same story here.
    run(cargo("build").args(["--locked", "--workspace", "--bin", "simulate"]))?;
    run(program(workspace::target()?.join("debug/simulate")).args(&simulate.arguments))
}
