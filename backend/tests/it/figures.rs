//! How much of a fault a test makes, and what it came to: some of it among all the other tests, or as
//! much as is promised, alone, as a row of `cargo xtask chaos`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what the long form has measured")]

use core::fmt::Display;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing is held to a time or to an amount of memory.
    Quick,
    Long,
}

#[expect(clippy::disallowed_methods, reason = "how `cargo xtask chaos` asks")]
fn asked(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

impl Form {
    /// What the environment asks for.
    pub(crate) fn chosen() -> Self {
        if asked("HUBBUB_FAULTS").is_some_and(|form| form == "long") {
            Self::Long
        } else {
            Self::Quick
        }
    }

    /// As many in this form.
    pub(crate) const fn of<T: Copy>(self, quick: T, long: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Long => long,
        }
    }

    /// A figure that must not be more than so much in the long form.
    pub(crate) fn at_most(self, what: &str, value: f64, limit: f64, unit: &str) {
        measured(format!("{what} {value:.1} {unit} (at most {limit})"));
        assert!(self == Self::Quick || value <= limit, "{what} {value} {unit}");
    }
}

/// A figure for the row.
pub(crate) fn measured(figure: impl Display) {
    println!("measured  {figure}");
}

/// The server's program: the one that is to be measured, or the one of the tests.
pub(crate) fn program() -> PathBuf {
    let measured = asked("HUBBUB_BINARY").filter(|_| Form::chosen() == Form::Long);
    measured.map_or_else(|| env!("CARGO_BIN_EXE_hubbub").into(), PathBuf::from)
}

/// The value that 99 of 100 do not exceed.
pub(crate) fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[(values.len() * 99).div_ceil(100) - 1]
}

/// What a process has in memory, from a moment on.
#[cfg(target_os = "linux")]
pub(crate) struct Memory {
    process: String,
    before: f64,
}

#[cfg(target_os = "linux")]
impl Memory {
    pub(crate) fn of(process: u32) -> Self {
        let process = format!("/proc/{process}");
        // From here on the most is counted anew.
        std::fs::write(format!("{process}/clear_refs"), "5").unwrap();
        let before = Self::mib(&process, "VmRSS:");
        Self { process, before }
    }

    /// Of this process, and with it of the servers in it.
    pub(crate) fn here() -> Self {
        Self::of(std::process::id())
    }

    /// The most by which it has grown meanwhile, in MiB.
    pub(crate) fn grown(&self) -> f64 {
        Self::mib(&self.process, "VmHWM:") - self.before
    }

    fn mib(process: &str, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
    }
}
