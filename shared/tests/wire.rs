//! Every variant on the wire, both ways, against literal JSON. A variant without a sample does
//! not compile: each `kind_of_…` is an exhaustive match, and each sample list is held to it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::HistoryEntry;
use shared::command::{ClientCommand, CommandReply};
use shared::draft::Draft;
use shared::error::{ErrorCode, Problem};
use shared::event::{OwnVote, RoomEvent, Saved, ServerEvent, UserEvent, UserState};
use shared::frame::{
    ClientFrame, Directory, PresenceOf, Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame,
};
use shared::id::{
    ClientMessageId, ConnectionId, Epoch, InvitationId, MessageId, ReminderId, RoomId, Seq, UserId,
};
use shared::json;
use shared::message::{
    Acknowledgement, Call, Emoji, Message, MessageBody, Origin, Posted, Reaction, Replies,
    RoomName, Stamp,
};
use shared::poll::{Poll, PollState};
use shared::room::{
    Counts, Involvement, Member, Membership, Role, Room, RoomKind, RoomPurpose, RoomSnapshot, Seen,
    ThreadCounts,
};
use shared::schedule::{Reminder, Scheduled};
use shared::sidebar::{Section, Sidebar};
use shared::site::{Invitation, Registration, SecretLink, Site};
use shared::time::Timestamp;
use shared::user::{
    Availability, EnterKey, Language, Presence, QuietHours, Receipts, Settings, SiteRole, Theme,
    User,
};
use std::collections::HashMap;
use std::fmt::Debug;
use uuid::Uuid;

const fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0193_4c1e_7a00_7000_8000_0000_0000_0000 + number)
}

const INES: UserId = UserId::from_uuid(uuid(1));
const WEN: UserId = UserId::from_uuid(uuid(2));
const ROOM: RoomId = RoomId::from_uuid(uuid(16));
const MESSAGE: MessageId = MessageId::from_uuid(uuid(32));
const SENT_AS: ClientMessageId = ClientMessageId::from_uuid(uuid(33));
const EPOCH: Epoch = Epoch::from_uuid(uuid(48));
const INVITATION: InvitationId = InvitationId::from_uuid(uuid(64));
const REMINDER: ReminderId = ReminderId::from_uuid(uuid(96));
const CONNECTION: ConnectionId = ConnectionId::from_uuid(uuid(80));
const AT: Timestamp = Timestamp(1_796_000_000_000);

fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(sample: &T) {
    let text = serde_json::to_string(sample).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), sample, "{text}");
    assert_eq!(&json::read::<T>(&text).unwrap(), sample, "{text}");
}

/// The server reads by `serde_json`, the page by a tree: alike, also what has a fault.
fn read_alike<T: Serialize + DeserializeOwned + PartialEq + Debug>(sample: &T) {
    let text = serde_json::to_string(sample).unwrap();
    for (at, _) in text.char_indices() {
        let mut faulty = text.clone();
        faulty.remove(at);
        assert_eq!(json::read::<T>(&faulty).ok(), serde_json::from_str(&faulty).ok(), "{faulty}");
    }
}

/// Holds the samples to the kinds there are, reads each back, and pins their JSON.
fn pin<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    name: &str,
    samples: &[T],
    kinds: usize,
    kind: impl Fn(&T) -> usize,
) {
    let mut seen: Vec<usize> = samples.iter().map(kind).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, (0..kinds).collect::<Vec<_>>(), "{name}: a kind without a sample");
    samples.iter().for_each(both_ways);
    samples.iter().for_each(read_alike);
    insta::assert_json_snapshot!(name, samples);
}

fn room() -> Room {
    Room {
        id: ROOM,
        kind: RoomKind::Open,
        purpose: RoomPurpose::Talk,
        name: "Launch week".to_owned(),
        topic: "2.4 ships Thursday".to_owned(),
        archived: false,
        members: 2,
        created_at: AT,
    }
}

fn user() -> User {
    User {
        id: INES,
        nick: "ines".to_owned(),
        name: "Ines".to_owned(),
        role: SiteRole::Administrator,
        status: "On the early train".to_owned(),
        status_emoji: Some(Emoji::known("🚆")),
        status_until: Some(AT),
        disabled: false,
    }
}

