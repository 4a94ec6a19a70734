//! Accounts and logins.

use super::nick::{self, Nick};
use super::password::{self, Verdict};
use super::{Caller, Chat, Error, text};
pub use crate::store::SESSION_ABSOLUTE_MILLIS;
use crate::store::{FirstRun, NewSession, NewUser, RegistrationFacts, SessionOf};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::api::{LoginRequest, PasswordChange, RegisterRequest, ResetRequest, Setup};
use shared::error::ErrorCode;
use shared::id::{SessionId, UserId};
use shared::limit;
use shared::site::{Registration, Session};
use shared::user::User;

/// How exactly a session's last use is known.
const SESSION_TOUCH_MILLIS: i64 = 3_600_000;
const AGENT_CHARS: usize = 200;

/// Where a sign-in comes from, as its session's list shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub agent: String,
    pub address: String,
}

/// A fresh login. The token is told once and kept nowhere.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: User,
    pub session: SessionId,
    pub token: String,
}

impl Chat {
    /// Makes an account and signs it in.
    pub async fn register(&self, request: RegisterRequest, origin: Origin) -> Result<Login, Error> {
        let nick = Nick::new(&request.nick)?;
        let name = match &request.name {
            Some(name) => text::name(name, limit::NAME_CHARS)?,
            None => nick.text.clone(),
        };
        password::check(&request.password)?;
        let first_run = first_run(request.setup.unwrap_or_default())?;
        let site = self.store.site().await?;
        let invitation = request.invitation.as_deref().map(secret_hash);
        // Refused before the work of hashing; decided once more inside the transaction.
        may_register(&RegistrationFacts {
            first_run: site.first_run,
            registration: site.registration,
            invitation_holds: match invitation {
                Some(hash) => self.store.invitation_holds(hash, self.clock.now()).await?,
                None => false,
            },
        })?;
        let password_hash = self.hasher.hash(request.password).await?;
        let user = self
            .store
            .register(NewUser {
                id: UserId::new(),
                nick: nick.text,
                nick_key: nick.key,
                name,
                password_hash,
                invitation,
                first_run,
                decide: Box::new(may_register),
            })
            .await?;
        tracing::info!(user.id = %user.id, "account made");
        self.open_session(user, origin).await
    }

    /// Signs in. An unknown nick, a wrong password and a disabled account are told alike.
    pub async fn login(&self, request: LoginRequest, origin: Origin) -> Result<Login, Error> {
        let credentials = self.store.credentials(&nick::key(&request.nick)).await?;
        let hash = credentials.as_ref().map(|credentials| credentials.password_hash.clone());
        let verdict = self.hasher.verify(request.password.clone(), hash).await?;
        let Some(credentials) = credentials.filter(|found| !found.disabled) else {
            return Err(ErrorCode::WrongCredentials.into());
        };
        match verdict {
            Verdict::Wrong => return Err(ErrorCode::WrongCredentials.into()),
            Verdict::Right => {}
            Verdict::RightButOld => {
                let hash = self.hasher.hash(request.password).await?;
                self.store.set_password_hash(credentials.user, hash).await?;
            }
        }
        let user = self.store.user(credentials.user).await?;
        self.open_session(user.ok_or(ErrorCode::WrongCredentials)?, origin).await
    }

    pub async fn logout(&self, caller: &Caller) -> Result<(), Error> {
        self.end_session(caller, caller.session).await
    }

