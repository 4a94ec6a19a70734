//! Rooms and who is in them. A direct conversation is a kind of room.

use crate::id::{Epoch, RoomId, Seq, UserId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Anyone may find it and join.
    Open,
    /// By invitation; nobody else can tell that it exists.
    Closed,
    /// Between two or more people, named by them; the same people have it once.
    Direct,
}

/// What a room is for beyond talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomPurpose {
    #[default]
    Talk,
    /// Everybody is in it and stays; only moderators and administrators write.
    Announcements,
}

/// A member's standing in one room.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    #[default]
    Member,
    Moderator,
    Owner,
}

/// How much of a room a member wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Involvement {
    #[default]
    Everything,
    Mentions,
    Nothing,
    /// Not even listed, until it is opened or mentions.
    Invisible,
}

/// What of a room is shown to a member, by how much they want to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// Something was said that was not read.
    pub unread: bool,
    /// So much of it is for the member: mentions, and everything in a direct room.
    pub for_you: u32,
}

impl Involvement {
    /// Mentions are always shown; a call to everybody is not, to whoever wants to be told nothing.
    pub const fn attention(self, counts: &Counts) -> Attention {
        let personal = counts.mentions.saturating_sub(counts.calls);
        match self {
            Self::Everything => Attention { unread: counts.unread > 0, for_you: counts.mentions },
            Self::Mentions => Attention { unread: counts.mentions > 0, for_you: counts.mentions },
            Self::Invisible => Attention { unread: personal > 0, for_you: personal },
            Self::Nothing => Attention { unread: false, for_you: personal },
        }
    }
}

/// A room as its members know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Room {
    pub id: RoomId,
    pub kind: RoomKind,
    #[serde(default)]
    pub purpose: RoomPurpose,
    /// Empty in a direct room: it is called by its people.
    pub name: String,
    #[serde(default)]
    pub topic: String,
    #[serde(default)]
    pub archived: bool,
    /// How many people are in it.
    pub members: u32,
    pub created_at: Timestamp,
}

/// A room as a stranger may know it: all there is to see of an open room before joining.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomListing {
    pub id: RoomId,
    pub kind: RoomKind,
    pub name: String,
    pub topic: String,
    pub members: u32,
    /// Whether the caller is in it.
    pub joined: bool,
    pub archived: bool,
}

/// One member, as the other members know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
    pub user: UserId,
    pub role: Role,
}

/// What the caller alone knows of their place in a room. All counts derive from `read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    pub role: Role,
    pub involvement: Involvement,
    pub counts: Counts,
    /// The threads the member follows, in the order of their roots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadCounts>,
}

/// The read marker and what follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// The last place the member has read.
    pub read: Seq,
    /// Others' messages above `read`, what is said in threads alone left out.
    pub unread: u32,
    /// Those among them that mention the member; in a direct room, all of them.
    pub mentions: u32,
    /// Those among `mentions` that call everybody, the member being one of many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calls: u32,
    /// Above `read` others replied in threads that the member does not follow.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub unfollowed: bool,
    /// The room's head when this was counted: events up to here are in the numbers above.
    pub at: Seq,
}

/// How far a member has read a thread they follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThreadCounts {
    pub root: Seq,
    /// The last place the member has read, or where they began to follow.
    pub read: Seq,
    /// Others' replies above `read`.
    pub unread: u32,
    /// The room's head when this was counted.
    pub at: Seq,
}

/// A room at one moment: everything a member needs to go on from `head` by events alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomSnapshot {
    pub room: Room,
    pub epoch: Epoch,
    /// The last event this snapshot contains.
    pub head: Seq,
    pub membership: Membership,
    /// A direct room's people, in the order of their ids; empty for other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Member>,
    /// How far each of a direct room's other people has read, of those who show it; empty for other
    /// kinds, and for whoever does not show it themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
}

/// How far a person has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Seen {
    pub user: UserId,
    pub read: Seq,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_follows_from_the_involvement_and_a_call_is_no_mention_of_the_quiet() {
        let counts = Counts { unread: 5, mentions: 2, calls: 1, ..Counts::default() };
        let shown = |involvement: Involvement| {
            let Attention { unread, for_you } = involvement.attention(&counts);
            (unread, for_you)
        };
        assert_eq!(shown(Involvement::Everything), (true, 2));
        assert_eq!(shown(Involvement::Mentions), (true, 2));
        assert_eq!(shown(Involvement::Nothing), (false, 1));
        assert_eq!(shown(Involvement::Invisible), (true, 1));
        let called = Counts { unread: 1, mentions: 1, calls: 1, ..Counts::default() };
        assert_eq!(Involvement::Invisible.attention(&called), Attention::default());
    }
}
