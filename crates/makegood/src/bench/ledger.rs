//! Transfers per second through the ledger's posting path, beside two references: the same rows with nothing
//! decided, and one bare row for each transfer with one balance for each account.

use super::report::{LedgerFigure, median};
use super::scratch::Scratch;
use super::{BenchError, Tools};
use makegood_base::{IdSeed, Ids, Timestamp};
use makegood_ledger::{
    AccountSpec, Action, Book, Changes, Leg, RowKey, Side, Transaction, TransactionId, apply,
};
use makegood_ledger_sql::{BatchRow, load, lock_head, write};
use makegood_money::{Currency, Money};
use makegood_sql::{Column, Database, Dialect, Table, Value};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

static BARE_TRANSFERS: Table = Table {
    name: "bare_transfers",
    columns: &[Column::id("id"), Column::id("debit"), Column::id("credit"), Column::integer("amount")],
    key: 1,
    versioned: false,
};

/// The version is the price of counting what was updated, which a reference must not get wrong either.
static BARE_ACCOUNTS: Table = Table {
    name: "bare_accounts",
    columns: &[Column::id("id"), Column::integer("balance")],
    key: 1,
    versioned: true,
};

const BARE_SQLITE: &str = "
    CREATE TABLE bare_transfers (id BLOB NOT NULL PRIMARY KEY, debit BLOB NOT NULL, credit BLOB NOT NULL,
        amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE bare_accounts (id BLOB NOT NULL PRIMARY KEY, balance INTEGER NOT NULL,
        version INTEGER NOT NULL) STRICT, WITHOUT ROWID;";
const BARE_POSTGRES: &str = "
    CREATE TABLE bare_transfers (id UUID NOT NULL PRIMARY KEY, debit UUID NOT NULL, credit UUID NOT NULL,
        amount BIGINT NOT NULL);
    CREATE TABLE bare_accounts (id UUID NOT NULL PRIMARY KEY, balance BIGINT NOT NULL, version BIGINT NOT NULL);";

/// Which accounts transfers are among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Among {
    Random,
    Hot,
}

/// Three databases in lockstep, and what is posted to all of them.
struct Bench<'a> {
    tools: &'a Tools,
    posted: Database,
    same_rows: Database,
    bare: Database,
    bank: AccountSpec,
    accounts: Vec<AccountSpec>,
    /// Balance and version of each bare account.
    bare_accounts: BTreeMap<usize, (i64, i64)>,
    random: u64,
}

/// How long batches took on each database.
#[derive(Debug, Clone, Copy, Default)]
struct Took {
    posted: Duration,
    same_rows: Duration,
    bare: Duration,
}

/// The rates of one run.
struct Rates {
    posted: f64,
    same_rows: f64,
    bare: f64,
}

pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Vec<LedgerFigure>, BenchError> {
    let mut bench = Bench::open(scratch, tools).await?;
    let kinds = [Among::Random, Among::Hot];
    let cells = kinds.into_iter().flat_map(|among| tools.size.batches.iter().map(move |size| (among, *size)));
    let cells: Vec<_> = cells.collect();
    let mut rates: Vec<Vec<Rates>> = cells.iter().map(|_| Vec::new()).collect();
    for _ in 0..tools.size.runs {
        for ((among, (batch, count)), rates) in cells.iter().zip(&mut rates) {
            rates.push(bench.run(*among, *batch, *count).await?);
        }
    }
    let figures = cells.iter().zip(&rates).map(|((among, (batch, _)), rates)| LedgerFigure {
        database: scratch.name(),
        batch: *batch,
        accounts: if *among == Among::Hot { "hot" } else { "random" },
        per_s: median(rates.iter().map(|rate| rate.posted)),
        bare_per_s: median(rates.iter().map(|rate| rate.bare)),
        ratio: median(rates.iter().map(|rate| rate.posted / rate.bare)),
        same_rows_per_s: median(rates.iter().map(|rate| rate.same_rows)),
        same_rows_ratio: median(rates.iter().map(|rate| rate.posted / rate.same_rows)),
    });
    Ok(figures.collect())
}