fn membership() -> Membership {
    Membership {
        role: Role::Owner,
        involvement: Involvement::Everything,
        counts: Counts {
            read: Seq(7),
            unread: 2,
            mentions: 1,
            calls: 1,
            unfollowed: true,
            at: Seq(9),
        },
        threads: vec![thread()],
    }
}

fn thread() -> ThreadCounts {
    ThreadCounts { root: Seq(4), read: Seq(6), unread: 1, at: Seq(9) }
}

fn snapshot() -> RoomSnapshot {
    RoomSnapshot {
        room: Room { kind: RoomKind::Direct, name: String::new(), ..room() },
        epoch: EPOCH,
        head: Seq(9),
        membership: membership(),
        people: vec![
            Member { user: INES, role: Role::Member },
            Member { user: WEN, role: Role::Member },
        ],
        seen: vec![Seen { user: WEN, read: Seq(8) }],
    }
}

fn settings() -> Settings {
    Settings {
        availability: Availability::DoNotDisturb,
        theme: Theme::Dark,
        language: Some(Language::SimplifiedChinese),
        enter_key: EnterKey::BreaksLine,
        receipts: Receipts::Hidden,
        quiet: Some(QuietHours { from: 22 * 60, until: 7 * 60, zone: "Asia/Shanghai".to_owned() }),
    }
}

fn poll() -> Poll {
    let choices = vec!["Monday".to_owned(), "Friday".to_owned()];
    Poll { choices, several: true, anonymous: true, closes_at: Some(AT) }
}

fn own_vote() -> OwnVote {
    OwnVote { room: ROOM, message: Seq(10), choices: vec![0, 1] }
}

fn scheduled() -> Scheduled {
    Scheduled {
        client_message_id: SENT_AS,
        room: ROOM,
        reply_to: Some(Seq(7)),
        thread: Some(Seq(4)),
        body: MessageBody::new("Good morning").unwrap(),
        at: AT,
        failed: Some(ErrorCode::Archived),
    }
}

fn reminder() -> Reminder {
    let text = "Answer Wen".to_owned();
    Reminder { id: REMINDER, room: Some(ROOM), message: Some(Seq(10)), text, at: AT, due: true }
}

fn draft() -> Draft {
    let text = "Could you lis".to_owned();
    Draft { room: ROOM, thread: Some(Seq(4)), text, reply_to: Some(Seq(7)), at: AT }
}

fn sidebar() -> Sidebar {
    let work = Section { name: "Work".to_owned(), rooms: vec![ROOM], folded: true };
    Sidebar { favourites: vec![ROOM], sections: vec![work] }
}

fn site() -> Site {
    Site {
        name: "Quayside".to_owned(),
        registration: Registration::Invitation,
        first_run: false,
        protocol: 1,
        version: 3,
        receipts: Receipts::Hidden,
        announcements: Some(ROOM),
    }
}

fn acknowledgement() -> Acknowledgement {
    Acknowledgement { client_message_id: SENT_AS, id: MESSAGE, room: ROOM, seq: Seq(10), at: AT }
}

fn posted() -> RoomEvent {
    RoomEvent {
        room: ROOM,
        seq: Seq(10),
        at: AT,
        actor: INES,
        event: ServerEvent::MessagePosted(Posted {
            mentions: vec![WEN],
            ..Posted::new(MESSAGE, SENT_AS, MessageBody::new("Could you listen, @wen?").unwrap())
        }),
    }
}

