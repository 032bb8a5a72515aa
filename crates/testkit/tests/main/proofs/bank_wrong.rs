//! P13: a bank that moved another amount, in another currency, of another card, or under a reference that nobody gave
//! it. What came belongs to nobody, staff are alerted, and no customer is credited.

use super::{figure, proved, trials};
use crate::scripted_bank::{Fate, ScriptedBank, callback_secret};
use makegood_banksim::cards;
use makegood_testkit::{Db, FakeClock, TestWallet};
use makegood_wallet::Query;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(a_bank_that_moved_otherwise);

const UNIDENTIFIED: &str = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 207 AND currency = 156";
const UNIDENTIFIED_DOLLARS: &str = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 207 AND currency = 840";
const OUT_IN_TRANSIT: &str =
    "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 206";
const ALERTS: &str = "SELECT COUNT(*) FROM events WHERE kind LIKE 'alert.bank%'";
const CASES: &str = "SELECT COUNT(*) FROM operations_cases WHERE kind = 'unidentified_money'";
/// Whoever was credited: balances of users and merchants, in all currencies.
const CREDITED: &str =
    "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code IN (201, 202, 203)";

/// What the bank shows instead of what it was asked for, and what came of it in yuan and in dollars.
fn wrongs() -> Vec<(Value, i64, i64)> {
    let amount = |amount: &str, currency: &str| json!({"amount": {"amount": amount, "currency": currency}});
    vec![
        (amount("9.99", "CNY"), 999, 0),
        (amount("10.01", "CNY"), 1_001, 0),
        (amount("10.00", "USD"), 0, 1_000),
        (json!({"agreement": "agr_of_somebody_else"}), 1_000, 0),
        (json!({"reference": "btr_01h455vb4pex5vsknk084sn02q"}), 1_000, 0),
        (json!({"direction": "out"}), 1_000, 0),
    ]
}

async fn a_bank_that_moved_otherwise(db: Db) {
    let clock = FakeClock::new();
    let bank = ScriptedBank::open(clock.clone()).await;
    let wallet = TestWallet::start_at_bank(db, &bank.url, clock).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let own = callback_secret(&wallet);
    let (mut yuan, mut dollars, mut told, mut wrong) = (0, 0, 0, Vec::new());
    for round in 0..trials(30) {
        for (shown, in_yuan, in_dollars) in wrongs() {
            let by_itself = round % 2 == 1;
            bank.set(if by_itself {
                Fate::Settles(Duration::from_secs(1_000_000))
            } else {
                Fate::Shows(shown.clone())
            });
            let top_up = wallet.top_up(&payer, card, "10.00").await;
            wallet.run().await;
            let order = wallet.order(&shop, "10.00").await;
            let payment = wallet.pay_from_card(&payer, order, card).await;
            wallet.run().await;
            let last = bank.references().split_off(bank.references().len() - 2);
            for reference in &last {
                if by_itself {
                    let mut transfer = bank.shows(reference);
                    transfer["status"] = "succeeded".into();
                    for (name, value) in
                        shown.as_object().unwrap().iter().filter(|(name, _)| *name != "reference")
                    {
                        transfer[name] = value.clone();
                    }
                    if shown["reference"].is_string() {
                        transfer["reference"] = format!("{reference}-other").into();
                    }
                    assert_eq!(bank.tell(&wallet, &own, &transfer).await, 204);
                    assert_eq!(bank.tell(&wallet, &own, &transfer).await, 204, "told again");
                }
                (yuan, dollars, told) = (yuan + in_yuan, dollars + in_dollars, told + 1);
            }
            wrong.push((top_up, payment));
            assert_eq!(wallet.count(CREDITED).await, 0, "somebody was credited: {shown}");
            let found = (wallet.count(UNIDENTIFIED).await, wallet.count(UNIDENTIFIED_DOLLARS).await);
            assert_eq!(found, (yuan, dollars), "{shown}, by itself: {by_itself}");
            assert_eq!((wallet.count(ALERTS).await, wallet.count(CASES).await), (told, told), "{shown}");
        }
    }
    for (top_up, payment) in &wrong {
        let top_up = wallet.read(payer.caller, Query::TopUp(*top_up)).await.expect(200);
        let payment = wallet.read(payer.caller, Query::Payment(*payment)).await.expect(200);
        for read in [top_up, payment] {
            assert!(matches!(read.text("/status"), "unknown" | "processing"), "{}", read.json());
            assert_eq!(read.at("/safe_to_pay_again").as_bool(), Some(false));
        }
    }
    let out = money_that_went_out_otherwise(&wallet, &bank).await;

    // The control is a bank that moved what it was asked to: somebody is credited, and the look sees it.
    bank.set(Fate::Settles(Duration::ZERO));
    let before = wallet.count(CREDITED).await;
    wallet.top_up(&payer, card, "10.00").await;
    wallet.run().await;
    let caught = wallet.count(CREDITED).await - before == 1_000;
    let told = u64::try_from(told).unwrap();
    let figures = [("wrong", told + out), ("alerts", told + out), ("misposted", 0)];
    proved("P13", db.as_str(), &figures, caught);
    wallet.verify().await;
    wallet.stop().await;
}

/// A refund of which the bank says that it paid another amount: nothing is posted, it stays unknown.
async fn money_that_went_out_otherwise(wallet: &TestWallet, bank: &ScriptedBank) -> u64 {
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let mut out = 0;
    for (shown, _, _) in wrongs() {
        bank.set(Fate::Settles(Duration::ZERO));
        let order = wallet.order(&shop, "10.00").await;
        let payment = wallet.pay_from_card(&payer, order, card).await;
        wallet.run().await;
        let mut shown = shown;
        if shown["direction"].is_string() {
            shown["direction"] = "in".into();
        }
        bank.set(Fate::Shows(shown.clone()));
        let refund = wallet.refund(&shop, payment, None).await.expect(202).id("/id");
        let (before, unidentified) = (wallet.count(OUT_IN_TRANSIT).await, wallet.count(UNIDENTIFIED).await);
        let posted = wallet.count("SELECT COUNT(*) FROM ledger_transactions").await;
        wallet.run().await;
        assert_eq!(wallet.refund_status(&shop, refund).await, "unknown", "{shown}");
        assert_eq!(wallet.count("SELECT COUNT(*) FROM ledger_transactions").await, posted, "{shown}");
        assert_eq!(
            (wallet.count(OUT_IN_TRANSIT).await, wallet.count(UNIDENTIFIED).await),
            (before, unidentified)
        );
        out += 1;
    }
    assert_eq!(out, figure(wrongs().len()));
    out
}
