//! What the connections have seen.

use anyhow::Result;
use core::ops::Range;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;

/// Nanoseconds, three digits of them, up to two minutes.
#[derive(Debug, Clone)]
pub(crate) struct Latency(Histogram<u64>);

impl Latency {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, 120_000_000_000, 3)?))
    }

    pub(crate) fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos);
    }

    pub(crate) fn millis(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e6
    }

    pub(crate) fn add(&mut self, other: &Self) -> Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }
}

#[derive(Debug)]
pub(crate) struct Tally {
    /// Messages that were due in here count for the two latencies; nanoseconds of the fleet's.
    pub(crate) window: Range<u64>,
    /// From the moment a message was due until a member had it.
    pub(crate) delivery: Latency,
    /// From the moment a message was due until its sender had the acknowledgement.
    pub(crate) acknowledgement: Latency,
    /// All messages that arrived, whenever they were due.
    pub(crate) delivered: u64,
    pub(crate) acknowledged: u64,
    pub(crate) bytes: u64,
    /// Events that did not follow the one before.
    pub(crate) out_of_order: u64,
    pub(crate) resumed: u64,
    /// What was refused, by its code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// How connections ended, other than by our own doing.
    pub(crate) ended: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            window: 0..u64::MAX,
            delivery: Latency::new()?,
            acknowledgement: Latency::new()?,
            delivered: 0,
            acknowledged: 0,
            bytes: 0,
            out_of_order: 0,
            resumed: 0,
            refused: BTreeMap::new(),
            ended: BTreeMap::new(),
        })
    }

    /// Everything that should not have happened, in words.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if self.out_of_order > 0 {
            troubles.push(format!("{} events out of order", self.out_of_order));
        }
        let refused = self.refused.iter().map(|(why, count)| format!("{count} refused: {why}"));
        troubles.extend(refused);
        troubles.extend(self.ended.iter().map(|(why, count)| format!("{count} ended: {why}")));
        troubles
    }
}
