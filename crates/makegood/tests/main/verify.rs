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
    ("UPDATE timers SET due_at = due_at + 1 WHERE kind = 'settlement_day'", "no day of it ends"),
    // The same sum of other legs.
    (
        "UPDATE payments SET amount_minor = amount_minor - 1, fee_minor = fee_minor + 1
            WHERE source = 'balance' AND status <> 'requires_confirmation'",
        "this payment says that it moved",
    ),
    (
        "UPDATE refunds SET amount_minor = amount_minor - 1, fee_back_minor = fee_back_minor + 2
            WHERE bank_transfer_id IS NULL",
        "this refund says that it moved",
    ),
    (
        "UPDATE withdrawals SET amount_minor = amount_minor - 2, fee_minor = fee_minor + 1",
        "what this withdrawal says of its money",
    ),
    // Transfers, and what they are for.
    ("UPDATE bank_transfers SET amount_minor = amount_minor + 1 WHERE purpose_kind = 'withdrawal'", ASKED),
    ("UPDATE bank_transfers SET currency = 'USD' WHERE purpose_kind = 'payment'", ASKED),
    ("UPDATE bank_transfers SET direction = 'in' WHERE purpose_kind = 'refund'", ASKED),
    ("UPDATE bank_transfers SET direction = 'out' WHERE purpose_kind = 'top_up'", ASKED),
    ("UPDATE withdrawals SET bank_transfer_id = id", ASKED),
    (
        "DELETE FROM bank_transfers WHERE purpose_kind = 'top_up'",
        "names this transfer, and the wallet does not",
    ),
    // A bank that refused, and executed it then.
    (
        "UPDATE bank_transfers SET state = 'refused', late_success_at = 1 WHERE purpose_kind = 'payment'",
        "it neither arrived nor was given back",
    ),
    (
        "UPDATE bank_transfers SET state = 'refused', late_success_at = 1 WHERE purpose_kind = 'top_up'",
        "it neither arrived nor was given back",
    ),
    (
        "UPDATE bank_transfers SET state = 'refused', late_success_at = 1 WHERE purpose_kind = 'withdrawal'",
        "paid out after its refusal",
    ),
    (
        "UPDATE bank_transfers SET state = 'refused', late_success_at = 1 WHERE purpose_kind = 'refund'",
        "paid out after its refusal",
    ),
    ("UPDATE refunds SET origin = 'late_success'", "no payment names this refund"),
    // A bank that moved otherwise than it was asked to, or took back what it had moved.
    (
        "UPDATE bank_transfers SET state = 'unknown', mismatch_minor = 1, mismatch_currency = 'CNY'
            WHERE direction = 'in'",
        "moved otherwise than it was asked to",
    ),
    ("UPDATE bank_transfers SET returned_at = 1 WHERE purpose_kind = 'payment'", TAKEN_BACK),
    ("UPDATE bank_transfers SET returned_at = 1 WHERE purpose_kind = 'top_up'", TAKEN_BACK),
    ("UPDATE bank_transfers SET returned_at = 1 WHERE purpose_kind = 'withdrawal'", TAKEN_BACK),
    (
        "UPDATE bank_transfers SET state = 'refused', late_success_at = 1, returned_at = 1
            WHERE purpose_kind = 'withdrawal'",
        TAKEN_BACK,
    ),
    // What is stuck.
    ("UPDATE payments SET status = 'unknown' WHERE source = 'bank_card'", "what the bank has said of it"),
    (
        "UPDATE bank_transfers SET state = 'refused' WHERE purpose_kind = 'payment'",
        "what the bank has said of it",
    ),
    ("UPDATE top_ups SET status = 'unknown'", "what the bank has said of it"),
    ("UPDATE payments SET status = 'returned' WHERE source = 'bank_card'", "what the bank has said of it"),
    (
        "UPDATE orders SET open_attempt_id = paid_by_id WHERE state = 'paid'",
        "held by an attempt that is over",
    ),
    ("UPDATE orders SET open_attempt_id = id WHERE state = 'open'", "held by an attempt that is over"),
    ("UPDATE bank_transfers SET state = 'accepted' WHERE purpose_kind = 'top_up'", "no timer will wake it"),
    ("UPDATE bank_transfers SET recall_state = 'requested'", "no timer will wake it"),
    ("DELETE FROM timers WHERE kind = 'order'", "the order can be paid, and no timer will close it"),
    (
        "UPDATE timers SET due_at = due_at + 1 WHERE kind = 'order'",
        "the order can be paid, and no timer will close it",
    ),
    (
        "UPDATE timers SET due_at = due_at + 1 WHERE kind = 'payment'",
        "waits for its confirmation, and no timer will close it",
    ),
    // A row that does not parse ends its own comparison alone.
    ("UPDATE ledger_accounts SET currency = 1", "not compared whether the books of the pool balance"),
    ("UPDATE ledger_accounts SET currency = 1, owner = id", "what its days say"),
    (
        "UPDATE withdrawals SET id = x'01'",
        "not compared whether the ledger does not have what this withdrawal",
    ),
    ("UPDATE withdrawals SET id = x'01'", "the ledger has this withdrawal, the wallet does not"),
    (
        "DELETE FROM ledger_batches WHERE transactions = (SELECT transactions FROM ledger_head)",
        "ledger_batches the last",
    ),
];

const ASKED: &str = "what this transfer is for names another one, or another amount or direction";
const TAKEN_BACK: &str = "what the bank took back of this is not what the ledger has";

/// What the lines for newcomers do not do: a transfer, a refund to a balance, a withdrawal, and a payment that waits for
/// its confirmation.
const MORE_LINES: &str = r#"
FRIEND=$(curl -sS $URL/v1/users -H "$JSON" -d '{"login":"wang.fang@example.com","password":"grey-kettle-tram-42","display_name":"Wang Fang"}' | id_of usr)
curl -sSf $URL/v1/transfers -H "$ME" -H "$JSON" -H 'Idempotency-Key: give' -d '{"to":"'$FRIEND'","amount":{"amount":"5.00","currency":"CNY"},"expect":{"amount":{"amount":"5.00","currency":"CNY"},"payee":"'$FRIEND'"}}'
PAYMENT=$(curl -sS "$URL/v1/payments?status=succeeded" -H "$ME" | id_of pay)
curl -sSf $URL/v1/payments/$PAYMENT/refunds -H "$ME" -H "$JSON" -H 'Idempotency-Key: back' -d '{"amount":{"amount":"6.50","currency":"CNY"},"reason":"Cold tea"}'
OUT=$(curl -sSf $URL/v1/withdrawals -H "$ME" -H "$JSON" -H 'Idempotency-Key: out' -d '{"amount":{"amount":"1.00","currency":"CNY"},"bank_card":"'$CARD'"}' | id_of wdr)
curl -sSf "$URL/v1/withdrawals/$OUT?wait=10" -H "$ME"
ORDER=$(curl -sSf $URL/v1/orders -H "$ME" -H "$JSON" -d '{"merchant_order_no":"open","amount":{"amount":"1.00","currency":"CNY"},"description":"A biscuit"}' | id_of ord)
curl -sSf $URL/v1/payments -H "$ME" -H "$JSON" -H 'Idempotency-Key: open' -d '{"order":"'$ORDER'","source":{"type":"balance"}}'
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
