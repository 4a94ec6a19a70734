//! Token buckets, one a person.

use super::Error;
use core::num::NonZeroU32;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use shared::error::ErrorCode;
use shared::id::UserId;
use std::sync::atomic::{AtomicU32, Ordering};

/// So many a second in the long run, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

pub(super) struct Limiter {
    buckets: DefaultKeyedRateLimiter<UserId>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl core::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Limiter").field("buckets", &self.buckets.len()).finish_non_exhaustive()
    }
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self {
            buckets: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
        }
    }

    /// Takes one token, or says when there will be one.
    pub(super) fn take(&self, user: UserId) -> Result<(), Error> {
        // Full buckets are those of people who have gone quiet; now and then they are dropped.
        if self.checks.fetch_add(1, Ordering::Relaxed) % 65_536 == 65_535 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(&user).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            ErrorCode::RateLimited { retry_after_ms }.into()
        })
    }
}
