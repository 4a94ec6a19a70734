//! Sessions made while the disk is full: signing in goes on, and ends with the process.

use crate::store::{
    NewSession, SESSION_ABSOLUTE_MILLIS, SESSION_IDLE_MILLIS, SessionOf, StoreError,
};
use shared::id::{SessionId, UserId};
use shared::site::Session;
use shared::time::Timestamp;
use shared::user::User;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many sessions may be kept so; with more, signing in is refused.
const KEPT: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct VolatileSessions(Mutex<HashMap<[u8; 32], Volatile>>);

#[derive(Clone, Debug)]
struct Volatile {
    new: NewSession,
    last_used_at: Timestamp,
}

impl Volatile {
    fn lives(&self, now: Timestamp) -> bool {
        now.millis_since(self.last_used_at) < SESSION_IDLE_MILLIS
            && now.millis_since(self.new.at) < SESSION_ABSOLUTE_MILLIS
    }
}

impl VolatileSessions {
    pub(super) fn insert(&self, new: NewSession) -> Result<(), StoreError> {
        let mut sessions = self.lock();
        let now = new.at;
        sessions.retain(|_, session| session.lives(now));
        if sessions.len() >= KEPT {
            return Err(StoreError::Full);
        }
        sessions.insert(new.token_hash, Volatile { last_used_at: new.at, new });
        Ok(())
    }

    /// Whose session it is that this token belongs to.
    pub(super) fn user(&self, token_hash: &[u8; 32]) -> Option<UserId> {
        self.lock().get(token_hash).map(|session| session.new.user)
    }

    pub(super) fn find(
        &self,
        token_hash: &[u8; 32],
        user: User,
        now: Timestamp,
    ) -> Option<SessionOf> {
        let sessions = self.lock();
        let session = sessions.get(token_hash).filter(|session| session.lives(now))?;
        (!user.disabled).then_some(SessionOf {
            id: session.new.id,
            user,
            created_at: session.new.at,
            last_used_at: session.last_used_at,
        })
    }

    pub(super) fn list(&self, user: UserId, now: Timestamp) -> Vec<Session> {
        self.lock()
            .values()
            .filter(|session| session.new.user == user && session.lives(now))
            .map(|session| Session {
                id: session.new.id,
                created_at: session.new.at,
                last_used_at: session.last_used_at,
                agent: session.new.agent.clone(),
                address: session.new.address.clone(),
                current: false,
            })
            .collect()
    }

    /// Notes the use of a session, and hands it out to be kept for good.
    pub(super) fn touch(&self, id: SessionId, at: Timestamp) -> Option<NewSession> {
        let mut sessions = self.lock();
        let session = sessions.values_mut().find(|session| session.new.id == id)?;
        session.last_used_at = session.last_used_at.max(at);
        Some(session.new.clone())
    }

    pub(super) fn remove(&self, user: UserId, id: SessionId) -> bool {
        let mut sessions = self.lock();
        let before = sessions.len();
        sessions.retain(|_, session| session.new.user != user || session.new.id != id);
        sessions.len() < before
    }

    pub(super) fn remove_all(&self, user: UserId, except: Option<SessionId>) -> Vec<SessionId> {
        self.lock()
            .extract_if(|_, session| session.new.user == user && Some(session.new.id) != except)
            .map(|(_, session)| session.new.id)
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Volatile>> {
        // Nothing can panic while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
