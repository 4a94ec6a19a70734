//! Passwords: which are good enough, and how they are kept. Hashing is slow and takes memory on
//! purpose, so it happens off the event loop and at most twice at a time.

use super::Error;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use shared::error::ErrorCode;
use shared::limit::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

const HASHES_AT_ONCE: usize = 2;

static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// How hard a password is to try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    /// Argon2id, 64 MiB, 3 passes.
    #[default]
    Full,
    /// Argon2id with as little as it takes. Only for tests that make hundreds of accounts.
    Least,
}

#[derive(Debug)]
pub(super) struct Hasher {
    argon2: Arc<Argon2<'static>>,
    turns: Arc<Semaphore>,
    /// What a password is checked against where there is no account, so that it takes as long.
    nobody: Arc<str>,
}

/// What came of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    /// Right, but hashed with parameters of another time: hash anew.
    RightButOld,
    Wrong,
}

/// Refuses what is too short, too long, or among the first guesses of anybody.
pub fn check(password: &str) -> Result<(), Error> {
    let length = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
        return Err(ErrorCode::PasswordLength.into());
    }
    if COMMON.contains(password.to_lowercase().as_str()) {
        return Err(ErrorCode::PasswordCommon.into());
    }
    Ok(())
}

impl Hasher {
    pub(super) fn new(cost: Cost) -> Self {
        let params = match cost {
            Cost::Full => Params::new(64 * 1024, 3, 1, None),
            Cost::Least => Params::new(Params::MIN_M_COST, 1, 1, None),
        };
        let params = params.unwrap_or_default();
        let nobody = nobodys(&params).into();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { argon2: Arc::new(argon2), turns: Arc::new(Semaphore::new(HASHES_AT_ONCE)), nobody }
    }

    /// A salted hash with its parameters, as a PHC string.
    pub(super) async fn hash(&self, password: String) -> Result<String, Error> {
        let argon2 = Arc::clone(&self.argon2);
        self.in_turn(move || {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| Error::Internal(format!("hashing a password: {error}")))
        })
        .await?
    }

    /// Checks against `hash`, or against nobody's, in the same time.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<Verdict, Error> {
        let known = hash.is_some();
        let hash = hash.map_or_else(|| Arc::clone(&self.nobody), Arc::from);
        let argon2 = Arc::clone(&self.argon2);
        self.in_turn(move || {
            let parsed = PasswordHash::new(&hash)
                .map_err(|error| Error::Internal(format!("reading a password hash: {error}")))?;
            if argon2.verify_password(password.as_bytes(), &parsed).is_err() || !known {
                return Ok(Verdict::Wrong);
            }
            let params = Params::try_from(&parsed).ok();
            let is_current = params.is_some_and(|params| {
                params.m_cost() == argon2.params().m_cost()
                    && params.t_cost() == argon2.params().t_cost()
            });
            Ok(if is_current { Verdict::Right } else { Verdict::RightButOld })
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|error| Error::Internal(error.to_string()))?;
        metrics::counter!("hubbub_password_hashes_total").increment(1);
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|error| Error::Internal(format!("hashing a password: {error}")))
    }
}

/// The hash of no password, which takes as much to check as one made with these parameters. Nothing is
/// hashed for it, so that the first stranger does not wait longer than all others.
fn nobodys(params: &Params) -> String {
    let (memory, time, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={memory},t={time},p={lanes}${salt}${hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        assert!(matches!(check("1234567"), Err(Error::Refused(ErrorCode::PasswordLength))));
        assert!(matches!(check(&"x".repeat(129)), Err(Error::Refused(ErrorCode::PasswordLength))));
        assert!(matches!(check("Password123"), Err(Error::Refused(ErrorCode::PasswordCommon))));
        assert!(check("一二三四五六七八").is_ok());
    }

    #[tokio::test]
    async fn nobodys_hash_takes_as_much_as_anybodys() {
        for cost in [Cost::Full, Cost::Least] {
            let hasher = Hasher::new(cost);
            let real = hasher.hash("correct horse".to_owned()).await.unwrap();
            let of = |hash: &str| {
                let parsed = PasswordHash::new(hash).unwrap();
                let lengths = (parsed.salt.unwrap().len(), parsed.hash.unwrap().len());
                let params = Params::try_from(&parsed).unwrap();
                let params = (params.m_cost(), params.t_cost(), params.p_cost());
                (parsed.algorithm.to_string(), parsed.version, params, lengths)
            };
            assert_eq!(of(&hasher.nobody), of(&real));
        }
    }

    #[tokio::test]
    async fn only_the_right_password_is_right_and_old_parameters_are_noticed() {
        let hasher = Hasher::new(Cost::Least);
        let hash = hasher.hash("correct horse".to_owned()).await.unwrap();
        let verify =
            |word: &str, hash: Option<&String>| hasher.verify(word.to_owned(), hash.cloned());
        assert_eq!(verify("correct horse", Some(&hash)).await.unwrap(), Verdict::Right);
        assert_eq!(verify("correct hors", Some(&hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(verify("correct horse", None).await.unwrap(), Verdict::Wrong);
        let other = Hasher::new(Cost::Full);
        assert_eq!(
            other.verify("correct horse".to_owned(), Some(hash)).await.unwrap(),
            Verdict::RightButOld,
        );
    }
}
