//! What lies between a client and the server: slow, lossy, silent, or gone, as one likes, and as it
//! changes. Nothing it holds back is without a bound.

use crate::chance::Chance;
use anyhow::Result;
use core::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// Pieces on their way in one direction.
const PIECES: usize = 256;
/// Until a lost piece is sent again, as TCP does it.
const SENT_AGAIN: Duration = Duration::from_millis(500);

/// How it is between the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weather {
    pub(crate) delay: Duration,
    /// Up to so much more or less.
    pub(crate) jitter: Duration,
    /// One piece in so many is lost, and so comes later, and all after it.
    pub(crate) loss: Option<u64>,
    /// Of each connection and direction.
    pub(crate) bytes_per_second: Option<u64>,
    /// Bytes that travel together at most.
    pub(crate) piece: usize,
    pub(crate) flow: Flow,
    /// A connection on which nothing was said for so long is forgotten without a word.
    pub(crate) forgets_after: Option<Duration>,
}

impl Weather {
    pub(crate) const FAIR: Self = Self {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        loss: None,
        bytes_per_second: None,
        piece: 16 * 1024,
        flow: Flow::BothWays,
        forgets_after: None,
    };
}

/// Which way anything gets through. What does not waits at the near end, and nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    BothWays,
    ToClient,
    Nowhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

