//! What people and shops do.

use crate::wire::{Call, Wrong, amount, call, text, wrong};
use crate::world::{Account, Paid, Shop, world};
use goose::goose::{GooseUser, TransactionResult};
use serde_json::{Value, json};
use std::hash::{BuildHasher as _, RandomState};

const PASSWORD: &str = "grey-kettle-tram-41";
/// The simulated bank's card that always works.
const CARD_NUMBER: &str = "6222000000001114";
/// What each person tops up, in minor units: enough for every round there can be.
const TOP_UP_MINOR: i64 = 100_000_000;
/// One payment of so many is tapped twice.
const TWICE_EVERY: u64 = 4;

/// A person who has logged in, with a card and some money.
#[derive(Debug, Clone)]
struct Person {
    place: usize,
    token: String,
    card: String,
}

/// Makes a login that is new in this database: other runs may have loaded it before.
fn new_login() -> String {
    // Every hasher of the standard library has random keys.
    format!("p{:016x}@example.com", RandomState::new().hash_one(world().next_number()))
}

async fn log_in(user: &mut GooseUser) -> Result<String, Wrong> {
    let login = new_login();
    let body = json!({"login": login, "password": PASSWORD, "display_name": "Li Wei"});
    call(user, Call { route: "POST /v1/users", body: Some(body), ..Call::default() }).await?;
    let body = json!({"login": login, "password": PASSWORD});
    let session =
        call(user, Call { route: "POST /v1/sessions", body: Some(body), ..Call::default() }).await?;
    text(&session, "/token")
}

/// Opens the shops, before anybody comes.
pub(crate) async fn open_shops(user: &mut GooseUser) -> TransactionResult {
    if let Err(error) = try_open_shops(user).await {
        world().failures.push(format!("the shops cannot be opened: {error}"));
    }
    world().begin();
    Ok(())
}

async fn try_open_shops(user: &mut GooseUser) -> Result<(), Wrong> {
    let token = log_in(user).await?;
    let wanted = world().shops_wanted;
    for number in 1..=wanted {
        let body = json!({"name": format!("Tea House {number}")});
        let new =
            Call { route: "POST /v1/merchants", token: Some(&token), body: Some(body), ..Call::default() };
        let shop = call(user, new).await?;
        let shop = Shop { id: text(&shop, "/id")?, api_key: text(&shop, "/api_key")? };
        world().shops.push(shop);
    }
    Ok(())
}

/// A person comes: registers, logs in, links a card, tops up.
pub(crate) async fn register(user: &mut GooseUser) -> TransactionResult {
    let token = log_in(user).await?;
    let me = Some(token.as_str());
    let body = json!({"bank": "simbank", "number": CARD_NUMBER, "holder_name": "Li Wei"});
    let link = Call { route: "POST /v1/me/bank-cards", token: me, body: Some(body), ..Call::default() };
    let card = text(&call(user, link).await?, "/id")?;
    let confirm = Call {
        route: "POST /v1/me/bank-cards/{id}/confirm",
        path: Some(format!("/v1/me/bank-cards/{card}/confirm")),
        token: me,
        body: Some(json!({"code": "123456"})),
        ..Call::default()
    };
    call(user, confirm).await?;
    let top_up = Call {
        route: "POST /v1/top-ups",
        token: me,
        key: Some(format!("top-up-{}", world().next_number())),
        body: Some(json!({"amount": amount(TOP_UP_MINOR), "bank_card": card})),
        ..Call::default()
    };
    let top_up = call(user, top_up).await?;
    until_succeeded(user, "GET /v1/top-ups/{id}", top_up, me).await?;
    let place = {
        let mut world = world();
        world.accounts.push(Account { token: token.clone(), balance_minor: TOP_UP_MINOR });
        world.accounts.len() - 1
    };
    user.set_session_data(Person { place, token, card });
    Ok(())
}

