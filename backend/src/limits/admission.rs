//! Who may open one more connection.

use super::{Throttle, holder};
use crate::config::LimitsConfig;
use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long somebody is asked to stay away who has too many connections open.
const WHEN_FULL: Duration = Duration::from_secs(10);

/// The open connections, and who has how many of them.
#[derive(Debug)]
pub struct Admission {
    /// Whether this machine itself is limited like any other address.
    limits_loopback: LimitsLoopback,
    per_address: u32,
    in_all: u32,
    new_ones: Throttle<IpAddr>,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct LimitsLoopback {
    open: bool,
    new_ones: bool,
}

#[derive(Debug, Default)]
struct Open {
    in_all: u32,
    by_address: HashMap<IpAddr, u32>,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address has as many open as it may.
    TooManyOpen,
    /// The address opens them too fast.
    TooManyNew { wait: Duration },
    /// The server has as many open as it may.
    Full,
}

impl Refusal {
    pub const fn wait(self) -> Duration {
        match self {
            Self::TooManyOpen | Self::Full => WHEN_FULL,
            Self::TooManyNew { wait } => wait,
        }
    }

    /// As logs and metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooManyOpen => "connections_per_address",
            Self::TooManyNew { .. } => "connection_rate",
            Self::Full => "max_connections",
        }
    }
}

/// One open connection; dropping it makes room for another.
#[derive(Debug)]
pub struct Admitted {
    admission: Arc<Admission>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug)]
enum Counts {
    InAll,
    OfAddress(IpAddr),
}

impl Admission {
    pub fn new(limits: &LimitsConfig) -> Arc<Self> {
        let or = |given: Option<NonZeroU32>, default: NonZeroU32| given.unwrap_or(default);
        let rate = or(limits.connection_rate, LimitsConfig::CONNECTION_RATE);
        let open = or(limits.connections_per_address, LimitsConfig::CONNECTIONS_PER_ADDRESS);
        Arc::new(Self {
            limits_loopback: LimitsLoopback {
                open: limits.connections_per_address.is_some(),
                new_ones: limits.connection_rate.is_some(),
            },
            per_address: open.get(),
            in_all: limits.max_connections.get(),
            new_ones: Throttle::per_minute(rate),
            open: Mutex::default(),
        })
    }

    /// One more connection of anybody's, whoever is behind it.
    pub fn admit(self: &Arc<Self>) -> Result<Admitted, Refusal> {
        let mut open = self.lock();
        if open.in_all >= self.in_all {
            return Err(Refusal::Full);
        }
        open.in_all += 1;
        Ok(Admitted { admission: Arc::clone(self), counts: Counts::InAll })
    }

    /// One more connection of this address.
    pub fn admit_address(self: &Arc<Self>, address: IpAddr) -> Result<Admitted, Refusal> {
        let loopback = address.to_canonical().is_loopback();
        let address = holder(address);
        if self.limits_loopback.new_ones || !loopback {
            self.new_ones.take(&address).map_err(|wait| Refusal::TooManyNew { wait })?;
        }
        let limited = self.limits_loopback.open || !loopback;
        let mut open = self.lock();
        let count = open.by_address.entry(address).or_default();
        if limited && *count >= self.per_address {
            return Err(Refusal::TooManyOpen);
        }
        *count += 1;
        Ok(Admitted { admission: Arc::clone(self), counts: Counts::OfAddress(address) })
    }

    /// How many are open.
    pub fn open(&self) -> u32 {
        self.lock().in_all
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.admission.lock();
        match self.counts {
            Counts::InAll => open.in_all = open.in_all.saturating_sub(1),
            Counts::OfAddress(address) => {
                if let Entry::Occupied(mut count) = open.by_address.entry(address) {
                    *count.get_mut() = count.get().saturating_sub(1);
                    if *count.get() == 0 {
                        count.remove();
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: IpAddr = IpAddr::V4(core::net::Ipv4Addr::LOCALHOST);
    const FAR: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(203, 0, 113, 9));
    const OTHER: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(203, 0, 113, 10));

    fn admission(of_address: Option<u32>, rate: Option<u32>, in_all: u32) -> Arc<Admission> {
        Admission::new(&LimitsConfig {
            connections_per_address: of_address.and_then(NonZeroU32::new),
            connection_rate: rate.and_then(NonZeroU32::new),
            max_connections: NonZeroU32::new(in_all).unwrap(),
            ..LimitsConfig::default()
        })
    }

    #[test]
    fn an_address_at_its_limit_is_refused_until_one_ends() {
        let admission = admission(Some(2), None, 100);
        let first = admission.admit_address(FAR).unwrap();
        let _second = admission.admit_address(FAR).unwrap();
        assert_eq!(admission.admit_address(FAR).unwrap_err(), Refusal::TooManyOpen);
        let _other = admission.admit_address(OTHER).unwrap();
        drop(first);
        admission.admit_address(FAR).unwrap();
    }

    #[test]
    fn an_address_that_opens_too_fast_is_told_how_long_to_wait() {
        let admission = admission(None, Some(3), 100);
        for _ in 0..3 {
            admission.admit_address(FAR).unwrap();
        }
        let refusal = admission.admit_address(FAR).unwrap_err();
        assert!(matches!(refusal, Refusal::TooManyNew { .. }), "{refusal:?}");
        assert!(refusal.wait() <= Duration::from_secs(20));
    }

    #[test]
    fn a_full_server_refuses_everybody() {
        let admission = admission(None, None, 1);
        let only = admission.admit().unwrap();
        assert_eq!(admission.admit().unwrap_err(), Refusal::Full);
        drop(only);
        admission.admit().unwrap();
    }

    #[test]
    fn this_machine_is_limited_only_when_it_was_said() {
        let default = admission(None, None, 10_000);
        let kept: Vec<_> = (0..2_000).map(|_| default.admit_address(NEAR).unwrap()).collect();
        assert_eq!(kept.len(), 2_000);
        let said = admission(Some(1), None, 100);
        let _one = said.admit_address(NEAR).unwrap();
        assert_eq!(said.admit_address(NEAR).unwrap_err(), Refusal::TooManyOpen);
    }

    #[test]
    fn an_address_without_connections_is_forgotten() {
        let admission = admission(None, None, 100);
        drop(admission.admit_address(FAR).unwrap());
        assert!(admission.lock().by_address.is_empty());
    }
}
