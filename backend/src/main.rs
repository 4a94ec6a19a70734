//! The program: reads what it is told, and does it.

use backend::config::{Config, Options};
use backend::{command, listener, log};
use clap::{Args, Parser, Subcommand};
use core::time::Duration;
use std::io::Write as _;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// glibc's allocator keeps what thousands of sockets have freed. Without huge pages, since a
/// small block that stays would hold 2 MiB of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often memory that is no longer used is given back.
const MEMORY: Duration = Duration::from_secs(10);

/// A group chat that runs from one file
#[derive(Debug, Parser)]
#[command(name = "hubbub", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the page and the API (also the default)
    Serve(Serve),
    #[command(flatten)]
    Other(command::Command),
}

#[derive(Args, Debug)]
struct Serve {
    #[command(flatten)]
    options: Options,
}

pub(crate) fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to be told that nobody can be told.
            let _ = writeln!(std::io::stderr(), "hubbub: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and what caused it, but no cause that its effect has named already.
fn told(error: &anyhow::Error) -> String {
    let told = error.chain().map(ToString::to_string).reduce(|told, cause| {
        if told.ends_with(&cause) { told } else { format!("{told}: {cause}") }
    });
    told.unwrap_or_default().trim_end().to_owned()
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        None => serve(arguments.serve.resolve()?).map(|()| ExitCode::SUCCESS),
        Some(Command::Serve(Serve { options })) => {
            serve(options.resolve()?).map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Other(command)) => answer(command),
    }
}

fn answer(command: command::Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let answer = runtime.block_on(command.run())?;
    writeln!(std::io::stdout(), "{}", answer.text)?;
    Ok(if answer.well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn serve(mut config: Config) -> anyhow::Result<()> {
    log::start(&config.log)?;
    #[cfg(feature = "planted")]
    backend::planted::plant(&backend::config::planted()).map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let listener = listener::bind(config.http.listen)?;
        if config.http.is_readable_on_the_way() {
            tracing::warn!(
                "listening beyond this machine by plain HTTP: passwords and messages can be read \
                 on the way; use --tls-cert and --tls-key, or a proxy named with --trusted-proxy"
            );
        }
        config.limits.max_connections = listener::files::allow(config.limits.max_connections);
        tokio::spawn(end_on_signal(shutdown.clone()));
        tokio::spawn(give_memory_back());
        backend::run(config, listener, shutdown).await?;
        tracing::info!("ended");
        Ok(())
    })
}

/// Hashing a password takes 64 MiB. The allocator gives them back to the system when a thread
/// ends; on a server that is never idle, none does.
async fn give_memory_back() {
    let mut ticks = tokio::time::interval(MEMORY);
    loop {
        ticks.tick().await;
        if let Err(error) = std::thread::Builder::new().spawn(|| ()) {
            tracing::warn!(%error, "no thread can be started");
        }
    }
}

/// The first signal lets everything finish; the second one does not wait.
async fn end_on_signal(shutdown: CancellationToken) {
    let (mut terminate, mut interrupt) =
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "signals end the server at once");
                return;
            }
        };
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    };
    let name = next().await;
    tracing::info!(signal = name, "ending");
    shutdown.cancel();
    next().await;
    std::process::exit(1);
}