impl<'a> Bench<'a> {
    async fn open(scratch: &Scratch, tools: &'a Tools) -> Result<Self, BenchError> {
        let bare = scratch.new_database().await?;
        let mut transaction = bare.begin().await?;
        let is_sqlite = transaction.dialect() == Dialect::Sqlite;
        transaction.run(if is_sqlite { BARE_SQLITE } else { BARE_POSTGRES }).await?;
        transaction.commit().await?;
        let mut ids = Ids::new(IdSeed::draw(tools.clock.now(), tools.entropy.as_ref()));
        let mut account = |normal, floor| AccountSpec {
            owner: ids.next_raw(),
            code: 1,
            currency: Currency::CNY,
            normal,
            floor,
            ceiling: None,
        };
        let bank = account(Side::Debit, None);
        let accounts: Vec<_> = (0..tools.size.accounts).map(|_| account(Side::Credit, Some(0))).collect();
        let posted = scratch.new_database().await?;
        let same_rows = scratch.new_database().await?;
        let bare_accounts = BTreeMap::new();
        let mut bench = Self {
            tools,
            posted,
            same_rows,
            bare,
            bank,
            accounts,
            bare_accounts,
            random: 88_172_645_463_325_252,
        };
        bench.open_accounts().await?;
        Ok(bench)
    }

    /// Gives every account enough for the whole benchmark.
    async fn open_accounts(&mut self) -> Result<(), BenchError> {
        let mut opens = vec![self.bank];
        let chunks: Vec<Vec<AccountSpec>> = self.accounts.chunks(200).map(<[_]>::to_vec).collect();
        for chunk in chunks {
            opens.extend(&chunk);
            let legs = chunk.iter().map(|account| leg(&self.bank, account, 1_000_000_000_000)).collect();
            let opening = self.transaction(std::mem::take(&mut opens), legs);
            let (_, changes, row) = self.post(&[opening]).await?;
            self.write_same_rows(&changes, row).await?;
        }
        let mut transaction = self.bare.begin().await?;
        let rows = self.accounts.iter().map(|account| vec![account.owner.into(), 0_i64.into()]).collect();
        transaction.insert(&BARE_ACCOUNTS, rows).await?;
        transaction.commit().await?;
        self.bare_accounts = (0..self.accounts.len()).map(|index| (index, (0, 1))).collect();
        Ok(())
    }

    /// Warms up, and times so many batches of this size.
    async fn run(&mut self, among: Among, batch: usize, count: usize) -> Result<Rates, BenchError> {
        self.block(among, batch, self.tools.size.warm_up_batches).await?;
        let took = self.block(among, batch, count).await?;
        let rate = |took: Duration| (batch * count) as f64 / took.as_secs_f64();
        Ok(Rates { posted: rate(took.posted), same_rows: rate(took.same_rows), bare: rate(took.bare) })
    }

    /// So many batches on each of the three databases: all on the first, then all on the second, for a database's log
    /// is copied beside its next commits and has to cost that database its time.
    async fn block(&mut self, among: Among, batch: usize, count: usize) -> Result<Took, BenchError> {
        let mut took = Took::default();
        let mut batches = Vec::with_capacity(count);
        for _ in 0..count {
            let pairs: Vec<(usize, usize)> = (0..batch).map(|_| self.pair(among)).collect();
            let transfers: Vec<Transaction> = pairs
                .iter()
                .map(|(debit, credit)| {
                    let leg = leg(&self.accounts[*debit], &self.accounts[*credit], 1);
                    self.transaction(Vec::new(), vec![leg])
                })
                .collect();
            let (posted, changes, row) = self.post(&transfers).await?;
            took.posted += posted;
            batches.push((pairs, transfers, changes, row));
        }
        for (_, _, changes, row) in &batches {
            took.same_rows += self.write_same_rows(changes, *row).await?;
        }
        for (pairs, transfers, _, _) in &batches {
            took.bare += self.write_bare(pairs, transfers).await?;
        }
        Ok(took)
    }

