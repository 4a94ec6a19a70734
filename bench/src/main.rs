//! Measures the server: starts the real program on a data folder it has filled, and speaks the
//! wire protocol to it from many connections at once.
//!
//! Modules in reading order: what is measured ([`workload`], [`search`], [`transports`]), on what ([`machine`],
//! [`seed`], [`server`]), by what ([`load`], [`fleet`], [`connection`], [`wire`], [`signin`]), and
//! what came out ([`report`]).

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
mod workload;
#[cfg(target_os = "linux")]
mod search;
#[cfg(target_os = "linux")]
mod transports;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod seed;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod fleet;
#[cfg(target_os = "linux")]
mod connection;
#[cfg(target_os = "linux")]
mod signin;
#[cfg(target_os = "linux")]
mod tally;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod arguments;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    arguments::perform()
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("the load generator reads /proc and pins cores: it runs on Linux only")
}
