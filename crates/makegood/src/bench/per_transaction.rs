//! The reference that payments on PostgreSQL are held against: each is a transaction of its own, and locks the rows
//! that it changes, the one merchant's balance among them.
//!
//! It is told in favour of the reference: there is no HTTP, every statement is prepared, the hot row is locked last
//! (it is held for one insert and the commit), the fee is an entry and no second hot balance, there is no timer, no
//! hash, and no history of accounts that pages could be read from. What it writes is as durable, and about as many
//! bytes.

use super::people::PRICE;
use super::scratch::Scratch;
use super::{BenchError, Tools};
use makegood_base::{IdSeed, Ids, RawId};
use makegood_sql::{Column, Database, FromValue, Kind, Options, Table, Transaction, Value};
use std::sync::Arc;
use std::time::Instant;
use std::vec::IntoIter;
use tokio::task::JoinSet;

/// A server of PostgreSQL takes 100 by default, and a lock that more wait for is handed on no faster.
const CONNECTIONS_MAX: u32 = 64;
const FEE: i64 = 6;
const FUNDS: i64 = 100_000_000_000;
/// What the answer that is kept for a key, and the event, are made of: as many bytes as the wallet's.
const ANSWER_BYTES: usize = 540;
const EVENT_BYTES: usize = 700;

static SESSIONS: Table = Table {
    name: "reference_sessions",
    columns: &[Column::id("id"), Column::id("user_id"), Column::bytes("secret_hash")],
    key: 1,
    versioned: false,
};

static BALANCES: Table = Table {
    name: "reference_balances",
    columns: &[Column::id("owner_id"), Column::integer("balance")],
    key: 1,
    versioned: false,
};

static ORDERS: Table = Table {
    name: "reference_orders",
    columns: &[
        Column::id("id"),
        Column::id("merchant_id"),
        Column::integer("amount"),
        Column::text("description"),
        Column::text("state"),
        Column::id("paid_by_id"),
    ],
    key: 1,
    versioned: false,
};

const SCHEMA: &str = "
    CREATE TABLE reference_sessions (id UUID NOT NULL PRIMARY KEY, user_id UUID NOT NULL, secret_hash BYTEA NOT NULL);
    CREATE TABLE reference_balances (owner_id UUID NOT NULL PRIMARY KEY, balance BIGINT NOT NULL)
        WITH (fillfactor = 50);
    CREATE TABLE reference_orders (id UUID NOT NULL PRIMARY KEY, merchant_id UUID NOT NULL, amount BIGINT NOT NULL,
        description TEXT NOT NULL, state TEXT NOT NULL, paid_by_id UUID) WITH (fillfactor = 80);
    CREATE TABLE reference_payments (id UUID NOT NULL PRIMARY KEY, order_id UUID NOT NULL, payer_id UUID NOT NULL,
        merchant_id UUID NOT NULL, amount BIGINT NOT NULL, fee BIGINT NOT NULL, source TEXT NOT NULL,
        status TEXT NOT NULL, at BIGINT NOT NULL);
    CREATE TABLE reference_entries (payment_id UUID NOT NULL, number BIGINT NOT NULL, debit UUID NOT NULL,
        credit UUID NOT NULL, amount BIGINT NOT NULL, balance_after BIGINT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY (payment_id, number));
    CREATE TABLE reference_idempotency (caller_id UUID NOT NULL, key TEXT COLLATE \"C\" NOT NULL,
        fingerprint BYTEA NOT NULL, status BIGINT NOT NULL, body BYTEA NOT NULL, expires_at BIGINT NOT NULL,
        PRIMARY KEY (caller_id, key));
    CREATE TABLE reference_events (owner_id UUID NOT NULL, id UUID NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
        created_at BIGINT NOT NULL, PRIMARY KEY (owner_id, id));";

const SESSION: &str = "SELECT user_id FROM reference_sessions WHERE id = $1 AND secret_hash = $2";
const LOCK_ORDER: &str = "SELECT merchant_id, amount, state FROM reference_orders WHERE id = $1 FOR UPDATE";
const LOCK_PAYER: &str = "SELECT balance FROM reference_balances WHERE owner_id = $1 FOR UPDATE";
const DEBIT: &str = "UPDATE reference_balances SET balance = balance - $2 WHERE owner_id = $1";
const PAY_ORDER: &str = "UPDATE reference_orders SET state = 'paid', paid_by_id = $2 WHERE id = $1";
const PAYMENT: &str = "INSERT INTO reference_payments
    (id, order_id, payer_id, merchant_id, amount, fee, source, status, at)
    VALUES ($1, $2, $3, $4, $5, $6, 'balance', 'succeeded', $7)";
