//! Frames by asking again and again. Between two polls a basket keeps what has come; where it is
//! not there any more, or what was in it may not have arrived, the cursor says where to go on.

use super::Live;
use super::connection::{Gone, Incoming, Note, Signs, Socket, serve};
use super::cursor::{Cursor, Places};
use crate::chat::Caller;
use crate::hub::Encoded;
use serde_json::value::RawValue;
use shared::api::Polled;
use shared::frame::{CloseCode, Resume, ServerFrame};
use shared::id::{ConnectionId, SessionId};
use shared::limit;
use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a first answer may wait for what is to be in it.
const BEGINNING: Duration = Duration::from_secs(10);
/// What a first answer has: who one is, and where one stands.
const FIRST_FRAMES: usize = 2;
/// How long the last words wait to be fetched once the server is about to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// The connections of this node whose clients poll.
#[derive(Debug, Default)]
pub struct Polls(Mutex<HashMap<ConnectionId, Arc<Basket>>>);

/// What a client asks for.
#[derive(Debug)]
pub struct Poll {
    pub cursor: Option<Cursor>,
    /// What the client has, where no cursor says it.
    pub resume: Resume,
    pub wait: Duration,
    pub protocol: u32,
}

/// What one client has not fetched yet.
#[derive(Debug)]
struct Basket {
    door: ConnectionId,
    session: SessionId,
    held: Mutex<Held>,
    /// Something was put in, or another poll has come.
    filled: Notify,
    /// Something was taken out, or nobody will come any more.
    emptied: Notify,
    /// A poll has come.
    asked: Notify,
}

#[derive(Debug, Default)]
struct Held {
    frames: VecDeque<Encoded>,
    bytes: usize,
    /// Where the client stands once it has these frames.
    places: Places,
    /// How many answers were given.
    answers: u32,
    /// How many polls have come: only the newest is answered.
    polls: u64,
    /// Nothing more is put in.
    ended: bool,
    /// Nobody takes out any more.
    abandoned: bool,
}

impl Polls {
    /// Answers with what there is for the client, as soon as there is something.
    pub async fn answer(live: Live, caller: Caller, poll: Poll) -> Polled<Box<RawValue>> {
        let known = poll.cursor.as_ref().and_then(|cursor| live.polls.find(cursor, &caller));
        if let Some(basket) = known {
            return basket.take(1, poll.wait).await;
        }
        let resume = poll.cursor.map_or(poll.resume, |cursor| cursor.places.resume());
        begin(live, caller, poll.protocol, resume).take(FIRST_FRAMES, BEGINNING).await
    }

    /// The basket that gave this cursor with its last answer. One that gave it earlier is given up:
    /// what it has answered since has not arrived.
    fn find(&self, cursor: &Cursor, caller: &Caller) -> Option<Arc<Basket>> {
        let basket = lock(&self.0).get(&cursor.door).map(Arc::clone)?;
        if basket.session != caller.session {
            return None;
        }
        let is_usable = {
            let mut held = lock(&basket.held);
            let has_more = !held.ended || !held.frames.is_empty();
            let usable = has_more && !held.abandoned && held.answers == cursor.answer;
            held.abandoned |= !usable;
            usable
        };
        if !is_usable {
            basket.emptied.notify_one();
            basket.asked.notify_one();
        }
        is_usable.then_some(basket)
    }
}

/// Opens a connection whose client is to come and fetch.
fn begin(live: Live, caller: Caller, protocol: u32, resume: Resume) -> Arc<Basket> {
    let basket = Arc::new(Basket {
        door: ConnectionId::new(),
        session: caller.session,
        held: Mutex::default(),
        filled: Notify::new(),
        emptied: Notify::new(),
        asked: Notify::new(),
    });
    let polls = Arc::clone(&live.polls);
    lock(&polls.0).insert(basket.door, Arc::clone(&basket));
    let socket = Fetched { basket: Arc::clone(&basket), begin: Some(resume), notes: Vec::new() };
    let (tasks, shutdown, silence) = (live.tasks.clone(), live.shutdown.clone(), live.pace.silence);
    let served = Arc::clone(&basket);
    tasks.spawn(async move {
        Box::pin(serve(live, caller, socket, protocol)).await;
        served.end();
        // Whoever does not come for the last words has gone.
        tokio::select! {
            _ = timeout(silence, served.fetched()) => {}
            () = async {
                shutdown.cancelled().await;
                let _ = timeout(FAREWELL, served.fetched()).await;
            } => {}
        }
        lock(&polls.0).remove(&served.door);
    });
    basket
}

