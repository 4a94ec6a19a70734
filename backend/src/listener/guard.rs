//! Cuts whoever asks too slowly, or takes the answer too slowly.

use super::link::Link;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, IoSlice};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;

/// From the connection, or the first byte of a later request, to the end of its head.
const HEAD: Duration = Duration::from_secs(10);
/// Within so long, [`LEAST`] bytes of an answer are taken, or the connection is cut.
const PATIENCE: Duration = Duration::from_secs(10);
const LEAST: usize = 1024;

/// A socket that can be given up with all that was written to it.
pub(super) trait Abandon {
    /// Once it is dropped, nothing more is sent.
    fn abandon(&self);
}

impl Abandon for TcpStream {
    fn abandon(&self) {
        // Else the kernel would go on to offer, as slowly as it is taken, what it has.
        if let Err(error) = rustix::net::sockopt::set_socket_linger(self, Some(Duration::ZERO)) {
            tracing::debug!(%error, "a socket is not reset");
        }
    }
}

impl Abandon for TlsStream<TcpStream> {
    fn abandon(&self) {
        self.get_ref().0.abandon();
    }
}

/// A socket whose reads and writes don't wait forever, until it is upgraded.
#[derive(Debug)]
pub(super) struct Guarded<Io> {
    io: Io,
    link: Arc<Link>,
    /// While a request's head comes.
    asking: Option<Asking>,
    /// While the other end keeps a write waiting.
    stalled: Option<Stalled>,
}

#[derive(Debug)]
struct Asking {
    deadline: Pin<Box<Sleep>>,
    /// Which request of the connection it is.
    number: u32,
}

#[derive(Debug)]
struct Stalled {
    deadline: Pin<Box<Sleep>>,
    taken: usize,
}

impl<Io> Guarded<Io> {
    pub(super) fn new(io: Io, link: Arc<Link>) -> Self {
        let mut guarded = Self { io, link, asking: None, stalled: None };
        guarded.heard();
        guarded
    }

    /// Something has come: if it is of a new request, the rest of its head is to follow soon.
    fn heard(&mut self) {
        let awaited = self.link.awaited();
        if awaited != self.asking.as_ref().map(|asking| asking.number) {
            self.asking = awaited.map(|number| Asking {
                deadline: Box::pin(tokio::time::sleep_until(Instant::now() + HEAD)),
                number,
            });
        }
    }

    /// Nothing comes now.
    fn listen(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.asking {
            Some(asking) if self.link.awaited() == Some(asking.number) => {
                ready!(asking.deadline.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Some(_) | None => {
                self.asking = None;
                Poll::Pending
            }
        }
    }

    /// The other end has taken `taken` bytes of `offered`.
    fn progress(&mut self, taken: usize, offered: usize) {
        if let Some(stalled) = &mut self.stalled {
            stalled.taken += taken;
            if taken == offered || stalled.taken >= LEAST {
                self.stalled = None;
            }
        }
    }
}

impl<Io: Abandon> Guarded<Io> {
    /// The other end takes nothing now.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.link.is_upgraded() {
            return Poll::Pending;
        }
        let stalled = self.stalled.get_or_insert_with(|| Stalled {
            deadline: Box::pin(tokio::time::sleep_until(Instant::now() + PATIENCE)),
            taken: 0,
        });
        ready!(stalled.deadline.as_mut().poll(cx));
        self.io.abandon();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Guarded<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > before {
                    self.heard();
                }
                Poll::Ready(read)
            }
            Poll::Pending => self.listen(cx),
        }
    }
}

impl<Io: AsyncWrite + Unpin + Abandon> AsyncWrite for Guarded<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(cx, bytes) {
            Poll::Ready(Ok(taken)) => {
                self.progress(taken, bytes.len());
                Poll::Ready(Ok(taken))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write_vectored(cx, bytes) {
            Poll::Ready(Ok(taken)) => {
                self.progress(taken, bytes.iter().map(|slice| slice.len()).sum());
                Poll::Ready(Ok(taken))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Ready(flushed) => Poll::Ready(flushed),
            Poll::Pending => self.wait(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Ready(shut) => Poll::Ready(shut),
            Poll::Pending => self.wait(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    impl Abandon for DuplexStream {
        fn abandon(&self) {}
    }

    #[tokio::test]
    async fn whoever_reads_is_served_to_the_end() {
        let (near, mut far) = duplex(64);
        let mut guarded = Guarded::new(near, Link::unaccounted());
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.unwrap();
            all
        });
        guarded.write_all(&[7; 10_000]).await.unwrap();
        guarded.shutdown().await.unwrap();
        assert!(guarded.stalled.is_none());
        drop(guarded);
        assert_eq!(reader.await.unwrap().len(), 10_000);
    }

    #[tokio::test]
    async fn a_write_that_is_kept_waiting_sets_a_deadline_unless_upgraded() {
        for upgraded in [false, true] {
            let (near, _far) = duplex(16);
            let link = Link::unaccounted();
            if upgraded {
                link.set_upgraded();
            }
            let mut guarded = Guarded::new(near, link);
            let waited = futures_util::poll!(std::pin::pin!(guarded.write_all(&[7; 100])));
            assert!(waited.is_pending());
            assert_eq!(guarded.stalled.is_none(), upgraded);
        }
    }
}
