//! What comes of a transfer at a bank: a worker's turn, and the bank's answer.

use super::{Context, EVENT_LANGUAGE, cases, delays, ids, messages, outgoing, payments, refunds, returns};
use crate::cases::{CaseKind, CaseReason};
use crate::outgoing::OutgoingId;
use crate::postings::{self, Movement};
use crate::tables::{BankTransfer, BankTransferId, Payment, PaymentId, Refund, RefundId, TopUp, TopUpId};
use crate::texts::Role;
use crate::view::TopUpView;
use crate::{Reply, Stop};
use makegood_banking::{Answer, Claim, Direction, MessageKind, Outcome, Purpose, Refusal, State, Told};
use makegood_ledger::TransactionId;
use makegood_payments::{PaymentStatus, TopUpStatus};
use makegood_refunds::{RefundOrigin, RefundStatus};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a worker gets when it takes its turn.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimedTransfer {
    /// The turn; none when there is nothing to do, or somebody else is at it.
    pub claim: Option<Claim>,
    /// The transfer as it was committed.
    pub transfer: BankTransfer,
}

/// The transfer with this id.
pub(super) fn transfer_of(context: &Context<'_>, id: BankTransferId) -> Result<BankTransfer, Stop> {
    let found = context.facts.bank_transfers.get(&id)?;
    found.cloned().ok_or_else(|| Stop::Broken(format!("{id} is missing")))
}

/// A worker takes its turn. It is committed before the call is made, so that nobody ever forgets that a call
/// may have been made.
pub(super) fn claim(context: &mut Context<'_>, id: BankTransferId) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut transfer = transfer_of(context, id)?;
    let was_unknown = transfer.is_unknown();
    let claim = transfer.claim(context.now, &context.settings.schedule);
    if claim.is_some() {
        delays::note_incident(context, &mut transfer);
        context.facts.bank_transfers.set(transfer.clone())?;
    }
    if claim.is_some() && transfer.generation == 1 {
        began(context, &transfer)?;
    }
    // A worker that was lost in the middle of its call leaves a transfer that nobody knows the end of.
    if transfer.is_unknown() && !was_unknown {
        became_unknown(context, &transfer)?;
    }
    Reply::json(200, &ClaimedTransfer { claim, transfer })
}

/// The bank's answer, or that there was none. An answer to an old turn is refused.
pub(super) fn record(
    context: &mut Context<'_>,
    id: BankTransferId,
    generation: i64,
    answer: Answer,
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let before = transfer_of(context, id)?;
    let mut transfer = before.clone();
    let lease = transfer.lease.filter(|_| transfer.generation == generation);
    let kind = lease.map_or(MessageKind::Enquiry, |lease| lease.step.into());
    let outcome = match transfer.answer(generation, answer.clone(), context.now, &context.settings.schedule) {
        Ok(outcome) => outcome,
        Err(stale) => return Reply::json(409, &stale.to_string()),
    };
    // What was recorded before says nothing new, and leaves nothing behind.
    if transfer == before {
        return Ok(Reply::empty());
    }
    messages::keep(context, &mut transfer, kind, &answer)?;
    let alert = take_in(context, transfer, outcome)?;
    alert.map_or(Ok(Reply::empty()), |alert| Reply::json(200, &alert))
}

/// What came of something that a bank told by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// What a person has to look at.
    pub alert: Option<BankAlert>,
    /// How long the transfer took, where this was its end.
    pub took: Option<Duration>,
}

/// A bank has told something by itself: as good as the answer to an enquiry. What says nothing new changes nothing.
pub(super) fn callback(context: &mut Context<'_>, bank: &str, told: Told) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let found = match told.reference.parse::<BankTransferId>() {
        Ok(id) => context.facts.bank_transfers.get(&id)?.cloned(),
        Err(_) => None,
    };
    let Some(before) = found.filter(|transfer| transfer.bank == bank) else {
        return returns::unknown_reference(context, bank, &told);
    };
    let mut transfer = before.clone();
    let answer = told.answer(&transfer);
    let outcome = transfer.callback(answer.clone(), context.now);
    if transfer == before {
        return Ok(Reply::empty());
    }
    let is_end = transfer.is_final() && !before.is_final();
    let took = is_end.then(|| context.now.since(transfer.created_at));
    messages::keep(context, &mut transfer, MessageKind::Callback, &answer)?;
    let alert = take_in(context, transfer, outcome)?;
    Reply::json(200, &Heard { alert, took })
}

