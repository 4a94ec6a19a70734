//! The one thread that writes. It takes all that waits, commits it as one transaction, tells what
//! has changed and only then answers: with many waiting, one flush of the disk serves them all.
//! While another process holds the database, each waits for as long as it is patient and no longer.

use super::checkpoint::Checkpointer;
use super::health::Health;
use super::open::FolderLock;
use super::outside;
use super::row::Query as _;
use super::turns::Turns;
use crate::clock::Clock;
use crate::planted::{self, Bug};
use crate::store::{Change, StoreError, WriteError};
use core::time::Duration;
use rusqlite::{Connection, DropBehavior, Transaction, TransactionBehavior};
use shared::time::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// Writes that may wait, for a second or two; more are refused. Their texts come to some 130 MB if all
/// are as long as can be.
const WAITING: usize = 16_384;
/// Writes in one transaction.
const GROUP: usize = 256;
/// How often it is looked whose time is over, while another process holds the database.
const LOOK: Duration = Duration::from_millis(100);
/// Long enough to be killed in, where a planted bug does things in the wrong order.
const PLANTED_PAUSE: Duration = Duration::from_millis(50);
/// The same where time is simulated.
const PLANTED_TURN: Duration = Duration::from_millis(400);

/// The inside of one write: its connection, the time, and what it has changed.
pub(super) struct Write<'c> {
    pub(super) connection: &'c Connection,
    pub(super) now: Timestamp,
    /// Told after the commit, in this order.
    pub(super) changes: Vec<Change>,
}

/// What a write does while another process holds the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenLocked {
    /// It waits, as long as the writer has it wait.
    Wait,
    Refuse,
}

/// What waits to be written.
type Line = mpsc::Receiver<Box<dyn Job>>;

/// Where writes are handed in.
#[derive(Clone, Debug)]
pub(super) struct Jobs(mpsc::Sender<Box<dyn Job>>);

