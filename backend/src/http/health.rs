//! For whoever keeps the server running: is it alive, is it ready, how is it doing.

use crate::chat::{Caller, Chat};
use crate::extract::{Client, Credential};
use crate::http::error::Error;
use crate::metrics::Metrics;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use core::convert::Infallible;
use core::time::Duration;
use futures_util::stream;
use shared::error::ErrorCode;
use shared::user::SiteRole;
use std::sync::Arc;

/// Where [`stream()`] is.
pub const STREAM: &str = "/healthz/stream";
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Longer than anything takes that is not held back.
const APART: Duration = Duration::from_secs(2);

/// The process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// The store answers too, so that requests will.
pub async fn ready(State(chat): State<Arc<Chat>>) -> (StatusCode, &'static str) {
    match chat.site().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}

/// Two events, some time apart: to whom they come together, something on the way holds back what stays
/// open.
pub async fn stream() -> impl IntoResponse {
    let events = stream::unfold("data: first\n\n", |event| async move {
        let (event, next) = match event {
            "" => return None,
            "data: last\n\n" => {
                tokio::time::sleep(APART).await;
                (event, "")
            }
            first => (first, "data: last\n\n"),
        };
        Some((Ok::<_, Infallible>(Bytes::from_static(event.as_bytes())), next))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store, no-transform"),
        (ACCEL_BUFFERING, "no"),
    ];
    (headers, Body::from_stream(events))
}

/// For programs that hold an administrator's token.
pub async fn metrics(
    State(metrics): State<Metrics>,
    client: Client,
    headers: HeaderMap,
    caller: Caller,
) -> Result<impl IntoResponse, Error> {
    if !matches!(Credential::of(&headers, &client), Credential::Bearer(_)) {
        return Err(ErrorCode::Unauthorized.into());
    }
    if caller.user.role != SiteRole::Administrator {
        return Err(ErrorCode::Forbidden.into());
    }
    Ok(metrics_text(&metrics))
}

/// For whoever reaches the address that is only for this.
pub async fn open_metrics(State(metrics): State<Metrics>) -> impl IntoResponse {
    metrics_text(&metrics)
}

fn metrics_text(metrics: &Metrics) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render())
}
