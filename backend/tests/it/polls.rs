//! Polls, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Live, Person, TestServer};
use backend::clock::Clock;
use shared::api::{EditMessage, GetMessage, NewText, Nothing};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::{OwnVote, ServerEvent, UserEvent};
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::limit;
use shared::message::{Acknowledgement, Message};
use shared::poll::{Poll, PollState};
use shared::room::{Role, RoomKind};
use shared::time::Timestamp;

const NOW: Timestamp = Timestamp(1_796_000_000_000);

fn days() -> Poll {
    let choices = ["Monday", "Friday"].map(str::to_owned).to_vec();
    Poll { choices, several: false, anonymous: false, closes_at: None }
}

fn create(room: RoomId, poll: Poll) -> ClientCommand {
    let client_message_id = ClientMessageId::new();
    let (question, thread) = ("Which day?".into(), None);
    ClientCommand::CreatePoll { room, client_message_id, question, poll, thread }
}

impl Person {
    async fn poll(&self, room: RoomId, poll: Poll) -> Result<Acknowledgement, ErrorCode> {
        match self.command(create(room, poll)).await? {
            CommandReply::Sent(acknowledgement) => Ok(acknowledgement),
            other => panic!("{other:?}"),
        }
    }

    async fn vote(&self, room: RoomId, message: Seq, choices: &[u32]) -> Result<(), ErrorCode> {
        let choices = choices.to_vec();
        self.command(ClientCommand::Vote { room, message, choices }).await.map(drop)
    }

    async fn asked(&self, sent: Acknowledgement) -> Message {
        let path = (sent.room, sent.id);
        self.api.call::<GetMessage>(path, Nothing {}, &Nothing {}).await.unwrap()
    }

    async fn result(&self, sent: Acknowledgement) -> PollState {
        *self.asked(sent).await.poll.unwrap()
    }
}

#[tokio::test]
async fn votes_are_events_that_make_the_result_on_both_ends() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let sent = ines.poll(room, days()).await.unwrap();
    let mut held = wen.asked(sent).await;
    let (mut live, _) = wen.connect().await;
    ines.vote(room, sent.seq, &[0]).await.unwrap();
    wen.vote(room, sent.seq, &[1]).await.unwrap();
    ines.vote(room, sent.seq, &[1]).await.unwrap();
    ines.vote(room, sent.seq, &[1]).await.unwrap();
    let last = ines.say(room, "there").await.unwrap();
    let events = live.events_until(room, last.seq).await;
    assert_eq!(events.len(), 4, "the same vote again is no event");
    for event in &events {
        held.apply(event);
    }
    assert_eq!(held, ines.asked(sent).await);
    let result = ines.result(sent).await;
    assert_eq!((&result.counts[..], result.people), (&[0, 2][..], 2));
    assert_eq!(result.voters, [vec![], vec![wen.id(), ines.id()]]);

    assert_eq!(wen.vote(room, sent.seq, &[2]).await, Err(ErrorCode::NotFound));
    let one = Err(ErrorCode::TooMany { limit: 1 });
    assert_eq!(wen.vote(room, sent.seq, &[0, 1]).await, one);
    assert_eq!(wen.vote(room, last.seq, &[0]).await, Err(ErrorCode::NotFound));
    wen.vote(room, sent.seq, &[]).await.unwrap();
    assert_eq!(ines.result(sent).await.counts, [0, 1]);

    let edit = NewText { body: "Which hour?".into() };
    let edited = ines.api.call::<EditMessage>((room, sent.id), Nothing {}, &edit).await;
    assert_eq!(edited.unwrap_err().code, ErrorCode::Forbidden, "a question stays as answered");
    let close = ClientCommand::ClosePoll { room, message: sent.seq };
    assert_eq!(wen.command(close.clone()).await, Err(ErrorCode::Forbidden));
    let role = Role::Moderator;
    ines.command(ClientCommand::SetRole { room, user: wen.id(), role }).await.unwrap();
    wen.command(close.clone()).await.unwrap();
    wen.command(close).await.unwrap();
    assert_eq!(ines.vote(room, sent.seq, &[0]).await, Err(ErrorCode::PollClosed));
    assert_eq!(ines.result(sent).await.closed.unwrap().by, wen.id());
    ines.command(ClientCommand::DeleteMessage { room, message: sent.seq }).await.unwrap();
    assert_eq!(ines.asked(sent).await.poll, None);
    let log = serde_json::to_string(&wen.whole_log(room).await).unwrap();
    assert!(!log.contains("Monday"), "what there was to choose from is gone as well");
}

#[tokio::test]
async fn a_poll_is_asked_once_and_has_bounds() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let command = create(room, days());
    let first = ines.command(command.clone()).await.unwrap();
    assert_eq!(ines.command(command.clone()).await.unwrap(), first);
    let ClientCommand::CreatePoll { client_message_id, question, .. } = command else { panic!() };
    let poll = Poll { several: true, ..days() };
    let thread = None;
    let other = ClientCommand::CreatePoll { room, client_message_id, question, poll, thread };
    assert_eq!(ines.command(other).await, Err(ErrorCode::ClientMessageIdConflict));
    let with = |choices: usize| Poll {
        choices: (0..choices).map(|choice| choice.to_string()).collect(),
        ..days()
    };
    assert_eq!(ines.poll(room, with(1)).await, Err(ErrorCode::Empty));
    let too_many = Err(ErrorCode::TooMany { limit: limit::POLL_CHOICES });
    assert_eq!(ines.poll(room, with(limit::POLL_CHOICES + 1)).await, too_many);
    let long = Poll { choices: vec!["x".repeat(limit::CHOICE_CHARS + 1), "y".into()], ..days() };
    let too_long = Err(ErrorCode::TooLong { limit: limit::CHOICE_CHARS });
    assert_eq!(ines.poll(room, long).await, too_long);
    let past = Poll { closes_at: Some(Timestamp(1)), ..days() };
    assert_eq!(ines.poll(room, past).await, Err(ErrorCode::TimeInvalid));
}

