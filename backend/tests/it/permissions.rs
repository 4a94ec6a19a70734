//! The permission table, as a matrix made from the command enum: every command × every caller ×
//! every kind of room. A new command without a row does not compile.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::doors::Way;
use crate::support::{Person, TestServer, connect_over};
use futures_util::future::join_all;
use shared::api::{CommandQuery, PostCommand};
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::frame::Resume;
use shared::id::{ClientMessageId, InvitationId, ReminderId, RoomId, Seq, UserId};
use shared::poll::Poll;
use shared::room::{Involvement, Role, RoomKind};
use shared::sidebar::Sidebar;
use shared::time::Timestamp;
use shared::user::{Settings, SiteRole};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    /// Not signed in.
    Nobody,
    /// Signed in, not in the room.
    Stranger,
    /// The server's administrator, not in the room.
    Administrator,
    Member,
    Moderator,
    Owner,
}

const CALLERS: [Caller; 6] = [
    Caller::Nobody,
    Caller::Stranger,
    Caller::Administrator,
    Caller::Member,
    Caller::Moderator,
    Caller::Owner,
];

/// The table. `Ok` means that it is not refused.
fn expected(command: &ClientCommand, kind: RoomKind, caller: Caller) -> Result<(), ErrorCode> {
    if caller == Caller::Nobody {
        return Err(ErrorCode::Unauthorized);
    }
    let within = caller >= Caller::Member;
    let outside = match kind {
        RoomKind::Open => Err(ErrorCode::Forbidden),
        RoomKind::Closed | RoomKind::Direct => Err(ErrorCode::NotFound),
    };
    let if_allowed = |allowed: bool| if allowed { Ok(()) } else { Err(ErrorCode::Forbidden) };
    let direct = kind == RoomKind::Direct;
    match command {
        ClientCommand::SendMessage { .. }
        | ClientCommand::CreatePoll { .. }
        | ClientCommand::ScheduleMessage { .. }
        | ClientCommand::SetReminder { .. }
        | ClientCommand::EditMessage { .. }
        | ClientCommand::AddReaction { .. }
        | ClientCommand::RemoveReaction { .. }
        | ClientCommand::ForwardMessage { .. }
        | ClientCommand::SaveMessage { .. }
        | ClientCommand::UnsaveMessage { .. }
        | ClientCommand::FollowThread { .. }
        | ClientCommand::UnfollowThread { .. }
        | ClientCommand::MarkThreadRead { .. }
        | ClientCommand::MarkRead { .. }
        | ClientCommand::MarkUnread { .. }
        | ClientCommand::SetInvolvement { .. }
        | ClientCommand::KeepDraft { .. }
        | ClientCommand::SetTyping { .. } => {
            if within {
                Ok(())
            } else {
                outside
            }
        }
        ClientCommand::PinMessage { .. } | ClientCommand::UnpinMessage { .. }
            if within && direct =>
        {
            Ok(())
        }
        // What is asked about is no poll; whoever is outside does not learn that.
        ClientCommand::Vote { .. } | ClientCommand::ClosePoll { .. } if within => {
            Err(ErrorCode::NotFound)
        }
        ClientCommand::JoinRoom { .. } => {
            if within || kind == RoomKind::Open {
                Ok(())
            } else {
                outside
            }
        }
        other if is_of_a_room(other) && !within => outside,
        other if is_of_a_room(other) && direct => Err(ErrorCode::Forbidden),
        ClientCommand::LeaveRoom { .. } if caller == Caller::Owner => Err(ErrorCode::LastOwner),
        ClientCommand::AddMember { .. } => {
            if_allowed(kind == RoomKind::Open || caller >= Caller::Moderator)
        }
        // The message of somebody else.
        ClientCommand::DeleteMessage { .. }
        | ClientCommand::Vote { .. }
        | ClientCommand::ClosePoll { .. }
        | ClientCommand::PinMessage { .. }
        | ClientCommand::UnpinMessage { .. }
        | ClientCommand::RemoveMember { .. }
        | ClientCommand::RenameRoom { .. }
        | ClientCommand::SetTopic { .. } => if_allowed(caller >= Caller::Moderator),
        ClientCommand::ArchiveRoom { .. }
        | ClientCommand::UnarchiveRoom { .. }
        | ClientCommand::SetRole { .. } => if_allowed(caller == Caller::Owner),

        ClientCommand::LeaveRoom { .. }
        | ClientCommand::SetActive { .. }
        | ClientCommand::CreateRoom { .. }
        | ClientCommand::OpenDirect { .. }
        | ClientCommand::UpdateProfile { .. }
        | ClientCommand::UpdateSettings { .. }
        | ClientCommand::ArrangeSidebar { .. }
        | ClientCommand::SetStatus { .. }
        | ClientCommand::CancelScheduled { .. }
        | ClientCommand::ClearReminder { .. }
        | ClientCommand::BlockPerson { .. }
        | ClientCommand::UnblockPerson { .. } => Ok(()),

        ClientCommand::RevokeInvitation { .. } if caller == Caller::Administrator => {
            // There is no such one; whoever may not revoke does not learn that.
            Err(ErrorCode::NotFound)
        }
        ClientCommand::PostNotice { .. }
        | ClientCommand::UpdateSite { .. }
        | ClientCommand::CreateInvitation { .. }
        | ClientCommand::RevokeInvitation { .. }
        | ClientCommand::DisablePerson { .. }
        | ClientCommand::EnablePerson { .. }
        | ClientCommand::SetSiteRole { .. }
        | ClientCommand::CreateResetLink { .. } => if_allowed(caller == Caller::Administrator),
    }
}

