//! Compares what a server says with what was acknowledged: each object by its id, each owner's list of entries one by
//! one, and each person's balance.

use super::books::{Books, Entry, Owner, entries};
use super::client::{Client, Effect, minor};
use super::place::Place;
use super::worker::Done;
use futures_util::{StreamExt as _, stream};
use makegood_testkit::Answer;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// How many requests an audit has under way.
const REQUESTS: usize = 16;

/// What is not as it was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Of these nothing is there.
    pub(crate) lost: Vec<String>,
    /// Of these a part is there.
    pub(crate) half: Vec<String>,
    /// These happened, and nobody was told so: a second effect of one request.
    pub(crate) doubled: Vec<String>,
}

/// An entry that is in an owner's list.
struct Listed {
    transaction: String,
    reference: String,
    kind: String,
    amount: i64,
}

impl Found {
    /// Demands that all is as it was acknowledged.
    #[track_caller]
    pub(crate) fn assert_clean(&self, when: &str) {
        let is_clean = self.lost.is_empty() && self.half.is_empty() && self.doubled.is_empty();
        assert!(is_clean, "{when}: {self:#?}");
    }
}

impl Books {
    /// Looks at all that was acknowledged since the last audit. Nothing may be under way.
    pub(crate) async fn audit(&mut self, client: &Client) -> Found {
        let mut found = Found::default();
        let missing = self.missing_entries(client, &mut found).await;
        let fresh = &self.done[self.audited..];
        let looks = fresh.iter().map(|done| self.look_up(client, done));
        let looked: Vec<_> = stream::iter(looks).buffered(REQUESTS).collect().await;
        for (done, looked) in fresh.iter().zip(looked) {
            let id = done.answer.text("/id").to_owned();
            let expected = entries(done).len();
            let absent = missing.get(&id).copied().unwrap_or_default();
            match looked {
                Err(why) if absent == expected => found.lost.push(format!("{id}: {why}")),
                Err(why) => found.half.push(format!("{id}: {why}")),
                Ok(()) if absent > 0 => found.half.push(format!("{id} lacks {absent} of {expected} entries")),
                Ok(()) => {}
            }
        }
        for (place, person) in self.town.people.iter().enumerate() {
            let told = client.get("/v1/me/balances", Some(&person.token)).await.unwrap();
            let (has, must) = (told.text("/data/0/available"), self.balance(place));
            if told.status != 200 || minor(has) != must {
                found.half.push(format!("person {place} has {has:?}, and must have {must} fen"));
            }
        }
        self.audited = self.done.len();
        found
    }

    /// The control of an audit: a payment that was acknowledged is taken out of the database. Whether an audit finds
    /// that it is lost, and `verify` that something is missing.
    pub(crate) async fn finds_what_is_lost(&mut self, place: &Place, client: &Client) -> bool {
        place.lose_the_newest_payment().await;
        self.audit_from_the_first();
        let found = self.audit(client).await;
        let payments = found.lost.iter().filter(|lost| lost.starts_with("pay_")).count();
        payments == 1 && place.verify().is_err()
    }

    /// Compares the lists of entries; how many entries of each object are missing.
    async fn missing_entries(&mut self, client: &Client, found: &mut Found) -> BTreeMap<String, usize> {
        let mut expected: BTreeMap<Owner, BTreeMap<String, Entry>> = BTreeMap::new();
        for entry in self.done[self.audited..].iter().flat_map(entries) {
            expected.entry(entry.owner).or_default().insert(entry.reference.clone(), entry);
        }
        let owners = self.owners();
        let lists = owners.iter().map(|owner| self.list(client, *owner));
        let lists: Vec<_> = stream::iter(lists).buffered(REQUESTS).collect().await;
        let mut missing = BTreeMap::new();
        for (owner, listed) in owners.into_iter().zip(lists) {
            let mut expected = expected.remove(&owner).unwrap_or_default();
            let listed = listed.unwrap_or_else(|why| {
                found.half.push(format!("{owner:?}: {why}"));
                Vec::new()
            });
            if let Some(newest) = listed.first() {
                self.seen.insert(owner, newest.transaction.clone());
            }
            for Listed { reference, amount, kind, .. } in listed {
                match expected.remove(&reference) {
                    Some(entry) if entry.amount.is_none_or(|must| must == amount) => {}
                    Some(entry) => found.half.push(format!("{entry:?} has {amount}")),
                    // What everybody began with.
                    None if kind == "top_up" => {}
                    None => found.doubled.push(format!("{owner:?}: {kind} {reference} of {amount}")),
                }
            }
            for reference in expected.into_keys() {
                *missing.entry(reference).or_default() += 1;
            }
        }
        missing
    }

