//! Whatever was acknowledged and is not there is found, and so is what nobody has.

use super::*;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn histories_have_what_was_acknowledged_and_nothing_else() {
    let effects = HashMap::from([("top_1".to_owned(), (500, 500)), ("top_2".to_owned(), (0, 500))]);
    let check = |sums: &[(&str, i64)], expected: usize| {
        let sums = sums.iter().map(|(id, sum)| ((*id).to_owned(), *sum)).collect();
        let found = differences(&effects, sums);
        assert_eq!(found.len(), expected, "{found:?}");
    };
    check(&[("top_1", 500)], 0);
    check(&[("top_1", 500), ("top_2", 120)], 0);
    check(&[("top_1", 500), ("top_2", 501)], 1);
    check(&[], 1);
    check(&[("top_1", 500), ("top_3", 500)], 1);
    check(&[("top_1", 500), ("top_3", 0)], 0);
}

#[test]
fn what_a_bank_took_back_is_gone_but_for_what_was_spent() {
    let mut shown = Shown::nothing();
    let top_ups = BTreeMap::from([("top_1".to_owned(), 500)]);
    shown.accounts.push(Account { top_ups, ..Account::default() });
    shown.statuses.insert("top_1".to_owned(), "returned".to_owned());
    let mut books = with_transfers(vec![transfer("btr_1", "top_1", true, "settled")]);
    assert_eq!(effects(&shown, &books, 0)["top_1"], (0, 0));
    books.short.insert("btr_1".to_owned());
    assert_eq!(effects(&shown, &books, 0)["top_1"], (0, 500));
}

fn transfer(reference: &str, object: &str, is_in: bool, state: &str) -> Transfer {
    Transfer {
        reference: reference.to_owned(),
        object: object.to_owned(),
        is_in,
        amount: makegood_money::Money::new(500, "CNY".parse().unwrap()),
        state: state.to_owned(),
        mismatch: None,
        is_late: false,
        is_contradicted: false,
        is_returned: false,
        final_at: None,
    }
}

fn with_transfers(transfers: Vec<Transfer>) -> Books {
    let mut books = Books { transfers, ..Books::default() };
    for (place, transfer) in books.transfers.iter().enumerate() {
        books.of_object.entry(transfer.object.clone()).or_default().push(place);
    }
    books
}

#[test]
fn a_top_up_that_came_too_late_has_gone_back_or_a_person_has_it() {
    let late = Transfer { is_late: true, ..transfer("btr_1", "top_1", true, "refused") };
    let back = |state: &str| transfer("btr_2", "top_1", false, state);
    let returned = Transfer { is_returned: true, ..back("settled") };
    let mut shown = Shown::nothing();
    shown.statuses.insert("top_1".to_owned(), "failed".to_owned());
    for (back, expected) in
        [(None, 1), (Some(back("settled")), 0), (Some(back("refused")), 1), (Some(returned), 1)]
    {
        let has_back = back.is_some();
        let mut books = with_transfers(std::iter::once(late.clone()).chain(back).collect());
        assert_eq!(is_final(&shown, &books).found, expected, "{books:?}");
        books.cases.insert("btr_2".to_owned());
        assert_eq!(is_final(&shown, &books).found, usize::from(!has_back), "{books:?}");
    }
}

#[test]
fn an_order_that_no_payment_keeps_is_found() {
    for (order, payment, expected) in [
        ("created", None, 0),
        ("paid", Some("succeeded"), 0),
        ("processing", Some("failed"), 1),
        ("processing", None, 1),
        ("stranded", Some("failed"), 1),
    ] {
        let mut shown = Shown::nothing();
        shown.orders.insert("ord_1".to_owned(), json!({"status": order, "payment": "pay_1"}));
        let payment = payment.map(|status| ("pay_1".to_owned(), (1, json!({"status": status}))));
        shown.payments.extend(payment);
        assert_eq!(is_final(&shown, &Books::default()).found, expected, "{order}");
    }
    // What waits for a person keeps its order.
    let mut shown = Shown::nothing();
    shown.orders.insert("ord_1".to_owned(), json!({"status": "processing", "payment": "pay_1"}));
    shown.payments.insert("pay_1".to_owned(), (1, json!({"status": "unknown"})));
    let mut books = with_transfers(vec![transfer("btr_1", "pay_1", true, "unknown")]);
    books.faults.insert("btr_1".to_owned(), vec!["wrong_amount".to_owned()]);
    books.cases.insert("btr_1".to_owned());
    assert_eq!(is_final(&shown, &books).found, 0);
}

#[test]
fn what_is_stuck_is_final_only_with_a_fault_and_with_somebody_who_has_it() {
    let check = |status: &str, faults: &[&str], case: Option<&str>, expected: usize| {
        let mut shown = Shown::nothing();
        shown.statuses.insert("ref_1".to_owned(), status.to_owned());
        let mut books = with_transfers(vec![transfer("btr_1", "ref_1", false, "unknown")]);
        let faults = faults.iter().map(|kind| (*kind).to_owned()).collect();
        books.faults.insert("btr_1".to_owned(), faults);
        books.cases.extend(case.map(str::to_owned));
        assert_eq!(is_final(&shown, &books).found, expected, "{status} {case:?}");
    };
    check("succeeded", &[], None, 0);
    check("processing", &[], Some("btr_1"), 1);
    for status in ["processing", "needs_action", "a_word_that_nobody_knows"] {
        check(status, &["wrong_amount"], None, 1);
        check(status, &["wrong_amount"], Some("btr_2"), 1);
        check(status, &["wrong_amount"], Some("btr_1"), 0);
        check(status, &["wrong_amount"], Some("ref_1"), 0);
        check(status, &["callback_twice"], Some("btr_1"), 1);
    }
}

#[test]
fn a_top_up_or_a_withdrawal_that_was_acknowledged_is_looked_for() {
    let mut shown = Shown::nothing();
    shown.accounts.push(Account {
        top_ups: BTreeMap::from([("top_1".to_owned(), 500), ("top_2".to_owned(), 500)]),
        topped_up: BTreeSet::from(["top_1".to_owned()]),
        withdrawals: BTreeMap::from([("wdr_1".to_owned(), 100)]),
        ..Account::default()
    });
    let mut check = |statuses: &[(&str, &str)], expected: usize| {
        let statuses = statuses.iter().map(|(id, status)| ((*id).to_owned(), (*status).to_owned()));
        shown.statuses = statuses.collect();
        let mut verdict = Verdict::new("acknowledged", "");
        assert_eq!(moved(&shown, &mut verdict), (2, 1));
        assert_eq!(verdict.found, expected, "{:?}", verdict.failures);
    };
    check(&[("top_1", "succeeded"), ("top_2", "failed"), ("wdr_1", "failed")], 0);
    check(&[("top_1", "returned"), ("top_2", "succeeded"), ("wdr_1", "completed")], 0);
    check(&[("top_1", "failed"), ("top_2", "failed"), ("wdr_1", "completed")], 1);
    check(&[("top_1", "succeeded"), ("wdr_1", "completed")], 1);
    check(&[("top_1", "succeeded"), ("top_2", "failed")], 1);
    check(&[], 4);
}