/// Does what follows from what a bank said, the same however it was heard.
fn take_in(
    context: &mut Context<'_>,
    mut transfer: BankTransfer,
    outcome: Outcome,
) -> Result<Option<BankAlert>, Stop> {
    let noted = delays::note(context, &mut transfer);
    context.facts.bank_transfers.set(transfer.clone())?;
    // What a bank tells of money that no worker has sent yet is as good as that it was sent.
    if transfer.state != State::Created {
        began(context, &transfer)?;
    }
    let alert = match outcome {
        Outcome::Pending | Outcome::Unchanged => None,
        Outcome::BecameUnknown => became_unknown(context, &transfer).map(|()| None)?,
        Outcome::Settled => {
            returns::corrected(context, &transfer)?;
            settled(context, &transfer).map(|()| None)?
        }
        Outcome::Refused(refusal) => {
            returns::corrected(context, &transfer)?;
            was_refused(context, &transfer, refusal)?
        }
        Outcome::LateSuccess => {
            returns::corrected(context, &transfer)?;
            late_success(context, &transfer)?
        }
        Outcome::Mismatch => {
            returns::mismatched(context, &transfer)?;
            became_unknown(context, &transfer)?;
            Some(BankAlert::Mismatch)
        }
        Outcome::Contradiction => Some(BankAlert::Contradiction),
        Outcome::Returned(reason) => {
            returns::returned(context, &transfer)?;
            returns::alert_of(reason)
        }
        Outcome::RecallRefused => Some(BankAlert::RecallRefused),
    };
    let overdue = delays::act(context, &transfer, noted)?;
    // A withdrawal or a payout that was paid late has a case of its own already.
    let has_case = matches!(outcome, Outcome::LateSuccess)
        && matches!(transfer.purpose, Purpose::Withdrawal(_) | Purpose::Payout(_));
    let Some(alert) = alert else { return Ok(overdue) };
    if alert == BankAlert::Contradiction && !has_case {
        let object = transfer.id.to_string();
        cases::open(context, CaseKind::Contradiction, &object, CaseReason::BankContradiction)?;
    }
    tell_alert(context, &transfer, alert).map(Some)
}

/// Tells the staff what a person has to look at.
pub(super) fn tell_alert(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    alert: BankAlert,
) -> Result<BankAlert, Stop> {
    let object = transfer.id.to_string();
    context.tell([0; 16], alert.as_str(), object.clone(), &object)?;
    Ok(alert)
}

/// What a person has to look at. Whoever records an answer gets it, to log and to count it; staff find it
/// among the events that belong to nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankAlert {
    /// A bank says that it moved another amount, or another currency.
    Mismatch,
    /// A bank took back what it had said.
    Contradiction,
    /// A bank refused to take back what it had moved too late: the money waits in clearing.
    ReturnRefused,
    /// A bank took back what it had moved.
    Returned,
    /// A bank will not give back what we called back.
    RecallRefused,
    /// A bank told of money under a reference that is not ours.
    UnknownReference,
    /// A bank has not said for a day how something ended.
    Overdue,
}

impl BankAlert {
    /// The alert as an event's kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mismatch => "alert.bank_mismatch",
            Self::Contradiction => "alert.bank_contradiction",
            Self::ReturnRefused => "alert.return_refused",
            Self::Returned => "alert.bank_returned",
            Self::RecallRefused => "alert.recall_refused",
            Self::UnknownReference => "alert.bank_unknown_reference",
            Self::Overdue => "alert.bank_overdue",
        }
    }
}

/// The first turn: what is told of money that goes out is that it is sent.
fn began(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    match transfer.purpose {
        Purpose::Withdrawal(id) => outgoing::began(context, transfer, OutgoingId::Withdrawal(id)),
        Purpose::Payout(id) => outgoing::began(context, transfer, OutgoingId::Payout(id)),
        Purpose::TopUp(_) | Purpose::Payment(_) | Purpose::Refund(_) => Ok(()),
    }
}

