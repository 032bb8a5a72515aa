//! A row of every table, made from the number of its key and a number that chooses its content: each state,
//! word and null comes up within [`CONTENTS`].

use crate::support::{at, id};
use makegood_auth::{Principal, StaffRole};
use makegood_banking::{
    Answer, BankCardState, Direction, HolderCheck, Lease, MessageKind, Purpose, Recall, RecallState, Refusal,
    ReturnReason, State, Step,
};
use makegood_merchants::SettlementStatus;
use makegood_money::{Currency, Money};
use makegood_notify::{AttemptError, AttemptFailure, EndpointState, EventChoice, PreviousSecret};
use makegood_payments::{
    Acknowledged, OrderState, Outgoing, OutgoingStatus, PaymentStatus, Source, SourceKind, TopUpStatus,
};
use makegood_refunds::{RefundOrigin, RefundStatus};
use makegood_wallet::cases::{CaseKind, CaseReason, CaseStep};
use makegood_wallet::{SecretOf, tables::*};

/// How many contents there are.
pub const CONTENTS: u8 = 12;

fn pick<T: Copy>(values: &[T], content: u8) -> T {
    values[usize::from(content) % values.len()]
}

/// Text that a careless store would change.
fn text(content: u8) -> String {
    let text = ["plain", "", "it's \"quoted\"; --", "饺子 🥟", " spaces ", "line\nbreak\t\\", "$1 ? :x"];
    format!("{}{}", pick(&text, content), if content > 6 { "+" } else { "" })
}

fn maybe<T>(content: u8, value: T) -> Option<T> {
    (content % 2 == 1).then_some(value)
}

fn amount(content: u8) -> Money {
    let minor = pick(&[0, 1, i64::MAX, 12_345, -7], content);
    Money::new(minor, pick(&[Currency::CNY, Currency::JPY, Currency::KWD], content))
}

pub fn users(key: u8, content: u8) -> User {
    User {
        id: id(key).into(),
        login: text(content),
        display_name: text(content + 1),
        password_hash: text(content + 2),
        created_at: at(i64::from(content) - 3),
    }
}

pub fn staff(key: u8, content: u8) -> Staff {
    Staff {
        id: id(key).into(),
        login: text(content),
        password_hash: text(content + 1),
        role: pick(StaffRole::ALL, content),
        created_at: at(i64::MIN),
    }
}

pub fn sessions(key: u8, content: u8) -> Session {
    let user = Principal::User(id(content).into());
    Session {
        id: id(key).into(),
        principal: pick(&[user, Principal::Staff(id(content).into())], content),
        secret_hash: [content; 32],
        created_at: at(i64::MAX),
        expires_at: at(2),
        revoked_at: maybe(content, at(3)),
        user_agent: maybe(content / 2, text(content)),
    }
}

pub fn merchants(key: u8, content: u8) -> Merchant {
    Merchant {
        id: id(key).into(),
        owner: id(content).into(),
        name: text(content),
        fee_basis_points: pick(&[0, 60, u32::MAX], content),
        settlement_days: pick(&[0, 1, u32::MAX], content),
        created_at: at(1),
        livemode: content % 2 == 1,
        feed: makegood_merchants::EventFeed {
            endpoints: content.into(),
            sequence: i64::from(content) * 3,
            due_at: maybe(content, at(9)),
        },
    }
}

pub fn api_keys(key: u8, content: u8) -> ApiKey {
    ApiKey {
        id: id(key).into(),
        merchant: id(content).into(),
        secret_hash: [content; 32],
        created_at: at(1),
        revoked_at: maybe(content, at(2)),
    }
}

pub fn bank_cards(key: u8, content: u8) -> BankCard {
    use HolderCheck as H;
    BankCard {
        id: id(key).into(),
        user: id(content).into(),
        bank: "north".to_owned(),
        agreement: text(content),
        last4: "0042".to_owned(),
        holder_check: pick(&[H::Match, H::CloseMatch, H::NoMatch, H::Unavailable], content),
        holder_checked_at: at(2),
        acknowledged: maybe(content, pick(&[H::CloseMatch, H::NoMatch], content / 2)),
        failures: codes(content),
        state: pick(BankCardState::ALL, content),
        created_at: at(1),
    }
}

pub fn orders(key: u8, content: u8) -> Order {
    let states = [
        OrderState::Open,
        OrderState::Paid { payment: id(content).into(), at: at(5) },
        OrderState::Cancelled { at: at(6) },
        OrderState::Expired { at: at(7) },
    ];
    let accepts = [vec![], vec![SourceKind::BankCard], SourceKind::ALL.to_vec()];
    Order {
        id: id(key).into(),
        merchant: id(content / 4).into(),
        merchant_order_no: text(content),
        amount: amount(content),
        description: text(content + 1),
        accepts: accepts[usize::from(content) % 3].clone(),
        fee_basis_points: 60,
        state: pick(&states, content),
        open_attempt: maybe(content, id(content).into()),
        reversing: maybe(content / 2, id(content + 1).into()),
        created_at: at(1),
        expires_at: at(2),
    }
}

