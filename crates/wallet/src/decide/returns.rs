//! What a bank takes back after its yes, what it moves otherwise than it was asked to, and what is called back from
//! it. What a bank has done is never refused.

use super::bank::{self, BankAlert, post, refund_of, top_up_of, transfer_of};
use super::{Context, Owner, cases, ids, payments, payouts, refunds, withdrawals};
use crate::cases::{CaseKind, CaseReason};
use crate::postings::{self, Account, Bearers, Kind, MerchantShares, UserShares};
use crate::tables::{BankTransfer, BankTransferId, Payment, PaymentId, RefundId, TopUpId, UserId};
use crate::view::BankTransferView;
use crate::{Code, Reply, Stop};
use makegood_banking::{Direction, Purpose, RecallRefusal, ReturnReason, State, Told};
use makegood_payments::{PaymentStatus, TopUpStatus};
use makegood_refunds::RefundStatus;

/// A bank told of money that came under a reference that is not ours. It belongs to nobody, once, however often it is
/// told; a person looks.
pub(super) fn unknown_reference(context: &mut Context<'_>, bank: &str, told: &Told) -> Result<Reply, Stop> {
    if !told.brings_money() {
        return Ok(Reply::empty());
    }
    let transaction = ids::unknown_reference_transaction(bank, &told.reference);
    if context.has_posted(transaction)? {
        return Ok(Reply::empty());
    }
    post(context, postings::unidentified(bank, told.amount), transaction, transaction.raw())?;
    let object = transaction.to_string();
    cases::open(context, CaseKind::UnidentifiedMoney, &object, CaseReason::BankMismatch)?;
    context.tell(Owner::Service, BankAlert::UnknownReference.as_str(), object, told)?;
    Reply::json(200, &bank::Heard { alert: Some(BankAlert::UnknownReference), took: None })
}

/// The bank moved otherwise than it was asked to. What came belongs to nobody yet; of what went out nothing is booked.
/// A transfer that is settled has its money: the bank contradicts itself, and nothing more came.
pub(super) fn mismatched(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    let came = transfer.mismatch.filter(|amount| amount.minor() > 0);
    if let Some(amount) = came
        && transfer.direction == Direction::In
        && transfer.state != State::Settled
    {
        let movement = postings::unidentified(&transfer.bank, amount);
        post(context, movement, ids::mismatch_transaction(transfer.id), transfer.id.raw())?;
    }
    let object = transfer.id.to_string();
    cases::open(context, CaseKind::UnidentifiedMoney, &object, CaseReason::BankMismatch).map(|_| ())
}

/// The bank has a last word on what it moved otherwise: what was unidentified is not there any more.
pub(super) fn corrected(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    let Some(amount) = transfer.mismatch else { return Ok(()) };
    if !context.has_posted(ids::mismatch_transaction(transfer.id))?
        || context.has_posted(ids::mismatch_corrected_transaction(transfer.id))?
    {
        return Ok(());
    }
    let movement = postings::unidentified_corrected(&transfer.bank, amount);
    post(context, movement, ids::mismatch_corrected_transaction(transfer.id), transfer.id.raw())
}

/// The bank took back what it had moved.
pub(super) fn returned(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    let is_late = transfer.late_success_at.is_some();
    match (transfer.purpose, transfer.direction) {
        // It was never ours: what came of it was unidentified.
        _ if transfer.state == State::Refused && !is_late => corrected(context, transfer),
        (Purpose::Payment(id), _) => payment_returned(context, transfer, id, is_late),
        (Purpose::TopUp(id), Direction::In) => top_up_returned(context, transfer, id, is_late),
        (Purpose::TopUp(id), Direction::Out) => {
            transfer_out_returned(context, transfer, id.raw())?;
            let top_up = top_up_of(context, id)?;
            bank::tell_top_up(context, &top_up, "top_up.needs_action")
        }
        (Purpose::Refund(id), _) => refund_returned(context, transfer, id),
        (Purpose::Withdrawal(id), _) => withdrawals::returned(context, transfer, id),
        (Purpose::Payout(id), _) => payouts::returned(context, transfer, id),
    }
}

fn payment_returned(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: PaymentId,
    is_late: bool,
) -> Result<(), Stop> {
    let mut payment = payments::payment_of(context, id)?;
    if is_late || !payment.status.has_paid() {
        // It went back to the payer already, or is on its way: now they have it twice.
        user_returned(context, transfer, payment.payer, 0, id.raw())?;
        return payments::tell(context, &payment, "payment.bank_returned");
    }
    let shares = merchant_shares(context, &payment)?;
    let against = ids::payment_legs(&payment);
    let between = (payment.payer, payment.merchant);
    let movement = postings::card_payment_returned(&transfer.bank, between, payment.amount, shares, against);
    post(context, movement, ids::bank_returned_transaction(transfer.id), id.raw())?;
    if shares.pending.saturating_add(shares.available).saturating_add(shares.fee) < payment.amount.minor() {
        is_short(context, transfer)?;
    }
    payment.become_status(PaymentStatus::Returned, context.now)?;
    context.facts.payments.set(payment.clone())?;
    payments::tell(context, &payment, "payment.bank_returned")
}

