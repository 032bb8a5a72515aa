//! The load test as users run it: it holds where nothing is broken, and finds what is broken on purpose.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use makegood_testkit::postgres::PostgresDatabase;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One run at a time: each has a wallet, a bank and dozens of people.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What a run said, whether it ended well, and its report.
struct Ran {
    said: String,
    held: bool,
    report: Value,
}

fn run(arguments: &[&str], folder: &Path) -> Ran {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(env!("CARGO_BIN_EXE_makegood-loadtest"));
    command.args(arguments).arg("--report").arg(folder);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let report = std::fs::read(folder.join("report.json"));
    let report = report.map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
    Ran { said, held: output.status.success(), report }
}

impl Ran {
    /// The names of the verdicts that did not hold.
    fn failed(&self) -> Vec<&str> {
        let verdicts = self.report["verdicts"].as_array().unwrap_or_else(|| panic!("{}", self.said));
        let failed = verdicts.iter().filter(|verdict| verdict["found"] != 0);
        failed.map(|verdict| verdict["name"].as_str().unwrap()).collect()
    }
}

/// A short hour with few people, in which something is broken.
const SHORT: [&str; 4] = ["--minutes", "0.25", "--people", "2"];

#[test]
fn an_hour_on_postgresql_holds_and_its_report_says_all() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresDatabase::create();
    let ran = run(&["--smoke", "--database-url", server.url()], folder.path());
    assert!(ran.held, "{}", ran.said);
    let set_up = &ran.report["set_up"];
    assert_eq!(set_up["database"], "PostgreSQL");
    assert!(set_up["sync"].as_str().unwrap().contains("synchronous_commit"), "{set_up}");
    let phases: Vec<_> = ran.report["phases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["p99_to_calm"].is_number())
        .map(|row| row["phase"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["calm", "peak", "outage", "calm again"]);
    let samples = ran.report["samples"].as_array().unwrap().len();
    assert!(samples > 20 && ran.report["oldest_not_received_s"].as_array().unwrap().len() == samples);
    assert!(ran.report["faults"].as_object().unwrap().values().all(|count| count.as_u64() > Some(0)));
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("Everything held") && page.contains("<svg"));
    assert!(!page.contains("http"), "the page needs something from elsewhere");
}

#[test]
fn a_proxy_that_gives_every_tap_a_key_of_its_own_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&[&SHORT[..], &["--control", "fresh-keys"]].concat(), folder.path());
    assert!(!ran.held, "{}", ran.said);
    let failed = ran.failed();
    // Who tapped twice has two top-ups, and another answer.
    assert!(failed.contains(&"answered") && failed.contains(&"histories"), "{failed:?}\n{}", ran.said);
    assert!(!failed.contains(&"verify"), "{failed:?}\n{}", ran.said);
    let last = ran.said.lines().find(|line| line.starts_with("FAILED: ")).unwrap();
    assert!(last.contains("histories"), "{last}");
}

#[test]
fn a_bank_that_lies_is_caught_and_so_is_a_figure_that_is_worse() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("old.json");
    let figure = json!({
        "name": "requests", "value": 1e9, "unit": "/s", "more_is_better": true, "share": 0.15, "slack": 0.0,
    });
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let processes = "wallet, bank and load each in a process of its own, on this machine";
    let set_up = json!({"processes": processes, "database": "SQLite", "sync": "WAL, synchronous=FULL", "build": build});
    let old = json!({"set_up": set_up, "people": 10, "shops": 3, "length_s": 15.0, "figures": [figure]});
    std::fs::write(&baseline, old.to_string()).unwrap();
    let broken = ["--control", "lying-bank", "--baseline", baseline.to_str().unwrap()];
    let ran = run(&[&SHORT[..], &broken].concat(), folder.path());
    assert!(!ran.held, "{}", ran.said);
    let failed = ran.failed();
    assert!(failed.contains(&"same state") && failed.contains(&"same books"), "{failed:?}\n{}", ran.said);
    assert!(!failed.contains(&"verify"), "{failed:?}\n{}", ran.said);
    assert!(ran.said.contains("WORSE  requests: was 1000000000.00 /s, is"), "{}", ran.said);
}

#[test]
fn a_baseline_that_is_none_is_refused_before_anything_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("old.json");
    for text in ["", "{}", "{\"figures\": 7}", "{\"figures\": []}"] {
        std::fs::write(&baseline, text).unwrap();
        let ran = run(&["--smoke", "--baseline", baseline.to_str().unwrap()], folder.path());
        assert!(!ran.held && ran.said.contains("the baseline "), "{}", ran.said);
        assert_eq!(ran.report, Value::Null);
    }
}

/// How long a run may take to start.
const START_MAX: Duration = Duration::from_secs(120);

/// Starts a run whose scratch folders are made in this folder, and waits until it plays.
fn start(arguments: &[&str], folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let scratch = folder.join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_makegood-loadtest"));
    command.args(arguments).arg("--report").arg(folder.join("report")).env("TMPDIR", scratch);
    let run = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let began = Instant::now();
    while !std::fs::read_to_string(folder.join("log")).unwrap().contains("requests/s") {
        assert!(began.elapsed() < START_MAX, "nothing is played");
        std::thread::sleep(Duration::from_millis(50));
    }
    run
}

/// Tells a process something.
fn tell(signal: &str, process: u32) {
    let told = Command::new("kill").args([signal, &process.to_string()]).status().unwrap();
    assert!(told.success());
}

/// The wallet's process of a run.
fn wallet_of(run: u32) -> u32 {
    let is_wallet = |process: &u32| {
        let read =
            |what: &str| std::fs::read_to_string(format!("/proc/{process}/{what}")).unwrap_or_default();
        let status = read("status");
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.is_some_and(|parent| parent.trim() == run.to_string())
            && read("cmdline").split('\0').nth(1) == Some("wallet")
    };
    let processes = std::fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok());
    numbers.into_iter().find(is_wallet).unwrap()
}

#[test]
fn a_wallet_that_dies_is_told_of_in_a_report_and_what_it_left_is_kept() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let run = start(&SHORT, folder.path());
    tell("-KILL", wallet_of(run.id()));
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{said}");
    let report = std::fs::read(folder.path().join("report/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let failed = Ran { said, held: false, report };
    let names = failed.failed();
    assert!(["played", "drained", "read"].iter().all(|name| names.contains(name)), "{names:?}");
    let kept = failed.said.lines().find_map(|line| line.strip_prefix("kept, ")).unwrap();
    let kept = Path::new(kept.rsplit(": ").next().unwrap());
    assert!(kept.starts_with(folder.path()), "{}", kept.display());
    assert!(kept.join("wallet.log").is_file() && kept.join("makegood.db").is_file());
}

#[test]
fn a_run_that_is_interrupted_leaves_nothing_behind() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let run = start(&SHORT, folder.path());
        let wallet = wallet_of(run.id());
        tell(signal, run.id());
        assert!(!run.wait_with_output().unwrap().status.success());
        assert!(std::fs::read_to_string(folder.path().join("log")).unwrap().contains("interrupted"));
        assert_eq!(std::fs::read_dir(folder.path().join("scratch")).unwrap().count(), 0, "{signal}");
        let wallet = std::fs::read_to_string(format!("/proc/{wallet}/cmdline")).unwrap_or_default();
        assert!(!wallet.contains("loadtest"), "{signal}: the wallet goes on");
    }
}
