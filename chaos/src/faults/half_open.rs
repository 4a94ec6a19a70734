//! F8: clients vanish without a word, and their sockets stay open.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::proxy::{Flow, Proxy, Weather};
use crate::server::Place;
use crate::talk::{Cast, Scene, Talk, UNTIL_TOLD};
use crate::wire::Way;
use crate::writer::Manner;
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F8",
    fault: "clients vanish, half-open sockets",
    expected: "freed within 35 s; no loss",
};

/// A server that has not let go by then does not.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let cast = Cast {
        rooms: 1,
        writers: vec![Manner::Every(Duration::from_millis(100)); 2],
        readers: Way::ALL.iter().copied().cycle().take(ground.form.of(4, 40)).collect(),
        messages: u64::MAX,
        patience: UNTIL_TOLD,
    };
    let scene = Scene::set(place, &cast).await?;
    let proxy = Proxy::before(scene.place.launch.address, Weather::FAIR, ground.seed).await?;
    let mut people = scene.people.clone();
    people.readers = people.by(proxy.address).readers;
    let talk = Talk::begin(&people, &cast).await?;
    talk.reach(20).await?;
    // Nothing of theirs arrives any more; what they are sent does, up to where they were.
    proxy.set(Weather { flow: Flow::ToClient, ..Weather::FAIR });
    let deaf = Instant::now();
    sleep(Duration::from_millis(200)).await;
    proxy.set(Weather { flow: Flow::Nowhere, ..Weather::FAIR });
    // The writers' connections are all that is left.
    let freed = freed(&scene.place, cast.writers.len(), deaf).await?;
    proxy.set(Weather::FAIR);
    proxy.cut();
    talk.budget.end();
    let verdict = talk.conclude().await?;
    scene.server.stop().await?;
    folder.close()?;
    let limit = ground.form.limit(35.0);
    Ok(Finding::new()
        .with(format!("{} clients by all ways", cast.readers.len()))
        .at_most("all freed after", freed.as_secs_f64(), limit, "s")
        .with(&verdict)
        .without(verdict.violations))
}

/// How long it takes until the server has so few connections.
async fn freed(place: &Place, left: usize, since: Instant) -> Result<Duration> {
    while place.figure("hubbub_connections").await? > left as f64 {
        sleep(Duration::from_millis(50)).await;
        ensure!(since.elapsed() < PATIENCE, "connections of clients that are gone are kept");
    }
    Ok(since.elapsed())
}