#[test]
fn every_event_reads_as_it_was_written() {
    fn kind(event: &RoomEvent) -> usize {
        match event.event {
            ServerEvent::RoomCreated { .. } => 0,
            ServerEvent::MemberJoined { .. } => 1,
            ServerEvent::MemberLeft { .. } => 2,
            ServerEvent::MemberRemoved { .. } => 3,
            ServerEvent::RoleChanged { .. } => 4,
            ServerEvent::RoomRenamed { .. } => 5,
            ServerEvent::TopicChanged { .. } => 6,
            ServerEvent::RoomArchived => 7,
            ServerEvent::RoomUnarchived => 8,
            ServerEvent::MessagePosted(_) => 9,
            ServerEvent::MessageEdited { .. } => 10,
            ServerEvent::MessageDeleted { .. } => 11,
            ServerEvent::ReactionAdded { .. } => 12,
            ServerEvent::ReactionRemoved { .. } => 13,
            ServerEvent::MessagePinned { .. } => 14,
            ServerEvent::MessageUnpinned { .. } => 15,
            ServerEvent::PollVoted { .. } => 16,
            ServerEvent::PollCounted { .. } => 17,
            ServerEvent::PollClosed { .. } => 18,
        }
    }
    let event = |event| RoomEvent { room: ROOM, seq: Seq(1), at: AT, actor: INES, event };
    let blanked = |mut words: ServerEvent| {
        words.forget_words();
        event(words)
    };
    let samples = [
        event(ServerEvent::RoomCreated {
            kind: RoomKind::Closed,
            purpose: RoomPurpose::Announcements,
            name: "Announcements".to_owned(),
            topic: String::new(),
        }),
        event(ServerEvent::MemberJoined { user: INES, role: Role::Owner }),
        event(ServerEvent::MemberLeft { user: WEN }),
        event(ServerEvent::MemberRemoved { user: WEN }),
        event(ServerEvent::RoleChanged { user: WEN, role: Role::Moderator }),
        event(ServerEvent::RoomRenamed { name: "Launch week".to_owned() }),
        event(ServerEvent::TopicChanged { topic: "2.4 ships Thursday".to_owned() }),
        event(ServerEvent::RoomArchived),
        event(ServerEvent::RoomUnarchived),
        posted(),
        event(ServerEvent::MessagePosted(Posted {
            reply_to: Some(Seq(7)),
            thread: Some(Seq(4)),
            in_room: true,
            origin: Some(Box::new(Origin {
                room: ROOM,
                seq: Seq(3),
                author: WEN,
                at: AT,
                comment: Some(MessageBody::new("As Wen says").unwrap()),
            })),
            ..Posted::new(MESSAGE, SENT_AS, MessageBody::new("It is.").unwrap())
        })),
        event(ServerEvent::MessagePosted(Posted {
            call: Some(Call::Room),
            rooms: vec![RoomName { key: "launch-week".to_owned(), room: ROOM }],
            ..Posted::new(MESSAGE, SENT_AS, MessageBody::new("@room: #launch-week").unwrap())
        })),
        event(ServerEvent::MessagePosted(Posted {
            call: Some(Call::Here(vec![WEN])),
            ..Posted::new(MESSAGE, SENT_AS, MessageBody::new("@here: lunch").unwrap())
        })),
        blanked(posted().event),
        event(ServerEvent::MessageEdited {
            message: Seq(10),
            body: Some(MessageBody::new("Could you listen in, @wen?").unwrap()),
            mentions: vec![WEN],
            rooms: vec![RoomName { key: "launch-week".to_owned(), room: ROOM }],
        }),
        blanked(ServerEvent::MessageEdited {
            message: Seq(10),
            body: Some(MessageBody::new("Never mind").unwrap()),
            mentions: Vec::new(),
            rooms: Vec::new(),
        }),
        event(ServerEvent::MessageDeleted { message: Seq(10) }),
        event(ServerEvent::ReactionAdded { message: Seq(10), emoji: Emoji::known("👍") }),
        event(ServerEvent::ReactionRemoved { message: Seq(10), emoji: Emoji::known("👍") }),
        event(ServerEvent::MessagePinned { message: Seq(10) }),
        event(ServerEvent::MessageUnpinned { message: Seq(10) }),
        event(ServerEvent::MessagePosted(Posted {
            poll: Some(Box::new(poll())),
            ..Posted::new(MESSAGE, SENT_AS, MessageBody::new("Which day?").unwrap())
        })),
        event(ServerEvent::PollVoted { message: Seq(10), choices: vec![1] }),
        event(ServerEvent::PollCounted { message: Seq(10), counts: vec![1, 2], people: 2 }),
        event(ServerEvent::PollClosed { message: Seq(10) }),
    ];
    pin("events", &samples, 19, kind);
}

