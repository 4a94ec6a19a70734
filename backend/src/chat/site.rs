//! The server as a place, as its administrators run it.

use super::account::{new_secret, secret_hash};
use super::{Caller, Chat, Error, text};
use crate::store::{NewInvitation, NewReset, SitePatch};
use shared::command::CommandReply;
use shared::error::ErrorCode;
use shared::id::{InvitationId, UserId};
use shared::limit;
use shared::site::{Invitation, Registration, SecretLink, Site};
use shared::time::Timestamp;
use shared::user::Receipts;

/// A reset link holds for so long.
pub(super) const RESET_MILLIS: i64 = 24 * 3_600_000;
/// An invitation holds for at most so long.
const INVITATION_MILLIS: i64 = 366 * 24 * 3_600_000;

impl Chat {
    /// What anybody may know.
    pub async fn site(&self) -> Result<Site, Error> {
        Ok(Site { announcements: None, ..self.store.site().await? })
    }

    pub async fn invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, Error> {
        self.require_administrator(caller).await?;
        Ok(self.store.invitations().await?)
    }

    pub(super) async fn update_site(
        &self,
        caller: &Caller,
        name: Option<String>,
        registration: Option<Registration>,
        receipts: Option<Receipts>,
    ) -> Result<(), Error> {
        self.require_administrator(caller).await?;
        let name = name.map(|name| text::name(&name, limit::SITE_NAME_CHARS)).transpose()?;
        self.store.update_site(SitePatch { name, registration, receipts }).await?;
        Ok(())
    }

    pub(super) async fn create_invitation(
        &self,
        caller: &Caller,
        expires_at: Timestamp,
        uses: Option<u32>,
    ) -> Result<CommandReply, Error> {
        self.require_administrator(caller).await?;
        let now = self.clock.now();
        let holds_for = expires_at.millis_since(now);
        if !(1..=INVITATION_MILLIS).contains(&holds_for) || uses == Some(0) {
            return Err(ErrorCode::BadFrame.into());
        }
        let secret = new_secret()?;
        let invitation = self
            .store
            .create_invitation(NewInvitation {
                id: InvitationId::new(),
                secret_hash: secret_hash(&secret),
                created_by: caller.user.id,
                created_at: now,
                expires_at,
                uses,
            })
            .await?;
        let link = SecretLink(format!("/join#{secret}"));
        Ok(CommandReply::InvitationMade { invitation, link })
    }

    pub(super) async fn revoke_invitation(
        &self,
        caller: &Caller,
        invitation: InvitationId,
    ) -> Result<(), Error> {
        self.require_administrator(caller).await?;
        Ok(self.store.revoke_invitation(invitation).await?)
    }

    pub(super) async fn create_reset_link(
        &self,
        caller: &Caller,
        user: UserId,
    ) -> Result<CommandReply, Error> {
        self.require_administrator(caller).await?;
        let secret = new_secret()?;
        let now = self.clock.now();
        let expires_at = now.plus_millis(RESET_MILLIS);
        self.store
            .create_reset(NewReset {
                user,
                secret_hash: secret_hash(&secret),
                created_by: caller.user.id,
                created_at: now,
                expires_at,
            })
            .await?;
        tracing::info!(user.id = %user, actor.id = %caller.user.id, "reset link made");
        Ok(CommandReply::ResetLink { link: SecretLink(format!("/reset#{secret}")), expires_at })
    }
}
