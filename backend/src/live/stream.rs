//! Frames as one long answer to a request: server-sent events, a JSON object a line, or elements of a
//! document. What the client asks comes by `POST commands`.

use super::Live;
use super::connection::{Gone, Incoming, Note, Signs, Socket, serve};
use super::cursor::{Cursor, Places};
use crate::chat::Caller;
use crate::hub::Encoded;
use crate::limits::Admitted;
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use core::convert::Infallible;
use futures_util::stream;
use shared::frame::{CloseCode, Resume, ServerFrame};
use shared::id::ConnectionId;
use tokio::sync::mpsc;

/// Asks nginx and its like to hand on what comes as it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// After what time a browser asks again for events, in milliseconds.
const RETRY: &str = "retry: 2000\n\n";

/// What a document begins with, so that all of the rest is its body.
const DOCUMENT: &str = "<!doctype html><title>Frames</title><body>\n";

/// How frames are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Server-sent events. With ids for whoever began without a `resume`, since such a client comes
    /// back with nothing but the last one.
    Events { with_ids: bool },
    /// One a line.
    Lines,
    /// An element of a document each, for a frame within a page.
    Elements,
}

/// The beginning of a live connection of `caller`'s, who speaks this `protocol` and has what
/// `begin` says.
pub fn answer(
    live: Live,
    caller: Caller,
    protocol: u32,
    begin: Resume,
    format: Format,
    place: Option<Admitted>,
) -> Response {
    // One write at a time: what waits longer stays in the logs.
    let (sender, mut receiver) = mpsc::channel(1);
    let socket = Stream { sender, format, begin: Some(begin), notes: Vec::new(), cursor: none() };
    let tasks = live.tasks.clone();
    tasks.spawn(async move {
        Box::pin(serve(live, caller, socket, protocol)).await;
        drop(place);
    });
    let chunks = stream::poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|chunk| chunk.map(Ok::<Bytes, Infallible>))
    });
    let content_type = match format {
        Format::Events { .. } => "text/event-stream",
        Format::Lines => "application/x-ndjson",
        Format::Elements => "text/html; charset=utf-8",
    };
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store, no-transform"),
        (ACCEL_BUFFERING, "no"),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}

fn none() -> Cursor {
    Cursor { door: ConnectionId::new(), answer: 0, places: Places::default() }
}

/// The server's end of a long answer.
struct Stream {
    sender: mpsc::Sender<Bytes>,
    format: Format,
    begin: Option<Resume>,
    /// What the next frames mean.
    notes: Vec<Note>,
    cursor: Cursor,
}

impl Socket for Stream {
    const SIGNS: Signs = Signs::Taking;

    fn transport(&self) -> &'static str {
        match self.format {
            Format::Events { .. } => "events",
            Format::Lines => "stream",
            Format::Elements => "frame",
        }
    }

    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    async fn receive(&mut self) -> Incoming {
        if let Some(resume) = self.begin.take() {
            return Incoming::Begin(resume);
        }
        self.sender.closed().await;
        Incoming::Gone
    }

    async fn send(&mut self, frames: Vec<Encoded>) -> Result<(), Gone> {
        let notes = core::mem::take(&mut self.notes);
        let text = match self.format {
            Format::Events { with_ids } => self.events(&frames, &notes, with_ids),
            Format::Elements => self.elements(&frames),
            Format::Lines => {
                frames.iter().flat_map(|frame| [frame.text().as_str(), "\n"]).collect()
            }
        };
        self.sender.send(text.into()).await.map_err(|_| Gone)
    }

    async fn close(&mut self, code: CloseCode) {
        let frame = Encoded::new(&ServerFrame::Closed { code: code.number() });
        // Whoever has gone need not hear it.
        let _ = self.send(frame.into_iter().collect()).await;
    }
}

impl Stream {
    fn elements(&mut self, frames: &[Encoded]) -> String {
        let mut text = String::new();
        if self.cursor.answer == 0 {
            self.cursor.answer = 1;
            text.push_str(DOCUMENT);
        }
        for frame in frames {
            text.push_str("<p>");
            for char in frame.text().chars() {
                match char {
                    '&' => text.push_str("&amp;"),
                    '<' => text.push_str("&lt;"),
                    other => text.push(other),
                }
            }
            text.push_str("</p>\n");
        }
        text
    }

    fn events(&mut self, frames: &[Encoded], notes: &[Note], with_ids: bool) -> String {
        let mut text = String::new();
        if self.cursor.answer == 0 {
            self.cursor.answer = 1;
            text.push_str(RETRY);
        }
        let heartbeat = notes.contains(&Note::Heartbeat);
        for (at, frame) in frames.iter().enumerate() {
            let still_to_come = (frames.len() - 1 - at) as u64;
            let is_last = still_to_come == 0;
            let mut moved = false;
            for note in notes {
                match *note {
                    // Each of a run of events has a place of its own.
                    Note::Events(room, last) => {
                        let seq = shared::id::Seq(last.0.saturating_sub(still_to_come));
                        self.cursor.places.apply(Note::Events(room, seq));
                        moved = true;
                    }
                    Note::At(..) | Note::Left(_) if is_last => {
                        self.cursor.places.apply(*note);
                        moved = true;
                    }
                    Note::At(..) | Note::Left(_) | Note::Heartbeat => {}
                }
            }
            if with_ids && moved {
                text.push_str("id: ");
                text.push_str(&self.cursor.to_string());
                text.push('\n');
            }
            if heartbeat {
                text.push_str("event: heartbeat\n");
            }
            text.push_str("data: ");
            text.push_str(frame.text());
            text.push_str("\n\n");
        }
        text
    }
}
