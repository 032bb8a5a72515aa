//! A merchant's money: settled when it is due, paid out, given back.

use makegood_auth::StaffRole;
use makegood_banksim::cards;
use makegood_testkit::{Db, Shop, TestWallet};
use makegood_wallet::tables::PayoutId;
use makegood_wallet::{Action, OutgoingId, Query};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    settled_when_it_is_due,
    a_late_worker_settles_what_was_paid_up_to_the_cut_off,
    refunds_take_what_is_pending_first,
    paid_out_to_each_kind_of_card,
    over_http,
    a_changed_payout_is_named,
);

const HOUR: Duration = Duration::from_secs(3_600);

/// A shop that sold for so much, less the fee of 0.60 %.
async fn sold(wallet: &TestWallet, shop: &Shop, amount: &str) -> makegood_wallet::tables::PaymentId {
    let payer = wallet.user_with("1000.00").await;
    let order = wallet.order(shop, amount).await;
    wallet.pay_from_balance(&payer, order).await
}

/// The test's clock begins at 12:00 UTC, and days end at 16:00.
async fn settled_when_it_is_due(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    let balances = Query::MerchantBalances(shop.id, vec![makegood_money::Currency::CNY]);
    sold(&wallet, &shop, "100.00").await;
    let next = wallet.read(shop.caller, balances.clone()).await.expect(200);
    assert_eq!(next.text("/data/0/next_settlement/amount"), "99.40");
    let due_at = next.text("/data/0/next_settlement/due_at").to_owned();
    assert_eq!(due_at, "2026-02-01T16:00:00.000000Z");
    wallet.run_after(4 * HOUR).await;
    // What comes after the cut-off is another day's.
    sold(&wallet, &shop, "10.00").await;
    assert_eq!(
        (wallet.pending(&shop).await, wallet.available(&shop).await),
        ("109.34".into(), "0.00".into())
    );
    let next = wallet.read(shop.caller, balances.clone()).await.expect(200);
    assert_eq!(next.text("/data/0/next_settlement/amount"), "99.40");
    assert_eq!(next.text("/data/0/next_settlement/due_at"), due_at);
    wallet.run_after(23 * HOUR).await;
    assert_eq!(wallet.available(&shop).await, "0.00", "an hour before it is due");
    wallet.run_after(HOUR).await;
    assert_eq!((wallet.pending(&shop).await, wallet.available(&shop).await), ("9.94".into(), "99.40".into()));
    wallet.run_after(24 * HOUR).await;
    assert_eq!(
        (wallet.pending(&shop).await, wallet.available(&shop).await),
        ("0.00".into(), "109.34".into())
    );
    let told = "SELECT COUNT(*) FROM events WHERE kind = 'settlement.settled'";
    assert_eq!(wallet.count(told).await, 2);
    // Days without income settle nothing, and cost nobody anything.
    for _ in 0..5 {
        wallet.run_after(24 * HOUR).await;
    }
    assert_eq!(wallet.count("SELECT COUNT(*) FROM settlements").await, 2);
    assert_eq!(wallet.count("SELECT COUNT(*) FROM operations_cases").await, 0);
    wallet.finish().await;
}

/// Nobody worked for two days: each day's money is still its own, and the merchant and the staff are told.
async fn a_late_worker_settles_what_was_paid_up_to_the_cut_off(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    let payer = wallet.user_with("1000.00").await;
    for amount in ["100.00", "50.00", "10.00"] {
        let order = wallet.order(&shop, amount).await;
        wallet.pay_from_balance(&payer, order).await;
        // Past a cut-off, and no worker looks.
        wallet.clock.advance(24 * HOUR);
    }
    wallet.run().await;
    // It is 12:00 on the fourth day: the days of the first two payments are due.
    assert_eq!(
        (wallet.pending(&shop).await, wallet.available(&shop).await),
        ("9.94".into(), "149.10".into())
    );
    let overdue = "SELECT COUNT(*) FROM settlements WHERE overdue_at IS NOT NULL";
    assert_eq!(wallet.count(overdue).await, 2);
    let staff = wallet.staff_with(StaffRole::Operations).await;
    let cases = wallet.app.lists().cases(Some(true), None, None, None, 10).await.unwrap();
    assert_eq!(cases.len(), 2);
    let case = wallet.read(staff.caller, Query::Case(cases[0])).await.expect(200);
    assert_eq!((case.text("/kind/code"), case.text("/owner")), ("overdue_settlement", "operations"));
    let told = "SELECT COUNT(*) FROM events WHERE kind = 'settlement.overdue'";
    assert_eq!(wallet.count(told).await, 2);
    wallet.finish().await;
}

