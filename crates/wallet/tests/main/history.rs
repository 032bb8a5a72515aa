//! Random histories, and what holds after each step and at the end.

use crate::traces::{at_hop, check_ledger_hop, check_traces, check_way_out, late, posted};
use crate::world::{Known, Mood, World, cny};
use makegood_banking::{Direction, Purpose};
use makegood_money::Money;
use makegood_payments::{OutgoingStatus, PaymentStatus, Source};
use makegood_refunds::RefundStatus;
use makegood_wallet::postings::{Account, Kind, Stage};
use makegood_wallet::tables::{BankCardId, PaymentId, UserId};
use makegood_wallet::{
    Action, Caller, Expectation, NewOrder, NewOutgoing, NewPayment, OutgoingId, PayeeId, PayeeRef, Query,
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One step: what is done, and four choices.
type Step = (u8, u8, u8, u8);

fn pick<T: Copy>(from: &[T], choice: u8) -> Option<T> {
    from.get(usize::from(choice) % from.len().max(1)).copied()
}

const MOODS: [Mood; 6] = [
    Mood::Executes,
    Mood::Executes,
    Mood::ExecutesSilently,
    Mood::Loses,
    Mood::Refuses,
    Mood::RefusesSilently,
];

/// Does one step. Returns the name of what was done, and the status of its answer.
fn step(world: &mut World, (what, a, b, c): Step) -> Option<(&'static str, u16)> {
    let (_, caller, card) = pick(&world.users, a)?;
    let (_, key) = pick(&world.merchants, b)?;
    let amount = cny(i64::from(c) * 37 + 1);
    let action = match what % 20 {
        0 | 1 => Action::TopUp { amount: cny(i64::from(c) * 100 + 100), bank_card: card, client_ref: None },
        2 => {
            let (to, _, _) = pick(&world.users, b)?;
            Action::Transfer { to: PayeeRef::User(to), amount, note: None, expect: None, client_ref: None }
        }
        3 | 4 => {
            let order = NewOrder {
                merchant: None,
                merchant_order_no: format!("{}", world.orders.len()),
                amount,
                description: String::new(),
                expires_in_s: Some(600 + u32::from(a)),
                accepts: None,
            };
            return run(world, key, Action::CreateOrder(order));
        }
        5..=8 => {
            let order = pick(&world.orders, b)?;
            let row = world.facts.orders.peek(&order)?;
            let expect = Expectation { amount: row.amount, payee: PayeeId::Merchant(row.merchant) };
            let source = if what % 2 == 0 { Source::Balance } else { Source::BankCard { id: card } };
            let expect = (c % 4 != 0).then_some(expect);
            Action::CreatePayment(NewPayment { order, source, expect, amount: None, client_ref: None })
        }
        9 => {
            let payment = pick(&world.payments, b)?;
            let row = world.facts.payments.peek(&payment)?;
            let expect = Expectation { amount: row.amount, payee: PayeeId::Merchant(row.merchant) };
            Action::ConfirmPayment { payment, expect }
        }
        10 => Action::CancelPayment { payment: pick(&world.payments, b)? },
        11 => {
            // Half of the tills cancel what is being paid just now.
            let open = world.payments.iter().filter_map(|id| world.facts.payments.peek(id));
            let open: Vec<_> =
                open.filter(|row| row.status.is_open()).map(|row| (row.order, row.merchant)).collect();
            let (order, key) = match pick(&open, c) {
                Some((order, merchant)) if a % 2 == 0 => (order, world.key(merchant)),
                _ => (pick(&world.orders, c)?, key),
            };
            return run(world, key, Action::CancelOrder { order });
        }
        12 => {
            let payment = pick(&world.payments, a)?;
            let amount = (c % 3 != 0).then_some(amount);
            let refund = Action::Refund { payment, amount, reason: String::new(), merchant_refund_no: None };
            return run(world, key, refund);
        }
        // Days pass, seldom: most orders and transfers have an end that is closer.
        19 if c % 6 == 0 => {
            world.advance(Duration::from_secs(u64::from(a) * 600));
            world.expire();
            return Some(("time", 200));
        }
        13 | 14 | 19 => {
            world.collect_transfers();
            if c % 16 == 7 {
                world.take_back(pick(&world.transfers, b)?, a % 2 == 0);
                return Some(("taken back", 200));
            }
            let is_open = |id: &&_| world.facts.bank_transfers.peek(id).is_some_and(|row| !row.is_final());
            let open: Vec<_> = world.transfers.iter().filter(is_open).copied().collect();
            world.work(pick(&open, b)?, pick(&MOODS, c)?);
            return Some(("bank", 200));
        }
        15 => {
            world.advance(Duration::from_secs(u64::from(a) * 2));
            world.expire();
            return Some(("time", 200));
        }
        16 => Action::Withdraw(outgoing(card, amount)),
        17 => {
            let index = usize::from(b) % world.merchants.len();
            let (merchant, _) = world.merchants[index];
            // The first merchants are the first users'.
            let new = outgoing(world.users[index].2, amount);
            return run(world, key, Action::PayOut { merchant, new });
        }
        _ => {
            // Payouts are few, for they need a settlement: every other time it is one of them.
            let outgoing = world.outgoing().into_iter().map(|(id, _)| id);
            let some: Vec<_> =
                outgoing.filter(|id| a % 2 == 0 || matches!(id, OutgoingId::Payout(_))).collect();
            let id = pick(&some, b)?;
            let cancel = match id {
                OutgoingId::Withdrawal(withdrawal) => Action::CancelWithdrawal { withdrawal },
                OutgoingId::Payout(payout) => Action::CancelPayout { payout },
            };
            return run(world, world.owner(id), cancel);
        }
    };
    run(world, caller, action)
}

/// Money that is to go out.
fn outgoing(bank_card: BankCardId, amount: Money) -> NewOutgoing {
    NewOutgoing { amount, bank_card, client_ref: None, check: None, acknowledge: None }
}

fn run(world: &mut World, caller: Caller, action: Action) -> Option<(&'static str, u16)> {
    let name = action.name();
    let reply = world.run(caller, action);
    world.note(&reply);
    Some((name, reply.status))
}

/// The pool holds exactly what belongs to somebody, and the mirrors of the float are equal (P1, P3).
fn check_books(world: &World) {
    let users: i64 = world.users.iter().map(|it| world.posted(Account::user(it.0, cny(0).currency()))).sum();
    let merchant = |kind| {
        let one = |it: &(_, Caller)| world.posted(Account::merchant(kind, it.0, cny(0).currency()));
        world.merchants.iter().map(one).sum::<i64>()
    };
    let assets = [Kind::Custody, Kind::InTransit, Kind::Suspense].map(|kind| world.at_bank(kind));
    let liabilities = [
        users,
        merchant(Kind::MerchantPending),
        merchant(Kind::MerchantAvailable),
        world.ours(Kind::RefundClearing),
        world.at_bank(Kind::OutInTransit),
        world.ours(Kind::Float),
        world.ours(Kind::Unidentified),
    ];
    assert_eq!(assets.iter().sum::<i64>(), liabilities.iter().sum::<i64>(), "{assets:?} {liabilities:?}");
    assert_eq!(world.ours(Kind::Float), world.ours(Kind::FloatContra));
    // What the float has paid for others, they owe.
    let owed = |it: &UserId| world.posted(Account::user_owes(*it, cny(0).currency()));
    let owed = world.users.iter().map(|it| owed(&it.0)).sum::<i64>() + merchant(Kind::MerchantRecv);
    assert_eq!(world.ours(Kind::Float) + owed, world.ours(Kind::IncomeFee));
}

/// What each payment promises in each state.
fn check_payments(world: &World) {
    let mut paid: BTreeMap<_, u32> = BTreeMap::new();
    let mut open: BTreeMap<_, u32> = BTreeMap::new();
    for id in &world.payments {
        let payment = world.facts.payments.peek(id).unwrap();
        *paid.entry(payment.order).or_default() += u32::from(payment.status.has_paid());
        *open.entry(payment.order).or_default() += u32::from(payment.status.is_open());
        assert!(payment.refunded_minor <= payment.amount.minor());
        let is_refunded = payment.refunded_minor == payment.amount.minor();
        let was_taken_back = payment.status == PaymentStatus::Returned;
        assert!(was_taken_back || is_refunded == (payment.status == PaymentStatus::Refunded));
        check_trace(world, *id);
    }
    assert!(paid.values().all(|count| *count <= 1), "an order is paid once");
    assert!(open.values().all(|count| *count <= 1), "an order has one open attempt");
}

/// Every payment in every state has a trace; until it is final it is somebody's turn (A2.3).
fn check_trace(world: &World, id: PaymentId) {
    let payment = world.facts.payments.peek(&id).unwrap();
    let trace = world.read_trace(id);
    let hops = trace["hops"].as_array().unwrap();
    assert!(hops.len() >= 3, "{trace}");
    assert!(!trace["summary"].as_str().unwrap().is_empty());
    assert_eq!(
        trace["next"].is_null(),
        payment.status.is_final()
            && payment.late_refund.is_none_or(|refund| {
                world.facts.refunds.peek(&refund).unwrap().status == RefundStatus::Succeeded
            }),
        "{:?} {trace}",
        payment.status
    );
    let paid = posted(world, "payment", payment.order.raw()).filter(|row| row.reference == id.raw());
    assert_eq!(paid.is_some(), payment.status.has_paid());
    let late = late(world, payment.bank_transfer);
    check_ledger_hop(&trace, paid.or(late));
    let back = payment.late_refund.and_then(|refund| world.facts.refunds.peek(&refund));
    assert_eq!(back.is_some(), late.is_some());
    match back {
        Some(refund) => check_way_out(world, &trace, "return", refund.bank_transfer.unwrap()),
        None => assert_eq!(at_hop(&trace, "return"), None, "{trace}"),
    }
    let view = world.read_payment(id);
    let unsafe_states =
        ["processing", "unknown", "succeeded", "partially_refunded"].map(serde_json::Value::from);
    assert_eq!(view["safe_to_pay_again"] == false, unsafe_states.contains(&view["status"]), "{view}");
    assert_eq!(view["next"], trace["next"]);
    let order = world.read(&Query::Order { id: payment.order, presented: true }, Caller::Anonymous);
    if order["payment"] == json!(id) {
        assert_eq!(order["next"], trace["next"], "{order}");
    }
}

/// What each withdrawal and payout promises in each state: it has a trace that says what the ledger says, it is
/// somebody's turn until it is over, and the same can be asked for again only when all of it is back.
fn check_outgoing(world: &World) {
    for (id, outgoing) in world.outgoing() {
        let (trace, view) = (
            world.read(&Query::OutgoingTrace(id), world.owner(id)),
            world.read(&Query::Outgoing(id), world.owner(id)),
        );
        assert!(trace["hops"].as_array().unwrap().len() >= 4, "{trace}");
        let status = outgoing.status;
        let is_over = status.is_back() || status == OutgoingStatus::Completed;
        assert_eq!(trace["next"].is_null(), is_over, "{trace}");
        assert_eq!((&view["next"], &view["summary"]), (&trace["next"], &trace["summary"]));
        assert_eq!(view["safe_to_pay_again"], status.is_back(), "{view}");
        let of = |stage: Stage| world.facts.book.transaction(&stage.transaction(id.raw()));
        assert!(of(Stage::Held).is_some());
        check_ledger_hop(&trace, of(Stage::Sent));
        assert_eq!(of(Stage::Sent).is_some(), status.was_sent());
        assert_eq!(of(Stage::Released).is_some(), status == OutgoingStatus::Cancelled);
        assert_eq!(of(Stage::Completed).is_some(), status == OutgoingStatus::Completed);
        assert_eq!(of(Stage::Failed).is_some(), status == OutgoingStatus::Failed);
        assert_eq!(at_hop(&trace, "return").is_some(), status == OutgoingStatus::Failed);
    }
}

/// What is held on owners is what is not sent yet.
fn check_holds(world: &World) {
    let held = |account: Account| world.facts.book.account(&account.id()).map_or(0, |row| row.held);
    let currency = cny(0).currency();
    let users: i64 = world.users.iter().map(|it| held(Account::user(it.0, currency))).sum();
    let available = |it: &(_, Caller)| held(Account::merchant(Kind::MerchantAvailable, it.0, currency));
    let merchants: i64 = world.merchants.iter().map(available).sum();
    let waiting = world.outgoing().into_iter().filter(|(_, it)| it.status == OutgoingStatus::Held);
    let expected: i64 = waiting.map(|(_, it)| it.total().minor()).sum();
    assert_eq!(users + merchants, expected);
}

/// The bank answers everything now, and is in one mood about what is new to it; then everything is over, and its
/// books are ours.
fn drain(world: &mut World, mood: Mood) {
    for _ in 0..200 {
        world.advance(Duration::from_secs(1_000));
        world.expire();
        world.collect_transfers();
        for transfer in world.transfers.clone() {
            world.work(transfer, mood);
        }
        world.collect_transfers();
        let is_over = |id: &_| world.facts.bank_transfers.peek(id).is_some_and(|row| row.is_final());
        if world.transfers.iter().all(is_over) {
            return;
        }
    }
    panic!("the backlog does not drain");
}

fn check_end(world: &World) {
    for id in &world.payments {
        let status = world.facts.payments.peek(id).unwrap().status;
        // A late success whose way back the bank refuses stays with the staff.
        let waits_for_staff = world.refunds.iter().any(|refund| {
            let refund = world.facts.refunds.peek(refund).unwrap();
            refund.payment == *id && refund.status == RefundStatus::NeedsAction
        });
        assert!(status.is_final() || waits_for_staff, "{status:?}");
    }
    // What the bank moved is what we booked: no more, no less, in both directions.
    assert_eq!(world.at_bank(Kind::Custody), world.bank_pool);
    assert_eq!((world.at_bank(Kind::InTransit), world.at_bank(Kind::OutInTransit)), (0, 0));
    let stuck: i64 = world
        .refunds
        .iter()
        .filter_map(|id| world.facts.refunds.peek(id))
        .filter(|refund| refund.status == RefundStatus::NeedsAction)
        .map(|refund| refund.amount.minor())
        .sum();
    assert_eq!(world.ours(Kind::RefundClearing), stuck, "clearing returns to zero per closed item");
    for (id, outgoing) in world.outgoing() {
        assert!(
            outgoing.status.is_back() || outgoing.status == OutgoingStatus::Completed,
            "{id} {outgoing:?}"
        );
    }
    for id in &world.transfers {
        let row = world.facts.bank_transfers.peek(id).unwrap();
        let executed = world.bank.get(id) == Some(&Known::Executed);
        let is_returned = world.bank.get(id) == Some(&Known::Returned);
        assert_eq!(row.returned_at.is_some(), is_returned, "{row:?}");
        let is_settled = row.state == makegood_banking::State::Settled;
        assert!(is_settled == executed || is_returned, "{row:?}");
        let is_outgoing = matches!(row.purpose, Purpose::Withdrawal(_) | Purpose::Payout(_));
        // What nobody came to for longer than it was valid was never sent: the bank was only asked whether it knows it.
        let is_late = row.refusal == Some(makegood_banking::Refusal::Expired);
        assert!(row.direction == Direction::In || row.sends > 0 || is_outgoing || is_late, "{row:?}");
    }
}

/// Does all steps. What holds is checked after each, or at the end only, which is many times faster.
fn play(steps: &[Step], after_each: bool) -> (World, BTreeSet<(&'static str, u16)>) {
    let mut world = World::new(3, 2);
    world.settings.withdrawal_fee_basis_points = 30;
    world.settings.withdrawal_fee_minor_min = 5;
    let mut seen = BTreeSet::new();
    for chosen in steps {
        seen.extend(step(&mut world, *chosen));
        world.collect_transfers();
        if after_each {
            check_books(&world);
            check_payments(&world);
            check_holds(&world);
        }
    }
    check_outgoing(&world);
    check_traces(&world);
    (world, seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_history_breaks_a_promise(
        steps in proptest::collection::vec(any::<Step>(), 1..160),
        refuses in any::<bool>(),
    ) {
        let (mut world, _) = play(&steps, true);
        drain(&mut world, if refuses { Mood::Refuses } else { Mood::Executes });
        check_books(&world);
        check_payments(&world);
        check_traces(&world);
        check_outgoing(&world);
        check_end(&world);
    }
}

/// The histories reach what they are meant to reach: each action is accepted somewhere, and refused somewhere.
#[test]
fn histories_reach_every_action_both_ways() {
    let mut seen = BTreeSet::new();
    let mut statuses = BTreeSet::new();
    let mut returns = BTreeSet::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for number in 0..200 {
        let steps: Vec<Step> = (0..150)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let bytes = random.to_be_bytes();
                (bytes[0], bytes[1], bytes[2], bytes[3])
            })
            .collect();
        let (mut world, done) = play(&steps, false);
        seen.extend(done);
        let of = |id| world.facts.payments.peek(id).map(|row| row.status.as_str());
        statuses.extend(world.payments.iter().filter_map(of));
        let mut look = |world: &World| {
            let state_of = |id: &PaymentId| Some(at_hop(&world.read_trace(*id), "return")?[0].to_string());
            returns.extend(world.payments.iter().filter_map(state_of));
        };
        // What the bank has still open is executed; what came too late is on its way back then.
        world.advance(Duration::from_secs(1_000));
        for transfer in world.transfers.clone() {
            world.work(transfer, Mood::Executes);
        }
        look(&world);
        drain(&mut world, if number % 2 == 0 { Mood::Executes } else { Mood::Refuses });
        check_payments(&world);
        check_traces(&world);
        look(&world);
    }
    let expected = ["done", "refused", "waiting"].map(|state| format!("{state:?}"));
    assert_eq!(returns.into_iter().collect::<Vec<_>>(), expected, "ways back of what came too late");
    let accepted: BTreeSet<&str> = seen.iter().filter(|it| it.1 < 300).map(|it| it.0).collect();
    let refused: BTreeSet<&str> = seen.iter().filter(|it| it.1 >= 400).map(|it| it.0).collect();
    for name in ["top_up", "transfer", "create_order", "create_payment", "confirm_payment", "cancel_payment"]
    {
        assert!(accepted.contains(name), "{name} was never accepted: {seen:?}");
    }
    for name in ["withdraw", "pay_out", "cancel_withdrawal", "cancel_payout"] {
        assert!(accepted.contains(name) && refused.contains(name), "{name}: {seen:?}");
    }
    for name in ["cancel_order", "refund"] {
        assert!(accepted.contains(name) && refused.contains(name), "{name}: {seen:?}");
    }
    for name in ["transfer", "create_payment", "confirm_payment", "cancel_payment"] {
        assert!(refused.contains(name), "{name} was never refused: {seen:?}");
    }
    let missing: Vec<_> =
        PaymentStatus::ALL.iter().map(|status| status.as_str()).filter(|it| !statuses.contains(it)).collect();
    assert!(missing.is_empty(), "no history ends with a payment that is {missing:?}");
}
