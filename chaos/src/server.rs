//! The real program in a process of its own, to be killed, stopped and started again.

use anyhow::{Context as _, Result, bail, ensure};
use core::net::{Ipv4Addr, SocketAddr};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// High enough that no fault meets them: limits have tests of their own.
const LIMITS: [&str; 12] = [
    "--message-rate",
    "4000000",
    "--message-burst",
    "4000000",
    "--connections-per-user",
    "100000",
    "--connections-per-address",
    "100000",
    "--connection-rate",
    "10000000",
    "--max-connections",
    "15000",
];
const READY_TIME: Duration = Duration::from_mins(1);
const STOP_TIME: Duration = Duration::from_secs(30);

/// How to start a server.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) binary: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) address: SocketAddr,
    /// Where it tells its figures.
    pub(crate) metrics: SocketAddr,
    /// The list of processes that it is to be on, of a control group.
    pub(crate) group: Option<PathBuf>,
    /// Where its servers print to.
    pub(crate) log: PathBuf,
    /// Bugs to have, for a program that can have them.
    pub(crate) bugs: String,
}

impl Place {
    /// In a folder, on ports that are free now.
    pub(crate) fn new(binary: &Path, data: PathBuf) -> Result<Self> {
        let (address, metrics) = (free_address()?, free_address()?);
        let (binary, log) = (binary.to_owned(), data.with_extension("log"));
        Ok(Self { binary, data, address, metrics, group: None, log, bugs: String::new() })
    }

    /// Starts, and returns once it is ready.
    pub(crate) async fn start(&self) -> Result<Server> {
        let output = File::options().create(true).append(true).open(&self.log)?;
        let begin = Instant::now();
        let child = self
            .program()
            .arg("serve")
            .arg("--listen")
            .arg(self.address.to_string())
            .arg("--metrics-listen")
            .arg(self.metrics.to_string())
            .arg("--data-dir")
            .arg(&self.data)
            .args(LIMITS)
            .env_clear()
            .env("HUBBUB_PLANTED", &self.bugs)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let mut server = Server { child, place: self.clone(), ready_after: Duration::ZERO };
        while !is_ready(self.address).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}):\n{}", self.last_words());
            }
            ensure!(begin.elapsed() < READY_TIME, "not ready:\n{}", self.last_words());
            sleep(Duration::from_millis(2)).await;
        }
        server.ready_after = begin.elapsed();
        Ok(server)
    }

    /// The program, which has nothing in memory before it is in its group.
    fn program(&self) -> Command {
        let Some(group) = &self.group else { return Command::new(&self.binary) };
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(group).arg(&self.binary);
        shell
    }

    /// Runs another of the program's commands, and says what it printed.
    pub(crate) async fn command(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        command.args(words).env_clear();
        let output = command.output().await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "{} failed: {said}{complained}", words.join(" "));
        Ok(said)
    }

    /// The end of what its servers have printed.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
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
        ensure!(status.success(), "the server ended badly:\n{}", self.place.last_words());
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
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(kib.with_context(|| format!("no {name}"))? / 1024.0)
    }
}

pub(crate) fn free_address() -> io::Result<SocketAddr> {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Whether a thread is stopped, or waits for a disk and stops before it knows the outcome.
fn is_still(task: &Path) -> bool {
    // The name, in brackets, may have blanks; what follows begins with the state. One that has
    // ended is still as well.
    let stat = fs::read_to_string(task.join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'D', 'Z', 'X']))
}

async fn is_ready(address: SocketAddr) -> bool {
    let asked = timeout(Duration::from_secs(1), async {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        Ok::<_, io::Error>(answer.ends_with(b" 200"))
    });
    matches!(asked.await, Ok(Ok(true)))
}
