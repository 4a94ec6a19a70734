//! Bugs that can be asked for, to see whether the checker of `chaos/` finds them. They exist only
//! in a program that was built for that (`--features planted`), never in an optimised one.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("planted bugs are for tests: no release may have them");

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Messages are acknowledged before they are committed.
    AcknowledgeFirst,
    /// Events are told before they are committed.
    TellFirst,
    /// A commit is not flushed to the disk.
    NotFlushed,
    /// The heads are read before the rooms are followed, and what happens in between is not told.
    ReadBeforeSubscribe,
    /// A resume begins one event too late.
    ResumeOffByOne,
    /// A connection that lags is brought on by leaving events out.
    SkipOnLag,
    /// Two events of one write change places.
    Reorder,
    /// The same message can be sent twice.
    ForgetIds,
    /// Now and then a number is left out.
    SkipSeq,
    /// An acknowledgement names the place before.
    WrongPlace,
    /// Somebody who was removed goes on being told.
    DeliverAfterRemoval,
    /// The bus loses events. That is no bug: it may.
    BusLoses,
    /// Heartbeats do not name the heads.
    WithholdHeads,
    /// Connections are woken before the event is in the room's log.
    WakeFirst,
    /// The log of a room that was left goes when its time is over, though somebody has come back.
    DropFollowed,
    /// Whether a session has ended is looked at before its connection can be found.
    LookFirst,
}

/// Whether the program has this bug.
#[cfg(not(any(test, feature = "planted")))]
pub const fn has(_: Bug) -> bool {
    false
}

#[cfg(all(feature = "planted", not(test)))]
pub use self::asked_for::has;
#[cfg(feature = "planted")]
pub use self::asked_for::plant;
#[cfg(test)]
pub use self::of_a_test::{has, plant_here};

#[cfg(test)]
mod of_a_test {
    use super::Bug;
    use core::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    pub fn has(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// On this thread alone.
    pub fn plant_here(bug: Bug) {
        PLANTED.set(Some(bug));
    }
}

#[cfg(feature = "planted")]
mod asked_for {
    use super::Bug;
    use std::sync::OnceLock;

    static PLANTED: OnceLock<Vec<Bug>> = OnceLock::new();

    #[cfg(not(test))]
    pub fn has(bug: Bug) -> bool {
        PLANTED.get().is_some_and(|planted| planted.contains(&bug))
    }

    /// Once, at the start: the names of bugs with commas between them.
    pub fn plant(names: &str) -> Result<(), String> {
        let bug_of = |name: &str| ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        let asked = names.split(',').filter(|name| !name.is_empty());
        let bugs = asked.map(|name| bug_of(name).ok_or_else(|| format!("no bug is called {name}")));
        // Asked for twice, the first ones stay.
        let _ = PLANTED.set(bugs.collect::<Result<_, _>>()?);
        Ok(())
    }

    const ALL: [Bug; 16] = [
        Bug::AcknowledgeFirst,
        Bug::TellFirst,
        Bug::NotFlushed,
        Bug::ReadBeforeSubscribe,
        Bug::ResumeOffByOne,
        Bug::SkipOnLag,
        Bug::Reorder,
        Bug::ForgetIds,
        Bug::SkipSeq,
        Bug::WrongPlace,
        Bug::DeliverAfterRemoval,
        Bug::BusLoses,
        Bug::WithholdHeads,
        Bug::WakeFirst,
        Bug::DropFollowed,
        Bug::LookFirst,
    ];
}
