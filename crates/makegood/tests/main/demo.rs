//! The demo, in both languages.

use crate::process::{run, said};

fn check(language: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), &["demo", "--language", language]);
    let text = said(&told);
    assert_eq!(told.status.code(), Some(0), "{text}");
    expected.iter().for_each(|part| assert!(text.contains(part), "{part} is not in {text}"));
    assert_eq!(text.matches('✓').count(), 20, "{text}");
    assert!(text.contains("\n  ok\n"), "{text}");
    assert!(told.stderr.is_empty(), "the log is no part of it: {text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has a folder of its own");
}

#[test]
fn the_demo_holds_in_english() {
    check(
        "en",
        &["Paid, but not received", "Paid twice", "Not given back", "→ Do not pay again.", "complaints"],
    );
}

#[test]
fn the_demo_holds_in_chinese() {
    check("zh", &["付了款，对方却没收到", "付了两次", "钱没有退回来", "轮到谁处理", "投诉"]);
}