    /// The caller behind a token, unless its session has ended.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Caller>, Error> {
        let Some(SessionOf { id, user, created_at, last_used_at }) =
            self.store.session(secret_hash(token)).await?
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        if now.millis_since(last_used_at) > SESSION_TOUCH_MILLIS {
            self.store.touch_session(id, now).await?;
        }
        Ok(Some(Caller {
            user,
            session: id,
            session_ends_at: created_at.plus_millis(SESSION_ABSOLUTE_MILLIS),
            connection: None,
        }))
    }

    /// Notes that a live connection still uses its session; `false` once it has ended.
    pub async fn keep_session(&self, caller: &Caller) -> Result<bool, Error> {
        let sessions = self.store.sessions(caller.user.id).await?;
        let Some(session) = sessions.iter().find(|session| session.id == caller.session) else {
            return Ok(false);
        };
        let now = self.clock.now();
        if now.millis_since(session.last_used_at) > SESSION_TOUCH_MILLIS {
            self.store.touch_session(session.id, now).await?;
        }
        Ok(now < caller.session_ends_at)
    }

    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>, Error> {
        let mut sessions = self.store.sessions(caller.user.id).await?;
        for session in &mut sessions {
            session.current = session.id == caller.session;
        }
        Ok(sessions)
    }

    /// Ends one of the caller's sessions, and its connections with it.
    pub async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<(), Error> {
        if !self.store.end_session(caller.user.id, session).await? {
            return Err(ErrorCode::NotFound.into());
        }
        Ok(())
    }

    pub async fn end_other_sessions(&self, caller: &Caller) -> Result<(), Error> {
        self.store.end_sessions(caller.user.id, Some(caller.session)).await?;
        Ok(())
    }

    /// Sets a new password; every other session ends.
    pub async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange,
    ) -> Result<(), Error> {
        password::check(&change.new)?;
        let hash = self.store.password_hash(caller.user.id).await?;
        if self.hasher.verify(change.current, hash).await? == Verdict::Wrong {
            return Err(ErrorCode::WrongCredentials.into());
        }
        let hash = self.hasher.hash(change.new).await?;
        self.store.set_password_hash(caller.user.id, hash).await?;
        self.end_other_sessions(caller).await
    }

    /// Sets a new password by a reset link and signs in; every earlier session ends.
    pub async fn reset_password(
        &self,
        request: ResetRequest,
        origin: Origin,
    ) -> Result<Login, Error> {
        password::check(&request.password)?;
        let hash = self.hasher.hash(request.password).await?;
        let now = self.clock.now();
        let (user, _) = self.store.use_reset(secret_hash(&request.secret), hash, now).await?;
        tracing::info!(user.id = %user.id, "password reset by link");
        self.open_session(user, origin).await
    }

    /// Refuses unless the invitation would let its holder in.
    pub async fn check_invitation(&self, secret: &str) -> Result<(), Error> {
        if self.store.invitation_holds(secret_hash(secret), self.clock.now()).await? {
            Ok(())
        } else {
            Err(ErrorCode::LinkInvalid.into())
        }
    }

    async fn open_session(&self, user: User, origin: Origin) -> Result<Login, Error> {
        let token = new_secret()?;
        let session = SessionId::new();
        self.store
            .create_session(NewSession {
                id: session,
                user: user.id,
                token_hash: secret_hash(&token),
                at: self.clock.now(),
                agent: visible(&origin.agent),
                address: origin.address,
            })
            .await?;
        Ok(Login { user, session, token })
    }
}

/// 256 random bits, in letters that survive a URL's fragment and a header.
pub fn new_secret() -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret. It has 256 random bits, so a fast hash is enough.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape of every decision")]
fn may_register(facts: &RegistrationFacts) -> Result<(), ErrorCode> {
    match facts {
        RegistrationFacts { first_run: true, .. }
        | RegistrationFacts { registration: Registration::Open, .. }
        | RegistrationFacts {
            registration: Registration::Invitation,
            invitation_holds: true,
            ..
        } => Ok(()),
        RegistrationFacts {
            registration: Registration::Invitation | Registration::Closed, ..
        } => Err(ErrorCode::RegistrationClosed),
    }
}

pub(super) fn first_run(setup: Setup) -> Result<FirstRun, Error> {
    let or = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_owned());
    Ok(FirstRun {
        site_name: text::name(&or(setup.site_name, "Hubbub"), limit::SITE_NAME_CHARS)?,
        first_room: text::name(&or(setup.first_room, "Lobby"), limit::ROOM_NAME_CHARS)?,
        announcements: text::name(
            &or(setup.announcements, "Announcements"),
            limit::ROOM_NAME_CHARS,
        )?,
    })
}

fn visible(agent: &str) -> String {
    agent.chars().filter(|char| !text::is_deceptive(*char)).take(AGENT_CHARS).collect()
}
