//! The README's lines, pasted one by one.

use crate::process::{Service, bash, makegood, run, said};
use makegood::curl;
use makegood_testkit::database::TestDatabase;

const README: &str = include_str!("../../../../README.md");
const README_CHINESE: &str = include_str!("../../../../README.zh-CN.md");

/// The text of the first block of bash.
fn bash_block(page: &str) -> &str {
    page.split("```bash\n").nth(1).unwrap().split("```").next().unwrap()
}

#[test]
fn the_pages_show_what_serve_prints() {
    assert_eq!(bash_block(README), curl::LINES);
    assert_eq!(bash_block(README_CHINESE), curl::LINES);
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    let lines = bash_block(README).replace("http://127.0.0.1:8080", &service.url);
    let docs = format!("{}/docs", service.url);
    let (_, printed) = service.stop();
    assert!(printed.contains(&docs), "{printed}");
    assert!(printed.ends_with(&format!("{lines}\n")), "{printed}");
}

/// Pastes the lines, and verifies while the service runs.
fn paste(service: &Service, verify: impl Fn() -> std::process::Output) {
    let lines = bash_block(README).replace("http://127.0.0.1:8080", &service.url);
    let printed = bash(&lines);
    assert!(!printed.contains("/docs/errors"), "{printed}");
    for expected in [
        r#""state":"active""#,
        r#""hops":[{"hop":"wallet","state":"done""#,
        r#""balance_after":"163.50""#,
        r#""amount":{"amount":"80.00","currency":"CNY"}"#,
        r#"{"kind":"pending","currency":"CNY","available":"36.28","held":"0.00""#,
    ] {
        assert!(printed.contains(expected), "{expected} is not in {printed}");
    }
    assert_eq!(printed.matches(r#""status":"succeeded""#).count(), 3, "{printed}");
    let verified = verify();
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert!(said(&verified).ends_with("\nok\n"), "{}", said(&verified));
}

#[test]
fn the_lines_work_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    paste(&service, || run(folder.path(), &["verify"]));
}

#[test]
fn the_lines_work_on_postgresql() {
    let database = TestDatabase::postgres();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--test-mode", "--listen", "127.0.0.1:0", "--database-url", database.url()];
    let service = Service::start(makegood(folder.path(), &arguments));
    paste(&service, || run(folder.path(), &[arguments.as_slice(), &["verify"]].concat()));
    let healthy = run(folder.path(), &[arguments.as_slice(), &["doctor"]].concat());
    // The tests' PostgreSQL does not sync, which the doctor has to notice.
    assert_eq!(healthy.status.code(), Some(1));
    let said = said(&healthy);
    assert_eq!(said.matches("FAILED").count(), 1, "{said}");
    assert!(said.contains("FAILED  durability"), "{said}");
}