#[test]
fn what_history_shows_reads_as_it_was_written() {
    let message = Message {
        edited_at: Some(AT),
        reply_to: Some(Seq(7)),
        replies: Some(Replies { count: 2, last: Seq(13), last_at: AT, people: vec![WEN, INES] }),
        reactions: vec![Reaction { emoji: Emoji::known("👍"), users: vec![WEN, INES] }],
        pinned: Some(Stamp { by: WEN, at: AT }),
        poll: Some(Box::new(PollState {
            poll: Poll { several: false, anonymous: false, closes_at: None, ..poll() },
            counts: vec![0, 2],
            people: 2,
            voters: vec![Vec::new(), vec![WEN, INES]],
            closed: Some(Stamp { by: INES, at: AT }),
        })),
        revised: Seq(14),
        ..posted().message().unwrap()
    };
    let deleted = Message {
        body: None,
        mentions: Vec::new(),
        deleted: Some(Stamp { by: INES, at: AT }),
        revised: Seq(12),
        ..posted().message().unwrap()
    };
    let event = RoomEvent { event: ServerEvent::RoomArchived, ..posted() };
    let samples = [
        HistoryEntry::Message(Box::new(message)),
        HistoryEntry::Message(Box::new(deleted)),
        HistoryEntry::Event(event),
    ];
    samples.iter().for_each(both_ways);
    samples.iter().for_each(read_alike);
    insta::assert_json_snapshot!("history", samples);
}

