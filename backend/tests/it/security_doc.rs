//! `docs/security.md` names only tests that there are, and leaves no attack out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../../docs/security.md");

fn texts_under(folder: &Path, ending: &str, texts: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            texts_under(&path, ending, texts);
        } else if path.to_string_lossy().ends_with(ending) {
            texts.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_line_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = String::new();
    for folder in ["backend/src", "backend/tests", "shared/src", "shared/tests", "frontend/src"] {
        texts_under(&root.join(folder), ".rs", &mut sources);
    }
    let mut walks = String::new();
    texts_under(&root.join("e2e/walks"), ".test.mjs", &mut walks);
    let mut named = 0;
    for row in DOCUMENT.lines().filter(|line| line.starts_with("| ") && !line.contains("---")) {
        let tests = row.rsplit('|').nth(1).unwrap();
        for test in tests.split('`').skip(1).step_by(2) {
            let is_test = sources.contains(&format!("fn {test}("));
            assert!(
                is_test || walks.contains(&format!("walk('{test}'")),
                "there is no test {test}"
            );
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}

#[test]
fn every_attack_has_a_row_or_waits_for_something() {
    let mut found = BTreeSet::new();
    for row in DOCUMENT.lines().filter_map(|line| line.strip_prefix("| ")) {
        let numbers = row.split(" |").next().unwrap();
        for part in numbers.split(", ") {
            let (first, last) = part.split_once(" to ").unwrap_or((part, part));
            if let (Ok(first), Ok(last)) = (first.parse::<u8>(), last.parse::<u8>()) {
                found.extend(first..=last);
            }
        }
    }
    assert_eq!(found, (1..=54).collect());
}
