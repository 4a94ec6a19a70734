//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The repository.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo's target folder, wherever the person has moved it.
pub(crate) fn target() -> Result<PathBuf> {
    // This program is `{target}/debug/xtask`, which no variable or setting has to be asked for.
    let program = std::env::current_exe().context("where is xtask itself?")?;
    let target = program.ancestors().nth(2).context("xtask runs outside a target folder")?;
    Ok(target.to_owned())
}

/// The folders of the crates.
pub(crate) fn members() -> Result<Vec<String>> {
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml"))?.parse()?;
    let members = manifest.get("workspace").and_then(|all| all.get("members")?.as_array());
    let members = members.context("Cargo.toml names no members")?;
    Ok(members.iter().filter_map(|member| member.as_str().map(str::to_owned)).collect())
}

/// The version of a crate in `Cargo.lock`.
pub(crate) fn locked_version(krate: &str) -> Result<String> {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock"))?.parse()?;
    lock.get("package")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .find(|package| package.get("name").and_then(toml::Value::as_str) == Some(krate))
        .and_then(|package| package.get("version")?.as_str().map(str::to_owned))
        .with_context(|| format!("Cargo.lock has no package {krate}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunk_asks_for_the_wasm_bindgen_of_the_lockfile() {
        let trunk: toml::Table =
            std::fs::read_to_string(root().join("Trunk.toml")).unwrap().parse().unwrap();
        let asked = trunk["tools"]["wasm_bindgen"].as_str().unwrap();
        assert_eq!(asked, locked_version("wasm-bindgen").unwrap());
    }
}