/// What the commands are about.
#[derive(Clone, Copy)]
struct Subjects {
    room: RoomId,
    other: UserId,
    newcomer: UserId,
    /// A message of the caller's, where they can write one, and one of the other person's.
    own: Seq,
    theirs: Seq,
}

fn this_or_that() -> Poll {
    let choices = vec!["this".to_owned(), "that".to_owned()];
    Poll { choices, several: false, anonymous: true, closes_at: None }
}

/// One of each.
fn commands(subjects: Subjects) -> Vec<ClientCommand> {
    let Subjects { room, other, newcomer, own, theirs } = subjects;
    let client_message_id = ClientMessageId::new();
    let name = "Renamed".to_owned();
    vec![
        ClientCommand::say(room, client_message_id, "hello".to_owned()),
        ClientCommand::EditMessage { room, message: own, body: "hello again".to_owned() },
        ClientCommand::DeleteMessage { room, message: theirs },
        ClientCommand::AddReaction { room, message: theirs, emoji: "👍".to_owned() },
        ClientCommand::RemoveReaction { room, message: theirs, emoji: "👍".to_owned() },
        ClientCommand::PinMessage { room, message: theirs },
        ClientCommand::UnpinMessage { room, message: theirs },
        ClientCommand::ForwardMessage {
            room,
            client_message_id: ClientMessageId::new(),
            from: room,
            message: theirs,
            comment: None,
        },
        ClientCommand::CreatePoll {
            room,
            client_message_id: ClientMessageId::new(),
            question: "which?".to_owned(),
            poll: this_or_that(),
            thread: None,
        },
        ClientCommand::ScheduleMessage {
            room,
            client_message_id: ClientMessageId::new(),
            body: "later".to_owned(),
            reply_to: None,
            thread: None,
            at: Timestamp(backend::clock::Clock::system().now().0 + 60_000),
        },
        ClientCommand::CancelScheduled { client_message_id: ClientMessageId::new() },
        ClientCommand::SetReminder {
            id: ReminderId::new(),
            room: Some(room),
            message: Some(theirs),
            text: String::new(),
            at: Timestamp(backend::clock::Clock::system().now().0 + 60_000),
        },
        ClientCommand::ClearReminder { id: ReminderId::new() },
        ClientCommand::Vote { room, message: theirs, choices: vec![0] },
        ClientCommand::ClosePoll { room, message: theirs },
        ClientCommand::SaveMessage { room, message: theirs },
        ClientCommand::UnsaveMessage { room, message: theirs },
        ClientCommand::FollowThread { room, root: theirs },
        ClientCommand::UnfollowThread { room, root: theirs },
        ClientCommand::MarkThreadRead { room, root: theirs, seq: theirs },
        ClientCommand::MarkRead { room, seq: Seq(1), age_ms: 0 },
        ClientCommand::MarkUnread { room, seq: Seq(1) },
        ClientCommand::SetInvolvement { room, involvement: Involvement::Mentions },
        ClientCommand::SetTyping { room, thread: None },
        ClientCommand::KeepDraft {
            room,
            thread: None,
            text: "half a wo".to_owned(),
            reply_to: None,
            age_ms: 0,
        },
        ClientCommand::SetActive { active: true },
        ClientCommand::CreateRoom {
            name: name.clone(),
            kind: RoomKind::Closed,
            topic: String::new(),
        },
        ClientCommand::OpenDirect { users: vec![newcomer] },
        ClientCommand::RenameRoom { room, name },
        ClientCommand::SetTopic { room, topic: "new".to_owned() },
        ClientCommand::ArchiveRoom { room },
        ClientCommand::UnarchiveRoom { room },
        ClientCommand::JoinRoom { room },
        ClientCommand::LeaveRoom { room },
        ClientCommand::AddMember { room, user: newcomer },
        ClientCommand::RemoveMember { room, user: other },
        ClientCommand::SetRole { room, user: other, role: Role::Moderator },
        ClientCommand::UpdateProfile { name: None, status: Some("busy".to_owned()) },
        ClientCommand::UpdateSettings { settings: Settings::default() },
        ClientCommand::ArrangeSidebar { sidebar: Sidebar::default() },
        ClientCommand::SetStatus { status: "out".to_owned(), emoji: None, until: None },
        ClientCommand::BlockPerson { user: newcomer },
        ClientCommand::UnblockPerson { user: newcomer },
        ClientCommand::PostNotice {
            client_message_id: ClientMessageId::new(),
            body: "notice".to_owned(),
        },
        ClientCommand::UpdateSite { name: None, registration: None, receipts: None },
        ClientCommand::CreateInvitation {
            expires_at: Timestamp(backend::clock::Clock::system().now().0 + 60_000),
            uses: Some(1),
        },
        ClientCommand::RevokeInvitation { invitation: InvitationId::new() },
        ClientCommand::EnablePerson { user: newcomer },
        ClientCommand::SetSiteRole { user: newcomer, role: SiteRole::Member },
        ClientCommand::CreateResetLink { user: newcomer },
        ClientCommand::DisablePerson { user: newcomer },
    ]
}

