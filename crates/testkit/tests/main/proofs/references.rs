//! P7: the answer to a key is kept for 30 days; what the caller's own reference paid is never paid again.

use super::{proved, trials};
use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::{Db, Person, Shop, TestWallet, cny, outgoing, payment, transfer};
use makegood_wallet::{Action, Caller, NewOrder, NewOutgoing, NewPayment};
use std::time::Duration;

on_both!(a_reference_outlives_its_key);

/// Something that was asked for: whether with the payer's session or the shop's key, and what came of it.
struct Asked {
    of_shop: bool,
    action: Action,
    object: String,
}

async fn a_reference_outlives_its_key(db: Db) {
    let wallet = TestWallet::start(db).await;
    let payer = wallet.user_with("10000.00").await;
    let (payee, shop) = (wallet.user().await, wallet.new_shop().await);
    let mut asked = Vec::new();
    for round in 0..trials(100) {
        for (of_shop, action) in actions(&wallet, &payer, &payee, &shop, round).await {
            let caller = if of_shop { shop.caller } else { payer.caller };
            let answer = wallet.submit_keyed(caller, &key(asked.len()), action.clone()).await;
            assert!(matches!(answer.status, 201 | 202), "{}", answer.json());
            asked.push(Asked { of_shop, action, object: answer.text("/id").to_owned() });
        }
        wallet.run().await;
    }
    // The control has no reference of its own.
    let bare = transfer(&payee, "0.01");
    let _bare = wallet.submit_keyed(payer.caller, "bare", bare.clone()).await.expect(201);

    wallet.run_after(Duration::from_secs(31 * 86_400)).await;
    let dropped = wallet.app.jobs().sweep().await.unwrap();
    assert_eq!(dropped, asked.len() + 1);
    assert_eq!(wallet.count("SELECT COUNT(*) FROM idempotency").await, 0);
    let (payer_again, _token) = wallet.log_in(&payer.login, false).await;
    let before = rows(&wallet).await;
    let balance = wallet.balance(&Person { caller: payer_again, ..payer.clone() }).await;
    for (index, one) in asked.iter().enumerate() {
        let caller = if one.of_shop { shop.caller } else { payer_again };
        let answer = wallet.submit_keyed(caller, &key(index), one.action.clone()).await;
        assert!(!answer.replayed, "the key's answer is gone");
        assert_eq!(answer.text("/id"), one.object, "{}", answer.json());
        conflict(&wallet, caller, &one.action).await;
    }
    let duplicates = rows(&wallet).await - before;
    assert_eq!(duplicates, 0);
    assert_eq!(wallet.balance(&Person { caller: payer_again, ..payer.clone() }).await, balance);

    let _again = wallet.submit_keyed(payer_again, "bare", bare).await.expect(201);
    let replayed = asked.len().try_into().unwrap();
    let caught = rows(&wallet).await - before == 1;
    proved("P7", db.as_str(), &[("replayed_after_31_days", replayed), ("duplicates", 0)], caught);
    wallet.finish().await;
}

fn key(index: usize) -> String {
    format!("key {index}")
}

async fn rows(wallet: &TestWallet) -> i64 {
    wallet.count("SELECT COUNT(*) FROM ledger_transactions").await
        + wallet.count("SELECT COUNT(*) FROM orders").await
        + wallet.count("SELECT COUNT(*) FROM bank_transfers").await
}

/// One of everything that can have a reference.
async fn actions(
    wallet: &TestWallet,
    payer: &Person,
    payee: &Person,
    shop: &Shop,
    round: u64,
) -> Vec<(bool, Action)> {
    let client_ref = Some(format!("ref {round}"));
    let card = wallet.card(payer, cards::ALWAYS_WORKS).await;
    let order = wallet.order(shop, "10.00").await;
    let paid = wallet.order(shop, "10.00").await;
    let refunded = wallet.pay_from_balance(payer, paid).await;
    let Action::Transfer { to, amount, note, expect, .. } = transfer(payee, "1.00") else { return vec![] };
    let Action::CreatePayment(new) = payment(order, Source::Balance, Some(order.expect)) else {
        return vec![];
    };
    vec![
        (false, Action::Transfer { to, amount, note, expect, client_ref: client_ref.clone() }),
        (false, Action::CreatePayment(NewPayment { client_ref: client_ref.clone(), ..new })),
        (false, Action::TopUp { amount: cny("2.00"), bank_card: card, client_ref: client_ref.clone() }),
        (false, Action::Withdraw(NewOutgoing { client_ref, ..outgoing(card, "0.50") })),
        (true, Action::CreateOrder(wallet.new_order("3.00"))),
        (
            true,
            Action::Refund {
                payment: refunded,
                amount: Some(cny("4.00")),
                reason: "returned".to_owned(),
                merchant_refund_no: Some(format!("R-{round}")),
            },
        ),
    ]
}

/// Another content under the same reference is a conflict.
async fn conflict(wallet: &TestWallet, caller: Caller, action: &Action) {
    let other = match action.clone() {
        Action::Transfer { to, note, expect, client_ref, .. } => {
            Action::Transfer { to, amount: cny("9.99"), note, expect, client_ref }
        }
        Action::CreatePayment(new) => Action::CreatePayment(NewPayment { expect: None, ..new }),
        Action::TopUp { bank_card, client_ref, .. } => {
            Action::TopUp { amount: cny("9.99"), bank_card, client_ref }
        }
        Action::Withdraw(new) => Action::Withdraw(NewOutgoing { amount: cny("9.99"), ..new }),
        Action::CreateOrder(new) => Action::CreateOrder(NewOrder { amount: cny("9.99"), ..new }),
        Action::Refund { payment, reason, merchant_refund_no, .. } => {
            Action::Refund { payment, amount: None, reason, merchant_refund_no }
        }
        _ => return,
    };
    let _conflict = wallet.submit(caller, other).await.expect_problem(409, "reference.conflict");
}
