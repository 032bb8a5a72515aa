//! What shops were told, held against what the wallet now shows them, and what they have.

use super::Verdict;
use super::books::Books;
use super::people::{Shown, has_paid, id, text};
use crate::Failure;
use crate::http::Client;
use crate::wire::minor;
use crate::world::Shop;
use serde_json::Value;
use std::collections::HashMap;

/// What a shop sees.
#[derive(Debug, Default)]
pub(super) struct OfShop {
    pub(super) payments: Vec<Value>,
    pub(super) refunds: Vec<Value>,
    pub(super) payouts: Vec<Value>,
    /// What is pending and what is available, together, in minor units.
    has: i64,
}

impl OfShop {
    pub(super) async fn read(client: &Client, shop: &Shop) -> Result<Self, Failure> {
        let (key, path) = (Some(shop.api_key.as_str()), format!("/v1/merchants/{}", shop.id));
        let balances = client.get(&format!("{path}/balances"), key).await?;
        let rows = balances["data"].as_array().ok_or("a shop has no balances")?;
        let own = rows.iter().filter(|row| row["currency"] == "CNY");
        Ok(Self {
            payments: client.all("/v1/payments", key).await?,
            refunds: client.all("/v1/refunds", key).await?,
            payouts: client.all(&format!("{path}/payouts"), key).await?,
            has: own.map(|row| minor(text(row, "available")).unwrap_or_default()).sum(),
        })
    }

    /// What the shop must have: from, to.
    fn must_have(&self, books: &Books) -> (i64, i64) {
        let mut left: HashMap<&str, i64> = HashMap::new();
        for payment in self.payments.iter().filter(|payment| has_paid(text(payment, "status"))) {
            left.insert(text(payment, "id"), amount(payment) - minor_of(&payment["merchant_fee"]));
        }
        for refund in self.refunds.iter().filter(|refund| is_of_shop(refund)) {
            let given = amount(refund) - minor_of(&refund["fee_returned"]);
            *left.entry(text(refund, "payment")).or_default() -= given;
        }
        // Of what a bank took back the shop has nothing any more, but what was spent by then.
        let (mut least, mut most) = (left.values().sum::<i64>(), left.values().sum::<i64>());
        for payment in self.payments.iter().filter(|payment| text(payment, "status") == "returned") {
            let id = text(payment, "id");
            let minor = left.get(id).copied().unwrap_or_default();
            least -= minor;
            most -= if books.is_short(id) { 0 } else { minor };
        }
        let went = |status: &str| ["held", "sent", "unknown", "completed"].contains(&status);
        let out: i64 = self.payouts.iter().filter(|payout| went(text(payout, "status"))).map(amount).sum();
        (least - out, most - out)
    }
}

/// Whether a shop decided a refund: what came too late the wallet gives back by itself, from no shop's money.
fn is_of_shop(refund: &Value) -> bool {
    text(refund, "origin") != "late_success"
}

fn amount(row: &Value) -> i64 {
    minor_of(&row["amount"])
}

fn minor_of(money: &Value) -> i64 {
    minor(text(money, "amount")).unwrap_or_default()
}

/// Each refund and each payout that a shop was told of is there, with its amount, and no other is.
pub(super) fn acknowledged(shown: &Shown, books: &Books, verdict: &mut Verdict) {
    let mut refunds: HashMap<String, &Value> = HashMap::new();
    let mut payouts: HashMap<String, &Value> = HashMap::new();
    for of_shop in &shown.of_shops {
        refunds.extend(of_shop.refunds.iter().map(|row| (id(row), row)));
        payouts.extend(of_shop.payouts.iter().map(|row| (id(row), row)));
    }
    for (id, refunded) in &shown.refunds {
        let Some(refund) = refunds.get(id) else {
            verdict.fails(format!("{id} was acknowledged, and is not there"));
            continue;
        };
        if amount(refund) != refunded.minor || text(refund, "payment") != refunded.payment {
            verdict.fails(format!("{id} is not the refund of {} that was acknowledged", refunded.payment));
        }
        // Where it has not come, the bank sent it back, or somewhere else: a person has it.
        let status = text(refund, "status");
        if status != "succeeded" && !books.explained(id) {
            verdict.fails(format!("{id} of {} is {status}", refunded.payment));
        }
    }
    for (id, minor) in &shown.payouts {
        match payouts.get(id) {
            None => verdict.fails(format!("{id} was acknowledged, and is not there")),
            Some(payout) if amount(payout) != *minor => {
                verdict
                    .fails(format!("{id} is of {} fen, and was acknowledged with {minor}", amount(payout)));
            }
            Some(_) => {}
        }
    }
    let made = refunds.iter().filter(|(_, refund)| is_of_shop(refund)).map(|(id, _)| id);
    let untold = made.filter(|id| !shown.refunds.contains_key(*id));
    for id in untold.chain(payouts.keys().filter(|id| !shown.payouts.contains_key(*id))) {
        verdict.fails(format!("{id} is there, and nobody was told"));
    }
}

/// Each shop has what is left of what it was paid.
pub(super) fn have(shown: &Shown, books: &Books) -> Verdict {
    let mut verdict = Verdict::new("shops", "each shop has what it was paid, less fees, refunds and payouts");
    for (shop, of_shop) in shown.shops.iter().zip(&shown.of_shops) {
        let (least, most) = of_shop.must_have(books);
        if !(least..=most).contains(&of_shop.has) {
            verdict.fails(format!("{} has {} fen, and must have {least}", shop.id, of_shop.has));
        }
    }
    verdict.looked_at(format!("shops: {}", shown.of_shops.len()))
}

#[cfg(test)]
mod tests;
