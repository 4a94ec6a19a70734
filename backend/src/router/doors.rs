//! The ways to a live connection. Who asks, and whether there is room for them, is settled before
//! anything of it begins.

use crate::chat::Caller;
use crate::extract::{Client, Json};
use crate::http::error::Error;
use crate::limits::{Admission, Admitted};
use crate::listener::Peer;
use crate::live::cursor::Cursor;
use crate::live::poll::Poll;
use crate::live::stream::{self, Format};
use crate::live::{Live, Polls, websocket as frames};
use axum::Json as Answer;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use core::time::Duration;
use serde::Deserialize;
use shared::PROTOCOL_VERSION;
use shared::api::PollRequest;
use shared::error::ErrorCode;
use shared::frame::Resume;
use shared::limit;
use std::sync::Arc;

const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Deserialize)]
pub(super) struct Handshake {
    /// Which protocol the client speaks; the present one, when absent.
    protocol: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    protocol: Option<u32>,
    cursor: Option<String>,
    /// In seconds; at most, and when absent, [`limit::POLL_SECONDS`].
    wait: Option<u64>,
}

type Questions<T> = Result<Query<T>, QueryRejection>;

fn protocol(handshake: Questions<Handshake>) -> Result<u32, Error> {
    let Query(Handshake { protocol }) = handshake.map_err(|_| ErrorCode::BadFrame)?;
    Ok(protocol.unwrap_or(PROTOCOL_VERSION))
}

/// One more place of the client's own, where its connection is a proxy's.
pub(super) fn place(
    admission: &Arc<Admission>,
    client: &Client,
) -> Result<Option<Admitted>, Error> {
    Ok(if client.proxied { Some(admission.admit_address(client.address)?) } else { None })
}

pub(super) async fn websocket(
    State(live): State<Live>,
    State(admission): State<Arc<Admission>>,
    client: Client,
    peer: Peer,
    caller: Result<Caller, Error>,
    handshake: Questions<Handshake>,
    request: Request,
) -> Result<Response, Error> {
    if !frames::is_asked_for(&request) {
        return Err(Error::no_upgrade());
    }
    let (caller, protocol) = (caller?, protocol(handshake)?);
    if let Some(place) = place(&admission, &client)? {
        peer.link.keep(place);
    }
    peer.link.set_upgraded();
    frames::upgrade(live, caller, protocol, request).ok_or_else(Error::no_upgrade)
}

/// From now on, or from the last event that the browser has.
pub(super) async fn events(
    State(live): State<Live>,
    State(admission): State<Arc<Admission>>,
    client: Client,
    caller: Caller,
    handshake: Questions<Handshake>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let last = headers.get(LAST_EVENT).and_then(|id| id.to_str().ok()?.parse::<Cursor>().ok());
    let begin = last.map_or_else(Resume::default, |last| last.places.resume());
    let format = Format::Events { with_ids: true };
    let place = place(&admission, &client)?;
    Ok(stream::answer(live, caller, protocol(handshake)?, begin, format, place))
}

pub(super) async fn events_from(
    State(live): State<Live>,
    State(admission): State<Arc<Admission>>,
    client: Client,
    caller: Caller,
    handshake: Questions<Handshake>,
    Json(begin): Json<Resume>,
) -> Result<Response, Error> {
    let format = Format::Events { with_ids: false };
    let place = place(&admission, &client)?;
    Ok(stream::answer(live, caller, protocol(handshake)?, begin, format, place))
}

pub(super) async fn stream(
    State(live): State<Live>,
    State(admission): State<Arc<Admission>>,
    client: Client,
    caller: Caller,
    handshake: Questions<Handshake>,
) -> Result<Response, Error> {
    let place = place(&admission, &client)?;
    let begin = Resume::default();
    Ok(stream::answer(live, caller, protocol(handshake)?, begin, Format::Lines, place))
}

pub(super) async fn stream_from(
    State(live): State<Live>,
    State(admission): State<Arc<Admission>>,
    client: Client,
    caller: Caller,
    handshake: Questions<Handshake>,
    Json(begin): Json<Resume>,
) -> Result<Response, Error> {
    let place = place(&admission, &client)?;
    Ok(stream::answer(live, caller, protocol(handshake)?, begin, Format::Lines, place))
}

pub(super) async fn poll(
    State(live): State<Live>,
    caller: Caller,
    asked: Questions<Asked>,
) -> Result<Response, Error> {
    fetch(live, caller, asked, PollRequest::default()).await
}

pub(super) async fn poll_from(
    State(live): State<Live>,
    caller: Caller,
    asked: Questions<Asked>,
    Json(request): Json<PollRequest>,
) -> Result<Response, Error> {
    fetch(live, caller, asked, request).await
}

async fn fetch(
    live: Live,
    caller: Caller,
    asked: Questions<Asked>,
    PollRequest { cursor, resume }: PollRequest,
) -> Result<Response, Error> {
    let Query(asked) = asked.map_err(|_| ErrorCode::BadFrame)?;
    let cursor = match cursor.or(asked.cursor) {
        Some(text) => Some(text.parse::<Cursor>().map_err(|_| ErrorCode::BadFrame)?),
        None => None,
    };
    let wait = Duration::from_secs(asked.wait.unwrap_or(u64::MAX).min(limit::POLL_SECONDS));
    let protocol = asked.protocol.unwrap_or(PROTOCOL_VERSION);
    let polled = Polls::answer(live, caller, Poll { cursor, resume, wait, protocol }).await;
    let kept = [(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"))];
    Ok((kept, Answer(polled)).into_response())
}
