//! What shops do: they open, make orders, cancel at the till, refund, and have their money paid out.

use crate::people::{link_card, log_in, paces, turn};
use crate::wire::{Call, Tap, Wrong, amount, ask, call, minor, text, wrong};
use crate::world::{Paid, Refunded, Shop, world};
use goose::goose::{GooseUser, TransactionResult};
use serde_json::{Value, json};
use std::time::Duration;

/// What a shop has paid out at once, at most.
const PAYOUT_MINOR_MAX: i64 = 5_000;
/// One order of so many that nobody could pay in time is cancelled at the till.
const CANCEL_EVERY: u64 = 2;
/// One turn of a clerk of so many is a payout.
const PAYOUT_EVERY: u64 = 4;

/// An order that a shop has made.
pub(crate) struct Placed {
    pub(crate) id: String,
    pub(crate) qr: String,
    pub(crate) minor: i64,
    /// The place of its shop.
    pub(crate) shop: usize,
}

/// Opens the shops, before anybody comes, and then the hour begins.
pub(crate) async fn open_shops(user: &mut GooseUser) -> TransactionResult {
    let opened = try_open_shops(user).await;
    world().begin();
    opened
}

async fn try_open_shops(user: &mut GooseUser) -> Result<(), Wrong> {
    let token = log_in(user).await?;
    let card = link_card(user, &token).await?;
    let wanted = world().shops_wanted;
    for number in 1..=wanted {
        let body = Some(json!({"name": format!("Tea House {number}")}));
        let new = Call { route: "POST /v1/merchants", token: Some(&token), body, ..Call::default() };
        let shop = call(user, new).await?;
        let shop = Shop { id: text(&shop, "/id")?, api_key: text(&shop, "/api_key")?, card: card.clone() };
        world().shops.push(shop);
    }
    Ok(())
}

fn shop_at(place: usize) -> Result<Shop, Wrong> {
    world().shops.get(place).cloned().ok_or_else(|| wrong("there are no shops"))
}

/// One of the shops makes an order.
pub(crate) async fn new_order(user: &mut GooseUser, number: u64, every: Duration) -> Result<Placed, Wrong> {
    let place = usize::try_from(number).unwrap_or_default() % world().shops.len().max(1);
    let shop = shop_at(place)?;
    let minor = 100 + i64::try_from(number % 900).unwrap_or_default();
    let body = json!({
        "merchant_order_no": format!("A-{number}"), "amount": amount(minor), "description": "Oolong",
    });
    let (route, token) = ("POST /v1/orders", Some(shop.api_key.as_str()));
    let order =
        call(user, Call { route, token, body: Some(body), every: Some(every), ..Call::default() }).await?;
    Ok(Placed { id: text(&order, "/id")?, qr: text(&order, "/qr")?, minor, shop: place })
}

/// The order of a payment, as its shop sees it: the authoritative answer to "is it paid?".
pub(crate) async fn order_now(user: &mut GooseUser, paid: &Paid) -> Result<Value, Wrong> {
    let shop = shop_at(paid.shop)?;
    let path = Some(format!("/v1/orders/{}", paid.order));
    let token = Some(shop.api_key.as_str());
    call(user, Call { route: "GET /v1/orders/{id}", path, token, ..Call::default() }).await
}

/// The payment does not come to its end while the payer stands at the till: every other merchant takes the order back,
/// and both may go on at once. What the bank takes after all is given back by itself.
pub(crate) async fn cancel_at_the_till(user: &mut GooseUser, paid: &Paid) -> Result<(), Wrong> {
    let number = world().next_number();
    if !number.is_multiple_of(CANCEL_EVERY) {
        return Ok(());
    }
    let (route, shop) = ("POST /v1/orders/{id}/cancel", shop_at(paid.shop)?);
    let answer = ask(
        user,
        Call {
            route,
            path: Some(format!("/v1/orders/{}/cancel", paid.order)),
            token: Some(&shop.api_key),
            key: Some(format!("cancel-{number}")),
            body: Some(json!({})),
            tap: Tap::of(number),
            ..Call::default()
        },
    )
    .await?;
    match answer.code() {
        _ if answer.is_success() => world().cancelled += 1,
        // It came to its end in this moment.
        "order.already_paid" => {}
        _ => return Err(answer.unexpected(route)),
    }
    Ok(())
}

