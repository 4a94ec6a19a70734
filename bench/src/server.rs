//! The server under test: the real program in a process of its own.

use crate::machine::{GENERATOR_CORE, SERVER_CORE, pin};
use anyhow::{Context as _, Result, bail, ensure};
use core::net::{SocketAddr, SocketAddrV4};
use launch::{Launch, memory_kib};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const READY_TIME: Duration = Duration::from_secs(30);
const STOP_TIME: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    child: Child,
    launch: Launch,
    pub(crate) address: SocketAddrV4,
    /// From the start of the process to the first yes of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts on a data folder, and returns once it is ready.
    pub(crate) fn start(binary: &Path, data: &Path) -> Result<Self> {
        let launch = Launch::new(binary, data)?;
        let SocketAddr::V4(address) = launch.address else { bail!("{}", launch.address) };
        let mut program = launch.serve(Command::new(binary))?;
        // A child keeps the core of the thread that started it.
        pin(SERVER_CORE)?;
        let begin = Instant::now();
        let child = program.spawn().with_context(|| format!("cannot start {}", binary.display()));
        pin(GENERATOR_CORE)?;
        let mut server = Self { child: child?, launch, address, ready_after: Duration::ZERO };
        while !server.launch.is_ready() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}):\n{}", server.launch.last_words());
            }
            ensure!(begin.elapsed() < READY_TIME, "not ready:\n{}", server.launch.last_words());
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
        memory_kib(self.child.id(), "VmRSS:")
    }

    /// The most it has had in memory, in KiB.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        memory_kib(self.child.id(), "VmHWM:")
    }

    /// Asks it to end, and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let begin = Instant::now();
        while begin.elapsed() < STOP_TIME {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the server ended badly:\n{}", self.launch.last_words());
                return Ok(());
            }
            pause(Duration::from_millis(5));
        }
        bail!("the server did not end in {STOP_TIME:?}:\n{}", self.launch.last_words())
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

#[expect(clippy::disallowed_methods, reason = "there is nothing else on this thread")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
