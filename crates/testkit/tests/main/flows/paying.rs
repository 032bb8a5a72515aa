//! Payments: with what the payer saw or in two steps, their declines, and a second payment of one order.

use super::check;
use makegood_banksim::cards;
use makegood_payments::{Source, SourceKind};
use makegood_testkit::{Db, TestWallet, cny, payment};
use makegood_wallet::tables::{MerchantId, PaymentId};
use makegood_wallet::{Action, Expectation, NewOrder, NewPayment, PayeeId};

on_both!(
    two_steps,
    what_the_payer_saw,
    declines,
    one_attempt_at_a_time,
    a_paid_order_is_paid_once,
    client_refs
);

const WAITS: &str = "wallet waiting, ledger not_reached, payee not_reached; confirmation by payer";
const DECLINED: &str = "wallet done, ledger refused, payee not_reached; nothing";

async fn two_steps(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("100.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "40.00").await;
    let started = wallet.submit(payer.caller, payment(order, Source::Balance, None)).await.expect(201);
    assert_eq!(started.text("/status"), "requires_confirmation");
    assert_eq!(started.text("/payee/id"), shop.id.to_string());
    let id: PaymentId = started.id("/id");
    check(&wallet, &payer, id, ("requires_confirmation", true, WAITS)).await;
    assert_eq!(wallet.balance(&payer).await, "100.00");

    let confirm = |expect| Action::ConfirmPayment { payment: id, expect };
    let stranger = wallet.user().await;
    let foreign = wallet.submit(stranger.caller, confirm(order.expect)).await;
    let _foreign = foreign.expect_problem(404, "not_found");
    let other = Expectation { amount: cny("41.00"), ..order.expect };
    let mismatch = wallet.submit(payer.caller, confirm(other)).await;
    let _mismatch = mismatch.expect_problem(409, "payment.expectation_mismatch");
    let _confirmed = wallet.submit(payer.caller, confirm(order.expect)).await.expect(201);
    let done = ("succeeded", false, "wallet done, ledger done, payee done; nothing");
    check(&wallet, &payer, id, done).await;
    assert_eq!(wallet.balance(&payer).await, "60.00");
    let again = wallet.submit(payer.caller, confirm(order.expect)).await;
    let again = again.expect_problem(409, "payment.not_confirmable");
    assert_eq!(again.text("/payment/id"), id.to_string());
    assert_eq!(again.at("/safe_to_pay_again").as_bool(), Some(false));
    let cancel = wallet.submit(payer.caller, Action::CancelPayment { payment: id }).await;
    let _cancel = cancel.expect_problem(409, "payment.not_cancellable");
    wallet.finish().await;
}

async fn what_the_payer_saw(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("100.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "40.00").await;
    let saw = |amount, payee| Some(Expectation { amount: cny(amount), payee });
    let other = PayeeId::Merchant(MerchantId::from_raw([3; 16]));
    for (expect, field) in [
        (saw("39.99", order.expect.payee), "expect.amount"),
        (saw("40.00", other), "expect.payee"),
        (saw("40.00", PayeeId::User(payer.id)), "expect.payee"),
    ] {
        let answer = wallet.submit(payer.caller, payment(order, Source::Balance, expect)).await;
        let answer = answer.expect_problem(409, "payment.expectation_mismatch");
        assert_eq!(answer.text("/field"), field);
    }
    let typed = NewPayment {
        order: order.id,
        source: Source::Balance,
        expect: Some(order.expect),
        amount: Some(cny("4.00")),
        client_ref: None,
    };
    let typed = wallet.submit(payer.caller, Action::CreatePayment(typed)).await;
    let _typed = typed.expect_problem(409, "payment.expectation_mismatch");
    assert_eq!(wallet.count("SELECT COUNT(*) FROM payments").await, 0);
    assert_eq!(wallet.balance(&payer).await, "100.00");
    wallet.finish().await;
}

async fn declines(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("10.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "10.01").await;
    let poor = wallet.pay(&payer, order, Source::Balance).await.expect_problem(402, "balance.insufficient");
    assert_eq!((poor.text("/cause"), poor.text("/payment/status")), ("account", "failed"));
    assert_eq!(poor.at("/safe_to_pay_again").as_bool(), Some(true));
    assert!(!poor.at("/remedies").as_array().unwrap().is_empty());
    check(&wallet, &payer, poor.id("/payment/id"), ("failed", true, DECLINED)).await;
    // The order stays payable.
    wallet.fund(&payer, "0.01").await;
    wallet.pay_from_balance(&payer, order).await;
    assert_eq!(wallet.balance(&payer).await, "0.00");

    let only_cards = NewOrder { accepts: Some(vec![SourceKind::BankCard]), ..wallet.new_order("1.00") };
    let order = wallet.place(&shop, only_cards).await;
    let refused = wallet.pay(&payer, order, Source::Balance).await.expect_problem(402, "source.not_accepted");
    assert_eq!(refused.json()["accepted_sources"], serde_json::json!(["bank_card"]));
    let trace = super::trace(&wallet, payer.caller, refused.id("/payment/id")).await;
    assert!(trace.ends_with("; nothing"), "{trace}");

    for (number, code) in
        [(cards::REFUSES, "bank.card_refused"), (cards::NO_FUNDS, "bank.insufficient_funds")]
    {
        let card = wallet.card(&payer, number).await;
        let id = wallet.pay_from_card(&payer, order, card).await;
        wallet.run().await;
        let refused = "wallet done, bank refused, ledger not_reached, payee not_reached; nothing";
        check(&wallet, &payer, id, ("failed", true, refused)).await;
        let read = wallet.read(payer.caller, makegood_wallet::Query::Payment(id)).await.expect(200);
        assert_eq!(read.text("/decline/code"), code);
        assert_eq!(wallet.order_status(&shop, order).await, "created", "it can be paid otherwise");
        // Why a card was refused is not the merchant's to know.
        let seen = wallet.read(shop.caller, makegood_wallet::Query::Payment(id)).await.expect(200);
        assert_eq!(seen.text("/decline/code"), "declined");
    }
    wallet.finish().await;
}

async fn one_attempt_at_a_time(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("50.00").await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::TIMES_OUT_BUT_EXECUTES).await;
    let order = wallet.order(&shop, "20.00").await;
    let other = wallet.user_with("50.00").await;
    let first = wallet.pay_from_card(&payer, order, card).await;
    for state in ["processing", "unknown"] {
        assert_eq!(wallet.status(&payer, first).await, state);
        let own =
            wallet.pay(&payer, order, Source::Balance).await.expect_problem(409, "payment.attempt_open");
        assert_eq!(own.text("/payment/id"), first.to_string());
        assert_eq!(own.text("/payment/status"), state);
        assert_eq!(own.at("/safe_to_pay_again").as_bool(), Some(false));
        let foreign = wallet.pay(&other, order, Source::Balance).await;
        let foreign = foreign.expect_problem(409, "payment.attempt_open");
        assert!(foreign.at("/payment").is_null(), "another's payment is not shown");
        assert_eq!(foreign.at("/safe_to_pay_again").as_bool(), Some(false));
        wallet.run().await;
    }
    let unknown = "wallet done, bank unknown, ledger not_reached, payee not_reached; enquiry by wallet";
    check(&wallet, &payer, first, ("unknown", false, unknown)).await;
    wallet.run_after(std::time::Duration::from_secs(60)).await;
    let paid = "wallet done, bank done, ledger done, payee done; nothing";
    check(&wallet, &payer, first, ("succeeded", false, paid)).await;
    assert_eq!(wallet.order_status(&shop, order).await, "paid");
    assert_eq!(wallet.balance(&payer).await, "50.00");
    wallet.finish().await;
}

async fn a_paid_order_is_paid_once(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, other, shop) =
        (wallet.user_with("50.00").await, wallet.user_with("50.00").await, wallet.new_shop().await);
    let order = wallet.order(&shop, "20.00").await;
    let waiting = wallet.submit(other.caller, payment(order, Source::Balance, None)).await.expect(201);
    let first = wallet.pay_from_balance(&payer, order).await;
    let again = wallet.pay(&payer, order, Source::Balance).await.expect_problem(409, "order.already_paid");
    assert_eq!(again.text("/payment/id"), first.to_string());
    let foreign = wallet.pay(&other, order, Source::Balance).await.expect_problem(409, "order.already_paid");
    assert!(foreign.at("/payment").is_null());
    let confirm = Action::ConfirmPayment { payment: waiting.id("/id"), expect: order.expect };
    let late = wallet.submit(other.caller, confirm).await.expect_problem(409, "order.already_paid");
    assert_eq!(late.at("/safe_to_pay_again").as_bool(), Some(false));
    assert_eq!(
        (wallet.balance(&payer).await, wallet.balance(&other).await),
        ("30.00".into(), "50.00".into())
    );
    wallet.finish().await;
}

async fn client_refs(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("50.00").await, wallet.new_shop().await);
    let pay = |order: makegood_testkit::Placed| {
        Action::CreatePayment(NewPayment {
            order: order.id,
            source: Source::Balance,
            expect: Some(order.expect),
            amount: None,
            client_ref: Some("till 7".to_owned()),
        })
    };
    let order = wallet.order(&shop, "20.00").await;
    let first = wallet.submit(payer.caller, pay(order)).await.expect(201);
    let again = wallet.submit(payer.caller, pay(order)).await.expect(201);
    assert_eq!(first.text("/id"), again.text("/id"));
    let other = wallet.order(&shop, "20.00").await;
    let conflict = wallet.submit(payer.caller, pay(other)).await;
    let conflict = conflict.expect_problem(409, "reference.conflict");
    assert_eq!(conflict.at("/safe_to_pay_again").as_bool(), Some(false));
    assert_eq!(wallet.balance(&payer).await, "30.00");
    wallet.finish().await;
}
