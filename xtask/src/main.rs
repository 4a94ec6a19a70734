//! `cargo xtask`: everything one does to this repository, without a tool that is not installed
//! by the task that needs it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bench;
mod budget;
mod chaos;
mod check;
mod compress;
mod conformance;
mod crash;
mod dev;
mod examples;
mod imports;
mod order;
mod page;
mod parts;
mod process;
mod rust;
mod server;
mod simulate;
mod stamp;
mod suite;
mod test;
mod tools;
mod types;
mod walks;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build the page and the server, and start it on <http://127.0.0.1:8080> with ./data
    Run(server::Run),
    /// Edit loop: rebuild and reload on every change, on <http://127.0.0.1:8090>
    Dev,
    /// Make the release program with the page inside: target/release/hubbub
    Build,
    /// Build the page into dist/, print its sizes, hold it against budget.toml
    Page,
    /// Run every test there is, or only the suites named
    Test(test::Selection),
    /// Formatting, lints on both targets, dependencies and licences, contrast of the colours
    Check,
    /// Measure the server under load, or the page in a browser: arguments go to the benchmark
    Bench(bench::Load),
    /// Hold the WebSocket against Autobahn's testsuite
    Conformance(conformance::Conformance),
    /// Break what the server stands on, and say whether it survived: docs/faults.md
    Chaos(chaos::Chaos),
    /// Kill the server 100 times under load and look for a lost or doubled message
    Kill9(crash::Crash),
    /// Hold the delivery contract under a simulated network and clock: arguments go to `simulate`
    Simulate(simulate::Simulate),
}

fn main() -> ExitCode {
    let Some(task) = Arguments::parse().task else {
        println!("{}", Arguments::command().render_help());
        return ExitCode::SUCCESS;
    };
    match task.perform() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Task {
    fn perform(self) -> anyhow::Result<()> {
        match self {
            Self::Run(run) => server::run(&run),
            Self::Dev => dev::dev(),
            Self::Build => server::release().map(|program| println!("{}", program.display())),
            Self::Page => page::shipped(),
            Self::Test(selection) => test::test(&selection),
            Self::Check => check::check(),
            Self::Bench(load) => bench::bench(&load),
            Self::Conformance(conformance) => conformance::conformance(&conformance),
            Self::Chaos(faults) => chaos::chaos(&faults),
            Self::Kill9(crash) => crash::crash(&crash),
            Self::Simulate(stories) => simulate::simulate(&stories),
        }
    }
}
