//! The delivery contract, over real sockets: each test is named for the promise and its number.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Ended, TestServer, knowing, rate, snapshot_of, texts, within};
use backend::live::Pace;
use futures_util::SinkExt;
use futures_util::future::join_all;
use shared::api::{GetLog, Nothing, PageQuery};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::{ServerEvent, UserEvent};
use shared::frame::{ClientFrame, Resume, ResumedRoom, ServerFrame};
use shared::id::{ClientMessageId, Epoch, RoomId, Seq};
use shared::limit;
use shared::reduce::{Applied, RoomState};
use shared::room::{Role, RoomKind};
use shared::user::{Presence, Settings, Theme};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn d1_every_change_of_a_room_is_an_event_with_the_next_seq() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let changes = [
        ClientCommand::RenameRoom { room, name: "Ship log".to_owned() },
        ClientCommand::SetTopic { room, topic: "2.4".to_owned() },
        ClientCommand::SetRole { room, user: wen.id(), role: Role::Moderator },
        ClientCommand::ArchiveRoom { room },
        ClientCommand::UnarchiveRoom { room },
        ClientCommand::RemoveMember { room, user: wen.id() },
    ];
    for change in changes {
        ines.command(change).await.unwrap();
    }
    ines.say(room, "done").await.unwrap();
    let log = ines.whole_log(room).await;
    let seqs: Vec<u64> = log.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
    assert!(log.is_sorted_by_key(|event| event.at));
    assert!(matches!(log[0].event, ServerEvent::RoomCreated { .. }));
    assert!(matches!(log[9].event, ServerEvent::MessagePosted(_)));
}

#[tokio::test]
pub(crate) async fn d1_all_members_see_the_same_events_in_the_same_order() {
    let server = TestServer::start().await;
    let people = join_all(["ines", "wen", "noor", "leif"].map(|nick| server.person(nick))).await;
    let room = people[0].create_room("Launch week", RoomKind::Open).await;
    for person in &people[1..] {
        person.join(room).await;
    }
    let mut lives = Vec::new();
    for person in &people {
        lives.push(person.connect().await.0);
    }
    let said = people.iter().map(|person| async move {
        for number in 0..25 {
            person.say(room, &format!("{} {number}", person.user.nick)).await.unwrap();
        }
    });
    join_all(said).await;
    let head = ines_head(&people[0], room).await;
    let mut seen = Vec::new();
    for live in &mut lives {
        seen.push(live.events_until(room, head).await);
    }
    assert_eq!(texts(&seen[0]).len(), 100);
    assert!(seen.iter().all(|events| events == &seen[0]));
    assert!(seen[0].windows(2).all(|pair| pair[1].seq == pair[0].seq.next()));
}

async fn ines_head(person: &crate::support::Person, room: RoomId) -> Seq {
    person.log(room, Seq::ZERO).await.unwrap().head
}

#[tokio::test]
pub(crate) async fn d2_what_is_acknowledged_is_there_after_a_restart() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let acknowledged = ines.say(room, "kept").await.unwrap();
    let server = server.restart().await;
    let ines = server.log_in("ines").await;
    let log = ines.whole_log(room).await;
    let kept = log.iter().find(|event| event.seq == acknowledged.seq).unwrap();
    assert_eq!(texts(core::slice::from_ref(kept)), ["kept"]);
    assert_eq!(kept.at, acknowledged.at);
}

#[tokio::test]
pub(crate) async fn d3_a_resend_by_any_way_is_the_same_message() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let other = ines.create_room("Ship log", RoomKind::Open).await;
    let id = ClientMessageId::new();
    let first = ines.say_as(room, "once", id).await.unwrap();
    assert_eq!(ines.say_as(room, "once", id).await.unwrap(), first);
    let (mut live, _) = ines.connect().await;
    let again = ClientCommand::say(room, id, "once".to_owned());
    assert_eq!(live.command(again).await.unwrap(), CommandReply::Sent(first));
    let conflict = Err(ErrorCode::ClientMessageIdConflict);
    assert_eq!(ines.say_as(room, "something else", id).await, conflict);
    assert_eq!(ines.say_as(other, "once", id).await, conflict);
    assert_eq!(texts(&ines.whole_log(room).await), ["once"]);
    assert!(texts(&ines.whole_log(other).await).is_empty());
}

