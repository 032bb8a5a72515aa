//! `verify` names whatever was changed behind the ledger's back.

use crate::process::{Service, bash, run, said};
use makegood::{curl, sqlite_url, verify};
use makegood_sql::{Database, Options};
use makegood_store::migrations;
use makegood_testkit::database::TestDatabase;
use std::fs;

/// A change behind the ledger's back, and what has to be said about it.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE ledger_accounts SET posted = posted + 1 WHERE code = 201", "ledger_accounts acc_"),
    ("UPDATE ledger_accounts SET posted = posted + 1 WHERE code = 201", "CNY: the pool book has"),
    ("UPDATE ledger_accounts SET posted = posted + 1 WHERE code = 208", "its mirror float_contra"),
    ("UPDATE ledger_legs SET amount = amount + 1 WHERE position = 3", "ledger_legs 3"),
    ("UPDATE ledger_transactions SET leaf = zeroblob(32) WHERE sequence = 2", "ledger_transactions txn_"),
    ("UPDATE bank_transfers SET state = 'unknown' WHERE direction = 'out'", "out_in_transit is"),
    (
        "UPDATE payments SET fee_minor = fee_minor + 1 WHERE source = 'balance'",
        "this payment says that it moved",
    ),
    ("UPDATE payments SET status = 'failed' WHERE source = 'balance'", "this payment says that it moved"),
    ("DELETE FROM payments WHERE source = 'balance'", "the ledger has this payment, the wallet does not"),
    ("UPDATE payments SET order_id = (SELECT MIN(order_id) FROM payments)", "more than one payment has paid"),
    ("UPDATE orders SET paid_by_id = id WHERE state = 'paid'", "not paid by the payment that it names"),
    ("UPDATE orders SET state = 'open', paid_by_id = NULL", "its order does not say so"),
    ("UPDATE payments SET refunded_minor = 1, status = 'partially_refunded'", "not the sum of its refunds"),
    ("UPDATE payments SET status = 'succeeded'", "not the sum of its refunds"),
    ("UPDATE refunds SET fee_back_minor = fee_back_minor + 1", "this refund says that it moved"),
    ("DELETE FROM refunds", "the ledger has this refund, the wallet does not"),
    ("UPDATE top_ups SET amount_minor = amount_minor + 1", "this top-up says that it moved"),
    ("UPDATE top_ups SET status = 'failed'", "it neither arrived nor was given back"),
    (
        "UPDATE payments SET status = 'failed' WHERE source = 'bank_card'",
        "it neither arrived nor was given back",
    ),
    (
        "INSERT INTO transfers (id, payer_id, payee_id, amount_minor, currency, created_at)
            VALUES (zeroblob(16), zeroblob(16), zeroblob(16), 1, 'CNY', 0)",
        "this transfer says that it moved",
    ),
    (
        "UPDATE payments SET payer_id = id WHERE source = 'balance'",
        "another payer or merchant than this payment",
    ),
    (
        "UPDATE payments SET merchant_id = id WHERE source = 'balance'",
        "another payer or merchant than this payment",
    ),
    (
        "UPDATE payments SET merchant_id = id WHERE source = 'bank_card'",
        "another payer or merchant than this payment",
    ),
    ("UPDATE refunds SET merchant_id = id", "another payer or merchant than this refund"),
    (
        "UPDATE refunds SET payer_id = id WHERE bank_transfer_id IS NULL",
        "another payer or merchant than this refund",
    ),
    ("UPDATE top_ups SET user_id = id", "another user than this top-up"),
    ("UPDATE transfers SET payer_id = payee_id, payee_id = payer_id", "between others than this transfer"),
    ("UPDATE transfers SET payee_id = id", "between others than this transfer"),
    (
        "UPDATE refunds SET status = CASE status WHEN 'succeeded' THEN 'processing' ELSE 'succeeded' END
            WHERE bank_transfer_id IS NOT NULL",
        "the end that this refund says",
    ),
    ("UPDATE refunds SET status = 'needs_action'", "the end that this refund says"),
    ("UPDATE refunds SET status = 'unknown' WHERE bank_transfer_id IS NULL", "the end that this refund says"),
    ("UPDATE bank_transfers SET next_at = 1", "no timer will wake it"),
    ("UPDATE payments SET status = 'requires_confirmation'", "no timer will close it"),
    ("UPDATE payments SET status = 'no status'", "this payment says that it moved"),
    ("UPDATE ledger_accounts SET currency = 1", ": currency is stored as something"),
    ("UPDATE withdrawals SET status = 'failed'", "what this withdrawal says of its money"),
    ("UPDATE withdrawals SET amount_minor = amount_minor + 1", "what this withdrawal says of its money"),
    ("UPDATE withdrawals SET user_id = id", "another user than this withdrawal"),
    ("DELETE FROM withdrawals", "the ledger has this withdrawal, the wallet does not"),
    ("UPDATE settlement_schedules SET taken_minor = taken_minor + 1", "what its days say"),
    ("UPDATE settlement_schedules SET merchant_id = id", "what its days say"),
    ("DELETE FROM timers WHERE kind = 'settlement_day'", "no day of it ends"),
];

