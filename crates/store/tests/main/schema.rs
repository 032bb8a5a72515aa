//! The schema has what the statements name, and a stored value that does not parse is named.

use crate::{
    samples,
    support::{batch, commit, migrated, postgres, sqlite, steps},
};
use makegood_sql::{Database, Kind, Value};
use makegood_store::{Failure, SqlStore, Store, TABLES, installation, lists, migrations};
use makegood_testkit::database::TestDatabase;
use makegood_wallet::{Facts, Needs, Row, for_each_table};

#[tokio::test]
async fn every_text_is_read_by_both_databases() {
    for test in TestDatabase::both() {
        let (_test, database) = migrated(test).await;
        let mut transaction = database.begin().await.unwrap();
        for table in TABLES.iter().copied().chain(makegood_ledger_sql::TABLES) {
            transaction.prepare_bulk(table).await.unwrap();
        }
        let ledger = makegood_ledger_sql::texts(database.dialect());
        for text in lists::texts().into_iter().chain(installation::texts()).chain(ledger) {
            transaction.prepare(text).await.unwrap();
        }
    }
}

/// Neither more nor fewer than those that are declared, so that no row is written in part.
#[tokio::test]
async fn the_tables_have_no_other_columns() {
    const SQLITE: &str = "SELECT name FROM pragma_table_info($1)";
    const POSTGRES: &str = "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = $1";
    for (test, text) in TestDatabase::both().into_iter().zip([SQLITE, POSTGRES]) {
        let (_test, database) = migrated(test).await;
        let mut transaction = database.read().await.unwrap();
        for table in TABLES {
            let found = transaction.query(text, vec![table.name.into()], &[Kind::Text]).await.unwrap();
            let mut found: Vec<_> = found.into_iter().flatten().collect();
            let version = table.versioned.then_some("version");
            let names = table.columns.iter().map(|column| column.name).chain(version);
            let mut expected: Vec<_> = names.map(makegood_sql::Value::from).collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{}", table.name);
        }
    }
}

#[tokio::test]
async fn a_schema_is_migrated_once_and_checked() {
    for test in TestDatabase::both() {
        let database = Database::open(test.url(), makegood_sql::Options::default()).await.unwrap();
        assert!(migrations::check(&database).await.is_err());
        for _ in 0..2 {
            assert_eq!(migrations::migrate(&database).await.unwrap(), steps());
            migrations::check(&database).await.unwrap();
        }
    }
}

/// The ledger's own schema is the first step of both histories.
#[test]
fn the_first_step_is_the_ledger() {
    use makegood_sql::Dialect;
    for (dialect, history) in
        [(Dialect::Sqlite, migrations::SQLITE), (Dialect::Postgres, migrations::POSTGRES)]
    {
        assert_eq!(history[0].script, makegood_ledger_sql::schema(dialect), "{dialect:?}");
    }
}

/// On SQLite, whose plans do not depend on how many rows there are: no list reads rows that it does not show,
/// or sorts more than one page of each side.
#[tokio::test]
async fn every_list_is_a_walk_of_an_index() {
    let (_test, database) = migrated(TestDatabase::sqlite()).await;
    let mut transaction = database.read().await.unwrap();
    for text in lists::texts() {
        let explain: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {text}").into_boxed_str());
        let kinds = &[Kind::Integer, Kind::Integer, Kind::Integer, Kind::Text];
        let places = (1..).take_while(|place| text.contains(&format!("${place}"))).count();
        let plan = transaction.query(explain, vec![Value::Integer(None); places], kinds).await.unwrap();
        let steps: Vec<String> = plan.into_iter().map(|row| row[3].to_string()).collect();
        assert!(steps.iter().any(|step| step.contains("SEARCH")), "{text}: {steps:#?}");
        let reads_all = |step: &&String| step.contains("SCAN") || step.contains("TEMP B-TREE");
        let exempt = text.contains("UNION");
        assert!(exempt || !steps.iter().any(|step| reads_all(&step)), "{text}: {steps:#?}");
    }
}

