//! Transfers between users.

use super::{Context, Declined, ids};
use crate::tables::{LookupKey, LookupKind, Transfer, UserId};
use crate::view::TransferView;
use crate::{Code, Expectation, PayeeId, PayeeRef, Problem, Reply, Stop, postings};
use makegood_money::Money;

/// What a payer asks for.
pub(super) struct Asked<'a> {
    pub(super) to: &'a PayeeRef,
    pub(super) amount: Money,
    pub(super) note: Option<String>,
    pub(super) expect: Option<Expectation>,
}

/// Moves money to another user, at once or not at all.
pub(super) fn transfer(
    context: &mut Context<'_>,
    asked: Asked<'_>,
    client_ref: Option<&str>,
) -> Result<Reply, Stop> {
    let payer = context.actor.user()?;
    let livemode = context.settings.livemode;
    if let Some(id) = context.referenced(LookupKind::TransferRef, payer.raw(), client_ref)? {
        let found = context.facts.transfers.get(&id)?;
        let transfer = found.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?;
        return Reply::json(201, &TransferView::of(transfer, true, livemode));
    }
    let payee = payee_of(context, asked.to)?;
    if payee == payer {
        return Err(Problem::new(Code::PayeeIsPayer).field("to").into());
    }
    if let Some(expect) = asked.expect {
        if expect.amount != asked.amount {
            return Err(Problem::new(Code::PaymentExpectationMismatch).field("expect.amount").into());
        }
        if expect.payee != PayeeId::User(payee) {
            return Err(Problem::new(Code::PaymentExpectationMismatch).field("expect.payee").into());
        }
    }
    let transfer = Transfer {
        id: context.ids.make(),
        payer,
        payee,
        amount: asked.amount,
        note: asked.note,
        client_ref: client_ref.map(str::to_owned),
        created_at: context.now,
    };
    let movement = postings::transfer(payer, payee, asked.amount);
    match context.post_new(movement, ids::transfer_transaction(transfer.id), transfer.id.raw()) {
        Ok(()) => {}
        Err(Declined::Code(code)) => return Err(code.into()),
        Err(Declined::Stop(stop)) => return Err(stop),
    }
    context.take_reference(LookupKind::TransferRef, payer.raw(), client_ref, transfer.id.raw())?;
    let seen_by_payee = TransferView::of(&transfer, false, livemode);
    context.tell(payee, "transfer.received", transfer.id.to_string(), &seen_by_payee)?;
    let view = TransferView::of(&transfer, true, livemode);
    context.facts.transfers.add(transfer)?;
    Reply::json(201, &view)
}

fn payee_of(context: &Context<'_>, to: &PayeeRef) -> Result<UserId, Stop> {
    let missing = || Stop::from(Problem::new(Code::NotFound).field("to"));
    let id = match to {
        PayeeRef::User(id) => *id,
        PayeeRef::Login(login) => {
            let key = LookupKey { kind: LookupKind::Login, owner: [0; 16], name: login.clone() };
            context.facts.lookups.get(&key)?.ok_or_else(missing)?.target.into()
        }
    };
    context.facts.users.get(&id)?.map(|user| user.id).ok_or_else(missing)
}