impl Jobs {
    /// Runs `work` in a transaction of the writer's and answers once that is durable. What `work`
    /// wrote before it refused is undone.
    pub(super) async fn run<T, F>(&self, when_locked: WhenLocked, work: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T, WriteError> + Send + 'static,
    {
        let (task, answered) = Task::new(when_locked, work);
        // Polled first, in line first: nobody waits for a place, since whoever came later could be
        // given one before.
        self.0.try_send(Box::new(task)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl Jobs {
    pub(super) fn downgrade(&self) -> WeakJobs {
        WeakJobs(self.0.downgrade())
    }
}

/// A way to the writer that does not keep it running.
#[derive(Debug)]
pub(super) struct WeakJobs(mpsc::WeakSender<Box<dyn Job>>);

impl WeakJobs {
    /// Makes the writer commit, if only what it finds by itself; `false` when it has ended.
    pub(super) fn wake(&self) -> bool {
        self.run(|_| Ok(())).is_some()
    }

    /// Runs `work` like [`Jobs::run`] and waits until it is durable: one at a time is enough.
    /// `None` when the writer has ended.
    pub(super) fn run<T, F>(&self, work: F) -> Option<Result<T, WriteError>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T, WriteError> + Send + 'static,
    {
        let jobs = self.0.upgrade()?;
        let (task, answered) = Task::new(WhenLocked::Wait, work);
        jobs.blocking_send(Box::new(task)).ok()?;
        answered.blocking_recv().ok()
    }
}

/// Who is told of changes.
#[derive(Debug)]
pub(super) enum Listener {
    /// This process.
    Here(mpsc::Sender<Change>),
    /// The server that runs on the same database, if one does.
    Beside,
}

/// A write without its types.
trait Job: Send {
    /// When it does not wait any longer for another process, if it waits for so long.
    fn waits_until(&self, patience: Duration) -> Instant;
    fn run(&mut self, write: &mut Write<'_>) -> Ran;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

enum Ran {
    Kept,
    /// By the rules: the group goes on without it.
    Refused,
    Failed(StoreError),
}

type Answer<T> = Result<T, WriteError>;

struct Task<T, F> {
    handed_in: Instant,
    when_locked: WhenLocked,
    work: Option<F>,
    result: Option<Answer<T>>,
    answer: oneshot::Sender<Answer<T>>,
}

impl<T, F> Task<T, F> {
    /// With what will be answered.
    fn new(when_locked: WhenLocked, work: F) -> (Self, oneshot::Receiver<Answer<T>>) {
        let (answer, answered) = oneshot::channel();
        let handed_in = Instant::now();
        (Self { handed_in, when_locked, work: Some(work), result: None, answer }, answered)
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&mut Write<'_>) -> Result<T, WriteError> + Send,
{
    fn waits_until(&self, patience: Duration) -> Instant {
        match self.when_locked {
            WhenLocked::Wait => self.handed_in + patience,
            WhenLocked::Refuse => self.handed_in,
        }
    }

    fn run(&mut self, write: &mut Write<'_>) -> Ran {
        let Some(work) = self.work.take() else { return Ran::Refused };
        // A defect in one write must not end all writing.
        let result = catch_unwind(AssertUnwindSafe(|| work(write)))
            .unwrap_or_else(|_| Err(StoreError::Internal("a write panicked".into()).into()));
        let ran = match &result {
            Ok(_) => Ran::Kept,
            Err(WriteError::Refused(_)) => Ran::Refused,
            Err(WriteError::Store(error)) => Ran::Failed(error.clone()),
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            // Even a refusal: it may rest on a neighbour's write that is undone now.
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Internal("a write did not run".into()).into()),
        };
        // Nobody may be waiting any more; what is written stays written.
        let _ = self.answer.send(result);
    }
}

pub(super) struct Writer {
    pub(super) connection: Connection,
    /// How long a write waits for another process.
    pub(super) patience: Duration,
    pub(super) clock: Clock,
    pub(super) listener: Listener,
    pub(super) health: Arc<Health>,
    pub(super) checkpointer: Checkpointer,
    /// Let go of last.
    pub(super) lock: Option<FolderLock>,
}

impl Writer {
    /// Starts the thread. It ends when all [`Jobs`] are gone, and drops `ended` last.
    pub(super) fn spawn(self, ended: oneshot::Sender<()>) -> std::io::Result<Jobs> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            self.write_all(waiting);
            drop(ended);
        })?;
        Ok(Jobs(jobs))
    }

    /// Starts a task instead, which writes in turn with all others.
    pub(super) fn spawn_in_turn(self, turns: Turns, ended: oneshot::Sender<()>) -> Jobs {
        let (jobs, waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let killed = turns.killed.clone();
            killed.run_until_cancelled(self.write_in_turn(turns, waiting)).await;
            drop(ended);
        });
        Jobs(jobs)
    }

    fn write_all(mut self, mut waiting: Line) {
        let mut group = Vec::with_capacity(GROUP);
        while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
            let committed = self.write_group(&mut group, &mut waiting).map(|changes| {
                if let Listener::Here(listener) = &self.listener {
                    for change in changes {
                        // Gone during shutdown: nobody is left to be told.
                        let _ = listener.blocking_send(change);
                    }
                }
            });
            self.answer(&mut group, &committed);
        }
        self.finish();
    }

    /// The same, in turn.
    async fn write_in_turn(mut self, turns: Turns, mut waiting: Line) {
        let mut group = Vec::with_capacity(GROUP);
        while waiting.recv_many(&mut group, GROUP).await > 0 {
            turns.take().await;
            let written = if planted::has(Bug::TellFirst) || planted::has(Bug::AcknowledgeFirst) {
                self.commit_late(&mut group, &mut waiting).await
            } else {
                self.write_group(&mut group, &mut waiting)
            };
            let committed = match written {
                Ok(changes) => {
                    turns.take().await;
                    let listener = match &self.listener {
                        Listener::Here(listener) => Some(listener.clone()),
                        Listener::Beside => None,
                    };
                    for change in changes {
                        if let Some(listener) = &listener {
                            // Gone during shutdown: nobody is left to be told.
                            let _ = listener.send(change).await;
                        }
                    }
                    turns.take().await;
                    Ok(())
                }
                Err(error) => Err(error),
            };
            self.answer(&mut group, &committed);
        }
        self.finish();
    }

    fn write_group(
        &self,
        group: &mut Vec<Box<dyn Job>>,
        waiting: &mut Line,
    ) -> Result<Vec<Change>, StoreError> {
        let committed = match self.health.error() {
            Some(error) => Err(error),
            None => self.commit(group, waiting),
        };
        committed.inspect_err(|error| self.health.note(error))
    }

    fn answer(&mut self, group: &mut Vec<Box<dyn Job>>, committed: &Result<(), StoreError>) {
        group.drain(..).for_each(|job| job.answer(committed.clone()));
        if committed.is_ok() {
            self.checkpointer.after_commit(&self.connection, &self.health);
        }
    }

    fn finish(mut self) {
        self.checkpointer.finish();
        drop(self.connection);
        drop(self.lock);
    }

    /// Runs and commits the group; on an error nothing of it has happened, or, after a failure of
    /// the disk, nobody knows and nothing may be acknowledged any more.
    fn commit(
        &self,
        group: &mut Vec<Box<dyn Job>>,
        waiting: &mut Line,
    ) -> Result<Vec<Change>, StoreError> {
        // Rolls back when dropped before the commit.
        let Some(transaction) = begin(&self.connection, self.patience, group, waiting)? else {
            return Ok(Vec::new());
        };
        let now = self.clock.now();
        let changes = carry_out(&transaction, &self.listener, now, group)?;
        if planted::has(Bug::TellFirst)
            && let Listener::Here(listener) = &self.listener
        {
            for change in &changes {
                // Gone during shutdown: nobody is left to be told.
                let _ = listener.blocking_send(change.clone());
            }
            std::thread::park_timeout(PLANTED_PAUSE);
        }
        if planted::has(Bug::AcknowledgeFirst) {
            group.drain(..).for_each(|job| job.answer(Ok(())));
            std::thread::park_timeout(PLANTED_PAUSE);
        }
        transaction.commit()?;
        Ok(changes)
    }

    /// The same bugs in turn, where a process is killed only while it waits.
    async fn commit_late(
        &mut self,
        group: &mut Vec<Box<dyn Job>>,
        waiting: &mut Line,
    ) -> Result<Vec<Change>, StoreError> {
        let changes = {
            let Some(mut transaction) = begin(&self.connection, self.patience, group, waiting)?
            else {
                return Ok(Vec::new());
            };
            let now = self.clock.now();
            let changes = carry_out(&transaction, &self.listener, now, group)?;
            // Stays open; whoever is killed meanwhile rolls it back.
            transaction.set_drop_behavior(DropBehavior::Ignore);
            changes
        };
        if planted::has(Bug::TellFirst)
            && let Listener::Here(listener) = &self.listener
        {
            for change in &changes {
                // As above.
                let _ = listener.send(change.clone()).await;
            }
        }
        if planted::has(Bug::AcknowledgeFirst) {
            group.drain(..).for_each(|job| job.answer(Ok(())));
        }
        tokio::time::sleep(PLANTED_TURN).await;
        self.connection.execute_batch("COMMIT")?;
        Ok(changes)
    }
}

/// Begins the transaction of the group's. While another process holds the database, those are refused
/// whose time is over, and who comes meanwhile stands in line behind the others; `None` once nobody
/// is left.
fn begin<'c>(
    connection: &'c Connection,
    patience: Duration,
    group: &mut Vec<Box<dyn Job>>,
    waiting: &mut Line,
) -> Result<Option<Transaction<'c>>, StoreError> {
    // Of the connection, which waits for nobody but here.
    connection.busy_timeout(LOOK.min(patience))?;
    while !group.is_empty() {
        // No second one is ever open: nothing else is done with this connection.
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
            .map_err(StoreError::from)
        {
            Err(StoreError::Busy) => refuse_due(group, patience, waiting),
            begun => return begun.map(Some),
        }
    }
    Ok(None)
}