/// Whether the command concerns one room.
fn is_of_a_room(command: &ClientCommand) -> bool {
    match command {
        ClientCommand::SendMessage { .. }
        | ClientCommand::CreatePoll { .. }
        | ClientCommand::ScheduleMessage { .. }
        | ClientCommand::SetReminder { .. }
        | ClientCommand::Vote { .. }
        | ClientCommand::ClosePoll { .. }
        | ClientCommand::EditMessage { .. }
        | ClientCommand::DeleteMessage { .. }
        | ClientCommand::AddReaction { .. }
        | ClientCommand::RemoveReaction { .. }
        | ClientCommand::PinMessage { .. }
        | ClientCommand::UnpinMessage { .. }
        | ClientCommand::ForwardMessage { .. }
        | ClientCommand::SaveMessage { .. }
        | ClientCommand::UnsaveMessage { .. }
        | ClientCommand::FollowThread { .. }
        | ClientCommand::UnfollowThread { .. }
        | ClientCommand::MarkThreadRead { .. }
        | ClientCommand::MarkRead { .. }
        | ClientCommand::MarkUnread { .. }
        | ClientCommand::SetInvolvement { .. }
        | ClientCommand::KeepDraft { .. }
        | ClientCommand::SetTyping { .. }
        | ClientCommand::RenameRoom { .. }
        | ClientCommand::SetTopic { .. }
        | ClientCommand::ArchiveRoom { .. }
        | ClientCommand::UnarchiveRoom { .. }
        | ClientCommand::JoinRoom { .. }
        | ClientCommand::LeaveRoom { .. }
        | ClientCommand::AddMember { .. }
        | ClientCommand::RemoveMember { .. }
        | ClientCommand::SetRole { .. } => true,
        ClientCommand::SetActive { .. }
        | ClientCommand::CreateRoom { .. }
        | ClientCommand::OpenDirect { .. }
        | ClientCommand::UpdateProfile { .. }
        | ClientCommand::UpdateSettings { .. }
        | ClientCommand::ArrangeSidebar { .. }
        | ClientCommand::SetStatus { .. }
        | ClientCommand::CancelScheduled { .. }
        | ClientCommand::ClearReminder { .. }
        | ClientCommand::BlockPerson { .. }
        | ClientCommand::UnblockPerson { .. }
        | ClientCommand::PostNotice { .. }
        | ClientCommand::UpdateSite { .. }
        | ClientCommand::CreateInvitation { .. }
        | ClientCommand::RevokeInvitation { .. }
        | ClientCommand::DisablePerson { .. }
        | ClientCommand::EnablePerson { .. }
        | ClientCommand::SetSiteRole { .. }
        | ClientCommand::CreateResetLink { .. } => false,
    }
}