impl Basket {
    /// Takes out all there is once there are `least` frames, or after `wait` what there is then.
    async fn take(&self, least: usize, wait: Duration) -> Polled<Box<RawValue>> {
        let until = Instant::now() + wait;
        let poll = {
            let mut held = lock(&self.held);
            held.polls += 1;
            held.polls
        };
        self.asked.notify_one();
        // An earlier poll that still waits is answered with nothing.
        self.filled.notify_waiters();
        loop {
            let mut filled = pin!(self.filled.notified());
            filled.as_mut().enable();
            {
                let mut held = lock(&self.held);
                if held.polls != poll {
                    return held.polled(self.door, &VecDeque::new());
                }
                if held.frames.len() >= least || held.ended {
                    return self.hand_out(&mut held);
                }
            }
            if timeout_at(until, filled).await.is_err() {
                let mut held = lock(&self.held);
                if held.polls != poll {
                    return held.polled(self.door, &VecDeque::new());
                }
                return self.hand_out(&mut held);
            }
        }
    }

    fn hand_out(&self, held: &mut Held) -> Polled<Box<RawValue>> {
        let frames = core::mem::take(&mut held.frames);
        held.bytes = 0;
        if !frames.is_empty() {
            held.answers = held.answers.wrapping_add(1);
        }
        self.emptied.notify_one();
        held.polled(self.door, &frames)
    }

    fn end(&self) {
        lock(&self.held).ended = true;
        self.filled.notify_waiters();
    }

    /// Waits until nothing is left.
    async fn fetched(&self) {
        loop {
            let emptied = self.emptied.notified();
            {
                let held = lock(&self.held);
                if held.frames.is_empty() || held.abandoned {
                    return;
                }
            }
            emptied.await;
        }
    }
}

impl Held {
    fn polled(&self, door: ConnectionId, frames: &VecDeque<Encoded>) -> Polled<Box<RawValue>> {
        let cursor = Cursor { door, answer: self.answers, places: self.places.clone() };
        let frames = frames.iter().filter_map(|frame| {
            match RawValue::from_string(frame.text().to_string()) {
                Ok(frame) => Some(frame),
                Err(error) => {
                    tracing::error!(%error, "a frame is not JSON");
                    None
                }
            }
        });
        Polled { frames: frames.collect(), cursor: cursor.to_string() }
    }
}

/// The server's end.
struct Fetched {
    basket: Arc<Basket>,
    begin: Option<Resume>,
    /// What the next frames mean.
    notes: Vec<Note>,
}

impl Socket for Fetched {
    const SIGNS: Signs = Signs::Requests;

    fn transport(&self) -> &'static str {
        "poll"
    }

    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    async fn receive(&mut self) -> Incoming {
        if let Some(resume) = self.begin.take() {
            return Incoming::Begin(resume);
        }
        self.basket.asked.notified().await;
        if lock(&self.basket.held).abandoned { Incoming::Gone } else { Incoming::SignOfLife }
    }

    async fn send(&mut self, frames: Vec<Encoded>) -> Result<(), Gone> {
        loop {
            let emptied = self.basket.emptied.notified();
            {
                let mut held = lock(&self.basket.held);
                if held.abandoned {
                    return Err(Gone);
                }
                if held.has_room() {
                    held.bytes += frames.iter().map(|frame| frame.text().len()).sum::<usize>();
                    held.frames.extend(frames);
                    // Only now: the places are those of a client that has the frames.
                    for note in self.notes.drain(..) {
                        held.places.apply(note);
                    }
                    break;
                }
            }
            emptied.await;
        }
        self.basket.filled.notify_waiters();
        Ok(())
    }

    async fn close(&mut self, code: CloseCode) {
        // Beside whatever is in there: there is room for the last word.
        if let Some(frame) = Encoded::new(&ServerFrame::Closed { code: code.number() }) {
            lock(&self.basket.held).frames.push_back(frame);
        }
        self.basket.end();
    }
}

impl Held {
    fn has_room(&self) -> bool {
        (self.frames.len() as u64) < limit::LAG_EVENTS && self.bytes < limit::LAG_BYTES
    }
}

/// A poisoned lock's data is whole: nothing panics between two writes under it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
