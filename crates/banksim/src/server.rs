//! Listening, and stopping. axum's own server cannot close a connection without an answer, which is what this
//! bank is for, so that connections are served here.

use crate::{
    books::Books,
    callbacks::Sender,
    config::Config,
    control::Control,
    http::{Bank, HungUp, router, stopped},
    profile::SPEEDS,
    switches::Switches,
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
    sync::{mpsc, watch},
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
    /// A clock that goes backwards, stands still, or has a day of less than a second.
    #[error("the clock's speed is not from 0.01 to 86400")]
    ClockSpeed,
    /// Callbacks cannot be sent there.
    #[error("callbacks go to a URL such as http://127.0.0.1:8080/callbacks, and not to `{0}`")]
    Callbacks(String),
}

/// A bank that runs. Dropped, it stops by itself; [`stop`](Running::stop) waits until it has.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    control: Control,
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

    /// Turns the bank's switches.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
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
///
/// Refuses an empty secret, a clock speed that is not from 0.01 to 86400, a URL for callbacks that is not HTTP's,
/// books that cannot be opened, and an address that is taken.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    if config.secret.is_empty() {
        return Err(StartError::NoSecret);
    }
    if !SPEEDS.contains(&config.clock_speed) {
        return Err(StartError::ClockSpeed);
    }
    let refused = |url: &str| StartError::Callbacks(url.to_owned());
    let callbacks = config.callbacks.clone();
    if let Some(callbacks) = callbacks.as_ref().filter(|callbacks| !is_http(&callbacks.url)) {
        return Err(refused(&callbacks.url));
    }
    let listen = |error| StartError::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let switches = Arc::new(Switches::new(&config, clock.now()));
    let books = Arc::new(Books::open(config, Arc::clone(&clock), Arc::clone(&switches)).await?);
    let control = Control::new(switches, clock, &books);
    let (stop, stopping) = watch::channel(false);
    let sender = match callbacks {
        None => None,
        Some(callbacks) => {
            let url = callbacks.url.clone();
            Some(Sender::new(Arc::clone(&books), callbacks).map_err(|_| refused(&url))?)
        }
    };
    let server = tokio::spawn(serve(listener, books, sender, stopping));
    tracing::info!(%address, "the simulated bank listens");
    Ok(Running { address, control, stop, server })
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") && reqwest::Url::parse(url).is_ok()
}

async fn serve(
    listener: TcpListener,
    books: Arc<Books>,
    sender: Option<Sender>,
    stopping: watch::Receiver<bool>,
) {
    let (at_work, mut all_done) = mpsc::channel(1);
    let mut sending = JoinSet::new();
    if let Some(sender) = sender {
        sending.spawn(sender.run(stopping.clone()));
    }
    let bank = Bank { books: Arc::clone(&books), stopping: stopping.clone(), at_work };
    accept(listener, &bank).await;
    while sending.join_next().await.is_some() {}
    drop(bank);
    // Whatever was received is executed: nobody waits any more for anything but the books.
    let _nothing = all_done.recv().await;
    books.close().await;
}

/// Accepts connections until the bank stops, then waits for those that are open.
async fn accept(listener: TcpListener, bank: &Bank) {
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
