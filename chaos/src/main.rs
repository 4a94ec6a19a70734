//! Breaks what the server stands on, while clients that speak only the wire write and read, and
//! holds what they were told against what is there afterwards.
//!
//! Modules in reading order: what is broken ([`faults`]), by what ([`server`], [`proxy`]), who talks
//! meanwhile ([`talk`], [`writer`], [`reader`], [`wire`]), whether it was survived ([`checker`]), and
//! what came out ([`finding`]).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "figures for people: three digits of them are read"
    )
)]

#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod proxy;
#[cfg(target_os = "linux")]
mod talk;
#[cfg(target_os = "linux")]
mod writer;
#[cfg(target_os = "linux")]
mod reader;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod checker;
#[cfg(target_os = "linux")]
mod chance;
#[cfg(target_os = "linux")]
mod finding;
#[cfg(target_os = "linux")]
mod arguments;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    match arguments::perform() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("faults are made with /proc, signals and file systems: this runs on Linux only")
}
