//! The way out at the till: an order is cancelled in every state, and whatever a bank does late is given back.

use super::check;
use makegood_banksim::cards;
use makegood_base::{Clock as _, Timestamp};
use makegood_payments::Source;
use makegood_testkit::{Db, Person, Placed, Shop, TestWallet, payment};
use makegood_wallet::tables::{BankTransferId, PaymentId};
use makegood_wallet::{Action, Caller, Query};
use serde_json::json;
use std::time::Duration;

on_both!(
    unpaid,
    before_the_bank_was_asked,
    unknown_and_executed,
    unknown_and_never_received,
    accepted_and_settled_late,
    given_back_to_a_closed_card,
    never_answered,
    told_in_words_when_the_time_is_over,
    paid,
    by_its_payer,
);

const REVERSING: &str = "wallet done, bank unknown, ledger not_reached, payee not_reached; enquiry by wallet";

struct Till {
    wallet: TestWallet,
    payer: Person,
    shop: Shop,
    order: Placed,
}

impl Till {
    async fn open(db: Db) -> Self {
        let wallet = TestWallet::start(db).await;
        let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
        let order = wallet.order(&shop, "20.00").await;
        Self { wallet, payer, shop, order }
    }

    /// An attempt from this card; the bank has not been asked.
    async fn attempt(&self, number: &str) -> PaymentId {
        let card = self.wallet.card(&self.payer, number).await;
        self.wallet.pay_from_card(&self.payer, self.order, card).await
    }

    async fn cancel(&self) -> makegood_testkit::Answer {
        self.wallet.submit(self.shop.caller, Action::CancelOrder { order: self.order.id }).await
    }

    async fn promised(&self, payment: PaymentId) -> Timestamp {
        let read = self.wallet.read(self.payer.caller, Query::Payment(payment)).await.expect(200);
        read.text("/expected_by").parse().unwrap()
    }

    async fn check(&self, payment: PaymentId, standing: (&str, bool, &str)) {
        check(&self.wallet, &self.payer, payment, standing).await;
    }

    /// What the bank says that its customers have lost to the pool.
    async fn pool(&self) -> String {
        let bank = self.wallet.bank();
        let secret = &self.wallet.app.secrets().bank_secret;
        let books = makegood_testkit::client().get(format!("{}/v1/books", bank.url())).bearer_auth(secret);
        let books: serde_json::Value = books.send().await.unwrap().json().await.unwrap();
        assert_eq!(books["differences"], 0, "{books}");
        let pool = books["accounts"].as_array().unwrap().iter().find(|row| row["account"] == "pool");
        pool.map_or("0.00".to_owned(), |row| row["balance"]["amount"].as_str().unwrap().to_owned())
    }

    /// Checks that nobody has gained or lost anything, and stops.
    async fn finish(self) {
        assert_eq!(self.wallet.order_status(&self.shop, self.order).await, "cancelled");
        assert_eq!(self.wallet.pending(&self.shop).await, "0.00");
        assert_eq!(self.wallet.balance(&self.payer).await, "0.00");
        self.wallet.finish().await;
    }
}

async fn unpaid(db: Db) {
    let till = Till::open(db).await;
    let stranger = till.wallet.new_shop().await;
    let foreign = till.wallet.submit(stranger.caller, Action::CancelOrder { order: till.order.id }).await;
    let _foreign = foreign.expect_problem(404, "not_found");
    let not_the_payers = till.wallet.submit(till.payer.caller, Action::CancelOrder { order: till.order.id });
    let _not_the_payers = not_the_payers.await.expect_problem(404, "not_found");
    for _ in 0..2 {
        let cancelled = till.cancel().await.expect(200);
        assert_eq!(cancelled.text("/status"), "cancelled");
    }
    let late = till.wallet.pay(&till.payer, till.order, Source::Balance).await;
    let late = late.expect_problem(409, "order.cancelled");
    assert_eq!(late.at("/safe_to_pay_again").as_bool(), Some(true));
    till.finish().await;
}

async fn before_the_bank_was_asked(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::ALWAYS_WORKS).await;
    // Nothing was sent, so that there is nothing to wait for.
    let _cancelled = till.cancel().await.expect(200);
    let over = "wallet done, bank refused, ledger not_reached, payee not_reached; nothing";
    till.check(attempt, ("reversed", true, over)).await;
    till.wallet.run_after(Duration::from_secs(3_600)).await;
    assert_eq!(till.pool().await, "0.00");
    till.finish().await;
}

