//! `makegood play`: the page with the wallet as a process of its own, so that it can be killed. The simulated bank is here
//! beside it, and goes on, as a bank does; so does the page.

use super::bank::{self, Dial};
use super::door::Door;
use super::proxy::Proxy;
use super::wallet_process::{Program, WalletProcess};
use super::{Stage, pages};
use crate::simulated_bank::{self, SimulatedBank};
use crate::{ServerConfig, StartError, data_folder};
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use makegood_base::{Clock, Entropy};
use makegood_wallet::Code;
use serde::Deserialize;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The id that the wallet knows its bank by, in a test set-up.
const BANK: &str = "testbank";

/// What is needed to play.
pub struct SupervisorConfig {
    /// Where the page is; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the wallet and the bank keep what they need.
    pub folder: PathBuf,
    /// Another database than a SQLite file in the folder.
    pub database_url: Option<String>,
    /// Whether it may be reached from elsewhere.
    pub test_mode: bool,
    /// The `makegood` to run as the wallet, and further flags for it.
    pub program: PathBuf,
    /// Such as those of its log.
    pub arguments: Vec<OsString>,
}

/// Why there is nothing to play with.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The address, the folder or the bank cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The wallet's process does not start.
    #[error("{0}")]
    Wallet(#[from] std::io::Error),
}

/// The page, the bank and the wallet's process.
pub struct Supervisor {
    address: SocketAddr,
    parts: Arc<Parts>,
    bank: SimulatedBank,
    stop: watch::Sender<bool>,
    http: JoinHandle<()>,
}

struct Parts {
    door: Door,
    wallet: WalletProcess,
    bank: makegood_banksim::Control,
    proxy: Proxy,
}

impl Supervisor {
    /// Starts all of it, and answers when the wallet does its work. Refuses an address that others can reach, unless it is
    /// in test mode, one that is taken, and a folder that others work on.
    pub async fn start(
        config: SupervisorConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, PlayError> {
        if !config.test_mode && !config.listen.ip().is_loopback() {
            let missing = "--test-mode, for a wallet that others can reach and kill";
            return Err(StartError::Unsafe(missing.to_owned()).into());
        }
        let listen_error = |error| StartError::Listen { address: config.listen, error };
        let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        data_folder::create(&config.folder).map_err(StartError::from)?;
        let options = simulated_bank::Options {
            callback_url: Some(format!("http://{}/v1/bank-callbacks/{BANK}", own(address))),
            ..simulated_bank::Options::new(SocketAddr::from(([127, 0, 0, 1], 0)))
        };
        let of_bank = ServerConfig::new(&config.folder);
        let bank = simulated_bank::start(&of_bank, options, Arc::clone(&clock), Arc::clone(&entropy)).await?;
        let wallet = WalletProcess::new(program(&config, &of_bank, &bank.running.url()));
        let proxy = Proxy { clock, entropy };
        let parts =
            Arc::new(Parts { door: Door::of(address), wallet, bank: bank.running.control().clone(), proxy });
        let (stop, mut stopping) = watch::channel(false);
        let stopped = async move {
            let _gone = stopping.wait_for(|is_stopping| *is_stopping).await;
        };
        let router = router(Arc::clone(&parts));
        let http = tokio::spawn(makegood_api::serve(listener, router, of_bank.http, stopped));
        let supervisor = Self { address, parts, bank, stop, http };
        match supervisor.parts.wallet.start().await {
            Ok(()) => Ok(supervisor),
            Err(error) => {
                supervisor.stop().await;
                Err(error.into())
            }
        }
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops: first the wallet, in order, then the rest.
    pub async fn stop(self) {
        self.parts.wallet.stop().await;
        self.stop.send_replace(true);
        if let Err(error) = self.http.await {
            tracing::error!(%error, "the page ended badly");
        }
        self.bank.running.stop().await;
    }
}

/// Where this machine finds an address that listens everywhere.
fn own(address: SocketAddr) -> SocketAddr {
    let any = address.ip().is_unspecified();
    if any { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()) } else { address }
}

/// `serve` on a port of its own, for the bank here. The database's URL may hold a password, and arguments are everybody's
/// to read.
fn program(config: &SupervisorConfig, of_bank: &ServerConfig, bank_url: &str) -> Program {
    let secrets = of_bank.secrets_file();
    let mut arguments: Vec<OsString> = vec!["serve".into(), "--stop-with-input".into(), "--test-mode".into()];
    for (flag, value) in [
        ("--listen", OsString::from("127.0.0.1:0")),
        ("--data-dir", config.folder.clone().into()),
        ("--secrets-file", secrets.into()),
        ("--bank-url", bank_url.into()),
    ] {
        arguments.extend([flag.into(), value]);
    }
    arguments.extend(config.arguments.iter().cloned());
    let database_url = config.database_url.clone().unwrap_or_else(|| of_bank.database_url());
    let environment = vec![("MAKEGOOD_DATABASE_URL", database_url.into())];
    Program { path: config.program.clone(), arguments, environment }
}

fn router(parts: Arc<Parts>) -> Router {
    let own = Router::new()
        .route("/play/api/stage", get(stage))
        .route("/play/api/bank", post(turn))
        .route("/play/api/wallet", post(order))
        .fallback(forward)
        .with_state(parts);
    pages::router().merge(own)
}

async fn stage(State(parts): State<Arc<Parts>>) -> Json<Stage> {
    Json(Stage { bank: Some(Dial::of(&parts.bank)), wallet: Some(parts.wallet.shown()) })
}

async fn turn(State(parts): State<Arc<Parts>>, headers: HeaderMap, body: Bytes) -> Response {
    match parts.door.said(&headers, &body).and_then(|to| bank::turn(&parts.bank, to)) {
        Ok(dial) => Json(dial).into_response(),
        Err(code) => parts.proxy.refuse(&headers, code),
    }
}

/// What is done with the wallet's process.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    run: bool,
}

async fn order(State(parts): State<Arc<Parts>>, headers: HeaderMap, body: Bytes) -> Response {
    let Order { run } = match parts.door.said(&headers, &body) {
        Ok(order) => order,
        Err(code) => return parts.proxy.refuse(&headers, code),
    };
    // Whoever ordered it may go away: a wallet that is half started would be nobody's.
    let wallet = Arc::clone(&parts);
    let done =
        tokio::spawn(
            async move { if run { wallet.wallet.start().await } else { wallet.wallet.kill().await } },
        );
    match done.await {
        Ok(Ok(())) => Json(parts.wallet.shown()).into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "the wallet's process");
            parts.proxy.refuse(&headers, Code::ServiceUnavailable)
        }
        Err(error) => {
            tracing::error!(%error, "the wallet's process");
            parts.proxy.refuse(&headers, Code::Internal)
        }
    }
}

async fn forward(State(parts): State<Arc<Parts>>, request: Request) -> Response {
    parts.proxy.forward(parts.wallet.address(), request).await
}
