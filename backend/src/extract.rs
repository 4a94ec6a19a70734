//! What a request says about itself, in the order in which it is believed: where it comes from,
//! who asks, for which room, and only then what it asks.

use crate::chat::{self, Caller, Chat, account};
use crate::config::{HttpConfig, Origin, Scheme};
use crate::http::error::Error;
use crate::listener::Peer;
use axum::body::Body as HttpBody;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderName, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use core::net::IpAddr;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::api::{COOKIE_PLAIN, COOKIE_SECURE, Endpoint};
use shared::error::ErrorCode;
use shared::id::RoomId;
use shared::limit;
use shared::permission::RoomAction;
use std::sync::Arc;

/// From the end of a request's head to the end of its body.
const BODY: Duration = Duration::from_secs(10);

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request comes from. An extension of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Of whoever asked; behind trusted proxies, the nearest hop that is none.
    pub address: IpAddr,
    /// Whether a trusted proxy stands in between.
    pub proxied: bool,
    /// How this server is called in the request's address, unless that makes no sense.
    pub origin: Option<Origin>,
    /// Whether the way to the client is encrypted.
    pub secure: bool,
    /// The browser's or program's own words.
    pub agent: String,
}

impl Client {
    pub fn of(headers: &HeaderMap, peer: &Peer, http: &HttpConfig) -> Self {
        let near = peer.address.ip().to_canonical();
        let proxied = http.trusts(near);
        let forwarded = |name: HeaderName| if proxied { last(headers, &name) } else { None };
        let scheme = match forwarded(FORWARDED_PROTO) {
            Some(proto) if proto.eq_ignore_ascii_case("https") => Scheme::Https,
            None if peer.tls => Scheme::Https,
            Some(_) | None => Scheme::Http,
        };
        let origin = http.public_url.clone().or_else(|| {
            let host = forwarded(FORWARDED_HOST)
                .or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
            host.and_then(|host| Origin::of_host(scheme, host).ok())
        });
        let scheme = http.public_url.as_ref().map_or(scheme, Origin::scheme);
        let agent = headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
        Self {
            address: if proxied { nearest_stranger(headers, near, http) } else { near },
            proxied,
            origin,
            secure: scheme == Scheme::Https,
            agent: String::from_utf8_lossy(agent).into_owned(),
        }
    }

    /// As a session's list shows it.
    pub fn sign_in_origin(&self) -> account::Origin {
        account::Origin { agent: self.agent.clone(), address: self.address.to_string() }
    }

    /// The name of the session's cookie for this client.
    pub const fn cookie_name(&self) -> &'static str {
        if self.secure { COOKIE_SECURE } else { COOKIE_PLAIN }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        extension(parts)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        extension(parts)
    }
}

/// What the listener or the outermost layer has put there.
fn extension<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, Error> {
    parts.extensions.get::<T>().cloned().ok_or_else(|| {
        let what = core::any::type_name::<T>();
        chat::Error::Internal(format!("a request without its {what}")).into()
    })
}

/// The last of the values, over all headers of the name.
fn last<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// From the near end of the chain, the first hop that is no trusted proxy.
fn nearest_stranger(headers: &HeaderMap, near: IpAddr, http: &HttpConfig) -> IpAddr {
    let mut known = near;
    for line in headers.get_all(FORWARDED_FOR).iter().rev() {
        for hop in line.to_str().unwrap_or_default().rsplit(',') {
            // What stands beyond nonsense was not written by a proxy of ours.
            let Some(address) = hop_address(hop.trim()) else { return known };
            known = address;
            if !http.trusts(address) {
                return known;
            }
        }
    }
    known
}

/// Some proxies add the port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<core::net::SocketAddr>().ok().map(|hop| hop.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    address.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

