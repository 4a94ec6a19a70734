//! Messages sent later and reminders, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Person, TestServer};
use backend::clock::Clock;
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, UserEvent};
use shared::id::{ClientMessageId, ReminderId, RoomId, Seq};
use shared::limit;
use shared::room::RoomKind;
use shared::schedule::{Reminder, Scheduled};
use shared::time::Timestamp;

const NOW: Timestamp = Timestamp(1_796_000_000_000);
const HOUR: i64 = 3_600_000;

fn later(room: RoomId, id: ClientMessageId, body: &str, millis: i64) -> ClientCommand {
    let (body, at) = (body.to_owned(), NOW.plus_millis(millis));
    ClientCommand::ScheduleMessage {
        room,
        client_message_id: id,
        body,
        reply_to: None,
        thread: None,
        at,
    }
}

async fn scheduled(person: &Person) -> Vec<Scheduled> {
    let (_, resumed) = person.connect().await;
    resumed.user.unwrap().scheduled
}

async fn said(person: &Person, room: RoomId) -> Vec<String> {
    let log = person.whole_log(room).await;
    let messages = log.iter().filter_map(RoomEvent::message);
    messages.filter_map(|message| Some(message.body?.as_str().to_owned())).collect()
}

#[tokio::test]
async fn a_message_is_sent_when_its_time_has_come_as_it_was_changed_last() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let (id, dropped) = (ClientMessageId::new(), ClientMessageId::new());
    let (mut phone, _) = ines.connect().await;
    ines.command(later(room, id, "Good mroning", HOUR)).await.unwrap();
    let UserEvent::MessageScheduled { scheduled: told } = phone.own().await else { panic!() };
    assert_eq!((told.body.as_str(), told.at), ("Good mroning", NOW.plus_millis(HOUR)));
    ines.command(later(room, id, "Good morning, @wen", HOUR)).await.unwrap();
    ines.command(later(room, id, "Good morning, @wen", HOUR)).await.unwrap();
    ines.command(later(room, dropped, "never mind", HOUR)).await.unwrap();
    ines.command(ClientCommand::CancelScheduled { client_message_id: dropped }).await.unwrap();
    ines.command(ClientCommand::CancelScheduled { client_message_id: dropped }).await.unwrap();
    assert_eq!(scheduled(&ines).await.len(), 1);
    assert!(scheduled(&wen).await.is_empty());
    assert_eq!(ines.command(later(room, dropped, "x", 0)).await, Err(ErrorCode::TimeInvalid));

    let (mut live, _) = wen.connect().await;
    clock.advance(HOUR);
    let message = live.event(room).await.message().unwrap();
    assert_eq!((message.author, message.client_message_id), (ines.id(), id));
    assert_eq!(message.mentions, [wen.id()], "as if it were sent now");
    assert_eq!(message.at, NOW.plus_millis(HOUR));
    let gone = UserEvent::ScheduledGone { client_message_id: id };
    while phone.own().await != gone {}
    assert!(scheduled(&ines).await.is_empty());
    let again = ines.command(later(room, id, "again", 2 * HOUR)).await;
    assert_eq!(again, Err(ErrorCode::ClientMessageIdConflict));
    assert_eq!(said(&wen, room).await, ["Good morning, @wen"]);
}

#[tokio::test]
async fn a_message_that_waits_answers_what_it_was_written_for() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let asked = ines.say(room, "Shall we meet?").await.unwrap().seq;
    let answer = |id, reply_to, millis| ClientCommand::ScheduleMessage {
        room,
        client_message_id: id,
        body: "Now".to_owned(),
        reply_to: Some(reply_to),
        thread: None,
        at: NOW.plus_millis(millis),
    };
    let (id, vain) = (ClientMessageId::new(), ClientMessageId::new());
    ines.command(answer(id, asked, HOUR)).await.unwrap();
    ines.command(answer(vain, Seq(9_999), HOUR)).await.unwrap();
    let (mut live, _) = ines.connect().await;
    clock.advance(HOUR);
    let message = live.event(room).await.message().unwrap();
    assert_eq!((message.client_message_id, message.reply_to), (id, Some(asked)));
    loop {
        let UserEvent::MessageScheduled { scheduled } = live.own().await else { continue };
        assert_eq!(scheduled.client_message_id, vain);
        assert_eq!(scheduled.failed, Some(ErrorCode::NotFound));
        break;
    }
}