#[tokio::test]
async fn d3_resends_at_the_same_moment_take_one_seq() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let id = ClientMessageId::new();
    let sent = join_all((0..20).map(|_| ines.say_as(room, "once", id))).await;
    let first = sent[0].clone().unwrap();
    assert!(sent.into_iter().all(|sent| sent.unwrap() == first));
    let next = ines.say(room, "next").await.unwrap();
    assert_eq!(next.seq, first.seq.next());
}

#[tokio::test]
pub(crate) async fn d3_messages_sent_in_one_breath_keep_their_order() {
    let server = TestServer::start().await;
    let (ines, _wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let (mut live, _) = ines.connect().await;
    let mut asked = Vec::new();
    for number in 0..50 {
        // Every other one takes a detour: its mention is looked up.
        let body = if number % 2 == 0 { format!("{number} @wen") } else { number.to_string() };
        let client_message_id = ClientMessageId::new();
        asked.push(live.ask(ClientCommand::say(room, client_message_id, body)).await);
    }
    let mut seqs = Vec::new();
    for id in asked {
        match live.answer(id).await.unwrap() {
            CommandReply::Sent(acknowledgement) => seqs.push(acknowledgement.seq),
            other => panic!("{other:?}"),
        }
    }
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0].next()), "{seqs:?}");
}

#[tokio::test]
pub(crate) async fn d4_the_events_applied_to_an_old_snapshot_equal_a_fresh_one() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    for room in [
        ines.create_room("Launch week", RoomKind::Open).await,
        ines.create_room("Closed", RoomKind::Closed).await,
        ines.direct(&[&wen]).await,
    ] {
        let _ = ines.command(ClientCommand::AddMember { room, user: wen.id() }).await;
        let (mut live, resumed) = wen.connect().await;
        let mut state = RoomState::new(snapshot_of(&resumed, room).unwrap());
        for number in 0..5 {
            ines.say(room, &format!("{number} @wen")).await.unwrap();
            wen.say(room, "hm").await.unwrap();
        }
        let _ = ines.command(ClientCommand::SetTopic { room, topic: "new".to_owned() }).await;
        wen.command(ClientCommand::MarkRead { room, seq: Seq(state.head.0 + 4), age_ms: 0 })
            .await
            .unwrap();
        let last = ines.say(room, "last").await.unwrap();
        for event in live.events_until(room, last.seq).await {
            assert_eq!(state.apply(&event, wen.id()), Applied::Advanced);
        }
        let counts = live
            .find(|frame| match frame {
                ServerFrame::UserEvent {
                    event: UserEvent::ReadMarkerMoved { room: of, counts },
                    ..
                } if *of == room => Some(*counts),
                _ => None,
            })
            .await;
        state.set_counts(counts);
        let (_, resumed) = wen.connect().await;
        assert_eq!(state.snapshot(), snapshot_of(&resumed, room).unwrap());
    }
}

