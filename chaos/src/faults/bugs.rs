//! Whether the checker finds what it is there for: the server with one bug at a time.

use super::{Ground, Row, kill, last, power, removal};
use crate::checker::Violation;
use crate::finding::Finding;
use crate::talk::Cast;
use anyhow::Result;
use futures_util::StreamExt as _;
use futures_util::stream;
use std::time::Duration;

pub(super) const ROW: Row = Row {
    name: "Bugs",
    fault: "a server with a bug, one after the other",
    expected: "each is caught, and a server without one is not",
};

/// With a bug, waiting for the end is in vain.
const PATIENCE: Duration = Duration::from_secs(3);
/// What does not come with a heartbeat does not come.
const HEARTBEATS: Duration = Duration::from_secs(30);
const AT_ONCE: usize = 3;
const KILLS: u64 = 6;

#[derive(Clone, Copy, Debug)]
enum Scene {
    /// People write while the server is killed.
    Kills,
    Removal,
    LastMessage,
    PowerCuts,
}

#[derive(Clone, Copy, Debug)]
struct Planted {
    bug: &'static str,
    scene: Scene,
    /// What has to be found.
    caught: fn(&Violation) -> bool,
}

const fn planted(bug: &'static str, scene: Scene, caught: fn(&Violation) -> bool) -> Planted {
    Planted { bug, scene, caught }
}

const ALL: [Planted; 12] = [
    // First, since it waits longest.
    planted("BusLoses,WithholdHeads", Scene::LastMessage, |_| true),
    planted("AcknowledgeFirst", Scene::Kills, |found| matches!(found, Violation::Lost { .. })),
    planted("TellFirst", Scene::Kills, |found| {
        matches!(found, Violation::TakenBack { .. } | Violation::Strange { .. })
    }),
    planted("NotFlushed", Scene::PowerCuts, |found| matches!(found, Violation::Lost { .. })),
    planted("ReadBeforeSubscribe", Scene::Kills, is_skip),
    planted("ResumeOffByOne", Scene::Kills, is_skip),
    planted("SkipOnLag", Scene::Kills, is_skip),
    planted("Reorder", Scene::Kills, is_skip),
    planted("ForgetIds", Scene::Kills, |found| matches!(found, Violation::Doubled { .. })),
    planted("SkipSeq", Scene::Kills, |found| matches!(found, Violation::Hole { .. })),
    planted("WrongPlace", Scene::Kills, |found| matches!(found, Violation::Moved { .. })),
    planted("DeliverAfterRemoval", Scene::Removal, |found| {
        matches!(found, Violation::Overheard { .. })
    }),
];

const fn is_skip(found: &Violation) -> bool {
    matches!(found, Violation::Skipped { .. })
}

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let cuts = power::is_possible().await;
    let can_cut = cuts.is_ok();
    let tried: Vec<&Planted> = ALL
        .iter()
        .filter(|planted| can_cut || !matches!(planted.scene, Scene::PowerCuts))
        .collect();
    let left_out = ALL.len() - tried.len();
    let results = stream::iter(tried)
        .map(async |planted| (planted.bug, planted.is_caught(ground).await))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let mut finding = Finding::new();
    let mut caught = 0;
    for (bug, result) in results {
        match result {
            Ok(true) => caught += 1,
            Ok(false) => finding = finding.without([format!("{bug} was not caught")]),
            Err(error) => finding = finding.without([format!("{bug}: {error:#}")]),
        }
    }
    let (folder, place) = ground.planted("")?;
    let (verdict, _) = kill::survive(place, &Cast::few(MESSAGES), KILLS, ground.seed).await?;
    folder.close()?;
    if let Err(error) = cuts {
        finding = finding.with(format!("NotFlushed left out: no power to cut ({error:#})"));
    }
    Ok(finding
        .with(format!("{caught} of {} bugs caught", ALL.len() - left_out))
        .with(format!("without a bug {} violations", verdict.violations.len()))
        .without(verdict.violations))
}

const MESSAGES: u64 = 600;

impl Planted {
    async fn is_caught(self, ground: &Ground) -> Result<bool> {
        let (folder, place) = ground.planted(self.bug)?;
        let mut cast = Cast::few(MESSAGES);
        cast.patience = PATIENCE;
        let violations = match self.scene {
            Scene::Kills => kill::survive(place, &cast, KILLS, ground.seed).await?.0.violations,
            Scene::Removal => removal::race(place, 4, 20, PATIENCE).await?.violations,
            Scene::PowerCuts => power::survive(place, &cast, KILLS, ground.seed).await?.violations,
            Scene::LastMessage => return Ok(last::find(place, HEARTBEATS).await.is_err()),
        };
        folder.close()?;
        Ok(violations.iter().any(self.caught))
    }
}
