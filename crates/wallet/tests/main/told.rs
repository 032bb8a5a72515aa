//! What payer, merchant and staff are told of money that was refused, or that came and went back.

use crate::cases::{body, card, pay, payment};
use crate::world::{Mood, World, cny};
use makegood_banking::{Answer, Refusal};
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, ClaimedTransfer, Query};
use serde_json::json;

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

/// Of a top-up that its bank refused, staff read what they can do, and what everybody else can.
#[test]
fn staff_read_their_own_remedies_of_a_top_up() {
    let mut world = World::new(1, 0);
    let (_, payer, bank_card) = world.users[0];
    let top_up = Action::TopUp { amount: cny(5_000), bank_card, client_ref: None };
    let made = world.run(payer, top_up);
    world.note(&made);
    world.collect_transfers();
    world.work(world.transfers[0], Mood::Refuses);
    let staff = world.staff();
    for (caller, expected) in [(payer, vec!["payer"]), (staff, vec!["payer", "merchant", "staff"])] {
        let seen = world.read(&Query::TopUp(world.top_ups[0]), caller);
        let told =
            seen["decline"]["remedies"].as_array().unwrap().iter().map(|remedy| remedy["role"].clone());
        assert_eq!(told.collect::<Vec<_>>(), expected, "{seen}");
    }
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

/// A bank refuses a top-up and takes the money all the same: its user is told that it goes back, and what came of that.
#[test]
fn a_user_is_told_of_a_top_up_that_came_too_late() {
    for (mood, last, summary_end) in [
        (Mood::Executes, "top_up.returned", "and it has been given back."),
        (Mood::Refuses, "top_up.needs_action", "until its staff have found another way."),
    ] {
        let mut world = World::new(1, 0);
        let (user, caller, bank_card) = world.users[0];
        let top_up = Action::TopUp { amount: cny(5_000), bank_card, client_ref: None };
        let made = world.run(caller, top_up);
        world.note(&made);
        world.collect_transfers();
        let taken = world.transfers[0];
        let claimed = world.run(Caller::System, Action::ClaimBankTransfer { bank_transfer: taken });
        let generation =
            serde_json::from_slice::<ClaimedTransfer>(&claimed.body).unwrap().claim.unwrap().generation;
        let refused = Answer::Refused { refusal: Refusal::Other, bank_reference: None };
        let late = Answer::Succeeded { bank_reference: "b".to_owned(), amount: cny(5_000) };
        for answer in [refused, late] {
            world.run(Caller::System, Action::RecordBankAnswer { bank_transfer: taken, generation, answer });
        }
        let back = world.facts.top_ups.peek(&world.top_ups[0]).unwrap().late_return.unwrap();
        world.work(back, mood);
        let mut events = world.facts.into_changes().events.inserted;
        events.retain(|event| event.owner == user.raw());
        events.sort_by_key(|event| event.id);
        let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["top_up.failed", "top_up.returning", last]);
        let told: serde_json::Value = serde_json::from_str(&events[2].body).unwrap();
        let summary = told["data"]["summary"].as_str().unwrap();
        assert!(summary.ends_with(summary_end), "{told}");
    }
}

/// Whoever reads an event may not have the language of whoever caused it.
#[test]
fn events_are_the_same_in_whatever_language_was_asked() {
    let told = |language| {
        let mut world = World::new(1, 1);
        world.language = language;
        let (source, key, (_, payer, bank_card)) = (card(&world), world.merchants[0].1, world.users[0]);
        let top_up = world.run(payer, Action::TopUp { amount: cny(5_000), bank_card, client_ref: None });
        world.note(&top_up);
        for mood in [Mood::Executes, Mood::ExecutesSilently] {
            pay(&mut world, 10_000, source, None);
            let id = *world.payments.last().unwrap();
            world.work(payment(&world, id).bank_transfer.unwrap(), mood);
        }
        let [paid, unknown] = [0, 1].map(|index| payment(&world, world.payments[index]));
        let refund = Action::Refund {
            payment: paid.id,
            amount: None,
            reason: String::new(),
            merchant_refund_no: None,
        };
        for action in [refund, Action::CancelOrder { order: unknown.order }] {
            let reply = world.run(key, action);
            let told = body(&reply).to_string();
            assert_eq!(told.contains("下一步"), language == Language::Chinese, "{told}");
            world.note(&reply);
        }
        world.collect_transfers();
        for transfer in world.transfers.clone() {
            world.work(transfer, Mood::Refuses);
        }
        let events = world.facts.into_changes().events.inserted;
        events.into_iter().map(|event| (event.kind.clone(), event.body.clone())).collect::<Vec<_>>()
    };
    let english = told(Language::English);
    for kind in
        ["top_up.failed", "payment.succeeded", "order.cancelled", "refund.created", "refund.needs_action"]
    {
        assert!(english.iter().any(|(told, _)| told == kind), "{kind}");
    }
    assert_eq!(told(Language::Chinese), english);
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
    let events = world.facts.into_changes().events.inserted;
    let told = |owner: [u8; 16]| {
        let kinds = events.iter().filter(|event| event.owner == owner && !event.kind.starts_with("order"));
        let mut kinds: Vec<_> = kinds.map(|event| event.kind.clone()).collect();
        kinds.sort();
        kinds
    };
    let expected = [
        "payment.failed",
        "payment.reversed",
        "payment.reversing",
        "payment.succeeded",
        "refund.created",
        "refund.created",
        "refund.succeeded",
        "refund.succeeded",
    ];
    assert_eq!(told(world.users[0].0.raw()), expected);
    assert_eq!(told(world.merchants[0].0.raw()), expected);
    assert_eq!(told(world.users[1].0.raw()), [""; 0]);
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