#[tokio::test]
async fn d5_a_missing_range_can_be_fetched_and_is_contiguous() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    for number in 0..30 {
        ines.say(room, &number.to_string()).await.unwrap();
    }
    let page = |after, before, limit| PageQuery { after, before, limit };
    let log = |query| ines.api.call::<GetLog>((room,), query, &Nothing {});
    let gap = log(page(Some(Seq(10)), None, Some(7))).await.unwrap();
    let seqs: Vec<u64> = gap.events.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, (11..=17).collect::<Vec<_>>());
    assert_eq!(gap.head, Seq(32));
    let older = log(page(None, Some(Seq(10)), Some(4))).await.unwrap();
    assert_eq!(older.events.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [6, 7, 8, 9]);
    let newest = log(PageQuery::default()).await.unwrap();
    assert_eq!(newest.events.last().unwrap().seq, Seq(32));
    assert!(log(page(Some(Seq(u64::MAX)), None, None)).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn d5_what_the_bus_loses_last_is_named_by_the_next_heartbeat() {
    let often = |pace: &mut Pace| pace.heartbeat = Duration::from_millis(100);
    let server = TestServer::builder().pace(often).losing_all().start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Closed).await;
    let mut live = wen.dial().await;
    let known = live.resume(Resume { directory: Some(0), ..Resume::default() }).await;
    let own = known.user.unwrap().version;
    let directory = known.directory.unwrap().version;

    // A change of one's own.
    let settings = Settings { theme: Theme::Dark, ..Settings::default() };
    wen.command(ClientCommand::UpdateSettings { settings: settings.clone() }).await.unwrap();
    let named = live.find(|frame| match frame {
        ServerFrame::Heartbeat { user, .. } => *user,
        _ => None,
    });
    assert_eq!(named.await, own + 1);
    // Who somebody is.
    let status = "at sea".to_owned();
    ines.command(ClientCommand::SetStatus { status, emoji: None, until: None }).await.unwrap();
    let named = live.find(|frame| match frame {
        ServerFrame::Heartbeat { directory, user: None, .. } => *directory,
        _ => None,
    });
    assert_eq!(named.await, directory + 1);
    // What the place is called.
    let rename = ClientCommand::UpdateSite {
        name: Some("The lighthouse".to_owned()),
        registration: None,
        receipts: None,
    };
    ines.command(rename).await.unwrap();
    let named = live.find(|frame| match frame {
        ServerFrame::Heartbeat { site, user: None, directory: None, .. } => *site,
        _ => None,
    });
    assert_eq!(named.await, known.site.version + 1);
    // A room that one was brought into, and its last event.
    ines.add(room, &wen).await;
    let joined = live.find(|frame| match frame {
        ServerFrame::Joined { snapshot } => Some(snapshot.head),
        _ => None,
    });
    let joined = joined.await;
    let said = ines.say(room, "welcome").await.unwrap();
    assert_eq!(said.seq, joined.next());
    let named = live.find(|frame| match frame {
        ServerFrame::Heartbeat { heads, .. } => {
            heads.get(&room).copied().filter(|head| *head > joined)
        }
        _ => None,
    });
    assert_eq!(named.await, said.seq);

    // Coming back brings what was lost, and then there is nothing more to name.
    let resume = Resume { user: Some(own), directory: Some(directory), ..Resume::default() };
    let resumed = live.resume(resume).await;
    assert_eq!(resumed.user.unwrap().settings, settings);
    assert_eq!(resumed.directory.unwrap().users[0].status, "at sea");
    assert_eq!(resumed.site.name, "The lighthouse");
    live.frames_so_far().await;
    let named = live.find(|frame| match frame {
        ServerFrame::Heartbeat { heads, user, directory, site } => {
            Some((heads.len(), *user, *directory, *site))
        }
        _ => None,
    });
    assert_eq!(named.await, (0, None, None, None));

    // A room that one was removed from.
    ines.command(ClientCommand::RemoveMember { room, user: wen.id() }).await.unwrap();
    assert_eq!(live.end().await, Ended::Closed(1012));
}