/// Refuses those whose time is over, without having run them, and fills the group up again.
fn refuse_due(group: &mut Vec<Box<dyn Job>>, patience: Duration, waiting: &mut Line) {
    loop {
        let now = Instant::now();
        for job in group.extract_if(.., |job| job.waits_until(patience) <= now) {
            job.answer(Err(StoreError::Busy));
        }
        let before = group.len();
        group.extend(core::iter::from_fn(|| waiting.try_recv().ok()).take(GROUP - before));
        if group.len() == before {
            break;
        }
    }
}

/// Runs the group inside a transaction and answers what it has changed.
fn carry_out(
    transaction: &Connection,
    listener: &Listener,
    now: Timestamp,
    group: &mut [Box<dyn Job>],
) -> Result<Vec<Change>, StoreError> {
    let changes = match listener {
        Listener::Here(_) => outside::take(transaction)?,
        Listener::Beside => Vec::new(),
    };
    let mut write = Write { connection: transaction, now, changes };
    for job in group.iter_mut() {
        let told = write.changes.len();
        write.connection.change("SAVEPOINT job", ())?;
        match job.run(&mut write) {
            Ran::Kept => {}
            // SQLite ends the whole transaction by itself on some failures.
            Ran::Failed(error) if is_shared(&error) || transaction_is_over(&write) => {
                return Err(error);
            }
            Ran::Refused | Ran::Failed(_) => {
                write.changes.truncate(told);
                write.connection.change("ROLLBACK TO job", ())?;
            }
        }
        write.connection.change("RELEASE job", ())?;
    }
    let changes = write.changes;
    if matches!(listener, Listener::Beside) {
        outside::leave(transaction, &changes)?;
    }
    Ok(changes)
}

