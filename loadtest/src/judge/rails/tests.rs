//! Whatever the wallet and the bank disagree about is found, and what the bank did wrong has its name.

use super::*;
use makegood_money::Currency;

fn cny(minor: i64) -> Money {
    Money::new(minor, "CNY".parse::<Currency>().unwrap())
}

fn transfer(reference: &str, is_in: bool, state: &str) -> Transfer {
    Transfer {
        reference: reference.to_owned(),
        object: format!("{}_{reference}", if is_in { "pay" } else { "wdr" }),
        is_in,
        amount: cny(1_000),
        state: state.to_owned(),
        mismatch: None,
        is_late: false,
        is_contradicted: false,
        is_returned: false,
        final_at: None,
    }
}

/// Books in which a transfer is, and the bank has moved so much of it. Two words are no faults: that nobody was told how
/// it stands now, and that there is a case of it.
fn books(transfer: Transfer, status: Option<&str>, moved: i64, faults: &[&str]) -> Books {
    let mut books = Books { bank_is_balanced: true, ..Books::default() };
    let reference = transfer.reference.clone();
    books.nostro = transfer.booked();
    if let Some(status) = status {
        books.statuses.insert(reference.clone(), status.to_owned());
    }
    if moved != 0 {
        books.moved.insert(reference.clone(), amounts(cny(moved), 1));
    }
    books.untold.extend(faults.contains(&"untold").then(|| reference.clone()));
    books.cases.extend(faults.contains(&"case").then(|| reference.clone()));
    books.faults.insert(reference, faults.iter().map(|kind| (*kind).to_owned()).collect());
    books.of_object.insert(transfer.object.clone(), vec![0]);
    books.transfers = vec![transfer];
    books
}

