//! F10: a weak network, as TCP shows it: what is lost comes later, and all after it.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::proxy::{Proxy, Weather};
use crate::talk::{Cast, Scene, Talk, UNTIL_TOLD};
use crate::wire::Way;
use crate::writer::Manner;
use anyhow::Result;
use std::time::Duration;

pub(super) const ROW: Row = Row {
    name: "F10",
    fault: "10 % loss, 300 ms ± 100, 64 kbit/s",
    expected: "complete; p99 below 3 s from writer to reader",
};

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let cast = Cast {
        rooms: 1,
        writers: vec![Manner::Every(Duration::from_secs(1)); 2],
        readers: Way::ALL.to_vec(),
        messages: ground.form.of(10, 150),
        patience: UNTIL_TOLD,
    };
    let scene = Scene::set(place, &cast).await?;
    let weather = Weather {
        delay: Duration::from_millis(300),
        jitter: Duration::from_millis(100),
        loss: Some(10),
        bytes_per_second: Some(64_000 / 8),
        piece: 1_400,
        ..Weather::FAIR
    };
    let proxy = Proxy::before(scene.place.launch.address, weather, ground.seed).await?;
    let people = scene.people.by(proxy.address);
    let talk = Talk::begin(&people, &cast).await?;
    talk.reach(cast.messages).await?;
    let verdict = talk.conclude().await?;
    scene.server.stop().await?;
    folder.close()?;
    Ok(Finding::new()
        .with(format!("median {:.2} s", verdict.percentile(50.0)))
        .at_most("p99", verdict.percentile(99.0), ground.form.limit(3.0), "s")
        .with(&verdict)
        .without(verdict.violations))
}