async fn unknown_and_executed(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::TIMES_OUT_BUT_EXECUTES).await;
    till.wallet.run().await;
    assert_eq!(till.pool().await, "20.00", "the bank has executed it and not said so");
    let cancelled = till.cancel().await.expect(202);
    assert_eq!((cancelled.text("/status"), cancelled.text("/payment")), ("cancelled", &*attempt.to_string()));
    till.check(attempt, ("reversing", true, REVERSING)).await;
    let _again = till.cancel().await.expect(202);

    // Both sides go on with a new order at once.
    let next = till.wallet.order(&till.shop, "20.00").await;
    let card = till.wallet.card(&till.payer, cards::ALWAYS_WORKS).await;
    let second = till.wallet.pay_from_card(&till.payer, next, card).await;
    till.wallet.run().await;
    assert_eq!(till.wallet.status(&till.payer, second).await, "succeeded");
    let _back = till.wallet.refund(&till.shop, second, None).await.expect(202);

    // The first try to give it back gets no answer either: the wallet asks again.
    let returning = "wallet done, bank done, ledger done, payee not_reached, return waiting; \
                     give_back by wallet";
    till.check(attempt, ("reversing", true, returning)).await;
    till.wallet.run_after(Duration::from_secs(60)).await;
    let given_back = "wallet done, bank done, ledger done, payee not_reached, return done; nothing";
    till.check(attempt, ("reversed", true, given_back)).await;
    assert_eq!(till.pool().await, "0.00", "and back it went");
    let _after = till.cancel().await.expect(200);
    till.finish().await;
}

async fn unknown_and_never_received(db: Db) {
    let till = Till::open(db).await;
    // A bank that is known to be fast.
    let other = till.wallet.user().await;
    let card = till.wallet.card(&other, cards::ALWAYS_WORKS).await;
    for _ in 0..20 {
        till.wallet.top_up(&other, card, "1.00").await;
    }
    till.wallet.run().await;
    let began = till.wallet.clock.now();
    let attempt = till.attempt(cards::ALWAYS_WORKS).await;
    // A worker takes its turn and is lost before it calls.
    let id: BankTransferId = bank_transfer(&till.wallet).await;
    let _lost = till.wallet.submit(Caller::System, Action::ClaimBankTransfer { bank_transfer: id }).await;
    assert_eq!(till.promised(attempt).await.since(began), Duration::from_secs(60));
    let _cancelled = till.cancel().await.expect(202);
    till.wallet.run_after(Duration::from_secs(31)).await;
    till.check(attempt, ("reversing", true, REVERSING)).await;
    assert_eq!(till.pool().await, "20.00", "what is reversed is never sent again");
    // Within its validity the lost call may still arrive; after it, the bank's word is proof, and that is promised.
    let promised = till.promised(attempt).await;
    assert_eq!(promised.since(began), Duration::from_secs(600));
    let left = promised.since(till.wallet.clock.now());
    till.wallet.run_after(left.saturating_sub(Duration::from_secs(59))).await;
    let over = "wallet done, bank refused, ledger not_reached, payee not_reached; nothing";
    till.check(attempt, ("reversed", true, over)).await;
    till.finish().await;
}

/// The only transfer at the bank, in its text.
async fn bank_transfer(wallet: &TestWallet) -> BankTransferId {
    let timers = makegood_store::Store::due_timers(wallet.app.store(), wallet.clock.now(), 100);
    let timers = timers.await.unwrap();
    let kind = makegood_wallet::tables::TimerKind::BankTransfer;
    timers.iter().find(|timer| timer.kind == kind).expect("a bank transfer is due").object.into()
}

async fn accepted_and_settled_late(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::SETTLES_LATER).await;
    till.wallet.run().await;
    assert_eq!(till.wallet.status(&till.payer, attempt).await, "processing");
    let _cancelled = till.cancel().await.expect(202);
    till.wallet.run().await;
    let asked = "wallet done, bank waiting, ledger not_reached, payee not_reached; bank_answer by bank";
    till.check(attempt, ("reversing", true, asked)).await;
    till.wallet.run_after(Duration::from_secs(90)).await;
    let returning = "wallet done, bank done, ledger done, payee not_reached, return waiting; \
                     give_back by wallet";
    till.check(attempt, ("reversing", true, returning)).await;
    till.wallet.run_after(Duration::from_secs(90)).await;
    let given_back = "wallet done, bank done, ledger done, payee not_reached, return done; nothing";
    till.check(attempt, ("reversed", true, given_back)).await;
    assert_eq!(till.pool().await, "0.00");
    till.finish().await;
}

