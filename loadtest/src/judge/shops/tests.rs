//! What a shop was not told of, or does not have, is found.

use super::*;
use crate::judge::books::Transfer;
use crate::world::Refunded;
use serde_json::json;

fn money(minor: i64) -> Value {
    crate::wire::amount(minor)
}

fn refund(id: &str, minor: i64, origin: &str) -> Value {
    json!({
        "id": id, "payment": "pay_1", "amount": money(minor), "fee_returned": money(0), "origin": origin,
        "status": "succeeded",
    })
}

fn payout(id: &str, minor: i64, status: &str) -> Value {
    json!({"id": id, "amount": money(minor), "status": status})
}

#[test]
fn a_refund_or_a_payout_is_what_was_acknowledged() {
    let told = Refunded { payment: "pay_1".to_owned(), minor: 500 };
    let check = |refunds: Vec<Value>, payouts: Vec<Value>, expected: usize| {
        let mut shown = Shown::nothing();
        shown.refunds.insert("rfd_1".to_owned(), told.clone());
        shown.payouts.insert("out_1".to_owned(), 300);
        let text = format!("{refunds:?} {payouts:?}");
        shown.of_shops.push(OfShop { refunds, payouts, ..OfShop::default() });
        let mut verdict = Verdict::new("acknowledged", "");
        acknowledged(&shown, &Books::default(), &mut verdict);
        assert_eq!(verdict.found, expected, "{text} {:?}", verdict.failures);
    };
    let (own, out) = (refund("rfd_1", 500, "merchant"), payout("out_1", 300, "completed"));
    check(vec![own.clone()], vec![out.clone()], 0);
    check(vec![own.clone(), refund("rfd_2", 500, "late_success")], vec![out.clone()], 0);
    check(vec![], vec![], 2);
    // Made twice, and acknowledged once.
    check(vec![own.clone(), refund("rfd_2", 500, "merchant")], vec![out.clone()], 1);
    check(vec![own.clone()], vec![out.clone(), payout("out_2", 300, "completed")], 1);
    // Of another amount, or of another payment.
    check(vec![refund("rfd_1", 501, "merchant")], vec![payout("out_1", 299, "completed")], 2);
    let mut other = own;
    other["payment"] = json!("pay_2");
    check(vec![other], vec![out.clone()], 1);
    let mut stuck = refund("rfd_1", 500, "merchant");
    stuck["status"] = json!("needs_action");
    check(vec![stuck], vec![out], 1);
}

#[test]
fn a_shop_has_what_is_left() {
    let payment = |status: &str| json!({"id": "pay_1", "status": status, "amount": money(1_000), "merchant_fee": money(6)});
    let check = |status: &str, refunds: Vec<Value>, payouts: Vec<Value>, has: i64, expected: usize| {
        let mut shown = Shown::nothing();
        shown.shops.push(Shop::default());
        shown.of_shops.push(OfShop { payments: vec![payment(status)], refunds, payouts, has });
        assert_eq!(have(&shown, &Books::default()).found, expected, "{status} {has}");
        shown
    };
    check("succeeded", vec![], vec![], 994, 0);
    check("succeeded", vec![], vec![], 1_000, 1);
    check("failed", vec![], vec![], 0, 0);
    check("failed", vec![], vec![], 994, 1);
    let half = || vec![refund("rfd_1", 500, "merchant")];
    check("partially_refunded", half(), vec![], 494, 0);
    check("partially_refunded", half(), vec![], 994, 1);
    check("succeeded", vec![refund("rfd_1", 500, "late_success")], vec![], 994, 0);
    let mut last = refund("rfd_1", 1_000, "merchant");
    last["fee_returned"] = money(6);
    check("refunded", vec![last], vec![], 0, 0);
    for (status, left) in
        [("held", 694), ("unknown", 694), ("completed", 694), ("failed", 994), ("returned", 994)]
    {
        check("succeeded", vec![], vec![payout("out_1", 300, status)], left, 0);
        check("succeeded", vec![], vec![payout("out_1", 300, status)], left + 1, 1);
    }
    // The bank took it back, from what there was.
    check("returned", half(), vec![], 0, 0);
    let shown = check("returned", half(), vec![], 400, 1);
    let transfer = Transfer {
        reference: "btr_1".to_owned(),
        object: "pay_1".to_owned(),
        is_in: true,
        amount: makegood_money::Money::new(1_000, "CNY".parse().unwrap()),
        state: "settled".to_owned(),
        mismatch: None,
        is_late: false,
        is_contradicted: false,
        is_returned: true,
        final_at: None,
    };
    let mut books = Books { transfers: vec![transfer], ..Books::default() };
    books.of_object.insert("pay_1".to_owned(), vec![0]);
    books.short.insert("btr_1".to_owned());
    assert_eq!(have(&shown, &books).found, 0);
}
