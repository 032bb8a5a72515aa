//! P11: a bank that says nothing, whether it executed or not. It is unknown, and never fails by itself: what goes out
//! stays on its way, of what comes in nothing is posted and the order is held; only the bank's own word ends it.

use super::{figure, proved, trials};
use crate::scripted_bank::{Fate, ScriptedBank};
use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::{Db, FakeClock, TestWallet};
use makegood_wallet::{Action, Query};
use std::time::Duration;

on_both!(a_bank_that_says_nothing);

const SILENCES_S: [u64; 4] = [60, 900, 7_200, 172_800];
const OUT_IN_TRANSIT: &str =
    "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 206";
const FAILED: &str = "SELECT (SELECT COUNT(*) FROM top_ups WHERE status = 'failed')
    + (SELECT COUNT(*) FROM payments WHERE status IN ('failed', 'reversed'))
    + (SELECT COUNT(*) FROM refunds WHERE status = 'needs_action')";
/// What the wallet took for not executed.
const REFUSED: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM bank_transfers WHERE state = 'refused'";

async fn a_bank_that_says_nothing(db: Db) {
    let (mut silent, mut looks, mut naive_wrong, mut wrong, mut executed) = (0, 0, 0, 0, 0);
    for round in 0..trials(20) {
        let silence_s = SILENCES_S[usize::try_from(round).unwrap() % SILENCES_S.len()];
        let told = one_silence(db, Duration::from_secs(silence_s + round)).await;
        silent += told.silent;
        looks += told.looks;
        executed += told.executed;
        wrong += told.wrong;
        if silence_s > 600 {
            naive_wrong += told.executed;
        }
    }
    assert_eq!(wrong, 0, "the wallet gave up what the bank has executed");
    let figures = [
        ("silent", silent),
        ("executed_but_silent", executed),
        ("looks", looks),
        ("auto_failed", 0),
        ("refunded_and_paid", wrong),
    ];
    // The control is a wallet that takes ten minutes of silence for a no.
    proved("P11", db.as_str(), &figures, naive_wrong > 0);
}

struct Told {
    silent: u64,
    looks: u64,
    executed: u64,
    wrong: u64,
}

/// A top-up, payments (one of them cancelled at the till) and a refund, at a bank that says nothing for so long.
async fn one_silence(db: Db, silence: Duration) -> Told {
    let clock = FakeClock::new();
    let bank = ScriptedBank::open(clock.clone()).await;
    let wallet = TestWallet::start_at_bank(db, &bank.url, clock).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let source = Source::BankCard { id: card };
    let mut paid = Vec::new();
    for _ in 0..3 {
        let order = wallet.order(&shop, "3.00").await;
        paid.push(wallet.pay_from_card(&payer, order, card).await);
    }
    wallet.run().await;
    let before = bank.references().len();
    let mut held = Vec::new();
    let fates = [Fate::ExecutesSilently(silence), Fate::RefusesSilently(silence), Fate::Loses(silence)];
    for (fate, refunded) in fates.into_iter().zip(&paid) {
        bank.set(fate);
        wallet.top_up(&payer, card, "1.00").await;
        let (order, cancelled) = (wallet.order(&shop, "2.00").await, wallet.order(&shop, "4.00").await);
        let payment = wallet.pay_from_card(&payer, order, card).await;
        let _taken_over = wallet.pay_from_card(&payer, cancelled, card).await;
        let _refund = wallet.refund(&shop, *refunded, None).await.expect(202);
        wallet.run().await;
        let _cancelled =
            wallet.submit(shop.caller, Action::CancelOrder { order: cancelled.id }).await.expect(202);
        held.push((order, payment));
    }
    let executed = bank.references().iter().skip(before).filter(|name| bank.executed(name)).count();
    let posted = wallet.count("SELECT COUNT(*) FROM ledger_transactions").await;
    let mut looks = 0;
    let steps = 6;
    for _ in 0..steps {
        assert_eq!(wallet.count(FAILED).await, 0, "failed by itself");
        assert_eq!(wallet.count("SELECT COUNT(*) FROM ledger_transactions").await, posted, "posted a guess");
        assert_eq!(wallet.count(OUT_IN_TRANSIT).await, 900, "what went out is on its way");
        for (order, payment) in &held {
            let again = wallet.pay(&payer, *order, source).await;
            let again = again.expect_problem(409, "payment.attempt_open");
            assert_eq!(again.at("/safe_to_pay_again").as_bool(), Some(false));
            let read = wallet.read(payer.caller, Query::Payment(*payment)).await.expect(200);
            assert_eq!(read.text("/status"), "unknown");
        }
        looks += 1;
        wallet.run_after(silence / (steps + 1)).await;
    }
    // It speaks again, and does at once what it is asked for from now on.
    bank.set(Fate::Settles(Duration::ZERO));
    for _ in 0..40 {
        wallet.run_after(Duration::from_secs(3_600)).await;
    }
    assert_eq!(
        wallet.count("SELECT COUNT(*) FROM bank_transfers WHERE state NOT IN ('settled', 'refused')").await,
        0
    );
    let refused = wallet.count(REFUSED).await;
    let not_executed = bank.references().iter().filter(|name| !bank.executed(name)).count();
    // What the bank never saw, and cannot execute any more, it does not know.
    let lost = wallet.count("SELECT COUNT(*) FROM bank_transfers WHERE refusal = 'expired'").await;
    let wrong = (refused - lost - i64::try_from(not_executed).unwrap()).unsigned_abs();
    let custody = wallet.count(crate::flows::custody()).await;
    assert_eq!(custody, bank.moved(), "the bank's own books differ");
    wallet.finish().await;
    Told { silent: 12, looks, executed: figure(executed), wrong }
}
