//! A database keeps to the secrets that it was begun with.

use crate::process::{Service, makegood, run, said};
use makegood::{Server, ServerConfig, StartError, SystemClock, SystemEntropy};
use makegood_app::Secrets;
use makegood_testkit::database::TestDatabase;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const OTHER: &str = "8d5c3f0b6a4e2d1907f6e5d4c3b2a19080716253445566778899aabbccddeeff\n";

/// Everything that works with the secrets refuses, in these words, and so does the doctor.
fn check_refused(folder: &Path, options: &[&str], expected: &str) {
    let failure = format!("FAILED  secrets: {expected}");
    for (command, expected) in [
        (["serve"].as_slice(), expected),
        (&["staff", "add", "--login", "help@example.com"], expected),
        (&["doctor"], &failure),
    ] {
        let refused = run(folder, &[options, command].concat());
        assert_eq!(refused.status.code(), Some(1), "{command:?}");
        assert!(said(&refused).contains(expected), "{command:?}: {}", said(&refused));
    }
}

#[test]
fn other_secrets_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, away) = (folder.path().join("secrets"), folder.path().join("away"));
    let options = ["--listen", "127.0.0.1:0"];
    assert_eq!(Service::serve(folder.path()).stop().0, Some(0));

    fs::rename(&kept, &away).unwrap();
    check_refused(folder.path(), &options, "the database was begun with secrets, and ");
    assert!(!kept.exists(), "none were made up");

    fs::write(&kept, OTHER).unwrap();
    check_refused(folder.path(), &options, "these are not the secrets that the database was begun with");

    // The first ones are good, wherever they are.
    let away = away.to_str().unwrap();
    let options = [options.as_slice(), &["--secrets-file", away]].concat();
    assert_eq!(Service::start(makegood(folder.path(), &options)).stop().0, Some(0));
    let healthy = run(folder.path(), &[options.as_slice(), &["doctor"]].concat());
    assert_eq!(healthy.status.code(), Some(0), "{}", said(&healthy));
}

#[test]
fn a_second_server_has_the_secrets_of_the_first() {
    let database = TestDatabase::postgres();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = ["--test-mode", "--listen", "127.0.0.1:0", "--database-url", database.url()];
    let running = Service::start(makegood(first.path(), &options));
    check_refused(second.path(), &options, "the database was begun with secrets, and ");
    let secrets = first.path().join("secrets");
    let with_secrets = [options.as_slice(), &["--secrets-file", secrets.to_str().unwrap()]].concat();
    assert_eq!(Service::start(makegood(second.path(), &with_secrets)).stop().0, Some(0));
    assert_eq!(running.stop().0, Some(0));
}

#[tokio::test]
async fn of_two_first_servers_one_starts() {
    let database = TestDatabase::postgres();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let start = |number: usize| {
        let config = ServerConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            database_url: Some(database.url().to_owned()),
            secrets: Some(Secrets::parse(&Secrets::generate(&SystemEntropy)).unwrap()),
            test_mode: true,
            ..ServerConfig::new(folders[number].path())
        };
        Box::pin(Server::start(config, Arc::new(SystemClock), Arc::new(SystemEntropy)))
    };
    match tokio::join!(start(0), start(1)) {
        (Ok(running), Err(StartError::OtherSecrets)) | (Err(StartError::OtherSecrets), Ok(running)) => {
            running.stop().await;
        }
        other => panic!("{other:?}"),
    }
}
