//! The proof that the types hold both ends: a field renamed in `shared/` alone lets neither the
//! server nor the page build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    page,
    process::{cargo, run, show},
    suite::Tally,
    tools::WASM,
    workspace,
};

/// A field of a command and of the messages that answer it, one of a body over HTTP, and one of
/// a frame.
const FIELDS: [&str; 3] = ["client_message_id", "password", "reconnect_in"];

/// Renames in a copy, and finds that each end refuses to build, naming the field.
pub(crate) fn hold_both_ends() -> Result<(Tally, bool)> {
    // Always at the same place, so that a second proof finds what the first one compiled.
    let copy = workspace::target()?.join("xtask/types");
    copy_workspace(&copy)?;
    set_apart(&copy.join("Cargo.toml"))?;
    rename_fields(&copy.join("shared/src"))?;
    run(check(&copy, "shared")?.arg("--features=schema"))
        .context("shared/ itself must build under the new names, else this proves nothing")?;
    let mut tally = Tally::default();
    let ends = [("the server", "backend", &[][..]), ("the page", "frontend", &["--target", WASM])];
    for (end, package, flags) in ends {
        let errors = errors_of(check(&copy, package)?.args(flags))?;
        for field in FIELDS {
            let named = errors.iter().any(|error| error.contains(&format!("`{field}`")));
            println!(
                "{end} {} without `{field}`",
                if named { "does not build" } else { "DOES build" }
            );
            if named {
                tally.passed += 1;
            } else {
                tally.failed += 1;
            }
        }
    }
    Ok((tally, tally.failed == 0))
}

fn check(copy: &Path, package: &str) -> Result<Command> {
    let mut check = cargo("check");
    check
        .current_dir(copy)
        .args(["--offline", "--lib", "-p", package])
        // Where the dependencies have been built before.
        .env("CARGO_TARGET_DIR", workspace::target()?);
    Ok(check)
}

/// The first line of each error that a build which has to fail reports.
fn errors_of(check: &mut Command) -> Result<Vec<String>> {
    show(check);
    let output = check.stdin(Stdio::null()).output()?;
    ensure!(!output.status.success(), "it builds although its types were renamed");
    let report = String::from_utf8_lossy(&output.stderr);
    Ok(report.lines().filter(|line| line.starts_with("error")).map(str::to_owned).collect())
}

fn copy_workspace(copy: &Path) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    let root = workspace::root();
    let mut files: Vec<PathBuf> =
        ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].map(PathBuf::from).to_vec();
    for member in workspace::members()? {
        // The fuzzer's target folder is within.
        let built = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "target");
        let inside = page::files(&root.join(&member))?.into_iter().filter(|file| !built(file));
        files.extend(inside.map(|file| Path::new(&member).join(file)));
    }
    for file in files {
        let to = copy.join(&file);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(root.join(&file), to)
            .with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

/// Gives the copies a version of their own. They share the target folder with the originals, and
/// Cargo would otherwise take the one for the other.
fn set_apart(workspace: &Path) -> Result<()> {
    let manifest = fs::read_to_string(workspace)?;
    let (before, version) = manifest
        .split_once("\nversion = \"")
        .context("the workspace has no version that its members share")?;
    Ok(fs::write(workspace, format!("{before}\nversion = \"0.0.0-renamed+{version}"))?)
}

fn rename_fields(sources: &Path) -> Result<()> {
    let mut renamed = [false; FIELDS.len()];
    for file in page::files(sources)? {
        let file = sources.join(file);
        let mut text = fs::read_to_string(&file)?;
        for (field, renamed) in FIELDS.iter().zip(&mut renamed) {
            let new = rename_word(&text, field, &format!("{field}_renamed"));
            *renamed |= new != text;
            text = new;
        }
        fs::write(file, text)?;
    }
    for (field, renamed) in FIELDS.iter().zip(renamed) {
        ensure!(renamed, "shared/ has no `{field}` to rename: name another field of the wire here");
    }
    Ok(())
}

/// `word` replaced wherever it is a word of its own.
fn rename_word(text: &str, word: &str, new: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        result.push_str(before);
        result.push_str(if alone { new } else { word });
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_renamed() {
        assert_eq!(rename_word("topic, topics, (topic)", "topic", "t"), "t, topics, (t)");
        assert_eq!(rename_word("my_topic topic", "topic", "t"), "my_topic t");
    }
}
