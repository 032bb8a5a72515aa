//! Merchants and their orders.

use super::{Context, EVENT_LANGUAGE, payments};
use crate::tables::{ApiKey, ApiKeyId, LookupKind, Merchant, MerchantId, Order, OrderId};
use crate::texts::{Reason, Role};
use crate::view::{MerchantCreatedView, OrderView, order_of};
use crate::{Actor, Code, NewOrder, Problem, Reply, Stop};
use makegood_banking::Outcome;
use makegood_payments::{NotPayable, OrderState, PaymentStatus, SourceKind};
use std::time::Duration;

/// Makes a merchant, owned by the caller, with its first API key.
pub(super) fn create(
    context: &mut Context<'_>,
    name: &str,
    key: ApiKeyId,
    secret_hash: [u8; 32],
) -> Result<Reply, Stop> {
    let owner = context.actor.user()?;
    let merchant = Merchant {
        id: context.ids.make(),
        owner,
        name: name.to_owned(),
        fee_basis_points: context.settings.fee_basis_points,
        settlement_days: context.settings.settlement_days,
        created_at: context.now,
        livemode: context.settings.livemode,
        feed: makegood_merchants::EventFeed::default(),
    };
    let reply = MerchantCreatedView::reply(&merchant, key, context.settings.livemode)?;
    context.facts.api_keys.add(ApiKey {
        id: key,
        merchant: merchant.id,
        secret_hash,
        created_at: context.now,
        revoked_at: None,
    })?;
    context.facts.merchants.add(merchant)?;
    Ok(reply)
}

fn invalid(field: &str, reason: Reason) -> Stop {
    Problem::new(Code::RequestInvalid).field(field).because(reason).into()
}

/// The merchant that the caller acts for: the named one, or the API key's own.
pub(super) fn acting_merchant(context: &Context<'_>, named: Option<MerchantId>) -> Result<Merchant, Stop> {
    let id = match (context.actor, named) {
        (Actor::Merchant(id), None) => id,
        (Actor::Merchant(id), Some(named)) if id == named => id,
        (Actor::User(_), Some(named)) => named,
        (Actor::User(_), None) => return Err(invalid("merchant", Reason::MissingField)),
        (Actor::Anonymous, _) => return Err(Code::AuthRequired.into()),
        (Actor::Merchant(_), Some(_)) => return Err(Code::NotFound.into()),
        _ => return Err(Code::AuthForbidden.into()),
    };
    let merchant = context.facts.merchants.get(&id)?.filter(|merchant| context.actor.acts_for(merchant));
    Ok(merchant.ok_or(Stop::from(Code::NotFound))?.clone())
}

/// Makes an order. A merchant's own number has one order for ever.
pub(super) fn create_order(context: &mut Context<'_>, new: &NewOrder) -> Result<Reply, Stop> {
    let merchant = acting_merchant(context, new.merchant)?;
    let number = Some(new.merchant_order_no.as_str());
    if let Some(id) = context.referenced(LookupKind::MerchantOrderNo, merchant.id.raw(), number)? {
        let order = order_of(id, context.facts)?;
        return Reply::json(201, &view(context, order)?);
    }
    let lifetime =
        new.expires_in_s.map_or(context.settings.order_lifetime, |s| Duration::from_secs(s.into()));
    if lifetime.is_zero() || lifetime > context.settings.order_lifetime_max {
        let maximum = context.settings.order_lifetime_max.as_secs();
        return Err(invalid("expires_in_s", Reason::OutOfRange { minimum: 1, maximum }));
    }
    let accepts = match &new.accepts {
        None => SourceKind::ALL.to_vec(),
        Some(kinds) => SourceKind::ALL.iter().copied().filter(|kind| kinds.contains(kind)).collect(),
    };
    if accepts.is_empty() {
        let accepted = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        return Err(invalid("accepts", Reason::NotAccepted { accepted }));
    }
    let order = Order {
        id: context.ids.make(),
        merchant: merchant.id,
        merchant_order_no: new.merchant_order_no.clone(),
        amount: new.amount,
        description: new.description.clone(),
        accepts,
        fee_basis_points: merchant.fee_basis_points,
        state: OrderState::Open,
        open_attempt: None,
        reversing: None,
        created_at: context.now,
        expires_at: context.now.plus(lifetime),
    };
    context.take_reference(LookupKind::MerchantOrderNo, merchant.id.raw(), number, order.id.raw())?;
    let view = view(context, &order)?;
    context.facts.orders.add(order)?;
    Reply::json(201, &view)
}

