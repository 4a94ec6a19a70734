//! What the disk itself takes to make 4 KiB durable: the floor of every acknowledgement.

use crate::tally::Latency;
use anyhow::Result;
use rustix::fs::fdatasync;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

const PAGE: [u8; 4096] = [0x5a; 4096];
const PAGES: u64 = 256;

/// Overwrites pages of a file that has them already, one flush each, as a grown write-ahead log is.
pub(crate) fn flushes(folder: &Path, count: u64) -> Result<Latency> {
    let path = folder.join("flush");
    let file = File::options().write(true).create(true).truncate(true).open(&path)?;
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * 4096)?;
    }
    file.sync_all()?;
    let mut latency = Latency::new()?;
    for turn in 0..count {
        let begin = Instant::now();
        file.write_all_at(&PAGE, turn % PAGES * 4096)?;
        fdatasync(&file)?;
        latency.record(begin.elapsed().as_nanos() as u64);
    }
    std::fs::remove_file(path)?;
    Ok(latency)
}
