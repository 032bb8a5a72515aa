//! Payments: started, confirmed, left, closed.

use super::{Context, Declined, EVENT_LANGUAGE, Owner, ids};
use crate::tables::{Merchant, Order, Payment, PaymentId};
use crate::texts::Role;
use crate::view::PaymentView;
use crate::{Code, Expectation, NewPayment, PayeeId, Problem, Reply, Stop, postings, tables::LookupKind};
use makegood_banking::{BankTransfer, Direction, NewTransfer, Purpose};
use makegood_base::BankCardId;
use makegood_payments::{NotPayable, PaymentStatus, Source, SourceKind};

/// Starts a payment. With an expectation it goes on at once; without one it waits for its confirmation.
pub(super) fn create(context: &mut Context<'_>, new: &NewPayment) -> Result<Reply, Stop> {
    let payer = context.actor.user()?;
    let client_ref = new.client_ref.as_deref();
    if let Some(id) = context.referenced(LookupKind::PaymentRef, payer.raw(), client_ref)? {
        let payment = payment_of(context, id)?;
        return answer(context, &payment);
    }
    let order = crate::view::order_of(new.order, context.facts)?.clone();
    let merchant = merchant_of(context, &order)?;
    if let Some(amount) = new.amount.filter(|amount| *amount != order.amount) {
        let field =
            if amount.currency() == order.amount.currency() { "amount.amount" } else { "amount.currency" };
        return Err(Problem::new(Code::PaymentExpectationMismatch).field(field).into());
    }
    check_payable(context, &order)?;
    check_expectation(new.expect, &order, &merchant)?;
    check_source(context, new.source, &order)?;
    let payment = Payment {
        id: context.ids.make(),
        order: order.id,
        payer,
        merchant: order.merchant,
        amount: order.amount,
        fee_minor: ids::fee_minor(&order),
        source: new.source,
        status: PaymentStatus::RequiresConfirmation,
        decline: None,
        client_ref: new.client_ref.clone(),
        refunded_minor: 0,
        fee_returned_minor: 0,
        bank_transfer: None,
        late_refund: None,
        created_at: context.now,
        confirm_by: order.expires_at.min(context.now.plus(context.settings.confirmation_window)),
        confirmed_at: None,
        final_at: None,
    };
    context.take_reference(LookupKind::PaymentRef, payer.raw(), client_ref, payment.id.raw())?;
    if !order.accepts.contains(&payment.source.kind()) {
        return decline(context, payment, Code::SourceNotAccepted, &order);
    }
    if new.expect.is_some() {
        return process(context, payment, order);
    }
    context.facts.payments.add(payment.clone())?;
    answer(context, &payment)
}

/// The payer says yes to what waits for it.
pub(super) fn confirm(context: &mut Context<'_>, id: PaymentId, expect: Expectation) -> Result<Reply, Stop> {
    let payment = own_payment(context, id)?;
    if payment.status != PaymentStatus::RequiresConfirmation || context.now >= payment.confirm_by {
        return Err(refused(context, &payment, Code::PaymentNotConfirmable)?);
    }
    let order = crate::view::order_of(payment.order, context.facts)?.clone();
    let merchant = merchant_of(context, &order)?;
    check_expectation(Some(expect), &order, &merchant)?;
    check_payable(context, &order)?;
    check_source(context, payment.source, &order)?;
    process(context, payment, order)
}

/// The payer leaves before anything moves.
pub(super) fn cancel(context: &mut Context<'_>, id: PaymentId) -> Result<Reply, Stop> {
    let mut payment = own_payment(context, id)?;
    match payment.status {
        PaymentStatus::Cancelled => {}
        PaymentStatus::RequiresConfirmation => {
            payment.become_status(PaymentStatus::Cancelled, context.now)?;
            context.facts.payments.set(payment.clone())?;
        }
        _ => return Err(refused(context, &payment, Code::PaymentNotCancellable)?),
    }
    Reply::json(200, &context.payment_view(&payment, Role::Payer)?)
}

/// Closes a payment that nobody confirmed in time.
pub(super) fn close(context: &mut Context<'_>, id: PaymentId) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut payment = payment_of(context, id)?;
    if payment.next_deadline().is_some_and(|deadline| deadline <= context.now) {
        payment.become_status(PaymentStatus::Closed, context.now)?;
        context.facts.payments.set(payment)?;
    }
    Ok(Reply::empty())
}