#[tokio::test]
pub(crate) async fn d6_a_resume_brings_exactly_what_was_missed_then_goes_on_live() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let (live, resumed) = wen.connect().await;
    let before = snapshot_of(&resumed, room).unwrap();
    drop(live);
    for number in 0..5 {
        ines.say(room, &number.to_string()).await.unwrap();
    }
    let mut live = wen.dial().await;
    let resumed = live.resume(knowing(&[(room, before.epoch, before.head)])).await;
    let recovered = resumed.rooms.iter().any(|how| {
        matches!(how, ResumedRoom::Recovered { room: of, head, membership, .. }
            if *of == room && head.0 == before.head.0 + 5 && membership.counts.unread == 5)
    });
    assert!(recovered, "{:?}", resumed.rooms);
    let last = ines.say(room, "live").await.unwrap();
    let events = live.events_until(room, last.seq).await;
    assert_eq!(texts(&events), ["0", "1", "2", "3", "4", "live"]);
}

#[tokio::test]
pub(crate) async fn d6_a_resume_in_the_middle_of_a_burst_misses_and_repeats_nothing() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let (_, resumed) = wen.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();
    let speaking = tokio::spawn({
        let ines = ines.clone();
        async move {
            let mut last = Seq::ZERO;
            for number in 0..300 {
                last = ines.say(room, &number.to_string()).await.unwrap().seq;
            }
            last
        }
    });
    let mut last = start.head;
    let mut seen = Vec::new();
    for _ in 0..10 {
        let mut live = wen.dial().await;
        live.resume(knowing(&[(room, start.epoch, last)])).await;
        for event in live.events_until(room, Seq(last.0 + 20)).await {
            last = event.seq;
            seen.push(event);
        }
    }
    let end = within(speaking).await.unwrap();
    let mut live = wen.dial().await;
    live.resume(knowing(&[(room, start.epoch, last)])).await;
    seen.extend(live.events_until(room, end).await);
    let expected: Vec<String> = (0..300).map(|number: u32| number.to_string()).collect();
    assert_eq!(texts(&seen), expected);
}

#[tokio::test]
pub(crate) async fn d6_too_much_missed_is_truncated_and_a_foreign_log_is_reset_never_in_silence() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let (_, resumed) = ines.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();
    join_all((0..=limit::RESUME_EVENTS).map(|number| {
        let ines = &ines;
        async move { ines.say(room, &number.to_string()).await.unwrap() }
    }))
    .await;
    let mut live = ines.dial().await;
    let resumed = live.resume(knowing(&[(room, start.epoch, start.head)])).await;
    let head = ines_head(&ines, room).await;
    assert!(
        resumed
            .rooms
            .iter()
            .any(|how| matches!(how, ResumedRoom::Truncated { snapshot } if snapshot.head == head))
    );
    for (epoch, last) in [(Epoch::new(), start.head), (start.epoch, head.next())] {
        let resumed = live.resume(knowing(&[(room, epoch, last)])).await;
        assert!(
            resumed
                .rooms
                .iter()
                .any(|how| matches!(how, ResumedRoom::Reset { snapshot } if snapshot.head == head))
        );
    }
    // Going on from there, the next event is the next one.
    let said = ines.say(room, "next").await.unwrap();
    assert_eq!(live.event(room).await.seq, said.seq);
}

#[tokio::test]
pub(crate) async fn d6_rooms_joined_while_away_come_whole_and_lost_ones_are_named() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let lost = ines.create_room("Lost", RoomKind::Closed).await;
    ines.add(lost, &wen).await;
    let (_, resumed) = wen.connect().await;
    let lost_epoch = snapshot_of(&resumed, lost).unwrap().epoch;
    ines.command(ClientCommand::RemoveMember { room: lost, user: wen.id() }).await.unwrap();
    let gained = ines.create_room("Gained", RoomKind::Closed).await;
    ines.add(gained, &wen).await;
    let mut live = wen.dial().await;
    let resumed = live.resume(knowing(&[(lost, lost_epoch, Seq(3))])).await;
    assert_eq!(resumed.not_found, [lost]);
    let gained = snapshot_of(&resumed, gained).unwrap();
    assert_eq!(gained.membership.counts.unread, 0);
    assert!(!format!("{:?}", resumed.rooms).contains(&lost.to_string()));
}