#[test]
fn what_agrees_is_not_found_and_what_does_not_is() {
    let check =
        |transfer: Transfer, status: Option<&str>, moved: i64, faults: &[&str], expected: [usize; 2]| {
            let books = books(transfer.clone(), status, moved, faults);
            let found = [same_state(&books).failures.len(), same_books(&books).0.failures.len()];
            assert_eq!(found, expected, "{transfer:?} {status:?} {moved} {faults:?}");
        };
    let settled = |is_in| transfer("btr_1", is_in, "settled");
    let refused = |is_in| transfer("btr_1", is_in, "refused");
    check(settled(true), Some("succeeded"), 1_000, &[], [0, 0]);
    check(settled(false), Some("succeeded"), -1_000, &[], [0, 0]);
    check(refused(true), Some("refused"), 0, &[], [0, 0]);
    check(refused(true), None, 0, &[], [0, 0]);
    // A bank that lies: it has not booked what it said, or another amount.
    check(settled(true), None, 0, &[], [1, 1]);
    check(settled(true), Some("succeeded"), 0, &[], [0, 1]);
    check(settled(true), Some("succeeded"), 900, &[], [0, 1]);
    check(refused(true), Some("succeeded"), 1_000, &[], [1, 1]);
    check(transfer("btr_1", true, "unknown"), Some("succeeded"), 1_000, &[], [1, 1]);
    // What it did wrong explains it only where it is what was done wrong.
    check(refused(true), Some("succeeded"), 1_000, &["callback_twice"], [1, 1]);
    check(refused(true), Some("succeeded"), 1_000, &["success_after_failure", "untold"], [0, 0]);
    // A callback was lost, and a later one was not.
    for (wallet, bank, moved, kind) in [
        (refused(true), "succeeded", 1_000, "success_after_failure"),
        (settled(true), "refused", 0, "failure_after_success"),
        (settled(true), "returned", 0, "returned"),
    ] {
        check(wallet.clone(), Some(bank), moved, &[kind, "callback_lost"], [1, 1]);
        check(wallet, Some(bank), moved, &[kind, "callback_lost", "untold"], [0, 0]);
    }
    check(refused(true), Some("succeeded"), 1_000, &["success_after_failure"], [1, 1]);
    let late = Transfer { is_late: true, ..refused(true) };
    check(late, Some("succeeded"), 1_000, &["success_after_failure"], [0, 0]);
    let contradicted = Transfer { is_contradicted: true, ..settled(true) };
    check(contradicted, Some("refused"), 0, &["failure_after_success"], [0, 0]);
    check(settled(true), Some("refused"), 0, &["failure_after_success"], [1, 1]);
    let late = Transfer { is_late: true, ..refused(true) };
    check(late, Some("refused"), 0, &["failure_after_success"], [0, 0]);
    let returned = Transfer { is_returned: true, ..settled(true) };
    check(returned, Some("returned"), 0, &["returned"], [0, 0]);
    check(settled(true), Some("returned"), 0, &["returned"], [1, 1]);
    let other = Transfer { mismatch: Some(cny(900)), ..transfer("btr_1", true, "unknown") };
    check(other, Some("succeeded"), 900, &["wrong_amount"], [0, 0]);
    let other = Transfer { mismatch: Some(cny(-900)), ..transfer("btr_1", false, "unknown") };
    check(other.clone(), Some("succeeded"), -900, &["wrong_amount", "case"], [0, 0]);
    check(other, Some("succeeded"), -900, &["wrong_amount"], [0, 1]);
    // The wallet believes that what it asked for was paid, or that nothing was.
    for kind in ["wrong_amount", "wrong_currency"] {
        check(settled(false), Some("succeeded"), -900, &[kind], [0, 1]);
        check(refused(false), Some("succeeded"), -900, &[kind], [1, 1]);
    }
    check(settled(false), Some("succeeded"), -1_000, &["wrong_payee"], [1, 0]);
    let other = Transfer { mismatch: Some(cny(-1_000)), ..transfer("btr_1", false, "unknown") };
    check(other, Some("succeeded"), -1_000, &["wrong_payee", "case"], [0, 0]);
    // The wallet knows, and gives the money back, or takes it for paid, all the same.
    let knows = |transfer, minor| Transfer { mismatch: Some(cny(minor)), ..transfer };
    check(knows(refused(false), -900), Some("succeeded"), -900, &["wrong_amount", "case"], [1, 1]);
    check(knows(settled(false), -900), Some("succeeded"), -900, &["wrong_amount", "case"], [0, 1]);
    check(knows(refused(false), -1_000), Some("succeeded"), -1_000, &["wrong_payee", "case"], [1, 1]);
    check(knows(settled(false), -1_000), Some("succeeded"), -1_000, &["wrong_payee", "case"], [1, 0]);
}

#[test]
fn what_only_a_person_can_end_is_found_where_nobody_has_it() {
    let settled = |is_in| transfer("btr_1", is_in, "settled");
    let late = |is_in| Transfer { is_late: true, ..transfer("btr_1", is_in, "refused") };
    for (transfer, expected) in [
        (settled(true), 0),
        (late(true), 0),
        (late(false), 1),
        (Transfer { is_contradicted: true, ..settled(true) }, 1),
        (Transfer { mismatch: Some(cny(900)), ..transfer("btr_1", true, "unknown") }, 1),
    ] {
        let mut books = books(transfer.clone(), None, 0, &[]);
        assert_eq!(with_a_person(&books).found, expected, "{transfer:?}");
        for object in ["btr_1", &transfer.object] {
            books.cases = [object.to_owned()].into();
            assert_eq!(with_a_person(&books).found, 0, "{transfer:?}");
        }
    }
}

