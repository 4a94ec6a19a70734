//! F25: the server's process is stopped for a while, as a machine that swaps or a laptop that
//! sleeps does it.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::talk::{Cast, Scene, Talk};
use anyhow::Result;
use rustix::process::Signal;
use std::time::Duration;
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F25",
    fault: "SIGSTOP for 30 s, then SIGCONT",
    expected: "nothing lost, nothing processed twice",
};

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let mut cast = Cast::few(u64::MAX);
    // Some keep to a pace, so that the log stays small.
    cast.writers.truncate(2);
    let scene = Scene::set(place, &cast).await?;
    let talk = Talk::begin(&scene.people, &cast).await?;
    talk.reach(200).await?;
    scene.server.signal(Signal::STOP)?;
    // Longer than writers wait for an answer: what they send again is there twice already.
    sleep(Duration::from_secs(ground.form.of(12, 30))).await;
    let before = talk.budget.acknowledged();
    scene.server.signal(Signal::CONT)?;
    talk.reach(before + 200).await?;
    talk.budget.end();
    let verdict = talk.conclude().await?;
    scene.server.stop().await?;
    folder.close()?;
    Ok(Finding::new().with(&verdict).without(verdict.violations))
}