/// By what a request says who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'h> {
    /// Given by the program itself.
    Bearer(&'h str),
    /// Added by the browser, whoever made the page.
    Cookie(&'h str),
    Nothing,
}

impl<'h> Credential<'h> {
    /// A bearer token wins over a cookie.
    pub fn of(headers: &'h HeaderMap, client: &Client) -> Self {
        if let Some(token) = bearer(headers) {
            return Self::Bearer(token);
        }
        cookie(headers, client.cookie_name()).map_or(Self::Nothing, Self::Cookie)
    }

    const fn token(self) -> Option<&'h str> {
        match self {
            Self::Bearer(token) | Self::Cookie(token) => Some(token),
            Self::Nothing => None,
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(given, value)| (given == name).then_some(value))
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Arc<Chat>: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let client: Client = extension(parts)?;
        let Some(token) = Credential::of(&parts.headers, &client).token() else {
            return Err(ErrorCode::Unauthorized.into());
        };
        let caller = Arc::<Chat>::from_ref(state).authenticate(token).await?;
        caller.ok_or_else(|| ErrorCode::Unauthorized.into())
    }
}

/// Whoever is signed in, where nobody need be.
impl<S> axum::extract::OptionalFromRequestParts<S> for Caller
where
    S: Send + Sync,
    Arc<Chat>: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Error> {
        let client: Client = extension(parts)?;
        match Credential::of(&parts.headers, &client).token() {
            Some(token) => Ok(Arc::<Chat>::from_ref(state).authenticate(token).await?),
            None => Ok(None),
        }
    }
}

/// A room the caller can see: one of theirs, or an open one.
#[derive(Clone, Debug)]
pub struct InRoom {
    pub caller: Caller,
    pub room: RoomId,
}

#[derive(Deserialize)]
struct RoomInPath {
    room: String,
}

impl<S> FromRequestParts<S> for InRoom
where
    S: Send + Sync,
    Arc<Chat>: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let Part(RoomInPath { room }) = Part::from_request_parts(parts, state).await?;
        let room: RoomId = room.parse().map_err(|_| ErrorCode::NotFound)?;
        let chat = Arc::<Chat>::from_ref(state);
        match chat.authorize(&caller, room, RoomAction::Read).await {
            // Not in it, but it is there to be seen.
            Ok(()) | Err(chat::Error::Refused(ErrorCode::Forbidden)) => Ok(Self { caller, room }),
            Err(error) => Err(error.into()),
        }
    }
}

/// What stands in the path. What cannot stand there does not exist.
#[derive(Clone, Copy, Debug)]
pub struct Part<T>(pub T);

impl<S, T> FromRequestParts<S> for Part<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match <Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(Path(part)) => Ok(Self(part)),
            Err(_) => Err(ErrorCode::NotFound.into()),
        }
    }
}

/// What stands after `?`.
#[derive(Clone, Copy, Debug)]
pub struct Query<E: Endpoint>(pub E::Query);

impl<S, E> FromRequestParts<S> for Query<E>
where
    S: Send + Sync,
    E: Endpoint,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(_) => Err(ErrorCode::BadFrame.into()),
        }
    }
}

/// Whether a request's body was read to its end. An extension of every request that has one.
#[derive(Clone, Debug, Default)]
pub struct BodyRead(Arc<AtomicBool>);

impl BodyRead {
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A body in JSON.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::not_json());
        }
        let read = request.extensions().get::<BodyRead>().cloned();
        let bytes = collect(request.into_body()).await?;
        if let Some(BodyRead(read)) = read {
            read.store(true, Ordering::Relaxed);
        }
        match serde_json::from_slice(&bytes) {
            Ok(body) => Ok(Self(body)),
            Err(_) => Err(ErrorCode::BadFrame.into()),
        }
    }
}

/// What is asked, in JSON.
#[derive(Clone, Debug)]
pub struct Body<E: Endpoint>(pub E::Request);

impl<S, E> FromRequest<S> for Body<E>
where
    S: Send + Sync,
    E: Endpoint,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

