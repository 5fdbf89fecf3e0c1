//! Connections: HTTP/1.1 with a time-out for headers and a bound on how many there are.
//!
//! The listener and the end are parameters, so that a test is `bind("127.0.0.1:0")` and a call.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{App, caller::Peer, router};

/// How long a caller may take to send its headers, and how long a connection may rest between two requests:
/// longer than callers keep one, so that none is closed as its next request is on the way.
const HEADERS: Duration = Duration::from_secs(75);
/// Connections at once, of each listener. Others wait in the kernel's backlog.
const CONNECTIONS: usize = 8_192;
/// How long answers that are under way may take after the end was asked for.
const FAREWELL: Duration = Duration::from_secs(5);
/// After a failed accept (no descriptors are left).
const BREATH: Duration = Duration::from_millis(100);

/// Where connections come from.
trait Accept: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = Self::accept(self).await?;
        stream.set_nodelay(true)?;
        Ok((stream, Peer::Tcp(address)))
    }
}

/// A Unix socket, and what its callers are.
struct Local(UnixListener, Peer);

impl Accept for Local {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        self.0.accept().await.map(|(stream, _)| (stream, self.1))
    }
}

/// Serves the API until `stop`, then lets answers under way end.
pub async fn serve_tcp(listener: TcpListener, app: App, stop: CancellationToken) {
    serve(listener, app, stop).await;
}

/// The same on a Unix socket; callers need a key as over TCP.
pub(crate) async fn serve_unix(listener: UnixListener, app: App, stop: CancellationToken) {
    serve(Local(listener, Peer::Unix), app, stop).await;
}

/// The same for the admin socket: whoever may open it needs no key and may do everything.
pub(crate) async fn serve_admin(listener: UnixListener, app: App, stop: CancellationToken) {
    serve(Local(listener, Peer::Admin), app, stop).await;
}

async fn serve(listener: impl Accept, app: App, stop: CancellationToken) {
    let router = router::router(app);
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, router.clone(), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    connections.close();
    if tokio::time::timeout(FAREWELL, connections.wait()).await.is_err() {
        tracing::debug!(left = connections.len(), "connections were closed before their answers ended");
    }
}

async fn connection<S>(stream: S, peer: Peer, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // What breaks here was the caller's connection, and is the caller's to see.
            let _ = connection.await;
        }
    }
}
