//! How many files the system lets this process have open. Each connection is one.

use core::num::NonZeroU32;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not connections: the database's, the log, what is served meanwhile.
const OTHERS: u64 = 128;

/// Asks the system for as many as it allows (many begin with 1,024), and answers how many of the
/// connections that are wanted can be taken with them.
pub fn allow(connections: NonZeroU32) -> NonZeroU32 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::debug!(%error, files = current, "the number of open files stays as it was");
    }
    let Some(files) = getrlimit(Resource::Nofile).current else { return connections };
    let room = u32::try_from(files.saturating_sub(OTHERS)).unwrap_or(u32::MAX);
    let taken = NonZeroU32::new(room).unwrap_or(NonZeroU32::MIN).min(connections);
    if taken < connections {
        tracing::info!(
            files,
            "taking at most {taken} connections, as the system allows no more open files; \
             `ulimit -n` or systemd's LimitNOFILE allow more"
        );
    }
    taken
}
