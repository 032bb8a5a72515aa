//! The report's form: programs read its JSON by name.

use super::*;
use serde_json::Value;

/// A report with one figure of everything.
fn report() -> Report {
    Report {
        machine: "2 cores".to_owned(),
        commit: "abc",
        quick: false,
        size: Size::QUICK,
        ledger: vec![LedgerFigure {
            database: "sqlite",
            batch: 100,
            accounts: "hot",
            per_s: 1_000.0,
            bare_per_s: 4_000.0,
            ratio: 0.25,
            same_rows_per_s: 2_000.0,
            same_rows_ratio: 0.5,
        }],
        callers: vec![CallersFigure { database: "sqlite", callers: 32, per_s: 1_234.5 }],
        http: vec![HttpFigure {
            database: "postgres",
            connections: 64,
            merchants: "one",
            per_s: 800.0,
            bare_per_s: 1_600.0,
            ratio: 0.5,
            per_transaction_per_s: Some(200.0),
            per_transaction_ratio: Some(4.0),
            p50_ms: 1.0,
            p99_ms: 2.0,
            bare_p99_ms: 0.5,
        }],
        growth: vec![GrowthFigure {
            database: "sqlite",
            history: 20_000,
            per_s: 900.0,
            ratio: 0.99,
            page_per_s: 700.0,
            page_ratio: 0.98,
            look_up_per_s: 600.0,
            look_up_ratio: 0.97,
            trace_per_s: 500.0,
            trace_ratio: 0.96,
            start_ms: 30.0,
        }],
        verify: vec![VerifyFigure {
            database: "sqlite",
            transactions: 20_000,
            legs: 40_000,
            per_s: 50_000.0,
            legs_per_s: 100_000.0,
        }],
        memory: Some(MemoryFigure {
            payments: 6_000,
            idle_mib: 20.0,
            half_mib: 30.0,
            after_mib: 31.25,
            bytes_per_payment: 4_096,
        }),
        banks: vec![BanksFigure {
            database: "sqlite",
            past: 1_000_000,
            open: 10_000,
            enquiry: Costs { ms: 0.25, ratio: 1.01 },
            pass: Costs { ms: 0.5, ratio: 1.02 },
            trace: Costs { ms: 0.125, ratio: 1.03 },
            read: Costs { ms: 0.025, ratio: 1.21 },
            idle: Costs { ms: 0.0625, ratio: 1.04 },
            behind: Costs { ms: 8.5, ratio: 1.05 },
        }],
        peak: vec![PeakFigure {
            database: "sqlite",
            beside: "peak",
            per_s: 3_000.0,
            ratio: 0.9,
            p50_ms: 15.0,
            p99_ms: 30.0,
            p99_ratio: 1.2,
            waiting: 2_345.0,
            top_ups_per_s: 40.0,
            refused_per_s: 20.0,
        }],
    }
}

#[test]
fn programs_find_every_figure_by_its_name() {
    let report = serde_json::to_value(report()).unwrap();
    let found = |part: &Value, names: &[&str]| {
        for name in names {
            assert!(part.get(name).is_some(), "{name} is not in {part}");
        }
    };
    found(&report, &["machine", "commit", "ledger", "callers", "http", "growth", "memory"]);
    let ratios = ["per_s", "bare_per_s", "ratio"];
    found(&report["ledger"][0], &["database", "batch", "accounts", "same_rows_per_s", "same_rows_ratio"]);
    found(&report["ledger"][0], &ratios);
    found(&report["callers"][0], &["database", "callers", "per_s"]);
    found(&report["http"][0], &["database", "connections", "merchants", "p50_ms", "p99_ms"]);
    found(&report["http"][0], &["per_transaction_per_s", "per_transaction_ratio"]);
    found(&report["http"][0], &ratios);
    found(&report["growth"][0], &["database", "history", "per_s"]);
    found(&report["growth"][0], &["ratio", "page_ratio", "look_up_ratio", "trace_ratio"]);
    found(&report["memory"], &["idle_mib", "after_mib"]);
    found(
        &report["banks"][0],
        &["database", "past", "open", "enquiry", "pass", "trace", "read", "idle", "behind"],
    );
    found(&report["banks"][0]["enquiry"], &["ms", "ratio"]);
    found(&report["peak"][0], &["database", "beside", "per_s", "ratio", "p50_ms", "p99_ms", "p99_ratio"]);
    found(&report["peak"][0], &["waiting", "top_ups_per_s", "refused_per_s"]);
    found(&report["size"]["transfers"][1], &["past", "open"]);
}

#[test]
fn people_read_every_figure_in_a_line() {
    let lines = report().lines();
    for expected in [
        "machine 2 cores",
        "commit  abc",
        "        payments in a run: 2000, reads: 500; histories: 1000 and 10000 payments; memory after 2000 and 4000",
        "sqlite      100 hot             1000         2000  0.50        4000  0.25",
        "sqlite        32        1234",
        "postgres          64 one              800     1600  0.50          200  4.00      1.0      2.0      0.5",
        "sqlite        20000        900  0.99      700  0.98        600  0.97      500  0.96       30",
        "sqlite          20000      40000          50000     100000",
        "sqlite       20.0     30.0     31.2     6000                   4096",
        "sqlite      1000000  10000      0.250  1.01    0.500  1.02    0.125  1.03   0.025  1.21    0.062  1.04     8.500  1.05",
        "sqlite   peak         3000  0.90     15.0     30.0  1.20    2345        40        20",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected:?} is not in {lines:#?}");
    }
}

#[test]
fn what_was_not_measured_is_not_told() {
    let report = Report::of_this_machine(true, Size::QUICK);
    assert_eq!(serde_json::to_value(&report).unwrap()["memory"], Value::Null);
    let told = |text: &str| report.lines().iter().any(|line| line.trim_start().starts_with(text));
    assert!(!told("memory") && !told("transfers at banks"), "{:?}", report.lines());
}

#[test]
fn medians() {
    for (figures, expected) in
        [(vec![], 0.0), (vec![3.0], 3.0), (vec![9.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 3.0], 2.5)]
    {
        assert_eq!(median(figures.clone()).to_bits(), f64::to_bits(expected), "{figures:?}");
    }
}
