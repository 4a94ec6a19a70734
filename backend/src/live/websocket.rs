//! Frames over a WebSocket.

use super::Live;
use super::connection::{Gone, Incoming, Socket, serve};
use crate::chat::Caller;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use shared::frame::CloseCode;
use shared::limit;

/// Small, since most connections are idle most of the time: 135 KiB each by default.
const BUFFER_BYTES: usize = 1024;

/// Turns the request into a live connection of `caller`'s, who speaks this `protocol`.
pub fn upgrade(live: Live, caller: Caller, protocol: u32, upgrade: WebSocketUpgrade) -> Response {
    let tasks = live.tasks.clone();
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(limit::FRAME_BYTES)
        .max_frame_size(limit::FRAME_BYTES)
        .on_upgrade(move |socket| tasks.track_future(serve(live, caller, socket, protocol)))
}

impl Socket for WebSocket {
    async fn receive(&mut self) -> Incoming {
        match self.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Frame(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::SignOfLife,
            Some(Ok(Message::Binary(_))) => Incoming::Breach(CloseCode::Protocol),
            Some(Err(error)) if is_too_big(&error) => Incoming::Breach(CloseCode::TooBig),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Incoming::Gone,
        }
    }

    async fn send(&mut self, frames: Vec<Utf8Bytes>) -> Result<(), Gone> {
        for frame in frames {
            self.feed(Message::Text(frame)).await.map_err(|_| Gone)?;
        }
        self.flush().await.map_err(|_| Gone)
    }

    async fn close(&mut self, code: CloseCode) {
        let frame = CloseFrame { code: code.number(), reason: code.reason().into() };
        if SinkExt::send(self, Message::Close(Some(frame))).await.is_err() {
            return;
        }
        // What the client still sends is read until it has answered, so that it gets to see the
        // code instead of a reset.
        while let Some(Ok(_)) = self.next().await {}
    }
}

fn is_too_big(error: &axum::Error) -> bool {
    use std::error::Error as _;
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<tungstenite::Error>() {
            return matches!(error, tungstenite::Error::Capacity(_));
        }
        source = error.source();
    }
    false
}
