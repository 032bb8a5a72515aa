//! What reading and writing an amount costs: every request and every answer does.
//!
//! `cargo bench -p makegood-money`
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on measures nothing")]

use criterion::Criterion;
use makegood_money::{Currency, Money, basis_points_of};
use std::hint::black_box;
use std::time::Duration;

fn main() {
    let quick = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    let mut criterion = quick.configure_from_args();
    let money = Money::parse_positive("12345.67", Currency::CNY).unwrap();
    let mut group = criterion.benchmark_group("money");
    group.bench_function("parse an amount", |bencher| {
        bencher.iter(|| Money::parse_positive(black_box("12345.67"), Currency::CNY));
    });
    group.bench_function("parse a currency", |bencher| bencher.iter(|| black_box("CNY").parse::<Currency>()));
    group.bench_function("write an amount", |bencher| bencher.iter(|| black_box(money).amount()));
    group.bench_function("a fee of 60 basis points", |bencher| {
        bencher.iter(|| basis_points_of(black_box(money), black_box(60)));
    });
    group.finish();
    criterion.final_summary();
}
