//! `cargo test` over the workspace. What fails is run once more, by its name.

use anyhow::Result;

use crate::{
    process::{cargo, watch},
    suite::{FAILED_ONCE, Tally},
};

/// Runs `cargo test` with each of these selections.
pub(crate) fn test(selections: &[&[&str]]) -> Result<(Tally, bool)> {
    let mut tally = Tally::default();
    let mut success = true;
    for selection in selections {
        let first = Run::of(selection, &[])?;
        success &= if first.is_worth_repeating() {
            let names: Vec<&str> = first.failed.iter().map(String::as_str).collect();
            let second = Run::of(selection, &names)?;
            tally.add(first.mended_by(&second));
            second.success
        } else {
            tally.add(first.tally);
            first.success
        };
    }
    Ok((tally, success))
}

/// What one call of `cargo test` came to.
#[derive(Debug, Default)]
struct Run {
    tally: Tally,
    /// The names of the tests that failed.
    failed: Vec<String>,
    /// How many programs of tests have begun, less those that reached their end.
    broken_off: u32,
    success: bool,
}

impl Run {
    /// All tests of a selection, or those of these names.
    fn of(selection: &[&str], names: &[&str]) -> Result<Self> {
        let mut run = Self::default();
        let mut tests = cargo("test");
        tests.args(["--workspace", "--locked", "--no-fail-fast"]).args(selection);
        if !names.is_empty() {
            tests.args(["--", "--exact"]).args(names);
        }
        run.success = watch(&mut tests, |line| run.look(line))?;
        Ok(run)
    }

    fn look(&mut self, line: &str) {
        self.tally.add_cargo_line(line);
        if line.starts_with("test result: ") {
            self.broken_off = self.broken_off.saturating_sub(1);
        } else if line.starts_with("running ") && line.trim_end_matches('s').ends_with(" test") {
            self.broken_off += 1;
        } else if let Some(named) = line.strip_prefix("test ")
            && let Some(name) = named.strip_suffix(" ... FAILED")
        {
            self.failed.push(name.to_owned());
        }
    }

    /// Few failed, each is known by its name, and nothing else went wrong.
    fn is_worth_repeating(&self) -> bool {
        let named = u32::try_from(self.failed.len()).unwrap_or(u32::MAX);
        named > 0 && named == self.tally.failed && named <= FAILED_ONCE && self.broken_off == 0
    }

    /// This run, if all that failed in it has passed in the other.
    fn mended_by(&self, other: &Self) -> Tally {
        let Tally { passed, failed, ignored, again } = self.tally;
        if other.success && other.broken_off == 0 && other.tally.passed >= failed {
            for name in &self.failed {
                println!("failed once: {name}");
            }
            Tally { passed: passed + failed, failed: 0, ignored, again: again + failed }
        } else {
            self.tally
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lines: &[&str]) -> Run {
        let mut run = Run::default();
        for line in lines {
            run.look(line);
        }
        run.success = run.tally.failed == 0 && run.broken_off == 0;
        run
    }

    const ONE_FAILED: [&str; 6] = [
        "running 3 tests",
        "test resume::none_is_lost ... FAILED",
        "test resume::none_is_doubled ... ok",
        "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
        "running 1 test",
        "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    ];

    #[test]
    fn a_test_that_passes_the_second_time_passed_and_is_counted() {
        let first = run(&ONE_FAILED);
        assert!(first.is_worth_repeating());
        assert_eq!(first.failed, ["resume::none_is_lost"]);
        let second = run(&["running 1 test", "test result: ok. 1 passed; 0 failed; 0 ignored"]);
        let mended = first.mended_by(&second);
        assert_eq!(mended, Tally { passed: 4, failed: 0, ignored: 0, again: 1 });
    }

    #[test]
    fn a_test_that_fails_twice_or_cannot_be_found_again_failed() {
        let first = run(&ONE_FAILED);
        let still = run(&["running 1 test", "test result: FAILED. 0 passed; 1 failed; 0 ignored"]);
        assert_eq!(first.mended_by(&still), first.tally);
        let none = run(&["running 0 tests", "test result: ok. 0 passed; 0 failed; 0 ignored"]);
        assert_eq!(first.mended_by(&none), first.tally);
    }

    #[test]
    fn nothing_is_repeated_where_a_program_broke_off_or_many_failed() {
        assert!(!run(&[&ONE_FAILED[..], &["running 9 tests"]].concat()).is_worth_repeating());
        let mut many = ONE_FAILED.repeat(3);
        assert!(!run(&many).is_worth_repeating());
        many.truncate(1);
        assert!(!run(&many).is_worth_repeating());
    }
}