const KEEP_ANSWER: &str =
    "INSERT INTO reference_idempotency (caller_id, key, fingerprint, status, body, expires_at)
    VALUES ($1, $2, $3, 201, $4, $5)";
const TELL: &str = "INSERT INTO reference_events (owner_id, id, kind, body, created_at)
    VALUES ($1, $2, 'payment.succeeded', $3, $4)";
/// Locks the merchant's row, as `SELECT … FOR UPDATE` does, and saves one round trip.
const CREDIT: &str =
    "UPDATE reference_balances SET balance = balance + $2 WHERE owner_id = $1 RETURNING balance";
const ENTRIES: &str = "INSERT INTO reference_entries
    (payment_id, number, debit, credit, amount, balance_after, at)
    VALUES ($1, 0, $2, $3, $4, $6, $7), ($1, 1, $2, $1, $5, $8, $7)";

/// Somebody with a session; the secret's hash is made of the id.
#[derive(Clone, Copy)]
struct Payer {
    id: RawId,
    session: RawId,
}

/// The reference's database, and what is still to be paid on it.
pub(super) struct Reference {
    database: Database,
    merchant: RawId,
    payers: Arc<[Payer]>,
    orders: IntoIter<RawId>,
    ids: Ids,
    paid: i64,
}

impl Reference {
    /// Makes the reference with so many payers and orders.
    pub(super) async fn open(
        scratch: &Scratch,
        tools: &Tools,
        payers: usize,
        orders: usize,
    ) -> Result<Self, BenchError> {
        let options = Options { writers_max: CONNECTIONS_MAX, ..Options::default() };
        let database = scratch.new_empty(options).await?;
        let mut ids = Ids::new(IdSeed::draw(tools.clock.now(), tools.entropy.as_ref()));
        let merchant = ids.next_raw();
        let payers: Arc<[Payer]> =
            (0..payers).map(|_| Payer { id: ids.next_raw(), session: ids.next_raw() }).collect();
        let orders: Vec<RawId> = (0..orders).map(|_| ids.next_raw()).collect();
        let mut transaction = database.begin().await?;
        transaction.run(SCHEMA).await?;
        let balances = payers.iter().map(|payer| (payer.id, FUNDS)).chain([(merchant, 0)]);
        let balances = balances.map(|(owner, balance)| vec![owner.into(), balance.into()]).collect();
        transaction.insert(&BALANCES, balances).await?;
        let session = |payer: &Payer| vec![payer.session.into(), payer.id.into(), hash(payer.session)];
        transaction.insert(&SESSIONS, payers.iter().map(session).collect()).await?;
        for chunk in orders.chunks(10_000) {
            let order = |id: &RawId| {
                let unpaid = Value::Id(None);
                vec![(*id).into(), merchant.into(), PRICE.into(), "Tea".into(), "open".into(), unpaid]
            };
            transaction.insert(&ORDERS, chunk.iter().map(order).collect()).await?;
        }
        transaction.commit().await?;
        let reference = Self { database, merchant, payers, orders: orders.into_iter(), ids, paid: 0 };
        reference.set_up_connections().await?;
        Ok(reference)
    }

    /// Opens all connections, and lets their statements keep their plans: the wallet's bulk statements are planned
    /// for their arrays each time, which would only cost here. Reads the tables' statistics too.
    async fn set_up_connections(&self) -> Result<(), BenchError> {
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            let mut transaction = self.database.begin().await?;
            transaction.run("SET plan_cache_mode = auto").await?;
            open.push(transaction);
        }
        for transaction in open {
            transaction.commit().await?;
        }
        let mut transaction = self.database.begin().await?;
        transaction.run("ANALYZE").await?;
        Ok(transaction.commit().await?)
    }

    /// Pays so many orders of the one merchant by so many concurrent callers, and answers how many that is in a
    /// second.
    pub(super) async fn run(&mut self, callers: usize, count: usize) -> Result<f64, BenchError> {
        let mut lists: Vec<Vec<(RawId, RawId)>> = (0..callers).map(|_| Vec::new()).collect();
        for (number, order) in self.orders.by_ref().take(count).enumerate() {
            lists[number % callers].push((order, self.ids.next_raw()));
        }
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for (caller, list) in lists.into_iter().enumerate() {
            let payer = self.payers[caller % self.payers.len()];
            let (database, at) = (self.database.clone(), i64::try_from(caller).unwrap_or_default());
            tasks.spawn(async move {
                for (order, payment) in list {
                    pay(&database, payer, order, payment, at).await?;
                }
                Ok::<_, BenchError>(())
            });
        }
        while let Some(task) = tasks.join_next().await {
            task.map_err(|error| BenchError::Unexpected(error.to_string()))??;
        }
        let took = began.elapsed().as_secs_f64();
        self.paid += i64::try_from(count).unwrap_or_default();
        self.check().await?;
        Ok(count as f64 / took)
    }

    /// The merchant has what was paid, else nothing was measured.
    async fn check(&self) -> Result<(), BenchError> {
        let mut transaction = self.database.read().await?;
        let balance: i64 =
            one(&mut transaction, LOCKLESS, vec![self.merchant.into()], &[Kind::Integer]).await?;
        transaction.rollback().await;
        if balance == self.paid * (PRICE - FEE) {
            return Ok(());
        }
        Err(BenchError::Unexpected(format!("the reference's merchant has {balance}")))
    }
}

