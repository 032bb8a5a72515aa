//! Single cases that once went wrong, or that random histories do not reach.

use crate::world::{Mood, World, cny};
use makegood_auth::StaffRole;
use makegood_banking::{Answer, CardRefusal, HolderCheck};
use makegood_base::{BankCardId, PaymentId};
use makegood_payments::{PaymentStatus, Source};
use makegood_wallet::{
    Action, Caller, ClaimedTransfer, Expectation, NewOrder, NewPayment, PayeeId, Query, Reply,
};

pub fn body(reply: &Reply) -> serde_json::Value {
    serde_json::from_slice(&reply.body).unwrap()
}

fn order(world: &mut World, minor: i64) -> makegood_base::OrderId {
    let key = world.merchants[0].1;
    let new = NewOrder {
        merchant: None,
        merchant_order_no: world.orders.len().to_string(),
        amount: cny(minor),
        description: String::new(),
        expires_in_s: None,
        accepts: None,
    };
    let reply = world.run(key, Action::CreateOrder(new));
    world.note(&reply);
    *world.orders.last().unwrap()
}

pub fn pay(world: &mut World, minor: i64, source: Source, client_ref: Option<&str>) -> Reply {
    let order = match client_ref.and(world.orders.last()) {
        Some(known) => *known,
        None => order(world, minor),
    };
    let (merchant, _) = world.merchants[0];
    let expect = Some(Expectation { amount: cny(minor), payee: PayeeId::Merchant(merchant) });
    let client_ref = client_ref.map(str::to_owned);
    let caller = world.users[0].1;
    let reply = world
        .run(caller, Action::CreatePayment(NewPayment { order, source, expect, amount: None, client_ref }));
    world.note(&reply);
    reply
}

pub fn card(world: &World) -> Source {
    Source::BankCard { id: world.users[0].2 }
}

pub fn payment(world: &World, id: PaymentId) -> makegood_payments::Payment {
    world.facts.payments.peek(&id).unwrap().clone()
}

#[test]
fn a_login_is_a_users_or_a_staff_members_and_never_both() {
    let mut world = World::new(1, 1);
    let user = |login: &str| Action::RegisterUser {
        login: login.to_owned(),
        display_name: "X".to_owned(),
        password_hash: "hash".to_owned(),
    };
    let staff = |login: &str| Action::AddStaff {
        login: login.to_owned(),
        password_hash: "hash".to_owned(),
        role: StaffRole::Support,
    };
    assert_eq!(world.run(Caller::Operator, staff("boss@example.com")).status, 201);
    assert_eq!(world.run(Caller::Anonymous, user("boss@example.com")).status, 409);
    assert_eq!(world.run(Caller::Anonymous, user("clerk@example.com")).status, 201);
    assert_eq!(world.run(Caller::Operator, staff("clerk@example.com")).status, 409);
    assert_eq!(world.run(Caller::Anonymous, staff("thief@example.com")).status, 403);
}

#[test]
fn a_declined_payment_is_declined_again_under_its_own_reference() {
    let mut world = World::new(1, 1);
    order(&mut world, 500);
    let first = pay(&mut world, 500, Source::Balance, Some("c1"));
    let again = pay(&mut world, 500, Source::Balance, Some("c1"));
    assert_eq!((first.status, again.status), (402, 402));
    assert_eq!(body(&again)["code"], "balance.insufficient");
    assert_eq!(body(&first)["payment"]["id"], body(&again)["payment"]["id"]);
}

/// What a merchant does not accept is refused before the ledger is asked, and the trace says so.
#[test]
fn a_source_that_is_not_accepted_never_reaches_the_ledger() {
    let mut world = World::new(1, 1);
    let key = world.merchants[0].1;
    let new = NewOrder {
        merchant: None,
        merchant_order_no: "cards-only".to_owned(),
        amount: cny(500),
        description: String::new(),
        expires_in_s: None,
        accepts: Some(vec![makegood_payments::SourceKind::BankCard]),
    };
    let reply = world.run(key, Action::CreateOrder(new));
    world.note(&reply);
    let declined = pay(&mut world, 500, Source::Balance, Some("c1"));
    assert_eq!((declined.status, &body(&declined)["code"]), (402, &"source.not_accepted".into()));
    assert_eq!(body(&declined)["accepted_sources"], serde_json::json!(["bank_card"]));
    let trace = world.read_trace(world.payments[0]);
    let states: Vec<_> = trace["hops"].as_array().unwrap().iter().map(|hop| hop["state"].clone()).collect();
    assert_eq!(states, ["refused", "not_reached", "not_reached"], "{trace}");
}