async fn collect(body: HttpBody) -> Result<axum::body::Bytes, Error> {
    let body = Limited::new(body, limit::BODY_BYTES);
    match tokio::time::timeout(BODY, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Error::large_body()),
        // Cut short, or badly chunked.
        Ok(Err(_)) => Err(ErrorCode::BadFrame.into()),
        Err(_) => Err(Error::slow_body()),
    }
}

/// A form of another site can be sent without asking; JSON that says so cannot.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The answer of an endpoint.
#[derive(Clone, Debug)]
pub struct Reply<E: Endpoint>(pub E::Reply);

/// What a handler of an endpoint ends with.
pub type Answer<E> = Result<Reply<E>, Error>;

impl<E: Endpoint> IntoResponse for Reply<E> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::Link;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn client(from: &str, trusted: &[&str], lines: &[(&'static str, &str)]) -> Client {
        let http = HttpConfig {
            trusted_proxies: trusted.iter().map(|network| network.parse().unwrap()).collect(),
            ..HttpConfig::default()
        };
        let peer = Peer { address: from.parse().unwrap(), tls: false, link: Link::unaccounted() };
        Client::of(&headers(lines), &peer, &http)
    }

    #[test]
    fn a_stranger_forwards_nothing() {
        let lines = [
            ("host", "chat.test"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.test"),
        ];
        let client = client("203.0.113.9:5000", &["10.0.0.0/8"], &lines);
        assert_eq!(client.address.to_string(), "203.0.113.9");
        assert_eq!(client.origin.unwrap().to_string(), "http://chat.test");
        assert!(!client.secure && !client.proxied);
    }

    #[test]
    fn behind_proxies_the_rightmost_stranger_counts() {
        let of = |forwarded: &str| {
            client("10.0.0.2:80", &["10.0.0.0/8"], &[("x-forwarded-for", forwarded)]).address
        };
        assert_eq!(of("192.0.2.66, 203.0.113.9, 10.0.0.1").to_string(), "203.0.113.9");
        assert_eq!(of("10.9.9.9, 203.0.113.9").to_string(), "203.0.113.9");
        assert_eq!(of("203.0.113.9:4711").to_string(), "203.0.113.9");
        assert_eq!(of("[2001:db8::1]:4711").to_string(), "2001:db8::1");
        assert_eq!(of("192.0.2.1, nonsense, 10.0.0.1").to_string(), "10.0.0.1");
        assert_eq!(of("").to_string(), "10.0.0.2");
    }

    #[test]
    fn a_trusted_proxy_says_how_the_server_is_called() {
        let lines = [
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "chat.test"),
        ];
        let client = client("127.0.0.1:80", &["127.0.0.1"], &lines);
        assert_eq!(client.origin.clone().unwrap().to_string(), "https://chat.test");
        assert!(client.secure && client.proxied);
        assert_eq!(client.cookie_name(), COOKIE_SECURE);
    }

    #[test]
    fn a_bearer_token_wins_over_the_cookie() {
        let both =
            headers(&[("authorization", "bEaReR abc"), ("cookie", "a=b; hubbub_session=def; c=d")]);
        let client = client("127.0.0.1:80", &[], &[]);
        assert_eq!(Credential::of(&both, &client), Credential::Bearer("abc"));
        let basic = headers(&[("authorization", "Basic abc"), ("cookie", "hubbub_session=def")]);
        assert_eq!(Credential::of(&basic, &client), Credential::Cookie("def"));
        let other = headers(&[("cookie", "__Host-hubbub_session=def; xhubbub_session=1")]);
        assert_eq!(Credential::of(&other, &client), Credential::Nothing);
    }

    #[test]
    fn only_json_is_json() {
        let is = |value: &str| is_json(&headers(&[("content-type", value)]));
        assert!(is("application/json") && is("Application/JSON; charset=utf-8"));
        assert!(!is("text/plain") && !is("application/x-www-form-urlencoded") && !is(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
