//! Listening, and stopping. axum's own server cannot close a connection without an answer, which is what this
//! bank is for, so that connections are served here.

use crate::{
    books::Books,
    config::Config,
    http::{Bank, HungUp, router, stopped},
};
use axum::{Router, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use makegood_base::Clock;
use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// How long a connection may go on after the bank was told to stop.
const STOP_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long to wait before listening again when the system has no more connections to give.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Why a bank did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The books cannot be opened.
    #[error("the bank's books cannot be opened: {0}")]
    Books(#[from] makegood_sql::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Without a secret everybody could move the bank's money.
    #[error("the bank's secret is empty")]
    NoSecret,
}

/// A bank that runs. Dropped, it stops by itself; [`stop`](Running::stop) waits until it has.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops: no new connections, what was received is executed, the books are closed.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the simulated bank ended badly");
        }
    }
}

/// Opens the books and listens. The bank lives by `clock`, which may be another than its caller's.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    if config.secret.is_empty() {
        return Err(StartError::NoSecret);
    }
    let listen = |error| StartError::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let books = Arc::new(Books::open(config, clock).await?);
    let (stop, stopping) = watch::channel(false);
    let bank = Bank { books, stopping };
    let server = tokio::spawn(serve(listener, bank));
    tracing::info!(%address, "the simulated bank listens");
    Ok(Running { address, stop, server })
}

async fn serve(listener: TcpListener, bank: Bank) {
    let mut stopping = bank.stopping.clone();
    let router = router(bank.clone());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), bank.stopping.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    bank.books.close().await;
}

async fn connection(stream: TcpStream, router: Router, mut stopping: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| answer(&router, request));
    let mut served =
        pin!(http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = served.as_mut() => result,
        () = stopped(&mut stopping) => {
            served.as_mut().graceful_shutdown();
            tokio::time::timeout(STOP_WAIT_MAX, served).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// What hyper is told to close a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the bank hangs up")]
struct HangUp;

async fn answer(
    router: &TowerToHyperService<Router>,
    request: Request<Incoming>,
) -> Result<Response, HangUp> {
    let Ok(response) = hyper::service::Service::call(router, request).await;
    if response.extensions().get::<HungUp>().is_some() { Err(HangUp) } else { Ok(response) }
}
