//! Replaying a journal: what was written passes, and every value that is changed afterwards is named.

use super::{script::Script, world::audit};
use makegood_base::Timestamp;
use makegood_ledger::{
    AccountStatus, Changes, HoldState, StatusChange, apply,
    merkle::LogFrontier,
    replay::{Auditor, Difference, StoredTransaction},
};
use makegood_money::{Currency, Money};

/// Accounts with and without bounds, holds in each state, returns, statuses, a currency, and enough
/// transactions for a mark and a node of the log.
fn written() -> Changes {
    let mut script = Script::new();
    script
        .all(
            "A 1000 | B 0 ceiling=5000 | C 7 USD debit floor=-5 | h: hold A>B 60 @10 | capture h A>B 50 | g: hold A>B 5 \
             | p: post A>B 9 | against p B>A 3 | against p B>A 1 | k: hold A>B 6 @3 | at 4 | expire k A>B 6 \
             | m: hold A>B 6 | release m A>B 6 | nodebits C | E 0 | close E",
        )
        .unwrap();
    for _ in 0..260 {
        script.step("post A>B 1").unwrap();
    }
    script.book.clone().into_changes()
}

#[test]
fn what_was_written_passes() {
    let changes = written();
    assert!(changes.marks.len() >= 16 && changes.nodes.len() == 1);
    let report = audit(&changes);
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(report.transactions, u64::try_from(changes.transactions.len()).unwrap());
    assert_eq!(report.legs, u64::try_from(changes.legs.len()).unwrap());
    assert_eq!(report.status_changes, 2);
    assert!(audit(&Script::new().book.clone().into_changes()).is_clean());
}

type Tampering = fn(&mut Changes);

/// Each is one stored value changed, and the difference that has to be named first or among others.
#[rustfmt::skip]
const TAMPERINGS: &[(&str, &str, Tampering)] = &[
    ("ledger_accounts", "id", |c| c.accounts_inserted[0].id = c.accounts_inserted[1].id),
    ("ledger_accounts", "id", |c| c.accounts_inserted[0].owner[3] ^= 1),
    ("ledger_accounts", "id", |c| c.accounts_inserted[0].code += 1),
    ("ledger_accounts", "id", |c| c.accounts_inserted[0].currency = Currency::JPY),
    ("ledger_transactions", "leaf", |c| c.accounts_inserted[0].floor = Some(-1)),
    ("ledger_transactions", "leaf", |c| c.accounts_inserted[0].ceiling = Some(i64::MAX)),
    ("ledger_transactions", "leaf", |c| { let last = c.accounts_inserted.len() - 1; c.accounts_inserted[last].normal = makegood_ledger::Side::Debit; }),
    ("ledger_accounts", "status", |c| c.accounts_inserted[0].status = AccountStatus::Frozen),
    ("ledger_accounts", "posted", |c| c.accounts_inserted[0].posted += 1),
    ("ledger_accounts", "held", |c| c.accounts_inserted[0].held -= 1),
    ("ledger_accounts", "incoming", |c| c.accounts_inserted[0].incoming += 1),
    ("ledger_accounts", "sequence", |c| c.accounts_inserted[0].sequence += 1),
    ("ledger_accounts", "last_position", |c| c.accounts_inserted[0].last_position += 1),
    ("ledger_legs", "apply", |c| c.accounts_inserted[0].opened_by = 2),
    ("ledger_accounts", "opened_by", |c| { let last = c.accounts_inserted.len() - 1; c.accounts_inserted[last].opened_by = 9_999; }),
    ("ledger_legs", "apply", |c| { c.accounts_inserted.remove(0); }),
    ("ledger_transactions", "sequence", |c| c.transactions[5].sequence += 1),
    ("ledger_transactions", "sequence", |c| { c.transactions.remove(5); }),
    ("ledger_transactions", "leaf", |c| c.transactions[5].at = Timestamp::from_micros(99)),
    ("ledger_transactions", "leaf", |c| c.transactions[5].code += 1),
    ("ledger_transactions", "leaf", |c| c.transactions[5].reference[0] += 1),
    ("ledger_transactions", "leaf", |c| c.transactions[5].leaf[31] ^= 1),
    ("ledger_transactions", "first_position", |c| c.transactions[5].first_position += 1),
    ("ledger_transactions", "legs", |c| c.transactions[5].legs += 1),
    ("ledger_legs", "position", |c| c.legs[20].position += 1),
    ("ledger_legs", "leg", |c| c.legs[20].transfer.leg += 1),
    ("ledger_legs", "debit_balance_after", |c| c.legs[20].leg.amount = Money::new(2, Currency::CNY)),
    ("ledger_legs", "apply", |c| c.legs[20].leg.amount = Money::new(1, Currency::USD)),
    ("ledger_legs", "debit_sequence", |c| c.legs[20].debit_entry.sequence += 1),
    ("ledger_legs", "debit_balance_after", |c| c.legs[20].debit_entry.balance_after += 1),
    ("ledger_legs", "debit_previous_position", |c| c.legs[20].debit_entry.previous_position += 1),
    ("ledger_legs", "credit_sequence", |c| c.legs[20].credit_entry.sequence += 1),
    ("ledger_legs", "credit_balance_after", |c| c.legs[20].credit_entry.balance_after += 1),
    ("ledger_legs", "credit_previous_position", |c| c.legs[20].credit_entry.previous_position += 1),
    ("ledger_transactions", "apply", |c| { c.legs.remove(20); }),
    ("ledger_holds", "row", |c| c.holds_inserted[0].hold.leg = 7),
    ("ledger_holds", "row", |c| { c.holds_inserted.remove(0); }),
    ("ledger_holds", "debit", |c| c.holds_inserted[0].debit = c.holds_inserted[0].credit),
    ("ledger_holds", "credit", |c| c.holds_inserted[0].credit = c.holds_inserted[0].debit),
    ("ledger_holds", "amount", |c| c.holds_inserted[0].amount = Money::new(61, Currency::CNY)),
    ("ledger_holds", "currency", |c| c.holds_inserted[0].amount = Money::new(60, Currency::USD)),
    ("ledger_holds", "expires_at", |c| c.holds_inserted[0].expires_at = None),
    ("ledger_holds", "state", |c| c.holds_inserted[1].state = HoldState::Released),
    ("ledger_holds", "captured", |c| c.holds_inserted[0].captured += 1),
    ("ledger_holds", "settled_position", |c| c.holds_inserted[0].settled_position += 1),
    ("ledger_legs", "apply", |c| { c.transfers_inserted.remove(0); }),
    ("ledger_transfers", "row", |c| { let mut row = c.transfers_inserted[0]; row.transfer.leg = 9; c.transfers_inserted.push(row); }),
    ("ledger_transfers", "amount", |c| c.transfers_inserted[0].amount = Money::new(99, Currency::CNY)),
    ("ledger_transfers", "currency", |c| c.transfers_inserted[0].amount = Money::new(9, Currency::USD)),
    ("ledger_transfers", "returned", |c| c.transfers_inserted[0].returned += 1),
    ("ledger_marks", "row", |c| { c.marks.remove(0); }),
    ("ledger_marks", "row", |c| c.marks[0].sequence += 1),
    ("ledger_marks", "at", |c| c.marks[0].at = Timestamp::EPOCH),
    ("ledger_marks", "position", |c| c.marks[0].position += 1),
    ("ledger_transactions", "leaf", |c| c.status_changes[0].status = AccountStatus::Frozen),
    ("ledger_transactions", "leaf", |c| c.status_changes[0].account = c.accounts_inserted[0].id),
    ("ledger_transactions", "leaf", |c| c.status_changes[0].sequence -= 1),
    ("ledger_tree", "hash", |c| c.nodes[0].hash[0] ^= 1),
    ("ledger_tree", "row", |c| c.nodes[0].index += 1),
    ("ledger_tree", "row", |c| { c.nodes.clear(); }),
    ("ledger_head", "transactions", |c| c.head.transactions += 1),
    ("ledger_head", "positions", |c| c.head.positions += 1),
    ("ledger_head", "log", |c| c.head.log = LogFrontier::default()),
    ("ledger_batches", "root", |c| c.head.log = LogFrontier::default()),
    ("ledger_batches", "transactions", |c| c.head.transactions += 1),
];

