//! A private PostgreSQL for tests, from the installed binaries: one cluster per test process, started by the
//! first test that wants it, one database per test.
//!
//! The cluster belongs to a small shell that waits on a pipe from the test process. When the process ends, in
//! whatever way, the pipe closes, and the shell stops the server and removes its folder. Where
//! `MAKEGOOD_TEST_POSTGRES_URL` names a server, that one is used, and none is started.
#![expect(clippy::panic, clippy::expect_used, reason = "a test whose database does not start has failed")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// The variable that names a server to use instead of a private one: a URL of a user who may create databases.
pub const SERVER_URL_VARIABLE: &str = "MAKEGOOD_TEST_POSTGRES_URL";
/// The user that PostgreSQL runs as when the tests run as root, which it refuses.
const NOBODY: u32 = 65_534;

/// Starts a server, says `ready`, does what it is asked line by line, and stops the server when the pipe closes. `$1`
/// the binaries, `$2` the folder, `$3` settings.
const WATCH: &str = r#"
binaries=$1 folder=$2 settings=$3
cd "$folder" || exit 1
start() {
    "$binaries/pg_ctl" -D data -l log -w -t 60 -o "-k '$folder' -c listen_addresses='' \
        -c max_connections=300 -c deadlock_timeout=100ms $settings" start >start 2>&1
}
if "$binaries/initdb" -D data -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >log 2>&1 && start
then
    echo ready
    while read -r request mode; do
        case "$request" in
            start) start ;;
            stop) "$binaries/pg_ctl" -D data -m "$mode" -w stop >stop 2>&1 ;;
        esac && echo "done" || echo failed
    done
    "$binaries/pg_ctl" -D data -m immediate -w stop >stop 2>&1
else
    cat log start 2>/dev/null
fi
cd / && rm -rf "$folder"
"#;
/// Nothing that is tested on the shared server outlives it.
const NOT_DURABLE: &str = "-c fsync=off -c full_page_writes=off";

#[derive(Debug)]
struct Server {
    url: String,
    binaries: PathBuf,
    /// The one that was started.
    _watch: Option<Watch>,
}

/// The shell that watches a server.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) binaries: PathBuf,
    pub(crate) folder: PathBuf,
    /// Its standard input is the pipe; it closes when the process ends, or earlier.
    child: Child,
    output: BufReader<ChildStdout>,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// An empty database of the private server. Dropping it drops the database, whoever is connected.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// Creates a database; the first call of a process starts the server, which takes some seconds.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn create() -> Self {
        let server = SERVER.get_or_init(Server::start);
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("makegood_test_{}_{number}", std::process::id());
        server.run(&format!("DROP DATABASE IF EXISTS {name}")).unwrap_or_else(|reason| panic!("{reason}"));
        server.run(&format!("CREATE DATABASE {name}")).unwrap_or_else(|reason| panic!("{reason}"));
        let separator = if server.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}dbname={name}", server.url);
        Self { name, url }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Some(server) = SERVER.get() {
            // A private server goes with all its databases, so that a failure here costs nothing.
            let _ = server.run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

impl Server {
    fn start() -> Self {
        let binaries = newest_binaries();
        if let Ok(url) = std::env::var(SERVER_URL_VARIABLE) {
            return Self { url, binaries, _watch: None };
        }
        let watch = Watch::start(NOT_DURABLE);
        Self { url: watch.url("postgres"), binaries, _watch: Some(watch) }
    }

    fn run(&self, statement: &str) -> Result<(), String> {
        run(&self.binaries, &self.url, statement)
    }
}

impl Watch {
    /// Starts a server with these settings.
    pub(crate) fn start(settings: &str) -> Self {
        let binaries = newest_binaries();
        // Not in TMPDIR: the path of a socket has at most 107 bytes, and every parent must be open to nobody.
        let folder = tempfile::Builder::new().prefix("makegood-pg-").tempdir_in("/tmp").expect("a folder");
        let folder = folder.keep();
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(WATCH).arg("sh").arg(&binaries).arg(&folder).arg(settings);
        // A group of its own: an interrupt from the keyboard ends the tests, and thereby the server.
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let owner = std::fs::metadata("/proc/self").expect("/proc");
        if std::os::unix::fs::MetadataExt::uid(&owner) == 0 {
            chown(&folder, Some(NOBODY), Some(NOBODY)).expect("the folder is given to nobody");
            shell.uid(NOBODY).gid(NOBODY);
        }
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("permissions");
        let mut child = shell.spawn().expect("/bin/sh starts");
        let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut said = String::new();
        output.read_line(&mut said).expect("the shell's output");
        if said.trim() != "ready" {
            let _ = output.read_to_string(&mut said);
            panic!("PostgreSQL does not start:\n{said}");
        }
        Self { binaries, folder, child, output }
    }

    /// The URL of a database.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.folder.display())
    }

    /// Has the shell do something, and waits until it is done.
    pub(crate) fn ask(&mut self, request: &str) {
        let input = self.child.stdin.as_mut().expect("it was piped");
        writeln!(input, "{request}").expect("the shell listens");
        let mut said = String::new();
        self.output.read_line(&mut said).expect("the shell's output");
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(said.trim(), "done", "{request}: {}", log());
    }

    /// Stops the server and waits until its folder is gone.
    pub(crate) fn end(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// Runs one statement outside any transaction.
pub(crate) fn run(binaries: &Path, url: &str, statement: &str) -> Result<(), String> {
    let output = Command::new(binaries.join("psql"))
        .args(["--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-c", statement])
        .arg(url)
        .env("PGOPTIONS", "-c client_min_messages=warning")
        .output()
        .map_err(|error| format!("psql: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{statement}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The folder of the newest installed server.
fn newest_binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    versions
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| number(path))
        .map(|path| path.join("bin"))
        .unwrap_or_else(|| {
            panic!(
                "no PostgreSQL server under /usr/lib/postgresql: run `apt-get install postgresql`, or \
                 `./scripts/test`, which does"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_made_and_dropped() {
        let count = |name: &str| {
            let server = SERVER.get().unwrap();
            let wanted = format!("SELECT 1 / count(*) FROM pg_database WHERE datname = '{name}'");
            server.run(&wanted)
        };
        let database = PostgresDatabase::create();
        let name = database.name.clone();
        assert_eq!(count(&name), Ok(()));
        drop(database);
        assert!(count(&name).unwrap_err().contains("division by zero"));
    }
}
