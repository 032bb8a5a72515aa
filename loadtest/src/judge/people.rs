//! What was acknowledged to people, held against what the wallet now shows them.

use super::books::{Books, Transfer};
use super::shops::OfShop;
use super::{Verdict, shops};
use crate::Failure;
use crate::http::Client;
use crate::waiting::is_open;
use crate::wire::minor;
use crate::world::{Account, Paid, Refunded, Shop, world};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// How many lists are read at once.
const AT_ONCE: usize = 8;

/// What was acknowledged, and what the wallet shows.
pub(super) struct Shown {
    accounts: Vec<Account>,
    pub(super) shops: Vec<Shop>,
    pub(super) paid: BTreeMap<String, Paid>,
    pub(super) refunds: BTreeMap<String, Refunded>,
    pub(super) payouts: BTreeMap<String, i64>,
    /// As the shops see them: how often each is there, and how it stands.
    payments: HashMap<String, (usize, Value)>,
    orders: HashMap<String, Value>,
    /// What each shop sees, in the order of the shops.
    pub(super) of_shops: Vec<OfShop>,
    statuses: HashMap<String, String>,
}

impl Shown {
    /// Reads all that the shops and the people of this hour can see.
    pub(super) async fn read(wallet_url: &str) -> Result<Self, Failure> {
        let client = Client::new(wallet_url)?;
        let mut shown = {
            let world = world();
            Self {
                accounts: world.accounts.clone(),
                shops: world.shops.clone(),
                paid: world.paid.clone(),
                refunds: world.refunds.clone(),
                payouts: world.payouts.clone(),
                payments: HashMap::new(),
                orders: HashMap::new(),
                of_shops: Vec::new(),
                statuses: HashMap::new(),
            }
        };
        for shop in &shown.shops {
            let orders = client.all("/v1/orders", Some(&shop.api_key)).await?;
            shown.orders.extend(orders.into_iter().map(|order| (id(&order), order)));
            let of_shop = OfShop::read(&client, shop).await?;
            for payment in &of_shop.payments {
                let entry = shown.payments.entry(id(payment)).or_insert((0, Value::Null));
                *entry = (entry.0 + 1, payment.clone());
            }
            let rows = of_shop.refunds.iter().chain(&of_shop.payouts);
            shown.statuses.extend(rows.map(|row| (id(row), text(row, "status").to_owned())));
            shown.of_shops.push(of_shop);
        }
        let tokens: Vec<String> = shown.accounts.iter().map(|account| account.token.clone()).collect();
        let lists = tokens.into_iter().flat_map(|token| {
            ["/v1/top-ups", "/v1/withdrawals"].map(|path| {
                let (client, token) = (client.clone(), token.clone());
                async move { client.all(path, Some(&token)).await }
            })
        });
        let lists: Vec<_> = stream::iter(lists).buffer_unordered(AT_ONCE).collect().await;
        for rows in lists {
            shown.statuses.extend(rows?.iter().map(|row| (id(row), text(row, "status").to_owned())));
        }
        Ok(shown)
    }

    #[cfg(test)]
    pub(super) fn nothing() -> Self {
        Self {
            accounts: Vec::new(),
            shops: Vec::new(),
            paid: BTreeMap::new(),
            refunds: BTreeMap::new(),
            payouts: BTreeMap::new(),
            payments: HashMap::new(),
            orders: HashMap::new(),
            of_shops: Vec::new(),
            statuses: HashMap::new(),
        }
    }

    fn status(&self, object: &str) -> Option<&str> {
        match self.payments.get(object) {
            Some((_, payment)) => Some(text(payment, "status")),
            None => self.statuses.get(object).map(String::as_str),
        }
    }
}

pub(super) fn id(row: &Value) -> String {
    text(row, "id").to_owned()
}

pub(super) fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

pub(super) fn has_paid(status: &str) -> bool {
    ["succeeded", "partially_refunded", "refunded", "returned"].contains(&status)
}