pub(super) fn post(
    context: &mut Context<'_>,
    movement: Movement,
    id: TransactionId,
    reference: [u8; 16],
) -> Result<(), Stop> {
    // What a bank has done is never refused: a decline here is a bug, and stops the command.
    context.post(movement, id, reference).map_err(|declined| match Stop::from(declined) {
        Stop::Problem(problem) => {
            Stop::Broken(format!("the ledger declined a fact: {}", problem.code.as_str()))
        }
        stop => stop,
    })
}

pub(super) fn became_unknown(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    match transfer.purpose {
        Purpose::TopUp(id) if transfer.direction == Direction::In => {
            let mut top_up = top_up_of(context, id)?;
            if top_up.status == TopUpStatus::Processing {
                top_up.status = TopUpStatus::Unknown;
                context.facts.top_ups.set(top_up)?;
            }
        }
        Purpose::Payment(id) => {
            let mut payment = payments::payment_of(context, id)?;
            if payment.status == PaymentStatus::Processing {
                payment.become_status(PaymentStatus::Unknown, context.now)?;
                context.facts.payments.set(payment)?;
            }
        }
        Purpose::Refund(id) => {
            let mut refund = refund_of(context, id)?;
            if refund.status == RefundStatus::Sent {
                refund.status = RefundStatus::Unknown;
                context.facts.refunds.set(refund)?;
            }
        }
        Purpose::Withdrawal(id) => outgoing::became_unknown(context, OutgoingId::Withdrawal(id))?,
        Purpose::Payout(id) => outgoing::became_unknown(context, OutgoingId::Payout(id))?,
        Purpose::TopUp(_) => {}
    }
    Ok(())
}

fn settled(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    match (transfer.purpose, transfer.direction) {
        (Purpose::TopUp(id), Direction::In) => top_up_settled(context, transfer, id),
        (Purpose::TopUp(id), Direction::Out) => {
            let movement = postings::card_refund_settled(&transfer.bank, transfer.amount);
            post(context, movement, ids::return_settled_transaction(transfer.id), id.raw())?;
            let top_up = top_up_of(context, id)?;
            tell_top_up(context, &top_up, "top_up.returned")
        }
        (Purpose::Payment(id), _) => payment_settled(context, transfer, id),
        (Purpose::Refund(id), _) => refund_settled(context, transfer, id),
        (Purpose::Withdrawal(id), _) => outgoing::completed(context, transfer, OutgoingId::Withdrawal(id)),
        (Purpose::Payout(id), _) => outgoing::completed(context, transfer, OutgoingId::Payout(id)),
    }
}

fn top_up_settled(context: &mut Context<'_>, transfer: &BankTransfer, id: TopUpId) -> Result<(), Stop> {
    let mut top_up = top_up_of(context, id)?;
    let movement = postings::top_up(&transfer.bank, top_up.user, transfer.amount);
    post(context, movement, ids::top_up_transaction(id), id.raw())?;
    top_up.status = TopUpStatus::Succeeded;
    top_up.final_at = Some(context.now);
    save_top_up(context, top_up, "top_up.succeeded")
}

pub(super) fn save_top_up(context: &mut Context<'_>, top_up: TopUp, kind: &str) -> Result<(), Stop> {
    tell_top_up(context, &top_up, kind)?;
    context.facts.top_ups.set(top_up)
}

/// Tells a user what became of their top-up.
pub(super) fn tell_top_up(context: &mut Context<'_>, top_up: &TopUp, kind: &str) -> Result<(), Stop> {
    let livemode = context.settings.livemode;
    let view = TopUpView::of(top_up, context.facts, Role::Payer, livemode, EVENT_LANGUAGE)?;
    context.tell(top_up.user.raw(), kind, top_up.id.to_string(), &view)
}

fn payment_settled(context: &mut Context<'_>, transfer: &BankTransfer, id: PaymentId) -> Result<(), Stop> {
    let mut payment = payments::payment_of(context, id)?;
    let mut order = crate::view::order_of(payment.order, context.facts)?.clone();
    // An order that is closed, or paid otherwise, takes no more money: what the bank took goes back.
    if !payment.status.is_open() || order.pay(id, context.now).is_err() {
        return give_back(context, payment, transfer);
    }
    let movement =
        postings::card_payment(&transfer.bank, payment.merchant, transfer.amount, payment.fee_minor);
    post(context, movement, ids::payment_transaction(order.id), id.raw())?;
    payment.become_status(PaymentStatus::Succeeded, context.now)?;
    context.facts.payments.set(payment.clone())?;
    context.facts.orders.set(order)?;
    payments::tell(context, &payment, "payment.succeeded")
}