/// Moves the money, or asks the bank to.
fn process(context: &mut Context<'_>, payment: Payment, order: Order) -> Result<Reply, Stop> {
    match payment.source {
        Source::Balance => from_balance(context, payment, order),
        Source::BankCard { id } => from_card(context, payment, order, id),
    }
}

fn from_balance(context: &mut Context<'_>, mut payment: Payment, mut order: Order) -> Result<Reply, Stop> {
    let movement = postings::payment(payment.payer, payment.merchant, payment.amount, payment.fee_minor);
    match context.post(movement, ids::payment_transaction(order.id), payment.id.raw()) {
        Ok(()) => {}
        Err(Declined::Code(code)) => return decline(context, payment, code, &order),
        Err(Declined::Stop(stop)) => return Err(stop),
    }
    order.pay(payment.id, context.now).map_err(|error| Stop::Broken(error.to_string()))?;
    payment.become_status(PaymentStatus::Succeeded, context.now)?;
    save(context, &payment, Some(order))?;
    tell(context, &payment, "payment.succeeded")?;
    answer(context, &payment)
}

fn from_card(
    context: &mut Context<'_>,
    mut payment: Payment,
    mut order: Order,
    card: BankCardId,
) -> Result<Reply, Stop> {
    let transfer = bank_transfer(context, card, Direction::In, Purpose::Payment(payment.id), payment.amount)?;
    order.begin_attempt(payment.id, context.now).map_err(|error| Stop::Broken(error.to_string()))?;
    payment.bank_transfer = Some(transfer.id);
    payment.become_status(PaymentStatus::Processing, context.now)?;
    context.facts.bank_transfers.add(transfer)?;
    save(context, &payment, Some(order))?;
    answer(context, &payment)
}

/// A transfer at the bank of a card, not sent yet.
pub(super) fn bank_transfer(
    context: &mut Context<'_>,
    card: BankCardId,
    direction: Direction,
    purpose: Purpose,
    amount: makegood_money::Money,
) -> Result<BankTransfer, Stop> {
    let card = context.facts.bank_cards.get(&card)?.ok_or(Stop::from(Code::NotFound))?;
    let new = NewTransfer {
        id: context.ids.make(),
        bank: card.bank.clone(),
        direction,
        purpose,
        bank_card: card.id,
        agreement: card.agreement.clone(),
        amount,
    };
    let mut transfer = BankTransfer::new(new, context.now, &context.settings.schedule);
    if let Some(expected_in) = context.settings.outlooks.of(&transfer.bank).expected_in {
        transfer.expected_by = context.now.plus(expected_in);
    }
    Ok(transfer)
}

/// Keeps a declined payment: it exists, and has a trace. The order stays payable.
fn decline(
    context: &mut Context<'_>,
    mut payment: Payment,
    code: Code,
    order: &Order,
) -> Result<Reply, Stop> {
    payment.become_status(PaymentStatus::Failed, context.now)?;
    payment.decline = Some(code.as_str().to_owned());
    save(context, &payment, None)?;
    let mut problem = context.payment_view(&payment, Role::Payer)?.declined(code);
    if code == Code::SourceNotAccepted {
        problem.accepted_sources = Some(order.accepts.iter().map(|kind| kind.as_str()).collect());
    }
    Ok(problem.render(context.actor.role(), context.language(), context.command.request))
}

fn save(context: &mut Context<'_>, payment: &Payment, order: Option<Order>) -> Result<(), Stop> {
    // A new payment's id was made by this command; one that was loaded is known already.
    context.facts.payments.add(payment.clone())?;
    order.map_or(Ok(()), |order| context.facts.orders.set(order))
}

/// Tells the payer and the merchant what became of a payment, each what is theirs to know.
pub(super) fn tell(context: &mut Context<'_>, payment: &Payment, kind: &str) -> Result<(), Stop> {
    for (owner, role) in
        [(Owner::from(payment.payer), Role::Payer), (payment.merchant.into(), Role::Merchant)]
    {
        let view = PaymentView::of(payment, context.facts, role, context.settings, EVENT_LANGUAGE)?;
        context.tell(owner, kind, payment.id.to_string(), &view)?;
    }
    Ok(())
}

