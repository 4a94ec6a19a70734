//! A page that shows all ways of a live connection side by side. It has a policy of its own, so that
//! the conversations' stays as strict as it is.

use super::doors;
use crate::assets::Assets;
use crate::chat::Caller;
use crate::extract::Client;
use crate::http::error::Error;
use crate::limits::Admission;
use crate::live::Live;
use crate::live::stream::{self, Format};
use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use shared::PROTOCOL_VERSION;
use shared::frame::Resume;
use std::sync::Arc;

pub(super) const PAGE: &str = "/transports";
const DOCUMENT: &str = "doors/transports.html";

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Nothing runs in it and nothing is fetched; only this server's own pages look into it.
const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
     sandbox allow-same-origin",
);

pub(super) async fn page(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    with_policy(assets.answer(DOCUMENT, &headers), POLICY)
}

pub(super) async fn frame(
    State(live): State<Live>,
    State(admission): State<Arc<Admission>>,
    client: Client,
    caller: Caller,
) -> Result<Response, Error> {
    let place = doors::place(&admission, &client)?;
    let begin = Resume::default();
    let answer = stream::answer(live, caller, PROTOCOL_VERSION, begin, Format::Elements, place);
    Ok(with_policy(answer, FRAME_POLICY))
}

fn with_policy(mut response: Response, policy: HeaderValue) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}
