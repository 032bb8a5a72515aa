//! Requests over keep-alive connections, as many under way as there are connections.

use super::BenchError;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// One request.
#[derive(Debug, Clone)]
pub(super) enum Call {
    /// A GET, answered 200.
    Get { path: String, token: String },
    /// A POST, answered 201.
    Post { path: &'static str, token: String, key: String, body: String },
}

/// What came of a load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) per_s: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// Sends all calls, each list over a connection of its own, and waits for every answer, which must be a success.
pub(super) async fn send(address: &str, lists: Vec<Vec<Call>>) -> Result<Answered, BenchError> {
    let mut connections = Vec::with_capacity(lists.len());
    for _ in &lists {
        connections.push(connect(address).await?);
    }
    let count: usize = lists.iter().map(Vec::len).sum();
    let address: Arc<str> = address.into();
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (calls, mut connection) in lists.into_iter().zip(connections) {
        let address = Arc::clone(&address);
        tasks.spawn(async move {
            let mut took = Vec::with_capacity(calls.len());
            for call in calls {
                let began = Instant::now();
                one(&mut connection, &address, call).await?;
                took.push(began.elapsed());
            }
            Ok::<_, BenchError>(took)
        });
    }
    let mut took = Vec::with_capacity(count);
    while let Some(task) = tasks.join_next().await {
        took.extend(task.map_err(unexpected)??);
    }
    let per_s = count as f64 / began.elapsed().as_secs_f64();
    took.sort_unstable();
    let quantile = |per_cent: usize| {
        let index = took.len().saturating_sub(1) * per_cent / 100;
        took.get(index).map_or(0.0, Duration::as_secs_f64) * 1_000.0
    };
    Ok(Answered { per_s, p50_ms: quantile(50), p99_ms: quantile(99) })
}

/// A connection that is kept alive.
pub(super) type Connection = SendRequest<Full<Bytes>>;

/// Opens a connection.
pub(super) async fn connect(address: &str) -> Result<Connection, BenchError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(unexpected)?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn one(connection: &mut Connection, address: &str, call: Call) -> Result<(), BenchError> {
    let expected = match call {
        Call::Get { .. } => 200,
        Call::Post { .. } => 201,
    };
    let (status, body) = ask(connection, address, call).await?;
    if status == expected {
        return Ok(());
    }
    Err(BenchError::Unexpected(format!("{status}: {}", String::from_utf8_lossy(&body))))
}

/// Sends one request, and reads the answer, whatever it is: its status and its body.
pub(super) async fn ask(
    connection: &mut Connection,
    address: &str,
    call: Call,
) -> Result<(u16, Bytes), BenchError> {
    let (request, body) = match call {
        Call::Get { path, token } => (Request::get(path).header("authorization", token), String::new()),
        Call::Post { path, token, key, body } => {
            let request = Request::post(path).header("authorization", token).header("idempotency-key", key);
            (request.header("content-type", "application/json"), body)
        }
    };
    let request = request.header("host", address).body(Full::from(body)).map_err(unexpected)?;
    let response = connection.send_request(request).await.map_err(unexpected)?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(unexpected)?.to_bytes();
    Ok((status.as_u16(), body))
}

fn unexpected(error: impl std::fmt::Display) -> BenchError {
    BenchError::Unexpected(error.to_string())
}
