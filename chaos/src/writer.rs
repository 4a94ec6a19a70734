//! Somebody who writes, and never gives a message up: what was not acknowledged is sent again under
//! the same id, until it is.

use crate::checker::{Sent, Written};
use crate::wire::{Failure, Live, Person, fingerprint_of};
use anyhow::{Result, bail};
use shared::command::{ClientCommand, CommandReply};
use shared::frame::{ClientFrame, ServerFrame};
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::message::Acknowledgement;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Before somebody tries again whom nobody answered.
const AGAIN: Duration = Duration::from_millis(20);
/// Every so many messages somebody who writes over HTTP changes what they wrote.
const EDIT: usize = 10;

/// Every so many messages they send one again that was acknowledged.
const AGAIN_EVERY: usize = 5;

/// What all writers write together, and how far they are.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicU64,
    over: AtomicBool,
    acknowledged: AtomicU64,
}

impl Budget {
    pub(crate) fn new(messages: u64) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicU64::new(messages),
            over: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
        })
    }

    /// Nothing new is written from now on.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    fn take(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
    }
}

/// How somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// By a WebSocket, with so many unacknowledged.
    Ahead(usize),
    /// Over HTTP, one after the other.
    OneByOne,
    /// By a WebSocket, one at a time, at least so long after the one before.
    Every(Duration),
}

#[derive(Debug)]
pub(crate) struct Writer {
    person: Person,
    room: RoomId,
    budget: Arc<Budget>,
    sent: Vec<Sent>,
    /// By their places in `sent`, with their text.
    unacknowledged: VecDeque<(usize, String)>,
}

/// Microseconds of this process, as a message says them: how long it travels is told by it.
pub(crate) fn moment() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGIN.get_or_init(Instant::now).elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Writer {
    pub(crate) const fn new(person: Person, room: RoomId, budget: Arc<Budget>) -> Self {
        Self { person, room, budget, sent: Vec::new(), unacknowledged: VecDeque::new() }
    }

    /// Writes until the budget is used up and all is acknowledged.
    pub(crate) async fn write(mut self, manner: Manner) -> Result<Written> {
        match manner {
            Manner::OneByOne => self.one_by_one().await?,
            Manner::Ahead(window) => self.by_socket(window, Duration::ZERO).await?,
            Manner::Every(pause) => self.by_socket(1, pause).await?,
        }
        Ok(Written { author: self.person.user, sent: self.sent })
    }

    /// The next message, if there is to be one.
    fn compose(&mut self) -> bool {
        if !self.budget.take() {
            return false;
        }
        let number = self.sent.len();
        let text = format!("{} {number} {}", self.person.nick, moment());
        let body = fingerprint_of(&text);
        let id = ClientMessageId::new();
        self.sent.push(Sent { id, room: self.room, body, acknowledged: None });
        self.unacknowledged.push_back((number, text));
        true
    }

    fn command(&self, number: usize, text: &str) -> ClientCommand {
        ClientCommand::say(self.room, self.sent[number].id, text.to_owned())
    }

    fn acknowledge(&mut self, number: usize, reply: &CommandReply) -> Result<Seq> {
        let CommandReply::Sent(acknowledgement) = reply else {
            bail!("{reply:?} answers a message");
        };
        let Acknowledgement { client_message_id, room, seq, .. } = *acknowledgement;
        let Some(sent) = self.sent.get_mut(number) else { bail!("{number} was never asked") };
        if (client_message_id, room) != (sent.id, sent.room) {
            bail!("the acknowledgement is another message's");
        }
        sent.acknowledged = Some(seq);
        self.unacknowledged.retain(|(waiting, _)| *waiting != number);
        self.budget.acknowledged.fetch_add(1, Ordering::Relaxed);
        Ok(seq)
    }

    async fn one_by_one(&mut self) -> Result<()> {
        while self.compose() {
            while let Some((number, text)) = self.unacknowledged.front().cloned() {
                match self.person.command(&self.command(number, &text)).await {
                    Ok(reply) => {
                        let message = self.acknowledge(number, &reply)?;
                        if number % AGAIN_EVERY == 1 {
                            // As if the answer had not come: whatever is said now, it is one
                            // message.
                            let _ = self.person.command(&self.command(number, &text)).await;
                        }
                        if number % EDIT == 0 {
                            let (room, body) = (self.room, format!("{text}, or so"));
                            let edit = ClientCommand::EditMessage { room, message, body };
                            // Whether it is changed does not matter: everybody sees the same.
                            let _ = self.person.command(&edit).await;
                        }
                    }
                    Err(Failure::Refused(code)) if !code.is_retryable() => bail!("{code:?}"),
                    Err(Failure::Refused(_) | Failure::Unknown) => sleep(AGAIN).await,
                }
            }
        }
        Ok(())
    }

    async fn by_socket(&mut self, window: usize, pause: Duration) -> Result<()> {
        loop {
            if let Ok(mut live) = Live::to_ask(&self.person).await
                && let Ok(()) = self.by_connection(&mut live, window, pause).await?
            {
                return Ok(());
            }
            sleep(AGAIN).await;
        }
    }

    /// As long as a connection lasts. What fails by itself, and not with the connection, is an
    /// error.
    async fn by_connection(
        &mut self,
        live: &mut Live,
        window: usize,
        pause: Duration,
    ) -> Result<Result<()>> {
        // In the order in which they were written.
        for (number, text) in self.unacknowledged.clone() {
            if let Err(end) = self.ask(live, number, &text).await {
                return Ok(Err(end));
            }
        }
        let mut due = Instant::now();
        loop {
            while self.unacknowledged.len() < window && due <= Instant::now() {
                if !self.compose() {
                    break;
                }
                due = Instant::now() + pause;
                let Some((number, text)) = self.unacknowledged.back().cloned() else { break };
                if let Err(end) = self.ask(live, number, &text).await {
                    return Ok(Err(end));
                }
            }
            if let Err(end) = live.flush().await {
                return Ok(Err(end));
            }
            if self.unacknowledged.is_empty() {
                if due > Instant::now() {
                    sleep_until(due).await;
                    continue;
                }
                return Ok(Ok(()));
            }
            let heard = tokio::time::timeout(crate::wire::PATIENCE, live.next()).await;
            let frame = match heard {
                Ok(Ok(frame)) => frame,
                Ok(Err(end)) => return Ok(Err(end)),
                // Whether it was stored is unknown: again, on another connection.
                Err(late) => return Ok(Err(late.into())),
            };
            if let ServerFrame::Reply { id, reply } = frame {
                self.acknowledge(usize::try_from(id)?, &reply)?;
            } else if let ServerFrame::Refused { error, .. } = frame {
                if !error.is_retryable() {
                    bail!("{error:?}");
                }
                return Ok(Err(anyhow::anyhow!("refused for now: {error:?}")));
            } else if let ServerFrame::Heartbeat { .. } = frame
                && let Err(end) = live.beat().await
            {
                return Ok(Err(end));
            }
        }
    }

    async fn ask(&self, live: &mut Live, number: usize, text: &str) -> Result<()> {
        let command = self.command(number, text);
        live.feed(&ClientFrame::Command { id: number as u64, command }).await
    }
}
