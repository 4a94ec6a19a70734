//! The real server in a process of its own, for what measures it and what breaks it: how it is
//! started, whether it is ready, and what the system says of it.
#![cfg(target_os = "linux")]

use anyhow::{Context as _, Result};
use core::net::{Ipv4Addr, SocketAddr};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// High enough that nothing meets them: limits have tests of their own.
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
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Launch {
    pub binary: PathBuf,
    pub data: PathBuf,
    pub address: SocketAddr,
    /// Where it prints to, one server after the other.
    pub log: PathBuf,
}

impl Launch {
    /// On a port that is free now, with its log beside its data.
    pub fn new(binary: &Path, data: &Path) -> io::Result<Self> {
        let log = data.with_extension("log");
        let (binary, data) = (binary.to_owned(), data.to_owned());
        Ok(Self { binary, data, address: free_address()?, log })
    }

    /// Has `program`, which is the binary or becomes it, serve: with nobody's own settings.
    pub fn serve(&self, mut program: Command) -> io::Result<Command> {
        let output = File::options().create(true).append(true).open(&self.log)?;
        program
            .arg("serve")
            .arg("--listen")
            .arg(self.address.to_string())
            .arg("--data-dir")
            .arg(&self.data)
            .args(LIMITS)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        Ok(program)
    }

    /// Whether a server there says that it is. Waits a second for its answer.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let address = self.address;
        let ask = || -> io::Result<bool> {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(ANSWER_TIME))?;
            write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            Ok(answer.ends_with(b" 200"))
        };
        ask().unwrap_or(false)
    }

    /// The end of what its servers have printed.
    #[must_use]
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// What a process has in memory, in KiB: `VmRSS:` is now, `VmHWM:` the most so far.
pub fn memory_kib(process: u32, name: &str) -> Result<u64> {
    kib_of(&format!("/proc/{process}/status"), name)
}

/// A line such as `VmRSS:  1234 kB` of a file under `/proc`.
pub fn kib_of(file: &str, name: &str) -> Result<u64> {
    fs::read_to_string(file)?
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .with_context(|| format!("{file} has no {name}"))
}

/// As many as the system lets this process have; the servers inherit it.
pub fn raise_open_files() -> Result<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}
