//! The folder that holds what one server keeps on its own disk, and the lock that keeps a second server out.

use crate::secrets::is_open_to_others;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The file whose lock says that a server works on the folder.
const LOCK_FILE: &str = "lock";
/// The file whose lock says that a simulated bank works on its books there.
const BANK_LOCK_FILE: &str = "bank.lock";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// It cannot be made, or written to.
    #[error("the data folder {folder} cannot be used: {error}")]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A server works on it.
    #[error("another server is running on the data folder {folder}: stop it first, or use another folder")]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
}

/// Makes the folder, where there is none, for its owner alone.
pub(crate) fn create(folder: &Path) -> Result<(), DataFolderError> {
    let unusable = |error| DataFolderError::Unusable { folder: folder.to_owned(), error };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)
}

/// Locks the folder for this process, for as long as the file lives. The system releases the lock of a process
/// that was killed, so that no stale lock can keep a server from starting.
pub(crate) fn lock(folder: &Path) -> Result<File, DataFolderError> {
    lock_file(folder, LOCK_FILE)
}

/// Locks the simulated bank's books, which may be another process's than the service's.
pub(crate) fn lock_bank(folder: &Path) -> Result<File, DataFolderError> {
    lock_file(folder, BANK_LOCK_FILE)
}

fn lock_file(folder: &Path, name: &str) -> Result<File, DataFolderError> {
    let unusable = |error| DataFolderError::Unusable { folder: folder.to_owned(), error };
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(folder.join(name)).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Makes a SQLite file, where there is none, for its owner alone; SQLite gives the files beside it the same
/// rights. Takes them from everybody else where the files are there already.
pub(crate) fn make_private(file: &Path) -> Result<(), DataFolderError> {
    let unusable = |error| DataFolderError::Unusable { folder: folder_of(file).to_owned(), error };
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600).open(file).map_err(unusable)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        if !is_open_to_others(Path::new(&name)).unwrap_or(false) {
            continue;
        }
        if let Err(error) = fs::set_permissions(&name, Permissions::from_mode(0o600)) {
            tracing::warn!(file = %name.display(), %error, "others can read what people have paid");
        }
    }
    Ok(())
}

/// The URL of a SQLite file. What has a meaning in a URL is escaped.
#[must_use]
pub fn sqlite_url(file: &Path) -> String {
    let path = file.to_string_lossy();
    format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
}

/// The folder that a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(DataFolderError::InUse { .. })));
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[test]
    fn a_url_names_the_file_that_it_was_made_of() {
        for file in ["makegood.db", "/srv/wallet/makegood.db", "50%3F?/#1 %.db"] {
            let file = Path::new(file);
            assert_eq!(makegood_sql::sqlite_file(&sqlite_url(file)).unwrap().as_deref(), Some(file));
        }
    }

    #[test]
    fn a_file_is_in_a_folder() {
        for (file, expected) in [("makegood.db", "."), ("data/makegood.db", "data"), ("/makegood.db", "/")] {
            assert_eq!(folder_of(Path::new(file)), Path::new(expected), "{file}");
        }
    }
}