async fn refunds_take_what_is_pending_first(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    let payment = sold(&wallet, &shop, "100.00").await;
    wallet.run_after(4 * HOUR).await;
    wallet.run_after(24 * HOUR).await;
    assert_eq!((wallet.pending(&shop).await, wallet.available(&shop).await), ("0.00".into(), "99.40".into()));
    let other = sold(&wallet, &shop, "50.00").await;
    let _part = wallet.refund(&shop, payment, Some("70.00")).await.expect(201);
    // 69.58 is the merchant's part of it: 49.70 was pending.
    assert_eq!((wallet.pending(&shop).await, wallet.available(&shop).await), ("0.00".into(), "79.52".into()));
    let _rest = wallet.refund(&shop, payment, None).await.expect(201);
    let _all = wallet.refund(&shop, other, None).await.expect(201);
    assert_eq!((wallet.pending(&shop).await, wallet.available(&shop).await), ("0.00".into(), "0.00".into()));
    // What was given back is not settled on the day that it would have been.
    wallet.run_after(4 * HOUR).await;
    wallet.run_after(48 * HOUR).await;
    assert_eq!((wallet.pending(&shop).await, wallet.available(&shop).await), ("0.00".into(), "0.00".into()));

    let sale = sold(&wallet, &shop, "20.00").await;
    let card = owner_card(&wallet, &shop, cards::ALWAYS_WORKS).await;
    wallet.run_after(48 * HOUR).await;
    let _out = wallet.pay_out(&shop, card, "19.88").await.expect(202);
    let short = wallet.refund(&shop, sale, None).await;
    let _short = short.expect_problem(402, "refund.merchant_short");
    wallet.finish().await;
}

/// A card of the shop's owner.
async fn owner_card(wallet: &TestWallet, shop: &Shop, number: &str) -> makegood_wallet::tables::BankCardId {
    let check = wallet.app.link_card("simbank", number, "Wang Xiaoming").await.expect("the bank links it");
    let link = Action::LinkBankCard {
        bank: "simbank".to_owned(),
        agreement: check.agreement.clone(),
        last4: check.last4,
        holder_check: check.holder_check,
    };
    let bank_card = wallet.submit(shop.owner, link).await.expect(201).id("/id");
    wallet.app.confirm_card("simbank", &check.agreement, "123456").await.expect("the code is right");
    let _active = wallet.submit(shop.owner, Action::ActivateBankCard { bank_card }).await.expect(200);
    bank_card
}

async fn paid_out_to_each_kind_of_card(db: Db) {
    let wallet = TestWallet::start(db).await;
    for (number, expected, available) in [
        (cards::ALWAYS_WORKS, "completed", "39.40"),
        (cards::REFUSES, "failed", "99.40"),
        (cards::TIMES_OUT_BUT_EXECUTES, "completed", "39.40"),
        (cards::NEVER_ANSWERS, "unknown", "39.40"),
    ] {
        let shop = wallet.new_shop().await;
        let card = owner_card(&wallet, &shop, number).await;
        sold(&wallet, &shop, "100.00").await;
        let early = wallet.pay_out(&shop, card, "60.00").await;
        let _early = early.expect_problem(402, "balance.insufficient");
        wallet.run_after(48 * HOUR).await;
        let payout: PayoutId = wallet.pay_out(&shop, card, "60.00").await.expect(202).id("/id");
        assert_eq!(wallet.available(&shop).await, "39.40", "it is set aside");
        wallet.run().await;
        wallet.run_after(HOUR).await;
        let read = wallet.payout(&shop, payout).await;
        assert_eq!(read.text("/status"), expected, "{number}");
        assert_eq!(read.text("/merchant"), shop.id.to_string());
        assert_eq!(wallet.available(&shop).await, available, "{number}");
        let trace = Query::OutgoingTrace(OutgoingId::Payout(payout));
        let _told = super::told(&wallet.read(shop.caller, trace.clone()).await.expect(200));
        let stranger = wallet.new_shop().await;
        let _foreign = wallet.read(stranger.caller, trace).await.expect_problem(404, "not_found");
        let foreign = wallet.pay_out(&Shop { caller: stranger.caller, ..shop.clone() }, card, "1.00").await;
        let _foreign = foreign.expect_problem(404, "not_found");
        wallet.verify().await;
    }
    // Not to a card of somebody else, not even of one who works there.
    let shop = wallet.new_shop().await;
    sold(&wallet, &shop, "100.00").await;
    wallet.run_after(48 * HOUR).await;
    let clerk = wallet.user().await;
    let card = wallet.card(&clerk, cards::ALWAYS_WORKS).await;
    let _clerk = wallet.pay_out(&shop, card, "1.00").await.expect_problem(404, "not_found");
    wallet.finish().await;
}