/// Each payment that was acknowledged is there once; one that was acknowledged as paid has paid its order.
pub(super) fn acknowledged(shown: &Shown, books: &Books) -> Verdict {
    let mut verdict =
        Verdict::new("acknowledged", "each acknowledged payment is present once, and paid its order");
    for (id, paid) in &shown.paid {
        let Some((times, payment)) = shown.payments.get(id) else {
            verdict.fails(format!("{id} was acknowledged, and is not there"));
            continue;
        };
        if *times != 1 {
            verdict.fails(format!("{id} is there {times} times"));
        }
        if text(payment, "order") != paid.order {
            verdict.fails(format!("{id} is of another order than was acknowledged"));
        }
        let status = text(payment, "status");
        let order = shown.orders.get(&paid.order).unwrap_or(&Value::Null);
        let is_paid_by_it = text(order, "status") == "paid" && text(order, "payment") == id;
        if paid.succeeded && !has_paid(status) {
            verdict.fails(format!("{id} was acknowledged as paid, and is {status}"));
        }
        if has_paid(status) != is_paid_by_it {
            verdict.fails(format!("{id} is {status}, and its order is {}", text(order, "status")));
        }
    }
    shops::acknowledged(shown, books, &mut verdict);
    let (top_ups, withdrawals) = moved(shown, &mut verdict);
    if shown.paid.is_empty() || shown.refunds.is_empty() {
        verdict.fails("a run without payments or refunds shows nothing".to_owned());
    }
    let (paid, refunds, payouts) = (shown.paid.len(), shown.refunds.len(), shown.payouts.len());
    verdict.looked_at(format!(
        "payments: {paid}, refunds: {refunds}, payouts: {payouts}, top-ups: {top_ups}, withdrawals: {withdrawals}"
    ))
}

/// Each top-up and each withdrawal that was acknowledged is there, and what was told to have come has come. How many
/// there are of both.
fn moved(shown: &Shown, verdict: &mut Verdict) -> (usize, usize) {
    let (mut top_ups, mut withdrawals) = (0, 0);
    for account in &shown.accounts {
        top_ups += account.top_ups.len();
        withdrawals += account.withdrawals.len();
        for id in account.top_ups.keys().chain(account.withdrawals.keys()) {
            if shown.status(id).is_none() {
                verdict.fails(format!("{id} was acknowledged, and is not there"));
            }
        }
        for id in &account.topped_up {
            let status = shown.status(id).unwrap_or("not there");
            // The bank may take it back after its yes.
            if !["succeeded", "returned"].contains(&status) {
                verdict.fails(format!("{id} was told to have succeeded, and is {status}"));
            }
        }
    }
    (top_ups, withdrawals)
}

/// Nothing took money that its payer does not know of.
pub(super) fn told(shown: &Shown) -> Verdict {
    let mut verdict = Verdict::new("everybody told", "no payment took money without its payer being told");
    for (id, (_, payment)) in &shown.payments {
        if has_paid(text(payment, "status")) && !shown.paid.contains_key(id) {
            verdict.fails(format!("{id} has paid {}, and nobody was told", text(payment, "order")));
        }
    }
    verdict.looked_at(format!("payments: {}, shops: {}", shown.payments.len(), shown.shops.len()))
}

/// Each payment is final, and so is all else that went to a bank, but for what a person has; no order is kept by a
/// payment that is over, and what came too late for a top-up has gone back.
pub(super) fn is_final(shown: &Shown, books: &Books) -> Verdict {
    let mut verdict = Verdict::new("final", "each payment is final, or a person has it for a named reason");
    let (mut all, mut named) = (0_usize, 0_usize);
    let payments = shown.payments.iter().map(|(id, (_, payment))| (id, text(payment, "status")));
    let others = shown.statuses.iter().map(|(id, status)| (id, status.as_str()));
    for (id, status) in payments.chain(others) {
        all += 1;
        if !is_open(status) {
            continue;
        }
        if books.explained(id) {
            named += 1;
        } else {
            verdict.fails(format!("{id} is still {status}"));
        }
    }
    for (id, order) in &shown.orders {
        let (status, payment) = (text(order, "status"), text(order, "payment"));
        let waits = shown.status(payment).is_some_and(is_open);
        if !["created", "paid", "expired", "cancelled"].contains(&status) && !waits {
            verdict.fails(format!("{id} is still {status}, and no payment of it is on its way"));
        }
    }
    let late_top_ups = books.transfers.iter().filter(|transfer| transfer.is_late && transfer.is_in);
    for Transfer { object, .. } in late_top_ups.filter(|transfer| transfer.is_of_top_up()) {
        let mut back = books.transfers_of(object).filter(|transfer| !transfer.is_in);
        let is_over = |back: &Transfer| back.state == "settled" && !back.is_returned;
        if !back.any(|back| is_over(back) || books.cases.contains(&back.reference)) {
            verdict.fails(format!("{object} came too late, and has not gone back"));
        }
    }
    verdict.looked_at(format!("objects: {all}, of which a person has: {named}"))
}