impl Flow {
    const fn lets(self, direction: Direction) -> bool {
        match self {
            Self::BothWays => true,
            Self::ToClient => matches!(direction, Direction::ToClient),
            Self::Nowhere => false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
    /// Raised to cut all connections there are.
    cuts: watch::Sender<u64>,
    forgotten: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(server: SocketAddr, weather: Weather, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (weather, cuts) = (watch::Sender::new(weather), watch::Sender::new(0));
        let forgotten = Arc::new(AtomicU64::new(0));
        let passage = Passage {
            server,
            weather: weather.subscribe(),
            cuts: cuts.subscribe(),
            forgotten: Arc::clone(&forgotten),
        };
        let accepting = tokio::spawn(async move {
            let mut number = seed;
            while let Ok((client, _)) = listener.accept().await {
                number += 1;
                tokio::spawn(passage.clone().carry(client, number));
            }
        });
        Ok(Self { address, weather, cuts, forgotten, accepting })
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Ends all connections there are, at once and at both ends.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Connections that nothing gets through any more.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

#[derive(Clone, Debug)]
struct Passage {
    server: SocketAddr,
    weather: watch::Receiver<Weather>,
    cuts: watch::Receiver<u64>,
    forgotten: Arc<AtomicU64>,
}

impl Passage {
    async fn carry(mut self, client: TcpStream, number: u64) {
        let Ok(server) = TcpStream::connect(self.server).await else { return };
        // Whoever opens a connection cannot be told that this failed.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        self.cuts.mark_unchanged();
        let mut cuts = self.cuts.clone();
        let said = watch::Sender::new(Instant::now());
        let there = self.go(Direction::ToServer, from_client, to_server, &said, number);
        let back = self.go(Direction::ToClient, from_server, to_client, &said, number + 1);
        tokio::select! {
            _ = async { tokio::join!(there, back) } => {}
            _ = cuts.changed() => {}
        }
    }

    async fn go(
        &self,
        direction: Direction,
        from: OwnedReadHalf,
        to: OwnedWriteHalf,
        said: &watch::Sender<Instant>,
        seed: u64,
    ) {
        let (pieces, waiting) = mpsc::channel(PIECES);
        tokio::join!(
            self.take(direction, from, pieces, said, Chance::new(seed)),
            self.give(direction, to, waiting),
        );
    }

    /// Takes pieces in, and says when each is due at the other end.
    async fn take(
        &self,
        direction: Direction,
        mut from: OwnedReadHalf,
        pieces: mpsc::Sender<(Instant, Vec<u8>)>,
        said: &watch::Sender<Instant>,
        mut chance: Chance,
    ) {
        let mut weather = self.weather.clone();
        let mut last_due = Instant::now();
        loop {
            let now = *weather.borrow_and_update();
            let mut piece = vec![0; now.piece];
            let read = match now.forgets_after {
                None => from.read(&mut piece).await,
                Some(_) if !now.flow.lets(direction) => return std::future::pending().await,
                Some(after) => tokio::select! {
                    read = from.read(&mut piece) => read,
                    () = silence(said, after) => {
                        self.forgotten.fetch_add(1, Ordering::Relaxed);
                        return std::future::pending().await;
                    }
                },
            };
            let Ok(length @ 1..) = read else { return };
            piece.truncate(length);
            said.send_replace(Instant::now());
            let mut due = Instant::now() + now.delay + chance.up_to(now.jitter * 2);
            due = due.checked_sub(now.jitter).unwrap_or(due);
            if now.loss.is_some_and(|times| chance.once_in(times)) {
                due += SENT_AGAIN;
            }
            last_due = last_due.max(due);
            if let Some(rate) = now.bytes_per_second {
                last_due += Duration::from_secs_f64(length as f64 / rate as f64);
            }
            if pieces.send((last_due, piece)).await.is_err() {
                return;
            }
        }
    }

    async fn give(
        &self,
        direction: Direction,
        mut to: OwnedWriteHalf,
        mut waiting: mpsc::Receiver<(Instant, Vec<u8>)>,
    ) {
        let mut weather = self.weather.clone();
        while let Some((due, piece)) = waiting.recv().await {
            sleep_until(due).await;
            if weather.wait_for(|weather| weather.flow.lets(direction)).await.is_err()
                || to.write_all(&piece).await.is_err()
            {
                return;
            }
        }
        // The end of what was said travels as well, where anything does; the other direction goes on.
        if weather.wait_for(|weather| weather.flow.lets(direction)).await.is_ok() {
            let _ = to.shutdown().await;
        }
    }
}

/// Returns once nothing was said for so long.
async fn silence(said: &watch::Sender<Instant>, after: Duration) {
    loop {
        let until = *said.borrow() + after;
        sleep_until(until).await;
        if *said.borrow() + after <= Instant::now() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    /// Answers everything with itself.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = socket.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn everything_arrives_in_order_however_late_and_in_however_many_pieces() {
        let rough = Weather {
            delay: Duration::from_millis(3),
            jitter: Duration::from_millis(3),
            loss: Some(50),
            piece: 7,
            ..Weather::FAIR
        };
        let proxy = Proxy::before(echo().await, rough, 1).await.unwrap();
        let mut socket = TcpStream::connect(proxy.address).await.unwrap();
        let sent: Vec<u8> = (0..2_000_u32).map(|number| number as u8).collect();
        socket.write_all(&sent).await.unwrap();
        let mut heard = vec![0; sent.len()];
        timeout(PATIENCE, socket.read_exact(&mut heard)).await.unwrap().unwrap();
        assert_eq!(heard, sent);
    }

    #[tokio::test]
    async fn a_silent_connection_stays_open_and_goes_on_and_a_cut_one_ends() {
        let proxy = Proxy::before(echo().await, Weather::FAIR, 1).await.unwrap();
        let mut socket = TcpStream::connect(proxy.address).await.unwrap();
        let mut byte = [0];
        socket.write_all(b"a").await.unwrap();
        socket.read_exact(&mut byte).await.unwrap();
        proxy.set(Weather { flow: Flow::Nowhere, ..Weather::FAIR });
        socket.write_all(b"b").await.unwrap();
        let nothing = timeout(Duration::from_millis(100), socket.read_exact(&mut byte)).await;
        assert!(nothing.is_err());
        proxy.set(Weather::FAIR);
        timeout(PATIENCE, socket.read_exact(&mut byte)).await.unwrap().unwrap();
        assert_eq!(byte, *b"b");
        proxy.cut();
        let end = timeout(PATIENCE, socket.read(&mut byte)).await.unwrap();
        assert!(matches!(end, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn a_connection_on_which_nobody_speaks_is_forgotten() {
        let forgetful = Weather { forgets_after: Some(Duration::from_millis(50)), ..Weather::FAIR };
        let proxy = Proxy::before(echo().await, forgetful, 1).await.unwrap();
        let mut socket = TcpStream::connect(proxy.address).await.unwrap();
        timeout(PATIENCE, async {
            while proxy.forgotten() == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        socket.write_all(b"a").await.unwrap();
        let mut byte = [0];
        assert!(timeout(Duration::from_millis(100), socket.read(&mut byte)).await.is_err());
    }
}
