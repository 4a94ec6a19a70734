//! How much one address may ask for, and all of them together: connections, registrations,
//! sign-ins. What a person may ask for, whom it is known to be, is `chat`'s.

mod admission;
mod logins;

pub use self::admission::{Admission, Admitted, Refusal};
pub use self::logins::{Attempt, Logins};

use core::fmt;
use core::hash::Hash;
use core::net::{IpAddr, Ipv6Addr};
use core::num::NonZeroU32;
use core::time::Duration;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use shared::error::ErrorCode;
use shared::id::UserId;

/// Registrations an address and minute that are let through.
const REGISTRATIONS: NonZeroU32 = number(30);
/// Look-ups of people that somebody may do at once, and how many a minute after that.
const LOOK_UPS: NonZeroU32 = number(120);

/// The limits on what is asked by HTTP.
#[derive(Debug)]
pub struct Throttles {
    pub logins: Logins,
    /// Of an address. Each costs a password hash.
    pub registrations: Throttle<IpAddr>,
    /// Of a person, so that nobody copies the directory by guessing.
    pub look_ups: Throttle<UserId>,
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            logins: Logins::default(),
            registrations: Throttle::per_minute(REGISTRATIONS),
            look_ups: Throttle::per_minute(LOOK_UPS),
        }
    }
}

/// A bucket of tokens for each key, full at first, refilled evenly.
pub struct Throttle<Key: Hash + Eq + Clone> {
    buckets: DefaultKeyedRateLimiter<Key>,
    clock: DefaultClock,
}

/// Keys kept before those with full buckets are dropped.
const KEYS: usize = 10_000;

impl<Key: Hash + Eq + Clone> Throttle<Key> {
    pub fn per_minute(number: NonZeroU32) -> Self {
        Self {
            buckets: RateLimiter::keyed(Quota::per_minute(number)),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one token, or says how long until there is one.
    pub fn take(&self, key: &Key) -> Result<(), Duration> {
        if self.buckets.len() > KEYS {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(key).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

impl<Key: Hash + Eq + Clone> fmt::Debug for Throttle<Key> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("keys", &self.buckets.len()).finish_non_exhaustive()
    }
}

/// The answer to whoever was too fast.
pub fn too_fast(wait: Duration) -> ErrorCode {
    let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    ErrorCode::RateLimited { retry_after_ms }
}

/// The address, or as much of it as one customer of a network operator holds: of IPv6, the first
/// 64 bits. What is limited by address is limited by this.
pub fn holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
    }
}

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_of_ipv6_counts_as_one() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(holder(address("2001:db8:1:2:3:4:5:6")), address("2001:db8:1:2::"));
        assert_eq!(holder(address("::ffff:203.0.113.9")), address("203.0.113.9"));
    }

    #[test]
    fn a_minutes_worth_is_let_through_at_once_and_no_more() {
        let throttle = Throttle::per_minute(number(30));
        for _ in 0..30 {
            throttle.take(&"somebody").unwrap();
        }
        let wait = throttle.take(&"somebody").unwrap_err();
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
        throttle.take(&"somebody else").unwrap();
    }
}