fn refund_settled(context: &mut Context<'_>, transfer: &BankTransfer, id: RefundId) -> Result<(), Stop> {
    let movement = postings::card_refund_settled(&transfer.bank, transfer.amount);
    post(context, movement, ids::return_settled_transaction(transfer.id), id.raw())?;
    refund_arrived(context, id)
}

/// The payer has the money of a refund, whatever was said of it before.
fn refund_arrived(context: &mut Context<'_>, id: RefundId) -> Result<(), Stop> {
    let mut refund = refund_of(context, id)?;
    refund.failure = None;
    refund.status = RefundStatus::Succeeded;
    refund.final_at = Some(context.now);
    context.facts.refunds.set(refund.clone())?;
    if refund.origin == RefundOrigin::LateSuccess {
        let payment = payments::payment_of(context, refund.payment)?;
        if payment.status == PaymentStatus::Reversing {
            payments::reversed(context, payment)?;
        }
    }
    refunds::tell(context, &refund, "refund.succeeded")
}

fn was_refused(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    refusal: Refusal,
) -> Result<Option<BankAlert>, Stop> {
    let code = refusal.code().to_owned();
    match (transfer.purpose, transfer.direction) {
        (Purpose::TopUp(id), Direction::In) => {
            let mut top_up = top_up_of(context, id)?;
            top_up.status = TopUpStatus::Failed;
            top_up.failure = Some(code);
            top_up.final_at = Some(context.now);
            save_top_up(context, top_up, "top_up.failed").map(|()| None)
        }
        (Purpose::TopUp(id), Direction::Out) => {
            let movement = postings::card_refund_refused(&transfer.bank, transfer.amount);
            post(context, movement, ids::return_refused_transaction(transfer.id), id.raw())?;
            let top_up = top_up_of(context, id)?;
            stuck(context, transfer)?;
            tell_top_up(context, &top_up, "top_up.needs_action")?;
            Ok(Some(BankAlert::ReturnRefused))
        }
        (Purpose::Payment(id), _) => payment_refused(context, id, code).map(|()| None),
        (Purpose::Refund(id), _) => {
            let is_late = refund_of(context, id)?.origin == RefundOrigin::LateSuccess;
            refund_refused(context, transfer, id, code)?;
            stuck(context, transfer)?;
            Ok(is_late.then_some(BankAlert::ReturnRefused))
        }
        (Purpose::Withdrawal(id), _) => {
            outgoing::failed(context, transfer, OutgoingId::Withdrawal(id), &code).map(|()| None)
        }
        (Purpose::Payout(id), _) => {
            outgoing::failed(context, transfer, OutgoingId::Payout(id), &code).map(|()| None)
        }
    }
}

/// Money that has to go back does not find its way: a person looks.
fn stuck(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    let object = transfer.id.to_string();
    cases::open(context, CaseKind::StuckReturn, &object, CaseReason::ReturnRefused).map(|_| ())
}

fn payment_refused(context: &mut Context<'_>, id: PaymentId, code: String) -> Result<(), Stop> {
    let mut payment = payments::payment_of(context, id)?;
    if payment.status == PaymentStatus::Reversing {
        return payments::reversed(context, payment);
    }
    let mut order = crate::view::order_of(payment.order, context.facts)?.clone();
    order.end_attempt(id);
    payment.become_status(PaymentStatus::Failed, context.now)?;
    payment.decline = Some(code);
    context.facts.payments.set(payment.clone())?;
    context.facts.orders.set(order)?;
    payments::tell(context, &payment, "payment.failed")
}

fn refund_refused(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: RefundId,
    code: String,
) -> Result<(), Stop> {
    let mut refund = refund_of(context, id)?;
    let movement = postings::card_refund_refused(&transfer.bank, transfer.amount);
    post(context, movement, ids::return_refused_transaction(transfer.id), id.raw())?;
    refund.status = RefundStatus::NeedsAction;
    refund.failure = Some(code);
    context.facts.refunds.set(refund.clone())?;
    refunds::tell(context, &refund, "refund.needs_action")
}

