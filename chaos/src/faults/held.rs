//! Faults that are made within the tests of the server, where they can be: by its disk, its clock, a
//! real proxy, or bytes that no client sends. Their long form is asked for by the environment; what
//! they measure, they print.

use super::{Form, Ground, Row};
use crate::finding::Finding;
use anyhow::{Context as _, Result, ensure};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(10);
/// How a figure begins that a test prints.
const FIGURE: &str = "measured  ";

/// A row that tests hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) row: Row,
    /// What their names contain.
    tests: &'static [&'static str],
    /// What else holds it, or is not held.
    besides: Option<&'static str>,
}

pub(super) const F3: Held = Held {
    row: Row {
        name: "F3",
        fault: "a torn page",
        expected: "refused with a sentence, or without effect; never other words",
    },
    tests: &["::f3_"],
    besides: None,
};

pub(super) const F4: Held = Held {
    row: Row {
        name: "F4",
        fault: "disk full",
        expected: "refused `storage_full`; reading and signing in work; heals",
    },
    tests: &["::f4_", "::the_doctor_finds_a_full_disk_"],
    besides: None,
};

pub(super) const F5: Held = Held {
    row: Row {
        name: "F5",
        fault: "locked by another process, for 3 s and 30 s",
        expected: "waited for 5 s, then `unavailable`; nothing lost, nothing twice",
    },
    tests: &["::f5_"],
    besides: None,
};

pub(super) const F6: Held = Held {
    row: Row {
        name: "F6",
        fault: "slow disk",
        expected: "nothing is told before it is durable; p99 of all else below 50 ms, memory bounded",
    },
    tests: &["::f6_"],
    besides: None,
};

pub(super) const F7: Held = Held {
    row: Row {
        name: "F7",
        fault: "a flush fails",
        expected: "nothing is acknowledged any more, the server ends; sent again, it is there once",
    },
    tests: &["::f7_"],
    besides: None,
};

pub(super) const F11: Held = Held {
    row: Row {
        name: "F11",
        fault: "a proxy holds events back",
        expected: "nothing for 35 s; then by polls, 0 lost",
    },
    tests: &["::f11_"],
    besides: Some("that the page changes its way by itself is a walk of e2e"),
};

pub(super) const F12: Held = Held {
    row: Row {
        name: "F12",
        fault: "a proxy takes the upgrade away and cuts what rests",
        expected: "by events and polls, 0 lost; heartbeats keep what is cut after a minute",
    },
    tests: &["::f12_"],
    besides: Some("that the page changes its way by itself is a walk of e2e"),
};

pub(super) const F18: Held = Held {
    row: Row {
        name: "F18",
        fault: "the clock jumps by an hour, by a day, both ways",
        expected: "order, delivery, heartbeats, times that never go back; no link past its time",
    },
    tests: &["::f18_"],
    besides: None,
};

pub(super) const F21: Held = Held {
    row: Row {
        name: "F21",
        fault: "malformed, fragmented, reserved frames",
        expected: "the right close code, no panic",
    },
    tests: &["websocket::", "compression::"],
    besides: Some("Autobahn's testsuite: `cargo xtask conformance`"),
};

pub(super) const F22: Held = Held {
    row: Row {
        name: "F22",
        fault: "a length of 2^63, a million fragments of a byte, a flood of pings",
        expected: "1009 or 1002; memory follows what was received",
    },
    tests: &["::f22_"],
    besides: None,
};

pub(super) const F23: Held = Held {
    row: Row {
        name: "F23",
        fault: "10 MB of gzip for 10 GB, a deflated bomb",
        expected: "never inflated; a frame no further than its limit",
    },
    tests: &["::f23_", "::a_deflated_bomb_"],
    besides: None,
};

pub(super) const F24: Held = Held {
    row: Row {
        name: "F24",
        fault: "deep JSON, names twice, NaN, halves of pairs",
        expected: "`bad_frame` and the connection lives, or 1007",
    },
    tests: &["::f24_"],
    besides: None,
};

pub(super) const F26: Held = Held {
    row: Row {
        name: "F26",
        fault: "killed in a migration, in a restore",
        expected: "one history or the other, whole; goes on at the next start",
    },
    tests: &["::f26_", "::a_restore_that_was_killed_"],
    besides: Some("there are no uploads yet"),
};

impl Held {
    pub(super) async fn measure(self, ground: &Ground) -> Result<Finding> {
        let tests = ground.tests.as_ref().context("--tests names the program of the tests")?;
        let form = match ground.form {
            Form::Quick => "quick",
            Form::Long => "long",
        };
        let run = Command::new(tests)
            .args(self.tests)
            // One has the machine to itself.
            .args(["--test-threads", "1", "--show-output"])
            .env("HUBBUB_FAULTS", form)
            .env("HUBBUB_BINARY", &ground.server)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(PATIENCE, run).await.context("the tests do not end")??;
        let said = String::from_utf8_lossy(&output.stdout);
        let passed = said.lines().filter(|line| line.starts_with("test ") && line.ends_with("ok"));
        let passed = passed.count();
        ensure!(passed > 0 || !output.status.success(), "there is no such test");
        let mut finding = Finding::new().with(format!("{passed} tests"));
        for figure in said.lines().filter_map(|line| line.strip_prefix(FIGURE)) {
            finding = finding.with(figure);
        }
        if let Some(besides) = self.besides {
            finding = finding.with(format!("({besides})"));
        }
        let failed = (!output.status.success()).then(|| failure(&said));
        Ok(finding.without(failed))
    }
}

/// What is said of the tests that failed, without all that follows.
fn failure(said: &str) -> String {
    let panics = said.split("panicked at").skip(1).flat_map(|panic| panic.lines().take(4));
    let panics: Vec<&str> = panics.take(12).collect();
    if panics.is_empty() { "the tests failed".to_owned() } else { panics.join("\n") }
}
