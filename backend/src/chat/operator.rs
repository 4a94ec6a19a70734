//! What the person who runs the server may do from its command line: they have the data folder,
//! so nothing is refused for want of a role.

use super::account::{first_run, new_secret, secret_hash};
use super::nick::{self, Nick};
use super::site::RESET_MILLIS;
use super::{Chat, Error, password, text};
use crate::store::{NewReset, NewUser, PersonPatch};
use shared::api::Setup;
use shared::error::ErrorCode;
use shared::id::{SessionId, UserId};
use shared::limit;
use shared::site::{SecretLink, Session};
use shared::time::Timestamp;
use shared::user::{SiteRole, User};

/// A link with which its holder chooses a new password, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetLink {
    pub link: SecretLink,
    pub expires_at: Timestamp,
}

impl Chat {
    /// Makes an account, whatever the policy of registration. Without a password nobody can sign
    /// in to it until a reset link was used.
    pub async fn create_account(
        &self,
        nick: &str,
        name: Option<&str>,
        password: Option<String>,
    ) -> Result<User, Error> {
        let nick = Nick::new(nick)?;
        let name = match name {
            Some(name) => text::name(name, limit::NAME_CHARS)?,
            None => nick.text.clone(),
        };
        if let Some(password) = &password {
            password::check(password)?;
        }
        let password = password.map_or_else(new_secret, Ok)?;
        let user = self
            .store
            .register(NewUser {
                id: UserId::new(),
                nick: nick.text,
                nick_key: nick.key,
                name,
                password_hash: self.hasher.hash(password).await?,
                invitation: None,
                first_run: first_run(Setup::default())?,
                decide: Box::new(|_| Ok(())),
            })
            .await?;
        tracing::info!(user.id = %user.id, "account made by the operator");
        Ok(user)
    }

    /// The person with this nick, or one that looks like it.
    pub async fn person_by_nick(&self, nick: &str) -> Result<User, Error> {
        let found = self.store.users_by_nick_key(vec![nick::key(nick)]).await?;
        let (_, user) = found.into_iter().next().ok_or(ErrorCode::NotFound)?;
        Ok(user)
    }

    pub async fn make_administrator(&self, user: UserId) -> Result<User, Error> {
        let patch = PersonPatch { role: Some(SiteRole::Administrator), ..PersonPatch::default() };
        let user = self.store.update_person(user, patch).await?;
        tracing::info!(user.id = %user.id, "made administrator by the operator");
        Ok(user)
    }

    /// Sets the password and ends all sessions.
    pub async fn set_password(&self, user: UserId, password: String) -> Result<(), Error> {
        password::check(&password)?;
        let hash = self.hasher.hash(password).await?;
        self.store.set_password_hash(user, hash).await?;
        self.end_sessions_of(user).await?;
        tracing::info!(user.id = %user, "password set by the operator");
        Ok(())
    }

    pub async fn make_reset_link(&self, user: UserId) -> Result<ResetLink, Error> {
        let secret = new_secret()?;
        let now = self.clock.now();
        let expires_at = now.plus_millis(RESET_MILLIS);
        self.store
            .create_reset(NewReset {
                user,
                secret_hash: secret_hash(&secret),
                created_by: user,
                created_at: now,
                expires_at,
            })
            .await?;
        tracing::info!(user.id = %user, "reset link made by the operator");
        Ok(ResetLink { link: SecretLink(format!("/reset#{secret}")), expires_at })
    }

    pub async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, Error> {
        Ok(self.store.sessions(user).await?)
    }

    pub async fn end_sessions_of(&self, user: UserId) -> Result<Vec<SessionId>, Error> {
        Ok(self.store.end_sessions(user, None).await?)
    }
}