pub fn payments(key: u8, content: u8) -> Payment {
    Payment {
        id: id(key).into(),
        order: id(content).into(),
        payer: id(content / 4).into(),
        merchant: id(content / 3).into(),
        amount: amount(content),
        fee_minor: i64::from(content),
        source: pick(&[Source::Balance, Source::BankCard { id: id(content).into() }], content),
        status: pick(PaymentStatus::ALL, content),
        decline: maybe(content, "bank.refused".to_owned()),
        client_ref: maybe(content / 2, text(content)),
        refunded_minor: i64::from(content),
        fee_returned_minor: i64::MAX,
        bank_transfer: maybe(content, id(content).into()),
        late_refund: maybe(content / 2, id(content).into()),
        created_at: at(1),
        confirm_by: at(2),
        confirmed_at: maybe(content, at(3)),
        final_at: maybe(content / 2, at(4)),
    }
}

pub fn top_ups(key: u8, content: u8) -> TopUp {
    TopUp {
        id: id(key).into(),
        user: id(content / 4).into(),
        bank_card: id(content).into(),
        amount: amount(content),
        status: pick(TopUpStatus::ALL, content),
        failure: maybe(content, "bank.refused".to_owned()),
        client_ref: maybe(content / 2, text(content)),
        bank_transfer: id(content + 1).into(),
        late_return: maybe(content, id(content + 2).into()),
        created_at: at(1),
        final_at: maybe(content / 2, at(4)),
    }
}

pub fn transfers(key: u8, content: u8) -> Transfer {
    Transfer {
        id: id(key).into(),
        payer: id(content % 3).into(),
        payee: id(content / 3).into(),
        amount: amount(content),
        note: maybe(content, text(content)),
        client_ref: maybe(content / 2, text(content)),
        created_at: at(1),
    }
}

pub fn refunds(key: u8, content: u8) -> Refund {
    Refund {
        id: id(key).into(),
        payment: id(content / 3).into(),
        merchant: id(content / 4).into(),
        payer: id(content).into(),
        amount: amount(content),
        fee_back_minor: i64::from(content),
        merchant_refund_no: maybe(content, text(content)),
        reason: text(content),
        origin: pick(&[RefundOrigin::Merchant, RefundOrigin::LateSuccess], content),
        status: pick(RefundStatus::ALL, content),
        bank_transfer: maybe(content / 2, id(content).into()),
        failure: maybe(content, "bank.card_closed".to_owned()),
        created_at: at(1),
        final_at: maybe(content, at(2)),
    }
}

/// Up to three codes.
fn codes(content: u8) -> Vec<String> {
    let all = ["bank.refused", "bank.card_closed", "bank.returned"];
    all[..usize::from(content) % 4].iter().map(|code| (*code).to_owned()).collect()
}

fn outgoing(content: u8) -> Outgoing {
    let accepted = || Acknowledged { check: "no_match".to_owned(), words: text(content), at: at(2) };
    Outgoing {
        bank_card: id(content).into(),
        amount: amount(content),
        fee_minor: i64::from(content),
        status: pick(OutgoingStatus::ALL, content),
        failure: maybe(content, "bank.refused".to_owned()),
        causes: codes(content),
        client_ref: maybe(content / 2, text(content)),
        bank_transfer: id(content + 1).into(),
        acknowledged: maybe(content, accepted()),
        created_at: at(1),
        sent_at: maybe(content, at(3)),
        final_at: maybe(content / 2, at(4)),
        returned_at: maybe(content, at(5)),
    }
}

pub fn withdrawals(key: u8, content: u8) -> Withdrawal {
    Withdrawal { id: id(key).into(), user: id(content / 4).into(), outgoing: outgoing(content) }
}

pub fn payouts(key: u8, content: u8) -> Payout {
    Payout { id: id(key).into(), merchant: id(content / 4).into(), outgoing: outgoing(content) }
}

pub fn settlement_schedules(key: u8, content: u8) -> SettlementSchedule {
    SettlementSchedule {
        id: id(key).into(),
        merchant: id(content / 4).into(),
        currency: pick(&[Currency::CNY, Currency::JPY, Currency::KWD], content),
        cut_off: at(1),
        taken_minor: i64::MAX,
        covered_minor: i64::from(content),
        open: (0..content % 3).map(|number| id(number).into()).collect(),
    }
}

