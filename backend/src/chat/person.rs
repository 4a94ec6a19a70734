//! People: what they say of themselves, what they want, whom they block.

use super::amend::known;
use super::poll::ahead;
use super::quiet;
use super::receipt::hides;
use super::{Caller, Chat, Error, text};
use crate::reading;
use crate::store::{Blocked, PersonPatch, Status};
use shared::api::{Me, PeopleQuery};
use shared::error::ErrorCode;
use shared::id::UserId;
use shared::limit;
use shared::sidebar::Sidebar;
use shared::time::Timestamp;
use shared::user::{Settings, SiteRole, User};

impl Chat {
    pub async fn me(&self, caller: &Caller) -> Result<Me, Error> {
        let user = self.store.user(caller.user.id).await?.ok_or(ErrorCode::Unauthorized)?;
        let state = self.store.user_state(caller.user.id).await?;
        Ok(Me { user, settings: state.settings })
    }

    pub async fn find_people(&self, query: PeopleQuery) -> Result<Vec<User>, Error> {
        let limit = query.limit.unwrap_or(limit::PAGE_DEFAULT).clamp(1, limit::PAGE_MAX);
        Ok(self.store.find_users(query.q.trim(), query.after.as_deref(), limit).await?)
    }

    /// How each character of `text` is read: its syllables, the usual one first.
    pub fn readings(text: &str) -> Result<Vec<String>, Error> {
        if text.chars().count() > limit::READINGS {
            return Err(ErrorCode::TooLong { limit: limit::READINGS }.into());
        }
        Ok(text.chars().map(|character| reading::syllables(character).join(" ")).collect())
    }

    pub(super) async fn update_profile(
        &self,
        caller: &Caller,
        name: Option<String>,
        status: Option<String>,
    ) -> Result<User, Error> {
        let patch = PersonPatch {
            name: name.map(|name| text::name(&name, limit::NAME_CHARS)).transpose()?,
            status: match status {
                Some(status) => Some(status_of(&status, None, None)?),
                None => None,
            },
            ..PersonPatch::default()
        };
        Ok(self.store.update_person(caller.user.id, patch).await?)
    }

    pub(super) async fn set_status(
        &self,
        caller: &Caller,
        status: &str,
        emoji: Option<&str>,
        until: Option<Timestamp>,
    ) -> Result<User, Error> {
        if let Some(until) = until {
            ahead(self.clock.now(), until)?;
        }
        let status = Some(status_of(status, emoji, until)?);
        let patch = PersonPatch { status, ..PersonPatch::default() };
        let user = self.store.update_person(caller.user.id, patch).await?;
        self.woken.notify_one();
        Ok(user)
    }

    pub(super) async fn update_settings(
        &self,
        caller: &Caller,
        settings: Settings,
    ) -> Result<(), Error> {
        let (availability, receipts) = (self.availability(&settings), settings.receipts);
        let edge = match &settings.quiet {
            Some(quiet) => Some(quiet::next_edge(quiet, self.clock.now())?),
            None => None,
        };
        let before = self.store.user_state(caller.user.id).await?.settings;
        self.store.update_settings(caller.user.id, settings).await?;
        if edge.is_some() || before.quiet.is_some() {
            self.store.set_quiet_edge(caller.user.id, edge).await?;
            self.woken.notify_one();
        }
        if hides(before.receipts, receipts) {
            self.hide_receipts(caller).await?;
        }
        self.set_availability(caller.user.id, availability).await
    }

    pub(super) async fn arrange_sidebar(
        &self,
        caller: &Caller,
        sidebar: Sidebar,
    ) -> Result<(), Error> {
        let mut sidebar = sidebar.tidied()?;
        for section in &mut sidebar.sections {
            section.name = text::name(&section.name, limit::SECTION_NAME_CHARS)?;
        }
        Ok(self.store.arrange_sidebar(caller.user.id, sidebar).await?)
    }

    pub(super) async fn set_blocked(
        &self,
        caller: &Caller,
        other: UserId,
        blocked: Blocked,
    ) -> Result<(), Error> {
        if other == caller.user.id {
            return Err(ErrorCode::Forbidden.into());
        }
        Ok(self.store.set_blocked(caller.user.id, other, blocked).await?)
    }

    /// Disables a person, which ends their sessions at once, or enables them again.
    pub(super) async fn set_disabled(
        &self,
        caller: &Caller,
        user: UserId,
        disabled: bool,
    ) -> Result<(), Error> {
        self.require_administrator(caller).await?;
        let patch = PersonPatch { disabled: Some(disabled), ..PersonPatch::default() };
        self.store.update_person(user, patch).await?;
        if disabled {
            self.store.end_sessions(user, None).await?;
        }
        tracing::info!(user.id = %user, actor.id = %caller.user.id, disabled, "account changed");
        Ok(())
    }

    pub(super) async fn set_site_role(
        &self,
        caller: &Caller,
        user: UserId,
        role: SiteRole,
    ) -> Result<(), Error> {
        self.require_administrator(caller).await?;
        let patch = PersonPatch { role: Some(role), ..PersonPatch::default() };
        self.store.update_person(user, patch).await?;
        tracing::info!(user.id = %user, actor.id = %caller.user.id, ?role, "site role changed");
        Ok(())
    }
}

/// A status as it is kept; without words and sign there is nothing that could end.
fn status_of(text: &str, emoji: Option<&str>, until: Option<Timestamp>) -> Result<Status, Error> {
    let text = text::line(text, limit::STATUS_CHARS)?;
    let emoji = emoji.filter(|emoji| !emoji.is_empty()).map(known).transpose()?;
    let until = until.filter(|_| !text.is_empty() || emoji.is_some());
    Ok(Status { text, emoji, until })
}
