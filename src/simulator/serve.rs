//! Connections: plain or TLS, and each with a knife by which a fault cuts it.
//!
//! A handler cannot reset its connection through HTTP, so every connection carries a [`Cut`]: once
//! armed, so many bytes of the answer still pass, then the connection is gone with a reset.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Handshakes that wait to be taken; more wait in the kernel.
const BACKLOG: usize = 128;
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many bytes may still be written; `u64::MAX` is no limit.
#[derive(Debug, Clone)]
pub(super) struct Cut(Arc<AtomicU64>);

impl Default for Cut {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(u64::MAX)))
    }
}

impl Cut {
    /// After so many bytes of what is written from now on the connection is reset.
    pub(super) fn after(&self, bytes: u64) {
        self.0.store(bytes, Ordering::SeqCst);
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One connection.
pub(super) struct Wire {
    stream: Stream,
    cut: Cut,
}

impl Wire {
    fn left(&self) -> io::Result<usize> {
        match self.cut.0.load(Ordering::SeqCst) {
            0 => {
                // Closing with linger zero sends a reset and no end of stream.
                let socket = match &self.stream {
                    Stream::Plain(socket) => socket,
                    Stream::Tls(stream) => stream.get_ref().0,
                };
                let _ = socket.set_zero_linger();
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            }
            left => Ok(usize::try_from(left).unwrap_or(usize::MAX)),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.left()?;
        let part = bytes.get(..left).unwrap_or(bytes);
        let written = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, part),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, part),
        };
        if let Poll::Ready(Ok(written)) = written
            && self.cut.0.load(Ordering::SeqCst) != u64::MAX
        {
            self.cut.0.fetch_sub(written as u64, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Where connections come from: accepted and shaken hands with in the background, so that one slow
/// client keeps no other waiting. Ends when dropped.
pub(super) struct Door {
    ready: mpsc::Receiver<(Wire, SocketAddr)>,
    address: SocketAddr,
}

impl Door {
    pub(super) fn open(listener: TcpListener, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(BACKLOG);
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = sender.closed() => return,
                };
                let Ok((socket, peer)) = accepted else {
                    // Out of descriptors: give others the time to close theirs.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let _ = socket.set_nodelay(true);
                let cut = Cut::default();
                let Some(tls) = tls.clone() else {
                    let _ = sender.send((Wire { stream: Stream::Plain(socket), cut }, peer)).await;
                    continue;
                };
                let sender = sender.clone();
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(socket)).await {
                        let _ = sender.send((Wire { stream: Stream::Tls(Box::new(stream)), cut }, peer)).await;
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cut.clone()
    }
}
