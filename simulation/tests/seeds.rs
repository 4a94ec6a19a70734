//! Stories of seeds that are the same each time, and once more what they are good for: that they
//! happen again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulate")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn two_hundred_stories_keep_every_promise() {
    let output = simulate(&["--seeds", "200"]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    println!("{said}");
}

/// What is found by chance must not be lost by chance.
#[cfg(target_os = "linux")]
#[test]
fn a_story_happens_again_by_its_seed() {
    for seed in ["7", "8", "9"] {
        let first = simulate(&["--from", seed, "--trace"]);
        let again = simulate(&["--from", seed, "--trace"]);
        assert!(first.stdout.len() > 10_000, "{}", said(&first));
        assert_eq!(said(&first), said(&again), "seed {seed}");
    }
}