/// A clerk's turn: gives a payment back in part, or has the shop's money paid out.
pub(crate) async fn keep_shop(user: &mut GooseUser) -> TransactionResult {
    turn(user, paces()?.clerk).await?;
    let number = world().next_number();
    if number.is_multiple_of(PAYOUT_EVERY) { pay_out(user, number).await } else { refund(user, number).await }
}

/// Gives back half of the oldest payment that there is.
async fn refund(user: &mut GooseUser, number: u64) -> Result<(), Wrong> {
    let found = {
        let mut world = world();
        let next = world.refundable.pop_front();
        next.and_then(|id| world.paid.get(&id).cloned().map(|paid| (id, paid)))
    };
    let Some((id, paid)) = found else { return Ok(()) };
    let (route, shop) = ("POST /v1/payments/{id}/refunds", shop_at(paid.shop)?);
    let (half, tap) = (paid.minor / 2, Tap::of(number));
    let mut body = json!({"amount": amount(half), "reason": "Half of it was spilt"});
    if tap == Tap::LostOtherKey {
        body["merchant_refund_no"] = json!(format!("R-{number}"));
    }
    let answer = ask(
        user,
        Call {
            route,
            path: Some(format!("/v1/payments/{id}/refunds")),
            token: Some(&shop.api_key),
            key: Some(format!("refund-{number}")),
            body: Some(body),
            tap,
            every: Some(paces()?.clerk),
            ..Call::default()
        },
    )
    .await?;
    match answer.code() {
        _ if answer.is_success() => {}
        // The bank has taken the payment back, or the shop's money with others.
        "refund.not_refundable" | "refund.merchant_short" | "refund.exceeds_payment" => return Ok(()),
        _ => return Err(answer.unexpected(route)),
    }
    let refund = Refunded { payment: id, minor: half };
    world().refunds.insert(text(&answer.body, "/id")?, refund);
    Ok(())
}

/// Has some of what is available paid out to the card of the shop's owner.
async fn pay_out(user: &mut GooseUser, number: u64) -> Result<(), Wrong> {
    let place = usize::try_from(number / PAYOUT_EVERY).unwrap_or_default() % world().shops.len().max(1);
    let shop = shop_at(place)?;
    let token = Some(shop.api_key.as_str());
    let path = Some(format!("/v1/merchants/{}/balances", shop.id));
    let balances =
        call(user, Call { route: "GET /v1/merchants/{id}/balances", path, token, ..Call::default() }).await?;
    let rows = balances["data"].as_array();
    let row =
        rows.and_then(|rows| rows.iter().find(|row| row["kind"] == "available" && row["currency"] == "CNY"));
    let available = row.and_then(|row| minor(row["available"].as_str()?)).unwrap_or_default();
    if available == 0 {
        return Ok(());
    }
    let route = "POST /v1/merchants/{id}/payouts";
    let paid_out = available.min(PAYOUT_MINOR_MAX);
    let mut body = json!({"amount": amount(paid_out), "bank_card": shop.card});
    let tap = Tap::of(number);
    if tap == Tap::LostOtherKey {
        body["client_ref"] = json!(format!("out-{number}"));
    }
    let answer = ask(
        user,
        Call {
            route,
            path: Some(format!("/v1/merchants/{}/payouts", shop.id)),
            token,
            key: Some(format!("payout-{number}")),
            body: Some(body),
            tap,
            ..Call::default()
        },
    )
    .await?;
    match answer.code() {
        _ if answer.is_success() => {}
        // Others had it paid out in this moment, or the bank is not asked now.
        "balance.insufficient" | "source.unavailable" => return Ok(()),
        _ => return Err(answer.unexpected(route)),
    }
    world().payouts.insert(text(&answer.body, "/id")?, paid_out);
    Ok(())
}
