//! The machine, since figures mean nothing without it; and its two halves: one core for the
//! server, one for the generator.

use anyhow::{Context as _, Result};
use core::fmt;
use launch::kib_of;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Serialize;
use std::fs;

/// The server's core, and the generator's.
pub(crate) const SERVER_CORE: usize = 0;
pub(crate) const GENERATOR_CORE: usize = 1;

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    /// Whether server and generator have a core each.
    pub(crate) pinned: bool,
    /// How busy it was before: runnable tasks over the last minute.
    pub(crate) load_average: String,
}

impl Machine {
    pub(crate) fn look() -> Result<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo")?;
        let cpu = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or("unknown", |(_, name)| name.trim());
        let cores = std::thread::available_parallelism()?.get();
        let load_average = fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            date: jiff::Zoned::now().strftime("%Y-%m-%d %H:%M %Z").to_string(),
            cpu: cpu.to_owned(),
            cores,
            memory_mib: kib_of("/proc/meminfo", "MemTotal:")? / 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            pinned: cores > 1,
            load_average: load_average.split(' ').next().unwrap_or_default().to_owned(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, cpu, cores, memory_mib, kernel, pinned, load_average } = self;
        let cores_used = if *pinned { "server on core 0, generator on core 1" } else { "shared" };
        write!(
            f,
            "{date}; {cpu}, {cores} cores ({cores_used}), {memory_mib} MiB, Linux {kernel}, \
             loopback; load before {load_average}"
        )
    }
}

/// A counter of `/proc/net/netstat` or `/proc/net/snmp`, where names and values are in two lines.
pub(crate) fn net_counter(file: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().collect();
    lines
        .chunks(2)
        .find_map(|pair| {
            let [names, values] = pair else { return None };
            let at = names.split(' ').position(|word| word == name)?;
            values.split(' ').nth(at)?.parse().ok()
        })
        .with_context(|| format!("{file} has no {name}"))
}

/// From here on this thread, and every process it starts, runs on this core, if there are two.
pub(crate) fn pin(core: usize) -> Result<()> {
    if fs::read_to_string("/proc/cpuinfo")?.matches("processor\t").count() < 2 {
        return Ok(());
    }
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).context("cannot pin a core")
}
