//! The rows of the table: what is broken, what is expected, and how it is found out. One file each.

mod bugs;
mod half_open;
mod held;
mod herd;
mod kill;
mod last;
mod memory;
mod nat;
mod paused;
mod power;
mod removal;
mod stalled;
mod weak;

use crate::finding::Finding;
use crate::server::Place;
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use std::path::PathBuf;
use tempfile::TempDir;

/// What the faults happen to.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) server: PathBuf,
    pub(crate) planted: Option<PathBuf>,
    pub(crate) tests: Option<PathBuf>,
    pub(crate) form: Form,
    pub(crate) folder: PathBuf,
    pub(crate) seed: u64,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Seconds, on a machine that does other things too: nothing is held to a time.
    Quick,
    /// As much as the promise says.
    Long,
}

impl Form {
    /// As many in this form.
    pub(crate) const fn of<T: Copy>(self, quick: T, long: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Long => long,
        }
    }

    /// A limit that only the long form is held to.
    pub(crate) const fn limit(self, limit: f64) -> f64 {
        self.of(f64::INFINITY, limit)
    }
}

impl Ground {
    /// A folder that is removed when it is dropped, and a server to start in it.
    pub(crate) fn place(&self) -> Result<(TempDir, Place)> {
        let folder = TempDir::with_prefix_in("chaos-", &self.folder)?;
        let place = Place::new(&self.server, &folder.path().join("data"))?;
        Ok((folder, place))
    }

    /// The same, of a server with these bugs.
    pub(crate) fn planted(&self, bugs: &str) -> Result<(TempDir, Place)> {
        let binary = self.planted.as_ref();
        let binary = binary.context("--planted names the server's program with bugs")?;
        let folder = TempDir::with_prefix_in("chaos-", &self.folder)?;
        let mut place = Place::new(binary, &folder.path().join("data"))?;
        bugs.clone_into(&mut place.bugs);
        Ok((folder, place))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// kill -9 in the middle of bursts
    F1,
    /// Power cuts
    F2,
    /// Pages that are torn
    F3,
    /// A full disk
    F4,
    /// Another process that locks the database
    F5,
    /// A slow disk
    F6,
    /// A disk that cannot flush
    F7,
    /// Clients that vanish without a word
    F8,
    /// Connections that are forgotten on the way
    F9,
    /// A weak network
    F10,
    /// A proxy that holds events back
    F11,
    /// A proxy that takes upgrades away and cuts
    F12,
    /// A restart with thousands of clients
    F13,
    /// A clock that jumps
    F18,
    /// Clients that stop reading
    F19,
    /// A server that is killed for its memory
    F20,
    /// Frames that break the rules
    F21,
    /// Frames that take more than they give
    F22,
    /// What is small until it is inflated
    F23,
    /// JSON that means nothing
    F24,
    /// A server that is stopped for a while
    F25,
    /// kill -9 in a migration, in a restore
    F26,
    /// A removal beside delivery
    F27,
    /// The last message is lost on the bus
    Last,
    /// The checker itself: servers with bugs
    Bugs,
}

/// What the table says of a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) fault: &'static str,
    pub(crate) expected: &'static str,
}

impl Fault {
    /// Those that a form has.
    pub(crate) fn in_order(form: Form) -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|fault| form == Form::Long || fault.is_quick()).collect()
    }

    const fn is_quick(self) -> bool {
        match self {
            Self::F1
            | Self::F2
            | Self::F8
            | Self::F9
            | Self::F10
            | Self::F13
            | Self::F19
            | Self::F20
            | Self::F25
            | Self::F27
            | Self::Last
            | Self::Bugs => true,
            // Among the tests by themselves.
            Self::F3
            | Self::F4
            | Self::F5
            | Self::F6
            | Self::F7
            | Self::F11
            | Self::F12
            | Self::F18
            | Self::F21
            | Self::F22
            | Self::F23
            | Self::F24
            | Self::F26 => false,
        }
    }

    pub(crate) const fn row(self) -> Row {
        match self {
            Self::F1 => kill::ROW,
            Self::F2 => power::ROW,
            Self::F3 => held::F3.row,
            Self::F4 => held::F4.row,
            Self::F5 => held::F5.row,
            Self::F6 => held::F6.row,
            Self::F7 => held::F7.row,
            Self::F8 => half_open::ROW,
            Self::F9 => nat::ROW,
            Self::F10 => weak::ROW,
            Self::F11 => held::F11.row,
            Self::F12 => held::F12.row,
            Self::F13 => herd::ROW,
            Self::F18 => held::F18.row,
            Self::F19 => stalled::ROW,
            Self::F20 => memory::ROW,
            Self::F21 => held::F21.row,
            Self::F22 => held::F22.row,
            Self::F23 => held::F23.row,
            Self::F24 => held::F24.row,
            Self::F25 => paused::ROW,
            Self::F26 => held::F26.row,
            Self::F27 => removal::ROW,
            Self::Last => last::ROW,
            Self::Bugs => bugs::ROW,
        }
    }

    pub(crate) async fn measure(self, ground: &Ground) -> Result<Finding> {
        match self {
            Self::F1 => kill::measure(ground).await,
            Self::F2 => power::measure(ground).await,
            Self::F3 => held::F3.measure(ground).await,
            Self::F4 => held::F4.measure(ground).await,
            Self::F5 => held::F5.measure(ground).await,
            Self::F6 => held::F6.measure(ground).await,
            Self::F7 => held::F7.measure(ground).await,
            Self::F8 => half_open::measure(ground).await,
            Self::F9 => nat::measure(ground).await,
            Self::F10 => weak::measure(ground).await,
            Self::F11 => held::F11.measure(ground).await,
            Self::F12 => held::F12.measure(ground).await,
            Self::F13 => herd::measure(ground).await,
            Self::F18 => held::F18.measure(ground).await,
            Self::F19 => stalled::measure(ground).await,
            Self::F20 => memory::measure(ground).await,
            Self::F21 => held::F21.measure(ground).await,
            Self::F22 => held::F22.measure(ground).await,
            Self::F23 => held::F23.measure(ground).await,
            Self::F24 => held::F24.measure(ground).await,
            Self::F25 => paused::measure(ground).await,
            Self::F26 => held::F26.measure(ground).await,
            Self::F27 => removal::measure(ground).await,
            Self::Last => last::measure(ground).await,
            Self::Bugs => bugs::measure(ground).await,
        }
    }
}