#[test]
fn every_event_of_a_person_reads_as_it_was_written() {
    fn kind(event: &UserEvent) -> usize {
        match event {
            UserEvent::ReadMarkerMoved { .. } => 0,
            UserEvent::InvolvementChanged { .. } => 1,
            UserEvent::SettingsChanged { .. } => 2,
            UserEvent::PersonBlocked { .. } => 3,
            UserEvent::PersonUnblocked { .. } => 4,
            UserEvent::ThreadFollowed { .. } => 5,
            UserEvent::ThreadUnfollowed { .. } => 6,
            UserEvent::ThreadRead { .. } => 7,
            UserEvent::MessageSaved { .. } => 8,
            UserEvent::MessageUnsaved { .. } => 9,
            UserEvent::SidebarArranged { .. } => 10,
            UserEvent::DraftKept { .. } => 11,
            UserEvent::DraftDropped { .. } => 12,
            UserEvent::VoteCast { .. } => 13,
            UserEvent::MessageScheduled { .. } => 14,
            UserEvent::ScheduledGone { .. } => 15,
            UserEvent::ReminderSet { .. } => 16,
            UserEvent::ReminderCleared { .. } => 17,
        }
    }
    let samples = [
        UserEvent::ReadMarkerMoved { room: ROOM, counts: membership().counts },
        UserEvent::InvolvementChanged { room: ROOM, involvement: Involvement::Mentions },
        UserEvent::SettingsChanged { settings: settings() },
        UserEvent::PersonBlocked { user: WEN },
        UserEvent::PersonUnblocked { user: WEN },
        UserEvent::ThreadFollowed { room: ROOM, thread: thread(), counts: membership().counts },
        UserEvent::ThreadUnfollowed { room: ROOM, root: Seq(4), counts: membership().counts },
        UserEvent::ThreadRead { room: ROOM, thread: thread() },
        UserEvent::MessageSaved { room: ROOM, message: Seq(10) },
        UserEvent::MessageUnsaved { room: ROOM, message: Seq(10) },
        UserEvent::SidebarArranged { sidebar: sidebar() },
        UserEvent::DraftKept { draft: draft() },
        UserEvent::DraftDropped { room: ROOM, thread: Some(Seq(4)) },
        UserEvent::VoteCast { vote: own_vote() },
        UserEvent::MessageScheduled { scheduled: scheduled() },
        UserEvent::ScheduledGone { client_message_id: SENT_AS },
        UserEvent::ReminderSet { reminder: reminder() },
        UserEvent::ReminderCleared { id: REMINDER },
    ];
    pin("user_events", &samples, 18, kind);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line a command")]
fn every_command_reads_as_it_was_written() {
    fn kind(command: &ClientCommand) -> usize {
        match command {
            ClientCommand::SendMessage { .. } => 0,
            ClientCommand::MarkRead { .. } => 1,
            ClientCommand::MarkUnread { .. } => 2,
            ClientCommand::SetInvolvement { .. } => 3,
            ClientCommand::SetTyping { .. } => 4,
            ClientCommand::SetActive { .. } => 5,
            ClientCommand::CreateRoom { .. } => 6,
            ClientCommand::OpenDirect { .. } => 7,
            ClientCommand::RenameRoom { .. } => 8,
            ClientCommand::SetTopic { .. } => 9,
            ClientCommand::ArchiveRoom { .. } => 10,
            ClientCommand::UnarchiveRoom { .. } => 11,
            ClientCommand::JoinRoom { .. } => 12,
            ClientCommand::LeaveRoom { .. } => 13,
            ClientCommand::AddMember { .. } => 14,
            ClientCommand::RemoveMember { .. } => 15,
            ClientCommand::SetRole { .. } => 16,
            ClientCommand::UpdateProfile { .. } => 17,
            ClientCommand::UpdateSettings { .. } => 18,
            ClientCommand::BlockPerson { .. } => 19,
            ClientCommand::UnblockPerson { .. } => 20,
            ClientCommand::PostNotice { .. } => 21,
            ClientCommand::UpdateSite { .. } => 22,
            ClientCommand::CreateInvitation { .. } => 23,
            ClientCommand::RevokeInvitation { .. } => 24,
            ClientCommand::DisablePerson { .. } => 25,
            ClientCommand::EnablePerson { .. } => 26,
            ClientCommand::SetSiteRole { .. } => 27,
            ClientCommand::CreateResetLink { .. } => 28,
            ClientCommand::EditMessage { .. } => 29,
            ClientCommand::DeleteMessage { .. } => 30,
            ClientCommand::AddReaction { .. } => 31,
            ClientCommand::RemoveReaction { .. } => 32,
            ClientCommand::PinMessage { .. } => 33,
            ClientCommand::UnpinMessage { .. } => 34,
            ClientCommand::FollowThread { .. } => 35,
            ClientCommand::UnfollowThread { .. } => 36,
            ClientCommand::MarkThreadRead { .. } => 37,
            ClientCommand::ForwardMessage { .. } => 38,
            ClientCommand::SaveMessage { .. } => 39,
            ClientCommand::UnsaveMessage { .. } => 40,
            ClientCommand::ArrangeSidebar { .. } => 41,
            ClientCommand::KeepDraft { .. } => 42,
            ClientCommand::CreatePoll { .. } => 43,
            ClientCommand::Vote { .. } => 44,
            ClientCommand::ClosePoll { .. } => 45,
            ClientCommand::ScheduleMessage { .. } => 46,
            ClientCommand::CancelScheduled { .. } => 47,
            ClientCommand::SetReminder { .. } => 48,
            ClientCommand::ClearReminder { .. } => 49,
            ClientCommand::SetStatus { .. } => 50,
        }
    }
    let samples = [
        ClientCommand::say(ROOM, SENT_AS, "Could you listen, @wen?".to_owned()),
        ClientCommand::SendMessage {
            room: ROOM,
            client_message_id: SENT_AS,
            body: "It is.".to_owned(),
            reply_to: Some(Seq(7)),
            thread: Some(Seq(4)),
            in_room: true,
        },
        ClientCommand::MarkRead { room: ROOM, seq: Seq(10), age_ms: 0 },
        ClientCommand::MarkRead { room: ROOM, seq: Seq(10), age_ms: 90_000 },
        ClientCommand::MarkUnread { room: ROOM, seq: Seq(8) },
        ClientCommand::SetInvolvement { room: ROOM, involvement: Involvement::Nothing },
        ClientCommand::SetTyping { room: ROOM, thread: None },
        ClientCommand::SetTyping { room: ROOM, thread: Some(Seq(4)) },
        ClientCommand::SetActive { active: false },
        ClientCommand::CreateRoom {
            name: "Launch week".to_owned(),
            kind: RoomKind::Open,
            topic: String::new(),
        },
        ClientCommand::OpenDirect { users: vec![WEN] },
        ClientCommand::RenameRoom { room: ROOM, name: "Ship log".to_owned() },
        ClientCommand::SetTopic { room: ROOM, topic: "2.4 ships Thursday".to_owned() },
        ClientCommand::ArchiveRoom { room: ROOM },
        ClientCommand::UnarchiveRoom { room: ROOM },
        ClientCommand::JoinRoom { room: ROOM },
        ClientCommand::LeaveRoom { room: ROOM },
        ClientCommand::AddMember { room: ROOM, user: WEN },
        ClientCommand::RemoveMember { room: ROOM, user: WEN },
        ClientCommand::SetRole { room: ROOM, user: WEN, role: Role::Owner },
        ClientCommand::UpdateProfile { name: Some("Ines".to_owned()), status: None },
        ClientCommand::UpdateSettings { settings: settings() },
        ClientCommand::BlockPerson { user: WEN },
        ClientCommand::UnblockPerson { user: WEN },
        ClientCommand::PostNotice { client_message_id: SENT_AS, body: "Restart at six".to_owned() },
        ClientCommand::UpdateSite {
            name: None,
            registration: Some(Registration::Closed),
            receipts: Some(Receipts::Shown),
        },
        ClientCommand::CreateInvitation { expires_at: AT, uses: Some(1) },
        ClientCommand::RevokeInvitation { invitation: INVITATION },
        ClientCommand::DisablePerson { user: WEN },
        ClientCommand::EnablePerson { user: WEN },
        ClientCommand::SetSiteRole { user: WEN, role: SiteRole::Member },
        ClientCommand::CreateResetLink { user: WEN },
        ClientCommand::EditMessage { room: ROOM, message: Seq(10), body: "Listen".to_owned() },
        ClientCommand::DeleteMessage { room: ROOM, message: Seq(10) },
        ClientCommand::AddReaction { room: ROOM, message: Seq(10), emoji: "👍".to_owned() },
        ClientCommand::RemoveReaction { room: ROOM, message: Seq(10), emoji: "👍".to_owned() },
        ClientCommand::PinMessage { room: ROOM, message: Seq(10) },
        ClientCommand::UnpinMessage { room: ROOM, message: Seq(10) },
        ClientCommand::FollowThread { room: ROOM, root: Seq(4) },
        ClientCommand::UnfollowThread { room: ROOM, root: Seq(4) },
        ClientCommand::MarkThreadRead { room: ROOM, root: Seq(4), seq: Seq(9) },
        ClientCommand::ForwardMessage {
            room: ROOM,
            client_message_id: SENT_AS,
            from: ROOM,
            message: Seq(3),
            comment: Some("As Wen says".to_owned()),
        },
        ClientCommand::SaveMessage { room: ROOM, message: Seq(10) },
        ClientCommand::UnsaveMessage { room: ROOM, message: Seq(10) },
        ClientCommand::ArrangeSidebar { sidebar: sidebar() },
        ClientCommand::KeepDraft {
            room: ROOM,
            thread: Some(Seq(4)),
            text: "Could you lis".to_owned(),
            reply_to: Some(Seq(7)),
            age_ms: 900,
        },
        ClientCommand::KeepDraft {
            room: ROOM,
            thread: None,
            text: String::new(),
            reply_to: None,
            age_ms: 0,
        },
        ClientCommand::CreatePoll {
            room: ROOM,
            client_message_id: SENT_AS,
            question: "Which day?".to_owned(),
            poll: poll(),
            thread: Some(Seq(4)),
        },
        ClientCommand::Vote { room: ROOM, message: Seq(10), choices: vec![1] },
        ClientCommand::ClosePoll { room: ROOM, message: Seq(10) },
        ClientCommand::ScheduleMessage {
            room: ROOM,
            client_message_id: SENT_AS,
            body: "Good morning".to_owned(),
            reply_to: Some(Seq(7)),
            thread: None,
            at: AT,
        },
        ClientCommand::CancelScheduled { client_message_id: SENT_AS },
        ClientCommand::SetReminder {
            id: REMINDER,
            room: Some(ROOM),
            message: Some(Seq(10)),
            text: "Answer Wen".to_owned(),
            at: AT,
        },
        ClientCommand::ClearReminder { id: REMINDER },
        ClientCommand::SetStatus {
            status: "On the early train".to_owned(),
            emoji: Some("🚆".to_owned()),
            until: Some(AT),
        },
    ];
    pin("commands", &samples, 51, kind);
}

#[test]
fn every_reply_reads_as_it_was_written() {
    fn kind(reply: &CommandReply) -> usize {
        match reply {
            CommandReply::Done => 0,
            CommandReply::Sent(_) => 1,
            CommandReply::Room { .. } => 2,
            CommandReply::User { .. } => 3,
            CommandReply::InvitationMade { .. } => 4,
            CommandReply::ResetLink { .. } => 5,
        }
    }
    let invitation = Invitation {
        id: INVITATION,
        created_by: INES,
        created_at: AT,
        expires_at: AT.plus_millis(1000),
        uses_left: Some(1),
        used: 0,
        revoked: false,
    };
    let samples = [
        CommandReply::Done,
        CommandReply::Sent(acknowledgement()),
        CommandReply::Room { room: room() },
        CommandReply::User { user: user() },
        CommandReply::InvitationMade { invitation, link: SecretLink("/join#c2VjcmV0".to_owned()) },
        CommandReply::ResetLink { link: SecretLink("/reset#c2VjcmV0".to_owned()), expires_at: AT },
    ];
    pin("replies", &samples, 6, kind);
}

#[test]
fn every_frame_of_a_client_reads_as_it_was_written() {
    fn kind(frame: &ClientFrame) -> usize {
        match frame {
            ClientFrame::Resume(_) => 0,
            ClientFrame::Command { .. } => 1,
            ClientFrame::Heartbeat => 2,
        }
    }
    let rooms = HashMap::from([(ROOM, RoomCursor { epoch: EPOCH, last: Seq(9) })]);
    let samples = [
        ClientFrame::Resume(Resume { user: Some(3), rooms, directory: Some(0), presence: true }),
        ClientFrame::Resume(Resume::default()),
        ClientFrame::Command {
            id: 7,
            command: ClientCommand::MarkRead { room: ROOM, seq: Seq(10), age_ms: 0 },
        },
        ClientFrame::Heartbeat,
    ];
    pin("client_frames", &samples, 3, kind);
}

#[test]
fn every_frame_of_the_server_reads_as_it_was_written() {
    fn kind(frame: &ServerFrame) -> usize {
        match frame {
            ServerFrame::Hello { .. } => 0,
            ServerFrame::Resumed(_) => 1,
            ServerFrame::Event { .. } => 2,
            ServerFrame::UserEvent { .. } => 3,
            ServerFrame::Joined { .. } => 4,
            ServerFrame::Reply { .. } => 5,
            ServerFrame::Refused { .. } => 6,
            ServerFrame::Typing { .. } => 7,
            ServerFrame::Presence { .. } => 8,
            ServerFrame::Seen { .. } => 9,
            ServerFrame::PersonChanged { .. } => 10,
            ServerFrame::SiteChanged { .. } => 11,
            ServerFrame::Heartbeat { .. } => 12,
            ServerFrame::GoingAway { .. } => 13,
            ServerFrame::Closed { .. } => 15,
            ServerFrame::Error { .. } => 14,
        }
    }
    let resumed = Resumed {
        user: Some(UserState {
            version: 4,
            settings: settings(),
            blocked: vec![WEN],
            saved: vec![Saved { room: ROOM, message: Seq(3) }],
            sidebar: sidebar(),
            drafts: vec![draft()],
            votes: vec![own_vote()],
            scheduled: vec![scheduled()],
            reminders: vec![reminder()],
        }),
        rooms: vec![
            ResumedRoom::Recovered {
                room: ROOM,
                epoch: EPOCH,
                head: Seq(9),
                membership: membership(),
            },
            ResumedRoom::Snapshot { snapshot: snapshot() },
            ResumedRoom::Truncated { snapshot: snapshot() },
            ResumedRoom::Reset { snapshot: snapshot() },
        ],
        not_found: vec![ROOM],
        directory: Some(Directory { version: 5, users: vec![user()] }),
        presence: vec![PresenceOf { user: WEN, presence: Presence::Away }],
        site: site(),
    };
    let samples = [
        ServerFrame::Hello {
            protocol: 1,
            connection: CONNECTION,
            user: INES,
            heartbeat_ms: 25_000,
        },
        ServerFrame::Resumed(Box::new(resumed)),
        ServerFrame::Event { event: posted() },
        ServerFrame::UserEvent { version: 5, event: UserEvent::PersonBlocked { user: WEN } },
        ServerFrame::Joined { snapshot: Box::new(snapshot()) },
        ServerFrame::Reply { id: 7, reply: CommandReply::Sent(acknowledgement()) },
        ServerFrame::Refused { id: 7, error: ErrorCode::RateLimited { retry_after_ms: 120 } },
        ServerFrame::Typing { room: ROOM, user: WEN, thread: None },
        ServerFrame::Typing { room: ROOM, user: WEN, thread: Some(Seq(4)) },
        ServerFrame::Presence { user: WEN, presence: Presence::Off },
        ServerFrame::Seen { room: ROOM, user: WEN, read: Seq(10) },
        ServerFrame::PersonChanged { directory: 6, user: user() },
        ServerFrame::SiteChanged { site: site() },
        ServerFrame::Heartbeat {
            heads: HashMap::from([(ROOM, Seq(10))]),
            user: None,
            directory: None,
            site: None,
        },
        ServerFrame::Heartbeat {
            heads: HashMap::new(),
            user: Some(6),
            directory: Some(14),
            site: Some(3),
        },
        ServerFrame::GoingAway { reconnect_in: 1_700 },
        ServerFrame::Closed { code: 4008 },
        ServerFrame::Error { error: ErrorCode::BadFrame },
    ];
    pin("server_frames", &samples, 16, kind);
}

#[test]
fn every_error_reads_as_it_was_written() {
    fn kind(code: &ErrorCode) -> usize {
        match code {
            ErrorCode::BadFrame => 0,
            ErrorCode::Unauthorized => 1,
            ErrorCode::WrongCredentials => 2,
            ErrorCode::Forbidden => 3,
            ErrorCode::ForeignOrigin => 4,
            ErrorCode::NotFound => 5,
            ErrorCode::MethodNotAllowed => 6,
            ErrorCode::TooLong { .. } => 7,
            ErrorCode::Empty => 8,
            ErrorCode::TooMany { .. } => 9,
            ErrorCode::RateLimited { .. } => 10,
            ErrorCode::ClientMessageIdConflict => 11,
            ErrorCode::Archived => 12,
            ErrorCode::Blocked => 13,
            ErrorCode::NickInvalid => 14,
            ErrorCode::NickTaken => 15,
            ErrorCode::NameInvalid => 16,
            ErrorCode::PasswordLength => 17,
            ErrorCode::PasswordCommon => 18,
            ErrorCode::RegistrationClosed => 19,
            ErrorCode::LinkInvalid => 20,
            ErrorCode::LastOwner => 21,
            ErrorCode::VersionUnsupported { .. } => 22,
            ErrorCode::StorageFull => 23,
            ErrorCode::Unavailable => 24,
            ErrorCode::Internal => 25,
            ErrorCode::EmojiUnknown => 26,
            ErrorCode::CallForbidden => 27,
            ErrorCode::PollClosed => 28,
            ErrorCode::TimeInvalid => 29,
        }
    }
    let samples = [
        ErrorCode::BadFrame,
        ErrorCode::Unauthorized,
        ErrorCode::WrongCredentials,
        ErrorCode::Forbidden,
        ErrorCode::ForeignOrigin,
        ErrorCode::NotFound,
        ErrorCode::MethodNotAllowed,
        ErrorCode::TooLong { limit: 16_000 },
        ErrorCode::Empty,
        ErrorCode::TooMany { limit: 16 },
        ErrorCode::RateLimited { retry_after_ms: 120 },
        ErrorCode::ClientMessageIdConflict,
        ErrorCode::Archived,
        ErrorCode::Blocked,
        ErrorCode::NickInvalid,
        ErrorCode::NickTaken,
        ErrorCode::NameInvalid,
        ErrorCode::PasswordLength,
        ErrorCode::PasswordCommon,
        ErrorCode::RegistrationClosed,
        ErrorCode::LinkInvalid,
        ErrorCode::LastOwner,
        ErrorCode::VersionUnsupported { server: 1 },
        ErrorCode::StorageFull,
        ErrorCode::Unavailable,
        ErrorCode::Internal,
        ErrorCode::EmojiUnknown,
        ErrorCode::CallForbidden,
        ErrorCode::PollClosed,
        ErrorCode::TimeInvalid,
    ];
    pin("errors", &samples, 30, kind);
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: "The text is too long.".to_owned(),
        status: 400,
        code: ErrorCode::TooLong { limit: 16_000 },
    };
    both_ways(&problem);
    insta::assert_json_snapshot!("problem", problem);
}

#[test]
fn an_unknown_type_or_a_wrong_field_is_an_error_and_not_a_default() {
    for text in [
        r#"{"type":"shout"}"#,
        r#"{"type":"command","id":-1,"command":{"type":"set_active","active":true}}"#,
        r#"{"type":"command","id":1,"command":{"type":"mark_read","room":"nonsense","seq":1}}"#,
        r#"{"type":"command","id":1}"#,
        r#"{"type":"command","id":1,"id":2,"command":{"type":"set_active","active":true}}"#,
        "[]",
        "",
    ] {
        assert!(serde_json::from_str::<ClientFrame>(text).is_err(), "{text}");
    }
}
