//! Looks at the set-up as the server would find it, without changing anything.

mod outside;

use crate::assets::Assets;
use crate::backup::{self, BackupError};
use crate::clock::Clock;
use crate::config::{Config, Origin};
use crate::listener::{self, BindError, tls};
use crate::store::sqlite::{self, OpenError};
use core::fmt;
use shared::time::Timestamp;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Free space below which it is time to do something.
const LITTLE_SPACE: u64 = 512 * 1024 * 1024;
/// Free space that the next hour may use up: the log of the database alone grows to 64 MiB.
const NO_SPACE: u64 = 80 * 1024 * 1024;
/// Written by way of trial, and flushed: as much as a busy minute of talk.
const TRIAL_BYTES: usize = 1024 * 1024;
/// The first of January 2026: no clock that goes right is before it.
const LONG_AGO: Timestamp = Timestamp(1_767_225_600_000);
/// Logs do not run back: a clock that is behind them keeps their time standing still.
const CLOCK_BEHIND_MILLIS: i64 = 5 * 60 * 1000;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Well(String),
    /// It works, and somebody may want to know.
    Doubtful(String),
    /// It does not work.
    Wrong(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well(text) => write!(f, "ok       {text}"),
            Self::Doubtful(text) => write!(f, "warning  {text}"),
            Self::Wrong(text) => write!(f, "problem  {text}"),
        }
    }
}

use Finding::{Doubtful, Well, Wrong};

/// Looks at everything the server needs, and at `url` as its people do, if that is told. Must be called
/// within the runtime.
pub async fn examine(config: &Config, url: Option<&Origin>) -> Vec<Finding> {
    let folder = config.data.folder.clone();
    let running = sqlite::is_in_use(&folder);
    let mut findings = vec![Well("the options are understood".into())];
    findings.extend(listening(config, running));
    findings.extend(certificate(config));
    findings.extend(page(config));
    // Reads the whole database.
    let durable = tokio::task::spawn_blocking(move || durable(&folder, running));
    match durable.await {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Wrong(format!("the data folder was not looked at: {error}"))),
    }
    findings.extend(clock(Clock::system().now()));
    if let Some(url) = url {
        findings.extend(outside::examine(url).await);
    }
    findings
}

fn listening(config: &Config, running: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match listener::bind(config.http.listen) {
        Ok(_) => Well(format!("{} can be listened on", config.http.listen)),
        // Its own port, most likely.
        Err(BindError::Taken(address)) if running => {
            Well(format!("a server is running, and {address} is in use"))
        }
        Err(error) => Wrong(error.to_string()),
    });
    if config.http.is_readable_on_the_way() {
        findings.push(Doubtful(
            "other machines reach it by plain HTTP: passwords and messages can be read on the \
             way; use --tls-cert and --tls-key, or a proxy named with --trusted-proxy"
                .into(),
        ));
    }
    findings
}

fn certificate(config: &Config) -> Option<Finding> {
    let tls = config.http.tls.as_ref()?;
    Some(match tls::acceptor(tls) {
        Ok(_) => Well("the certificate and its key belong together".into()),
        Err(error) => Wrong(error.to_string()),
    })
}

fn page(config: &Config) -> Option<Finding> {
    let folder = config.http.assets.as_deref()?;
    Some(match Assets::folder(folder) {
        Ok(_) => Well(format!("the page is in {}", folder.display())),
        Err(error) => Wrong(error.to_string()),
    })
}

fn durable(folder: &Path, running: bool) -> Vec<Finding> {
    if !folder.exists() {
        return vec![Well(format!(
            "there is no data folder {} yet: the first start makes it",
            folder.display()
        ))];
    }
    let mut findings = vec![writable(folder), space(folder)];
    findings.extend(others_may_read(folder));
    match backup::verify_database(folder) {
        Ok(found) => {
            let held = if running { "is in use and" } else { "" };
            findings.push(Well(
                format!(
                    "the database {held} is whole: {} people, {} rooms, {} messages",
                    found.people, found.rooms, found.messages
                )
                .replace("  ", " "),
            ));
            if let Some(last_at) = found.last_at
                && last_at.millis_since(Clock::system().now()) > CLOCK_BEHIND_MILLIS
            {
                findings.push(Doubtful(
                    "this machine's clock is behind the newest message: set it".into(),
                ));
            }
        }
        Err(BackupError::Open(OpenError::Missing { .. })) => {
            findings.push(Well("there is no database yet: the first start makes it".into()));
        }
        Err(error) => findings.push(Wrong(error.to_string())),
    }
    findings
}

/// Writes a file as the database is written, to the disk itself. A limit of the account's, a quota or
/// a disk that has failed shows in nothing else.
fn writable(folder: &Path) -> Finding {
    let trial = folder.join(format!("doctor-{}.probe", std::process::id()));
    let written = write_through(&trial);
    // Also what was written of it until the disk was full.
    let removed = std::fs::remove_file(&trial);
    match written.and(removed) {
        Ok(()) => Well(format!(
            "the data folder {} can be written: {} MiB came to its disk",
            folder.display(),
            TRIAL_BYTES / (1024 * 1024)
        )),
        Err(error)
            if [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded]
                .contains(&error.kind()) =>
        {
            Wrong(format!(
                "there is no room left for the data folder {} ({error}): messages are refused \
                 until there is",
                folder.display()
            ))
        }
        Err(error) => {
            Wrong(format!("the data folder {} cannot be written: {error}", folder.display()))
        }
    }
}

fn write_through(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    // Not of zeros, which a file system may keep as nothing.
    file.write_all(&vec![0x5A; TRIAL_BYTES])?;
    file.sync_all()
}

fn space(folder: &Path) -> Finding {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => free(disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => Doubtful(format!("the free space is not known: {error}")),
    }
}

fn free(bytes: u64) -> Finding {
    let text = format!("{} MiB are free on the disk", bytes / (1024 * 1024));
    if bytes < NO_SPACE {
        Wrong(format!("{text}: messages are about to be refused; make room"))
    } else if bytes < LITTLE_SPACE {
        Doubtful(text)
    } else {
        Well(text)
    }
}

fn clock(now: Timestamp) -> Option<Finding> {
    (now < LONG_AGO).then(|| {
        Wrong("this machine's clock is years behind: set it, or messages get wrong times".into())
    })
}

#[cfg(unix)]
fn others_may_read(folder: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(folder).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        Doubtful(format!(
            "other accounts of this machine may look into the data folder: chmod 700 {}",
            folder.display()
        ))
    })
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> Option<Finding> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_gets_full_and_one_that_is_are_told_apart() {
        assert!(matches!(free(0), Wrong(_)));
        assert!(matches!(free(NO_SPACE), Doubtful(_)));
        assert!(matches!(free(LITTLE_SPACE), Well(_)));
    }

    #[test]
    fn a_clock_that_was_never_set_is_told() {
        assert!(matches!(clock(Timestamp(0)), Some(Wrong(_))));
        assert_eq!(clock(Clock::system().now()), None);
    }
}