    /// The posting path: load, decide, write, commit.
    async fn post(&self, transfers: &[Transaction]) -> Result<(Duration, Changes, BatchRow), BenchError> {
        let id = Ids::new(self.seed()).make();
        let began = Instant::now();
        let mut transaction = self.posted.begin().await?;
        let mut book = Book::new(lock_head(&mut transaction).await?);
        let mut keys = Vec::with_capacity(3 * transfers.len());
        for transfer in transfers {
            keys.push(RowKey::Transaction(transfer.id));
            keys.extend(transfer.opens.iter().map(|spec| RowKey::Account(spec.id())));
            for leg in &transfer.legs {
                keys.extend([RowKey::Account(leg.debit), RowKey::Account(leg.credit)]);
            }
        }
        load(&mut transaction, keys, &mut book).await?;
        let at = self.now();
        for transfer in transfers {
            let posted = apply(&mut book, transfer, at);
            posted
                .map_err(|rejection| BenchError::Unexpected(format!("a transfer is refused: {rejection}")))?;
        }
        let changes = book.into_changes();
        let row = BatchRow::of(id, at, &changes);
        write(&mut transaction, &changes, row).await?;
        transaction.commit().await?;
        Ok((began.elapsed(), changes, row))
    }

    async fn write_same_rows(&self, changes: &Changes, row: BatchRow) -> Result<Duration, BenchError> {
        let began = Instant::now();
        let mut transaction = self.same_rows.begin().await?;
        write(&mut transaction, changes, row).await?;
        transaction.commit().await?;
        Ok(began.elapsed())
    }

    async fn write_bare(
        &mut self,
        pairs: &[(usize, usize)],
        transfers: &[Transaction],
    ) -> Result<Duration, BenchError> {
        let mut balances: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
        for (debit, credit) in pairs {
            for (index, change) in [(debit, -1), (credit, 1)] {
                let before = self.bare_accounts[index];
                balances.entry(*index).or_insert(before).0 += change;
            }
        }
        let rows: Vec<Vec<Value>> = pairs
            .iter()
            .zip(transfers)
            .map(|((debit, credit), transfer)| {
                let [debit, credit] = [debit, credit].map(|index| self.accounts[*index].owner.into());
                vec![transfer.id.raw().into(), debit, credit, 1_i64.into()]
            })
            .collect();
        let updates: Vec<_> = balances
            .iter()
            .map(|(index, (balance, version))| {
                (vec![self.accounts[*index].owner.into(), (*balance).into()], *version)
            })
            .collect();
        let began = Instant::now();
        let mut transaction = self.bare.begin().await?;
        transaction.insert(&BARE_TRANSFERS, rows).await?;
        transaction.update(&BARE_ACCOUNTS, updates).await?;
        transaction.commit().await?;
        let took = began.elapsed();
        for (index, (balance, version)) in balances {
            self.bare_accounts.insert(index, (balance, version + 1));
        }
        Ok(took)
    }

    /// Two accounts, never the same.
    fn pair(&mut self, among: Among) -> (usize, usize) {
        let count = self.accounts.len();
        let debit = 1 + self.draw(count - 1);
        let credit = if among == Among::Hot { 0 } else { (debit + 1 + self.draw(count - 1)) % count };
        (debit, credit)
    }

    /// xorshift64: which accounts are drawn must cost nothing.
    fn draw(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % below as u64).unwrap_or_default()
    }

    fn transaction(&self, opens: Vec<AccountSpec>, legs: Vec<Leg>) -> Transaction {
        let id = TransactionId::from_raw(Ids::new(self.seed()).next_raw());
        Transaction { id, code: 1, reference: id.raw(), opens, statuses: Vec::new(), legs }
    }

    fn seed(&self) -> IdSeed {
        IdSeed::draw(self.now(), self.tools.entropy.as_ref())
    }

    fn now(&self) -> Timestamp {
        self.tools.clock.now()
    }
}

fn leg(debit: &AccountSpec, credit: &AccountSpec, minor: i64) -> Leg {
    let amount = Money::new(minor, Currency::CNY);
    Leg { debit: debit.id(), credit: credit.id(), amount, action: Action::Post }
}
