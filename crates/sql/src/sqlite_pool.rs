//! The connections to one SQLite file that wait for their next transaction.

use crate::{
    checkpoint::Checkpointer,
    database::Options,
    error::Error,
    sqlite::{Connection, Purpose},
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A pool of connections of one purpose. They are opened when they are wanted.
#[derive(Debug)]
pub(crate) struct Pool {
    file: PathBuf,
    purpose: Purpose,
    connections_max: u32,
    options: Options,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// For those that write.
    checkpointer: Option<Arc<Checkpointer>>,
}

/// A connection that was lent, and its place in the pool.
pub(crate) struct Lent {
    pub(crate) connection: Connection,
    idle: Arc<Mutex<Vec<Connection>>>,
    checkpointer: Option<Arc<Checkpointer>>,
    _place: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(file: PathBuf, purpose: Purpose, connections_max: u32, options: Options) -> Self {
        let places = Arc::new(Semaphore::new(connections_max as usize));
        let checkpointer =
            (purpose == Purpose::Write).then(|| Arc::new(Checkpointer::new(file.clone(), options.clone())));
        Self { file, purpose, connections_max, options, places, idle: Arc::default(), checkpointer }
    }

    /// Opens a connection for whoever comes first: what cannot be opened is known at once.
    pub(crate) fn open_one(&self) -> Result<(), Error> {
        let connection = Connection::open(&self.file, self.purpose, &self.options)?;
        self.idle().push(connection);
        Ok(())
    }

    /// A connection, as soon as there is a place for one.
    pub(crate) async fn acquire(&self) -> Result<Lent, Error> {
        let patience = Duration::from_millis(self.options.acquire_ms_max);
        let place = tokio::time::timeout(patience, Arc::clone(&self.places).acquire_owned()).await;
        let place = place
            .map_err(|_| Error::Down("no connection was free in time".to_owned()))?
            .map_err(|_| Error::Down("the database was closed".to_owned()))?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.file, self.purpose, &self.options)?,
        };
        let (idle, checkpointer) = (Arc::clone(&self.idle), self.checkpointer.clone());
        Ok(Lent { connection, idle, checkpointer, _place: place })
    }

    /// Lends nothing any more, and closes all connections when the last one that was lent is back.
    pub(crate) async fn close(&self) {
        let _all_places = self.places.acquire_many(self.connections_max).await;
        self.places.close();
        let (idle, checkpointer) = (Arc::clone(&self.idle), self.checkpointer.clone());
        // Whoever closes last copies what is left of the log, which takes as long as the disk does.
        let closing = tokio::task::spawn_blocking(move || {
            if let Some(checkpointer) = checkpointer {
                checkpointer.close();
            }
            idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        let _closed = closing.await;
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    /// Commits what was written.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        let committed = self.connection.run("COMMIT");
        if let Some(checkpointer) = &self.checkpointer {
            match committed {
                Ok(()) => checkpointer.consider(&mut self.connection),
                // On a full disk there may be room in the log once it is copied, for the file has these pages already.
                Err(_) => {
                    checkpointer.wake();
                }
            }
        }
        committed
    }

    /// Back to the pool: no transaction is open on it. A connection that is dropped instead is closed.
    pub(crate) fn give_back(self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
    }
}