/// What an object must have done to the balance of the person whose it is: from, to.
fn effects(shown: &Shown, books: &Books, place: usize) -> HashMap<String, (i64, i64)> {
    let mut effects = HashMap::new();
    let Some(account) = shown.accounts.get(place) else { return effects };
    for (id, minor) in &account.top_ups {
        let effect = match shown.status(id) {
            Some("succeeded") => (*minor, *minor),
            // The bank took back more than there was.
            Some("returned") if books.is_short(id) => (0, *minor),
            _ => (0, 0),
        };
        effects.insert(id.clone(), effect);
    }
    for (id, minor) in &account.withdrawals {
        let went = shown.status(id).is_some_and(|status| ["sent", "unknown", "completed"].contains(&status));
        effects.insert(id.clone(), if went { (-minor, -minor) } else { (0, 0) });
    }
    for (id, paid) in shown.paid.iter().filter(|(_, paid)| paid.payer == place && paid.from_balance) {
        let went = shown.status(id).is_some_and(has_paid);
        effects.insert(id.clone(), if went { (-paid.minor, -paid.minor) } else { (0, 0) });
    }
    for (id, refunded) in &shown.refunds {
        let payment = shown.paid.get(&refunded.payment);
        if payment.is_some_and(|paid| paid.payer == place && paid.from_balance) {
            effects.insert(id.clone(), (refunded.minor, refunded.minor));
        }
    }
    effects
}

/// Every person's history has what was acknowledged, to the fen, and nothing else.
pub(super) async fn entries(wallet_url: &str, shown: &Shown, books: &Books) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::new("histories", "each balance is what was acknowledged, entry by entry");
    let client = Client::new(wallet_url)?;
    let lists = shown.accounts.iter().map(|account| {
        let (client, token) = (client.clone(), account.token.clone());
        async move { client.all("/v1/me/transactions?currency=CNY", Some(&token)).await }
    });
    let lists: Vec<_> = stream::iter(lists).buffered(AT_ONCE).collect().await;
    let mut count = 0_usize;
    for (place, rows) in lists.into_iter().enumerate() {
        let mut sums: HashMap<String, i64> = HashMap::new();
        for row in rows? {
            count += 1;
            let minor = minor(text(&row, "amount")).ok_or("an entry has no amount")?;
            *sums.entry(text(&row, "reference").to_owned()).or_default() += minor;
        }
        for found in differences(&effects(shown, books, place), sums) {
            verdict.fails(format!("person {place}: {found}"));
        }
    }
    Ok(verdict.looked_at(format!("people: {}, entries: {count}", shown.accounts.len())))
}

/// Where the entries are not what must be.
fn differences(effects: &HashMap<String, (i64, i64)>, mut sums: HashMap<String, i64>) -> Vec<String> {
    let mut found = Vec::new();
    for (id, (from, to)) in effects {
        let sum = sums.remove(id).unwrap_or_default();
        if !(*from..=*to).contains(&sum) {
            found.push(format!("{id} moved {sum} fen, and must have moved {from}"));
        }
    }
    let unknown = sums.into_iter().filter(|(_, sum)| *sum != 0);
    found.extend(unknown.map(|(id, sum)| format!("{id} moved {sum} fen, and nobody asked for it")));
    found
}

#[cfg(test)]
mod tests;
