//! Everything that might be otherwise is asked here.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

/// Says the same after the same questions.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// From `least` to `most`, both included.
    pub fn number(&self, least: u64, most: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(least..=most)
    }

    pub fn one_in(&self, times: u64) -> bool {
        self.number(1, times) == 1
    }

    pub fn millis(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.number(least, most))
    }

    /// One of them, if there is one.
    pub fn pick<'a, T>(&self, among: &'a [T]) -> Option<&'a T> {
        let last = among.len().checked_sub(1)?;
        among.get(usize::try_from(self.number(0, last as u64)).unwrap_or(0))
    }
}
