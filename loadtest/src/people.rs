//! What people do: they register, link a card, top up, pay orders from their balance and their card, and withdraw.

use crate::plan::Paces;
use crate::shops::{cancel_at_the_till, new_order, order_now};
use crate::waiting::{is_open, wait_for};
use crate::wire::{Answer, Call, Tap, Wrong, amount, ask, call, text, wrong};
use crate::world::{Account, FROM_BALANCE, Paid, world};
use goose::goose::{GooseUser, TransactionResult};
use serde_json::{Value, json};
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

const PASSWORD: &str = "grey-kettle-tram-41";
/// The simulated bank's card that always works, so that all that goes wrong is what the bank was told to do wrong.
const CARD_NUMBER: &str = "6222000000001114";
/// What each person tops up when they come, in minor units: enough for an hour.
const FIRST_TOP_UP_MINOR: i64 = 2_000_000;
const TOP_UP_MINOR: i64 = 20_000;
/// For how long somebody tries to link a card whose bank does not answer, and how often.
const LINK_MAX: Duration = Duration::from_secs(90);
const LINK_PAUSE: Duration = Duration::from_secs(1);
/// One of so many whose card is declined goes away; the others pay the same order from their balance.
const GOES_AWAY_EVERY: u64 = 3;
/// How often somebody tries to bring their first money in.
const FIRST_TRIES: u32 = 4;

/// A person who has logged in, with a card.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Their place among the accounts.
    pub(crate) place: usize,
    pub(crate) token: String,
    pub(crate) card: String,
    /// When they do something next.
    next_at: Instant,
}

/// The paces of this run.
pub(crate) fn paces() -> Result<Paces, Wrong> {
    world().plan.as_ref().map(|plan| plan.paces).ok_or_else(|| wrong("there is no plan"))
}

/// Registers somebody new, logs them in, and answers with their token.
pub(crate) async fn log_in(user: &mut GooseUser) -> Result<String, Wrong> {
    // Every hasher of the standard library has random keys: other runs may have loaded this database before.
    let login = format!("p{:016x}@example.com", RandomState::new().hash_one(world().next_number()));
    let body = json!({"login": login, "password": PASSWORD, "display_name": "Li Wei"});
    call(user, Call { route: "POST /v1/users", body: Some(body), ..Call::default() }).await?;
    let body = json!({"login": login, "password": PASSWORD});
    let session =
        call(user, Call { route: "POST /v1/sessions", body: Some(body), ..Call::default() }).await?;
    text(&session, "/token")
}

/// Links a card, and confirms it: again and again while its bank does not answer.
pub(crate) async fn link_card(user: &mut GooseUser, token: &str) -> Result<String, Wrong> {
    let bank = world().bank.clone();
    let body = json!({"bank": bank, "number": CARD_NUMBER, "holder_name": "Li Wei"});
    let card = ask_bank(user, token, "POST /v1/me/bank-cards", None, &body).await?;
    let card = text(&card, "/id")?;
    let path = format!("/v1/me/bank-cards/{card}/confirm");
    let body = json!({"code": "123456"});
    ask_bank(user, token, "POST /v1/me/bank-cards/{id}/confirm", Some(path), &body).await?;
    Ok(card)
}

/// Makes a request that a bank is asked for, until the bank answers.
async fn ask_bank(
    user: &mut GooseUser,
    token: &str,
    route: &'static str,
    path: Option<String>,
    body: &Value,
) -> Result<Value, Wrong> {
    let began = Instant::now();
    loop {
        let (path, body) = (path.clone(), Some(body.clone()));
        let answer = ask(user, Call { route, path, token: Some(token), body, ..Call::default() }).await?;
        if answer.is_success() {
            return Ok(answer.body);
        }
        if answer.code() != "bank.unavailable" || began.elapsed() > LINK_MAX {
            return Err(answer.unexpected(route));
        }
        tokio::time::sleep(LINK_PAUSE).await;
    }
}

/// A person comes: registers, logs in, links a card, tops up.
pub(crate) async fn join(user: &mut GooseUser) -> TransactionResult {
    let token = log_in(user).await?;
    let card = link_card(user, &token).await?;
    let place = {
        let mut world = world();
        world.accounts.push(Account { token: token.clone(), ..Account::default() });
        world.accounts.len() - 1
    };
    let person = Person { place, token, card, next_at: Instant::now() };
    user.set_session_data(person.clone());
    for _ in 0..FIRST_TRIES {
        if top_up(user, &person, FIRST_TOP_UP_MINOR).await? {
            break;
        }
    }
    Ok(())
}

