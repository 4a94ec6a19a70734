//! `cargo xtask dev`: Trunk rebuilds the page and reloads the browser, this rebuilds and restarts
//! the server.

use std::{
    path::Path,
    process::{Child, Command},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    page,
    process::{cargo, program, run, show},
    tools::PageTools,
    workspace,
};

/// What the server is made of.
const SOURCES: [&str; 4] = ["backend", "shared", "Cargo.toml", "Cargo.lock"];
/// How soon a saved file is noticed.
const GLANCE: Duration = Duration::from_millis(500);
/// How long the server may drain before it is killed.
const DRAIN: Duration = Duration::from_secs(6);

pub(crate) fn dev() -> Result<()> {
    let tools = PageTools::quick()?;
    page::fetch()?;
    let (stop, stopped) = mpsc::sync_channel(1);
    // A second Ctrl-C while the first is being obeyed has nothing to add.
    ctrlc::set_handler(move || _ = stop.try_send(()))?;

    let mut built = newest()?;
    let mut server = Server::start()?;
    let page = workspace::target()?.join("page-dev");
    let mut trunk = start(tools.trunk()?.args(["serve", "--dist"]).arg(page))?;
    loop {
        match stopped.recv_timeout(GLANCE) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(status) = trunk.try_wait()? {
            server.end()?;
            bail!("trunk ended ({status})");
        }
        let changed = newest()?;
        if changed > built {
            built = changed;
            server.renew()?;
        }
    }
    end(&mut trunk)?;
    server.end()
}

struct Server {
    /// None while the sources do not compile, or after the program has ended by itself.
    child: Option<Child>,
}

impl Server {
    fn start() -> Result<Self> {
        let mut server = Self { child: None };
        server.renew()?;
        Ok(server)
    }

    /// Builds, and only then takes the old program's place.
    fn renew(&mut self) -> Result<()> {
        if let Err(error) = run(cargo("build").args(["-p", "backend"])) {
            println!("{error:#}: waiting for the next change.");
            return Ok(());
        }
        self.end()?;
        self.child = Some(start(&mut program(workspace::target()?.join("debug/hubbub")))?);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.child.take().map_or(Ok(()), |mut child| end(&mut child))
    }
}

fn start(command: &mut Command) -> Result<Child> {
    show(command);
    command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Asks a program to end, and kills it when it does not.
fn end(child: &mut Child) -> Result<()> {
    if child.try_wait()?.is_none() && cfg!(unix) {
        let id = child.id().to_string();
        // It may have ended since: then there is nobody to ask.
        let _ = program("kill").args(["-TERM", &id]).status();
    }
    let deadline = Instant::now() + DRAIN;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline || !cfg!(unix) {
            child.kill()?;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Ok(())
}

/// When the server's sources were last written to.
fn newest() -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for source in SOURCES {
        let path = workspace::root().join(source);
        if path.is_dir() {
            for file in page::files(&path)? {
                newest = newest.max(written(&path.join(file)));
            }
        } else {
            newest = newest.max(written(&path));
        }
    }
    Ok(newest)
}

/// An editor may replace a file at the very moment it is looked at.
fn written(file: &Path) -> SystemTime {
    file.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}