/// Whether the failure concerns the database and so the whole group.
const fn is_shared(error: &StoreError) -> bool {
    match error {
        StoreError::Full
        | StoreError::Busy
        | StoreError::Corrupt(_)
        | StoreError::Disk(_)
        | StoreError::Closed => true,
        StoreError::Damaged(_) | StoreError::Internal(_) => false,
    }
}

fn transaction_is_over(write: &Write<'_>) -> bool {
    write.connection.is_autocommit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::FuturesUnordered;
    use futures_util::{FutureExt as _, StreamExt as _};

    /// More than one task does before tokio lets others have their turn.
    const WRITES: usize = 300;

    #[tokio::test]
    async fn many_writes_of_one_task_stand_in_line_as_they_were_begun() {
        let (sender, mut waiting) = mpsc::channel(WAITING);
        let jobs = Jobs(sender);
        let ran = Arc::new(std::sync::Mutex::new(Vec::new()));
        let task = tokio::spawn({
            let ran = Arc::clone(&ran);
            async move {
                let all: FuturesUnordered<_> = (0..WRITES)
                    .map(|number| {
                        let (jobs, ran) = (jobs.clone(), Arc::clone(&ran));
                        async move {
                            let note = move |_: &mut Write<'_>| {
                                ran.lock().unwrap().push(number);
                                Ok(())
                            };
                            jobs.run(WhenLocked::Wait, note).await
                        }
                    })
                    .collect();
                all.count().await
            }
        });
        let connection = Connection::open_in_memory().unwrap();
        let mut write = Write { connection: &connection, now: Timestamp(0), changes: Vec::new() };
        for _ in 0..WRITES {
            let mut job = waiting.recv().await.unwrap();
            job.run(&mut write);
            job.answer(Ok(()));
        }
        assert_eq!(task.await.unwrap(), WRITES);
        assert_eq!(*ran.lock().unwrap(), (0..WRITES).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_write_beyond_those_that_may_wait_is_refused_at_once() {
        let (sender, _waiting) = mpsc::channel(1);
        let jobs = Jobs(sender);
        let first = jobs.run(WhenLocked::Wait, |_| Ok(()));
        assert!(first.now_or_never().is_none(), "it is in line");
        let second = jobs.run(WhenLocked::Wait, |_| Ok(()));
        assert_eq!(second.await, Err(StoreError::Busy.into()));
    }

    const HOUR: Duration = Duration::from_hours(1);

    struct Handed {
        ran: Arc<std::sync::Mutex<Vec<u32>>>,
    }

    type Noted = oneshot::Receiver<Answer<()>>;

    impl Handed {
        /// A write that notes its number, and was handed in so long ago.
        fn job(
            &self,
            number: u32,
            ago: Duration,
            when_locked: WhenLocked,
        ) -> (Box<dyn Job>, Noted) {
            let ran = Arc::clone(&self.ran);
            let note = move |_: &mut Write<'_>| {
                ran.lock().unwrap().push(number);
                Ok(())
            };
            let (mut task, answered) = Task::new(when_locked, note);
            task.handed_in -= ago;
            (Box::new(task), answered)
        }
    }

    #[test]
    fn while_somebody_else_holds_the_database_those_are_refused_whose_own_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        let mut other = Connection::open(&path).unwrap();
        let line = Handed { ran: Arc::default() };
        let (over, over_answered) = line.job(1, HOUR, WhenLocked::Wait);
        let (waits, mut waits_answered) = line.job(2, Duration::ZERO, WhenLocked::Wait);
        let (hurried, hurried_answered) = line.job(3, Duration::ZERO, WhenLocked::Refuse);
        let (late, late_answered) = line.job(4, HOUR, WhenLocked::Wait);
        let (last, mut last_answered) = line.job(5, Duration::ZERO, WhenLocked::Wait);
        let (sender, mut waiting) = mpsc::channel(WAITING);
        for job in [late, last] {
            sender.try_send(job).ok().unwrap();
        }
        let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
        let begun = std::thread::spawn(move || {
            let mut group = vec![over, waits, hurried];
            let begun = begin(&connection, HOUR, &mut group, &mut waiting).unwrap().unwrap();
            let mut write = Write { connection: &begun, now: Timestamp(0), changes: Vec::new() };
            for mut job in group {
                job.run(&mut write);
                job.answer(Ok(()));
            }
        });
        for refused in [over_answered, hurried_answered, late_answered] {
            assert_eq!(refused.blocking_recv().unwrap(), Err(StoreError::Busy.into()));
        }
        for waits in [&mut waits_answered, &mut last_answered] {
            assert!(waits.try_recv().is_err(), "answered though it could wait");
        }
        lock.rollback().unwrap();
        begun.join().unwrap();
        for carried_out in [waits_answered, last_answered] {
            assert_eq!(carried_out.blocking_recv().unwrap(), Ok(()));
        }
        assert_eq!(*line.ran.lock().unwrap(), [2, 5], "in line, and nothing of the others");
    }

    #[test]
    fn whoever_is_refused_last_leaves_no_transaction_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let connection = Connection::open(&path).unwrap();
        let mut other = Connection::open(&path).unwrap();
        let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
        let line = Handed { ran: Arc::default() };
        let (over, answered) = line.job(1, HOUR, WhenLocked::Wait);
        let (_sender, mut waiting) = mpsc::channel(WAITING);
        let begun = begin(&connection, HOUR, &mut vec![over], &mut waiting).unwrap();
        assert!(begun.is_none());
        assert_eq!(answered.blocking_recv().unwrap(), Err(StoreError::Busy.into()));
        assert!(connection.is_autocommit());
        drop(lock);
    }
}
