//! F1: the server is killed in the middle of bursts.

use super::{Form, Ground, Row};
use crate::chance::Chance;
use crate::finding::Finding;
use crate::server::Place;
use crate::talk::{Cast, Scene, Talk, Verdict};
use anyhow::Result;
use std::time::Duration;
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F1",
    fault: "kill -9 mid-burst",
    expected: "0 lost, doubled, reordered; serving within 1 s of the start",
};

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let kills = ground.form.of(5, 100);
    let cast = match ground.form {
        Form::Quick => Cast::few(1_500),
        Form::Long => Cast::crowd(1_000_000),
    };
    let (verdict, slowest) = survive(place, &cast, kills, ground.seed).await?;
    folder.close()?;
    let limit = ground.form.limit(1.0);
    Ok(Finding::new()
        .with(format!("{kills} kills"))
        .with(&verdict)
        .at_most("slowest start", slowest.as_secs_f64(), limit, "s")
        .without(verdict.violations))
}

/// The talk of a cast, with so many kills in it, and the time of the slowest start.
pub(super) async fn survive(
    place: Place,
    cast: &Cast,
    kills: u64,
    seed: u64,
) -> Result<(Verdict, Duration)> {
    let mut chance = Chance::new(seed);
    let mut scene = Scene::set(place, cast).await?;
    let talk = Talk::begin(&scene.people, cast).await?;
    let mut slowest = Duration::ZERO;
    let each = cast.messages / (kills + 1);
    for kill in 1..=kills {
        talk.reach(kill * each).await?;
        // In the middle of something else each time.
        sleep(chance.up_to(Duration::from_millis(20))).await;
        scene.server.kill().await?;
        scene.server = scene.place.start().await?;
        slowest = slowest.max(scene.server.ready_after);
    }
    let verdict = talk.conclude().await?;
    scene.server.stop().await?;
    Ok((verdict, slowest))
}
