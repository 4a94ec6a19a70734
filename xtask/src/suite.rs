//! A part of the tests, and what came of it.

use std::time::{Duration, Instant};

use anyhow::Result;

/// How many tests of a suite ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    /// Left out on purpose, to be asked for by name.
    pub(crate) ignored: u32,
    /// Of those that passed, how many did so only when they were run once more.
    pub(crate) again: u32,
}

/// How many tests of a suite may fail once before it fails: a busy machine is not wholly the same
/// each time, but what fails now and then is a defect, here or in the test.
pub(crate) const FAILED_ONCE: u32 = 2;

/// A variable: set for programs of tests that are to run once more what fails, and to name it.
pub(crate) const AGAIN: &str = "HUBBUB_TEST_AGAIN";

/// What came of a suite.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) tally: Tally,
    /// Why the suite as a whole failed, where no single test says it.
    pub(crate) trouble: Option<String>,
    pub(crate) took: Duration,
}

impl Outcome {
    /// Runs a suite to its end, whatever happens in it.
    pub(crate) fn of(name: &'static str, suite: impl FnOnce() -> Result<(Tally, bool)>) -> Self {
        println!("\n== {name}");
        let start = Instant::now();
        let (tally, trouble) = match suite() {
            Ok((tally, _)) if tally.passed + tally.failed == 0 => {
                (tally, Some("not one test ran".to_owned()))
            }
            Ok((tally, false)) if tally.failed == 0 => {
                (tally, Some("it ended with an error although no test failed".to_owned()))
            }
            Ok((tally, _)) if tally.again > FAILED_ONCE => {
                (tally, Some(format!("more than {FAILED_ONCE} failed once")))
            }
            Ok((tally, _)) => (tally, None),
            Err(error) => (Tally::default(), Some(format!("{error:#}"))),
        };
        if let Some(trouble) = &trouble {
            println!("{name}: {trouble}");
        }
        Self { name, tally, trouble, took: start.elapsed() }
    }

    pub(crate) fn is_success(&self) -> bool {
        self.trouble.is_none() && self.tally.failed == 0
    }
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        let Self { passed, failed, ignored, again } = other;
        self.passed += passed;
        self.failed += failed;
        self.ignored += ignored;
        self.again += again;
    }

    /// Adds what a line of `cargo test` says: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn add_cargo_line(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|line| line.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u32>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// Adds what a line of the chaos program says: `F1     ok        3.2 s  kill -9 mid-burst`.
    pub(crate) fn add_fault_line(&mut self, line: &str) {
        match line.split_whitespace().nth(1) {
            Some("ok") if !line.starts_with(' ') => self.passed += 1,
            Some("FAILED") if !line.starts_with(' ') => self.failed += 1,
            Some("left") if !line.starts_with(' ') => self.ignored += 1,
            Some(_) | None => {}
        }
    }

    /// Adds what a line of `node --test` says: `# pass 3`. A test that was skipped or cut off did
    /// not run, and so failed.
    pub(crate) fn add_node_line(&mut self, line: &str) {
        let Some(said) = line.trim_start().strip_prefix(['#', 'ℹ']).map(str::trim_start) else {
            return;
        };
        if said.starts_with("failed once: ") {
            self.again += 1;
        }
        let Some((what, number)) = said.split_once(' ') else { return };
        let Ok(number) = number.trim().parse::<u32>() else { return };
        match what {
            "pass" => self.passed += number,
            "fail" | "cancelled" | "skipped" | "todo" => self.failed += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_lines_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 5 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            tally.add_cargo_line(line);
        }
        assert_eq!(tally, Tally { passed: 5, failed: 4, ignored: 1, again: 0 });
    }

    #[test]
    fn faults_add_up() {
        let mut tally = Tally::default();
        for line in [
            "F1     ok        3.2 s  kill -9 mid-burst",
            "F2     FAILED    1.0 s  power cut",
            "F20    left out   0.1 s  killed for its memory",
            "         measured  ok",
        ] {
            tally.add_fault_line(line);
        }
        assert_eq!(tally, Tally { passed: 1, failed: 1, ignored: 1, again: 0 });
    }

    #[test]
    fn a_walk_that_was_skipped_counts_as_failed() {
        let mut tally = Tally::default();
        for line in ["ℹ tests 4", "ℹ pass 2", "ℹ fail 1", "ℹ skipped 1", "ℹ duration_ms 92.3"]
        {
            tally.add_node_line(line);
        }
        assert_eq!(tally, Tally { passed: 2, failed: 2, ignored: 0, again: 0 });
    }

    #[test]
    fn walks_that_failed_once_are_few_and_named() {
        let mut tally = Tally::default();
        for line in ["  ℹ failed once: a dialog opens: Error", "ℹ pass 9", "ℹ fail 0"] {
            tally.add_node_line(line);
        }
        assert_eq!(tally, Tally { passed: 9, again: 1, ..Tally::default() });
        assert!(Outcome::of("few", || Ok((tally, true))).is_success());
        let many = Tally { again: FAILED_ONCE + 1, ..tally };
        assert!(!Outcome::of("many", || Ok((many, true))).is_success());
    }

    #[test]
    fn a_suite_without_a_test_is_no_success() {
        assert!(!Outcome::of("empty", || Ok((Tally::default(), true))).is_success());
    }

    #[test]
    fn a_suite_that_breaks_off_is_no_success() {
        let passed = Tally { passed: 1, ..Tally::default() };
        assert!(!Outcome::of("broken", || Ok((passed, false))).is_success());
        assert!(Outcome::of("whole", || Ok((passed, true))).is_success());
    }
}
