//! The ledger against the model of its own tests: the same outcome for every operation, the same balances after
//! it, no account outside its bounds, every currency in balance, rolling back leaves nothing, loading rows late
//! changes nothing, and a replay of the journal agrees with what was written.

#[path = "../../crates/ledger/tests/model.rs"]
mod model;
#[path = "../../crates/ledger/tests/world.rs"]
mod world;

use world::{Apply, World};

/// How many operations of an input are done; the model's cost grows with their square.
const OPERATIONS_MAX: usize = 64;

/// Eight bytes are one operation; what is left over is ignored.
pub fn check(input: &[u8]) {
    check_with(input, makegood_ledger::apply);
}

fn check_with(input: &[u8], apply: Apply) {
    let mut world = World::new(apply, None);
    for operation in input.as_chunks::<8>().0.iter().take(OPERATIONS_MAX) {
        if let Err(why) = world.step(*operation) {
            panic!("{why}");
        }
    }
    let report = world.audit();
    assert!(report.is_clean(), "{report:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_base::Timestamp;
    use makegood_ledger::{Action, Book, Posted, Rejection, Transaction, apply};
    use std::panic::catch_unwind;

    type Result = std::result::Result<Posted, Rejection>;

    fn inputs() -> impl Iterator<Item = Vec<u8>> {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/ledger_ops");
        let files = std::fs::read_dir(seeds).unwrap().map(|entry| entry.unwrap());
        files
            .filter(|file| file.file_name().to_string_lossy().starts_with("seed-"))
            .map(|file| std::fs::read(file.path()).unwrap())
    }

    fn catches(broken: Apply) -> bool {
        inputs().any(|input| catch_unwind(|| check_with(&input, broken)).is_err())
    }

    /// Captures whatever has expired.
    fn late(book: &mut Book, transaction: &Transaction, _: Timestamp) -> Result {
        apply(book, transaction, Timestamp::EPOCH)
    }

    /// Forgets what a post is against.
    fn unbounded_returns(book: &mut Book, transaction: &Transaction, at: Timestamp) -> Result {
        let mut transaction = transaction.clone();
        let against = transaction.legs.iter_mut().filter(|leg| matches!(leg.action, Action::PostAgainst(_)));
        against.for_each(|leg| leg.action = Action::Post);
        apply(book, &transaction, at)
    }

    /// Posts again what was posted before.
    fn not_idempotent(book: &mut Book, transaction: &Transaction, at: Timestamp) -> Result {
        let mut again = transaction.clone();
        if book.transaction(&again.id).is_some() {
            again.id = makegood_ledger::TransactionId::derive("again", again.id.raw());
        }
        apply(book, &again, at)
    }

    /// Leaves a leg behind when it refuses.
    fn not_atomic(book: &mut Book, transaction: &Transaction, at: Timestamp) -> Result {
        let result = apply(book, transaction, at);
        if result.is_err() && transaction.legs.len() > 1 {
            let first = Transaction { legs: transaction.legs[..1].to_vec(), ..transaction.clone() };
            let _ = apply(book, &first, at);
        }
        result
    }

    #[test]
    fn the_seeds_pass() {
        assert!(inputs().count() >= 8);
        inputs().for_each(|input| check(&input));
    }

    #[test]
    fn broken_ledgers_are_caught() {
        for (name, broken) in [
            ("late", late as Apply),
            ("unbounded_returns", unbounded_returns),
            ("not_idempotent", not_idempotent),
            ("not_atomic", not_atomic),
        ] {
            assert!(catches(broken), "{name}");
        }
    }
}