/// Each statement breaks one value of a stored row; what must be named.
const BROKEN: &[(&str, &str, &str)] = &[
    ("UPDATE payments SET status = 'paid'", "payments", "status"),
    ("UPDATE payments SET currency = 'XXQ'", "payments", "currency"),
    ("UPDATE payments SET source = 'bank_card', bank_card_id = NULL", "payments", "bank_card_id"),
    ("UPDATE orders SET state = 'paid', paid_by_id = NULL", "orders", "closed_at"),
    ("UPDATE orders SET state = 'lost'", "orders", "closed_at"),
    ("UPDATE orders SET accepts = 'balance,gold'", "orders", "accepts"),
    ("UPDATE orders SET fee_basis_points = -1", "orders", "fee_basis_points"),
    ("UPDATE orders SET fee_basis_points = 4294967296", "orders", "fee_basis_points"),
    ("UPDATE sessions SET principal_kind = 'ghost'", "sessions", "principal_kind"),
    ("UPDATE staff SET role = 'king'", "staff", "role"),
    ("UPDATE bank_cards SET acknowledged = 'x'", "bank_cards", "acknowledged"),
    ("UPDATE withdrawals SET status = 'x'", "withdrawals", "status"),
    ("UPDATE withdrawals SET acknowledged_words = NULL", "withdrawals", "acknowledged_at"),
    ("UPDATE payouts SET status = 'x'", "payouts", "status"),
    ("UPDATE settlements SET status = 'x'", "settlements", "status"),
    ("UPDATE settlements SET currency = 0", "settlements", "currency"),
    ("UPDATE settlement_schedules SET open_ids = 'x'", "settlement_schedules", "open_ids"),
    ("UPDATE operations_cases SET kind = 'x'", "operations_cases", "kind"),
    ("UPDATE operations_cases SET reason = 'x'", "operations_cases", "reason"),
    ("UPDATE operations_cases SET owner = 'king'", "operations_cases", "owner"),
    ("UPDATE operations_cases SET next_step = 'x'", "operations_cases", "next_step"),
    ("UPDATE bank_cards SET holder_check = ''", "bank_cards", "holder_check"),
    ("UPDATE bank_cards SET state = 'ACTIVE'", "bank_cards", "state"),
    ("UPDATE top_ups SET status = 'x'", "top_ups", "status"),
    ("UPDATE refunds SET origin = 'x'", "refunds", "origin"),
    ("UPDATE refunds SET status = 'x'", "refunds", "status"),
    ("UPDATE bank_transfers SET direction = 'up'", "bank_transfers", "direction"),
    ("UPDATE bank_transfers SET purpose_kind = 'x'", "bank_transfers", "purpose_kind"),
    ("UPDATE bank_transfers SET state = 'x'", "bank_transfers", "state"),
    ("UPDATE bank_transfers SET next_step = 'x'", "bank_transfers", "next_step"),
    ("UPDATE bank_transfers SET refusal = 'x'", "bank_transfers", "refusal"),
    ("UPDATE bank_transfers SET lease_until = NULL", "bank_transfers", "lease_until"),
    ("UPDATE bank_transfers SET mismatch_minor = NULL", "bank_transfers", "mismatch_currency"),
    ("UPDATE bank_transfers SET mismatch_currency = 'cny'", "bank_transfers", "mismatch_currency"),
    ("UPDATE bank_transfers SET return_reason = 'x'", "bank_transfers", "return_reason"),
    ("UPDATE bank_transfers SET recall_state = 'x'", "bank_transfers", "recall_state"),
    ("UPDATE bank_transfers SET recall_reason = NULL", "bank_transfers", "recall_answered_at"),
    ("UPDATE idempotency SET status = 65536", "idempotency", "status"),
    ("UPDATE idempotency SET secret_kind = 'x'", "idempotency", "secret_id"),
    ("UPDATE idempotency SET secret_id = NULL", "idempotency", "secret_id"),
    ("UPDATE merchants SET webhook_endpoints = -1", "merchants", "webhook_endpoints"),
    ("UPDATE webhook_endpoints SET state = 'x'", "webhook_endpoints", "state"),
    ("UPDATE webhook_endpoints SET events = 'A'", "webhook_endpoints", "events"),
    ("UPDATE webhook_endpoints SET previous_secret_id = NULL", "webhook_endpoints", "previous_secret_until"),
    ("UPDATE webhook_endpoints SET failure = 'x'", "webhook_endpoints", "failure"),
    ("UPDATE webhook_deliveries SET failure_status = 65536", "webhook_deliveries", "failure_status"),
    ("UPDATE webhook_deliveries SET failure_excerpt = NULL", "webhook_deliveries", "failure_excerpt"),
];

macro_rules! declare {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// What loads the row with key 1 of a table.
        fn needs_of(table: &str) -> Needs {
            let mut needs = Needs::default();
            $(if table == stringify!($field) {
                needs.$field.insert(samples::$field(1, 1).key());
            })*
            needs
        }

        /// Key 1 has content 1, in which every field that can be absent is there but for a few.
        fn insert(facts: &mut Facts) {
            $(facts.$field.add(samples::$field(1, 1)).unwrap();)*
        }
    };
}

for_each_table!(declare);

async fn assert_broken_rows_are_named(store: &SqlStore) {
    commit(store, batch(1), &Needs::default(), insert).await.unwrap();
    for (statement, table, column) in BROKEN {
        let needs = needs_of(table);
        // In a batch that is dropped, so that the next one finds the row whole.
        let (mut open, mut facts) = store.begin().await.unwrap();
        assert_eq!(open.execute(statement, Vec::new()).await.unwrap(), 1, "{statement}");
        let failure = store.load(&mut open, &needs, &mut facts).await.unwrap_err();
        let Failure::Deterministic(text) = &failure else { panic!("{statement}: {failure:?}") };
        for part in [*table, column, &"01".repeat(16)] {
            // The caller of the sample's idempotency key is 0, and its key is told beside it.
            let part = if *table == "idempotency" && part.len() == 32 { "key 1" } else { part };
            assert!(text.contains(part), "{statement}: {text} does not name {part}");
        }
    }
}

#[tokio::test]
async fn a_broken_row_is_named() {
    let (_kept, store) = sqlite().await;
    assert_broken_rows_are_named(&store).await;
    let (_kept, store) = postgres().await;
    assert_broken_rows_are_named(&store).await;
}
