//! What a client holds already is not sent again: answers to questions have an `ETag` of what they
//! say. Browsers keep none of them; a program that asks again may.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use shared::error::ErrorCode;

use crate::http::error::Error;

/// A layer.
pub(super) async fn validate(request: Request, next: Next) -> Response {
    let held = (*request.method() == Method::GET).then(|| request.headers().clone());
    let response = next.run(request).await;
    match held {
        Some(held) if is_whole(&response) => tagged(response, &held).await,
        Some(_) | None => response,
    }
}

/// Whether all of the answer is there: what stays open has no tag.
fn is_whole(response: &Response) -> bool {
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|of| of == "application/json");
    response.status() == StatusCode::OK && is_json
}

async fn tagged(response: Response, held: &HeaderMap) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Error::from(ErrorCode::Internal).into_response();
    };
    let bytes = body.to_bytes();
    let tag = format!("\"{}\"", STANDARD.encode(&Sha256::digest(&bytes)[..12]));
    let holds = held.get_all(IF_NONE_MATCH).iter().any(|line| {
        let tags = line.to_str().unwrap_or_default().split(',').map(str::trim);
        tags.map(|held| held.trim_start_matches("W/")).any(|held| held == tag)
    });
    if let Ok(tag) = HeaderValue::try_from(tag) {
        parts.headers.insert(ETAG, tag);
    }
    if !holds {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}