#[tokio::test]
async fn what_was_due_while_the_server_was_down_is_sent_once() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock).start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let id = ClientMessageId::new();
    ines.command(later(room, id, "Good morning", HOUR)).await.unwrap();
    let mut server = server.restart_at(Clock::manual(NOW.plus_millis(2 * HOUR))).await;
    for _ in 0..2 {
        let ines = server.log_in("ines").await;
        let (mut live, resumed) = ines.connect().await;
        if !resumed.user.unwrap().scheduled.is_empty() {
            assert_eq!(live.own().await, UserEvent::ScheduledGone { client_message_id: id });
        }
        assert_eq!(said(&ines, room).await, ["Good morning"]);
        server = server.restart_at(Clock::manual(NOW.plus_millis(3 * HOUR))).await;
    }
}

#[tokio::test]
async fn whoever_may_not_write_any_more_is_told_that_it_was_not_sent() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let id = ClientMessageId::new();
    let stranger = server.person("noor").await;
    let refused = stranger.command(later(room, id, "let me in", HOUR)).await;
    assert_eq!(refused, Err(ErrorCode::NotFound));
    wen.command(later(room, id, "Good morning", HOUR)).await.unwrap();
    ines.command(ClientCommand::RemoveMember { room, user: wen.id() }).await.unwrap();
    let (mut phone, _) = wen.connect().await;
    clock.advance(HOUR);
    let UserEvent::MessageScheduled { scheduled: told } = phone.own().await else { panic!() };
    assert_eq!((told.client_message_id, told.failed), (id, Some(ErrorCode::NotFound)));
    assert!(said(&ines, room).await.is_empty());
    clock.advance(HOUR);
    ines.add(room, &wen).await;
    wen.command(later(room, id, "Good evening", 3 * HOUR)).await.unwrap();
    let UserEvent::MessageScheduled { scheduled: told } = phone.own().await else { panic!() };
    assert_eq!(told.failed, None);
    clock.advance(HOUR);
    assert_eq!(phone.own().await, UserEvent::ScheduledGone { client_message_id: id });
    assert_eq!(said(&ines, room).await, ["Good evening"]);

    let id = ClientMessageId::new();
    wen.command(later(room, id, "from the beyond", 4 * HOUR)).await.unwrap();
    ines.command(ClientCommand::DisablePerson { user: wen.id() }).await.unwrap();
    let sent_after = ClientMessageId::new();
    ines.command(later(room, sent_after, "quiet here", 4 * HOUR + 1)).await.unwrap();
    let (mut live, _) = ines.connect().await;
    clock.advance(2 * HOUR);
    while live.own().await != (UserEvent::ScheduledGone { client_message_id: sent_after }) {}
    assert_eq!(said(&ines, room).await, ["Good evening", "quiet here"]);
}

#[tokio::test]
async fn one_is_reminded_once_and_on_every_device() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let sent = ines.say(room, "answer me").await.unwrap();
    let id = ReminderId::new();
    let remind = |room, message, text: &str, millis| ClientCommand::SetReminder {
        id,
        room,
        message,
        text: text.to_owned(),
        at: NOW.plus_millis(millis),
    };
    let (mut phone, _) = ines.connect().await;
    ines.command(remind(Some(room), Some(sent.seq), "", HOUR)).await.unwrap();
    let waiting = Reminder {
        id,
        room: Some(room),
        message: Some(sent.seq),
        text: String::new(),
        at: NOW.plus_millis(HOUR),
        due: false,
    };
    assert_eq!(phone.own().await, UserEvent::ReminderSet { reminder: waiting.clone() });
    clock.advance(HOUR);
    let due = Reminder { due: true, ..waiting };
    assert_eq!(phone.own().await, UserEvent::ReminderSet { reminder: due.clone() });
    let (_, resumed) = ines.connect().await;
    assert_eq!(resumed.user.unwrap().reminders, [due]);
    ines.command(ClientCommand::ClearReminder { id }).await.unwrap();
    assert_eq!(phone.own().await, UserEvent::ReminderCleared { id });

    assert_eq!(ines.command(remind(None, None, " ", 2 * HOUR)).await, Err(ErrorCode::Empty));
    assert_eq!(ines.command(remind(None, None, "x", HOUR)).await, Err(ErrorCode::TimeInvalid));
    let closed = wen.command(remind(Some(room), Some(sent.seq), "", 2 * HOUR)).await;
    assert_eq!(closed, Err(ErrorCode::NotFound));
    let many = (0..=limit::REMINDERS).map(|_| ClientCommand::SetReminder {
        id: ReminderId::new(),
        room: None,
        message: None,
        text: "x".to_owned(),
        at: NOW.plus_millis(2 * HOUR),
    });
    let mut answers = Vec::new();
    for command in many {
        answers.push(wen.command(command).await.map(drop));
    }
    assert_eq!(answers.pop(), Some(Err(ErrorCode::TooMany { limit: limit::REMINDERS })));
    assert!(answers.into_iter().all(|answer| answer.is_ok()));
}
