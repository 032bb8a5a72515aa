//! `/play`: one page on which a newcomer sees it all in five minutes: a payer's phone, a merchant's till, a bank with a
//! dial, and the proof of the books. Where money is real none of it exists.
//!
//! What the page does with money goes through the public API, as everybody's does. The few routes beside it turn the
//! dial of the simulated bank, have the books verified, and forge one byte of a copy of them. They are the page's own, may
//! change with it, and are no part of the API's document.

mod bank;
mod books;
mod door;
mod forge;
mod pages;
mod proxy;
mod supervisor;
mod wallet_process;

pub use supervisor::{PlayError, Supervisor, SupervisorConfig};
pub use wallet_process::Program;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use bank::Dial;
use books::Proof;
use door::{Door, Nothing};
use forge::Forged;
use makegood_api::Refused;
use makegood_banksim::Control;
use makegood_sql::Database;
use makegood_wallet::Code;
use serde::Serialize;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What the page is shown of the world that it does not read from the API.
#[derive(Serialize)]
struct Stage {
    /// The bank's dial; null where the bank is not the simulated one inside.
    bank: Option<Dial>,
    /// The wallet's process; null where nobody looks after it, and it cannot be killed from the page.
    wallet: Option<wallet_process::Shown>,
}

/// What the routes of a server work with.
pub(crate) struct Playground {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// Turns the switches of the simulated bank inside.
    pub(crate) bank: Option<Control>,
    pub(crate) database: Database,
    pub(crate) database_url: String,
}

struct Shared {
    playground: Playground,
    door: Door,
    /// Held while the books are verified or copied: that costs as much as they are large.
    books: Arc<Mutex<()>>,
}

/// The page and its routes, for a server whose money is not real, and which has its books to itself.
pub(crate) fn router(playground: Playground) -> Router {
    forge::clear(&playground.database_url);
    let door = Door::of(playground.address);
    let shared = Arc::new(Shared { playground, door, books: Arc::default() });
    let api = Router::new()
        .route("/play/api/stage", get(stage))
        .route("/play/api/bank", post(turn))
        .route("/play/api/prove", post(prove))
        .route("/play/api/forge", post(forge_byte))
        .with_state(shared);
    pages::router().merge(api)
}

async fn stage(State(shared): State<Arc<Shared>>) -> Json<Stage> {
    Json(Stage { bank: shared.playground.bank.as_ref().map(Dial::of), wallet: None })
}

async fn turn(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Dial>, Refused> {
    let bank = shared.playground.bank.as_ref().ok_or(Code::NotFound)?;
    Ok(Json(bank::turn(bank, shared.door.said(&headers, &body)?)?))
}

async fn prove(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Proof>, Refused> {
    let Nothing {} = shared.door.said(&headers, &body)?;
    let database = shared.playground.database.clone();
    alone(&shared, async move { books::prove(&database).await }).await
}

async fn forge_byte(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Forged>, Refused> {
    let Nothing {} = shared.door.said(&headers, &body)?;
    let url = shared.playground.database_url.clone();
    alone(&shared, async move { forge::forge(&url).await }).await
}

/// Looks at the books, one look at a time. Whoever asked may go away, or be told that it takes too long: the look goes on,
/// and so it is the look that keeps the next one waiting. A failure is an answer: the same again would cost the same again.
async fn alone<T, E>(
    shared: &Shared,
    look: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<Json<T>, Refused>
where
    T: Send + 'static,
    E: Error + Send + 'static,
{
    let guard = Arc::clone(&shared.books).try_lock_owned().map_err(|_| Code::ServiceBusy)?;
    let looking = tokio::spawn(async move {
        let found = look.await;
        drop(guard);
        found
    });
    match looking.await {
        Ok(found) => found.map(Json).map_err(|error| unreadable(&error)),
        Err(error) => Err(unreadable(&error)),
    }
}

fn unreadable(error: &dyn Error) -> Refused {
    tracing::error!(%error, "the books cannot be looked at");
    Code::Internal.into()
}