const LOCKLESS: &str = "SELECT balance FROM reference_balances WHERE owner_id = $1";

/// One payment.
async fn pay(
    database: &Database,
    payer: Payer,
    order: RawId,
    payment: RawId,
    at: i64,
) -> Result<(), BenchError> {
    let mut transaction = database.begin().await?;
    let session = vec![payer.session.into(), hash(payer.session)];
    let user: RawId = one(&mut transaction, SESSION, session, &[Kind::Id]).await?;
    let kinds: &[Kind] = &[Kind::Id, Kind::Integer, Kind::Text];
    let found = transaction.query(LOCK_ORDER, vec![order.into()], kinds).await?;
    let [merchant, amount, state] = exactly(found)?;
    let (merchant, amount, state): (RawId, i64, String) = (read(merchant)?, read(amount)?, read(state)?);
    let balance: i64 = one(&mut transaction, LOCK_PAYER, vec![user.into()], &[Kind::Integer]).await?;
    if state != "open" || balance < amount {
        return Err(BenchError::Unexpected(format!("the reference declines: {state}, {balance}")));
    }
    transaction.execute(DEBIT, vec![user.into(), amount.into()]).await?;
    transaction.execute(PAY_ORDER, vec![order.into(), payment.into()]).await?;
    let [id, order_id, payer_id, merchant_id] = [payment, order, user, merchant].map(Value::from);
    let new = vec![id, order_id, payer_id, merchant_id, amount.into(), FEE.into(), at.into()];
    transaction.execute(PAYMENT, new).await?;
    let key: String = order.iter().map(|byte| format!("{byte:02x}")).collect();
    let answer: Vec<u8> = payment.iter().copied().cycle().take(ANSWER_BYTES).collect();
    let kept = vec![user.into(), key.as_str().into(), hash(order), answer.into(), at.into()];
    transaction.execute(KEEP_ANSWER, kept).await?;
    let told: String = key.chars().cycle().take(EVENT_BYTES).collect();
    transaction.execute(TELL, vec![merchant.into(), payment.into(), told.into(), at.into()]).await?;
    let credit = vec![merchant.into(), (amount - FEE).into()];
    let after: i64 = one(&mut transaction, CREDIT, credit, &[Kind::Integer]).await?;
    let entries = vec![
        payment.into(),
        user.into(),
        merchant.into(),
        (amount - FEE).into(),
        FEE.into(),
        after.into(),
        at.into(),
        (balance - amount).into(),
    ];
    transaction.execute(ENTRIES, entries).await?;
    Ok(transaction.commit().await?)
}

/// The one value of the one row.
async fn one<T: FromValue>(
    transaction: &mut Transaction,
    text: &'static str,
    arguments: Vec<Value>,
    kinds: &'static [Kind],
) -> Result<T, BenchError> {
    let [value] = exactly(transaction.query(text, arguments, kinds).await?)?;
    read(value)
}

/// The values of the one row.
fn exactly<const COUNT: usize>(rows: Vec<Vec<Value>>) -> Result<[Value; COUNT], BenchError> {
    let row = rows.into_iter().next().and_then(|row| row.try_into().ok());
    row.ok_or_else(|| BenchError::Unexpected("the reference misses a row".to_owned()))
}

fn read<T: FromValue>(value: Value) -> Result<T, BenchError> {
    T::from_value(value).ok_or_else(|| BenchError::Unexpected("the reference misses a value".to_owned()))
}

/// As many bytes as a hash.
fn hash(id: RawId) -> Value {
    id.repeat(2).into()
}