#[tokio::test]
pub(crate) async fn d6_whoever_left_and_came_back_while_away_gets_the_room_whole() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Closed", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let (_, resumed) = wen.connect().await;
    let before = snapshot_of(&resumed, room).unwrap();
    // Somebody else hears it all, so that it is in memory too.
    let (_hearing, _) = ines.connect().await;
    ines.command(ClientCommand::RemoveMember { room, user: wen.id() }).await.unwrap();
    ines.add(room, &wen).await;
    let mut live = wen.dial().await;
    let resumed = live.resume(knowing(&[(room, before.epoch, before.head)])).await;
    // Events up to its own removal would be the last that a client takes in.
    let after = snapshot_of(&resumed, room).unwrap();
    assert_eq!(after.head, Seq(before.head.0 + 2));
    let said = ines.say(room, "welcome back").await.unwrap();
    let events = live.events_until(room, said.seq).await;
    assert_eq!(events.len(), 1);
    // Whoever only missed words gets only words.
    let mut live = wen.dial().await;
    let resumed = live.resume(knowing(&[(room, before.epoch, after.head)])).await;
    assert!(snapshot_of(&resumed, room).is_none());
    assert_eq!(live.events_until(room, said.seq).await, events);
}

#[tokio::test]
async fn d6_a_resume_that_fails_ends_what_was_live_so_that_the_client_comes_back() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let (mut live, _) = ines.connect().await;
    // From now on nothing can be read.
    server.app.database.close().await;
    live.send(&ClientFrame::Resume(Resume::default())).await;
    let error = live.find(|frame| match frame {
        ServerFrame::Error { error } => Some(error.clone()),
        _ => None,
    });
    assert_eq!(error.await, ErrorCode::Unavailable);
    assert_eq!(live.end().await, Ended::Closed(1012));
}

#[tokio::test]
async fn d7_a_reader_that_stops_is_closed_with_4008_and_resumes_without_loss() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let (slow, resumed) = wen.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();
    // More than the sockets' buffers and the bound together hold.
    let body = "x".repeat(15_000);
    let mut last = Seq::ZERO;
    for _ in 0..20 {
        let sent = join_all((0..50).map(|_| ines.say(room, &body))).await;
        last = sent.into_iter().map(|sent| sent.unwrap().seq).max().unwrap();
    }
    assert_eq!(slow.end().await, Ended::Closed(4008));
    // What was lost on the way is still there: paged, since it is far behind.
    let mut live = wen.dial().await;
    let at = Seq(last.0 - 100);
    live.resume(knowing(&[(room, start.epoch, at)])).await;
    assert_eq!(live.events_until(room, last).await.len(), 100);
}

#[tokio::test]
pub(crate) async fn d8_too_fast_is_said_with_the_time_to_wait() {
    let server = TestServer::builder().limits(|limits| limits.messages = rate(1, 3)).start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let (mut live, _) = ines.connect().await;
    for number in 0..3 {
        live.say(room, &number.to_string()).await.unwrap();
    }
    match live.say(room, "too fast").await {
        Err(ErrorCode::RateLimited { retry_after_ms }) => {
            assert!((1..=1_000).contains(&retry_after_ms), "{retry_after_ms}");
        }
        other => panic!("{other:?}"),
    }
    // The bucket is the person's, not the connection's.
    assert!(matches!(ines.say(room, "by HTTP").await, Err(ErrorCode::RateLimited { .. })));
}

#[tokio::test]
async fn d8_text_and_frames_have_their_limits() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let longest = "字".repeat(limit::MESSAGE_CHARS);
    ines.say(room, &longest).await.unwrap();
    let too_long = ErrorCode::TooLong { limit: limit::MESSAGE_CHARS };
    assert_eq!(ines.say(room, &format!("{longest}!")).await, Err(too_long));
    assert_eq!(ines.say(room, " \n ").await, Err(ErrorCode::Empty));
    let (mut live, _) = ines.connect().await;
    live.send_text(&"x".repeat(limit::FRAME_BYTES + 1)).await;
    assert_eq!(live.end().await, Ended::Closed(1009));
}

