//! F20: the kernel kills the server for the memory it uses.

use super::{Form, Ground, Row};
use crate::finding::Finding;
use crate::talk::{Cast, Scene, Talk};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub(super) const ROW: Row = Row {
    name: "F20",
    fault: "killed for its memory",
    expected: "started again, 0 lost, doubled, reordered",
};

const PATIENCE: Duration = Duration::from_mins(1);
const MIB: u64 = 1024 * 1024;
/// What a server may have, from which it is taken step by step.
const ALLOWED: u64 = 256 * MIB;

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let group = match Group::new() {
        Ok(group) => group,
        Err(error) if ground.form == Form::Quick => {
            return Ok(Finding::left_out(format!("no memory to take: {error:#}")));
        }
        Err(error) => return Err(error),
    };
    let (folder, mut place) = ground.place()?;
    place.group = Some(group.folder.join("cgroup.procs"));
    let kills = ground.form.of(1, 10);
    let cast = Cast::few(u64::MAX);
    let mut scene = Scene::set(place, &cast).await?;
    let talk = Talk::begin(&scene.people, &cast).await?;
    let mut died_at = 0;
    for _ in 0..kills {
        talk.reach(talk.budget.acknowledged() + 200).await?;
        let mut allowed = ALLOWED;
        let begin = Instant::now();
        while !scene.server.has_ended()? {
            allowed = allowed.saturating_sub(2 * MIB).max(MIB);
            // What cannot be taken back yet is taken with the next page that is asked for.
            let _ = group.allow(allowed);
            sleep(Duration::from_millis(20)).await;
            ensure!(begin.elapsed() < PATIENCE, "the server is not killed");
        }
        died_at = allowed / MIB;
        group.allow(ALLOWED)?;
        scene.server = scene.place.start().await?;
    }
    talk.reach(talk.budget.acknowledged() + 200).await?;
    talk.budget.end();
    let verdict = talk.conclude().await?;
    scene.server.stop().await?;
    folder.close()?;
    Ok(Finding::new()
        .with(format!(
            "{kills} times, allowed 256 MiB and less and less; the last at {died_at} MiB"
        ))
        .with(&verdict)
        .without(verdict.violations))
}

/// Processes that share a limit of memory.
struct Group {
    folder: PathBuf,
    limit: &'static str,
}

impl Group {
    fn new() -> Result<Self> {
        let name = format!("hubbub-chaos-{}", std::process::id());
        // The second version of control groups, or the first.
        let second = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        let (root, limit) = if second {
            ("/sys/fs/cgroup", "memory.max")
        } else {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        };
        let folder = Path::new(root).join(name);
        fs::create_dir(&folder).with_context(|| format!("{}", folder.display()))?;
        let group = Self { folder, limit };
        group.allow(ALLOWED)?;
        Ok(group)
    }

    fn allow(&self, bytes: u64) -> Result<()> {
        Ok(fs::write(self.folder.join(self.limit), bytes.to_string())?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // One that still has a process stays.
        let _ = fs::remove_dir(&self.folder);
    }
}
