//! Holds the crates to the map of `docs/architecture.md`: who may depend on whom, and who may name which library.
//!
//! The table on that page is what is checked, so that page and code cannot drift apart.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const ARCHITECTURE: &str = include_str!("../../../../docs/architecture.md");

/// The crates without I/O, clock and randomness.
const PURE: &str = "base money ledger auth payments banking refunds merchants notify wallet";

/// Libraries that only these crates may depend on. No pure crate is among them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("sqlx", &["sql"]),
    ("rusqlite", &["sql"]),
    ("axum", &["api", "banksim", "makegood"]),
    ("reqwest", &["app", "banksim", "makegood", "testkit", "loadtest"]),
    ("tokio", &["sql", "ledger-sql", "store", "app", "api", "banksim", "makegood", "testkit", "loadtest"]),
    ("hyper", &["api", "banksim", "makegood", "loadtest"]),
    ("getrandom", &["app", "makegood", "testkit", "loadtest"]),
];

/// A row of the page's table: a crate, and of ours what it may depend on.
type AllowedRow<'a> = (&'a str, BTreeSet<&'a str>);

/// Reads the page's table: a crate on each line, then what it may depend on.
fn allowed(page: &str) -> Vec<AllowedRow<'_>> {
    let table = page.split("may depend on, of ours\n").nth(1).and_then(|rest| rest.split("```").next());
    let mut rows: Vec<AllowedRow<'_>> = Vec::new();
    for line in table.unwrap_or_default().lines().filter(|line| !line.trim().is_empty()) {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let may = match rest {
            "–" => BTreeSet::new(),
            "all of the above" => rows.iter().map(|(above, _)| *above).collect(),
            names => names.split_whitespace().collect(),
        };
        rows.push((name, may));
    }
    rows
}

/// Our name for a package: `makegood-money` is `money`, the binary keeps its own.
fn short(package: &str) -> Option<&str> {
    if package == "makegood" { Some(package) } else { package.strip_prefix("makegood-") }
}

/// A dependency that others get too: whoever only tests with it does not count.
fn is_dev(dependency: &Value) -> bool {
    dependency["kind"] == "dev"
}

/// Every arrow of the workspace that the map does not allow.
fn offences(metadata: &Value, allowed: &[AllowedRow<'_>]) -> Vec<String> {
    let mut offences = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = short(package["name"].as_str().unwrap()).unwrap_or_default();
        let Some((_, may)) = allowed.iter().find(|(row, _)| *row == name) else {
            offences.push(format!("{} is not on the map", package["name"]));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap().iter().filter(|found| !is_dev(found)) {
            let library = dependency["name"].as_str().unwrap();
            if let Some(ours) = short(library) {
                if !may.contains(ours) {
                    offences.push(format!("{name} depends on {ours}"));
                }
            } else if LIBRARIES.iter().any(|(named, by)| *named == library && !by.contains(&name)) {
                offences.push(format!("{name} depends on {library}"));
            }
        }
    }
    offences
}

fn metadata() -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_arrow_is_on_the_map() {
    let (metadata, allowed) = (metadata(), allowed(ARCHITECTURE));
    assert!(allowed.len() > 15, "the table was not found: {allowed:?}");
    assert!(metadata["packages"].as_array().unwrap().len() > 15);
    assert_eq!(offences(&metadata, &allowed), Vec::<String>::new());
}

#[test]
fn an_arrow_that_is_not_allowed_is_caught() {
    let (metadata, allowed) = (metadata(), allowed(ARCHITECTURE));
    let check = |of: &str, on: &str, kind: Option<&str>, expected: &[&str]| {
        let mut metadata = metadata.clone();
        let packages = metadata["packages"].as_array_mut().unwrap();
        let package = packages.iter_mut().find(|package| package["name"] == of).unwrap();
        package["dependencies"].as_array_mut().unwrap().push(json!({"name": on, "kind": kind}));
        assert_eq!(offences(&metadata, &allowed), expected, "{of} on {on}");
    };
    check("makegood-base", "makegood-money", None, &["base depends on money"]);
    check("makegood-refunds", "makegood-payments", None, &["refunds depends on payments"]);
    check("makegood-refunds", "makegood-payments", Some("dev"), &[]);
    check("makegood-ledger-sql", "makegood-wallet", Some("build"), &["ledger-sql depends on wallet"]);
    check("makegood-app", "makegood-testkit", None, &["app depends on testkit"]);
    check("makegood-app", "makegood-testkit", Some("dev"), &[]);
    check("makegood-loadtest", "makegood-store", None, &["loadtest depends on store"]);
    check("makegood-store", "sqlx", None, &["store depends on sqlx"]);
    check("makegood-app", "axum", None, &["app depends on axum"]);
    check("makegood-api", "reqwest", None, &["api depends on reqwest"]);
    for pure in PURE.split(' ') {
        for (library, _) in LIBRARIES {
            check(&format!("makegood-{pure}"), library, None, &[&format!("{pure} depends on {library}")]);
        }
    }
}

#[test]
fn a_crate_that_the_map_does_not_know_is_caught() {
    let metadata = json!({"packages": [{"name": "makegood-extra", "dependencies": []}]});
    assert_eq!(offences(&metadata, &allowed(ARCHITECTURE)), [r#""makegood-extra" is not on the map"#]);
}