#[test]
fn the_sum_is_held_against_the_ledger_too() {
    let mut wrong = books(transfer("btr_1", true, "settled"), Some("succeeded"), 1_000, &[]);
    assert!(same_books(&wrong).0.failures.is_empty());
    // A stranger's money that the wallet has, and then has not.
    wrong.moved.insert("stranger".to_owned(), amounts(cny(50), 1));
    wrong.faults.insert("stranger".to_owned(), vec!["wrong_reference".to_owned()]);
    assert_eq!(same_books(&wrong).0.failures.len(), 1);
    wrong.nostro = amounts(cny(1_050), 1);
    assert!(same_books(&wrong).0.failures.is_empty());
    // Ours, under a reference that we have forgotten: it is no stranger's.
    wrong.faults.remove("stranger");
    assert_eq!(same_books(&wrong).0.failures.len(), 1);
    wrong.faults.insert("stranger".to_owned(), vec!["wrong_reference".to_owned()]);
    wrong.bank_is_balanced = false;
    wrong.forgeries_believed = 1;
    assert_eq!(same_books(&wrong).0.failures.len(), 2);
}

#[test]
fn an_order_that_took_money_twice_is_found() {
    let mut twice = books(transfer("btr_1", true, "settled"), Some("succeeded"), 1_000, &[]);
    let payment = |id: &str, from_balance: bool, status: &str| super::super::books::Payment {
        id: id.to_owned(),
        order: "ord_1".to_owned(),
        from_balance,
        status: status.to_owned(),
    };
    twice.payments = vec![payment("pay_btr_1", false, "reversed"), payment("pay_2", true, "failed")];
    assert!(paid_once(&twice).failures.is_empty());
    twice.payments = vec![payment("pay_btr_1", false, "reversed"), payment("pay_2", true, "succeeded")];
    assert_eq!(paid_once(&twice).failures.len(), 1);
    // That the bank was late explains what came, and not that it stays.
    twice.faults.insert("btr_1".to_owned(), vec!["success_after_failure".to_owned()]);
    twice.transfers[0].is_late = true;
    assert_eq!(paid_once(&twice).failures.len(), 1);
    // Of what the bank never told nobody can know.
    twice.transfers[0].is_late = false;
    twice.untold.insert("btr_1".to_owned());
    assert!(paid_once(&twice).failures.is_empty());
    twice.faults.clear();
    // The wallet gave back what came too late.
    let mut back = transfer("btr_2", false, "settled");
    back.object = "ref_1".to_owned();
    twice.transfers.push(back);
    twice.of_object.insert("ref_1".to_owned(), vec![1]);
    twice.late_refunds.insert("pay_btr_1".to_owned(), vec!["ref_1".to_owned()]);
    // Not yet, and without a person who has it; then with one.
    twice.statuses.insert("btr_2".to_owned(), "refused".to_owned());
    assert_eq!(paid_once(&twice).failures.len(), 1);
    twice.cases.insert("btr_2".to_owned());
    assert!(paid_once(&twice).failures.is_empty());
    twice.cases.clear();
    // The bank took back what had been given back, and told nobody.
    twice.faults.insert("btr_2".to_owned(), vec!["failure_after_success".to_owned()]);
    assert_eq!(paid_once(&twice).failures.len(), 1, "somebody was told");
    twice.untold.insert("btr_2".to_owned());
    assert!(paid_once(&twice).failures.is_empty());
    twice.faults.clear();
    twice.moved.insert("btr_2".to_owned(), amounts(cny(-1_000), 1));
    twice.booked_at.insert("btr_1".to_owned(), 2_000_000);
    let verdict = paid_once(&twice);
    assert!(verdict.failures.is_empty());
    assert!(verdict.looked_at.contains("orders with two takings: 1"), "{}", verdict.looked_at);
}

#[test]
fn the_oldest_that_was_paid_and_had_not_arrived() {
    let mut waits = books(transfer("btr_1", true, "settled"), Some("succeeded"), 1_000, &[]);
    waits.transfers[0].final_at = Some(5_000_000);
    waits.booked_at.insert("btr_1".to_owned(), 2_000_000);
    let ages = oldest_not_received(&waits, &[1_000_000, 2_000_000, 4_500_000, 5_000_000]);
    assert_eq!(ages, [0.0, 0.0, 2.5, 0.0]);
}