/// Waits until it is the person's turn again. Who was kept waiting goes on at once.
pub(crate) async fn turn(user: &mut GooseUser, every: Duration) -> Result<Person, Wrong> {
    let Some(person) = user.get_session_data_mut::<Person>() else {
        // They come again and again, and each time it is told.
        tokio::time::sleep(every).await;
        return Err(wrong("this person could not register"));
    };
    let now = Instant::now();
    let due = person.next_at;
    person.next_at = due.max(now) + every;
    let person = person.clone();
    tokio::time::sleep_until(due.into()).await;
    Ok(person)
}

/// A person pays an order from their balance.
pub(crate) async fn pay_from_balance(user: &mut GooseUser) -> TransactionResult {
    let paces = paces()?;
    let person = turn(user, paces.balance).await?;
    pay(user, &person, true, paces.balance).await
}

/// A person pays an order from their card.
pub(crate) async fn pay_from_card(user: &mut GooseUser) -> TransactionResult {
    let paces = paces()?;
    let person = turn(user, paces.card).await?;
    pay(user, &person, false, paces.card).await
}

/// A person tops up, or withdraws.
pub(crate) async fn move_money(user: &mut GooseUser) -> TransactionResult {
    let paces = paces()?;
    let person = turn(user, paces.mover).await?;
    if world().next_number().is_multiple_of(2) {
        withdraw(user, &person).await
    } else {
        top_up(user, &person, TOP_UP_MINOR).await.map(drop)
    }
}

/// A shop makes an order, and the person scans it, looks at it, and pays.
async fn pay(
    user: &mut GooseUser,
    person: &Person,
    from_balance: bool,
    every: Duration,
) -> Result<(), Wrong> {
    let number = world().next_number();
    let order = new_order(user, number, every).await?;
    let me = Some(person.token.as_str());
    let body = Some(json!({"qr": order.qr}));
    let resolve = Call { route: "POST /v1/resolve", token: me, body, every: Some(every), ..Call::default() };
    let seen = call(user, resolve).await?;
    let expect = json!({"amount": seen["amount"], "payee": seen["payee"]["id"]});
    let mut from_balance = from_balance;
    let mut tap = Tap::of(number);
    for attempt in 0..3 {
        let source = match from_balance {
            true => json!({"type": "balance"}),
            false => json!({"type": "bank_card", "id": person.card}),
        };
        let payment = Call {
            route: "POST /v1/payments",
            kind: Some(if from_balance { FROM_BALANCE } else { "POST /v1/payments, from a card" }),
            token: me,
            key: Some(format!("pay-{number}-{attempt}")),
            body: Some(json!({"qr": order.qr, "source": source, "expect": expect})),
            tap,
            every: Some(every),
            ..Call::default()
        };
        let answer = ask(user, payment).await?;
        // The bank is not asked now: the answer names the balance as another way.
        if answer.code() == "source.unavailable" && !from_balance {
            (from_balance, tap) = (true, Tap::Once);
            continue;
        }
        let paid = Paid {
            order: order.id.clone(),
            minor: order.minor,
            shop: order.shop,
            payer: person.place,
            from_balance,
            succeeded: false,
        };
        let is_declined = follow(user, person, paid, &answer).await?;
        if !is_declined || from_balance || number.is_multiple_of(GOES_AWAY_EVERY) {
            return Ok(());
        }
        // The same order again, in a way that needs no bank; which may take the money for the first after all.
        (from_balance, tap) = (true, Tap::Once);
    }
    Ok(())
}

