//! The main job: a person registers, links a card, tops up, pays an order from the balance and another from the
//! card, and is refunded in part and in full.

use super::{check, trace};
use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::{Db, TestWallet, cny};
use makegood_wallet::tables::{OrderId, PaymentId, RefundId};
use makegood_wallet::{Caller, Query};

on_both!(the_main_job, an_order_is_read_by_whoever_has_its_qr);

async fn the_main_job(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user().await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let read = wallet.read(user.caller, Query::BankCard(card)).await.expect(200);
    assert_eq!(
        (read.text("/state"), read.text("/last4"), read.text("/holder_check")),
        ("active", "1114", "match")
    );

    let top_up = wallet.top_up(&user, card, "100.00").await;
    assert_eq!(wallet.balance(&user).await, "0.00");
    wallet.run().await;
    let read = wallet.read(user.caller, Query::TopUp(top_up)).await.expect(200);
    assert_eq!(read.text("/status"), "succeeded");
    assert_eq!(wallet.balance(&user).await, "100.00");

    let shop = wallet.new_shop().await;
    let first = wallet.order(&shop, "30.00").await;
    assert_eq!(wallet.order_status(&shop, first).await, "created");
    let from_balance = wallet.pay_from_balance(&user, first).await;
    let paid = ("succeeded", false, "wallet done, ledger done, payee done; nothing");
    check(&wallet, &user, from_balance, paid).await;
    assert_eq!(wallet.order_status(&shop, first).await, "paid");
    assert_eq!(wallet.balance(&user).await, "70.00");
    // 60 basis points of 30.00.
    assert_eq!(wallet.pending(&shop).await, "29.82");

    let second = wallet.order(&shop, "50.00").await;
    let from_card = wallet.pay_from_card(&user, second, card).await;
    let asked = "wallet done, bank waiting, ledger not_reached, payee not_reached; bank_answer by bank";
    check(&wallet, &user, from_card, ("processing", false, asked)).await;
    assert_eq!(wallet.order_status(&shop, second).await, "processing");
    wallet.run().await;
    let paid = ("succeeded", false, "wallet done, bank done, ledger done, payee done; nothing");
    check(&wallet, &user, from_card, paid).await;
    assert_eq!(wallet.balance(&user).await, "70.00", "a card's payment leaves the balance alone");
    assert_eq!(wallet.pending(&shop).await, "79.52");

    let part = wallet.refund(&shop, from_balance, Some("10.00")).await.expect(201);
    assert_eq!((part.text("/status"), part.text("/destination")), ("succeeded", "balance"));
    assert_eq!(wallet.status(&user, from_balance).await, "partially_refunded");
    assert_eq!(wallet.balance(&user).await, "80.00");
    let rest = wallet.refund(&shop, from_balance, None).await.expect(201);
    assert_eq!(rest.text("/amount/amount"), "20.00");
    assert_eq!(wallet.status(&user, from_balance).await, "refunded");
    assert_eq!(wallet.balance(&user).await, "100.00");

    let back = wallet.refund(&shop, from_card, None).await.expect(202);
    assert_eq!((back.text("/status"), back.text("/stage")), ("processing", "funded"));
    assert_eq!(back.text("/destination"), "bank_card", "which card it is, is not the merchant's to know");
    let refund: RefundId = back.id("/id");
    let seen = wallet.read(user.caller, Query::Refund(refund)).await.expect(200);
    assert_eq!(seen.text("/destination"), "simbank •••• 1114");
    wallet.run().await;
    assert_eq!(wallet.refund_status(&shop, refund).await, "succeeded");
    assert_eq!(wallet.balance(&user).await, "100.00");
    assert_eq!(wallet.pending(&shop).await, "0.00", "the fee comes back with the rest");
    assert!(trace(&wallet, shop.caller, from_card).await.ends_with("; nothing"));
    history(&wallet, &user).await;
    wallet.finish().await;
}

/// The balance after each of the user's transactions, newest first. A payment has a leg for the merchant's part
/// and one for the fee.
async fn history(wallet: &TestWallet, user: &makegood_testkit::Person) {
    let accounts = wallet.app.lists().accounts_of(user.id.raw()).await.unwrap();
    let mut entries = wallet.app.lists().history(accounts[0], None, 10).await.unwrap();
    entries.dedup_by_key(|entry| entry.transaction);
    let balances: Vec<i64> = entries.iter().map(|entry| entry.entry.balance_after).collect();
    assert_eq!(balances, [10_000, 8_000, 7_000, 10_000]);
}

async fn an_order_is_read_by_whoever_has_its_qr(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    let order = wallet.order(&shop, "12.34").await;
    let query = |presented| Query::Order { id: order.id, presented };
    let shown = wallet.read(Caller::Anonymous, query(true)).await.expect(200);
    assert_eq!((shown.text("/amount/amount"), shown.text("/status")), ("12.34", "created"));
    assert!(shown.text("/qr").starts_with("000201"), "{}", shown.json());
    let _hidden = wallet.read(Caller::Anonymous, query(false)).await.expect_problem(401, "auth.required");
    let stranger = wallet.user().await;
    let _hidden = wallet.read(stranger.caller, query(false)).await.expect_problem(404, "not_found");

    let resolved = wallet.read(stranger.caller, Query::ResolveOrder(order.id)).await.expect(200);
    assert_eq!(resolved.text("/payee/id"), shop.id.to_string());
    assert_eq!(resolved.text("/payee/display_name"), "Corner Shop");
    let absent = Query::Order { id: OrderId::from_raw([9; 16]), presented: true };
    let _absent = wallet.read(stranger.caller, absent).await.expect_problem(404, "not_found");
    let absent = Query::Payment(PaymentId::from_raw([9; 16]));
    let _absent = wallet.read(stranger.caller, absent).await.expect_problem(404, "not_found");

    let poor =
        wallet.pay(&stranger, order, Source::Balance).await.expect_problem(402, "balance.insufficient");
    assert_eq!(poor.text("/payment/amount/amount"), cny("12.34").amount());
    wallet.finish().await;
}