struct People {
    administrator: Person,
    owner: Person,
    moderator: Person,
    member: Person,
    other: Person,
    stranger: Person,
    newcomer: Person,
}

impl People {
    async fn register(server: &TestServer) -> Self {
        Self {
            administrator: server.person("ines").await,
            owner: server.person("owner").await,
            moderator: server.person("moderator").await,
            member: server.person("member").await,
            other: server.person("other").await,
            stranger: server.person("stranger").await,
            newcomer: server.person("newcomer").await,
        }
    }

    /// A room of its own for each trial, since trials change what they touch.
    async fn room(&self, kind: RoomKind) -> RoomId {
        if kind == RoomKind::Direct {
            return self.owner.direct(&[&self.moderator, &self.member, &self.other]).await;
        }
        let room = self.owner.create_room("Trial", kind).await;
        for person in [&self.moderator, &self.member, &self.other] {
            self.owner.add(room, person).await;
        }
        let user = self.moderator.id();
        let promote = ClientCommand::SetRole { room, user, role: Role::Moderator };
        self.owner.command(promote).await.unwrap();
        room
    }

    fn subjects(&self, room: RoomId, own: Seq, theirs: Seq) -> Subjects {
        Subjects { room, other: self.other.id(), newcomer: self.newcomer.id(), own, theirs }
    }

    /// Lets the caller and another person say something in the room.
    async fn speak(&self, caller: Caller, room: RoomId) -> Subjects {
        let theirs = self.other.say(room, "theirs").await.unwrap().seq;
        let own = match self.person(caller).filter(|_| caller >= Caller::Member) {
            Some(person) => person.say(room, "own").await.unwrap().seq,
            None => theirs,
        };
        self.subjects(room, own, theirs)
    }

    fn person(&self, caller: Caller) -> Option<&Person> {
        match caller {
            Caller::Nobody => None,
            Caller::Stranger => Some(&self.stranger),
            Caller::Administrator => Some(&self.administrator),
            Caller::Member => Some(&self.member),
            Caller::Moderator => Some(&self.moderator),
            Caller::Owner => Some(&self.owner),
        }
    }
}

/// Asked over HTTP alone, or by a live connection.
async fn hold_the_table(kind: RoomKind, way: Option<Way>) {
    let server = TestServer::start().await;
    let people = &People::register(&server).await;
    let anonymous = &server.anonymous();
    let nothing = people.subjects(RoomId::new(), Seq::FIRST, Seq::FIRST);
    for number in 0..commands(nothing).len() {
        let trials = CALLERS.map(|caller| async move {
            let room = people.room(kind).await;
            let command = commands(people.speak(caller, room).await).swap_remove(number);
            let expected = expected(&command, kind, caller);
            let result = match (people.person(caller), way) {
                (Some(person), None) => person.command(command.clone()).await,
                (Some(person), Some(way)) => {
                    let (mut live, _) = connect_over(person, way, Resume::default()).await;
                    live.command(command.clone()).await
                }
                (None, _) => anonymous
                    .call::<PostCommand>((), CommandQuery::default(), &command)
                    .await
                    .map_err(|problem| problem.code),
            };
            assert_eq!(result.map(drop), expected, "{caller:?} in {kind:?}: {command:?}");
        });
        join_all(trials).await;
    }
}

#[tokio::test]
async fn the_permission_table_holds_in_open_rooms() {
    hold_the_table(RoomKind::Open, None).await;
}

#[tokio::test]
async fn the_permission_table_holds_in_closed_rooms() {
    hold_the_table(RoomKind::Closed, None).await;
}