/// What the lines for newcomers do not do: a transfer, a refund to a balance, and a withdrawal.
const MORE_LINES: &str = r#"
FRIEND=$(curl -sS $URL/v1/users -H "$JSON" -d '{"login":"wang.fang@example.com","password":"grey-kettle-tram-42","display_name":"Wang Fang"}' | id_of usr)
curl -sSf $URL/v1/transfers -H "$ME" -H "$JSON" -H 'Idempotency-Key: give' -d '{"to":"'$FRIEND'","amount":{"amount":"5.00","currency":"CNY"},"expect":{"amount":{"amount":"5.00","currency":"CNY"},"payee":"'$FRIEND'"}}'
PAYMENT=$(curl -sS "$URL/v1/payments?status=succeeded" -H "$ME" | id_of pay)
curl -sSf $URL/v1/payments/$PAYMENT/refunds -H "$ME" -H "$JSON" -H 'Idempotency-Key: back' -d '{"amount":{"amount":"6.50","currency":"CNY"},"reason":"Cold tea"}'
OUT=$(curl -sSf $URL/v1/withdrawals -H "$ME" -H "$JSON" -H 'Idempotency-Key: out' -d '{"amount":{"amount":"1.00","currency":"CNY"},"bank_card":"'$CARD'"}' | id_of wdr)
curl -sSf "$URL/v1/withdrawals/$OUT?wait=10" -H "$ME"
"#;

#[tokio::test]
async fn every_change_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    let lines = format!("{}{MORE_LINES}", curl::LINES);
    bash(&lines.replace("http://127.0.0.1:8080", &service.url));
    assert_eq!(service.stop().0, Some(0));
    let books = folder.path().join("makegood.db");
    for (change, finding) in CHANGES {
        let copy = tempfile::tempdir().unwrap();
        let file = copy.path().join("makegood.db");
        fs::copy(&books, &file).unwrap();
        let clean = run(copy.path(), &["verify"]);
        assert_eq!(clean.status.code(), Some(0), "{}", said(&clean));
        let database = Database::open(&sqlite_url(&file), Options::default()).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        assert!(transaction.execute(change, Vec::new()).await.unwrap() > 0, "{change}");
        transaction.commit().await.unwrap();
        database.close().await;
        let changed = run(copy.path(), &["verify"]);
        let text = said(&changed);
        assert_eq!(changed.status.code(), Some(1), "{change}: {text}");
        assert!(text.contains(finding), "{change}: {text}");
    }
}

#[tokio::test]
async fn a_flipped_byte_in_the_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    bash(&curl::LINES.replace("http://127.0.0.1:8080", &service.url));
    assert_eq!(service.stop().0, Some(0));
    let file = folder.path().join("makegood.db");
    let mut bytes = fs::read(&file).unwrap();
    // The payment's status, wherever it stands as text beside its source in the file.
    let place = bytes.windows(16).position(|window| window == b"balancesucceeded").unwrap();
    bytes[place] ^= 1;
    fs::write(&file, bytes).unwrap();
    let verified = run(folder.path(), &["verify"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
}

#[tokio::test]
async fn an_empty_wallet_verifies_on_both_databases() {
    for database in TestDatabase::both() {
        let opened = Database::open(database.url(), Options::default()).await.unwrap();
        assert!(verify::verify(&opened).await.is_err(), "there is no schema yet");
        migrations::migrate(&opened).await.unwrap();
        let report = verify::verify(&opened).await.unwrap();
        assert_eq!(report.lines().last().unwrap(), "ok", "{report:?}");
        opened.close().await;
    }
}

#[test]
fn verify_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run(folder.path(), &["verify"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
