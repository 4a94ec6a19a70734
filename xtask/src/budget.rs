//! What the first load weighs, against what `budget.toml` allows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use crate::{page, workspace};

#[derive(Debug)]
struct Budget {
    first_load: u64,
    on_demand: Vec<String>,
}

#[derive(Debug)]
struct Weight {
    file: PathBuf,
    raw: u64,
    /// What crosses the wire: brotli, or the file itself where that gains nothing.
    sent: u64,
    at_first: bool,
}

/// Prints what each file of the page weighs. An error if the first load is over the budget.
pub(crate) fn hold(folder: &Path) -> Result<()> {
    let excess = show(folder)?;
    ensure!(excess == 0, "the first load is {excess} bytes over what budget.toml allows");
    Ok(())
}

/// Prints what each file of the page weighs, and answers by how much the first load is over the
/// budget.
pub(crate) fn show(folder: &Path) -> Result<u64> {
    let budget = Budget::read(&fs::read_to_string(workspace::root().join("budget.toml"))?)?;
    let weights = weigh(folder, &budget)?;
    println!("{:>10} {:>10}  file", "bytes", "brotli");
    for Weight { file, raw, sent, at_first } in &weights {
        let when = if *at_first { "" } else { " (on demand)" };
        println!("{raw:>10} {sent:>10}  {}{when}", file.display());
    }
    let first = weights.iter().filter(|weight| weight.at_first).map(|weight| weight.sent).sum();
    println!("First load: {first} bytes, brotli; the budget is {}.", budget.first_load);
    Ok(u64::saturating_sub(first, budget.first_load))
}

impl Budget {
    fn read(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse().context("budget.toml")?;
        let first_load = table.get("first_load").and_then(toml::Value::as_integer);
        let on_demand = table.get("on_demand").and_then(toml::Value::as_array);
        Ok(Self {
            first_load: first_load
                .and_then(|bytes| bytes.try_into().ok())
                .context("budget.toml needs `first_load`, a number of bytes")?,
            on_demand: on_demand
                .into_iter()
                .flatten()
                .map(|start| start.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .context("`on_demand` in budget.toml is a list of the beginnings of paths")?,
        })
    }
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
        let at_first =
            !budget.on_demand.iter().any(|start| file.to_string_lossy().starts_with(start));
        weights.push(Weight { file: file.clone(), raw, sent, at_first });
    }
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.sent));
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_on_demand_is_no_part_of_the_first_load() {
        let budget = Budget::read("first_load = 10\non_demand = [\"fonts/\"]").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir_all(folder.join("fonts")).unwrap();
        fs::write(folder.join("index.html"), [b'a'; 40]).unwrap();
        fs::write(folder.join("index.html.br"), [b'a'; 7]).unwrap();
        fs::write(folder.join("fonts/late.woff2"), [b'a'; 30]).unwrap();
        let weights = weigh(folder, &budget).unwrap();
        let sent: Vec<(u64, bool)> =
            weights.iter().map(|weight| (weight.sent, weight.at_first)).collect();
        assert_eq!(sent, [(30, false), (7, true)]);
    }

    #[test]
    fn a_budget_without_a_figure_is_refused() {
        assert!(Budget::read("on_demand = []").is_err());
    }
}
