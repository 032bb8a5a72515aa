//! Whatever happened, in whatever order: every object that moves money has a trace that is never empty, and that
//! says who acts next until all is final.

use super::told;
use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::{Db, Person, Placed, SeededEntropy, Shop, TestWallet, payment};
use makegood_wallet::tables::{BankCardId, PaymentId, RefundId, TopUpId};
use makegood_wallet::{Action, Query};
use std::collections::BTreeMap;
use std::time::Duration;

on_both!(histories);

const HISTORIES: u64 = 3;
const STEPS: u64 = 60;
const NUMBERS: [&str; 8] = [
    cards::ALWAYS_WORKS,
    cards::REFUSES,
    cards::NO_FUNDS,
    cards::SLOW,
    cards::TIMES_OUT_BUT_EXECUTES,
    cards::NEVER_ANSWERS,
    cards::CLOSED_WHEN_REFUNDED,
    cards::SETTLES_LATER,
];

struct History {
    wallet: TestWallet,
    choice: SeededEntropy,
    payer: Person,
    shop: Shop,
    cards: Vec<BankCardId>,
    orders: Vec<Placed>,
    payments: Vec<PaymentId>,
    top_ups: Vec<TopUpId>,
    refunds: Vec<RefundId>,
    /// How often each status was seen.
    seen: BTreeMap<String, u64>,
}

async fn histories(db: Db) {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..HISTORIES {
        let mut history = History::begin(db, seed).await;
        for _ in 0..STEPS {
            history.step().await;
            history.look().await;
        }
        history.wallet.verify().await;
        for (status, times) in &history.seen {
            *seen.entry(status.clone()).or_default() += times;
        }
        history.wallet.finish().await;
    }
    for status in ["processing", "unknown", "succeeded", "failed", "reversing", "reversed", "refunded"] {
        assert!(seen.contains_key(&format!("payment {status}")), "never seen: {status}: {seen:?}");
    }
}

impl History {
    async fn begin(db: Db, seed: u64) -> Self {
        let wallet = TestWallet::start(db).await;
        let (payer, shop) = (wallet.user_with("60.00").await, wallet.new_shop().await);
        let mut cards = Vec::new();
        for number in NUMBERS {
            cards.push(wallet.card(&payer, number).await);
        }
        let choice = SeededEntropy::new(seed);
        let (orders, payments, top_ups, refunds) = (vec![], vec![], vec![], vec![]);
        let seen = BTreeMap::new();
        Self { wallet, choice, payer, shop, cards, orders, payments, top_ups, refunds, seen }
    }

    fn any<T: Copy>(&self, of: &[T]) -> Option<T> {
        let length = u64::try_from(of.len()).unwrap();
        (length > 0).then(|| of[usize::try_from(self.choice.below(length)).unwrap()])
    }

    async fn step(&mut self) {
        match self.choice.below(12) {
            0..3 => {
                let order = self.wallet.order(&self.shop, "10.00").await;
                self.orders.push(order);
                self.pay(order).await;
            }
            3..5 => {
                if let Some(order) = self.any(&self.orders) {
                    self.pay(order).await;
                }
            }
            5 => {
                if let Some(order) = self.any(&self.orders) {
                    let cancel = Action::CancelOrder { order: order.id };
                    let _any = self.wallet.submit(self.shop.caller, cancel).await;
                }
            }
            6 => {
                if let Some(payment) = self.any(&self.payments) {
                    let _any = self.wallet.submit(self.payer.caller, Action::CancelPayment { payment }).await;
                }
            }
            7..9 => {
                if let Some(payment) = self.any(&self.payments) {
                    let amount = self.any(&[None, Some("3.33")]).flatten();
                    let refund = self.wallet.refund(&self.shop, payment, amount).await;
                    self.refunds.extend(refund.text("/id").parse::<RefundId>());
                }
            }
            9 => {
                let card = self.any(&self.cards).unwrap();
                self.top_ups.push(self.wallet.top_up(&self.payer, card, "5.00").await);
            }
            _ => {
                let wait_s = self.choice.below(400);
                self.wallet.run_after(Duration::from_secs(wait_s)).await;
            }
        }
    }

    async fn pay(&mut self, order: Placed) {
        let card = self.any(&self.cards).unwrap();
        let source =
            self.any(&[Source::Balance, Source::BankCard { id: card }, Source::BankCard { id: card }]);
        let expect = self.any(&[Some(order.expect), Some(order.expect), None]).flatten();
        let paid = self.wallet.submit(self.payer.caller, payment(order, source.unwrap(), expect)).await;
        let own = ["/id", "/payment/id"].map(|pointer| paid.text(pointer).parse::<PaymentId>());
        for id in own.into_iter().flatten() {
            if !self.payments.contains(&id) {
                self.payments.push(id);
            }
        }
    }

    /// Reads every object and its trace.
    async fn look(&mut self) {
        let payments =
            self.payments.iter().map(|id| (Query::Payment(*id), Query::PaymentTrace(*id), "payment"));
        let top_ups = self.top_ups.iter().map(|id| (Query::TopUp(*id), Query::TopUpTrace(*id), "top-up"));
        let refunds = self.refunds.iter().map(|id| (Query::Refund(*id), Query::RefundTrace(*id), "refund"));
        for (query, trace, kind) in payments.chain(top_ups).chain(refunds).collect::<Vec<_>>() {
            let object = self.wallet.read(self.payer.caller, query).await.expect(200);
            let trace = told(&self.wallet.read(self.payer.caller, trace).await.expect(200));
            let status = object.text("/status");
            let open = ["requires_confirmation", "processing", "unknown", "reversing", "needs_action"];
            assert_eq!(open.contains(&status), !trace.ends_with("; nothing"), "{kind} {status}: {trace}");
            if matches!(status, "requires_confirmation" | "processing" | "unknown" | "reversing") {
                assert!(object.at("/expected_by").is_string(), "{}", object.json());
            }
            *self.seen.entry(format!("{kind} {status}")).or_default() += 1;
        }
    }
}