pub fn settlements(key: u8, content: u8) -> Settlement {
    Settlement {
        id: id(key).into(),
        schedule: id(content).into(),
        merchant: id(content / 4).into(),
        currency: pick(&[Currency::CNY, Currency::JPY, Currency::KWD], content),
        paid_from_minor: 0,
        paid_up_to_minor: i64::from(content),
        cut_off: at(2),
        due_at: at(3),
        status: pick(SettlementStatus::ALL, content),
        settled_minor: i64::from(content) + 1,
        overdue_at: maybe(content, at(4)),
        retry_at: maybe(content / 2, at(5)),
        settled_at: maybe(content, at(6)),
        created_at: at(1),
    }
}

pub fn operations_cases(key: u8, content: u8) -> OperationsCase {
    OperationsCase {
        id: id(key).into(),
        kind: pick(CaseKind::ALL, content),
        object: text(content),
        reason: pick(CaseReason::ALL, content),
        owner: pick(StaffRole::ALL, content / 2),
        next_step: pick(CaseStep::ALL, content),
        opened_at: at(1),
        due_at: at(2),
        closed_at: maybe(content, at(3)),
        closed_by: maybe(content, id(content).into()),
        note: maybe(content / 2, text(content)),
    }
}

pub fn bank_transfers(key: u8, content: u8) -> BankTransfer {
    use Refusal as R;
    use State as S;
    let raw = id(content);
    let purposes = [
        Purpose::TopUp(raw.into()),
        Purpose::Payment(raw.into()),
        Purpose::Refund(raw.into()),
        Purpose::Withdrawal(raw.into()),
        Purpose::Payout(raw.into()),
    ];
    let states = [S::Created, S::Submitted, S::Accepted, S::Unknown, S::Settled, S::Refused];
    let refusals = [
        R::InsufficientFunds,
        R::CardRefused,
        R::CardClosed,
        R::LimitExceeded,
        R::Expired,
        R::Returned,
        R::Other,
    ];
    let step = pick(&[Step::Send, Step::Enquire, Step::Recall], content / 2);
    BankTransfer {
        id: id(key).into(),
        bank: "north".to_owned(),
        direction: pick(&[Direction::In, Direction::Out], content),
        purpose: pick(&purposes, content),
        bank_card: id(content + 1).into(),
        agreement: text(content),
        amount: amount(content),
        state: pick(&states, content),
        reversing: content % 2 == 1,
        generation: i64::from(content),
        lease: maybe(content, Lease { step, claimed_at: at(8), until: at(9) }),
        sends: i64::from(content) + 1,
        enquiries: i64::from(content) + 2,
        created_at: at(1),
        valid_until: at(2),
        submitted_at: maybe(content, at(3)),
        unknown_since: maybe(content / 2, at(4)),
        final_at: maybe(content, at(5)),
        next_step: pick(&[Step::Send, Step::Enquire], content),
        next_at: maybe(content / 2, at(6)),
        expected_by: at(7),
        bank_reference: maybe(content, text(content)),
        refusal: (content < 7).then(|| pick(&refusals, content)),
        mismatch: maybe(content, amount(content + 1)),
        late_success_at: maybe(content / 2, at(10)),
        contradicted_at: maybe(content, at(11)),
        returned_at: maybe(content / 2, at(12)),
        return_reason: maybe(content, pick(ReturnReason::ALL, content / 2)),
        recall: maybe(
            content,
            Recall {
                state: pick(RecallState::ALL, content / 2),
                reason: text(content),
                requested_at: at(13),
                answered_at: maybe(content / 2, at(14)),
            },
        ),
        postponed: i64::from(content) + 3,
        delayed_at: maybe(content, at(15)),
        overdue_at: maybe(content / 2, at(16)),
        maintenance: maybe(content, id(content).into()),
        incident: maybe(content / 2, id(content).into()),
        messages: i64::from(content) + 4,
    }
}

pub fn bank_messages(key: u8, content: u8) -> BankMessage {
    // A bank moves something, or says nothing of an amount.
    let amount = Money::new(i64::from(content) + 1, Currency::KWD);
    let bank_reference = text(content);
    let reason = pick(ReturnReason::ALL, content);
    let answers = [
        Answer::Succeeded { bank_reference: bank_reference.clone(), amount },
        Answer::Accepted { bank_reference: bank_reference.clone() },
        Answer::Refused { refusal: Refusal::Other, bank_reference: Some(bank_reference.clone()) },
        Answer::Misdirected { bank_reference: bank_reference.clone(), amount },
        Answer::Returned { bank_reference, amount, reason },
        Answer::Recall { state: pick(RecallState::ALL, content) },
        Answer::NotFound,
        Answer::NoAnswer,
    ];
    BankMessage {
        id: BankMessageKey { transfer: id(key / 2).into(), number: i64::from(key) },
        kind: pick(MessageKind::ALL, content),
        answer: answers[usize::from(content) % answers.len()].clone(),
        first_at: at(1),
        last_at: at(i64::from(content)),
        times: i64::from(content),
    }
}

