//! What holds for every request and every answer, whatever it is about.

use crate::assets::ScriptHashes;
use crate::config::{HttpConfig, Origin};
use crate::extract::{Client, Credential};
use crate::http::error::Error;
use crate::listener::Peer;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::api::DOORS;
use shared::error::ErrorCode;
use std::sync::Arc;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What every answer says about how it may be used.
#[derive(Clone, Debug)]
pub struct Policy {
    http: Arc<HttpConfig>,
    content: HeaderValue,
}

impl Policy {
    /// Of a page with these inline scripts.
    pub fn new(http: Arc<HttpConfig>, scripts: &ScriptHashes) -> Self {
        let content = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; \
             style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; \
             connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        );
        let content = HeaderValue::from_str(&content)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        Self { http, content }
    }
}

/// The outermost layer: notes where the request comes from, and puts the policy on the answer.
pub async fn guard(
    State(policy): State<Policy>,
    peer: Peer,
    mut request: Request,
    next: Next,
) -> Response {
    let client = Client::of(request.headers(), &peer, &policy.http);
    let secure = client.secure;
    let mut response = if names_one_host(&request) {
        request.extensions_mut().insert(client);
        next.run(request).await
    } else {
        Error::from(ErrorCode::BadFrame).into_response()
    };
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy.content);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(self), geolocation=(), \
             payment=(), usb=(), browsing-topics=()",
        ),
    );
    if secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Two hosts, or none, are how requests are smuggled past a proxy (RFC 9112, 3.2).
fn names_one_host(request: &Request) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        1 => true,
        _ => false,
    }
}

/// A layer: nothing but the page is kept by browsers or proxies.
pub async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A document that goes on for as long as the connection that it shows.
pub const FRAME: &str = "/transports/frame";

/// Whether the path is the API's, and never the page's.
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A layer: what a foreign page makes a browser ask is refused, before anything else
/// is looked at.
pub async fn own_pages_only(client: Client, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let acts = headers.contains_key(UPGRADE) || !is_safe(request.method());
    // What stays open is not begun by a foreign page either, though it could not read it.
    let path = request.uri().path();
    let stays = path == FRAME || DOORS.iter().any(|(_, door)| *door == path);
    if acts && !may_act(headers, &client) || stays && comes_from_elsewhere(headers, &client) {
        return Error::from(ErrorCode::ForeignOrigin).into_response();
    }
    next.run(request).await
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn comes_from_elsewhere(headers: &HeaderMap, client: &Client) -> bool {
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
        origin.is_some() && origin == client.origin
    };
    let has_bearer = matches!(Credential::of(headers, client), Credential::Bearer(_));
    let foreign_fetch = headers
        .get(FETCH_SITE)
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    !has_bearer && (foreign_fetch || !headers.get_all(ORIGIN).iter().all(is_own))
}

fn may_act(headers: &HeaderMap, client: &Client) -> bool {
    let credential = Credential::of(headers, client);
    if matches!(credential, Credential::Bearer(_)) {
        // A browser adds no bearer token by itself.
        return true;
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let foreign_fetch = headers
        .get(FETCH_SITE)
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    match (origins.next(), origins.next(), credential) {
        (Some(origin), None, _) => {
            let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
            origin.is_some()
                && origin == client.origin
                && headers.get(FETCH_SITE).is_none_or(|site| site != "cross-site")
        }
        (None, _, Credential::Nothing) => !foreign_fetch,
        (None | Some(_), _, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(own: &str) -> Client {
        Client {
            address: core::net::Ipv4Addr::LOCALHOST.into(),
            proxied: false,
            origin: own.parse().ok(),
            secure: false,
            agent: String::new(),
        }
    }

    fn may(lines: &[(&'static str, &str)]) -> bool {
        let headers = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        may_act(&headers, &client("https://chat.test:8443"))
    }

    const COOKIE: (&str, &str) = ("cookie", "hubbub_session=abc");

    #[test]
    fn the_own_page_may_act() {
        assert!(may(&[COOKIE, ("origin", "https://chat.test:8443")]));
        assert!(may(&[
            COOKIE,
            ("origin", "https://chat.test:8443"),
            ("sec-fetch-site", "same-origin")
        ]));
    }

    #[test]
    fn a_cookie_from_anywhere_else_is_refused() {
        assert!(!may(&[COOKIE]));
        for origin in [
            "null",
            "",
            "https://chat.test",
            "http://chat.test:8443",
            "https://chat.test:8443.evil.test",
            "https://evilchat.test:8443",
            "https://evil.test",
            "https://chat.test:8444",
        ] {
            assert!(!may(&[COOKIE, ("origin", origin)]), "{origin}");
        }
        let twice = [("origin", "https://chat.test:8443"), ("origin", "https://evil.test")];
        assert!(!may(&[COOKIE, twice[0], twice[1]]));
    }

    #[test]
    fn programs_need_no_origin() {
        assert!(may(&[]));
        assert!(may(&[("authorization", "Bearer abc")]));
        assert!(may(&[("authorization", "Bearer abc"), COOKIE, ("origin", "https://evil.test")]));
    }

    #[test]
    fn a_foreign_page_cannot_sign_anybody_in() {
        assert!(!may(&[("origin", "https://evil.test")]));
        assert!(!may(&[("sec-fetch-site", "cross-site")]));
        assert!(!may(&[("sec-fetch-site", "same-site")]));
    }
}
