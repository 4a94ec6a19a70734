//! `cargo xtask conformance`: Autobahn's testsuite against the socket as it is in production, with
//! an echo behind it.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;

use crate::{
    process::{answer, cargo, program, run, show},
    workspace,
};

/// The last one, and it still asks for Python 2.7.
const SUITE: &str = "autobahntestsuite==25.10.1";
const ECHO: &str = "live::websocket::tests::what_was_heard_is_said_again";
/// Not 9, which measures speed with messages of up to 16 MiB, far beyond what is taken. 12 and 13 are
/// about compression.
const GROUPS: [&str; 10] =
    ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*", "12.*", "13.*"];
/// What the protocol refuses, and the code it refuses it with: binary messages, and 131,072 signs of
/// a text of which some take two bytes, where 131,072 bytes are taken.
const REFUSED: [(&[&str], u16); 2] = [
    (&["1.2.", "12.2.", "12.3.", "12.5."], 1003),
    (&["12.4.10", "12.4.15", "12.4.16", "12.4.17", "12.4.18"], 1009),
];
const AGENT: &str = "Hubbub";

#[derive(Debug, Args)]
pub(crate) struct Conformance {
    /// `CPython` 2.7, when it is neither on the search path nor among pyenv's
    #[arg(long)]
    python: Option<PathBuf>,
    /// Only these cases: `6.4.*`
    cases: Vec<String>,
}

/// What the suite says of one case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    behavior: String,
    behavior_close: String,
    remote_close_code: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Ok,
    /// Left open by the RFC; the suite only tells.
    Informational,
    /// Refused, as the protocol says.
    Refused,
    /// Within the RFC, but not as strict as can be.
    NonStrict,
    Failed,
}

/// `cargo xtask conformance`
pub(crate) fn conformance(conformance: &Conformance) -> Result<()> {
    let folder = workspace::target()?.join("conformance");
    let suite = Suite::find(conformance.python.as_deref(), &folder)?;
    let echo = Echo::start()?;
    let cases = match conformance.cases.as_slice() {
        [] => GROUPS.map(str::to_owned).to_vec(),
        named => named.to_vec(),
    };
    let results = suite.run(&echo.address, &cases)?;
    print(&results)
}

/// Autobahn's testsuite, with what it needs, in a folder of its own.
struct Suite {
    python: PathBuf,
    folder: PathBuf,
}

impl Suite {
    fn find(named: Option<&Path>, folder: &Path) -> Result<Self> {
        let suite = Self { python: python(named)?, folder: folder.to_owned() };
        if suite.folder.join("bin/wstest").is_file() {
            return Ok(suite);
        }
        println!("Installing {SUITE} into {}", folder.display());
        let mut install = suite.python();
        install.args(["-m", "pip", "install", "--user", "--quiet", "--no-warn-script-location"]);
        run(install.arg(SUITE))?;
        Ok(suite)
    }

    fn run(&self, address: &str, cases: &[String]) -> Result<BTreeMap<String, Case>> {
        let report = self.folder.join("report");
        let spec = self.folder.join("spec.json");
        let text = serde_json::json!({
            "outdir": report,
            "servers": [{ "agent": AGENT, "url": address }],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        });
        fs::write(&spec, text.to_string())?;
        let mut client = self.python();
        client.arg(self.folder.join("bin/wstest")).args(["--mode", "fuzzingclient", "--spec"]);
        run(client.arg(&spec))?;
        println!("All of it, case by case: {}", report.join("index.html").display());
        let index = fs::read_to_string(report.join("index.json"))?;
        let mut agents: BTreeMap<String, BTreeMap<String, Case>> = serde_json::from_str(&index)?;
        agents.remove(AGENT).context("the suite wrote no report")
    }

    fn python(&self) -> Command {
        let mut python = program(&self.python);
        python.env("PYTHONUSERBASE", &self.folder);
        python
    }
}

/// The echo, for as long as this lives.
struct Echo {
    child: Child,
    /// Kept open: it says something at its end as well.
    _output: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Echo {
    fn start() -> Result<Self> {
        let mut test = cargo("test");
        test.args(["--locked", "-p", "backend", "--lib", "--", "--exact", ECHO])
            .args(["--ignored", "--nocapture"])
            // It ends with its input, so also if this program is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        show(&test);
        let mut child = test.spawn()?;
        let output = child.stdout.take().context("the output was piped a moment ago")?;
        let mut output = BufReader::new(output).lines();
        while let Some(line) = output.next().transpose()? {
            if let Some(address) = line.strip_prefix("listening on ") {
                return Ok(Self { child, address: address.to_owned(), _output: output });
            }
        }
        bail!("the echo ended: {}", child.wait()?)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn python(named: Option<&Path>) -> Result<PathBuf> {
    let is_right = |file: &Path| {
        let asked = "import sys, pip; print(sys.version_info[:2] == (2, 7))";
        answer(program(file).args(["-c", asked])).as_deref() == Some("True")
    };
    let of_pyenv = answer(program("pyenv").arg("root")).map(PathBuf::from).into_iter();
    let found = of_pyenv
        .filter_map(|root| fs::read_dir(root.join("versions")).ok())
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin/python2.7"));
    let candidates = match named {
        Some(file) => vec![file.to_owned()],
        None => std::iter::once(PathBuf::from("python2.7")).chain(found).collect(),
    };
    candidates.into_iter().find(|file| is_right(file)).context(
        "Autobahn's testsuite needs CPython 2.7 with pip, which systems no longer pack: type \
         `pyenv install 2.7.18`, or name one by --python",
    )
}

impl Case {
    fn verdict(&self, name: &str) -> Verdict {
        let is_refused = |(cases, code): &(&[&str], u16)| {
            cases.iter().any(|case| name.starts_with(case)) && self.remote_close_code == Some(*code)
        };
        if REFUSED.iter().any(is_refused) {
            return Verdict::Refused;
        }
        match (self.behavior.as_str(), self.behavior_close.as_str()) {
            ("OK", "OK") => Verdict::Ok,
            ("OK" | "INFORMATIONAL", "OK" | "INFORMATIONAL") => Verdict::Informational,
            ("NON-STRICT", "OK" | "INFORMATIONAL") => Verdict::NonStrict,
            _ => Verdict::Failed,
        }
    }
}

fn print(results: &BTreeMap<String, Case>) -> Result<()> {
    let mut groups: BTreeMap<u32, [u32; 5]> = BTreeMap::new();
    let mut notes = Vec::new();
    for (name, case) in results {
        let verdict = case.verdict(name);
        let group = name.split('.').next().and_then(|group| group.parse().ok()).unwrap_or(0);
        groups.entry(group).or_default()[verdict as usize] += 1;
        if verdict > Verdict::Refused {
            notes.push(format!("{name}: {} {}", case.behavior, case.behavior_close));
        }
    }
    println!(
        "\n{:>5} {:>5} {:>14} {:>8} {:>11} {:>7}",
        "group", "ok", "informational", "refused", "non-strict", "failed"
    );
    for (group, [ok, informational, refused, non_strict, failed]) in &groups {
        println!(
            "{group:>5} {ok:>5} {informational:>14} {refused:>8} {non_strict:>11} {failed:>7}"
        );
    }
    for note in &notes {
        println!("{note}");
    }
    println!("{} passed, {} failed", results.len() - notes.len(), notes.len());
    ensure!(!results.is_empty(), "not one case ran");
    ensure!(notes.is_empty(), "not everything conforms");
    Ok(())
}
