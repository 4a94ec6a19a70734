//! What lies between a server and a client: frames arrive in order, after a while, until the
//! connection is cut, or goes on to look alive while nothing arrives.

use crate::chance::Chance;
use core::future::pending;
use core::time::Duration;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// What may be under way in one direction before whoever sends has to wait.
const UNDER_WAY: usize = 4;

/// How a connection fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Up,
    /// Both ends have been told. What had not arrived by then never will.
    Cut(Instant),
    /// Nothing arrives any more, and nobody is told.
    Hole(Instant),
}

/// Breaks a connection.
#[derive(Clone, Debug)]
pub struct Fate(Arc<watch::Sender<Line>>);

impl Fate {
    /// Where nothing arrives, word of this does not either.
    pub fn cut(&self) {
        self.0.send_if_modified(|line| {
            let is_up = *line == Line::Up;
            if is_up {
                *line = Line::Cut(Instant::now());
            }
            is_up
        });
    }

    /// Makes a connection half-open.
    pub fn hole(&self) {
        self.0.send_if_modified(|line| {
            let is_up = *line == Line::Up;
            if is_up {
                *line = Line::Hole(Instant::now());
            }
            is_up
        });
    }
}

/// One end of a connection.
#[derive(Debug)]
pub struct End<Out, In> {
    out: mpsc::Sender<(Instant, Out)>,
    into: mpsc::Receiver<(Instant, In)>,
    held: Option<(Instant, In)>,
    line: watch::Receiver<Line>,
    chance: Chance,
    /// The longest that a frame takes.
    slowest: u64,
    last_out: Instant,
}

/// The other end is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// A connection of which each frame takes up to so many milliseconds.
pub fn connection<A, B>(chance: &Chance, slowest: u64) -> (End<A, B>, End<B, A>, Fate) {
    let (client_out, server_into) = mpsc::channel(UNDER_WAY);
    let (server_out, client_into) = mpsc::channel(UNDER_WAY);
    let (fate, line) = watch::channel(Line::Up);
    let last_out = Instant::now();
    let one = End {
        out: client_out,
        into: client_into,
        held: None,
        line: line.clone(),
        chance: chance.clone(),
        slowest,
        last_out,
    };
    let chance = chance.clone();
    let other =
        End { out: server_out, into: server_into, held: None, line, chance, slowest, last_out };
    (one, other, Fate(Arc::new(fate)))
}

impl<Out, In> End<Out, In> {
    /// Waits while too much is under way.
    pub async fn send(&mut self, frame: Out) -> Result<(), Broken> {
        if let Line::Cut(_) = *self.line.borrow() {
            return Err(Broken);
        }
        let arrives = Instant::now() + self.chance.millis(0, self.slowest);
        // In order.
        self.last_out = self.last_out.max(arrives);
        let sent = tokio::select! {
            biased;
            sent = self.out.send((self.last_out, frame)) => sent.is_ok(),
            () = Self::is_cut(&mut self.line) => false,
        };
        match *self.line.borrow() {
            Line::Up if sent => Ok(()),
            Line::Hole(_) => Ok(()),
            Line::Up | Line::Cut(_) => Err(Broken),
        }
    }

    /// Dropped half-way, it loses nothing. `None` when no more will come.
    pub async fn receive(&mut self) -> Option<In> {
        loop {
            let line = *self.line.borrow_and_update();
            if self.held.is_none() {
                self.held = match line {
                    Line::Up => tokio::select! {
                        biased;
                        Ok(()) = self.line.changed() => continue,
                        next = self.into.recv() => Some(next?),
                    },
                    Line::Cut(_) => Some(self.into.try_recv().ok()?),
                    Line::Hole(_) => self.into.try_recv().ok(),
                };
            }
            let arrives = self.held.as_ref().map(|(arrives, _)| *arrives);
            match (line, arrives) {
                (Line::Cut(at), Some(arrives)) if arrives > at => return None,
                (Line::Hole(at), Some(arrives)) if arrives <= at => {}
                (Line::Hole(_), _) => {
                    if self.line.changed().await.is_err() {
                        pending::<()>().await;
                    }
                    continue;
                }
                (Line::Up | Line::Cut(_), _) => {}
            }
            let Some(arrives) = arrives else { continue };
            tokio::select! {
                biased;
                () = sleep_until(arrives) => return self.held.take().map(|(_, frame)| frame),
                Ok(()) = self.line.changed() => {}
            }
        }
    }

    async fn is_cut(line: &mut watch::Receiver<Line>) {
        if line.wait_for(|line| matches!(line, Line::Cut(_))).await.is_err() {
            pending::<()>().await;
        }
    }
}

/// What a way to the server and back takes, for a request.
pub fn way(chance: &Chance) -> Duration {
    chance.millis(1, 200)
}
