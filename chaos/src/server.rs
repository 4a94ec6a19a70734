//! The real program in a process of its own, to be killed, stopped and started again.

use anyhow::{Context as _, Result, bail, ensure};
use core::net::SocketAddr;
use launch::Launch;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

const READY_TIME: Duration = Duration::from_mins(1);
const STOP_TIME: Duration = Duration::from_secs(30);

/// How to start a server.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) launch: Launch,
    /// Where it tells its figures.
    pub(crate) metrics: SocketAddr,
    /// The list of processes that it is to be on, of a control group.
    pub(crate) group: Option<PathBuf>,
    /// Bugs to have, for a program that can have them.
    pub(crate) bugs: String,
}

impl Place {
    /// In a folder, on ports that are free now.
    pub(crate) fn new(binary: &Path, data: &Path) -> Result<Self> {
        let (launch, metrics) = (Launch::new(binary, data)?, launch::free_address()?);
        Ok(Self { launch, metrics, group: None, bugs: String::new() })
    }

    /// Starts, and returns once it is ready.
    pub(crate) async fn start(&self) -> Result<Server> {
        let begin = Instant::now();
        let mut program = Command::from(self.launch.serve(self.program())?);
        let child = program
            .arg("--metrics-listen")
            .arg(self.metrics.to_string())
            .env("HUBBUB_PLANTED", &self.bugs)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.launch.binary.display()))?;
        let mut server = Server { child, place: self.clone(), ready_after: Duration::ZERO };
        while !self.is_ready().await? {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}):\n{}", self.launch.last_words());
            }
            ensure!(begin.elapsed() < READY_TIME, "not ready:\n{}", self.launch.last_words());
            sleep(Duration::from_millis(2)).await;
        }
        server.ready_after = begin.elapsed();
        Ok(server)
    }

    async fn is_ready(&self) -> Result<bool> {
        let launch = self.launch.clone();
        Ok(spawn_blocking(move || launch.is_ready()).await?)
    }

    /// The program, which has nothing in memory before it is in its group.
    fn program(&self) -> std::process::Command {
        let binary = &self.launch.binary;
        let Some(group) = &self.group else { return std::process::Command::new(binary) };
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(group).arg(binary);
        shell
    }

    /// Runs another of the program's commands, and says what it printed.
    pub(crate) async fn command(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.launch.binary);
        command.args(words).env_clear();
        let output = command.output().await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "{} failed: {said}{complained}", words.join(" "));
        Ok(said)
    }

    /// The sum of a figure that the server tells, over its labels.
    pub(crate) async fn figure(&self, name: &str) -> Result<f64> {
        let asked = reqwest::get(format!("http://{}/metrics", self.metrics));
        let text = asked.await?.error_for_status()?.text().await?;
        let mine = text.lines().filter_map(|line| line.strip_prefix(name));
        let values = mine.filter(|rest| rest.starts_with([' ', '{']));
        let values = values.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(values.fold(0.0, |sum, value| sum + value))
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    place: Place,
    /// From the start of the process to the first yes of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// SIGKILL: no farewell, no flush.
    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end, and waits for it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let status = timeout(STOP_TIME, self.child.wait()).await.context("it does not end")??;
        ensure!(status.success(), "the server ended badly:\n{}", self.place.launch.last_words());
        Ok(())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.pid()?;
        Ok(kill_process(Pid::from_raw(pid).context("no such process")?, signal)?)
    }

    /// Stops the process, and returns once none of its threads does anything any more, but for what
    /// the kernel does for them.
    pub(crate) async fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)?;
        let tasks = format!("/proc/{}/task", self.pid()?);
        while !fs::read_dir(&tasks)?.all(|task| task.is_ok_and(|task| is_still(&task.path()))) {
            sleep(Duration::from_micros(100)).await;
        }
        Ok(())
    }

    fn pid(&self) -> Result<i32> {
        Ok(i32::try_from(self.child.id().context("it has ended")?)?)
    }

    /// Whether the process is still there; it may have been ended by somebody else.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// What it has in memory now, in MiB.
    pub(crate) fn resident(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    /// The most it has had in memory, in MiB.
    pub(crate) fn peak(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> Result<f64> {
        let process = self.child.id().context("it has ended")?;
        Ok(launch::memory_kib(process, name)? as f64 / 1024.0)
    }
}

/// Whether a thread is stopped, or waits for a disk and stops before it knows the outcome.
fn is_still(task: &Path) -> bool {
    // The name, in brackets, may have blanks; what follows begins with the state. One that has
    // ended is still as well.
    let stat = fs::read_to_string(task.join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'D', 'Z', 'X']))
}
