//! What is asked for on the command line.

use crate::machine::Machine;
use crate::report::{Report, Row};
use crate::seed;
use crate::wire::Offer;
use crate::workload::{Plan, Workload};
use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum as _};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask bench",
    bin_name = "cargo xtask bench",
    about = "Measures the server under load; `cargo xtask bench page` measures the page",
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// What to measure; everything, unless named
    workloads: Vec<Workload>,
    /// A few seconds each, once: to see that it works, not to quote
    #[arg(long)]
    short: bool,
    /// How often to measure each, taking turns; the report has the medians [default: 3, short: 1]
    #[arg(long, value_name = "NUMBER")]
    runs: Option<usize>,
    /// Connections ask for all people and their presence, as the page does and programs don't
    #[arg(long)]
    as_page: bool,
    /// Connections offer to take deflated frames, as the page does and most programs don't
    #[arg(long)]
    deflate: bool,
    /// Of `search`: keep what was filled in in this folder, and use it the next time
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// The server program
    #[arg(long, env = "HUBBUB_BINARY", default_value = "target/release/hubbub")]
    binary: PathBuf,
    /// Where the report goes, and the data folders meanwhile: on the disk to be measured
    #[arg(long, env = "HUBBUB_BENCH_OUTPUT", default_value = "target/bench")]
    output: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Fill a data folder with one room of many messages, and say as JSON how to get in
    SeedRoom {
        folder: PathBuf,
        #[arg(long, default_value_t = 50_000)]
        messages: usize,
    },
}

pub(crate) fn perform() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Task::SeedRoom { folder, messages }) = &arguments.task {
        let seeded = seed::long_room(folder, *messages)?;
        println!("{}", serde_json::to_string(&seeded)?);
        return Ok(());
    }
    std::fs::create_dir_all(&arguments.output)
        .with_context(|| format!("cannot make {}", arguments.output.display()))?;
    let machine = Machine::look()?;
    println!("{machine}\n");
    let plan = Plan {
        binary: arguments.binary,
        folder: arguments.output.clone(),
        short: arguments.short,
        as_page: arguments.as_page,
        offer: if arguments.deflate { Offer::Deflate } else { Offer::Nothing },
        keep: arguments.keep,
    };
    let workloads = if arguments.workloads.is_empty() {
        Workload::value_variants().to_vec()
    } else {
        arguments.workloads
    };
    let runs = arguments.runs.unwrap_or(if arguments.short { 1 } else { 3 }).max(1);
    let mut rows: Vec<Row> = Vec::new();
    for run in 1..=runs {
        for workload in &workloads {
            eprintln!("run {run} of {runs}: {}", workload.title());
            let measured = workload.measure(&plan).with_context(|| workload.title())?;
            rows.extend(measured);
        }
    }
    let report = Report::new(machine, arguments.short, rows);
    print!("{report}");
    let file = report.write(&arguments.output)?;
    println!("\n{}", file.display());
    Ok(())
}
