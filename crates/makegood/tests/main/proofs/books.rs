//! What must be in the wallet by what was acknowledged, and nothing else.

use super::client::Effect;
use super::town::{FUNDS, Town};
use super::worker::Done;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Person(usize),
    Shop(usize),
}

/// An entry that must be in somebody's list, with the amount where the client knows it: of a shop's it does not know
/// the fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) owner: Owner,
    /// The object that it belongs to.
    pub(crate) reference: String,
    pub(crate) amount: Option<i64>,
}

/// All that was acknowledged in a town.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) town: Arc<Town>,
    pub(crate) done: Vec<Done>,
    /// How much of it an audit has seen.
    pub(crate) audited: usize,
    /// The newest transaction of each owner that an audit has seen.
    pub(crate) seen: BTreeMap<Owner, String>,
    /// What was given back of each payment.
    refunded: BTreeMap<String, i64>,
    balances: Vec<i64>,
}

impl Books {
    pub(crate) fn new(town: &Arc<Town>) -> Self {
        let balances = vec![FUNDS; town.people.len()];
        let (done, seen, refunded) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { town: Arc::clone(town), done, audited: 0, seen, refunded, balances }
    }

    /// Writes down what was acknowledged.
    pub(crate) fn record(&mut self, done: Vec<Done>) {
        for done in done {
            for entry in entries(&done) {
                if let (Owner::Person(place), Some(amount)) = (entry.owner, entry.amount) {
                    self.balances[place] += amount;
                }
            }
            if let Effect::Refund { payment, amount, .. } = &done.call.effect {
                *self.refunded.entry(payment.clone()).or_default() += amount;
            }
            self.done.push(done);
        }
    }

    /// What a person must have.
    pub(crate) fn balance(&self, person: usize) -> i64 {
        self.balances[person]
    }

    /// What must have been given back of a payment.
    pub(crate) fn refunded(&self, payment: &str) -> i64 {
        self.refunded.get(payment).copied().unwrap_or_default()
    }

    /// Everybody who has a list of entries.
    pub(crate) fn owners(&self) -> Vec<Owner> {
        let people = (0..self.town.people.len()).map(Owner::Person);
        people.chain((0..self.town.shops.len()).map(Owner::Shop)).collect()
    }

    /// Has the next audit look at everything again.
    pub(crate) fn audit_from_the_first(&mut self) {
        self.audited = 0;
        self.seen.clear();
    }
}

/// The entries that a call must have made.
pub(crate) fn entries(done: &Done) -> Vec<Entry> {
    let reference = done.answer.text("/id");
    let entry = |owner: Owner, amount: Option<i64>| Entry { owner, reference: reference.to_owned(), amount };
    match &done.call.effect {
        Effect::User { .. } | Effect::Order { .. } => Vec::new(),
        Effect::Payment { payer, shop, amount } => {
            vec![entry(Owner::Person(*payer), Some(-amount)), entry(Owner::Shop(*shop), None)]
        }
        Effect::Transfer { payer, payee, amount } => {
            vec![entry(Owner::Person(*payer), Some(-amount)), entry(Owner::Person(*payee), Some(*amount))]
        }
        Effect::Refund { payer, shop, amount, .. } => {
            vec![entry(Owner::Person(*payer), Some(*amount)), entry(Owner::Shop(*shop), None)]
        }
    }
}
