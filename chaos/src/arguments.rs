//! What is asked of the program, and how it answers.

use crate::faults::{Fault, Form, Ground};
use crate::finding::Finding;
use anyhow::{Context as _, Error, Result, ensure};
use clap::Parser;
use clap::builder::EnumValueParser;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Longer than any row takes that ends at all.
const PATIENCE: Duration = Duration::from_hours(2);

/// Breaks what the server stands on, and says whether it was survived
#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Arguments {
    /// All of them when none is named
    #[arg(value_parser = EnumValueParser::<Fault>::new(), ignore_case = true)]
    faults: Vec<Fault>,
    /// Seconds each, without limits on time: shows that it works, not how well
    #[arg(long)]
    quick: bool,
    /// The server's program
    #[arg(long, env = "HUBBUB_BINARY")]
    server: PathBuf,
    /// The server's program that can be asked to have bugs
    #[arg(long, env = "HUBBUB_PLANTED_BINARY")]
    planted: Option<PathBuf>,
    /// The program of the server's tests
    #[arg(long, env = "HUBBUB_TESTS")]
    tests: Option<PathBuf>,
    /// Where data folders are made
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Another one, other moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn perform() -> Result<()> {
    let arguments = Arguments::parse();
    let form = if arguments.quick { Form::Quick } else { Form::Long };
    let server = arguments.server.canonicalize().context("there is no such server")?;
    let planted = arguments.planted.map(|planted| planted.canonicalize()).transpose()?;
    let tests = arguments.tests.map(|tests| tests.canonicalize()).transpose()?;
    let (folder, seed) = (arguments.folder, arguments.seed);
    let ground = Ground { server, planted, tests, form, folder, seed };
    launch::raise_open_files()?;
    let named = !arguments.faults.is_empty();
    let faults = if named { arguments.faults } else { Fault::in_order(form) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut failed, mut table) = (Vec::new(), Vec::new());
    // Seconds are mostly waited; what is measured has the machine to itself.
    let at_once = form.of(faults.len().max(1), 1);
    let mut findings = stream::iter(faults)
        .map(async |fault| {
            let row = fault.row();
            eprintln!("{}: {} …", row.name, row.fault);
            let begin = Instant::now();
            (row, measure(fault, &ground).await, begin.elapsed().as_secs_f64())
        })
        .buffer_unordered(at_once)
        .boxed_local();
    while let Some((row, finding, took)) = runtime.block_on(findings.next()) {
        let (word, measured, troubles) = match &finding {
            Ok(finding) => match finding.why_left_out() {
                Some(why) => ("left out", why.to_owned(), Vec::new()),
                None if finding.is_well() => ("ok", finding.measured(), Vec::new()),
                None => ("FAILED", finding.measured(), finding.troubles().to_vec()),
            },
            Err(error) => ("FAILED", String::new(), vec![format!("{error:#}")]),
        };
        println!("{:<6} {word:<8} {took:>6.1} s  {}", row.name, row.fault);
        println!("         expected  {}", row.expected);
        println!("         measured  {measured}");
        // Thousands of the same say no more than some of them.
        for trouble in troubles.iter().take(10) {
            println!("         trouble   {trouble}");
        }
        if word == "FAILED" {
            println!("         {} troubles", troubles.len());
            failed.push(row.name);
        }
        let measured = if measured.is_empty() { troubles.join("; ") } else { measured };
        let measured = measured.replace('\n', " ").replace('|', "/");
        table.push(format!("| {} | {} | {word} | {took:.0} s | {measured} |", row.name, row.fault));
    }
    if form == Form::Long {
        println!("\n| Row | Fault | Came of it | Took | Measured |\n|---|---|---|--:|---|");
        println!("{}", table.join("\n"));
    }
    ensure!(failed.is_empty(), "not survived: {}", failed.join(", "));
    Ok(())
}

/// What came of a fault: something in any case, so that the others have their turn.
async fn measure(fault: Fault, ground: &Ground) -> Result<Finding> {
    let measured = AssertUnwindSafe(fault.measure(ground)).catch_unwind();
    match timeout(PATIENCE, measured).await {
        Ok(Ok(finding)) => finding,
        // Its message stands above.
        Ok(Err(_panic)) => Err(Error::msg("the row itself has a defect: it panicked")),
        Err(_) => Err(Error::msg(format!("not over after {PATIENCE:?}"))),
    }
}
