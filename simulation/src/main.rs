//! `simulate`: runs stories, each in a process of its own, so that nothing of one is left for the next.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use simulation::record::{Counts, Tells};
use simulation::story;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

#[derive(Debug, Parser)]
#[command(name = "simulate", about = "Holds the delivery contract under a simulated network")]
struct Arguments {
    /// How many stories
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many at once
    #[arg(long, default_value_t = 2)]
    jobs: u64,
    /// Tell all that happens, of one seed
    #[arg(long)]
    trace: bool,
    /// Run this story in this process
    #[arg(long, hide = true)]
    one: Option<u64>,
    /// Bugs of the server's to look for
    #[cfg(feature = "planted")]
    #[arg(long, default_value = "")]
    plant: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "planted")]
    if let Err(error) = backend::planted::plant(&arguments.plant) {
        println!("{error}");
        return ExitCode::FAILURE;
    }
    let result = match (arguments.one, arguments.trace) {
        (Some(seed), _) => return one(seed, Tells::Nothing),
        (None, true) => return one(arguments.from, Tells::Everything),
        (None, false) => many(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn one(seed: u64, tells: Tells) -> ExitCode {
    let outcome = story::tell(seed, tells);
    for violation in &outcome.violations {
        println!("seed {seed} {violation}");
    }
    println!("{} {:016x}", write(&outcome.counts), outcome.digest);
    if outcome.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What all stories together came to.
#[derive(Debug, Default)]
struct Total {
    counts: Counts,
    failed: Vec<u64>,
}

fn many(arguments: &Arguments) -> Result<()> {
    let program = std::env::current_exe().context("where is this program?")?;
    let begun = Instant::now();
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from.saturating_add(arguments.seeds);
    let total = Mutex::new(Total::default());
    thread::scope(|scope| {
        let worker = || -> Result<()> {
            loop {
                let seed = next.fetch_add(1, Ordering::SeqCst);
                if seed >= end {
                    return Ok(());
                }
                let mut story = Command::new(&program);
                story.args(["--one", &seed.to_string()]);
                #[cfg(feature = "planted")]
                story.args(["--plant", &arguments.plant]);
                let output =
                    story.stderr(Stdio::piped()).output().context("a story cannot be started")?;
                let said = String::from_utf8_lossy(&output.stdout);
                let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                if output.status.success() {
                    read(&said).with_context(|| format!("{said:?} is no account"))?.add(&mut total);
                    continue;
                }
                total.failed.push(seed);
                print!("{said}{}", String::from_utf8_lossy(&output.stderr));
                println!("seed {seed} failed: cargo xtask simulate --from {seed} --trace\n");
            }
        };
        let workers: Vec<_> = (0..arguments.jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!("a worker ended early")),
        })
    })?;
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Counts { events, acknowledged, resumes, recovered, fetched, kills, broken, slow } =
        total.counts;
    println!(
        "{} seeds from {} in {:.1} s: {} failed; {events} events, {acknowledged} acknowledgements, \
         {resumes} resumes ({recovered} rooms went on), {fetched} gaps fetched, {kills} restarts, \
         {broken} connections broken, {slow} too slow",
        arguments.seeds,
        arguments.from,
        begun.elapsed().as_secs_f64(),
        total.failed.len(),
    );
    ensure!(total.failed.is_empty(), "failed: {:?}", total.failed);
    Ok(())
}

fn write(counts: &Counts) -> String {
    let Counts { events, acknowledged, resumes, recovered, fetched, kills, broken, slow } = counts;
    format!("{events} {acknowledged} {resumes} {recovered} {fetched} {kills} {broken} {slow}")
}

struct Account(Counts);

fn read(said: &str) -> Option<Account> {
    let line = said.lines().last()?;
    let mut numbers = line.split(' ').map_while(|word| word.parse::<u64>().ok());
    let mut number = || numbers.next();
    Some(Account(Counts {
        events: number()?,
        acknowledged: number()?,
        resumes: number()?,
        recovered: number()?,
        fetched: number()?,
        kills: number()?,
        broken: number()?,
        slow: number()?,
    }))
}

impl Account {
    fn add(self, total: &mut Total) {
        let (sum, more) = (&mut total.counts, self.0);
        sum.events += more.events;
        sum.acknowledged += more.acknowledged;
        sum.resumes += more.resumes;
        sum.recovered += more.recovered;
        sum.fetched += more.fetched;
        sum.kills += more.kills;
        sum.broken += more.broken;
        sum.slow += more.slow;
    }
}
