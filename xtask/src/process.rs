//! Other programs: shown as they are called, and an error when they fail.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::workspace;

/// A program, to be run in the repository.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace::root());
    command
}

/// Cargo, as the person would call it.
pub(crate) fn cargo(task: &str) -> Command {
    let mut command = program("cargo");
    command.arg(task);
    without_own_package(&mut command);
    command
}

/// Build scripts that watch these would run again each time xtask and the person take turns.
pub(crate) fn without_own_package(command: &mut Command) {
    #[expect(clippy::disallowed_methods, reason = "only names are looked at, to take them away")]
    for (name, _) in std::env::vars_os() {
        let own = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if own {
            command.env_remove(name);
        }
    }
}

/// Runs to the end. An error if the program cannot be started or says that it failed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    show(command);
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    ensure!(status.success(), "{} failed ({status})", line(command));
    Ok(())
}

/// Runs to the end and passes each line of its output on, having shown it to `look` first.
/// True if the program says that it succeeded.
pub(crate) fn watch(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    show(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let output = child.stdout.take().context("the output was piped a moment ago")?;
    for text in BufReader::new(output).split(b'\n') {
        let text = String::from_utf8_lossy(&text?).into_owned();
        look(&text);
        println!("{text}");
    }
    Ok(child.wait()?.success())
}

/// What a program prints, or nothing if there is no such program or it fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Every place on the search path that has a file of this name.
pub(crate) fn on_path(name: &str) -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the search path is a variable")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .filter(|file| file.is_file())
        .collect()
}

pub(crate) fn show(command: &Command) {
    eprintln!("$ {}", line(command));
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