fn view(context: &Context<'_>, order: &Order) -> Result<OrderView, Stop> {
    OrderView::of(order, context.facts, context.settings, context.language())
}

/// The way out at the till: the order is over at once. An attempt that is under way is taken over, and
/// whatever the bank does late is given back.
pub(super) fn cancel_order(context: &mut Context<'_>, id: OrderId) -> Result<Reply, Stop> {
    let mut order = order_of(id, context.facts)?.clone();
    let merchant = context.facts.merchants.get(&order.merchant)?;
    match context.actor {
        Actor::Anonymous => return Err(Code::AuthRequired.into()),
        actor if merchant.is_some_and(|merchant| actor.acts_for(merchant)) => {}
        _ => return Err(Code::NotFound.into()),
    }
    let was_open = order.state == OrderState::Open;
    let taken_over = match order.cancel(context.now) {
        Ok(taken_over) => taken_over,
        Err(NotPayable::Paid(_)) => return Err(paid(context, &order)?),
        Err(_) => return Err(Code::OrderExpired.into()),
    };
    if let Some(payment) = taken_over {
        reverse(context, payment)?;
    }
    let view = view(context, &order)?;
    if was_open {
        let told = OrderView::of(&order, context.facts, context.settings, EVENT_LANGUAGE)?;
        context.tell(order.merchant, "order.cancelled", order.id.to_string(), &told)?;
        context.facts.orders.set(order.clone())?;
    }
    let is_reversing = match order.reversing {
        Some(payment) => payments::payment_of(context, payment)?.status == PaymentStatus::Reversing,
        None => false,
    };
    Reply::json(if is_reversing { 202 } else { 200 }, &view)
}

fn paid(context: &Context<'_>, order: &Order) -> Result<Stop, Stop> {
    let mut problem = Problem::new(Code::OrderAlreadyPaid);
    problem.safe_to_pay_again = false;
    if let Some(id) = super::ids::paid_by(order) {
        let payment = payments::payment_of(context, id)?;
        problem = problem.with_payment(context.payment_view(&payment, Role::Merchant)?);
    }
    Ok(problem.into())
}

/// Takes an attempt over, and tells both sides by when it is known how it ends. One that was never sent is over at once.
fn reverse(context: &mut Context<'_>, id: crate::tables::PaymentId) -> Result<(), Stop> {
    let mut payment = payments::payment_of(context, id)?;
    payment.become_status(PaymentStatus::Reversing, context.now)?;
    let transfer = payment.bank_transfer.ok_or_else(|| Stop::Broken(format!("{id} has no bank transfer")))?;
    let mut transfer = super::bank::transfer_of(context, transfer)?;
    let is_over =
        matches!(transfer.start_reversing(context.now, &context.settings.schedule), Outcome::Refused(_));
    context.facts.bank_transfers.set(transfer)?;
    if is_over {
        return payments::reversed(context, payment);
    }
    context.facts.payments.set(payment.clone())?;
    payments::tell(context, &payment, "payment.reversing")
}

/// Closes an order whose time is over. One that an attempt holds stays until the attempt ends.
pub(super) fn expire_order(context: &mut Context<'_>, id: OrderId) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut order = order_of(id, context.facts)?.clone();
    if order.expire(context.now) {
        context.facts.orders.set(order)?;
    }
    Ok(Reply::empty())
}