/// Takes in what a payment was answered with, and follows it until it is final or the person's patience is at its end.
/// Whether the bank declined it, so that its order can be paid in another way.
async fn follow(
    user: &mut GooseUser,
    person: &Person,
    mut paid: Paid,
    answer: &Answer,
) -> Result<bool, Wrong> {
    let (id, mut status) = match answer.code() {
        _ if answer.is_success() => (text(&answer.body, "/id")?, text(&answer.body, "/status")?),
        "balance.insufficient" => return top_up(user, person, TOP_UP_MINOR).await.map(|_| false),
        // Under the first key it has begun, or is done already: the order says so.
        "order.already_paid" | "payment.attempt_open" => {
            let order = order_now(user, &paid).await?;
            let status = if order["status"] == "paid" { "succeeded" } else { "processing" };
            (text(&order, "/payment")?, status.to_owned())
        }
        // A decline, perhaps one that the bank had given under the first key.
        code if code.starts_with("bank.") && answer.status == 402 => return Ok(true),
        _ => return Err(answer.unexpected("POST /v1/payments")),
    };
    paid.succeeded = status == "succeeded";
    world().paid.insert(id.clone(), paid.clone());
    if is_open(&status) {
        status = wait_for(user, "GET /v1/payments/{id}", &id, &person.token).await?;
    }
    if is_open(&status) {
        return cancel_at_the_till(user, &paid).await.map(|()| false);
    }
    let mut world = world();
    if status == "succeeded" {
        world.refundable.push_back(id.clone());
        world.paid.entry(id).and_modify(|paid| paid.succeeded = true);
    }
    Ok(status == "failed")
}

/// Asks for money in or out: who asks with another key says the same reference.
async fn ask_for_money(
    user: &mut GooseUser,
    person: &Person,
    route: &'static str,
    minor: i64,
) -> Result<Answer, Wrong> {
    let number = world().next_number();
    let tap = Tap::of(number);
    let mut body = json!({"amount": amount(minor), "bank_card": person.card});
    if tap == Tap::LostOtherKey {
        body["client_ref"] = json!(format!("ref-{number}"));
    }
    let key = Some(format!("money-{number}"));
    let (token, body) = (Some(person.token.as_str()), Some(body));
    let every = world().plan.as_ref().map(|plan| plan.paces.mover);
    ask(user, Call { route, token, key, body, tap, every, ..Call::default() }).await
}

/// A person tops up. Whether the money is there.
async fn top_up(user: &mut GooseUser, person: &Person, minor: i64) -> Result<bool, Wrong> {
    let route = "POST /v1/top-ups";
    let answer = ask_for_money(user, person, route, minor).await?;
    if answer.code() == "source.unavailable" {
        return Ok(false);
    }
    if !answer.is_success() {
        return Err(answer.unexpected(route));
    }
    let id = text(&answer.body, "/id")?;
    if let Some(account) = world().accounts.get_mut(person.place) {
        account.top_ups.insert(id.clone(), minor);
    }
    let succeeded = wait_for(user, "GET /v1/top-ups/{id}", &id, &person.token).await? == "succeeded";
    if succeeded && let Some(account) = world().accounts.get_mut(person.place) {
        account.topped_up.insert(id);
    }
    Ok(succeeded)
}

/// A person withdraws; some take it back at once, if they are fast enough.
async fn withdraw(user: &mut GooseUser, person: &Person) -> Result<(), Wrong> {
    let route = "POST /v1/withdrawals";
    let number = world().next_number();
    let minor = 100 + i64::try_from(number % 400).unwrap_or_default();
    let answer = ask_for_money(user, person, route, minor).await?;
    match answer.code() {
        _ if answer.is_success() => {}
        "balance.insufficient" | "source.unavailable" => return Ok(()),
        _ => return Err(answer.unexpected(route)),
    }
    let id = text(&answer.body, "/id")?;
    if let Some(account) = world().accounts.get_mut(person.place) {
        account.withdrawals.insert(id.clone(), minor);
    }
    if number.is_multiple_of(4) {
        let route = "POST /v1/withdrawals/{id}/cancel";
        let (path, key) = (Some(format!("/v1/withdrawals/{id}/cancel")), Some(format!("back-{number}")));
        let body = Some(Value::Object(serde_json::Map::new()));
        let token = Some(person.token.as_str());
        let answer = ask(user, Call { route, path, token, key, body, ..Call::default() }).await?;
        if !answer.is_success() && answer.code() != "withdrawal.not_cancellable" {
            return Err(answer.unexpected(route));
        }
        return Ok(());
    }
    wait_for(user, "GET /v1/withdrawals/{id}", &id, &person.token).await.map(drop)
}