#[tokio::test]
pub(crate) async fn d8_many_unacknowledged_sends_are_all_answered() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let (mut live, _) = ines.connect().await;
    let mut asked = Vec::new();
    for number in 0..limit::UNACKNOWLEDGED_SENDS * 5 {
        let body = number.to_string();
        let client_message_id = ClientMessageId::new();
        asked.push(live.ask(ClientCommand::say(room, client_message_id, body)).await);
    }
    for id in asked {
        live.answer(id).await.unwrap();
    }
}

#[tokio::test]
pub(crate) async fn d9_presence_is_told_to_those_who_share_a_room_and_the_best_of_all_tabs_counts()
{
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let mut live = ines.dial().await;
    live.resume(Resume { presence: true, ..Resume::default() }).await;
    let presence = |frame: &ServerFrame| match frame {
        ServerFrame::Presence { user, presence } if *user == wen.id() => Some(*presence),
        _ => None,
    };
    let (mut first, _) = wen.connect().await;
    assert_eq!(live.find(presence).await, Presence::Here);
    let (mut second, _) = wen.connect().await;
    first.command(ClientCommand::SetActive { active: false }).await.unwrap();
    assert!(live.frames_so_far().await.iter().all(|frame| presence(frame).is_none()));
    second.command(ClientCommand::SetActive { active: false }).await.unwrap();
    assert_eq!(live.find(presence).await, Presence::Away);
    second.command(ClientCommand::SetActive { active: true }).await.unwrap();
    assert_eq!(live.find(presence).await, Presence::Here);
    let resumed = live.resume(Resume { presence: true, ..Resume::default() }).await;
    assert!(resumed.presence.iter().any(|of| of.user == wen.id()));
}

#[tokio::test]
pub(crate) async fn d9_typing_reaches_the_others_in_the_room_alone() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.create_room("Closed", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let (mut of_ines, _) = ines.connect().await;
    let (mut of_wen, _) = wen.connect().await;
    let (mut of_noor, _) = noor.connect().await;
    let thread = Some(Seq(1));
    of_wen.command(ClientCommand::SetTyping { room, thread }).await.unwrap();
    let typing = |frame: &ServerFrame| match frame {
        ServerFrame::Typing { room: of, user, thread } => Some((*of, *user, *thread)),
        _ => None,
    };
    assert_eq!(of_ines.find(typing).await, (room, wen.id(), thread));
    assert!(of_wen.frames_so_far().await.iter().all(|frame| typing(frame).is_none()));
    assert!(of_noor.frames_so_far().await.iter().all(|frame| typing(frame).is_none()));
    let stranger = of_noor.command(ClientCommand::SetTyping { room, thread: None }).await;
    assert_eq!(stranger, Err(ErrorCode::NotFound));
}

#[tokio::test]
pub(crate) async fn d10_tabs_hear_each_other_and_the_marker_never_goes_back_by_itself() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let (mut a, _) = wen.connect().await;
    let (mut b, _) = wen.connect().await;
    let mine = a.say(room, "from one tab").await.unwrap();
    assert_eq!(b.event(room).await.seq, mine.seq);
    let mut last = mine.seq;
    for number in 0..3 {
        last = ines.say(room, &format!("{number} @wen")).await.unwrap().seq;
    }
    let marker = |frame: &ServerFrame| match frame {
        ServerFrame::UserEvent {
            event: UserEvent::ReadMarkerMoved { room: of, counts }, ..
        } if *of == room => Some(*counts),
        _ => None,
    };
    a.command(ClientCommand::MarkRead { room, seq: last, age_ms: 0 }).await.unwrap();
    let counts = b.find(marker).await;
    assert_eq!((counts.read, counts.unread, counts.mentions), (last, 0, 0));
    b.command(ClientCommand::MarkRead { room, seq: Seq(1), age_ms: 0 }).await.unwrap();
    assert!(b.frames_so_far().await.iter().all(|frame| marker(frame).is_none()));
    b.command(ClientCommand::MarkUnread { room, seq: last }).await.unwrap();
    let counts = a.find(|frame| marker(frame).filter(|counts| counts.unread > 0)).await;
    assert_eq!((counts.read, counts.unread, counts.mentions), (last.previous(), 1, 1));
    // What was read long before that, and is told only now.
    a.command(ClientCommand::MarkRead { room, seq: last, age_ms: 3_600_000 }).await.unwrap();
    let counts = a.find(|frame| marker(frame).filter(|counts| counts.unread > 0)).await;
    assert_eq!((counts.read, counts.unread), (last.previous(), 1));
}

