//! Coming back after a moment: what was missed comes from memory, and what is read from the store is the
//! same, however much was missed and in however many rooms.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{TestServer, knowing, snapshot_of};
use shared::id::{RoomId, Seq};
use shared::room::RoomKind;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Whose session it is; which rooms there are to follow; and then all of the person at once.
const READS: u64 = 3;

/// What becomes of the server while somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    GoesOn,
    Restarts,
}

/// How often the store is read when somebody comes back who has missed so much.
async fn reads(rooms: usize, missed: usize, meanwhile: Meanwhile) -> u64 {
    let mut server = TestServer::start().await;
    let (mut ines, mut wen) = (server.person("ines").await, server.person("wen").await);
    let mut all = Vec::new();
    for number in 0..rooms {
        let room = ines.create_room(&format!("Berth {number}"), RoomKind::Open).await;
        wen.join(room).await;
        all.push(room);
    }
    let (mut stays, _) = ines.connect().await;
    let (live, resumed) = wen.connect().await;
    let held: Vec<_> = all
        .iter()
        .map(|room| {
            let snapshot = snapshot_of(&resumed, *room).unwrap();
            (*room, snapshot.epoch, snapshot.head)
        })
        .collect();
    drop(live);
    let mut last: HashMap<RoomId, Seq> = HashMap::new();
    for number in 0..missed {
        let room = all[number % rooms];
        last.insert(room, ines.say(room, &number.to_string()).await.unwrap().seq);
    }
    // What one has heard is in memory.
    for (room, seq) in &last {
        stays.events_until(*room, *seq).await;
    }
    if meanwhile == Meanwhile::Restarts {
        server = server.restart().await;
        (ines, wen) = (server.log_in("ines").await, server.log_in("wen").await);
        (stays, _) = ines.connect().await;
    }
    let before = server.app.database.reads();
    let mut live = wen.dial().await;
    live.resume(knowing(&held)).await;
    for (room, seq) in &last {
        live.events_until(*room, *seq).await;
    }
    let after = server.app.database.reads();
    drop(stays);
    after - before
}

#[tokio::test]
async fn what_is_read_for_a_short_resume_is_the_same_whatever_was_missed() {
    for (rooms, missed) in [(1, 0), (1, 1), (1, 50), (20, 1), (20, 50)] {
        let read = reads(rooms, missed, Meanwhile::GoesOn).await;
        assert_eq!(read, READS, "{missed} missed in {rooms} rooms");
    }
    // Where nothing is remembered: whether they have left, and a page of each room.
    assert!(reads(20, 50, Meanwhile::Restarts).await > READS + 20);
}

/// `cargo test -p backend --test it short_resume -- --ignored --nocapture`
#[tokio::test]
#[ignore = "it measures"]
async fn what_a_person_costs_to_be_read() {
    for rooms in [20, 200] {
        let server = TestServer::start().await;
        let (ines, wen) = (server.person("ines").await, server.person("wen").await);
        for number in 0..rooms {
            let room = ines.create_room(&format!("Berth {number}"), RoomKind::Open).await;
            wen.join(room).await;
            // In every other one something is unread.
            if number % 2 == 0 {
                ines.say(room, "@wen look").await.unwrap();
            }
        }
        let store = &server.app.store;
        let (mut heads, mut person) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let begun = Instant::now();
            store.heads(wen.id()).await.unwrap();
            heads.push(begun.elapsed());
            let begun = Instant::now();
            store.person_snapshot(wen.id(), Some(1)).await.unwrap();
            person.push(begun.elapsed());
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2].as_micros()
        };
        println!(
            "{rooms} rooms: heads {} µs, the person {} µs (medians of 200)",
            median(&mut heads),
            median(&mut person)
        );
    }
}