/// Waits for an object until it is final, and demands that it succeeded.
pub(crate) async fn until_succeeded(
    user: &mut GooseUser,
    route: &'static str,
    mut object: Value,
    token: Option<&str>,
) -> Result<(), Wrong> {
    let id = text(&object, "/id")?;
    for _ in 0..10 {
        match object["status"].as_str() {
            Some("succeeded") => return Ok(()),
            Some("processing" | "unknown" | "sent") => {}
            status => return Err(wrong(format!("{id} is {status:?}"))),
        }
        let path = Some(format!("{}?wait=5", route.trim_start_matches("GET ").replace("{id}", &id)));
        object = call(user, Call { route, path, token, ..Call::default() }).await?;
    }
    Err(wrong(format!("{id} is not final after 50 s")))
}

/// A person pays an order from their balance.
pub(crate) async fn pay_from_balance(user: &mut GooseUser) -> TransactionResult {
    let person = person(user)?;
    pay(user, &person, json!({"type": "balance"})).await
}

/// A person pays an order from their card.
pub(crate) async fn pay_from_card(user: &mut GooseUser) -> TransactionResult {
    let person = person(user)?;
    let source = json!({"type": "bank_card", "id": person.card});
    pay(user, &person, source).await
}

fn person(user: &GooseUser) -> Result<Person, Wrong> {
    user.get_session_data::<Person>().cloned().ok_or_else(|| wrong("this person could not register"))
}

/// A shop makes an order, and the person scans it, looks at it, and pays.
async fn pay(user: &mut GooseUser, person: &Person, source: Value) -> Result<(), Wrong> {
    let (number, shop) = {
        let mut world = world();
        let number = world.next_number();
        let place = usize::try_from(number).unwrap_or_default() % world.shops.len().max(1);
        (number, world.shops.get(place).cloned().ok_or_else(|| wrong("there are no shops"))?)
    };
    let minor = 100 + i64::try_from(number % 900).unwrap_or_default();
    let order = Call {
        route: "POST /v1/orders",
        token: Some(&shop.api_key),
        body: Some(json!({
            "merchant_order_no": format!("A-{number}"), "amount": amount(minor), "description": "Oolong",
        })),
        ..Call::default()
    };
    let order = call(user, order).await?;
    let (order, qr) = (text(&order, "/id")?, text(&order, "/qr")?);
    let me = Some(person.token.as_str());
    let resolve =
        Call { route: "POST /v1/resolve", token: me, body: Some(json!({"qr": qr})), ..Call::default() };
    let seen = call(user, resolve).await?;
    let payment = Call {
        route: "POST /v1/payments",
        token: me,
        key: Some(format!("pay-{number}")),
        body: Some(json!({
            "qr": qr, "source": source, "expect": {"amount": seen["amount"], "payee": seen["payee"]["id"]},
        })),
        twice: number.is_multiple_of(TWICE_EVERY),
        ..Call::default()
    };
    let payment = call(user, payment).await?;
    let id = text(&payment, "/id")?;
    until_succeeded(user, "GET /v1/payments/{id}", payment, me).await?;
    let from_balance = source["type"] == "balance";
    let paid = Paid { payment: id, order, minor, shop, payer: person.place, from_balance };
    let mut world = world();
    if from_balance && let Some(account) = world.accounts.get_mut(person.place) {
        account.balance_minor -= minor;
    }
    world.refundable.push_back(paid.clone());
    world.paid.push(paid);
    Ok(())
}

/// A shop gives back half of the oldest payment that it can.
pub(crate) async fn refund(user: &mut GooseUser) -> TransactionResult {
    let Some(paid) = world().refundable.pop_front() else { return Ok(()) };
    let half = paid.minor / 2;
    let refund = Call {
        route: "POST /v1/payments/{id}/refunds",
        path: Some(format!("/v1/payments/{}/refunds", paid.payment)),
        token: Some(&paid.shop.api_key),
        key: Some(format!("refund-{}", world().next_number())),
        body: Some(json!({"amount": amount(half), "reason": "Half of it was spilt"})),
        ..Call::default()
    };
    let refund = text(&call(user, refund).await?, "/id")?;
    let mut world = world();
    if paid.from_balance
        && let Some(account) = world.accounts.get_mut(paid.payer)
    {
        account.balance_minor += half;
    }
    world.refunds.push((refund, paid.shop));
    Ok(())
}
