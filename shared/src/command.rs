//! What a client asks: imperative, may be refused.

use crate::id::{ClientMessageId, InvitationId, ReminderId, RoomId, Seq, UserId};
use crate::message::Acknowledgement;
use crate::poll::Poll;
use crate::room::{Involvement, Role, Room, RoomKind};
use crate::sidebar::Sidebar;
use crate::site::{Invitation, Registration, SecretLink};
use crate::tagged::tagged;
use crate::time::Timestamp;
use crate::user::{Receipts, Settings, SiteRole, User};

tagged! { "type";
    /// Every command there is, over every transport. Who may ask what: [`crate::permission`].
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ClientCommand {
        /// Replies [`CommandReply::Sent`], after the message is durable.
        SendMessage {
            room: RoomId,
            client_message_id: ClientMessageId,
            body: String,
            /// The message of the room that this one answers.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reply_to: Option<Seq>,
            /// The root of the thread to say it in.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
            /// Of a message in a thread: say it in the room as well.
            #[serde(default, skip_serializing_if = "core::ops::Not::not")]
            in_room: bool,
        },
        /// Of one's own message.
        EditMessage {
            room: RoomId,
            message: Seq,
            body: String,
        },
        /// Of one's own message, or as a moderator of anybody's: its text goes for good.
        DeleteMessage {
            room: RoomId,
            message: Seq,
        },
        /// `emoji` is one emoji.
        AddReaction {
            room: RoomId,
            message: Seq,
            emoji: String,
        },
        RemoveReaction {
            room: RoomId,
            message: Seq,
            emoji: String,
        },
        PinMessage {
            room: RoomId,
            message: Seq,
        },
        UnpinMessage {
            room: RoomId,
            message: Seq,
        },
        /// Says in `room` what was said in a room that the caller is in. Replies
        /// [`CommandReply::Sent`], after the message is durable.
        ForwardMessage {
            room: RoomId,
            client_message_id: ClientMessageId,
            from: RoomId,
            message: Seq,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            comment: Option<String>,
        },
        /// Asks a question with answers to choose from. Replies [`CommandReply::Sent`], after it is
        /// durable.
        CreatePoll {
            room: RoomId,
            client_message_id: ClientMessageId,
            question: String,
            poll: Poll,
            /// The root of the thread it is asked in.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
        },
        /// Chooses these, in place of what the caller chose before; none takes the vote back.
        Vote {
            room: RoomId,
            message: Seq,
            choices: Vec<u32>,
        },
        /// Of one's own poll, or as a moderator of anybody's.
        ClosePoll {
            room: RoomId,
            message: Seq,
        },
        /// Has a message sent at a moment of the server's clock. The same id again changes it.
        ScheduleMessage {
            room: RoomId,
            client_message_id: ClientMessageId,
            body: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reply_to: Option<Seq>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
            at: Timestamp,
        },
        /// Done as well when it was sent already, or there never was one.
        CancelScheduled {
            client_message_id: ClientMessageId,
        },
        /// Reminds the caller at a moment of the server's clock. The same id again changes it.
        SetReminder {
            id: ReminderId,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            room: Option<RoomId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            message: Option<Seq>,
            #[serde(default, skip_serializing_if = "String::is_empty")]
            text: String,
            at: Timestamp,
        },
        ClearReminder {
            id: ReminderId,
        },
        /// Keeps a message where the caller alone finds it.
        SaveMessage {
            room: RoomId,
            message: Seq,
        },
        UnsaveMessage {
            room: RoomId,
            message: Seq,
        },
        /// Moves the marker forward to `seq`, never back.
        MarkRead {
            room: RoomId,
            seq: Seq,
            /// How long ago it was read: what was marked as unread since then stays so.
            #[serde(default, skip_serializing_if = "is_zero")]
            age_ms: u64,
        },
        /// Moves the marker back, so that `seq` is the first unread.
        MarkUnread {
            room: RoomId,
            seq: Seq,
        },
        /// From here on; what was said before counts as read.
        FollowThread {
            room: RoomId,
            root: Seq,
        },
        /// Until one replies there or is mentioned.
        UnfollowThread {
            room: RoomId,
            root: Seq,
        },
        /// Moves the marker of a followed thread forward to `seq`, never back.
        MarkThreadRead {
            room: RoomId,
            root: Seq,
            seq: Seq,
        },
        SetInvolvement {
            room: RoomId,
            involvement: Involvement,
        },
        /// Arranges the caller's list of rooms, as a whole.
        ArrangeSidebar {
            sidebar: Sidebar,
        },
        /// What the caller is about to say in a room, or in a thread of it; nothing, when it is
        /// empty. Sending it takes it away.
        KeepDraft {
            room: RoomId,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
            text: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reply_to: Option<Seq>,
            /// How long ago it was typed: what was typed later on another device stands.
            #[serde(default, skip_serializing_if = "is_zero")]
            age_ms: u64,
        },
        /// Holds for [`crate::limit::TYPING_MILLIS`]; ephemeral.
        SetTyping {
            room: RoomId,
            /// The root of the thread it is done in.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            thread: Option<Seq>,
        },
        /// Whether the person is active on this connection; ephemeral.
        SetActive {
            active: bool,
        },

        /// Replies [`CommandReply::Room`].
        CreateRoom {
            name: String,
            kind: RoomKind,
            #[serde(default)]
            topic: String,
        },
        /// Finds the room of exactly these people and the caller, or makes it. Replies
        /// [`CommandReply::Room`].
        OpenDirect {
            users: Vec<UserId>,
        },
        RenameRoom {
            room: RoomId,
            name: String,
        },
        SetTopic {
            room: RoomId,
            topic: String,
        },
        ArchiveRoom {
            room: RoomId,
        },
        UnarchiveRoom {
            room: RoomId,
        },
        /// Replies [`CommandReply::Room`].
        JoinRoom {
            room: RoomId,
        },
        LeaveRoom {
            room: RoomId,
        },
        AddMember {
            room: RoomId,
            user: UserId,
        },
        RemoveMember {
            room: RoomId,
            user: UserId,
        },
        SetRole {
            room: RoomId,
            user: UserId,
            role: Role,
        },

        /// Replies [`CommandReply::User`]. What is absent stays.
        UpdateProfile {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            name: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            status: Option<String>,
        },
        /// Replies [`CommandReply::User`]. In place of all of the status before.
        SetStatus {
            #[serde(default, skip_serializing_if = "String::is_empty")]
            status: String,
            /// One emoji.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            emoji: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            until: Option<Timestamp>,
        },
        UpdateSettings {
            settings: Settings,
        },
        BlockPerson {
            user: UserId,
        },
        UnblockPerson {
            user: UserId,
        },

        /// Tells everyone at once; kept in the announcements room. Replies [`CommandReply::Sent`].
        PostNotice {
            client_message_id: ClientMessageId,
            body: String,
        },
        UpdateSite {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            name: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            registration: Option<Registration>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            receipts: Option<Receipts>,
        },
        /// Replies [`CommandReply::InvitationMade`]. `uses` of `None` is without limit.
        CreateInvitation {
            expires_at: Timestamp,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            uses: Option<u32>,
        },
        RevokeInvitation {
            invitation: InvitationId,
        },
        DisablePerson {
            user: UserId,
        },
        EnablePerson {
            user: UserId,
        },
        SetSiteRole {
            user: UserId,
            role: SiteRole,
        },
        /// Replies [`CommandReply::ResetLink`]: a link that lets its holder choose a new password, once.
        CreateResetLink {
            user: UserId,
        },
    }
}

tagged! { "type";
    /// A command's answer when it was not refused.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum CommandReply {
        /// Done; what changed arrives as events.
        Done,
        Sent(Acknowledgement),
        Room {
            room: Room,
        },
        User {
            user: User,
        },
        InvitationMade {
            invitation: Invitation,
            link: SecretLink,
        },
        ResetLink {
            link: SecretLink,
            expires_at: Timestamp,
        },
    }
}

#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl ClientCommand {
    /// Says something in the room itself.
    pub const fn say(room: RoomId, client_message_id: ClientMessageId, body: String) -> Self {
        let (reply_to, thread, in_room) = (None, None, false);
        Self::SendMessage { room, client_message_id, body, reply_to, thread, in_room }
    }
}

impl CommandReply {
    /// The room that was made, found or joined, of the replies that tell of one.
    pub fn into_room(self) -> Option<Room> {
        match self {
            Self::Room { room } => Some(room),
            Self::Done
            | Self::Sent(_)
            | Self::User { .. }
            | Self::InvitationMade { .. }
            | Self::ResetLink { .. } => None,
        }
    }
}
