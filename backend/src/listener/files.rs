//! How many files the system lets this process have open. Each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not connections: the database's, the log, what is served meanwhile.
const OTHERS: u64 = 128;

/// Asks the system for as many as it allows, and warns when they are fewer than the connections
/// that are to be taken. Many systems begin with 1,024.
pub fn allow(connections: u32) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::debug!(%error, files = current, "the number of open files stays as it was");
    }
    let wanted = u64::from(connections) + OTHERS;
    // None: without limit.
    if let Some(files) = getrlimit(Resource::Nofile).current
        && files < wanted
    {
        tracing::warn!(
            files,
            wanted,
            "the system allows fewer open files than --max-connections needs; further \
             connections will wait. Raise it with `ulimit -n` or systemd's LimitNOFILE"
        );
    }
}
