//! F9: something on the way forgets connections on which nothing is said.

use super::{Form, Ground, Row};
use crate::finding::Finding;
use crate::proxy::{Proxy, Weather};
use crate::talk::{Cast, Scene, Talk, UNTIL_TOLD, Verdict};
use crate::wire::Way;
use anyhow::{Context as _, Result};
use std::time::{Duration, Instant};
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F9",
    fault: "NAT forgets idle connections",
    expected: "after 60 s: heartbeats keep it; sooner: found within 35 s, and complete",
};

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let seconds = Duration::from_secs;
    let mut finding = Finding::new();
    if ground.form == Form::Long {
        let kept = idle(ground, seconds(60), seconds(150)).await?;
        finding = finding
            .with(format!("idle for 150 s, {} of 4 connections forgotten", kept.forgotten))
            .without((kept.forgotten > 0).then_some("a heartbeat came too late"))
            .without(kept.verdict.violations);
    }
    // A heartbeat comes every 25 s, and so too late: in the end everybody has to notice.
    let lost = idle(ground, seconds(2), seconds(3)).await?;
    let limit = ground.form.limit(36.0);
    Ok(finding
        .with(format!("{} connections forgotten within 3 s", lost.forgotten))
        .without((lost.forgotten == 0).then_some("nothing was forgotten"))
        .at_most("complete again after", lost.complete.as_secs_f64(), limit, "s")
        .with(&lost.verdict)
        .without(lost.verdict.violations))
}

struct Idle {
    forgotten: u64,
    /// From the message that nobody could be told of until all had it.
    complete: Duration,
    verdict: Verdict,
}

/// Nothing is said for a while; then one thing is.
async fn idle(ground: &Ground, forgets_after: Duration, quiet: Duration) -> Result<Idle> {
    let (folder, place) = ground.place()?;
    let cast = Cast {
        rooms: 1,
        writers: Vec::new(),
        readers: Way::ALL.to_vec(),
        messages: 0,
        patience: UNTIL_TOLD,
    };
    let scene = Scene::set(place, &cast).await?;
    let weather = Weather { forgets_after: Some(forgets_after), ..Weather::FAIR };
    let proxy = Proxy::before(scene.place.launch.address, weather, ground.seed).await?;
    let mut people = scene.people.clone();
    people.readers = people.by(proxy.address).readers;
    let talk = Talk::begin(&people, &cast).await?;
    sleep(quiet).await;
    let forgotten = proxy.forgotten();
    // From here on the way is fair for whoever comes anew.
    proxy.set(Weather::FAIR);
    let room = *people.rooms.first().context("there is no room")?;
    let name = "Said into the silence".to_owned();
    people.owner.must(shared::command::ClientCommand::RenameRoom { room, name }).await?;
    let said = Instant::now();
    let verdict = talk.conclude().await?;
    let complete = said.elapsed();
    scene.server.stop().await?;
    folder.close()?;
    Ok(Idle { forgotten, complete, verdict })
}
