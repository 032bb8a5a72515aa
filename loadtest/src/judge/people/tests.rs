//! Whatever was acknowledged and is not there is found, and so is what nobody has.

use super::super::books::Transfer;
use super::*;

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
fn what_is_stuck_is_final_only_with_a_fault_and_with_somebody_who_has_it() {
    let check = |status: &str, faults: &[&str], case: Option<&str>, expected: usize| {
        let mut shown = Shown::nothing();
        shown.statuses.insert("ref_1".to_owned(), status.to_owned());
        let mut books = Books::default();
        books.transfers.push(Transfer {
            reference: "btr_1".to_owned(),
            object: "ref_1".to_owned(),
            is_in: false,
            amount: makegood_money::Money::new(500, "CNY".parse().unwrap()),
            state: "unknown".to_owned(),
            mismatch: None,
            is_late: false,
            is_contradicted: false,
            is_returned: false,
            final_at: None,
        });
        books.of_object.insert("ref_1".to_owned(), vec![0]);
        let faults = faults.iter().map(|kind| (*kind).to_owned()).collect();
        books.faults.insert("btr_1".to_owned(), faults);
        books.cases.extend(case.map(str::to_owned));
        assert_eq!(is_final(&shown, &books).found, expected, "{status} {case:?}");
    };
    check("succeeded", &[], None, 0);
    check("processing", &[], Some("btr_1"), 1);
    for status in ["processing", "needs_action"] {
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