/// The bank moved money after it had refused.
fn late_success(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<Option<BankAlert>, Stop> {
    match (transfer.purpose, transfer.direction) {
        (Purpose::Payment(id), _) => {
            let payment = payments::payment_of(context, id)?;
            give_back(context, payment, transfer).map(|()| None)
        }
        (Purpose::TopUp(id), Direction::In) => {
            let mut top_up = top_up_of(context, id)?;
            let back = return_transfer(context, transfer, transfer.purpose)?;
            top_up.late_return = Some(back.id);
            context.facts.bank_transfers.add(back)?;
            save_top_up(context, top_up, "top_up.returning").map(|()| None)
        }
        // What was to go back went back although the bank had said no, and waits for no other way any more.
        (Purpose::TopUp(id), Direction::Out) => {
            paid_late(context, transfer, id.raw())?;
            let top_up = top_up_of(context, id)?;
            tell_top_up(context, &top_up, "top_up.returned")?;
            Ok(Some(BankAlert::Contradiction))
        }
        (Purpose::Refund(id), _) => {
            paid_late(context, transfer, id.raw())?;
            refund_arrived(context, id)?;
            Ok(Some(BankAlert::Contradiction))
        }
        // Money that went out although the bank had said no: a person has to look.
        (Purpose::Withdrawal(id), _) => {
            outgoing::paid_late(context, transfer, OutgoingId::Withdrawal(id))?;
            Ok(Some(BankAlert::Contradiction))
        }
        (Purpose::Payout(id), _) => {
            outgoing::paid_late(context, transfer, OutgoingId::Payout(id))?;
            Ok(Some(BankAlert::Contradiction))
        }
    }
}

fn paid_late(context: &mut Context<'_>, transfer: &BankTransfer, reference: [u8; 16]) -> Result<(), Stop> {
    let movement = postings::transfer_out_paid_late(&transfer.bank, transfer.amount);
    post(context, movement, ids::return_paid_late_transaction(transfer.id), reference)
}

/// Takes in what the bank moved, and sends it back by the same way.
fn return_transfer(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    purpose: Purpose,
) -> Result<BankTransfer, Stop> {
    let movement = postings::late_success(&transfer.bank, transfer.amount);
    post(context, movement, ids::late_success_transaction(transfer.id), transfer.id.raw())?;
    let new = makegood_banking::NewTransfer {
        id: context.ids.make(),
        bank: transfer.bank.clone(),
        direction: Direction::Out,
        purpose,
        bank_card: transfer.bank_card,
        agreement: transfer.agreement.clone(),
        amount: transfer.amount,
    };
    Ok(BankTransfer::new(new, context.now, &context.settings.schedule))
}

/// Gives back what a bank moved for an order that is closed or paid.
fn give_back(context: &mut Context<'_>, mut payment: Payment, transfer: &BankTransfer) -> Result<(), Stop> {
    let id = context.ids.make();
    let back = return_transfer(context, transfer, Purpose::Refund(id))?;
    let refund = Refund {
        id,
        payment: payment.id,
        merchant: payment.merchant,
        payer: payment.payer,
        amount: transfer.amount,
        fee_back_minor: 0,
        merchant_refund_no: None,
        reason: String::new(),
        origin: RefundOrigin::LateSuccess,
        status: RefundStatus::Sent,
        bank_transfer: Some(back.id),
        failure: None,
        created_at: context.now,
        final_at: None,
    };
    // An attempt that lost its order while it was under way is reversed from here on.
    if payment.status.is_open() {
        payment.become_status(PaymentStatus::Reversing, context.now)?;
    }
    payment.late_refund = Some(id);
    context.facts.bank_transfers.add(back)?;
    context.facts.refunds.add(refund.clone())?;
    context.facts.payments.set(payment)?;
    refunds::tell(context, &refund, "refund.created")
}

pub(super) fn top_up_of(context: &Context<'_>, id: TopUpId) -> Result<TopUp, Stop> {
    let found = context.facts.top_ups.get(&id)?;
    found.cloned().ok_or_else(|| Stop::Broken(format!("{id} is missing")))
}

pub(super) fn refund_of(context: &Context<'_>, id: RefundId) -> Result<Refund, Stop> {
    let found = context.facts.refunds.get(&id)?;
    found.cloned().ok_or_else(|| Stop::Broken(format!("{id} is missing")))
}