/// A bank that says it moved another amount than was asked for: nothing is guessed, and a person has to look.
#[test]
fn another_amount_is_unknown_and_never_safe_to_pay_again() {
    let mut world = World::new(1, 1);
    let source = card(&world);
    assert_eq!(pay(&mut world, 10_000, source, None).status, 202);
    let id = world.payments[0];
    let transfer = payment(&world, id).bank_transfer.unwrap();
    let claimed = world.run(Caller::System, Action::ClaimBankTransfer { bank_transfer: transfer });
    let claimed: ClaimedTransfer = serde_json::from_slice(&claimed.body).unwrap();
    let answer = Answer::Succeeded { bank_reference: "b".to_owned(), amount: cny(9_900) };
    let generation = claimed.claim.unwrap().generation;
    let told =
        world.run(Caller::System, Action::RecordBankAnswer { bank_transfer: transfer, generation, answer });
    assert_eq!(body(&told), "mismatch", "whoever records it is told, to log and count it");
    assert_eq!(payment(&world, id).status, PaymentStatus::Unknown);
    assert_eq!(world.at_bank(makegood_wallet::postings::Kind::Custody), 0, "nothing is posted");

    let key = world.merchants[0].1;
    let cancelled = world.run(key, Action::CancelOrder { order: payment(&world, id).order });
    assert_eq!(cancelled.status, 202);
    assert_eq!(payment(&world, id).status, PaymentStatus::Reversing);
    let view = world.read_payment(id);
    assert_eq!(view["safe_to_pay_again"], false, "{view}");
    assert_eq!(view["next"]["who"], "staff", "{view}");
}

/// The bank refuses a top-up and executes it all the same: it goes back to the card, and the trace shows it.
#[test]
fn a_late_top_up_goes_back_and_is_seen_on_its_way() {
    let mut world = World::new(1, 1);
    let (_, caller, card) = world.users[0];
    let reply = world.run(caller, Action::TopUp { amount: cny(5_000), bank_card: card, client_ref: None });
    world.note(&reply);
    world.collect_transfers();
    let transfer = world.transfers[0];
    let claim = |world: &mut World| {
        let reply = world.run(Caller::System, Action::ClaimBankTransfer { bank_transfer: transfer });
        serde_json::from_slice::<ClaimedTransfer>(&reply.body).unwrap().claim.unwrap()
    };
    let first = claim(&mut world);
    let refusal = makegood_banking::Refusal::Other;
    let record =
        |generation, answer| Action::RecordBankAnswer { bank_transfer: transfer, generation, answer };
    let refused = Answer::Refused { refusal, bank_reference: None };
    world.run(Caller::System, record(first.generation, refused));
    // The answer of the very same turn comes a second time, and is another one.
    let late = Answer::Succeeded { bank_reference: "b".to_owned(), amount: cny(5_000) };
    world.run(Caller::System, record(first.generation, late));
    let row = world.facts.top_ups.peek(&world.top_ups[0]).unwrap().clone();
    let back = row.late_return.unwrap();
    let trace = world.read_top_up_trace(row.id);
    let hops: Vec<_> = trace["hops"].as_array().unwrap().iter().map(|hop| hop["hop"].clone()).collect();
    assert_eq!(hops, ["wallet", "bank", "ledger", "return"], "{trace}");
    assert_eq!(trace["next"]["event"], "give_back", "{trace}");
    world.bank_pool = 5_000;
    world.work(back, Mood::Executes);
    assert_eq!(world.read_top_up_trace(row.id)["next"], serde_json::Value::Null);
    assert_eq!((world.bank_pool, world.at_bank(makegood_wallet::postings::Kind::Custody)), (0, 0));
}

/// Two requests with one right code, at a bank that takes each code once: the one that the bank refuses is answered
/// with the card that the other has made active.
#[test]
fn a_refused_code_of_a_card_that_is_active_by_then_changes_nothing() {
    let mut world = World::new(2, 0);
    let (_, caller, active) = world.users[0];
    let link = Action::LinkBankCard {
        bank: "simbank".to_owned(),
        agreement: "agr_waiting".to_owned(),
        last4: "1114".to_owned(),
        holder_check: HolderCheck::Match,
    };
    let waiting: BankCardId = body(&world.run(caller, link))["id"].as_str().unwrap().parse().unwrap();
    for (bank_card, refusal, status, code) in [
        (Some(active), CardRefusal::WrongCode, 200, ""),
        (Some(waiting), CardRefusal::WrongCode, 422, "card.wrong_code"),
        (Some(waiting), CardRefusal::UnknownAgreement, 409, "card.not_active"),
        (Some(waiting), CardRefusal::NoAnswer, 503, "bank.unavailable"),
        (None, CardRefusal::InvalidNumber, 422, "card.invalid_number"),
    ] {
        let reply = world.run(caller, Action::RefuseBankCard { bank_card, refusal });
        let told = body(&reply)["code"].as_str().unwrap_or_default().to_owned();
        assert_eq!((reply.status, told.as_str()), (status, code), "{bank_card:?} {refusal:?}");
    }
    let refused = Action::RefuseBankCard { bank_card: Some(active), refusal: CardRefusal::WrongCode };
    assert_eq!(world.run(Caller::Anonymous, refused.clone()).status, 401);
    assert_eq!(world.run(world.users[1].1, refused).status, 404);
}

