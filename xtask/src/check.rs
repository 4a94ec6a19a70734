//! `cargo xtask check`: what can be said about the code without running it.

use anyhow::Result;

use crate::{
    page,
    process::{cargo, program, run},
    tools, workspace,
};

pub(crate) fn check() -> Result<()> {
    run(cargo("fmt").args(["--all", "--check"]))?;
    page::fetch()?;
    let strict = ["--", "-D", "warnings"];
    run(cargo("clippy").args(["--workspace", "--all-targets", "--locked"]).args(strict))?;
    tools::wasm_target()?;
    // The page, and with it all of shared/, for the target it is made for, and as it is shipped.
    run(cargo("clippy")
        .args(["-p", "frontend", "-p", "shared", "--features", "frontend/split"])
        .args(["--locked", "--target", tools::WASM])
        .args(strict))?;
    // Links in the documentation are only looked at when it is made.
    run(cargo("doc").args(["--workspace", "--no-deps", "--locked"]))?;
    run(program(tools::cargo_deny()?).args([
        "--workspace",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))?;
    contrast()
}

/// Every pair of colours the page uses, against what can be read.
fn contrast() -> Result<()> {
    let script = workspace::root().join("style/contrast.mjs");
    if !script.is_file() {
        return Ok(());
    }
    match tools::node() {
        Ok(()) => run(program("node").arg(script)),
        Err(error) => {
            println!("The contrast of the colours is not checked: {error:#}");
            Ok(())
        }
    }
}
