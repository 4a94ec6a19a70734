//! Guessing passwords is slow: an account answers later the more guesses were wrong, an address
//! is refused for a while after many. Nobody is locked out: whoever knows the password gets in,
//! after a wait of seconds, however hard others try.

use super::holder;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Wrong passwords of an account that cost nothing: people mistype.
const FREE: u32 = 5;
/// The wait after the first one beyond; each further one doubles it, up to [`LONGEST_DELAY`].
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(4);
/// An account's wrong passwords are forgotten so long after the last one.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);

/// Wrong passwords an address may have on its account before it is refused.
const ADDRESS_FAILURES: u32 = 30;
/// How long until one of them is forgotten.
const ADDRESS_REFILL: Duration = Duration::from_secs(4);
/// Sign-ins of one address that may be under way at once; each waits for a password hash.
const ADDRESS_UNDER_WAY: u32 = 128;
/// How long to stay away when there are more.
const WHEN_BUSY: Duration = Duration::from_secs(2);

/// Accounts and addresses remembered before those with nothing to remember are dropped.
const REMEMBERED: usize = 10_000;

/// Who has tried what of late.
#[derive(Debug, Default)]
pub struct Logins {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    accounts: HashMap<String, Account>,
    addresses: HashMap<IpAddr, Address>,
}

#[derive(Clone, Copy, Debug)]
struct Account {
    failures: u32,
    last: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Address {
    /// When all its failures will be forgotten.
    clear_at: Instant,
    under_way: u32,
}

/// A sign-in under way. Dropped without [`Attempt::succeeded`] or [`Attempt::failed`], it counts
/// against the address: going away before the answer must not make hashes free.
#[derive(Debug)]
pub struct Attempt {
    inner: Arc<Mutex<Inner>>,
    account: String,
    address: IpAddr,
    begun: Instant,
    paid: bool,
    /// How long to wait before the password is looked at, right or wrong.
    pub delay: Duration,
}

impl Logins {
    /// Begins a sign-in to an account, whether or not it exists, or says how long to wait.
    pub fn begin(&self, account: &str, address: IpAddr, now: Instant) -> Result<Attempt, Duration> {
        let address = holder(address);
        let mut inner = lock(&self.inner);
        inner.forget(now);

        let from =
            inner.addresses.entry(address).or_insert(Address { clear_at: now, under_way: 0 });
        let allowed = ADDRESS_REFILL * (ADDRESS_FAILURES - 1);
        let owed = from.clear_at.saturating_duration_since(now);
        if owed > allowed {
            return Err(owed.saturating_sub(allowed));
        }
        if from.under_way >= ADDRESS_UNDER_WAY {
            return Err(WHEN_BUSY);
        }
        from.under_way += 1;

        let delay = inner.accounts.get(account).map_or(Duration::ZERO, |known| known.delay(now));
        drop(inner);
        Ok(Attempt {
            inner: Arc::clone(&self.inner),
            account: account.to_owned(),
            address,
            begun: now,
            paid: false,
            delay,
        })
    }
}

impl Attempt {
    /// The password was right: the account's wrong ones are forgotten.
    pub fn succeeded(mut self) {
        self.paid = true;
        lock(&self.inner).accounts.remove(&self.account);
    }

    /// The password was wrong.
    pub fn failed(self, now: Instant) {
        let mut inner = lock(&self.inner);
        let account = inner
            .accounts
            .entry(self.account.clone())
            .or_insert(Account { failures: 0, last: now });
        account.failures = account.failures.saturating_add(1);
        account.last = now;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(from) = lock(&self.inner).addresses.get_mut(&self.address) {
            from.under_way = from.under_way.saturating_sub(1);
            if !self.paid {
                from.clear_at = from.clear_at.max(self.begun) + ADDRESS_REFILL;
            }
        }
    }
}

impl Account {
    fn delay(&self, now: Instant) -> Duration {
        if now.duration_since(self.last) > FORGOTTEN_AFTER || self.failures <= FREE {
            return Duration::ZERO;
        }
        let doublings = (self.failures - FREE - 1).min(16);
        (FIRST_DELAY * 2_u32.pow(doublings)).min(LONGEST_DELAY)
    }
}

impl Inner {
    fn forget(&mut self, now: Instant) {
        if self.accounts.len() > REMEMBERED {
            self.accounts.retain(|_, account| now.duration_since(account.last) <= FORGOTTEN_AFTER);
        }
        if self.addresses.len() > REMEMBERED {
            self.addresses.retain(|_, from| from.clear_at > now || from.under_way > 0);
        }
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    fn wrong(logins: &Logins, account: &str, from: IpAddr, now: Instant) {
        logins.begin(account, from, now).unwrap().failed(now);
    }

    #[test]
    fn an_account_answers_later_the_more_passwords_were_wrong() {
        let (logins, now) = (Logins::default(), Instant::now());
        let mut delays = Vec::new();
        for guess in 0..12 {
            let attempt = logins.begin("anna", address(guess), now).unwrap();
            delays.push(attempt.delay.as_millis());
            attempt.failed(now);
        }
        assert_eq!(delays, [0, 0, 0, 0, 0, 0, 250, 500, 1000, 2000, 4000, 4000]);
        assert_eq!(logins.begin("berta", address(99), now).unwrap().delay, Duration::ZERO);
    }

    #[test]
    fn the_right_password_clears_the_account() {
        let (logins, now) = (Logins::default(), Instant::now());
        for guess in 0..10 {
            wrong(&logins, "anna", address(guess), now);
        }
        logins.begin("anna", address(50), now).unwrap().succeeded();
        assert_eq!(logins.begin("anna", address(50), now).unwrap().delay, Duration::ZERO);
    }

    #[test]
    fn an_address_that_sprays_is_refused_for_a_while_and_others_are_not() {
        let (logins, now) = (Logins::default(), Instant::now());
        for guess in 0..ADDRESS_FAILURES {
            wrong(&logins, &format!("person{guess}"), address(1), now);
        }
        let wait = logins.begin("anna", address(1), now).unwrap_err();
        assert_eq!(wait, ADDRESS_REFILL);
        assert!(logins.begin("anna", address(2), now).is_ok());
        assert!(logins.begin("anna", address(1), now + wait).is_ok());
    }

    #[test]
    fn sign_ins_that_succeed_cost_an_address_nothing() {
        let (logins, now) = (Logins::default(), Instant::now());
        for person in 0..1_000 {
            logins.begin(&format!("person{person}"), address(1), now).unwrap().succeeded();
        }
    }

    #[test]
    fn failures_are_forgotten() {
        let (logins, now) = (Logins::default(), Instant::now());
        for guess in 0..20 {
            wrong(&logins, "anna", address(guess), now);
        }
        let later = now + FORGOTTEN_AFTER + Duration::from_secs(1);
        assert_eq!(logins.begin("anna", address(1), later).unwrap().delay, Duration::ZERO);
    }
}
