//! Who may do what in a room, decided by facts alone, the same on both ends: the server refuses
//! by it, the page hides by it.
//!
//! | action | open | closed | direct | announcements |
//! |---|---|---|---|---|
//! | read, type, mark read | member | member | member | member |
//! | post | member | member | member | moderator |
//! | call everybody in a large room | moderator | moderator | – | moderator |
//! | follow a thread, mark it read | member | member | member | member |
//! | edit or delete one's own message, react | member | member | member | member |
//! | vote | member | member | member | member |
//! | close another's poll | moderator | moderator | – | moderator |
//! | delete another's message | moderator | moderator | – | moderator |
//! | pin, unpin | moderator | moderator | member | moderator |
//! | join | anyone | – | – | anyone |
//! | leave | member | member | – | – |
//! | add a person | member | moderator | – | – |
//! | remove a person | moderator, of lower roles | moderator, of lower roles | – | – |
//! | rename, set topic | moderator | moderator | – | moderator |
//! | archive, unarchive | owner | owner | – | – |
//! | set a role | owner | owner | – | owner |
//!
//! An administrator of the server who is in an open room counts as its owner; elsewhere an
//! administrator is what their membership says. Whoever is not in a closed or direct room finds
//! nothing there.
//!
//! An archived room takes no words, edits, reactions or pins; what was said there can still be
//! deleted.

use crate::error::ErrorCode;
use crate::room::{Role, RoomKind, RoomPurpose};
use crate::user::SiteRole;

/// What is known of a room and of the person who asks, at the moment of deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub kind: RoomKind,
    pub purpose: RoomPurpose,
    pub archived: bool,
    pub site_role: SiteRole,
    /// `None`: not in the room.
    pub role: Option<Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAction {
    Read,
    Post,
    /// With `@room` or `@here`, where more people are than [`crate::limit::CALLED_BY_ANYONE`].
    CallEverybody,
    /// One's own message.
    Edit,
    /// One's own message.
    Delete,
    DeleteOthers,
    React,
    Vote,
    /// One's own closes whoever asked it.
    CloseOthersPoll,
    Pin,
    Join,
    Leave,
    AddPerson,
    /// Of a person with this role.
    RemovePerson(Role),
    Rename,
    SetTopic,
    Archive,
    SetRole,
}

impl Standing {
    /// The role that counts: a server's administrator owns the open rooms they are in.
    pub fn effective_role(&self) -> Option<Role> {
        match (self.role, self.site_role, self.kind) {
            (Some(_), SiteRole::Administrator, RoomKind::Open) => Some(Role::Owner),
            (role, ..) => role,
        }
    }

    /// Whether the action may be done.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for a stranger to a closed or direct room, whatever they ask;
    /// [`ErrorCode::Archived`] where only the archive is in the way; else
    /// [`ErrorCode::Forbidden`].
    pub fn may(&self, action: RoomAction) -> Result<(), ErrorCode> {
        let Some(role) = self.effective_role() else {
            return match (self.kind, action) {
                (RoomKind::Open, RoomAction::Join) => self.unless_archived(),
                (RoomKind::Open, _) => Err(ErrorCode::Forbidden),
                (RoomKind::Closed | RoomKind::Direct, _) => Err(ErrorCode::NotFound),
            };
        };
        let announcements = self.purpose == RoomPurpose::Announcements;
        let direct = self.kind == RoomKind::Direct;
        let allowed = match action {
            RoomAction::Read | RoomAction::Join | RoomAction::Delete => return Ok(()),
            RoomAction::Edit | RoomAction::React | RoomAction::Vote => true,
            RoomAction::Pin => direct || role >= Role::Moderator,
            RoomAction::Post => !announcements || role >= Role::Moderator,
            RoomAction::Leave => !direct && !announcements,
            RoomAction::AddPerson => {
                !direct
                    && !announcements
                    && (self.kind == RoomKind::Open || role >= Role::Moderator)
            }
            RoomAction::RemovePerson(target) => {
                !direct
                    && !announcements
                    && (role == Role::Owner || (role == Role::Moderator && target < role))
            }
            RoomAction::CallEverybody
            | RoomAction::CloseOthersPoll
            | RoomAction::DeleteOthers
            | RoomAction::Rename
            | RoomAction::SetTopic => !direct && role >= Role::Moderator,
            RoomAction::Archive => !direct && !announcements && role == Role::Owner,
            RoomAction::SetRole => !direct && role == Role::Owner,
        };
        if !allowed {
            return Err(ErrorCode::Forbidden);
        }
        match action {
            RoomAction::Post
            | RoomAction::CallEverybody
            | RoomAction::Edit
            | RoomAction::React
            | RoomAction::Vote
            | RoomAction::Pin
            | RoomAction::AddPerson
            | RoomAction::Rename
            | RoomAction::SetTopic => self.unless_archived(),
            RoomAction::Read
            | RoomAction::Delete
            | RoomAction::DeleteOthers
            | RoomAction::CloseOthersPoll
            | RoomAction::Join
            | RoomAction::Leave
            | RoomAction::RemovePerson(_)
            | RoomAction::Archive
            | RoomAction::SetRole => Ok(()),
        }
    }

    fn unless_archived(self) -> Result<(), ErrorCode> {
        if self.archived { Err(ErrorCode::Archived) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(kind: RoomKind, role: Option<Role>) -> Standing {
        Standing {
            kind,
            purpose: RoomPurpose::Talk,
            archived: false,
            site_role: SiteRole::Member,
            role,
        }
    }

    #[test]
    fn a_stranger_finds_nothing_in_a_closed_room_even_as_administrator() {
        let standing =
            Standing { site_role: SiteRole::Administrator, ..standing(RoomKind::Closed, None) };
        for action in [RoomAction::Read, RoomAction::Join, RoomAction::Archive] {
            assert_eq!(standing.may(action), Err(ErrorCode::NotFound));
        }
    }

    #[test]
    fn a_moderator_removes_members_but_not_other_moderators() {
        let standing = standing(RoomKind::Closed, Some(Role::Moderator));
        assert_eq!(standing.may(RoomAction::RemovePerson(Role::Member)), Ok(()));
        assert_eq!(
            standing.may(RoomAction::RemovePerson(Role::Moderator)),
            Err(ErrorCode::Forbidden),
        );
    }

    #[test]
    fn an_archived_room_takes_no_words_but_can_be_left_and_reopened() {
        let standing = Standing { archived: true, ..standing(RoomKind::Open, Some(Role::Owner)) };
        for action in [RoomAction::Post, RoomAction::Edit, RoomAction::React, RoomAction::Pin] {
            assert_eq!(standing.may(action), Err(ErrorCode::Archived));
        }
        assert_eq!(standing.may(RoomAction::Delete), Ok(()));
        assert_eq!(standing.may(RoomAction::Leave), Ok(()));
        assert_eq!(standing.may(RoomAction::Archive), Ok(()));
    }

    #[test]
    fn nobody_but_moderators_writes_announcements() {
        let announcements = |role| Standing {
            purpose: RoomPurpose::Announcements,
            ..standing(RoomKind::Open, Some(role))
        };
        assert_eq!(announcements(Role::Member).may(RoomAction::Post), Err(ErrorCode::Forbidden));
        assert_eq!(announcements(Role::Moderator).may(RoomAction::Post), Ok(()));
        assert_eq!(announcements(Role::Owner).may(RoomAction::Leave), Err(ErrorCode::Forbidden));
    }
}
