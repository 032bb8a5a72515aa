//! P27: amounts are decimal strings; whatever else comes is refused, and nothing is written.

use super::{figure, proved};
use makegood_money::{Currency, Money};
use makegood_testkit::{Db, TestWallet};
use serde_json::{Value, json};

on_both!(what_is_no_amount_is_refused);

const GOOD: &[(&str, &str, i64)] = &[
    ("0.01", "CNY", 1),
    ("1", "CNY", 100),
    ("1.5", "CNY", 150),
    ("12.34", "CNY", 1_234),
    ("1", "JPY", 1),
    ("1.234", "KWD", 1_234),
];

const BAD: &[(&str, &str)] = &[
    ("-1", "CNY"),
    ("-0", "CNY"),
    ("0", "CNY"),
    ("0.00", "CNY"),
    ("0.001", "CNY"),
    ("1.5", "JPY"),
    ("1.2345", "KWD"),
    ("NaN", "CNY"),
    ("Infinity", "CNY"),
    ("1e2", "CNY"),
    ("1e400", "CNY"),
    ("9223372036854775808", "CNY"),
    ("92233720368547758.08", "CNY"),
    ("99999999999999999999999999999999999999999999", "CNY"),
    ("+1", "CNY"),
    (" 1", "CNY"),
    ("1 ", "CNY"),
    ("1,000", "CNY"),
    ("0x10", "CNY"),
    ("１００", "CNY"),
    ("١٠٠", "CNY"),
    ("", "CNY"),
    (".", "CNY"),
    (".5", "CNY"),
    ("5.", "CNY"),
    ("1.0.0", "CNY"),
    ("1_000", "CNY"),
    ("1\u{0}", "CNY"),
    ("1", "cny"),
    ("1", "XXX"),
    ("1", ""),
    ("1", "156"),
];

/// JSON that is no string where an amount belongs: not even read.
fn not_strings() -> Vec<Value> {
    vec![
        json!(1),
        json!(1.5),
        json!(-1),
        json!(1e300),
        json!(true),
        json!(null),
        json!(["1"]),
        json!({"a": 1}),
    ]
}

async fn what_is_no_amount_is_refused(db: Db) {
    for (text, currency, minor) in GOOD {
        let currency: Currency = currency.parse().unwrap();
        assert_eq!(Money::parse_positive(text, currency).map(Money::minor), Ok(*minor), "{text}");
    }
    let wallet = TestWallet::start(db).await;
    let (payer, payee, shop) =
        (wallet.user_with("1000.00").await, wallet.user().await, wallet.new_shop().await);
    let order = wallet.order(&shop, "1.00").await;
    let paid = wallet.pay_from_balance(&payer, order).await;
    let card = wallet.card(&payer, makegood_banksim::cards::ALWAYS_WORKS).await;
    let bodies = |amount: Value| {
        let expect = json!({"amount": amount, "payee": shop.id});
        [
            (
                "/v1/transfers".to_owned(),
                &payer.token,
                json!({"to": payee.login, "amount": amount,
                "expect": {"amount": amount, "payee": payee.id}}),
            ),
            ("/v1/top-ups".to_owned(), &payer.token, json!({"amount": amount, "bank_card": card})),
            (
                "/v1/orders".to_owned(),
                &shop.token,
                json!({"merchant_order_no": "P27", "amount": amount, "description": "Tea"}),
            ),
            (
                "/v1/payments".to_owned(),
                &payer.token,
                json!({"order": order.id, "source": {"type": "balance"}, "expect": expect}),
            ),
            (format!("/v1/payments/{paid}/refunds"), &shop.token, json!({"amount": amount, "reason": "r"})),
        ]
    };
    let rows = wallet.count(ROWS).await;
    let strings = BAD.iter().map(|(amount, currency)| (json!({"amount": amount, "currency": currency}), 422));
    let others = not_strings().into_iter();
    let others = others.map(|amount| (json!({"amount": amount, "currency": "CNY"}), 400));
    let mut refused = 0;
    for (amount, status) in strings.chain(others) {
        for (path, token, body) in bodies(amount.clone()) {
            let key = format!("key {refused}");
            let answer = wallet.call(("POST", &path), Some(token), Some(&key), &body).await;
            assert_eq!(answer.status, status, "{path} {amount}: {}", answer.json());
            if status == 422 {
                let is_currency = amount["currency"].as_str().unwrap().parse::<Currency>().is_ok();
                let code = if is_currency { "amount.invalid" } else { "currency.unsupported" };
                assert_eq!(answer.text("/code"), code, "{path} {amount}");
            }
            refused += 1;
        }
    }
    assert_eq!(wallet.count(ROWS).await, rows, "a row was written");
    // The control is an amount: it is accepted, and it writes.
    let good = json!({"amount": "1.00", "currency": "CNY"});
    let good = json!({"to": payee.login, "amount": good, "expect": {"amount": good, "payee": payee.id}});
    let accepted = wallet.call(("POST", "/v1/transfers"), Some(&payer.token), Some("good"), &good).await;
    let caught = accepted.status == 201 && wallet.count(ROWS).await > rows;
    let strings = figure(BAD.len() + not_strings().len());
    let figures = [("amounts", strings), ("requests", refused), ("refused", refused), ("rows_written", 0)];
    proved("P27", db.as_str(), &figures, caught);
    wallet.finish().await;
}

/// Everything that a request could leave behind.
const ROWS: &str = "SELECT (SELECT COUNT(*) FROM transfers) + (SELECT COUNT(*) FROM top_ups)
    + (SELECT COUNT(*) FROM orders) + (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM refunds)
    + (SELECT COUNT(*) FROM idempotency) + (SELECT COUNT(*) FROM ledger_transactions)";
