//! Refunds that a merchant decides.

use super::{Context, Declined, EVENT_LANGUAGE, Owner, ids, payments};
use crate::postings::{self, Account, Kind, RefundShares};
use crate::tables::{LookupKind, PaymentId, Refund};
use crate::texts::{Language, Role};
use crate::view::RefundView;
use crate::{Actor, Code, Needs, Problem, Reply, Stop};
use makegood_banking::{Direction, Purpose};
use makegood_ledger::RowKey;
use makegood_money::Money;
use makegood_payments::{Payment, PaymentStatus, Source};
use makegood_refunds::{RefundOrigin, RefundRefused, RefundStatus, RefundablePayment};

/// Refunds a payment in full or in part, to where the money came from.
pub(super) fn refund(
    context: &mut Context<'_>,
    payment: PaymentId,
    amount: Option<Money>,
    reason: &str,
    number: Option<&str>,
) -> Result<Reply, Stop> {
    let payment = refundable(context, payment)?;
    let merchant = payment.merchant.raw();
    if let Some(id) = context.referenced(LookupKind::MerchantRefundNo, merchant, number)? {
        let found = context.facts.refunds.get(&id)?;
        let refund = found.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?.clone();
        return answer(context, &refund);
    }
    let input = RefundablePayment {
        paid: payment.status.has_paid() && payment.status != PaymentStatus::Returned,
        captured: payment.amount,
        refunded_minor: payment.refunded_minor,
        fee_minor: payment.fee_minor,
        fee_returned_minor: payment.fee_returned_minor,
    };
    let decision =
        makegood_refunds::decide(&input, amount).map_err(|refused| refusal(refused, payment.amount))?;
    let mut refund = Refund {
        id: context.ids.make(),
        payment: payment.id,
        merchant: payment.merchant,
        payer: payment.payer,
        amount: decision.amount,
        fee_back_minor: decision.fee_back_minor,
        merchant_refund_no: number.map(str::to_owned),
        reason: reason.to_owned(),
        origin: RefundOrigin::Merchant,
        status: RefundStatus::Sent,
        bank_transfer: None,
        failure: None,
        created_at: context.now,
        final_at: None,
    };
    move_money(context, &payment, &mut refund)?;
    context.take_reference(LookupKind::MerchantRefundNo, merchant, number, refund.id.raw())?;
    let mut payment = payment;
    payment.refunded_minor = payment.refunded_minor.saturating_add(decision.amount.minor());
    payment.fee_returned_minor = payment.fee_returned_minor.saturating_add(decision.fee_back_minor);
    let status = if decision.is_last { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
    payment.become_status(status, context.now)?;
    context.facts.payments.set(payment)?;
    context.facts.refunds.add(refund.clone())?;
    tell(context, &refund, "refund.created")?;
    if refund.status == RefundStatus::Succeeded {
        tell(context, &refund, "refund.succeeded")?;
    }
    answer(context, &refund)
}

/// The payment, if the caller acts for the merchant that was paid.
fn refundable(context: &Context<'_>, id: PaymentId) -> Result<Payment, Stop> {
    if context.actor == Actor::Anonymous {
        return Err(Code::AuthRequired.into());
    }
    let payment = payments::payment_of(context, id)?;
    let merchant = context.facts.merchants.get(&payment.merchant)?;
    if merchant.is_some_and(|merchant| context.actor.acts_for(merchant)) {
        Ok(payment)
    } else {
        Err(Code::NotFound.into())
    }
}

fn refusal(refused: RefundRefused, paid: Money) -> Stop {
    match refused {
        RefundRefused::NotPaid => Code::RefundNotRefundable.into(),
        RefundRefused::CurrencyMismatch => {
            Problem::new(Code::CurrencyMismatch).field("amount.currency").into()
        }
        RefundRefused::ExceedsPayment { remaining_minor } => {
            let mut problem = Problem::new(Code::RefundExceedsPayment).field("amount.amount");
            problem.remaining = Some(Money::new(remaining_minor, paid.currency()).amount());
            problem.into()
        }
    }
}

/// What an account can give up now; nothing where it was never opened.
fn available(context: &Context<'_>, account: &Account) -> Result<i64, Stop> {
    let key = RowKey::Account(account.id());
    if !context.facts.book.is_known(&key) {
        let needs = Needs { ledger: [key].into(), ..Needs::default() };
        return Err(Stop::NotLoaded(Box::new(needs)));
    }
    Ok(context.facts.book.account(&account.id()).map_or(0, |row| row.available()))
}

/// Posts the refund, and makes the transfer to the card where it goes back to one.
fn move_money(context: &mut Context<'_>, payment: &Payment, refund: &mut Refund) -> Result<(), Stop> {
    let against = ids::payment_legs(payment);
    let amount = refund.amount;
    let pending = Account::merchant(Kind::MerchantPending, payment.merchant, amount.currency());
    let shares = RefundShares::of(amount, refund.fee_back_minor, available(context, &pending)?);
    let movement = match payment.source {
        Source::Balance => {
            refund.status = RefundStatus::Succeeded;
            refund.final_at = Some(context.now);
            postings::refund_to_balance(payment.payer, payment.merchant, amount, shares, against)
        }
        Source::BankCard { id } => {
            let purpose = Purpose::Refund(refund.id);
            let transfer = payments::bank_transfer(context, id, Direction::Out, purpose, amount)?;
            let movement = postings::card_refund(&transfer.bank, payment.merchant, amount, shares, against);
            refund.bank_transfer = Some(transfer.id);
            context.facts.bank_transfers.add(transfer)?;
            movement
        }
    };
    match context.post_new(movement, ids::refund_transaction(refund.id), refund.id.raw()) {
        Ok(()) => Ok(()),
        Err(Declined::Code(Code::BalanceInsufficient)) => Err(Code::RefundMerchantShort.into()),
        Err(Declined::Code(code)) => Err(code.into()),
        Err(Declined::Stop(stop)) => Err(stop),
    }
}

/// Tells the payer and the merchant what became of a refund, each what is theirs to know.
pub(super) fn tell(context: &mut Context<'_>, refund: &Refund, kind: &str) -> Result<(), Stop> {
    for (owner, role) in [(Owner::from(refund.payer), Role::Payer), (refund.merchant.into(), Role::Merchant)]
    {
        let view = view(context, refund, role, EVENT_LANGUAGE)?;
        context.tell(owner, kind, refund.id.to_string(), &view)?;
    }
    Ok(())
}

fn view(context: &Context<'_>, refund: &Refund, role: Role, language: Language) -> Result<RefundView, Stop> {
    let livemode = context.settings.livemode;
    RefundView::of(refund, context.facts, role, context.now, livemode, language)
}

fn answer(context: &Context<'_>, refund: &Refund) -> Result<Reply, Stop> {
    let status = if refund.status == RefundStatus::Succeeded { 201 } else { 202 };
    Reply::json(status, &view(context, refund, Role::Merchant, context.language())?)
}
