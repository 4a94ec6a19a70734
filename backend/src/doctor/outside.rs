//! Looks at the server as its people do: at its own address, through whatever stands in front of it.
//! The only place that opens a connection to another machine, and only to the one it is told.

use super::Finding::{self, Doubtful, Well, Wrong};
use crate::clock::Clock;
use crate::config::{Origin, Scheme};
use crate::http::health::STREAM;
use axum::http::header::{
    CONNECTION, DATE, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use core::time::Duration;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::fmt::rfc2822::DateTimeParser;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use shared::time::Timestamp;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const PATIENCE: Duration = Duration::from_secs(15);
/// Sessions, logs and people's messages all show the time.
const CLOCKS_APART_MILLIS: u64 = 60 * 1000;

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("it cannot be reached: {0}")]
    Unreachable(io::Error),
    #[error("no encrypted connection can be made: {0}")]
    NotEncrypted(io::Error),
    #[error("this machine has no certificates of authorities to check it with")]
    NoAuthorities,
    #[error("what answers there does not speak HTTP as it should: {0}")]
    NotHttp(hyper::Error),
    #[error("nothing is answered within {} seconds", PATIENCE.as_secs())]
    Silent,
}

/// What can be seen from there.
pub(super) async fn examine(url: &Origin) -> Vec<Finding> {
    let asked_at = Clock::system().now();
    let answer = match ask(url, "/healthz", HeaderMap::new()).await {
        Ok(answer) => answer,
        Err(trouble) => return vec![Wrong(format!("{url}: {trouble}"))],
    };
    let status = answer.status();
    let date = date(answer.headers());
    if !is_ours(answer).await {
        return vec![Wrong(format!(
            "{url} answers ({status}), but not by this server: look at what stands in front, and \
             where that hands requests on to"
        ))];
    }
    let mut findings = vec![Well(format!("{url} is answered by this server"))];
    findings.extend(date.map(|date| clocks(url, asked_at, date)));
    findings.push(upgrades(url).await);
    findings.push(streams(url).await);
    findings
}

async fn is_ours(answer: Response<Incoming>) -> bool {
    let is_well = answer.status() == StatusCode::OK;
    let body = timeout(PATIENCE, answer.into_body().collect()).await;
    is_well && body.is_ok_and(|body| body.is_ok_and(|body| body.to_bytes() == "alive\n"))
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp(date.as_millisecond()))
}

fn clocks(url: &Origin, here: Timestamp, there: Timestamp) -> Finding {
    let apart = here.0.abs_diff(there.0);
    if apart < CLOCKS_APART_MILLIS {
        return Well("the clocks here and there agree".into());
    }
    Doubtful(format!(
        "the clock of this machine and that of {url} are {} minutes apart: one of them is wrong",
        apart / 60_000
    ))
}

/// Whether a handshake arrives as one. Nobody has signed in, so it is refused: what arrives as a
/// handshake, for that; what does not, for not being one.
async fn upgrades(url: &Origin) -> Finding {
    let handshake = HeaderMap::from_iter([
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        (SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==")),
    ]);
    match ask(url, shared::api::WEBSOCKET, handshake).await.map(|answer| answer.status()) {
        Ok(StatusCode::UNAUTHORIZED) => Well("WebSockets get through".into()),
        Ok(StatusCode::UPGRADE_REQUIRED) => Doubtful(
            "what stands in front takes the upgrade out of WebSockets, so that pages have to go on \
             without them: let it pass `Upgrade` and `Connection` on, by HTTP/1.1"
                .into(),
        ),
        Ok(status) => Doubtful(format!(
            "what stands in front answers WebSockets by itself ({status}), so that pages have to go \
             on without them"
        )),
        Err(trouble) => Doubtful(format!("WebSockets do not get through: {trouble}")),
    }
}

/// Whether what is said first arrives before what is said later.
async fn streams(url: &Origin) -> Finding {
    let heard = async {
        let mut answer = ask(url, STREAM, HeaderMap::new()).await?;
        if answer.status() != StatusCode::OK {
            return Ok(Err(answer.status()));
        }
        let mut text = Vec::new();
        while !text.windows(5).any(|five| five == b"first") {
            let frame = timeout(PATIENCE, answer.frame()).await.map_err(|_| Trouble::Silent)?;
            let Some(frame) = frame.transpose().map_err(Trouble::NotHttp)? else { break };
            text.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()));
        }
        Ok::<_, Trouble>(Ok(!text.windows(4).any(|four| four == b"last")))
    };
    match heard.await {
        Ok(Ok(true)) => Well("what stays open comes through as it is said".into()),
        Ok(Ok(false)) => Doubtful(
            "what stands in front holds back what stays open, so that pages without a WebSocket have \
             to ask again and again: switch its buffering off (`proxy_buffering off` in nginx), or let \
             it heed `X-Accel-Buffering`"
                .into(),
        ),
        Ok(Err(status)) => Doubtful(format!("what stays open does not get through ({status})")),
        Err(trouble) => Doubtful(format!("what stays open does not get through: {trouble}")),
    }
}

/// Asks once, on a connection of its own.
async fn ask(url: &Origin, path: &str, more: HeaderMap) -> Result<Response<Incoming>, Trouble> {
    let asking = async {
        let socket =
            TcpStream::connect((url.host(), url.port())).await.map_err(Trouble::Unreachable)?;
        match url.scheme() {
            Scheme::Http => send(socket, url, path, more).await,
            Scheme::Https => send(encrypted(socket, url).await?, url, path, more).await,
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or(Err(Trouble::Silent))
}

async fn encrypted(
    socket: TcpStream,
    url: &Origin,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Trouble> {
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() {
        return Err(Trouble::NoAuthorities);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::NotEncrypted(io::Error::other(error)))?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    let name = ServerName::try_from(url.host().to_owned())
        .map_err(|error| Trouble::NotEncrypted(io::Error::other(error)))?;
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.map_err(Trouble::NotEncrypted)
}

async fn send(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Origin,
    path: &str,
    more: HeaderMap,
) -> Result<Response<Incoming>, Trouble> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(socket)).await.map_err(Trouble::NotHttp)?;
    // It ends with the answer, which says what is wrong with it.
    tokio::spawn(connection);
    let mut request = Request::new(Empty::<Bytes>::new());
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    *request.headers_mut() = more;
    if let Ok(host) = HeaderValue::try_from(url.authority()) {
        request.headers_mut().insert(HOST, host);
    }
    sender.send_request(request).await.map_err(Trouble::NotHttp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_apart_are_told() {
        let url: Origin = "https://chat.test".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sat, 21 Nov 2026 22:00:00 GMT"));
        let there = date(&headers).unwrap();
        assert_eq!(there.0, 1_795_298_400_000);
        assert!(matches!(clocks(&url, Timestamp(there.0 + 5_000), there), Well(_)));
        for apart in [-3_600_000, 3_600_000] {
            let found = clocks(&url, Timestamp(there.0 + apart), there).to_string();
            assert!(found.contains("60 minutes apart"), "{found}");
        }
    }
}
