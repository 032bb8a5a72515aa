//! A proxy between the wallet and PostgreSQL that cuts connections at their COMMIT.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// The whole message that a client commits with: a simple query.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cut {
    /// PostgreSQL never gets the COMMIT.
    Before,
    /// PostgreSQL gets it, and both ends are closed at once, whatever it is doing then.
    AtOnce,
    /// PostgreSQL has answered it, and nobody gets the answer.
    Answer,
}

/// Which commits are cut, of those that pass.
#[derive(Debug, Default)]
struct Plan {
    /// Every so many; none while it is zero.
    every: AtomicU64,
    seen: AtomicU64,
    cuts: Mutex<Vec<Cut>>,
}

impl Plan {
    fn next(&self, ways: &[Cut]) -> Option<Cut> {
        let every = self.every.load(Ordering::SeqCst);
        if every == 0 || !(self.seen.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(every) {
            return None;
        }
        let mut cuts = self.cuts.lock().unwrap();
        let cut = ways[cuts.len() % ways.len()];
        cuts.push(cut);
        Some(cut)
    }
}

/// A proxy that runs until it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    plan: Arc<Plan>,
    listens: JoinHandle<()>,
}

impl Proxy {
    /// Listens, and passes on to this socket. Commits are cut in these ways in turn, once it is told to.
    pub(crate) async fn open(socket: PathBuf, ways: &'static [Cut]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, plan) = (listener.local_addr().unwrap(), Arc::<Plan>::default());
        let kept = Arc::clone(&plan);
        let listens = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (socket, plan) = (socket.clone(), Arc::clone(&plan));
                tokio::spawn(async move {
                    let server = UnixStream::connect(socket).await?;
                    client.set_nodelay(true)?;
                    pass(client, server, &plan, ways).await
                });
            }
        });
        Self { address, plan: kept, listens }
    }

    /// The URL of a database behind it.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("postgres://postgres@{}/{name}?sslmode=disable", self.address)
    }

    /// Cuts at every so many commits; at none, when it is zero.
    pub(crate) fn cut_every(&self, commits: u64) {
        self.plan.every.store(commits, Ordering::SeqCst);
    }

    /// How often it has cut in this way.
    pub(crate) fn cuts(&self, way: Cut) -> u64 {
        let cuts = self.plan.cuts.lock().unwrap();
        super::figure(cuts.iter().filter(|cut| **cut == way).count())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

/// Passes bytes both ways until one side ends, or the connection is cut: then both are closed on the return.
async fn pass(
    mut client: TcpStream,
    mut server: UnixStream,
    plan: &Plan,
    ways: &[Cut],
) -> std::io::Result<()> {
    let (mut asked, mut said) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                // A client sends its COMMIT only when all before is answered: it is alone, or no COMMIT.
                let cut = if bytes == COMMIT { plan.next(ways) } else { None };
                if bytes.is_empty() || cut == Some(Cut::Before) {
                    return Ok(());
                }
                server.write_all(bytes).await?;
                if cut == Some(Cut::Answer) {
                    let _dropped = server.read(&mut said).await?;
                }
                if cut.is_some() {
                    return Ok(());
                }
            }
            read = server.read(&mut said) => {
                let bytes = &said[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}
