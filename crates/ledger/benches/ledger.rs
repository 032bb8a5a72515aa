//! What the ledger costs without a database: deciding transfers, and hashing them into the journal.
//!
//! `cargo bench -p makegood-ledger`
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on measures nothing")]

use criterion::{BatchSize, Criterion, Throughput};
use makegood_base::Timestamp;
use makegood_ledger::{
    AccountSpec, Action, Book, Head, Leg, Side, Transaction, TransactionId, apply, content_hash, encode,
    leaf_hash, merkle::LogFrontier,
};
use makegood_money::{Currency, Money};
use std::hint::black_box;
use std::time::Duration;

const ACCOUNTS: u64 = 10_000;
const BATCH: u64 = 1_000;
const NOW: Timestamp = Timestamp::EPOCH;

fn account(number: u64) -> AccountSpec {
    let mut owner = [0; 16];
    owner[8..].copy_from_slice(&number.to_be_bytes());
    let (normal, floor) = if number == 0 { (Side::Debit, None) } else { (Side::Credit, Some(0)) };
    AccountSpec { owner, code: 1, currency: Currency::CNY, normal, floor, ceiling: None }
}

fn transaction(name: &str, opens: Vec<AccountSpec>, debit: u64, credit: u64, minor: i64) -> Transaction {
    let amount = Money::new(minor, Currency::CNY);
    let [debit, credit] = [debit, credit].map(|number| account(number).id());
    Transaction {
        id: TransactionId::derive(name, [0; 16]),
        code: 1,
        reference: [0; 16],
        opens,
        statuses: Vec::new(),
        legs: vec![Leg { debit, credit, amount, action: Action::Post }],
    }
}

/// A book whose accounts all have money; account 0 is where it came from.
fn book() -> Book {
    let mut book = Book::complete(Head::default());
    for number in 1..=ACCOUNTS {
        let mut opens = vec![account(number)];
        opens.extend((number == 1).then(|| account(0)));
        let opening = transaction(&format!("open {number}"), opens, 0, number, 1_000_000);
        apply(&mut book, &opening, NOW).unwrap();
    }
    book
}

/// A batch of transfers that are far apart in the book.
fn transfers() -> Vec<Transaction> {
    let number = |turn: u64| 1 + turn * 7_919 % ACCOUNTS;
    let transfer =
        |turn| transaction(&format!("transfer {turn}"), Vec::new(), number(turn), number(turn + 1), 1);
    (0..BATCH).map(transfer).collect()
}

fn deciding(criterion: &mut Criterion) {
    let (book, transfers) = (book(), transfers());
    let post = |book: &mut Book| {
        for transfer in &transfers {
            apply(book, transfer, NOW).unwrap();
        }
    };
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("apply 1,000 transfers", |bencher| {
        bencher.iter_batched_ref(|| book.clone(), &post, BatchSize::LargeInput);
    });
    let mut posted = Book::new(book.head());
    for number in 1..=ACCOUNTS {
        posted.put_account(*book.account(&account(number).id()).unwrap(), 1);
    }
    for transfer in &transfers {
        posted.put_absent(makegood_ledger::RowKey::Transaction(transfer.id));
    }
    post(&mut posted);
    group.bench_function("changes of 1,000 transfers", |bencher| {
        bencher.iter_batched(|| posted.clone(), Book::into_changes, BatchSize::LargeInput)
    });
    group.finish();
}

fn hashing(criterion: &mut Criterion) {
    let transfers = transfers();
    let transfer = transfers.first().unwrap();
    let mut bytes = Vec::new();
    let mut group = criterion.benchmark_group("journal");
    group.bench_function("canonical bytes of a transfer", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            encode(black_box(transfer), &mut bytes);
            bytes.len()
        });
    });
    group.bench_function("content hash of a transfer", |bencher| {
        bencher.iter(|| content_hash(black_box(transfer)));
    });
    let content = content_hash(transfer);
    group.bench_function("leaf of a transfer", |bencher| {
        bencher.iter(|| leaf_hash(black_box(7), NOW, black_box(&content)));
    });
    let leaf = leaf_hash(7, NOW, &content);
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("append 1,000 leaves, and the root", |bencher| {
        bencher.iter_batched_ref(
            LogFrontier::default,
            |log| {
                for _ in 0..BATCH {
                    log.append(black_box(leaf), |_| {});
                }
                log.root()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn main() {
    let quick = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    let mut criterion = quick.configure_from_args();
    deciding(&mut criterion);
    hashing(&mut criterion);
    criterion.final_summary();
}