#[tokio::test]
async fn a_thread_can_be_asked_as_well() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let begun = ines.say(room, "When do we meet?").await.unwrap();
    let ask_in = |root| match create(room, days()) {
        ClientCommand::CreatePoll { room, client_message_id, question, poll, .. } => {
            ClientCommand::CreatePoll {
                room,
                client_message_id,
                question,
                poll,
                thread: Some(root),
            }
        }
        other => panic!("{other:?}"),
    };
    let CommandReply::Sent(sent) = wen.command(ask_in(begun.seq)).await.unwrap() else { panic!() };
    assert_eq!(ines.asked(sent).await.thread, Some(begun.seq));
    ines.vote(room, sent.seq, &[1]).await.unwrap();
    assert_eq!(ines.result(sent).await.counts, [0, 1]);
    assert_eq!(
        ines.command(ask_in(sent.seq)).await,
        Err(ErrorCode::NotFound),
        "no thread of its own"
    );
    assert_eq!(ines.command(ask_in(sent.seq.next().next())).await, Err(ErrorCode::NotFound));
}

#[tokio::test]
async fn nobody_is_told_who_chose_what_in_an_anonymous_poll() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    ines.add(room, &noor).await;
    let sent = ines.poll(room, Poll { anonymous: true, several: true, ..days() }).await.unwrap();
    let mut held = wen.asked(sent).await;
    let (mut of_wen, _) = wen.connect().await;
    let (mut of_noor, _) = noor.connect().await;
    noor.vote(room, sent.seq, &[1, 0, 1]).await.unwrap();
    let event = of_wen.event(room).await;
    assert_eq!(event.actor, ines.id(), "not the voter");
    let (message, counts) = (sent.seq, vec![1, 1]);
    assert_eq!(event.event, ServerEvent::PollCounted { message, counts, people: 1 });
    held.apply(&event);
    assert_eq!(held, ines.asked(sent).await);
    let vote = OwnVote { room, message, choices: vec![0, 1] };
    assert_eq!(of_noor.own().await, UserEvent::VoteCast { vote: vote.clone() });
    noor.vote(room, sent.seq, &[0, 1]).await.unwrap();
    let last = ines.say(room, "there").await.unwrap();
    assert_eq!(of_wen.events_until(room, last.seq).await.len(), 1, "the same again is no event");

    let result = ines.result(sent).await;
    assert_eq!((&result.counts[..], result.people), (&[1, 1][..], 1));
    assert!(result.voters.is_empty());
    for person in [&ines, &wen] {
        let page = serde_json::to_string(&person.asked(sent).await).unwrap();
        assert!(!page.contains(&noor.id().to_string()), "{page}");
        let about = |event: &&shared::event::RoomEvent| event.amends() == Some(sent.seq);
        let log = person.whole_log(room).await;
        let log = serde_json::to_string(&log.iter().filter(about).collect::<Vec<_>>()).unwrap();
        assert!(!log.contains(&noor.id().to_string()), "{log}");
        assert!(votes(person).await.is_empty());
    }
    assert_eq!(votes(&noor).await, [vote]);
    let server = server.restart().await;
    let noor = server.log_in("noor").await;
    assert_eq!(votes(&noor).await.len(), 1, "and still so after a restart");
}

async fn votes(person: &Person) -> Vec<OwnVote> {
    let (_, resumed) = person.connect().await;
    resumed.user.unwrap().votes
}

async fn closed(live: &mut Live, room: RoomId) -> Seq {
    loop {
        if let ServerEvent::PollClosed { message } = live.event(room).await.event {
            return message;
        }
    }
}

#[tokio::test]
async fn a_poll_closes_on_time_by_the_servers_clock_also_over_a_restart() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let until = |millis| Poll { closes_at: Some(NOW.plus_millis(millis)), ..days() };
    let later = ines.poll(room, until(7_200_000)).await.unwrap();
    let soon = ines.poll(room, until(60_000)).await.unwrap();
    let (mut live, _) = ines.connect().await;
    clock.advance(59_999);
    ines.vote(room, soon.seq, &[1]).await.unwrap();
    clock.advance(1);
    assert_eq!(closed(&mut live, room).await, soon.seq);
    assert_eq!(ines.vote(room, soon.seq, &[0]).await, Err(ErrorCode::PollClosed));
    let result = ines.result(soon).await;
    assert_eq!((&result.counts[..], result.closed.unwrap().by), (&[0, 1][..], ines.id()));
    assert_eq!(ines.result(later).await.closed, None);

    let clock = Clock::manual(NOW.plus_millis(7_300_000));
    let server = server.restart_at(clock).await;
    let ines = server.log_in("ines").await;
    assert_eq!(ines.vote(room, later.seq, &[0]).await, Err(ErrorCode::PollClosed));
    let (mut live, _) = ines.connect().await;
    if ines.result(later).await.closed.is_none() {
        assert_eq!(closed(&mut live, room).await, later.seq);
    }
    assert!(ines.result(later).await.closed.is_some());
}
