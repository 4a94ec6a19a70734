//! What the first load weighs, against what `budget.toml` allows.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use serde::Deserialize;

use crate::{page, parts, workspace};

#[derive(Debug, Deserialize)]
struct Budget {
    first_load: u64,
    on_demand: Vec<String>,
    /// By the kind of visit, the parts it needs before one can type.
    visits: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Weight {
    file: PathBuf,
    raw: u64,
    /// What crosses the wire: brotli, or the file itself where that gains nothing.
    sent: u64,
    needed: Needed,
}

/// Before one can type.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Needed {
    Always,
    /// On visits of these kinds.
    On(Vec<String>),
    Never,
}

/// Prints what each file of the page weighs. An error if a first load is over the budget.
pub(crate) fn hold(folder: &Path) -> Result<()> {
    let excess = show(folder)?;
    ensure!(excess == 0, "the first load is {excess} bytes over what budget.toml allows");
    Ok(())
}

/// Prints what each file of the page weighs, and answers by how much the heaviest first load is
/// over the budget.
pub(crate) fn show(folder: &Path) -> Result<u64> {
    let budget = Budget::read(&fs::read_to_string(workspace::root().join("budget.toml"))?)?;
    let weights = weigh(folder, &budget)?;
    println!("{:>10} {:>10}  file", "bytes", "brotli");
    for Weight { file, raw, sent, needed } in &weights {
        let when = match needed {
            Needed::Always => String::new(),
            Needed::On(visits) => format!(" ({})", visits.join(", ")),
            Needed::Never => " (on demand)".to_owned(),
        };
        println!("{raw:>10} {sent:>10}  {}{when}", file.display());
    }
    let mut heaviest = 0;
    for visit in budget.visits.keys() {
        let first = first_load(&weights, visit);
        println!("First load, {visit}: {first} bytes, brotli.");
        heaviest = heaviest.max(first);
    }
    println!("The budget is {}.", budget.first_load);
    Ok(u64::saturating_sub(heaviest, budget.first_load))
}

impl Budget {
    fn read(text: &str) -> Result<Self> {
        let budget: Self = toml::from_str(text).context("budget.toml")?;
        ensure!(!budget.visits.is_empty(), "budget.toml names no visit");
        Ok(budget)
    }

    /// Whether a visit of any kind needs this file before one can type.
    fn needed(&self, file: &Path) -> Needed {
        let path = file.to_string_lossy();
        if !self.on_demand.iter().any(|start| path.starts_with(start)) {
            return Needed::Always;
        }
        let users = parts::users(file);
        let visits = self.visits.iter();
        let visits =
            visits.filter(|(_, parts)| parts.iter().any(|part| users.contains(&part.as_str())));
        match visits.map(|(visit, _)| visit.clone()).collect::<Vec<_>>() {
            none if none.is_empty() => Needed::Never,
            visits => Needed::On(visits),
        }
    }
}

/// What a visit of this kind loads before one can type.
fn first_load(weights: &[Weight], visit: &String) -> u64 {
    let first = weights.iter().filter(|weight| match &weight.needed {
        Needed::Always => true,
        Needed::On(visits) => visits.contains(visit),
        Needed::Never => false,
    });
    first.map(|weight| weight.sent).sum()
}

fn weigh(folder: &Path, budget: &Budget) -> Result<Vec<Weight>> {
    let files = page::files(folder)?;
    let size = |file: &Path| Ok::<_, anyhow::Error>(fs::metadata(folder.join(file))?.len());
    let mut weights = Vec::new();
    for file in &files {
        if file.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            continue;
        }
        let raw = size(file)?;
        let compressed = PathBuf::from(format!("{}.br", file.display()));
        let sent = if files.contains(&compressed) { size(&compressed)? } else { raw };
        weights.push(Weight { file: file.clone(), raw, sent, needed: budget.needed(file) });
    }
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.sent));
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: &str = r#"
        first_load = 10
        on_demand = ["fonts/", "parts/"]
        [visits]
        "signed in" = []
        "signed out" = ["account"]
    "#;

    #[test]
    fn a_first_load_is_what_that_visit_needs() {
        let budget = Budget::read(BUDGET).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (file, size) in [
            ("index.html", 40),
            ("index.html.br", 7),
            ("fonts/late.woff2", 30),
            ("parts/account-0a1b2c3d.wasm", 100),
            ("parts/account_desk-0a1b2c3d.wasm", 1_000),
            ("parts/desk-0a1b2c3d.wasm", 10_000),
        ] {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, vec![b'a'; size]).unwrap();
        }
        let weights = weigh(folder, &budget).unwrap();
        let load = |visit: &str| first_load(&weights, &visit.to_owned());
        assert_eq!((load("signed in"), load("signed out")), (7, 1_107));
    }

    #[test]
    fn a_budget_without_a_figure_or_a_visit_is_refused() {
        assert!(Budget::read("on_demand = []\n[visits]\nall = []").is_err());
        assert!(Budget::read("first_load = 10\non_demand = []\n[visits]").is_err());
    }
}