#[tokio::test]
pub(crate) async fn d10_the_seventeenth_connection_closes_the_oldest_with_4010() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let (oldest, _) = ines.connect().await;
    let mut others = Vec::new();
    for _ in 0..16 {
        others.push(ines.connect().await.0);
    }
    assert_eq!(oldest.end().await, Ended::Closed(4010));
    for other in &mut others {
        other.frames_so_far().await;
    }
}

#[tokio::test]
pub(crate) async fn d12_a_removed_member_stops_receiving_at_once() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Closed", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let (mut live, resumed) = wen.connect().await;
    let epoch = snapshot_of(&resumed, room).unwrap().epoch;
    ines.say(room, "before").await.unwrap();
    ines.command(ClientCommand::RemoveMember { room, user: wen.id() }).await.unwrap();
    let after = ines.say(room, "after").await.unwrap();
    let removed = after.seq.previous();
    let seen = live.events_until(room, removed).await;
    assert!(matches!(seen.last().unwrap().event, ServerEvent::MemberRemoved { .. }));
    let later = live.frames_so_far().await;
    assert!(
        !later
            .iter()
            .any(|frame| matches!(frame, ServerFrame::Event { event } if event.room == room))
    );
    // Nor by any other way.
    assert_eq!(wen.log(room, Seq::ZERO).await.unwrap_err(), ErrorCode::NotFound);
    assert_eq!(wen.say(room, "still here?").await, Err(ErrorCode::NotFound));
    let resumed = live.resume(knowing(&[(room, epoch, Seq(1))])).await;
    assert_eq!(resumed.not_found, [room]);
}

#[tokio::test]
pub(crate) async fn d12_removal_and_sending_at_once_never_leak_an_event() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    for _ in 0..20 {
        let room = ines.create_room("Closed", RoomKind::Closed).await;
        ines.add(room, &wen).await;
        let (mut live, _) = wen.connect().await;
        let sending = join_all((0..10).map(|number| {
            let ines = ines.clone();
            async move { ines.say(room, &number.to_string()).await.unwrap() }
        }));
        let removing = ines.command(ClientCommand::RemoveMember { room, user: wen.id() });
        let (_, removed) = tokio::join!(sending, removing);
        removed.unwrap();
        let log = ines.whole_log(room).await;
        let end = log
            .iter()
            .find(|event| matches!(event.event, ServerEvent::MemberRemoved { .. }))
            .unwrap()
            .seq;
        let seen = live.events_until(room, end).await;
        let rest = live.frames_so_far().await;
        assert!(
            !rest
                .iter()
                .any(|frame| matches!(frame, ServerFrame::Event { event } if event.room == room))
        );
        assert_eq!(seen, log[3..usize::try_from(end.0).unwrap()]);
    }
}

#[tokio::test]
pub(crate) async fn d12_ending_a_session_closes_its_connections() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let other = server.log_in("ines").await;
    let (live, _) = other.connect().await;
    let (mut mine, _) = ines.connect().await;
    ines.api.call::<shared::api::EndOtherSessions>((), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(live.end().await, Ended::Closed(4001));
    mine.frames_so_far().await;
    let problem = other.api.call::<shared::api::GetMe>((), Nothing {}, &Nothing {}).await;
    assert_eq!(problem.unwrap_err().code, ErrorCode::Unauthorized);
}

