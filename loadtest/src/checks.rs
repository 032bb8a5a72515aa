//! When the load is over: everything that was acknowledged is there, and every balance is what it must be.

use crate::scenario::until_succeeded;
use crate::wire::{Call, Wrong, call, text, wrong};
use crate::world::{Account, Paid, Shop, world};
use goose::goose::{GooseUser, TransactionResult};
use serde_json::{Value, json};

/// Waits until everything is final, and checks it.
pub(crate) async fn settle_and_check(user: &mut GooseUser) -> TransactionResult {
    let (paid, refunds, accounts) = {
        let mut world = world();
        world.end();
        (world.paid.clone(), world.refunds.clone(), world.accounts.clone())
    };
    for (refund, shop) in &refunds {
        keep(refund, check_refund(user, refund, shop).await);
    }
    for paid in &paid {
        keep(&paid.payment, check_payment(user, paid).await);
    }
    for (place, account) in accounts.iter().enumerate() {
        keep(&format!("person {place}"), check_balance(user, account).await);
    }
    let counts = format!("{} payments, {} refunds, {} balances", paid.len(), refunds.len(), accounts.len());
    crate::report::line(&format!("checked: {counts}"));
    if paid.is_empty() || refunds.is_empty() {
        world().failures.push(format!("a run without payments or refunds shows nothing: {counts}"));
    }
    Ok(())
}

fn keep(what: &str, outcome: Result<(), Wrong>) {
    if let Err(error) = outcome {
        world().failures.push(format!("{what}: {error}"));
    }
}

async fn check_refund(user: &mut GooseUser, id: &str, shop: &Shop) -> Result<(), Wrong> {
    let begun = json!({"id": id, "status": "processing"});
    until_succeeded(user, "GET /v1/refunds/{id}", begun, Some(&shop.api_key)).await
}

/// The order says that it is paid, and by this payment.
async fn check_payment(user: &mut GooseUser, paid: &Paid) -> Result<(), Wrong> {
    let path = Some(format!("/v1/orders/{}", paid.order));
    let token = Some(paid.shop.api_key.as_str());
    let order = call(user, Call { route: "GET /v1/orders/{id}", path, token, ..Call::default() }).await?;
    let says = [&order["status"], &order["payment"], &order["payee"]["id"]];
    if says != ["paid", &paid.payment, &paid.shop.id] {
        return Err(wrong(format!("its order {} says otherwise: {says:?}", paid.order)));
    }
    Ok(())
}

async fn check_balance(user: &mut GooseUser, account: &Account) -> Result<(), Wrong> {
    let get = Call { route: "GET /v1/me/balances", token: Some(&account.token), ..Call::default() };
    let balances = call(user, get).await?;
    let is_cny = |row: &&Value| row["currency"] == "CNY";
    let row = balances["data"].as_array().and_then(|rows| rows.iter().find(is_cny)).cloned();
    let available = text(&row.unwrap_or_default(), "/available")?;
    let minor = available.replace('.', "").parse::<i64>().map_err(|error| wrong(error.to_string()))?;
    if minor != account.balance_minor {
        return Err(wrong(format!("has {minor} fen, and must have {}", account.balance_minor)));
    }
    Ok(())
}
