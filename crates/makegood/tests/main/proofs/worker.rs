//! A client under load: one request after the other, each with a key of its own, until the server is gone.

use super::client::{Call, Client, Effect, money};
use super::town::Town;
use makegood_testkit::{Answer, PASSWORD, SeededEntropy};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A call and the answer that its client got.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) call: Call,
    pub(crate) answer: Answer,
}

/// A client. It pays orders of one shop from one person's balance, gives to others, and has its shop give back.
#[derive(Debug)]
pub(crate) struct Worker {
    number: usize,
    person: usize,
    shop: usize,
    registers: bool,
    town: Arc<Town>,
    entropy: SeededEntropy,
    made: u64,
    /// Orders that are not paid, with their amounts.
    orders: Vec<(String, i64)>,
    /// Payments, with what is left of them.
    payments: Vec<(String, i64)>,
    /// What was answered since these were taken last.
    pub(crate) fresh: Vec<Done>,
    /// What was sent and not answered.
    pub(crate) unanswered: Option<Call>,
}

impl Worker {
    pub(crate) fn new(number: usize, town: &Arc<Town>, seed: u64) -> Self {
        let entropy = SeededEntropy::new(seed * 1_000 + u64::try_from(number).unwrap());
        Self {
            number,
            person: number % town.people.len(),
            shop: number % town.shops.len(),
            registers: false,
            town: Arc::clone(town),
            entropy,
            made: 0,
            orders: Vec::new(),
            payments: Vec::new(),
            fresh: Vec::new(),
            unanswered: None,
        }
    }

    /// Now and then it registers somebody too: the slowest request there is.
    pub(crate) const fn registering(mut self) -> Self {
        self.registers = true;
        self
    }

    /// The next call.
    pub(crate) fn next(&mut self) -> Call {
        self.made += 1;
        if self.registers && self.entropy.below(12) == 0 {
            return self.register();
        }
        let (dice, pick) = (self.entropy.below(10), self.entropy.below(1 << 32));
        match dice {
            0..3 => self.transfer(pick),
            3..5 if !self.payments.is_empty() => self.refund(pick),
            _ => match self.orders.pop() {
                Some((order, amount)) => self.payment(&order, amount),
                None => self.order(pick),
            },
        }
    }

    fn key(&self) -> String {
        format!("{}-{}", self.number, self.made)
    }

    fn register(&self) -> Call {
        let login = format!("new.{}.{}@example.com", self.number, self.made);
        let body = json!({"login": login, "password": PASSWORD, "display_name": "Wang Fang"});
        let effect = Effect::User { login };
        Call { path: "/v1/users".to_owned(), token: None, key: self.key(), body, effect }
    }

    fn order(&self, pick: u64) -> Call {
        let amount = 100 + i64::try_from(pick % 900).unwrap();
        let body =
            json!({"merchant_order_no": self.key(), "amount": money(amount), "description": "Oolong tea"});
        let token = Some(self.town.shops[self.shop].token.clone());
        let effect = Effect::Order { amount };
        Call { path: "/v1/orders".to_owned(), token, key: self.key(), body, effect }
    }

    fn payment(&self, order: &str, amount: i64) -> Call {
        let expect = json!({"amount": money(amount), "payee": self.town.shops[self.shop].id});
        let body = json!({"order": order, "source": {"type": "balance"}, "expect": expect});
        let effect = Effect::Payment { payer: self.person, shop: self.shop, amount };
        Call { path: "/v1/payments".to_owned(), token: self.token(), key: self.key(), body, effect }
    }

    fn transfer(&self, pick: u64) -> Call {
        let people = self.town.people.len();
        let other = 1 + usize::try_from(pick).unwrap() % (people - 1);
        let (payee, amount) = ((self.person + other) % people, 1 + i64::try_from(pick % 500).unwrap());
        let to = &self.town.people[payee].id;
        let body = json!({
            "to": to, "amount": money(amount), "expect": {"amount": money(amount), "payee": to},
        });
        let effect = Effect::Transfer { payer: self.person, payee, amount };
        Call { path: "/v1/transfers".to_owned(), token: self.token(), key: self.key(), body, effect }
    }

    /// Gives back about half of what is left of a payment, or all of it when that is little.
    fn refund(&mut self, pick: u64) -> Call {
        let place = usize::try_from(pick).unwrap() % self.payments.len();
        let (payment, left) = self.payments.swap_remove(place);
        let amount = (left + 1) / 2;
        let body = json!({"amount": money(amount), "reason": "Half of it was spilt"});
        let path = format!("/v1/payments/{payment}/refunds");
        if left > amount {
            self.payments.push((payment.clone(), left - amount));
        }
        let effect = Effect::Refund { payment, payer: self.person, shop: self.shop, amount };
        let token = Some(self.town.shops[self.shop].token.clone());
        Call { path, token, key: self.key(), body, effect }
    }

    fn token(&self) -> Option<String> {
        Some(self.town.people[self.person].token.clone())
    }

    /// Takes an answer to a call, which must be that it is done.
    pub(crate) fn learn(&mut self, call: Call, answer: Answer) {
        let answer = answer.expect(201);
        let id = answer.text("/id").to_owned();
        match &call.effect {
            Effect::Order { amount } => self.orders.push((id, *amount)),
            Effect::Payment { amount, .. } => self.payments.push((id, *amount)),
            Effect::User { .. } | Effect::Transfer { .. } | Effect::Refund { .. } => {}
        }
        self.fresh.push(Done { call, answer });
    }

    /// Calls until a call is not answered, and counts what is.
    pub(crate) async fn work_until_cut_off(mut self, client: Client, answered: Arc<AtomicU64>) -> Self {
        assert!(self.unanswered.is_none(), "what was not answered is sent again first");
        loop {
            let call = self.next();
            match client.send(&call).await {
                Ok(answer) => self.learn(call, answer),
                Err(_cut_off) => {
                    self.unanswered = Some(call);
                    return self;
                }
            }
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}