/// Who bears a payment that the bank took back.
fn merchant_shares(context: &Context<'_>, payment: &Payment) -> Result<MerchantShares, Stop> {
    let currency = payment.amount.currency();
    let of_merchant = |kind| Account::merchant(kind, payment.merchant, currency);
    let fee_part = payment.fee_minor.saturating_sub(payment.fee_returned_minor);
    let refunded_of_merchant = payment.refunded_minor.saturating_sub(payment.fee_returned_minor);
    let merchant_part =
        payment.amount.minor().saturating_sub(payment.fee_minor).saturating_sub(refunded_of_merchant);
    let bearers = Bearers {
        merchant_part,
        fee_part,
        pending: context.available(&of_merchant(Kind::MerchantPending))?,
        available: context.available(&of_merchant(Kind::MerchantAvailable))?,
        float: context.available(&Account::ours(Kind::Float, currency))?,
    };
    Ok(MerchantShares::of(payment.amount.minor(), bearers))
}

fn top_up_returned(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: TopUpId,
    is_late: bool,
) -> Result<(), Stop> {
    let mut top_up = top_up_of(context, id)?;
    let account = Account::user(top_up.user, transfer.amount.currency());
    let has = if is_late { 0 } else { context.available(&account)? };
    user_returned(context, transfer, top_up.user, has, id.raw())?;
    if !is_late {
        top_up.status = TopUpStatus::Returned;
    }
    bank::save_top_up(context, top_up, "top_up.bank_returned")
}

/// A user has to give back what the bank took back: out of so much of theirs, else against a claim on them.
fn user_returned(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    user: UserId,
    has: i64,
    reference: [u8; 16],
) -> Result<(), Stop> {
    let amount = transfer.amount;
    let float = context.available(&Account::ours(Kind::Float, amount.currency()))?;
    let shares = UserShares::of(amount.minor(), has, float);
    let movement = postings::bank_returned(&transfer.bank, user, amount, shares);
    post(context, movement, ids::bank_returned_transaction(transfer.id), reference)?;
    if shares.user < amount.minor() { is_short(context, transfer) } else { Ok(()) }
}

fn is_short(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    let object = transfer.id.to_string();
    cases::open(context, CaseKind::Contradiction, &object, CaseReason::ReturnShort).map(|_| ())
}

fn refund_returned(context: &mut Context<'_>, transfer: &BankTransfer, id: RefundId) -> Result<(), Stop> {
    transfer_out_returned(context, transfer, id.raw())?;
    let mut refund = refund_of(context, id)?;
    refund.status = RefundStatus::NeedsAction;
    refund.failure = Some(Code::BankReturned.as_str().to_owned());
    refund.final_at = None;
    context.facts.refunds.set(refund.clone())?;
    refunds::tell(context, &refund, "refund.needs_action")
}

/// Money that went out is back, and waits for another way.
fn transfer_out_returned(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    reference: [u8; 16],
) -> Result<(), Stop> {
    let movement = postings::transfer_out_returned(&transfer.bank, transfer.amount);
    post(context, movement, ids::bank_returned_transaction(transfer.id), reference)?;
    let object = transfer.id.to_string();
    cases::open(context, CaseKind::StuckReturn, &object, CaseReason::ReturnRefused).map(|_| ())
}

/// Whether a return is something that a person has to be alerted to: what we asked for is not.
pub(super) fn alert_of(reason: ReturnReason) -> Option<BankAlert> {
    (reason != ReturnReason::Recalled).then_some(BankAlert::Returned)
}

/// Staff call back what a bank has paid out: the bank is asked at once, and again until it has answered.
pub(super) fn recall(context: &mut Context<'_>, id: BankTransferId, reason: &str) -> Result<Reply, Stop> {
    context.actor.must_be_staff()?;
    let mut transfer = context.facts.bank_transfers.get(&id)?.cloned().ok_or(Stop::from(Code::NotFound))?;
    transfer.start_recall(reason.to_owned(), context.now).map_err(|refusal| match refusal {
        RecallRefusal::NothingToRecall => Stop::from(Code::RecallNothing),
        RecallRefusal::Returned => Stop::from(Code::RecallReturned),
    })?;
    context.facts.bank_transfers.set(transfer)?;
    let transfer = transfer_of(context, id)?;
    Reply::json(202, &BankTransferView::of(&transfer, context.settings.livemode))
}
