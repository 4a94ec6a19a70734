//! The server under test: the real program in a process of its own.

use crate::machine::{GENERATOR_CORE, SERVER_CORE, kib_of, pin};
use anyhow::{Context as _, Result, ensure};
use core::net::{Ipv4Addr, SocketAddrV4};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// High enough that no workload meets them: limits have tests of their own.
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
const READY_TIME: Duration = Duration::from_secs(30);
const STOP_TIME: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddrV4,
    /// From the start of the process to the first yes of `/readyz`.
    pub(crate) ready_after: Duration,
    log: PathBuf,
}

impl Server {
    /// Starts on a data folder, and returns once it is ready.
    pub(crate) fn start(binary: &Path, data: &Path) -> Result<Self> {
        let address = free_address()?;
        let log = data.with_extension("log");
        let output = File::options().create(true).append(true).open(&log)?;
        // A child keeps the core of the thread that started it.
        pin(SERVER_CORE)?;
        let begin = Instant::now();
        let child = Command::new(binary)
            .arg("serve")
            .arg("--listen")
            .arg(address.to_string())
            .arg("--data-dir")
            .arg(data)
            .args(LIMITS)
            // Nobody's own settings are measured.
            .env_clear()
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()));
        pin(GENERATOR_CORE)?;
        let mut server = Self { child: child?, address, ready_after: Duration::ZERO, log };
        while !is_ready(address) {
            if let Some(status) = server.child.try_wait()? {
                anyhow::bail!("the server ended ({status}):\n{}", server.last_words());
            }
            ensure!(begin.elapsed() < READY_TIME, "not ready:\n{}", server.last_words());
            pause(Duration::from_millis(1));
        }
        server.ready_after = begin.elapsed();
        Ok(server)
    }

    /// CPU time since its start, of all its threads, in the kernel too.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(&format!("/proc/{}/stat", self.child.id()))
    }

    /// What it has in memory now, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        kib_of(&format!("/proc/{}/status", self.child.id()), "VmRSS:")
    }

    /// The most it has had in memory, in KiB.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        kib_of(&format!("/proc/{}/status", self.child.id()), "VmHWM:")
    }

    /// The end of what it has printed.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Asks it to end, and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let begin = Instant::now();
        while begin.elapsed() < STOP_TIME {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the server ended badly:\n{}", self.last_words());
                return Ok(());
            }
            pause(Duration::from_millis(5));
        }
        anyhow::bail!("the server did not end in {STOP_TIME:?}:\n{}", self.last_words())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no pid")?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, unless a measurement failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of the generator itself: to show that it was not what was measured.
pub(crate) fn own_cpu() -> Result<Duration> {
    cpu_of("/proc/self/stat")
}

fn cpu_of(file: &str) -> Result<Duration> {
    let stat = fs::read_to_string(file)?;
    // The name, in brackets, may have blanks; what follows begins with the third field.
    let (_, rest) = stat.rsplit_once(')').context("not a stat file")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |field: usize| -> Result<u64> {
        Ok(fields.get(field - 3).context("a short stat file")?.parse()?)
    };
    let ticks = ticks(14)? + ticks(15)?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

fn free_address() -> Result<SocketAddrV4> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(SocketAddrV4::new(Ipv4Addr::LOCALHOST, listener.local_addr()?.port()))
}

fn is_ready(address: SocketAddrV4) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[expect(clippy::disallowed_methods, reason = "there is nothing else on this thread")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
