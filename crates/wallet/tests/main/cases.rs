//! Single cases that once went wrong, or that random histories do not reach.

use crate::world::{Mood, World, cny};
use makegood_auth::StaffRole;
use makegood_banking::Answer;
use makegood_base::PaymentId;
use makegood_payments::{PaymentStatus, Source};
use makegood_wallet::texts::Language;
use makegood_wallet::{
    Action, Caller, ClaimedTransfer, Expectation, NewOrder, NewPayment, PayeeId, Query, Reply,
};
use serde_json::json;

fn body(reply: &Reply) -> serde_json::Value {
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

fn pay(world: &mut World, minor: i64, source: Source, client_ref: Option<&str>) -> Reply {
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

fn card(world: &World) -> Source {
    Source::BankCard { id: world.users[0].2 }
}

fn payment(world: &World, id: PaymentId) -> makegood_payments::Payment {
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

/// What a bank refuses after the answer was given is told as what is refused at once, to each in their role and
/// their language.
#[test]
fn a_card_that_is_refused_later_is_declined_as_at_once() {
    let mut world = World::new(1, 1);
    let source = card(&world);
    pay(&mut world, 10_000, source, None);
    let id = world.payments[0];
    world.work(payment(&world, id).bank_transfer.unwrap(), Mood::Refuses);
    let staff = world.staff();
    let (payer, key) = (world.users[0].1, world.merchants[0].1);
    let english = "The payment failed. The payee has received nothing.";
    let reason = format!("{english} Reason: Not enough money on the card (bank.insufficient_funds).");
    let code = "bank.insufficient_funds";
    for (caller, language, code, title, roles, summary) in [
        (payer, Language::English, code, "Not enough money on the card", vec!["payer"], &*reason),
        (
            payer,
            Language::Chinese,
            code,
            "银行卡余额不足",
            vec!["payer"],
            "付款失败，收款方没有收到款项。原因：银行卡余额不足（bank.insufficient_funds）。",
        ),
        (key, Language::English, "declined", "The payment was declined", vec!["merchant"], english),
        (
            staff,
            Language::English,
            code,
            "Not enough money on the card",
            vec!["payer", "merchant", "staff"],
            &*reason,
        ),
    ] {
        let seen = world.read_in(language, &Query::Payment(id), caller);
        let decline = &seen["decline"];
        assert_eq!((&decline["code"], &decline["title"]), (&json!(code), &json!(title)), "{seen}");
        assert_eq!(decline["locale"], language.tag());
        let told = decline["remedies"].as_array().unwrap().iter().map(|remedy| remedy["role"].clone());
        assert_eq!(told.collect::<Vec<_>>(), roles, "{seen}");
        assert_eq!(decline["cause"].is_null(), code == "declined");
        assert_eq!((&seen["safe_to_pay_again"], &seen["summary"]), (&json!(true), &json!(summary)));
        let trace = world.read_in(language, &Query::PaymentTrace(id), caller);
        let hop = &trace["hops"][1];
        assert_eq!((&hop["state"], &hop["code"]), (&json!("refused"), &json!(code)), "{trace}");
        assert_eq!(trace["summary"], summary);
        assert_eq!((&trace["id"], &trace["livemode"]), (&json!(id), &json!(false)));
        // Not even by the way does a merchant learn why.
        let whole = format!("{seen}{trace}");
        assert_eq!(whole.contains("insufficient"), code != "declined", "{whole}");
    }
    let decline = &world.read_payment(id)["decline"];
    assert_eq!(decline["help_url"], "/docs/errors#bank.insufficient_funds");
    assert_eq!((&decline["cause"], &decline["retryable"]), (&json!("bank"), &json!(false)));
}

/// The order is cancelled while the bank is silent, and the bank has taken the money: the order and the trace say
/// when it is back, and then that it went both ways, and when.
#[test]
fn money_that_came_and_went_back_is_told_with_both_times() {
    let mut world = World::new(1, 1);
    let source = card(&world);
    pay(&mut world, 10_000, source, None);
    let id = world.payments[0];
    let transfer = payment(&world, id).bank_transfer.unwrap();
    world.work(transfer, Mood::ExecutesSilently);
    let (order, key) = (payment(&world, id).order, world.merchants[0].1);
    let cancelled = world.run(key, Action::CancelOrder { order });
    assert_eq!(cancelled.status, 202);
    let told = body(&cancelled);
    assert_eq!((&told["status"], &told["next"]["event"]), (&json!("cancelled"), &json!("enquiry")));
    assert_eq!(told["expected_by"], told["next"]["by"]);

    world.advance(std::time::Duration::from_secs(1_000));
    let taken_at = world.now;
    world.work(transfer, Mood::Executes);
    let read_order = Query::Order { id: order, presented: false };
    assert_eq!(world.read(&read_order, key)["next"]["event"], "give_back");
    world.collect_transfers();
    let back = *world.transfers.iter().find(|other| **other != transfer).unwrap();
    world.advance(std::time::Duration::from_secs(60));
    let returned_at = world.now;
    world.work(back, Mood::Executes);
    let trace = world.read_trace(id);
    let hops: Vec<_> =
        trace["hops"].as_array().unwrap().iter().map(|hop| (hop["hop"].clone(), hop["at"].clone())).collect();
    assert_eq!(
        &hops[2..],
        [
            (json!("ledger"), json!(taken_at)),
            (json!("payee"), json!(null)),
            (json!("return"), json!(returned_at)),
        ]
    );
    assert!(trace["hops"][2]["reference"].as_str().unwrap().starts_with("txn_"), "{trace}");
    let over = "The bank took the money when it was too late, and it has been given back.";
    assert_eq!((&trace["summary"], &trace["next"]), (&json!(over), &json!(null)));
    assert!(world.read(&read_order, key)["next"].is_null());
}

/// Payer and merchant are told the same changes, each in their own words; nobody else is.
#[test]
fn a_payer_is_told_of_their_own_payments_and_refunds() {
    let mut world = World::new(2, 1);
    let (source, key) = (card(&world), world.merchants[0].1);
    for mood in [Mood::Executes, Mood::Refuses, Mood::ExecutesSilently] {
        pay(&mut world, 10_000, source, None);
        let id = *world.payments.last().unwrap();
        world.work(payment(&world, id).bank_transfer.unwrap(), mood);
    }
    let refund = Action::Refund {
        payment: world.payments[0],
        amount: None,
        reason: String::new(),
        merchant_refund_no: None,
    };
    let refund = world.run(key, refund);
    world.note(&refund);
    let unknown = payment(&world, world.payments[2]);
    world.run(key, Action::CancelOrder { order: unknown.order });
    for mood in [Mood::Executes, Mood::Executes] {
        world.advance(std::time::Duration::from_secs(1_000));
        world.collect_transfers();
        for transfer in world.transfers.clone() {
            world.work(transfer, mood);
        }
    }
    let told = |owner: [u8; 16]| {
        let events = world.facts.changes().events.inserted;
        let kinds = events.iter().filter(|event| event.owner == owner && !event.kind.starts_with("order"));
        let mut kinds: Vec<_> = kinds.map(|event| event.kind.clone()).collect();
        kinds.sort();
        kinds
    };
    let expected = [
        "payment.failed",
        "payment.reversed",
        "payment.succeeded",
        "refund.created",
        "refund.created",
        "refund.succeeded",
        "refund.succeeded",
    ];
    assert_eq!(told(world.users[0].0.raw()), expected);
    assert_eq!(told(world.merchants[0].0.raw()), expected);
    assert_eq!(told(world.users[1].0.raw()), [""; 0]);
    let events = world.facts.changes().events.inserted;
    let body_of = |owner: [u8; 16], kind: &str| {
        let event = events.iter().find(|event| event.owner == owner && event.kind == kind).unwrap();
        serde_json::from_str::<serde_json::Value>(&event.body).unwrap()["data"].clone()
    };
    let (payer, merchant) = (world.users[0].0.raw(), world.merchants[0].0.raw());
    assert_eq!(body_of(payer, "payment.failed")["decline"]["code"], "bank.insufficient_funds");
    assert_eq!(body_of(merchant, "payment.failed")["decline"]["code"], "declined");
    assert_eq!(body_of(payer, "payment.succeeded")["merchant_fee"], json!(null));
    assert_eq!(body_of(merchant, "payment.succeeded")["merchant_fee"]["amount"], "0.60");
}
