//! The accept loop. Bounds what an unknown address can cost: how many connections it opens, how
//! long it takes to say what it wants, and how long it takes to hear the answer.

pub mod files;
mod guard;
mod link;
pub mod tls;

pub use self::link::{Link, Peer};

use self::guard::{Abandon, Guarded};
use crate::config::HttpConfig;
use crate::limits::{Admission, Admitted, Refusal};
use axum::Router;
use axum::body::Body;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use shared::error::Problem;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Connections the kernel keeps until they are accepted.
const BACKLOG: u32 = 4096;
/// Connections whose first request is not answered yet, each with some 40 kB, before further ones
/// are only accepted in turn.
const AT_THE_DOOR: usize = 512;
/// How long the next one then waits, so that those who say nothing keep nobody out.
const TURN: Duration = Duration::from_millis(1);
/// From an answer to the end of the next request's head: longer than proxies keep connections
/// for later, so that they end before this end does.
const IDLE: Duration = Duration::from_secs(75);
/// From the connection to the end of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long connections may go on once the server is about to end.
const DRAIN: Duration = Duration::from_secs(4);
/// The largest head of a request, and the read buffer of a connection.
const HEAD_BYTES: usize = 16 * 1024;
/// When an idle end is asked whether it is there, how often, and after what time without a word from
/// it it is not.
#[cfg(target_os = "linux")]
const PROBE_AFTER: Duration = Duration::from_secs(15);
#[cfg(target_os = "linux")]
const PROBE_EVERY: Duration = Duration::from_secs(5);
#[cfg(target_os = "linux")]
const VANISHED: Duration = Duration::from_secs(30);
/// How long a refused connection is kept, so that the refusal arrives and not a reset.
const REFUSING: Duration = Duration::from_secs(1);
/// Refused connections kept at once; further ones are cut.
const REFUSED_AT_ONCE: usize = 64;
/// Refusals a second that are logged; all are counted.
const LOGGED_REFUSALS: core::num::NonZeroU32 = core::num::NonZeroU32::MIN.saturating_add(9);
/// When the system has no more files or memory for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Why an address cannot be listened on, in words.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "cannot listen on {0}: another program has this port; end it, or choose another with --listen"
    )]
    Taken(SocketAddr),
    #[error(
        "cannot listen on {0}: this user may not use the port; choose one above 1023 with --listen"
    )]
    NotAllowed(SocketAddr),
    #[error("cannot listen on {0}: this machine has no such address; choose another with --listen")]
    NoSuchAddress(SocketAddr),
    #[error("cannot listen on {0}: {1}")]
    Other(SocketAddr, io::Error),
}

/// Begins to listen. Must be called within the runtime.
pub fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Else the port stays taken for a minute after a restart.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(address),
        io::ErrorKind::PermissionDenied => BindError::NotAllowed(address),
        io::ErrorKind::AddrNotAvailable => BindError::NoSuchAddress(address),
        _ => BindError::Other(address, error),
    })
}

/// Serves what is asked on one address.
#[derive(Clone)]
pub struct Server {
    pub router: Router,
    pub http: Arc<HttpConfig>,
    pub admission: Arc<Admission>,
    /// `None`: plain HTTP.
    pub tls: Option<TlsAcceptor>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Server {
    /// Accepts until `shutdown`, then lets connections finish what they are at; returns when all
    /// have ended, upgraded ones too, or after four seconds, with the rest cut.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let cut = CancellationToken::new();
        let refusing = Arc::new(Semaphore::new(REFUSED_AT_ONCE));
        let door = Arc::new(Semaphore::new(AT_THE_DOOR));
        let logged = RateLimiter::direct(Quota::per_second(LOGGED_REFUSALS));
        loop {
            let place = timeout(TURN, Arc::clone(&door).acquire_owned()).await;
            let place = place.ok().and_then(Result::ok);
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            let (socket, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_if_exhausted(&error).await;
                    continue;
                }
            };
            match self.admit(address) {
                Ok(admitted) => {
                    let link = Link::new(admitted, place, tasks.token());
                    let connection = self.clone().connection(socket, address, link);
                    let (shutdown, cut) = (shutdown.clone(), cut.clone());
                    tasks.spawn(async move {
                        tokio::select! {
                            () = connection.run(shutdown) => {}
                            () = cut.cancelled() => {}
                        }
                    });
                }
                Err(refusal) => {
                    note(refusal, address, &logged);
                    if let Ok(place) = Arc::clone(&refusing).try_acquire_owned()
                        && self.tls.is_none()
                    {
                        tasks.spawn(async move {
                            // Whoever doesn't take the refusal is cut.
                            let _ = timeout(REFUSING, refuse(socket, refusal)).await;
                            drop(place);
                        });
                    }
                }
            }
        }
        drop(listener);
        tasks.close();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "cutting connections that did not end");
            cut.cancel();
        }
    }

    fn admit(&self, address: SocketAddr) -> Result<Vec<Admitted>, Refusal> {
        let mut admitted = vec![self.admission.admit()?];
        // Behind a proxy are many people; they are told apart once they ask for something.
        if !self.http.trusts(address.ip()) {
            admitted.push(self.admission.admit_address(address.ip())?);
        }
        Ok(admitted)
    }

    fn connection(self, socket: TcpStream, address: SocketAddr, link: Arc<Link>) -> Connection {
        Connection { server: self, socket, address, link }
    }
}

