//! Refunds, in part and in full, to a balance and to a card, with the fee's part, and what a bank makes of them.

use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::{Db, TestWallet, cny, payment};
use makegood_wallet::tables::{PaymentId, RefundId};
use makegood_wallet::{Action, Query};
use std::time::Duration;

on_both!(in_parts, what_is_not_refundable, to_a_card, by_the_merchants_own_number);

async fn in_parts(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("100.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "100.00").await;
    let paid = wallet.pay_from_balance(&payer, order).await;
    // The fee is 0.60. Each part: amount, what came back of the fee, what the merchant has left.
    for (amount, fee, pending, status) in [
        ("0.01", "0.00", "99.39", "partially_refunded"),
        ("33.33", "0.20", "66.26", "partially_refunded"),
        ("33.33", "0.20", "33.13", "partially_refunded"),
        ("33.33", "0.20", "0.00", "refunded"),
    ] {
        let refund = wallet.refund(&shop, paid, Some(amount)).await.expect(201);
        assert_eq!((refund.text("/amount/amount"), refund.text("/fee_returned/amount")), (amount, fee));
        assert_eq!(wallet.pending(&shop).await, pending, "after {amount}");
        assert_eq!(wallet.status(&payer, paid).await, status);
        let refund = wallet.read(payer.caller, Query::Refund(refund.id("/id"))).await.expect(200);
        assert!(refund.at("/fee_returned").is_null(), "the fee is not the payer's to know");
    }
    assert_eq!(wallet.balance(&payer).await, "100.00");
    for amount in [None, Some("0.01")] {
        let more = wallet.refund(&shop, paid, amount).await.expect_problem(409, "refund.exceeds_payment");
        assert_eq!(more.text("/remaining"), "0.00");
    }
    wallet.finish().await;
}

async fn what_is_not_refundable(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("10.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "10.00").await;
    let waiting = wallet.submit(payer.caller, payment(order, Source::Balance, None)).await.expect(201);
    let card = wallet.card(&payer, cards::REFUSES).await;
    let other = wallet.order(&shop, "10.00").await;
    let attempt = wallet.pay_from_card(&payer, other, card).await;
    for id in [waiting.id("/id"), attempt] {
        let refused = wallet.refund(&shop, id, None).await;
        let _refused = refused.expect_problem(409, "refund.not_refundable");
    }
    wallet.run().await;
    let _failed = wallet.refund(&shop, attempt, None).await.expect_problem(409, "refund.not_refundable");

    let paid = wallet.pay_from_balance(&payer, order).await;
    let more = wallet.refund(&shop, paid, Some("10.01")).await.expect_problem(409, "refund.exceeds_payment");
    assert_eq!((more.text("/remaining"), more.text("/field")), ("10.00", "amount.amount"));
    let dollars = makegood_money::Money::parse("1.00", makegood_money::Currency::USD).unwrap();
    let other = Action::Refund {
        payment: paid,
        amount: Some(dollars),
        reason: String::new(),
        merchant_refund_no: None,
    };
    let _other = wallet.submit(shop.caller, other.clone()).await.expect_problem(422, "currency.mismatch");
    for caller in [payer.caller, wallet.new_shop().await.caller] {
        let _foreign = wallet.submit(caller, other.clone()).await.expect_problem(404, "not_found");
    }
    assert_eq!(wallet.count("SELECT COUNT(*) FROM refunds").await, 0);
    wallet.finish().await;
}

async fn to_a_card(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    // Card, status after the first call, status after an hour, who acts then.
    for (number, first, last, next) in [
        (cards::ALWAYS_WORKS, "succeeded", "succeeded", ""),
        (cards::SLOW, "succeeded", "succeeded", ""),
        (cards::TIMES_OUT_BUT_EXECUTES, "unknown", "succeeded", ""),
        (cards::SETTLES_LATER, "processing", "succeeded", ""),
        (cards::CLOSED_WHEN_REFUNDED, "needs_action", "needs_action", "staff"),
    ] {
        let card = wallet.card(&payer, number).await;
        let order = wallet.order(&shop, "20.00").await;
        let paid = wallet.pay_from_card(&payer, order, card).await;
        for _ in 0..3 {
            wallet.run_after(Duration::from_secs(60)).await;
        }
        assert_eq!(wallet.status(&payer, paid).await, "succeeded", "{number}");
        let refund = wallet.refund(&shop, paid, None).await.expect(202);
        let id: RefundId = refund.id("/id");
        assert_eq!(wallet.pending(&shop).await, "0.00", "{number}: the merchant has returned it at once");
        wallet.run().await;
        assert_eq!(wallet.refund_status(&shop, id).await, first, "{number}");
        for _ in 0..3 {
            wallet.run_after(Duration::from_secs(1_200)).await;
        }
        let read = wallet.read(payer.caller, Query::Refund(id)).await.expect(200);
        assert_eq!((read.text("/status"), read.text("/next/who")), (last, next), "{number}");
        let trace = super::told(&wallet.read(payer.caller, Query::RefundTrace(id)).await.expect(200));
        assert_eq!(trace.ends_with("; nothing"), last == "succeeded", "{trace}");
        assert_eq!(wallet.status(&payer, paid).await, "refunded", "{number}");
    }
    wallet.finish().await;
}

async fn by_the_merchants_own_number(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("50.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "50.00").await;
    let paid: PaymentId = wallet.pay_from_balance(&payer, order).await;
    let refund = |amount: &str| Action::Refund {
        payment: paid,
        amount: Some(cny(amount)),
        reason: "returned".to_owned(),
        merchant_refund_no: Some("R-1".to_owned()),
    };
    let first = wallet.submit(shop.caller, refund("20.00")).await.expect(201);
    // The owner's session is the same merchant.
    let again = wallet.submit(shop.owner, refund("20.00")).await.expect(201);
    assert_eq!(first.text("/id"), again.text("/id"));
    let _other = wallet.submit(shop.caller, refund("20.01")).await.expect_problem(409, "reference.conflict");
    assert_eq!(wallet.balance(&payer).await, "20.00");
    wallet.finish().await;
}
