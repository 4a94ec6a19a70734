//! `docs/operations.md` names every option and every number there is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use backend::config::Options;
use clap::Args;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../../docs/operations.md");

#[test]
fn every_option_has_a_row_with_its_variable_and_default() {
    let command = Options::augment_args(clap::Command::new("serve"));
    let mut rows = 0;
    for option in command.get_arguments() {
        let flag = option.get_long().unwrap();
        let value = option.get_value_names().unwrap()[0].as_str();
        let variable = option.get_env().unwrap().to_str().unwrap();
        let row = format!("| `--{flag} {value}` | `{variable}` |");
        let line = DOCUMENT.lines().find(|line| line.starts_with(&row));
        let line = line.unwrap_or_else(|| panic!("no row {row}"));
        let help = option.get_help().unwrap().to_string();
        if let Some((_, default)) = help.split_once("[default: ") {
            let default = default.split([']', ';']).next().unwrap();
            assert!(line.contains(&format!("| {default} |")), "--{flag} is {default}: {line}");
        }
        rows += 1;
    }
    let found = DOCUMENT.lines().filter(|line| line.starts_with("| `--")).count();
    assert_eq!(found, rows, "a row is of no option");
}

#[test]
fn every_metric_has_a_row_and_every_row_a_metric() {
    let mut counted = BTreeSet::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(file).unwrap();
        for of in ["counter!", "gauge!", "histogram!"] {
            for (at, _) in text.match_indices(of) {
                let arguments = text[at..].split_once('(').unwrap().1.trim_start();
                let name = arguments.strip_prefix('"').and_then(|rest| rest.split('"').next());
                counted.insert(name.unwrap().to_owned());
            }
        }
    }
    let written = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `hubbub_"))
        .map(|line| format!("hubbub_{}", line.split('`').next().unwrap()));
    assert_eq!(written.collect::<BTreeSet<_>>(), counted);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
