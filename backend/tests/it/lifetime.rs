//! How long a connection, a session and a presence last: with limits that are shorter than the
//! real ones, or a clock that is moved.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Ended, Live, Person, TestServer, within};
use backend::clock::Clock;
use backend::live::Pace;
use shared::error::ErrorCode;
use shared::frame::{ClientFrame, Resume, Resumed, ServerFrame};
use shared::id::UserId;
use shared::limit;
use shared::room::RoomKind;
use shared::time::Timestamp;
use shared::user::Presence;
use std::time::{Duration, Instant};

const DAY: i64 = 24 * 3_600_000;

fn brisk(pace: &mut Pace) {
    pace.heartbeat = Duration::from_millis(300);
    pace.silence = Duration::from_secs(2);
}

async fn watch(person: &Person) -> (Live, Resumed) {
    let mut live = person.dial().await;
    let resumed = live.resume(Resume { presence: true, ..Resume::default() }).await;
    (live, resumed)
}

/// The next thing said of somebody's presence.
async fn presence_of(user: UserId, live: &mut Live) -> Presence {
    live.find(|frame| match frame {
        ServerFrame::Presence { user: of, presence } if *of == user => Some(*presence),
        _ => None,
    })
    .await
}

/// Answers heartbeats, as clients do, until `done`.
async fn attend<T>(live: &mut Live, done: impl Future<Output = T>) -> T {
    let mut done = core::pin::pin!(done);
    loop {
        tokio::select! {
            done = &mut done => return done,
            frame = live.try_next() => {
                if let ServerFrame::Heartbeat { .. } = frame.unwrap() {
                    live.send(&ClientFrame::Heartbeat).await;
                }
            }
        }
    }
}

#[test]
fn d9_the_ends_of_a_connection_speak_every_25_s_and_whoever_is_silent_is_gone_within_35() {
    let Pace { heartbeat, silence, greeting } = Pace::default();
    assert_eq!([heartbeat, silence, greeting].map(|time| time.as_secs()), [25, 34, 10]);
    assert!(silence < Duration::from_millis(limit::SILENCE_MILLIS), "time to let go");
}

#[tokio::test]
async fn d9_a_client_that_never_answers_is_cut_and_one_that_answers_is_kept() {
    let server = TestServer::builder().pace(brisk).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (mut answering, _) = ines.connect().await;
    let begun = Instant::now();
    let (silent, _) = wen.connect().await;
    // It reads whatever comes, heartbeats among it.
    let ended = attend(&mut answering, silent.end()).await;
    assert_eq!(ended, Ended::Cut);
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    answering.frames_so_far().await;
}

#[tokio::test]
async fn d9_a_connection_whose_other_end_has_vanished_is_noticed_and_its_person_off() {
    let server = TestServer::builder()
        .pace(brisk)
        .limits(|limits| limits.off_after = Duration::from_millis(500))
        .start()
        .await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    ines.create_room("Launch week", RoomKind::Open).await;
    let (mut live, _) = watch(&ines).await;
    let begun = Instant::now();
    // Neither reads nor writes any more, and never says that it is gone.
    let (half_open, _) = wen.connect().await;
    assert_eq!(presence_of(wen.id(), &mut live).await, Presence::Here);
    let off = loop {
        let ServerFrame::Presence { user, presence } = live.next().await else {
            // Whatever is answered keeps this one.
            live.send(&ClientFrame::Heartbeat).await;
            continue;
        };
        if user == wen.id() {
            break presence;
        }
    };
    assert_eq!(off, Presence::Off);
    assert!(begun.elapsed() >= Duration::from_millis(2_500), "{:?}", begun.elapsed());
    assert_eq!(server.app.hub.connections(), 1);
    drop(half_open);
}

#[tokio::test]
async fn d9_a_person_is_off_some_time_after_the_last_connection_and_not_before() {
    const OFF_AFTER: Duration = Duration::from_secs(2);
    let server = TestServer::builder().limits(|limits| limits.off_after = OFF_AFTER).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (mut live, _) = watch(&ines).await;
    let (first, _) = wen.connect().await;
    let (second, _) = wen.connect().await;
    assert_eq!(presence_of(wen.id(), &mut live).await, Presence::Here);
    drop(first);
    drop(second);
    gone(&server, 1).await;
    // Comes back in time, and leaves again: the first farewell is off.
    let (third, _) = wen.connect().await;
    let begun = Instant::now();
    drop(third);
    assert_eq!(presence_of(wen.id(), &mut live).await, Presence::Off);
    assert!(begun.elapsed() >= OFF_AFTER, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn d9_whoever_left_a_moment_ago_is_seen_alike_by_those_who_come_and_those_who_are_there() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let (mut live, _) = watch(&ines).await;
    let (left, _) = wen.connect().await;
    assert_eq!(presence_of(wen.id(), &mut live).await, Presence::Here);
    drop(left);
    gone(&server, 1).await;
    let sees = |resumed: &Resumed| resumed.presence.iter().any(|of| of.user == wen.id());
    let (_, resumed) = watch(&noor).await;
    assert!(sees(&resumed), "{:?}", resumed.presence);
    let again = live.resume(Resume { presence: true, ..Resume::default() }).await;
    assert!(sees(&again), "{:?}", again.presence);
}

/// Waits until no more than so many connections are left.
async fn gone(server: &TestServer, left: usize) {
    within(async {
        while server.app.hub.connections() > left {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_not_used_for_two_weeks_ends_its_live_connection() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = TestServer::builder().clock(clock.clone()).pace(brisk).start().await;
    let ines = server.person("ines").await;
    let (live, _) = ines.connect().await;
    clock.advance(14 * DAY + 1);
    assert_eq!(live.end().await, Ended::Closed(4001));
}

#[tokio::test]
async fn a_live_connection_keeps_its_session_for_ninety_days_and_no_longer() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = TestServer::builder().clock(clock.clone()).pace(brisk).start().await;
    let ines = server.person("ines").await;
    let (mut live, _) = ines.connect().await;
    let mut heartbeat = async || {
        live.find(|frame| matches!(frame, ServerFrame::Heartbeat { .. }).then_some(())).await;
        live.send(&ClientFrame::Heartbeat).await;
    };
    // Thirteen days without any other use, again and again: each heartbeat is a use.
    for _ in 0..6 {
        clock.advance(13 * DAY);
        // The first of them may have been on the way already.
        heartbeat().await;
        heartbeat().await;
    }
    clock.advance(12 * DAY + 1);
    assert_eq!(live.end().await, Ended::Closed(4001));
}

#[tokio::test]
async fn a_client_of_another_protocol_is_told_which_one_is_spoken_here() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let mut live = ines.dial_speaking(2).await;
    assert!(matches!(live.next().await, ServerFrame::Hello { protocol: 1, .. }));
    let refused = ServerFrame::Error { error: ErrorCode::VersionUnsupported { server: 1 } };
    assert_eq!(live.next().await, refused);
    assert_eq!(live.end().await, Ended::Closed(4003));
}
