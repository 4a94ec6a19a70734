//! The page: Trunk builds it, we compress it and weigh it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::{
    budget, compress, parts,
    process::{cargo, run},
    stamp::Stamp,
    tools::{Optimizer, PageTools},
    workspace,
};

/// Builds the page as it is shipped into `dist/`, unless it is there already. An error if it
/// is heavier than `budget.toml` allows.
pub(crate) fn shipped() -> Result<()> {
    let tools = PageTools::shipped()?;
    let folder = workspace::root().join("dist");
    let small = tools.optimizer != Optimizer::Absent;
    let stamp = Stamp::of("page", &[if small { "small" } else { "large" }])?;
    if stamp.holds(&folder) {
        println!("The page in dist/ is up to date.");
    } else {
        build(&folder, "wasm-release", &tools)?;
        compress::folder(&folder, compress::Effort::Best)?;
        stamp.put(&folder)?;
    }
    if small {
        budget::hold(&folder)
    } else {
        // The budget is one for the page as it is shipped.
        budget::show(&folder).map(drop)
    }
}

/// Builds the page for the browser walks, quickly, and answers where it is.
pub(crate) fn for_walks() -> Result<PathBuf> {
    let tools = PageTools::quick()?;
    let folder = workspace::target()?.join("page-test");
    let stamp = Stamp::of("page-test", &[])?;
    if stamp.holds(&folder) {
        println!("The page in {} is up to date.", folder.display());
    } else {
        build(&folder, "wasm-test", &tools)?;
        compress::folder(&folder, compress::Effort::Quick)?;
        stamp.put(&folder)?;
    }
    Ok(folder)
}

/// Has Trunk build the page, and takes its program apart.
fn build(folder: &Path, profile: &str, tools: &PageTools) -> Result<()> {
    fetch()?;
    // Not as a release, in which Trunk would call wasm-opt, to no avail: the profile is the same.
    run(tools
        .trunk()?
        .args(["build", "--cargo-profile", profile, "--minify", "--features", parts::FEATURE])
        .arg("--dist")
        .arg(folder))?;
    parts::split(folder, profile, tools)
}

/// Fetches the crates: Trunk builds without the network.
pub(crate) fn fetch() -> Result<()> {
    run(cargo("fetch").arg("--locked"))
}

/// The files under `folder`, by their path in it, in order.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let entries = std::fs::read_dir(&current)
            .with_context(|| format!("cannot list {}", current.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(folder)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
