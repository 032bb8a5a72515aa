//! The ledger against the model, over sequences of operations that proptest makes. `MAKEGOOD_PROOF_SCALE`
//! multiplies the number of sequences.

use crate::world::{Operation, World};
use makegood_ledger::apply;
use proptest::{
    prelude::any,
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

type Histogram = BTreeMap<(&'static str, &'static str), u64>;

/// For each kind of operation the outcomes that it can have, each of which must happen. All others must not:
/// they are about what such a transaction does not contain, or an invariant keeps them away (a capture always
/// has the funds, and an account with a hold cannot be closed).
#[rustfmt::skip]
const REACHABLE: &[(&str, &str)] = &[
    ("open", "posted too_many_legs invalid_bounds amount_not_positive account_exists currency_mismatch account_closed account_frozen debits_refused insufficient_funds ceiling_exceeded overflow"),
    ("post", "posted amount_not_positive same_account account_not_found currency_mismatch account_closed account_frozen debits_refused insufficient_funds ceiling_exceeded overflow"),
    ("against", "posted amount_not_positive same_account account_not_found currency_mismatch transfer_not_found return_exceeded account_closed account_frozen debits_refused insufficient_funds ceiling_exceeded overflow"),
    ("hold", "posted amount_not_positive same_account account_not_found currency_mismatch hold_expired account_closed account_frozen debits_refused insufficient_funds ceiling_exceeded overflow"),
    ("capture", "posted amount_not_positive same_account account_not_found currency_mismatch hold_not_found hold_mismatch hold_settled hold_expired capture_exceeded account_frozen debits_refused"),
    ("release", "posted amount_not_positive same_account account_not_found currency_mismatch hold_not_found hold_mismatch hold_settled"),
    ("expire", "posted amount_not_positive same_account account_not_found currency_mismatch hold_not_found hold_mismatch hold_settled hold_not_expired"),
    ("status", "posted too_many_legs duplicate_status account_not_found account_closed account_not_empty"),
    ("chain", "posted amount_not_positive same_account account_not_found currency_mismatch account_closed account_frozen debits_refused insufficient_funds ceiling_exceeded overflow"),
    ("again", "already"),
    ("conflict", "transaction_conflict"),
    ("bulk", "transaction_empty too_many_legs"),
];

/// Each rule of the model but those for which [`REACHABLE`] has no rejection.
const RULES: &str = "transaction_conflict transaction_empty too_many_legs invalid_bounds duplicate_status amount_not_positive same_account account_exists account_not_found currency_mismatch hold_not_found transfer_not_found hold_mismatch hold_settled hold_expired hold_not_expired capture_exceeded return_exceeded account_closed account_frozen debits_refused insufficient_funds ceiling_exceeded overflow account_not_empty";

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    proptest::collection::vec(any::<Operation>(), 20..100)
}

/// Runs that many sequences against a model that may forget a rule.
fn run(cases: u32, forgets: Option<&'static str>) -> Result<Histogram, TestError<Vec<Operation>>> {
    let max_shrink_iters = if forgets.is_some() { 0 } else { 1_000 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let histogram = RefCell::new(Histogram::new());
    runner.run(&operations(), |operations| {
        let mut world = World::new(apply, forgets);
        for operation in operations {
            let cell = world.step(operation).map_err(TestCaseError::fail)?;
            *histogram.borrow_mut().entry(cell).or_default() += 1;
        }
        let report = world.audit();
        if report.is_clean() { Ok(()) } else { Err(TestCaseError::fail(format!("{report:#?}"))) }
    })?;
    Ok(histogram.into_inner())
}

#[test]
fn the_ledger_is_the_model_and_every_reachable_outcome_happens() {
    let scale = std::env::var("MAKEGOOD_PROOF_SCALE").map_or(1, |scale| scale.parse().unwrap());
    let histogram = run(256 * scale, None).unwrap();
    let rows = REACHABLE.iter();
    let reachable: BTreeSet<_> =
        rows.flat_map(|(kind, outcomes)| outcomes.split(' ').map(move |outcome| (*kind, outcome))).collect();
    let happened: BTreeSet<_> = histogram.keys().copied().collect();
    println!("{histogram:#?}");
    assert_eq!(happened.symmetric_difference(&reachable).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

/// A control: a model without one of its rules is told from the ledger.
#[test]
fn a_model_that_forgets_a_rule_is_caught() {
    for rule in RULES.split(' ') {
        assert!(run(256, Some(rule)).is_err(), "{rule}");
    }
}

/// Many operations that are rolled back at once leave the book as if they had never been: what it has to write is
/// what a copy has that never saw them, and so are all later answers.
#[test]
fn a_rollback_equals_a_copy() {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let sequences = (operations(), operations(), operations());
    let result = runner.run(&sequences, |(first, undone, last)| {
        let mut world = World::new(apply, None);
        first
            .into_iter()
            .try_for_each(|operation| world.step(operation).map(drop))
            .map_err(TestCaseError::fail)?;
        let mut copy = world.clone();
        let mut resumed = world.clone();
        let savepoint = world.book.savepoint();
        undone
            .into_iter()
            .try_for_each(|operation| world.step(operation).map(drop))
            .map_err(TestCaseError::fail)?;
        world.book.rollback(savepoint);
        assert_eq!(world.book.clone().into_changes(), copy.book.clone().into_changes());
        resumed.book = world.book;
        for operation in last {
            assert_eq!(resumed.step(operation), copy.step(operation));
        }
        assert_eq!(resumed.book.clone().into_changes(), copy.book.clone().into_changes());
        Ok(())
    });
    result.unwrap();
}
