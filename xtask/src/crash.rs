//! `cargo xtask kill9`: the long form of the crash test.

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    process::{cargo, watch},
    suite::Tally,
};

#[derive(Debug, Args)]
pub(crate) struct Crash {
    /// How often the server is killed
    #[arg(default_value_t = 100)]
    cycles: u32,
}

/// The test reads the number of cycles from `HUBBUB_CRASH_CYCLES`.
pub(crate) fn crash(crash: &Crash) -> Result<()> {
    let mut tally = Tally::default();
    let mut test = cargo("test");
    test.args(["--release", "--locked", "-p", "backend", "--test", "it", "--"])
        .args(["crash", "--ignored", "--nocapture"])
        .env("HUBBUB_CRASH_CYCLES", crash.cycles.to_string());
    let success = watch(&mut test, |line| tally.add_cargo_line(line))?;
    ensure!(tally.passed > 0 || !success, "there is no crash test in backend/tests/it");
    ensure!(success, "the crash test failed");
    println!("{} kills -9: nothing lost, nothing doubled, nothing out of order.", crash.cycles);
    Ok(())
}