#[test]
fn every_changed_value_is_named() {
    let written = written();
    for (number, (table, column, tamper)) in TAMPERINGS.iter().enumerate() {
        let mut changes = written.clone();
        tamper(&mut changes);
        let report = audit(&changes);
        let named = report.differences.iter().any(|found| (found.table, found.column) == (*table, *column));
        assert!(named, "{number}, {table}.{column}: {report:#?}");
    }
}

#[test]
fn a_status_change_of_another_transaction_is_named() {
    let mut changes = written();
    let mut auditor = Auditor::new();
    changes.accounts_inserted.iter().for_each(|account| auditor.expect_account(*account));
    let row = changes.transactions.swap_remove(0);
    let change =
        StatusChange { sequence: 2, account: changes.accounts_inserted[0].id, status: AccountStatus::Open };
    let legs = vec![changes.legs[0]];
    auditor.transaction(&StoredTransaction { row, statuses: vec![change], legs });
    let report = auditor.finish(&changes.head);
    let named = |found: &Difference| (found.table, found.column) == ("ledger_status_changes", "sequence");
    assert!(report.differences.iter().any(named));
}

/// Whoever rewrites the journal and all that follows from it is found out by a root that somebody else kept.
#[test]
fn a_consistent_rewriting_changes_the_root() {
    let mut rewritten = Script::new();
    let mut honest = Script::new();
    honest.all("A 100 | B 0 | post A>B 60").unwrap();
    rewritten.all("A 100 | B 0 | post A>B 61").unwrap();
    let (honest, rewritten) = (honest.book.clone().into_changes(), rewritten.book.clone().into_changes());
    assert!(audit(&rewritten).is_clean());
    assert_ne!(honest.head.log.root(), rewritten.head.log.root());
}

/// A report stays small however much is wrong.
#[test]
fn a_report_is_bounded() {
    let mut script = Script::new();
    script.all("A 5000 | B 0").unwrap();
    for _ in 0..1_100 {
        let mut transaction = script.empty();
        let [debit, credit] = ["A", "B"].map(|name| script.account(name));
        let amount = Money::new(1, Currency::CNY);
        let action = makegood_ledger::Action::Post;
        transaction.legs.push(makegood_ledger::Leg { debit, credit, amount, action });
        apply(&mut script.book, &transaction, Timestamp::EPOCH).unwrap();
    }
    let mut changes = script.book.clone().into_changes();
    changes.legs.iter_mut().for_each(|leg| leg.debit_entry.sequence += 1);
    let report = audit(&changes);
    assert_eq!(report.differences.len(), makegood_ledger::replay::DIFFERENCES_LISTED_MAX);
    assert_eq!(report.differences_found, u64::try_from(changes.legs.len()).unwrap());
}