/// An attempt that was taken over is at its end: the bank took nothing, or has it back.
pub(super) fn reversed(context: &mut Context<'_>, mut payment: Payment) -> Result<(), Stop> {
    payment.become_status(PaymentStatus::Reversed, context.now)?;
    context.facts.payments.set(payment.clone())?;
    tell(context, &payment, "payment.reversed")
}

/// The payment as its payer sees it; one that was declined is answered as a decline each time.
fn answer(context: &Context<'_>, payment: &Payment) -> Result<Reply, Stop> {
    let view: PaymentView = context.payment_view(payment, Role::Payer)?;
    let decline = payment.decline.as_deref().filter(|_| payment.status == PaymentStatus::Failed);
    if let Some(code) = decline.and_then(Code::parse) {
        return Err(view.declined(code).into());
    }
    let status =
        if payment.status.is_open() || payment.status == PaymentStatus::Reversing { 202 } else { 201 };
    Reply::json(status, &view)
}

fn refused(context: &Context<'_>, payment: &Payment, code: Code) -> Result<Stop, Stop> {
    Ok(Problem::new(code).with_payment(context.payment_view(payment, Role::Payer)?).into())
}

fn merchant_of(context: &Context<'_>, order: &Order) -> Result<Merchant, Stop> {
    let found = context.facts.merchants.get(&order.merchant)?;
    found.cloned().ok_or_else(|| Stop::Broken(format!("{} is missing", order.merchant)))
}

/// The payment with this id, or that there is none.
pub(super) fn payment_of(context: &Context<'_>, id: PaymentId) -> Result<Payment, Stop> {
    Ok(context.facts.payments.get(&id)?.ok_or(Stop::from(Code::NotFound))?.clone())
}

fn own_payment(context: &Context<'_>, id: PaymentId) -> Result<Payment, Stop> {
    let user = context.actor.user()?;
    let payment = payment_of(context, id)?;
    if payment.payer == user { Ok(payment) } else { Err(Code::NotFound.into()) }
}

/// Refuses an order that cannot be paid now. The payment that is in the way is shown to its own payer.
fn check_payable(context: &Context<'_>, order: &Order) -> Result<(), Stop> {
    let (code, in_the_way) = match order.check_payable(context.now) {
        Ok(()) => return Ok(()),
        Err(NotPayable::Paid(payment)) => (Code::OrderAlreadyPaid, Some(payment)),
        Err(NotPayable::AttemptOpen(payment)) => (Code::PaymentAttemptOpen, Some(payment)),
        Err(NotPayable::Cancelled) => (Code::OrderCancelled, None),
        Err(NotPayable::Expired) => (Code::OrderExpired, None),
    };
    let mut problem = Problem::new(code);
    if let Some(id) = in_the_way {
        let payment = payment_of(context, id)?;
        if context.actor == crate::Actor::User(payment.payer) {
            problem = problem.with_payment(context.payment_view(&payment, Role::Payer)?);
        }
        problem.safe_to_pay_again = false;
    }
    Err(problem.into())
}

fn check_expectation(expect: Option<Expectation>, order: &Order, merchant: &Merchant) -> Result<(), Stop> {
    let Some(expect) = expect else { return Ok(()) };
    let mismatch = |field| Err(Problem::new(Code::PaymentExpectationMismatch).field(field).into());
    if expect.amount != order.amount {
        return mismatch("expect.amount");
    }
    if expect.payee != PayeeId::Merchant(merchant.id) {
        return mismatch("expect.payee");
    }
    Ok(())
}

/// Refuses a card that is not the payer's, or not active, and one whose bank is not asked now: nothing is begun that
/// would only wait. What else would pay is said.
fn check_source(context: &Context<'_>, source: Source, order: &Order) -> Result<(), Stop> {
    let Source::BankCard { id } = source else { return Ok(()) };
    let card = super::cards::active_card(context, id)?;
    let settings = context.settings;
    if !settings.outlooks.of(&card.bank).is_down || !order.accepts.contains(&source.kind()) {
        return Ok(());
    }
    let mut problem = Problem::new(Code::SourceUnavailable).field("source.id");
    let another_is_up = settings.banks.iter().any(|bank| !settings.outlooks.of(bank).is_down);
    let works = |kind: &&SourceKind| **kind != SourceKind::BankCard || another_is_up;
    problem.accepted_sources = Some(order.accepts.iter().filter(works).map(|kind| kind.as_str()).collect());
    Err(problem.into())
}
