//! What ends by itself when its time is over.

use super::check;
use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::{Db, TestWallet, payment};
use makegood_wallet::tables::PaymentId;
use makegood_wallet::{Action, NewOrder, Query};
use std::time::Duration;

on_both!(
    an_order,
    a_confirmation,
    an_attempt_outlives_its_order,
    an_attempt_that_fails_after_the_end,
    a_session
);

const CLOSED: &str = "wallet refused, ledger not_reached, payee not_reached; nothing";

async fn an_order(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("50.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "20.00").await;
    wallet.run_after(Duration::from_secs(2 * 3_600 - 1)).await;
    assert_eq!(wallet.order_status(&shop, order).await, "created");
    wallet.clock.advance(Duration::from_secs(1));
    // Over is over, whether or not the background has come by.
    let _late = wallet.pay(&payer, order, Source::Balance).await.expect_problem(409, "order.expired");
    wallet.run().await;
    assert_eq!(wallet.order_status(&shop, order).await, "expired");
    let _late = wallet.pay(&payer, order, Source::Balance).await.expect_problem(409, "order.expired");
    let cancel = wallet.submit(shop.caller, Action::CancelOrder { order: order.id }).await;
    let _cancel = cancel.expect_problem(409, "order.expired");
    assert_eq!(wallet.balance(&payer).await, "50.00");

    for (expires_in_s, status) in [(Some(0), 422), (Some(31 * 86_400), 422), (Some(60), 201)] {
        let new = NewOrder { expires_in_s, ..wallet.new_order("1.00") };
        let _made = wallet.submit(shop.caller, Action::CreateOrder(new)).await.expect(status);
    }
    wallet.finish().await;
}

async fn a_confirmation(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("50.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "20.00").await;
    let started = wallet.submit(payer.caller, payment(order, Source::Balance, None)).await.expect(201);
    let id: PaymentId = started.id("/id");
    wallet.clock.advance(Duration::from_secs(15 * 60));
    let confirm = Action::ConfirmPayment { payment: id, expect: order.expect };
    let late = wallet.submit(payer.caller, confirm).await.expect_problem(409, "payment.not_confirmable");
    assert_eq!(late.at("/safe_to_pay_again").as_bool(), Some(true));
    wallet.run().await;
    check(&wallet, &payer, id, ("closed", true, CLOSED)).await;
    wallet.pay_from_balance(&payer, order).await;

    // An order that ends sooner ends the confirmation with it.
    let short = NewOrder { expires_in_s: Some(60), ..wallet.new_order("1.00") };
    let order = wallet.place(&shop, short).await;
    let started = wallet.submit(payer.caller, payment(order, Source::Balance, None)).await.expect(201);
    wallet.run_after(Duration::from_secs(60)).await;
    assert_eq!(wallet.status(&payer, started.id("/id")).await, "closed");
    wallet.finish().await;
}

async fn an_attempt_outlives_its_order(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::SETTLES_LATER).await;
    let short = NewOrder { expires_in_s: Some(30), ..wallet.new_order("20.00") };
    let order = wallet.place(&shop, short).await;
    let attempt = wallet.pay_from_card(&payer, order, card).await;
    wallet.run().await;
    wallet.run_after(Duration::from_secs(40)).await;
    assert_eq!(wallet.order_status(&shop, order).await, "processing");
    wallet.run_after(Duration::from_secs(60)).await;
    assert_eq!(wallet.status(&payer, attempt).await, "succeeded");
    assert_eq!(wallet.order_status(&shop, order).await, "paid");
    wallet.finish().await;
}

async fn an_attempt_that_fails_after_the_end(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::REFUSES).await;
    let short = NewOrder { expires_in_s: Some(30), ..wallet.new_order("20.00") };
    let order = wallet.place(&shop, short).await;
    let attempt = wallet.pay_from_card(&payer, order, card).await;
    // The background comes by only when the order's time is over; the attempt has held it until then.
    wallet.run_after(Duration::from_secs(40)).await;
    assert_eq!(wallet.status(&payer, attempt).await, "failed");
    assert_eq!(wallet.order_status(&shop, order).await, "expired");
    wallet.finish().await;
}

async fn a_session(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user().await;
    wallet.clock.advance(Duration::from_secs(30 * 86_400 - 1));
    let _me = wallet.read(user.caller, Query::Me).await.expect(200);
    wallet.clock.advance(Duration::from_secs(1));
    let _me = wallet.read(user.caller, Query::Me).await.expect_problem(401, "auth.required");
    let revoke = wallet.submit(user.caller, Action::RevokeSession { session: None }).await;
    let _revoke = revoke.expect_problem(401, "auth.required");
    let (caller, _token) = wallet.log_in(&user.login, false).await;
    let _me = wallet.read(caller, Query::Me).await.expect(200);
    wallet.finish().await;
}
