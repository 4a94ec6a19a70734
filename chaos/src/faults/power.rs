//! F2: the power goes. The data lies on a file system of its own, on a loop device; the cut makes
//! it drop at once all that it has not written to the device, its journal included, and refuse
//! everything further, as the `ext4` of a machine without power would. The device itself keeps
//! what it was given, in order: a disk that loses or reorders what it has confirmed is not shown.

use super::{Form, Ground, Row};
use crate::chance::Chance;
use crate::finding::Finding;
use crate::server::Place;
use crate::talk::{Cast, Scene, Talk, Verdict};
use anyhow::{Result, ensure};
use rustix::ioctl::{Setter, ioctl, opcode};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F2",
    fault: "power cut",
    expected: "0 lost, doubled, reordered; the database is whole",
};

/// Room for the database and a copy of it. What was never written takes no room.
const IMAGE_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// `FS_IOC_SHUTDOWN`, and not to flush the journal before.
const SHUTDOWN: u32 = opcode::read::<u32>(b'X', 125);
const NO_LOG_FLUSH: u32 = 2;

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    if let Err(error) = is_possible().await {
        return Ok(Finding::left_out(format!("no power to cut: {error:#}")));
    }
    let (folder, place) = ground.place()?;
    let (cuts, cast) = match ground.form {
        Form::Quick => (3, Cast::few(600)),
        Form::Long => (100, Cast::crowd(1_000_000)),
    };
    let verdict = survive(place, &cast, cuts, ground.seed).await?;
    folder.close()?;
    Ok(Finding::new()
        .with(format!("{cuts} cuts"))
        .with(&verdict)
        .with("a copy of the database was read to its end")
        .without(verdict.violations))
}

/// Whether this machine lets power be cut.
pub(super) async fn is_possible() -> Result<()> {
    let folder = TempDir::with_prefix("chaos-")?;
    let disk = Disk::new(folder.path(), 16 * 1024 * 1024).await?;
    disk.cut()?;
    disk.unmount().await
}

/// The talk of a cast, with so many power cuts in it.
pub(super) async fn survive(
    mut place: Place,
    cast: &Cast,
    cuts: u64,
    seed: u64,
) -> Result<Verdict> {
    let mut chance = Chance::new(seed);
    let folder = place.launch.data.with_extension("disk");
    fs::create_dir(&folder)?;
    let disk = Disk::new(&folder, IMAGE_BYTES).await?;
    place.launch.data = disk.mounted.join("data");
    place.launch.log = folder.join("log");
    let mut scene = Scene::set(place, cast).await?;
    let talk = Talk::begin(&scene.people, cast).await?;
    let each = cast.messages / (cuts + 1);
    for cut in 1..=cuts {
        talk.reach(cut * each).await?;
        sleep(chance.up_to(Duration::from_millis(20))).await;
        // Without power nobody acknowledges anything: a flush that is under way when the journal
        // is given up may be told to have succeeded.
        scene.server.freeze().await?;
        disk.cut()?;
        scene.server.kill().await?;
        disk.unmount().await?;
        disk.mount().await?;
        scene.server = scene.place.start().await?;
    }
    let verdict = talk.conclude().await?;
    let copy = disk.mounted.join("copy.db");
    let copy = copy.to_string_lossy();
    let data = scene.place.launch.data.to_string_lossy();
    scene.place.command(&["backup", "create", &copy, "--data-dir", &data]).await?;
    scene.place.command(&["backup", "verify", &copy]).await?;
    scene.server.stop().await?;
    disk.unmount().await?;
    Ok(verdict)
}

/// A file system whose power can be cut.
#[derive(Debug)]
struct Disk {
    image: PathBuf,
    mounted: PathBuf,
}

impl Disk {
    async fn new(folder: &Path, bytes: u64) -> Result<Self> {
        let disk = Self { image: folder.join("image"), mounted: folder.join("mounted") };
        File::create(&disk.image)?.set_len(bytes)?;
        fs::create_dir(&disk.mounted)?;
        run(Command::new("mkfs.ext4").arg("-q").arg(&disk.image)).await?;
        disk.mount().await?;
        Ok(disk)
    }

    async fn mount(&self) -> Result<()> {
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.mounted)).await
    }

    async fn unmount(&self) -> Result<()> {
        run(Command::new("umount").arg(&self.mounted)).await
    }

    fn cut(&self) -> Result<()> {
        let folder = File::open(&self.mounted)?;
        #[expect(unsafe_code, reason = "the kernel reads one u32 behind the pointer, and has it")]
        // SAFETY: FS_IOC_SHUTDOWN takes a pointer to a u32, which `Setter` keeps alive.
        unsafe {
            ioctl(folder, Setter::<SHUTDOWN, u32>::new(NO_LOG_FLUSH))?;
        }
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Unmounted already, unless something failed.
        let lazily = std::process::Command::new("umount").arg("-lq").arg(&self.mounted).output();
        drop(lazily);
    }
}

async fn run(command: &mut Command) -> Result<()> {
    let output = command.output().await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {complaint}", command.as_std());
    Ok(())
}
