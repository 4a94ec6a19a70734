//! `cargo xtask bench`: the load generator, or the page in a real browser, both against the
//! release program.

use std::{ffi::OsString, path::PathBuf};

use anyhow::Result;
use clap::Args;

use crate::{
    process::{cargo, program, run},
    server, tools, workspace,
};

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The browser of `bench page`, when it is not on the search path
    #[arg(long, env = "HUBBUB_CHROMIUM")]
    chromium: Option<PathBuf>,
    /// `page` for the browser, else the load generator's own: `cargo xtask bench w2`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn bench(load: &Load) -> Result<()> {
    let server = server::release()?;
    run(cargo("build").args(["--release", "--locked", "-p", "bench"]))?;
    let generator = workspace::target()?.join("release/bench");
    let output = workspace::target()?.join("bench");
    let mut measure = match load.arguments.split_first() {
        Some((first, rest)) if first == "page" => {
            tools::node_packages("e2e")?;
            let chromium = tools::chromium(load.chromium.as_deref())?;
            let mut node = program("node");
            node.current_dir(workspace::root().join("e2e"))
                .arg("bench/page.mjs")
                .args(rest)
                .env("HUBBUB_BENCH", generator)
                .env("HUBBUB_CHROMIUM", chromium);
            node
        }
        _ => {
            let mut generator = program(generator);
            generator.args(&load.arguments);
            generator
        }
    };
    run(measure.env("HUBBUB_BINARY", server).env("HUBBUB_BENCH_OUTPUT", output))
}
