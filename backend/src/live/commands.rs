//! What a client has asked for and was not answered yet. It goes on by itself, whatever the connection
//! waits for: otherwise a client that does not read would keep from others what a command of its own
//! was given a moment ago, such as a turn to read the store, and could even wait for that itself.

use crate::chat::Error;
use crate::chat::dispatch::Running;
use core::convert::Infallible;
use core::future::poll_fn;
use core::task::Poll;
use shared::command::CommandReply;
use std::panic::resume_unwind;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::task::coop::unconstrained;

/// Those of one connection. They end where they are when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Commands {
    under_way: JoinSet<(u64, Result<CommandReply, Error>)>,
    /// Ends when the last one has ended that goes in turn.
    before: Option<oneshot::Receiver<Infallible>>,
}

impl Commands {
    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Begins a message. Those that are pushed one after the other go into the log in that order,
    /// and are written together.
    pub(super) async fn push_message(&mut self, id: u64, mut running: Running) {
        // Once here, which puts it in line. All the way to there: a task of which tokio thinks that
        // it has done enough for now would have the next one overtake it.
        let begin = poll_fn(|context| Poll::Ready(running.as_mut().poll(context)));
        match unconstrained(begin).await {
            Poll::Ready(result) => self.under_way.spawn(async move { (id, result) }),
            Poll::Pending => self.under_way.spawn(async move { (id, running.await) }),
        };
    }

    /// Has a command carried out when those before it are that are no messages: of two about the
    /// same thing the later one stands.
    pub(super) fn push_in_turn(&mut self, id: u64, running: Running) {
        let (done, next) = oneshot::channel::<Infallible>();
        let before = self.before.replace(next);
        self.under_way.spawn(async move {
            if let Some(before) = before {
                // It ends when that command does, with nothing to tell.
                let _ = before.await;
            }
            let result = running.await;
            drop(done);
            (id, result)
        });
    }

    /// The next one that is done, and what came of it; `None` when there is none under way.
    pub(super) async fn next(&mut self) -> Option<(u64, Result<CommandReply, Error>)> {
        loop {
            let joined = self.under_way.join_next().await?;
            if self.under_way.is_empty() {
                self.before = None;
            }
            match joined {
                Ok(done) => return Some(done),
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // The runtime itself ends.
                    Err(_cancelled) => {}
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use std::sync::Arc;
    use tokio::sync::Semaphore;
    use tokio::time::timeout;

    /// Long, even on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn with_a_turn(turns: &Arc<Semaphore>) -> Running {
        let turns = Arc::clone(turns);
        Box::pin(async move {
            let turn = turns.acquire_owned().await;
            turn.map(|_| CommandReply::Done).map_err(|error| Error::Internal(error.to_string()))
        })
    }

    #[tokio::test]
    async fn nothing_is_kept_from_others_while_nobody_asks_for_answers() {
        let turns = Arc::new(Semaphore::new(1));
        let taken = turns.acquire().await.unwrap();
        let mut commands = Commands::default();
        for id in 0..3 {
            commands.push_message(id, with_a_turn(&turns)).await;
        }
        for id in 3..6 {
            commands.push_in_turn(id, with_a_turn(&turns));
        }
        drop(taken);
        // The connection waits for something else, be it for a turn itself.
        drop(timeout(PATIENCE, turns.acquire()).await.expect("a turn comes").unwrap());
        let mut done = Vec::new();
        while let Some((id, result)) = commands.next().await {
            assert_eq!(result.unwrap(), CommandReply::Done);
            done.push(id);
        }
        done.sort_unstable();
        assert_eq!(done, [0, 1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn messages_are_begun_in_their_order_however_many() {
        const MANY: u64 = 1_000;
        let (line, mut waiting) = tokio::sync::mpsc::channel(1);
        let mut commands = Commands::default();
        for id in 0..MANY {
            let line = line.clone();
            let running = async move {
                line.send(id).await.unwrap();
                tokio::task::yield_now().await;
                Ok(CommandReply::Done)
            };
            commands.push_message(id, Box::pin(running)).await;
            assert_eq!(waiting.try_recv(), Ok(id), "in line at once");
        }
        let mut done = 0;
        while commands.next().await.is_some() {
            done += 1;
        }
        assert_eq!(done, MANY);
    }
}
