//! `cargo xtask test`: every test there is, each suite to its end, and one verdict.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use crate::{
    chaos, examples, page, rust,
    suite::{Outcome, Tally},
    tools, types, walks,
};

#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// All of them when none is named
    suites: Vec<Suite>,
    /// The browser of the walks, when it is not on the search path
    #[arg(long, env = "HUBBUB_CHROMIUM")]
    chromium: Option<PathBuf>,
    /// The other browser, when it is not on the search path
    #[arg(long, env = "HUBBUB_FIREFOX")]
    firefox: Option<PathBuf>,
    /// Only the walks whose name matches
    #[arg(long)]
    walk: Option<String>,
    /// The server for the walks and the examples, when it is not to be built
    #[arg(long)]
    server: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Rules, beside the code and in its documentation
    Unit,
    /// The wire, and the server over real sockets
    Integration,
    /// The faults the server has to survive, seconds of each
    Faults,
    /// A renamed field in shared/ breaks both ends
    Types,
    /// The clients of examples/, among themselves
    Examples,
    /// People in a real browser
    Browser,
    /// The same page in another one
    Firefox,
}

/// `cargo xtask test`
pub(crate) fn test(selection: &Selection) -> Result<()> {
    let mut outcomes = Vec::new();
    // First of all what can be missing, so that one learns it at once.
    let browser = Suite::Browser.is_in(selection);
    let needs = browser.then(|| walks::Needs::find(selection.chromium.as_deref()));
    if let Some(Err(error)) = &needs {
        println!("The browser walks cannot run: {error:#}");
    }
    let other = Suite::Firefox
        .is_in(selection)
        .then(|| walks::Firefox::find(selection.chromium.as_deref(), selection.firefox.as_deref()));
    if let Some(Err(error)) = &other {
        println!("The walks in Firefox cannot run: {error:#}");
    }
    let needed = Suite::Examples.is_in(selection).then(examples::Needs::find);
    if let Some(Err(error)) = &needed {
        println!("The examples cannot run: {error:#}");
    }
    tools::wasm_target()?;
    page::fetch()?;
    if Suite::Unit.is_in(selection) {
        outcomes.push(Outcome::of("unit", || rust::test(&[&["--lib", "--bins"], &["--doc"]])));
    }
    if Suite::Integration.is_in(selection) {
        outcomes.push(Outcome::of("integration", || {
            tools::nginx()?;
            rust::test(&[&["--test", "*"]])
        }));
    }
    if Suite::Faults.is_in(selection) {
        let server = selection.server.as_deref();
        outcomes.push(Outcome::of("faults", || chaos::quick(server)));
    }
    if Suite::Types.is_in(selection) {
        outcomes.push(Outcome::of("types", types::hold_both_ends));
    }
    let server = selection.server.as_deref();
    if let Some(needs) = needed {
        outcomes.push(Outcome::of("examples", || needs?.talk(server)));
    }
    if let Some(needs) = needs {
        outcomes.push(Outcome::of("browser", || needs?.walk(selection.walk.as_deref(), server)));
    }
    if let Some(needs) = other {
        outcomes.push(Outcome::of("firefox", || needs?.walk(server)));
    }
    verdict(&outcomes)
}

impl Suite {
    fn is_in(self, selection: &Selection) -> bool {
        selection.suites.is_empty() || selection.suites.contains(&self)
    }
}

fn verdict(outcomes: &[Outcome]) -> Result<()> {
    println!(
        "\n{:<12} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "suite", "passed", "failed", "ignored", "again", "seconds"
    );
    for Outcome { name, tally, trouble, took } in outcomes {
        let Tally { passed, failed, ignored, again } = tally;
        let trouble = trouble.as_deref().unwrap_or_default();
        println!(
            "{name:<12} {passed:>7} {failed:>7} {ignored:>7} {again:>7} {:>8.1}  {trouble}",
            took.as_secs_f64()
        );
    }
    let tests: u32 = outcomes.iter().map(|outcome| outcome.tally.passed).sum();
    let broken: u32 = outcomes.iter().map(|outcome| outcome.tally.failed).sum();
    let failed = outcomes.iter().filter(|outcome| !outcome.is_success()).count();
    println!("tests: {tests} passed, {broken} failed");
    println!("suites: {} passed, {failed} failed", outcomes.len() - failed);
    ensure!(failed == 0, "not everything passed");
    Ok(())
}