    /// An owner's entries since the last audit, newest first.
    async fn list(&self, client: &Client, owner: Owner) -> Result<Vec<Listed>, String> {
        let (path, token) = match owner {
            Owner::Person(place) => ("/v1/me/transactions".to_owned(), &self.town.people[place].token),
            Owner::Shop(place) => {
                let shop = &self.town.shops[place];
                (format!("/v1/merchants/{}/transactions", shop.id), &shop.token)
            }
        };
        let (mut listed, mut cursor, mut transactions) = (Vec::new(), String::new(), BTreeSet::new());
        loop {
            let page = format!("{path}?limit=100{cursor}");
            let page = client.get(&page, Some(token)).await.map_err(|error| error.to_string())?;
            let rows = page.at("/data").as_array().ok_or_else(|| format!("{path}: {}", page.json()))?;
            for row in rows {
                let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
                let transaction = text("transaction");
                if self.seen.get(&owner) == Some(&transaction) {
                    return Ok(listed);
                }
                assert!(transactions.insert(transaction.clone()), "{path} lists {transaction} twice");
                let (reference, kind, amount) = (text("reference"), text("kind"), minor(&text("amount")));
                listed.push(Listed { transaction, reference, kind, amount });
            }
            match page.at("/next_cursor").as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(listed),
            }
        }
    }

    /// Looks at what a call made, by its id.
    async fn look_up(&self, client: &Client, Done { call, answer }: &Done) -> Result<(), String> {
        let id = answer.text("/id");
        let token = call.token.as_deref();
        match &call.effect {
            Effect::User { login } => {
                let anybody = Some(self.town.people[0].token.as_str());
                let body = json!({"to": login});
                let told = client.post("/v1/resolve", anybody, "resolve", &body).await.unwrap();
                must(told.text("/payee/id") == id, &told)
            }
            Effect::Order { amount } => {
                let told = client.get(&format!("/v1/orders/{id}"), token).await.unwrap();
                must(has(&told, &["created", "paid"], *amount), &told)
            }
            Effect::Payment { amount, shop, .. } => {
                self.look_up_payment(client, id, *amount, *shop).await?;
                let shop = Some(self.town.shops[*shop].token.as_str());
                let told = client.get(&format!("/v1/orders/{}", answer.text("/order")), shop).await.unwrap();
                must(has(&told, &["paid"], *amount) && told.text("/payment") == id, &told)
            }
            Effect::Transfer { amount, .. } => {
                let told = client.get(&format!("/v1/transfers/{id}"), token).await.unwrap();
                must(has(&told, &["succeeded"], *amount), &told)
            }
            Effect::Refund { amount, payment, shop, .. } => {
                let told = client.get(&format!("/v1/refunds/{id}"), token).await.unwrap();
                must(has(&told, &["succeeded"], *amount), &told)?;
                let shop = Some(self.town.shops[*shop].token.as_str());
                let told = client.get(&format!("/v1/payments/{payment}"), shop).await.unwrap();
                must(minor_at(&told, "/refunded/amount") == Some(self.refunded(payment)), &told)
            }
        }
    }

    /// A payment, as its shop reads it: paid, and what was given back of it.
    async fn look_up_payment(
        &self,
        client: &Client,
        id: &str,
        amount: i64,
        shop: usize,
    ) -> Result<(), String> {
        let refunded = self.refunded(id);
        let status = match refunded {
            0 => "succeeded",
            all if all == amount => "refunded",
            _ => "partially_refunded",
        };
        let shop = Some(self.town.shops[shop].token.as_str());
        let told = client.get(&format!("/v1/payments/{id}"), shop).await.unwrap();
        let holds = has(&told, &[status], amount) && minor_at(&told, "/refunded/amount") == Some(refunded);
        must(holds, &told)
    }
}

/// Whether an object is there in one of these states, with this amount.
fn has(told: &Answer, states: &[&str], amount: i64) -> bool {
    states.contains(&told.text("/status")) && minor_at(told, "/amount/amount") == Some(amount)
}

fn minor_at(told: &Answer, pointer: &str) -> Option<i64> {
    told.at(pointer).as_str().map(minor)
}

fn must(holds: bool, told: &Answer) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{} {}", told.status, told.json())) }
}
