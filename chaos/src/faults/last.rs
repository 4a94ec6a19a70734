//! The last message of a room, or what the place is called now, is lost on the way to somebody, so that
//! nothing later shows the gap.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::server::Place;
use crate::talk::{Cast, People};
use crate::wire::{Live, Way};
use anyhow::{Context as _, Result, bail};
use shared::command::ClientCommand;
use shared::frame::{Resume, ServerFrame};
use shared::id::{RoomId, Seq};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::time::timeout;

pub(super) const ROW: Row = Row {
    name: "Last",
    fault: "a room's last message, or the place's new name, is lost on the bus",
    expected: "found within one heartbeat, 25 s",
};

/// Longer than two heartbeats.
const PATIENCE: Duration = Duration::from_mins(1);

/// A bus that loses two of five, which is what a bus may do.
const LOSSY: &str = "BusLoses";

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let rounds = ground.form.of(1, 4);
    let (mut found, mut longest) = (0, Duration::ZERO);
    for _ in 0..rounds {
        let (folder, place) = ground.planted(LOSSY)?;
        let late = find(place, PATIENCE).await?;
        folder.close()?;
        found += late.len();
        longest = late.into_iter().fold(longest, Duration::max);
    }
    let nothing = (found == 0).then_some("nothing at all was lost: nothing is shown by this");
    // A timer's tick, and the fetching of it.
    let limit = ground.form.limit(25.5);
    Ok(Finding::new()
        .with(format!("{found} of {} lost, all found by a heartbeat", rounds * (ROOMS + 1)))
        .at_most("the last after", longest.as_secs_f64(), limit, "s")
        .without(nothing))
}

const ROOMS: usize = 10;

/// Says one thing in each of several rooms and gives the place a name, and tells how long those took
/// that did not come by themselves. An error when one is not found in time.
pub(super) async fn find(place: Place, patience: Duration) -> Result<Vec<Duration>> {
    let cast = Cast {
        rooms: ROOMS,
        writers: Vec::new(),
        readers: vec![Way::WebSocket],
        messages: 0,
        patience,
    };
    let server = place.start().await?;
    let people = People::arrive(&place, &cast).await?;
    let reader = people.readers.first().context("nobody reads")?;
    let mut live = Live::open(reader, Way::WebSocket, Resume::default()).await?;
    let site = loop {
        if let ServerFrame::Resumed(resumed) = live.next().await? {
            break resumed.site.version;
        }
    };
    let mut said: HashMap<RoomId, (Seq, Instant)> = HashMap::new();
    for room in &people.rooms {
        let acknowledged = people.owner.say(*room, "the last word").await?;
        said.insert(*room, (acknowledged.seq, Instant::now()));
    }
    let rename = ClientCommand::UpdateSite {
        name: Some("The last name".to_owned()),
        registration: None,
        receipts: None,
    };
    people.owner.must(rename).await?;
    let mut renamed = Some(Instant::now());
    let mut late = Vec::new();
    while !said.is_empty() || renamed.is_some() {
        let missing = said.len() + usize::from(renamed.is_some());
        let Ok(frame) = timeout(patience, live.next()).await else {
            bail!("{missing} changes are not found");
        };
        let frame = match frame {
            Ok(frame) => frame,
            Err(end) => bail!("{missing} changes are not found: {end:#}"),
        };
        if let ServerFrame::SiteChanged { .. } = frame {
            renamed = None;
        } else if let ServerFrame::Event { event } = frame {
            let seen = said.get(&event.room).is_some_and(|(seq, _)| *seq == event.seq);
            if seen {
                said.remove(&event.room);
            }
        } else if let ServerFrame::Heartbeat { heads, site: named, .. } = frame {
            live.beat().await?;
            // Whoever is behind resumes, and is told how the place is called.
            if named > Some(site) {
                late.extend(renamed.take().map(|at| at.elapsed()));
            }
            for (room, head) in heads {
                let Some((seq, at)) = said.get(&room) else { continue };
                if head >= *seq {
                    let page = reader.log(room, seq.previous()).await;
                    let page = page.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
                    page.events.first().context("the log does not have it")?;
                    late.push(at.elapsed());
                    said.remove(&room);
                }
            }
        }
        let waited = said.values().map(|(_, at)| at).chain(&renamed).map(Instant::elapsed).max();
        if waited.is_some_and(|waited| waited > patience) {
            bail!("{missing} changes are not found");
        }
    }
    server.stop().await?;
    Ok(late)
}
