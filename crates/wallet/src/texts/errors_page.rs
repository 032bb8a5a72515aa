//! `docs/errors.md` is written from the matrix: `UPDATE_DOCS=1 cargo test -p makegood-wallet errors_page`
//! rewrites it, and without that variable the test fails where the page is not what the matrix says.

use super::tests::NOTHING_TO_DO;
use super::{Language, Role, texts};
use crate::code::Code;
use std::fmt::Write;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");

const OPENING: &str = "\
# Errors

Every code that an answer can carry, and what each role can do next. A code never changes and is never
translated; titles, details and remedies come in English and Chinese (`Accept-Language`). A code's cause says
whose doing it is. It is retryable if the same thing can succeed when it is asked for again later: under the same
Idempotency-Key where nothing was decided, under a new one where the answer was stored, for the old key gets that
answer again. `safe_to_pay_again` is not in this list, for it depends on the payment: ask for it there before
paying again.

Title and detail speak to whoever asked. In an answer, `remedies` names what the asking role can do; staff see
those of every role.

This page is written by a test from `crates/wallet/src/code.rs` and `crates/wallet/src/texts/`. Change those, then
run `UPDATE_DOCS=1 cargo test -p makegood-wallet errors_page`.
";

fn cause(code: Code) -> String {
    serde_json::to_value(code.cause()).unwrap().as_str().unwrap().to_owned()
}

fn cell(code: Code, role: Role) -> String {
    let remedies = texts(code, Language::English).remedies_of(role);
    let reason = NOTHING_TO_DO.iter().find(|(of, _, codes)| *of == role && codes.contains(&code));
    match reason {
        Some((_, reason, _)) => format!("*Nothing: {reason}.*"),
        None => remedies.join("<br>"),
    }
}

fn page() -> String {
    let mut page = OPENING.to_owned();
    page.push_str("\n| code | status | cause | retryable | title |\n|---|---|---|---|---|\n");
    for &code in Code::ALL {
        let retryable = match (code.retryable(), code.is_stored()) {
            (false, _) => "no",
            (true, false) => "same key",
            (true, true) => "new key",
        };
        let title = texts(code, Language::English).title;
        let (name, status, cause) = (code.as_str(), code.status(), cause(code));
        writeln!(page, "| [`{name}`](#{name}) | {status} | {cause} | {retryable} | {title} |").unwrap();
    }
    for &code in Code::ALL {
        let english = texts(code, Language::English);
        let retryable = match (code.retryable(), code.is_stored()) {
            (false, _) => "not retryable",
            (true, false) => "retryable with the same Idempotency-Key",
            (true, true) => "retryable with a new Idempotency-Key",
        };
        // A heading's own anchor loses the dots, and a problem's `type` ends in the code as it is.
        writeln!(page, "\n<a id=\"{0}\"></a>\n\n## `{0}`\n", code.as_str()).unwrap();
        writeln!(page, "**{}.** {}\n", english.title, english.detail).unwrap();
        writeln!(page, "Status {}, cause {}, {retryable}.\n", code.status(), cause(code)).unwrap();
        page.push_str("| role | next |\n|---|---|\n");
        for role in Role::ALL {
            writeln!(page, "| {} | {} |", role.as_str(), cell(code, role)).unwrap();
        }
    }
    page
}

#[test]
fn errors_page_is_what_the_matrix_says() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &page).unwrap();
    }
    let stored = std::fs::read_to_string(PATH).unwrap();
    assert!(
        stored == page,
        "docs/errors.md is out of date: run UPDATE_DOCS=1 cargo test -p makegood-wallet errors_page"
    );
}
