//! The rows of the table: what is broken, what is expected, and how it is found out. One file each.

mod kill;

use crate::finding::Finding;
use crate::server::Place;
use anyhow::Result;
use clap::ValueEnum;
use std::path::PathBuf;
use tempfile::TempDir;

/// What the faults happen to.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) server: PathBuf,
    pub(crate) planted: Option<PathBuf>,
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
        let place = Place::new(&self.server, folder.path().join("data"))?;
        Ok((folder, place))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// kill -9 in the middle of bursts
    F1,
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
            Self::F1 => true,
        }
    }

    pub(crate) const fn row(self) -> Row {
        match self {
            Self::F1 => kill::ROW,
        }
    }

    pub(crate) async fn measure(self, ground: &Ground) -> Result<Finding> {
        match self {
            Self::F1 => kill::measure(ground).await,
        }
    }
}