/// A server that was told of another bank than the one it began with.
#[test]
fn nothing_is_asked_of_a_bank_that_is_not_configured() {
    let mut world = World::new(1, 1);
    let (_, caller, bank_card) = world.users[0];
    let source = card(&world);
    pay(&mut world, 10_000, source, None);
    let paid = world.payments[0];
    world.work(payment(&world, paid).bank_transfer.unwrap(), Mood::Executes);
    let waiting = order(&mut world, 500);
    let started = NewPayment { order: waiting, source, expect: None, amount: None, client_ref: None };
    let started = world.run(caller, Action::CreatePayment(started));
    world.note(&started);
    world.settings.banks = vec!["testbank".to_owned()];
    let expect = Expectation { amount: cny(500), payee: PayeeId::Merchant(world.merchants[0].0) };
    let confirm = Action::ConfirmPayment { payment: world.payments[1], expect };
    let top_up = Action::TopUp { amount: cny(500), bank_card, client_ref: Some("t-1".to_owned()) };
    for (name, reply) in [
        ("top-up", world.run(caller, top_up.clone())),
        ("payment", pay(&mut world, 500, source, None)),
        ("confirmation", world.run(caller, confirm.clone())),
    ] {
        assert_eq!((reply.status, body(&reply)["code"].as_str()), (503, Some("bank.unavailable")), "{name}");
    }
    world.collect_transfers();
    assert_eq!(world.transfers.len(), 1, "only the first payment has come to a bank");
    // A refund is owed: it is taken from the merchant, and sent when its bank is there again.
    let refund =
        Action::Refund { payment: paid, amount: None, reason: String::new(), merchant_refund_no: None };
    assert_eq!(world.run(world.merchants[0].1, refund).status, 202);
    world.settings.banks.push("simbank".to_owned());
    assert_eq!(world.run(caller, top_up).status, 202, "under the same reference");
    assert_eq!(world.run(caller, confirm).status, 202);
}

/// Which card a payer has, and what a bank says of it, is not the merchant's to know.
#[test]
fn a_merchant_reads_of_a_refund_what_is_its_own() {
    let mut world = World::new(1, 1);
    let source = card(&world);
    pay(&mut world, 10_000, source, None);
    let id = world.payments[0];
    world.work(payment(&world, id).bank_transfer.unwrap(), Mood::Executes);
    let key = world.merchants[0].1;
    let refund =
        Action::Refund { payment: id, amount: None, reason: String::new(), merchant_refund_no: None };
    let reply = world.run(key, refund);
    world.note(&reply);
    world.collect_transfers();
    let back = world.facts.refunds.peek(&world.refunds[0]).unwrap().bank_transfer.unwrap();
    world.work(back, Mood::Refuses);
    let (merchants, payers) = (world.read_refund(key), world.read_refund(world.users[0].1));
    assert_eq!(payers["failure"], "bank.insufficient_funds");
    assert_eq!(payers["destination"], "simbank •••• 1114");
    assert_eq!(merchants["destination"], "bank_card");
    assert!(merchants["failure"].is_null() && merchants["bank_reference"].is_null(), "{merchants}");
    assert_eq!(merchants["next"]["who"], "staff");
    for refund in [&merchants, &payers] {
        assert_eq!(refund["within_normal_window"], false, "the bank has refused it: {refund}");
    }
    assert!(reply.body.starts_with(br#"{"id":"rfd_"#), "an object begins with its id");
    let trace = Query::RefundTrace(world.refunds[0]);
    let seen = |caller, hop: usize| world.read(&trace, caller)["hops"][hop]["reference"].clone();
    for (hop, name) in [(2, "bank"), (3, "payer")] {
        assert!(seen(world.users[0].1, hop).is_string() && seen(key, hop).is_null(), "{name}");
    }
}
