//! The page's own texts: all of them in both languages, and no others.

use makegood_payments::PaymentStatus;
use makegood_wallet::texts::Language;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const WORDS: &str = include_str!("../../../src/play/assets/words.json");
const PAGE: &str = include_str!("../../../src/play/assets/play.html");
const SCRIPTS: &[&str] = &[
    include_str!("../../../src/play/assets/play.js"),
    include_str!("../../../src/play/assets/trade.js"),
    include_str!("../../../src/play/assets/show.js"),
    include_str!("../../../src/play/assets/behind.js"),
    include_str!("../../../src/play/assets/words.js"),
];

/// Keys that scripts make of a word that the API, or the page's own lists, say.
const MADE: &[(&str, &[&str])] = &[
    ("step.", &["pay", "twice", "peak", "cancel", "prove", "forge", "kill"]),
    ("item.", &["oolong", "cakes", "set"]),
    ("who.", &["payer", "bank", "wallet", "staff"]),
    ("order.", &["created", "processing", "paid", "cancelled", "expired"]),
    ("hop.", &["wallet", "bank", "ledger", "payee", "payer", "card", "return", "recall", "bank_return"]),
    ("state.", &["done", "waiting", "unknown", "refused", "not_reached"]),
    ("bank.says.", &["calm", "peak", "outage"]),
    ("bank.seen.", &["up", "down", "recovering", "maintenance"]),
    (
        "count.",
        &[
            "account",
            "payment",
            "refund",
            "top-up",
            "transfer",
            "withdrawal",
            "payout",
            "settlement",
            "order",
            "bank-transfer",
        ],
    ),
    ("forge.", &["nothing_there", "not_sqlite", "too_large"]),
    ("forge.row.", &["there", "absent", "posted"]),
];

fn words() -> Map<String, Value> {
    serde_json::from_str(WORDS).unwrap()
}

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

#[test]
fn every_text_is_there_in_both_languages_with_the_same_places() {
    let words = words();
    assert!(words.len() > 100);
    for (key, texts) in &words {
        let text = |language: &str| texts[language].as_str().unwrap_or_default();
        let (english, chinese) = (text("en"), text("zh"));
        assert_eq!(texts.as_object().unwrap().len(), Language::ALL.len(), "{key}");
        assert!(!english.trim().is_empty() && !chinese.trim().is_empty(), "{key}");
        assert_eq!(places(english), places(chinese), "{key}");
        assert!(!english.contains("  "), "{key}");
        let is_chinese = chinese.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        assert!(is_chinese || places(chinese).len() == 2, "{key}: {chinese}");
        assert!(!chinese.contains([',', ';', ':', '!', '?', '(']), "{key} has half-width signs: {chinese}");
    }
}

/// The keys that the page and its scripts name.
fn used() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for attribute in ["data-word=\"", "data-label=\""] {
        let found = PAGE.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        used.extend(found.map(str::to_owned));
    }
    let words = words();
    for script in SCRIPTS {
        let is_comment =
            |line: &&str| ["//", "/*", "*"].iter().any(|sign| line.trim_start().starts_with(sign));
        let code: String = script.lines().filter(|line| !is_comment(line)).collect();
        let quoted = code.split('\'').skip(1).step_by(2);
        used.extend(quoted.filter(|text| words.contains_key(*text)).map(str::to_owned));
    }
    for (prefix, names) in MADE {
        let made = format!("`{prefix}${{");
        assert!(SCRIPTS.iter().any(|script| script.contains(&made)), "{made} is in no script");
        used.extend(names.iter().map(|name| format!("{prefix}{name}")));
    }
    used.extend(PaymentStatus::ALL.iter().map(|status| format!("payment.{}", status.as_str())));
    used.extend(MADE[0].1.iter().map(|step| format!("step.{step}.hint")));
    used
}

#[test]
fn every_text_that_is_named_is_there_and_every_text_is_named() {
    let words = words();
    let there: BTreeSet<String> = words.keys().cloned().collect();
    let used = used();
    assert_eq!(used.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "not there");
    assert_eq!(there.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "not used");
    // A literal that looks like a key and is none.
    for script in SCRIPTS {
        for call in script.split("word('").skip(1) {
            let key = call.split('\'').next().unwrap();
            assert!(words.contains_key(key), "{key}");
        }
    }
}

/// No text that a person reads stands in the page itself, but for names that are the same in every language.
#[test]
fn the_page_holds_no_text_of_its_own() {
    let body = PAGE.split("<body>").nth(1).unwrap();
    let body: String =
        body.split("<noscript>").next().unwrap().to_owned() + body.split("</noscript>").nth(1).unwrap();
    let texts = body.split('>').skip(1).filter_map(|rest| rest.split('<').next()).map(str::trim);
    let others: Vec<&str> = texts.filter(|text| text.chars().any(char::is_alphabetic)).collect();
    assert_eq!(others, ["Makegood", "English", "中文", "李", "makegood play"]);
}