#[tokio::test]
async fn the_permission_table_holds_in_direct_rooms() {
    hold_the_table(RoomKind::Direct, None).await;
}

#[tokio::test]
async fn the_permission_table_holds_by_websocket() {
    for kind in [RoomKind::Open, RoomKind::Closed, RoomKind::Direct] {
        hold_the_table(kind, Some(Way::WebSocket)).await;
    }
}

#[tokio::test]
async fn the_permission_table_holds_by_events() {
    for kind in [RoomKind::Open, RoomKind::Closed, RoomKind::Direct] {
        hold_the_table(kind, Some(Way::Events)).await;
    }
}

#[tokio::test]
async fn the_permission_table_holds_by_stream() {
    for kind in [RoomKind::Open, RoomKind::Closed, RoomKind::Direct] {
        hold_the_table(kind, Some(Way::Stream)).await;
    }
}

#[tokio::test]
async fn the_permission_table_holds_by_poll() {
    for kind in [RoomKind::Open, RoomKind::Closed, RoomKind::Direct] {
        hold_the_table(kind, Some(Way::Poll)).await;
    }
}

#[tokio::test]
async fn a_closed_room_and_one_that_does_not_exist_are_answered_alike() {
    let server = TestServer::start().await;
    let people = People::register(&server).await;
    let closed = people.room(RoomKind::Closed).await;
    let direct = people.room(RoomKind::Direct).await;
    let nowhere = RoomId::new();
    for person in [&people.stranger, &people.administrator] {
        for command in commands(people.subjects(nowhere, Seq::FIRST, Seq::FIRST)) {
            if !is_of_a_room(&command) {
                continue;
            }
            let text = serde_json::to_string(&command).unwrap();
            let mut answers = Vec::new();
            for room in [nowhere, closed, direct] {
                let command: ClientCommand =
                    serde_json::from_str(&text.replace(&nowhere.to_string(), &room.to_string()))
                        .unwrap();
                let response =
                    person.api.send(shared::api::Method::Post, "/api/v1/commands", &command).await;
                answers.push((response.status().as_u16(), response.text().await.unwrap()));
            }
            assert_eq!(answers[0].0, 404, "{text}");
            assert!(answers.iter().all(|answer| answer == &answers[0]), "{text}: {answers:?}");
        }
    }
}

#[tokio::test]
async fn whoever_is_blocked_cannot_write_or_open_a_private_room() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.direct(&[&wen]).await;
    wen.command(ClientCommand::BlockPerson { user: ines.id() }).await.unwrap();
    assert_eq!(ines.say(room, "hello?").await, Err(ErrorCode::Blocked));
    wen.say(room, "I can").await.unwrap();
    let noor = server.person("noor").await;
    noor.command(ClientCommand::BlockPerson { user: ines.id() }).await.unwrap();
    let opened = ines.command(ClientCommand::OpenDirect { users: vec![noor.id()] }).await;
    assert_eq!(opened, Err(ErrorCode::Blocked));
    wen.command(ClientCommand::UnblockPerson { user: ines.id() }).await.unwrap();
    ines.say(room, "back").await.unwrap();
}

#[tokio::test]
async fn the_same_people_have_one_private_room_whoever_opens_it() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.direct(&[&wen]).await;
    assert_eq!(wen.direct(&[&ines]).await, room);
    assert_eq!(wen.direct(&[&ines, &wen]).await, room);
    assert_ne!(ines.direct(&[&wen, &noor]).await, room);
    let opened = join_all([ines.direct(&[&noor]), noor.direct(&[&ines])]).await;
    assert_eq!(opened[0], opened[1]);
}

#[tokio::test]
async fn announcements_are_written_by_administrators_and_read_by_everybody() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (mut live, resumed) = wen.connect().await;
    let room = resumed.site.announcements.unwrap();
    let notice = ClientCommand::PostNotice {
        client_message_id: ClientMessageId::new(),
        body: "Restart at six".to_owned(),
    };
    ines.command(notice).await.unwrap();
    let message = live.event(room).await.message().unwrap();
    assert!(message.notice);
    assert_eq!(wen.say(room, "when?").await, Err(ErrorCode::Forbidden));
    let leave = wen.command(ClientCommand::LeaveRoom { room }).await;
    assert_eq!(leave, Err(ErrorCode::Forbidden));
}