pub fn maintenance_windows(key: u8, content: u8) -> MaintenanceWindow {
    MaintenanceWindow {
        id: id(key).into(),
        bank: text(content),
        bank_window: maybe(content, text(content + 1)),
        starts_at: at(i64::from(content)),
        ends_at: at(i64::from(content) + 10),
        description: text(content + 2),
        created_at: at(1),
        ended_at: maybe(content / 2, at(2)),
    }
}

pub fn incidents(key: u8, content: u8) -> Incident {
    Incident {
        id: id(key).into(),
        bank: text(content),
        description: text(content + 1),
        started_at: at(i64::from(content)),
        expected_by: maybe(content / 2, at(1)),
        ended_at: maybe(content, at(2)),
    }
}

/// Kinds by the key, so that keys differ in kind, owner and name.
pub fn lookups(key: u8, content: u8) -> Lookup {
    let kind = pick(LookupKind::ALL, key);
    let id_of_key = LookupKey { kind, owner: id(key / 2), name: text(key) };
    Lookup { id: id_of_key, target: id(content), fingerprint: [content; 32] }
}

pub fn idempotency(key: u8, content: u8) -> Idempotency {
    let secrets = [
        SecretOf::Session(id(content).into()),
        SecretOf::ApiKey(id(content).into()),
        SecretOf::Webhook(id(content).into()),
    ];
    Idempotency {
        id: IdempotencyKey { caller: id(key / 2), key: format!("key {key}") },
        fingerprint: [content; 32],
        status: pick(&[201, 204, 402, u16::MAX], content),
        body: pick(&[b"{\"a\":1}".as_slice(), b"", b"\0\xff"], content).to_vec(),
        secret: (content < 6).then(|| pick(&secrets, content)),
        expires_at: at(i64::from(content)),
    }
}

pub fn events(key: u8, content: u8) -> Event {
    Event {
        id: id(key).into(),
        kind: "payment.succeeded".to_owned(),
        owner: id(key / 4),
        object: format!("pay_{content}"),
        body: text(content),
        at: at(i64::from(content)),
        sequence: maybe(content, i64::from(key) + 1),
    }
}

fn attempt_failure(content: u8) -> AttemptFailure {
    AttemptFailure {
        at: at(i64::from(content)),
        error: pick(AttemptError::ALL, content),
        status: maybe(content / 2, 500 + u16::from(content)),
        excerpt: text(content),
    }
}

pub fn webhook_endpoints(key: u8, content: u8) -> WebhookEndpoint {
    let choices = [EventChoice::default(), EventChoice::from_text("payment.*,refund.succeeded").unwrap()];
    WebhookEndpoint {
        id: id(key).into(),
        merchant: id(content).into(),
        url: text(content),
        events: choices[usize::from(content % 2)].clone(),
        state: pick(EndpointState::ALL, content),
        secret: id(content).into(),
        previous_secret: maybe(content, PreviousSecret { id: id(content + 1).into(), until: at(4) }),
        cursor: i64::from(content),
        open: 1,
        dead: 2,
        generation: 3,
        lease_until: maybe(content / 2, at(5)),
        next_at: maybe(content, at(6)),
        wanted_at: maybe(content / 2, at(7)),
        paused_until: maybe(content, at(8)),
        failed_turns: 4,
        failing_since: maybe(content / 2, at(9)),
        retry_before: maybe(content, at(10)),
        replay_before: maybe(content / 2, at(11)),
        last_success_at: maybe(content, at(12)),
        last_failure: maybe(content, attempt_failure(content)),
        created_at: at(13),
    }
}

pub fn webhook_deliveries(key: u8, content: u8) -> Delivery {
    Delivery {
        id: DeliveryKey { endpoint: id(key / 4).into(), event: id(key).into() },
        sequence: i64::from(content),
        kind: text(content),
        object: text(content + 1),
        attempts: i64::from(content),
        next_at: maybe(content, at(1)),
        dead_at: maybe(content / 2, at(2)),
        last: maybe(content, attempt_failure(content)),
        created_at: at(3),
    }
}

pub fn timers(key: u8, content: u8) -> Timer {
    let kind = pick(TimerKind::ALL, key);
    Timer { id: TimerKey { kind, object: id(key) }, due_at: at(i64::from(content)) }
}