async fn over_http(db: Db) {
    let wallet = TestWallet::start(db).await;
    let owner = wallet.user().await;
    let shop = wallet.shop(&owner).await;
    let card = wallet.card(&owner, cards::SETTLES_LATER).await;
    sold(&wallet, &shop, "100.00").await;
    let settlements = format!("/v1/merchants/{}/settlements", shop.id);
    let token = Some(shop.token.as_str());
    let get = async |path: &str| wallet.call(("GET", path), token, None, &Value::Null).await.expect(200);
    assert!(get(&settlements).await.at("/data/0").is_null(), "the day is open");
    wallet.run_after(4 * HOUR).await;
    let scheduled = get(&settlements).await;
    assert_eq!(
        (scheduled.text("/data/0/status"), scheduled.text("/data/0/amount/amount")),
        ("scheduled", "99.40")
    );
    wallet.run_after(24 * HOUR).await;
    let settled = get(&format!("{settlements}?status=settled")).await;
    assert_eq!((settled.text("/data/0/status"), settled.text("/data/0/amount/amount")), ("settled", "99.40"));

    let path = format!("/v1/merchants/{}/payouts", shop.id);
    let amount = json!({"amount": "60.00", "currency": "CNY"});
    let body = json!({"amount": amount, "bank_card": card, "client_ref": "P-1"});
    let made = wallet.call(("POST", &path), token, Some("1"), &body).await.expect(202);
    let again = wallet.call(("POST", &path), Some(&owner.token), Some("1"), &body).await.expect(202);
    assert_eq!(again.text("/id"), made.text("/id"), "the owner's session, and the shop's own reference");
    let payout = format!("/v1/payouts/{}", made.text("/id"));
    let cancelled = wallet.call(("POST", &format!("{payout}/cancel")), token, None, &Value::Null).await;
    assert_eq!(cancelled.expect(200).text("/status"), "cancelled");
    for list in [path.clone(), format!("{path}?status=cancelled"), format!("{path}?client_ref=P-1")] {
        assert_eq!(get(&list).await.text("/data/0/id"), made.text("/id"), "{list}");
    }
    assert_eq!(get(&payout).await.text("/status"), "cancelled");
    let _trace = super::told(&get(&format!("{payout}/trace")).await);
    let entries = get(&format!("/v1/merchants/{}/transactions?kind=available", shop.id)).await;
    assert_eq!((entries.text("/data/0/kind"), entries.text("/data/0/amount")), ("settlement", "99.40"));
    wallet.finish().await;
}

/// Changes behind the ledger's back, each with what undoes it, and what `verify` has to say.
const CHANGES: [(&str, &str, &str); 7] = [
    (
        "UPDATE payouts SET status = 'failed'",
        "UPDATE payouts SET status = 'completed'",
        "what this payout says of its money",
    ),
    (
        "UPDATE payouts SET amount_minor = amount_minor + 1",
        "UPDATE payouts SET amount_minor = amount_minor - 1",
        "what this payout says of its money",
    ),
    (
        "UPDATE settlements SET settled_minor = settled_minor + 1",
        "UPDATE settlements SET settled_minor = settled_minor - 1",
        "what this settlement says that it moved",
    ),
    (
        "UPDATE settlements SET status = 'pending'",
        "UPDATE settlements SET status = 'settled'",
        "what this settlement says that it moved",
    ),
    (
        "UPDATE settlement_schedules SET taken_minor = taken_minor + 1",
        "UPDATE settlement_schedules SET taken_minor = taken_minor - 1",
        "what its days say",
    ),
    ("DELETE FROM settlements", "", "the ledger has this settlement, the wallet does not"),
    ("DELETE FROM payouts", "", "the ledger has this payout, the wallet does not"),
];

async fn a_changed_payout_is_named(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    sold(&wallet, &shop, "100.00").await;
    wallet.run_after(4 * HOUR).await;
    wallet.run_after(24 * HOUR).await;
    let card = owner_card(&wallet, &shop, cards::ALWAYS_WORKS).await;
    let payout: PayoutId = wallet.pay_out(&shop, card, "50.00").await.expect(202).id("/id");
    wallet.run().await;
    assert_eq!(wallet.payout(&shop, payout).await.text("/status"), "completed");
    let lines = || async { makegood::verify::verify(wallet.database()).await.unwrap().lines().join("\n") };
    assert!(lines().await.ends_with("ok"), "{}", lines().await);
    for (change, undo, finding) in CHANGES {
        for text in [change, undo] {
            let expects = text == change;
            if !text.is_empty() {
                let mut transaction = wallet.database().begin().await.unwrap();
                assert!(transaction.execute(text, Vec::new()).await.unwrap() > 0, "{text}");
                transaction.commit().await.unwrap();
                let found = lines().await;
                assert_eq!(found.contains(finding), expects, "{text}: {found}");
            }
        }
    }
    wallet.stop().await;
}