async fn given_back_to_a_closed_card(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::CLOSED_WHEN_REFUNDED).await;
    let faults = json!({"next": [{"behaviour": "times_out_but_executes", "count": 1}]});
    let secret = &till.wallet.app.secrets().bank_secret;
    let control = makegood_testkit::client().post(format!("{}/control/faults", till.wallet.bank().url()));
    assert!(control.bearer_auth(secret).json(&faults).send().await.unwrap().status().is_success());
    till.wallet.run().await;
    assert_eq!(till.wallet.status(&till.payer, attempt).await, "unknown");
    let _cancelled = till.cancel().await.expect(202);
    till.wallet.run().await;
    let stuck = "wallet done, bank done, ledger done, payee not_reached, return refused; \
                 staff_action by staff";
    till.check(attempt, ("reversing", true, stuck)).await;
    assert_eq!(till.pool().await, "20.00", "the money is ours to give back, and nobody has forgotten it");
    till.finish().await;
}

async fn never_answered(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::NEVER_ANSWERS).await;
    till.wallet.run().await;
    let _cancelled = till.cancel().await.expect(202);
    for _ in 0..5 {
        till.wallet.run_after(Duration::from_secs(3_600)).await;
        till.check(attempt, ("reversing", true, REVERSING)).await;
    }
    till.finish().await;
}

async fn told_in_words_when_the_time_is_over(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::NEVER_ANSWERS).await;
    till.wallet.run().await;
    let promised = till.promised(attempt).await;
    let trace = || till.wallet.read(till.payer.caller, Query::PaymentTrace(attempt));
    let before = trace().await.expect(200).text("/for_payer").to_owned();
    till.wallet.run_after(promised.since(till.wallet.clock.now())).await;
    assert!(till.promised(attempt).await > promised);
    let trace = trace().await.expect(200);
    assert_eq!(trace.text("/delayed_since"), promised.to_string());
    let late = "It takes longer than usual; nothing is lost, and a new time is promised.";
    assert_eq!(trace.text("/for_payer"), format!("{before} {late}"));
    let told = "SELECT COUNT(*) FROM events WHERE kind = 'payment.delayed'";
    assert_eq!(till.wallet.count(told).await, 2, "payer and payee, once");
    let _cancelled = till.cancel().await.expect(202);
    till.finish().await;
}

async fn paid(db: Db) {
    let till = Till::open(db).await;
    let attempt = till.attempt(cards::ALWAYS_WORKS).await;
    till.wallet.run().await;
    let refused = till.cancel().await.expect_problem(409, "order.already_paid");
    assert_eq!(refused.text("/payment/id"), attempt.to_string());
    assert_eq!(refused.at("/safe_to_pay_again").as_bool(), Some(false));
    assert_eq!(till.wallet.order_status(&till.shop, till.order).await, "paid");
    till.wallet.finish().await;
}

async fn by_its_payer(db: Db) {
    let till = Till::open(db).await;
    let (wallet, payer) = (&till.wallet, &till.payer);
    let waiting = wallet.submit(payer.caller, payment(till.order, Source::Balance, None)).await.expect(201);
    let waiting: PaymentId = waiting.id("/id");
    let cancel = Action::CancelPayment { payment: waiting };
    let foreign = wallet.submit(till.shop.owner, cancel.clone()).await;
    let _foreign = foreign.expect_problem(404, "not_found");
    for _ in 0..2 {
        let left = wallet.submit(payer.caller, cancel.clone()).await.expect(200);
        assert_eq!(left.text("/status"), "cancelled");
    }
    till.check(
        waiting,
        ("cancelled", true, "wallet refused, ledger not_reached, payee not_reached; nothing"),
    )
    .await;

    let attempt = till.attempt(cards::TIMES_OUT_BUT_EXECUTES).await;
    for status in ["processing", "unknown"] {
        let refused = wallet.submit(payer.caller, Action::CancelPayment { payment: attempt }).await;
        let refused = refused.expect_problem(409, "payment.not_cancellable");
        assert_eq!(refused.text("/payment/status"), status);
        assert_eq!(refused.at("/safe_to_pay_again").as_bool(), Some(false));
        wallet.run().await;
    }
    wallet.run_after(Duration::from_secs(60)).await;
    let read = wallet.read(payer.caller, Query::Payment(attempt)).await.expect(200);
    assert_eq!(read.text("/status"), "succeeded");
    till.wallet.finish().await;
}
