//! Copies of the database: where they are, making, checking and putting them back.

use crate::clock::Clock;
pub use crate::store::sqlite::backup::{BackupError, Contents};
use crate::store::sqlite::{DATABASE, backup};
use shared::time::Timestamp;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

/// Where copies go unless told otherwise, in the data folder.
const FOLDER: &str = "backups";

/// A copy that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    pub path: PathBuf,
    /// When the file was finished, by its own record.
    pub made_at: Timestamp,
    pub bytes: u64,
}

/// A copy that has been put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub contents: Contents,
    /// Where the database is that was there before.
    pub replaced: Option<PathBuf>,
}

/// Copies the database in `data` as it is at this moment, a server that runs on it included, and
/// looks the copy through. Without `to` it goes into the folder `backups` in `data`.
pub fn create(
    data: &Path,
    to: Option<&Path>,
    clock: &Clock,
) -> Result<(Backup, Contents), BackupError> {
    let path = match to {
        Some(path) => path.to_owned(),
        None => made_folder(data)?.join(file_name(clock.now())),
    };
    backup::copy(data, &path)?;
    let contents = backup::verify(&path)?;
    Ok((described(path)?, contents))
}

/// The copies in the folder `backups` in `data`, oldest first.
pub fn list(data: &Path) -> Result<Vec<Backup>, BackupError> {
    let folder = data.join(FOLDER);
    let read = |source| BackupError::Read { path: folder.clone(), source };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            backups.push(described(path)?);
        }
    }
    backups.sort_by(|one, other| (one.made_at, &one.path).cmp(&(other.made_at, &other.path)));
    Ok(backups)
}

/// Reads all of a copy and says what it holds, or what is wrong with it.
pub fn verify(file: &Path) -> Result<Contents, BackupError> {
    backup::verify(file)
}

/// The same for the database in `data` itself, whether or not a server is using it.
pub fn verify_database(data: &Path) -> Result<Contents, BackupError> {
    backup::verify(&data.join(DATABASE))
}

/// Puts a sound copy in the place of the database in `data`, which no server may be using.
pub fn restore(data: &Path, file: &Path) -> Result<Restored, BackupError> {
    let (contents, replaced) = backup::restore(data, file)?;
    Ok(Restored { contents, replaced })
}

fn made_folder(data: &Path) -> Result<PathBuf, BackupError> {
    let folder = data.join(FOLDER);
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if !folder.exists() {
        builder
            .create(&folder)
            .map_err(|source| BackupError::Write { path: folder.clone(), source })?;
    }
    Ok(folder)
}

/// Sorts by time.
fn file_name(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("hubbub-%Y-%m-%dT%H%M%S%3fZ.db").to_string()
}

fn described(path: PathBuf) -> Result<Backup, BackupError> {
    let metadata = std::fs::metadata(&path)
        .map_err(|source| BackupError::Read { path: path.clone(), source })?;
    let made = metadata.modified().ok().and_then(|at| jiff::Timestamp::try_from(at).ok());
    Ok(Backup {
        made_at: Timestamp(made.unwrap_or_default().as_millisecond()),
        bytes: metadata.len(),
        path,
    })
}
