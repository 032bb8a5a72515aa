//! Runs the service on a socket. What a client may send before a handler sees it is bounded here: the size
//! and the number of headers, the time they take, the number of connections.

use crate::Limits;
use crate::context::Peer;
use crate::long_poll::Stopping;
use crate::metrics;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

/// How long to rest when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often recorded durations are sorted into their buckets, also when nobody reads the metrics.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Serves until `shutdown` is ready. Then no connection is accepted any more, requests under way are
/// answered, those that wait for a change at once, and after [`Limits::stop_timeout`] what is still open is closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send,
) {
    let connections = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let builder = builder(&limits);
    let (stop, stopping) = watch::channel(false);
    let mut upkeep = tokio::time::interval(METRICS_UPKEEP);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = accept(&listener, &connections) => {
                let Some((stream, peer, permit)) = accepted else { continue };
                let (router, stopping) = (router.clone(), stopping.clone());
                let service = tower::service_fn(move |request: hyper::Request<Incoming>| {
                    let mut request: Request = request.map(Body::new);
                    request.extensions_mut().insert(Peer(peer.ip()));
                    request.extensions_mut().insert(Stopping(stopping.clone()));
                    router.clone().oneshot(request)
                });
                let connection =
                    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
                let connection = graceful.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended");
                    }
                    drop(permit);
                });
            }
            _ = upkeep.tick() => {
                if let Some(recorder) = metrics::recorder() {
                    recorder.run_upkeep();
                }
            }
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    stop.send_replace(true);
    if tokio::time::timeout(limits.stop_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way at the end of the stop");
    }
}

/// The least that hyper takes.
const HEAD_BYTES_MIN: usize = 8 * 1_024;

/// HTTP/1.1 with the bounds of the service. A head that is too large is answered 431 by hyper itself, one that
/// is too slow is cut off.
fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(limits.headers_max)
        .max_buf_size(limits.head_bytes_max.max(HEAD_BYTES_MIN));
    builder
}

/// Waits for room, and then for a client.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection is slower than it could be");
            }
            Some((stream, peer, permit))
        }
        Err(error) => {
            // The client has gone, or the process has no more sockets.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