#[tokio::test]
pub(crate) async fn d12_disabling_a_person_ends_everything_they_have() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (live, _) = wen.connect().await;
    ines.command(ClientCommand::DisablePerson { user: wen.id() }).await.unwrap();
    assert_eq!(live.end().await, Ended::Closed(4001));
    let problem = wen.api.call::<shared::api::GetMe>((), Nothing {}, &Nothing {}).await;
    assert_eq!(problem.unwrap_err().code, ErrorCode::Unauthorized);
}

#[tokio::test]
async fn d15_a_planned_restart_says_when_to_come_back_and_that_one_may() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let (mut live, _) = ines.connect().await;
    server.shut_down();
    let reconnect_in = live
        .find(|frame| match frame {
            ServerFrame::GoingAway { reconnect_in } => Some(*reconnect_in),
            _ => None,
        })
        .await;
    assert!(reconnect_in <= 5_000);
    assert_eq!(live.end().await, Ended::Closed(1012));
    server.stop().await;
}

#[tokio::test]
pub(crate) async fn a_room_opened_while_connected_is_there_without_a_reload() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (mut live, _) = wen.connect().await;
    let room = ines.direct(&[&wen]).await;
    let joined = live
        .find(|frame| match frame {
            ServerFrame::Joined { snapshot } if snapshot.room.id == room => Some(snapshot.clone()),
            _ => None,
        })
        .await;
    assert_eq!(joined.people.len(), 2);
    let said = ines.say(room, "hello").await.unwrap();
    let event = live.event(room).await;
    assert_eq!((event.seq, joined.head.next()), (said.seq, said.seq));
}

#[tokio::test]
pub(crate) async fn the_sender_of_a_private_message_sees_that_it_was_read() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.direct(&[&wen]).await;
    let said = ines.say(room, "are you there?").await.unwrap();
    let (mut live, resumed) = ines.connect().await;
    assert!(snapshot_of(&resumed, room).unwrap().seen[0].read < said.seq);
    let (_, of_wen) = wen.connect().await;
    assert_eq!(snapshot_of(&of_wen, room).unwrap().membership.counts.mentions, 1);
    wen.command(ClientCommand::MarkRead { room, seq: said.seq, age_ms: 0 }).await.unwrap();
    let seen = live
        .find(|frame| match frame {
            ServerFrame::Seen { room: of, user, read } if *of == room => Some((*user, *read)),
            _ => None,
        })
        .await;
    assert_eq!(seen, (wen.id(), said.seq));
}

#[tokio::test]
async fn what_is_not_of_the_protocol_is_answered_and_the_connection_lives() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let (mut live, _) = ines.connect().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for text in ["", "null", "{}", r#"{"type":"shout"}"#, "\u{0}", r#"{"type":NaN}"#, &deep] {
        live.send_text(text).await;
        let error = live
            .find(|frame| match frame {
                ServerFrame::Error { error } => Some(error.clone()),
                _ => None,
            })
            .await;
        assert_eq!(error, ErrorCode::BadFrame, "{text}");
    }
    live.send_text(r#"{"type":"command","id":99,"command":{"type":"fly"}}"#).await;
    assert_eq!(live.answer(99).await, Err(ErrorCode::BadFrame));
    live.frames_so_far().await;
    live.websocket().send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(live.end().await, Ended::Closed(1003));
}

#[tokio::test]
async fn a_heartbeat_answered_keeps_a_connection_and_needs_no_resume() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let mut live = ines.dial().await;
    assert!(matches!(live.next().await, ServerFrame::Hello { protocol: 1, .. }));
    live.send(&ClientFrame::Heartbeat).await;
    live.frames_so_far().await;
}