struct Connection {
    server: Server,
    socket: TcpStream,
    address: SocketAddr,
    link: Arc<Link>,
}

impl Connection {
    async fn run(self, shutdown: CancellationToken) {
        let Self { server, socket, address, link } = self;
        // A message is small and waits for nothing.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps Nagle's delay");
        }
        #[cfg(target_os = "linux")]
        if let Err(error) = notice_the_vanished(&socket) {
            tracing::debug!(%error, "a socket is not probed");
        }
        let peer = Peer { address, tls: server.tls.is_some(), link };
        match server.tls {
            None => http(socket, server.router, peer, shutdown).await,
            Some(tls) => match timeout(HANDSHAKE, tls.accept(socket)).await {
                Ok(Ok(stream)) => http(stream, server.router, peer, shutdown).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }
}

/// Has the kernel ask an idle end for a sign of life, and cut one that does not answer: whoever only
/// listens need not say anything.
#[cfg(target_os = "linux")]
fn notice_the_vanished(socket: &TcpStream) -> rustix::io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, PROBE_AFTER)?;
    sockopt::set_tcp_keepintvl(socket, PROBE_EVERY)?;
    let patience = u32::try_from(VANISHED.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(socket, patience)
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Abandon + Unpin + Send + 'static,
    router: Router,
    peer: Peer,
    shutdown: CancellationToken,
) {
    let stream = TokioIo::new(Guarded::new(stream, Arc::clone(&peer.link)));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        let (router, link) = (router.clone(), Arc::clone(&peer.link));
        async move {
            link.begin();
            let response = router.oneshot(request).await.unwrap_or_else(never);
            link.answered();
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(stream, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

fn never(impossible: Infallible) -> axum::response::Response {
    match impossible {}
}

/// Without a pause, an exhausted system would be asked again and again.
async fn pause_if_exhausted(error: &io::Error) {
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused => {}
        _ => {
            tracing::error!(%error, "cannot accept connections");
            tokio::time::sleep(EXHAUSTED).await;
        }
    }
}

fn note(refusal: Refusal, address: SocketAddr, logged: &DefaultDirectRateLimiter) {
    metrics::counter!("hubbub_connections_refused_total", "reason" => refusal.name()).increment(1);
    if logged.check().is_ok() {
        tracing::warn!(
            client.address = %address.ip(),
            reason = refusal.name(),
            "connection refused"
        );
    }
}

/// Answers before anything was asked.
async fn refuse(mut socket: TcpStream, refusal: Refusal) -> io::Result<()> {
    let problem = crate::http::error::Error::from(refusal);
    let status = problem.status();
    let body = serde_json::to_vec::<Problem>(&problem.problem())?;
    let head = format!(
        "HTTP/1.1 {} {}\r\nretry-after: {}\r\ncontent-type: application/problem+json\r\n\
         content-length: {}\r\nconnection: close\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\n\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        refusal.wait().as_secs().max(1),
        body.len(),
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(&body).await?;
    socket.shutdown().await?;
    // Closing with the request unread would reset the connection, and take the answer with it.
    let mut unread = [0; 1024];
    for _ in 0..64 {
        if socket.read(&mut unread).await? == 0 {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::sockopt;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_kernel_gives_up_on_whoever_has_vanished_after_thirty_seconds() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        notice_the_vanished(&socket).unwrap();
        assert_eq!(sockopt::tcp_user_timeout(&socket).unwrap(), 30_000);
        assert!(sockopt::socket_keepalive(&socket).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&socket).unwrap(), PROBE_AFTER);
        assert_eq!(sockopt::tcp_keepintvl(&socket).unwrap(), PROBE_EVERY);
        drop(client);
    }
}
