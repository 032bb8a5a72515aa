//! P10: a bank that is late, from a second to three days. Whatever waits says by when it is expected, and comes to its
//! end exactly once.

use super::{figure, length, proved, trials};
use crate::scripted_bank::{Fate, ScriptedBank};
use makegood_banksim::cards;
use makegood_base::Clock as _;
use makegood_testkit::{Answer, Db, FakeClock, TestWallet};
use makegood_wallet::tables::{PaymentId, RefundId, TopUpId};
use makegood_wallet::{Caller, Query};
use std::time::Duration;

on_both!(a_bank_that_is_late);

/// The delays of the bank, in seconds; and how long nobody looks, in between.
const DELAYS_S: [u64; 10] = [1, 5, 30, 120, 599, 3_000, 14_400, 43_200, 129_600, 259_200];

/// Something that waits for the bank.
enum Waits {
    TopUp(TopUpId),
    Payment(PaymentId),
    Refund(RefundId),
}

async fn a_bank_that_is_late(db: Db) {
    let clock = FakeClock::new();
    let bank = ScriptedBank::open(clock.clone()).await;
    let wallet = TestWallet::start_at_bank(db, &bank.url, clock).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let mut waiting = Vec::new();
    let rounds = trials(10);
    let paid = paid_before(&wallet, &payer, &shop, card, rounds).await;
    for round in 0..rounds {
        for delay_s in DELAYS_S {
            // No two are late by the same.
            bank.set(Fate::Settles(Duration::from_secs(delay_s + round)));
            let top_up = wallet.top_up(&payer, card, "1.00").await;
            wallet.run().await;
            let order = wallet.order(&shop, "2.00").await;
            let payment = wallet.pay_from_card(&payer, order, card).await;
            wallet.run().await;
            let index = length(round) * DELAYS_S.len() + waiting.len() / 3 % DELAYS_S.len();
            let refund = wallet.refund(&shop, paid[index], None).await.expect(202).id("/id");
            wallet.run().await;
            waiting.extend([Waits::TopUp(top_up), Waits::Payment(payment), Waits::Refund(refund)]);
        }
    }
    let late = figure(waiting.len());
    let (mut seen_waiting, mut stuck) = (0, late);
    for step in 0..140 {
        let mut open = Vec::new();
        for waits in waiting {
            let read = waits.read(&wallet, payer.caller).await;
            if !read.at("/final_at").is_null() {
                continue;
            }
            open.push(waits);
            seen_waiting += 1;
            let now = wallet.clock.now().to_string();
            assert!(read.text("/expected_by") > now.as_str(), "no time is promised: {}", read.json());
            assert!(matches!(read.text("/status"), "processing" | "unknown"), "{}", read.json());
        }
        waiting = open;
        stuck = figure(waiting.len());
        if stuck == 0 {
            break;
        }
        let wait_s = if step < 40 { 20 << (step / 4) } else { 3_600 };
        wallet.run_after(Duration::from_secs(wait_s.min(3_600))).await;
    }
    assert_eq!(stuck, 0, "the bank has answered, and nobody has heard");
    let ends = ends(&wallet).await;
    let expected = i64::try_from(late).unwrap() + i64::try_from(paid.len()).unwrap();
    assert_eq!(ends, expected, "each came to its end once");
    let custody = wallet.count(crate::flows::custody()).await;
    assert_eq!(custody, bank.moved(), "the bank's own books differ");

    // The control is never answered: the same look sees that it is stuck.
    bank.set(Fate::Settles(Duration::from_secs(10_000_000)));
    let control = Waits::TopUp(wallet.top_up(&payer, card, "1.00").await);
    wallet.run().await;
    wallet.run_after(Duration::from_secs(259_200)).await;
    let caught = control.read(&wallet, payer.caller).await.at("/final_at").is_null();
    let figures = [
        ("late", late),
        ("looks", seen_waiting),
        ("stuck", stuck),
        ("doubles", (ends - expected).unsigned_abs()),
    ];
    proved("P10", db.as_str(), &figures, caught);
    wallet.finish().await;
}

/// So many payments that can be refunded, one for each delay.
async fn paid_before(
    wallet: &TestWallet,
    payer: &makegood_testkit::Person,
    shop: &makegood_testkit::Shop,
    card: makegood_wallet::tables::BankCardId,
    rounds: u64,
) -> Vec<PaymentId> {
    let mut paid = Vec::new();
    for _ in 0..length(rounds) * DELAYS_S.len() {
        let order = wallet.order(shop, "3.00").await;
        paid.push(wallet.pay_from_card(payer, order, card).await);
    }
    wallet.run().await;
    paid
}

/// How many ends were told, to whoever it belongs to.
async fn ends(wallet: &TestWallet) -> i64 {
    wallet.count("SELECT COUNT(*) FROM events WHERE kind = 'top_up.succeeded'").await
        + wallet.count("SELECT COUNT(*) / 2 FROM events WHERE kind = 'payment.succeeded'").await
        + wallet.count("SELECT COUNT(*) / 2 FROM events WHERE kind = 'refund.succeeded'").await
}

impl Waits {
    async fn read(&self, wallet: &TestWallet, caller: Caller) -> Answer {
        let query = match self {
            Self::TopUp(id) => Query::TopUp(*id),
            Self::Payment(id) => Query::Payment(*id),
            Self::Refund(id) => Query::Refund(*id),
        };
        wallet.read(caller, query).await.expect(200)
    }
}
