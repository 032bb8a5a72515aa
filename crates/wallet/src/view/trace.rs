//! Traces, made from rows.

use super::NextView;
use super::payment::payment_sentence;
use crate::tables::{BankTransfer, BankTransferId, Payment, Refund, RefundId, TopUp, Transfer};
use crate::texts::{Language, Sentence, sentence};
use crate::{Facts, Stop};
use makegood_banking::State;
use makegood_base::Timestamp;
use makegood_payments::trace::{
    BankFacts, GiveBackFacts, Hop, HopState, Next, NextEvent, Party, Trace, payment_trace,
};
use makegood_refunds::RefundStatus;
use serde::Serialize;

/// One hop of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HopView {
    /// Which place: `wallet`, `bank`, `ledger`, `payee`, `return`.
    pub hop: &'static str,
    /// What happened there: `done`, `waiting`, `unknown`, `refused`, `not_reached`.
    pub state: &'static str,
    /// When it did.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Timestamp>,
    /// The name that the thing has there.
    pub reference: Option<String>,
}

/// A trace: where the money is, and what happens next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceView {
    /// The hops, in the order in which the money passes them.
    pub hops: Vec<HopView>,
    /// What is expected next; null when everything is final.
    pub next: Option<NextView>,
    /// Where it stands, in a sentence.
    pub summary: &'static str,
}

impl TraceView {
    fn of(trace: Trace, summary: Sentence, language: Language) -> Self {
        let hop = |hop: Hop| HopView {
            hop: hop.hop,
            state: hop.state.as_str(),
            at: hop.at,
            reference: hop.reference,
        };
        Self {
            hops: trace.hops.into_iter().map(hop).collect(),
            next: trace.next.map(|next| NextView::of(next, language)),
            summary: sentence(summary, language),
        }
    }

    pub(crate) fn payment(row: &Payment, facts: &Facts, language: Language) -> Result<Self, Stop> {
        Ok(Self::of(payment(row, facts)?, payment_sentence(row.status), language))
    }

    pub(crate) fn top_up(top_up: &TopUp, facts: &Facts, language: Language) -> Result<Self, Stop> {
        use makegood_payments::TopUpStatus as S;
        let bank = bank_facts(facts, top_up.bank_transfer)?;
        let ledger = if top_up.status == S::Succeeded { HopState::Done } else { HopState::NotReached };
        let paid_at = top_up.final_at.filter(|_| top_up.status == S::Succeeded);
        let mut hops = vec![
            hop("wallet", HopState::Done, Some(top_up.created_at), top_up.id.to_string()),
            bank.hop("bank"),
            hop("ledger", ledger, paid_at, top_up.user.to_string()),
        ];
        let back = top_up.late_return.map(|id| bank_facts(facts, id)).transpose()?;
        hops.extend(back.as_ref().map(|back| back.hop("return")));
        let summary = match top_up.status {
            S::Processing => Sentence::TopUpProcessing,
            S::Unknown => Sentence::TopUpUnknown,
            S::Succeeded => Sentence::TopUpSucceeded,
            S::Failed => Sentence::TopUpFailed,
        };
        Ok(Self::of(Trace { hops, next: top_up_next(&bank, back.as_ref()) }, summary, language))
    }

    pub(crate) fn refund(refund: &Refund, facts: &Facts, language: Language) -> Result<Self, Stop> {
        let bank = refund.bank_transfer.map(|id| bank_facts(facts, id)).transpose()?;
        let arrived = refund.status == RefundStatus::Succeeded;
        let state = if arrived { HopState::Done } else { HopState::NotReached };
        let mut hops = vec![
            hop("wallet", HopState::Done, Some(refund.created_at), refund.id.to_string()),
            hop("ledger", HopState::Done, Some(refund.created_at), refund.payment.to_string()),
        ];
        hops.extend(bank.as_ref().map(|bank| bank.hop("bank")));
        hops.push(hop("payer", state, refund.final_at, refund.payer.to_string()));
        let trace = Trace { hops, next: refund_next(refund, bank.as_ref()) };
        Ok(Self::of(trace, refund_sentence(refund.status), language))
    }

    pub(crate) fn transfer(transfer: &Transfer, language: Language) -> Self {
        let at = Some(transfer.created_at);
        let hops = vec![
            hop("wallet", HopState::Done, at, transfer.id.to_string()),
            hop("ledger", HopState::Done, at, transfer.id.to_string()),
            hop("payee", HopState::Done, at, transfer.payee.to_string()),
        ];
        Self::of(Trace { hops, next: None }, Sentence::TransferSucceeded, language)
    }
}

fn hop(name: &'static str, state: HopState, at: Option<Timestamp>, reference: String) -> Hop {
    Hop { hop: name, state, at, reference: Some(reference) }
}

/// What a trace needs to know of a bank transfer.
pub(crate) fn bank_facts(facts: &Facts, id: BankTransferId) -> Result<BankFacts, Stop> {
    let transfer: &BankTransfer =
        facts.bank_transfers.get(&id)?.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?;
    Ok(BankFacts {
        reference: transfer.id.to_string(),
        bank_reference: transfer.bank_reference.clone(),
        submitted_at: transfer.submitted_at,
        unknown_since: transfer.unknown_since,
        final_at: transfer.final_at,
        refused: transfer.state == State::Refused,
        expected_by: transfer.expected_by,
        mismatch: transfer.mismatch.is_some(),
    })
}

/// The trace of a payment, with the way back of money that came too late.
pub(super) fn payment(payment: &Payment, facts: &Facts) -> Result<Trace, Stop> {
    let bank = payment.bank_transfer.map(|id| bank_facts(facts, id)).transpose()?;
    let give_back = match payment.late_refund {
        None => None,
        Some(id) => Some(give_back_facts(id, facts)?),
    };
    Ok(payment_trace(payment, bank.as_ref(), give_back.as_ref()))
}

fn give_back_facts(id: RefundId, facts: &Facts) -> Result<GiveBackFacts, Stop> {
    let refund = facts.refunds.get(&id)?.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?;
    let bank = refund.bank_transfer.map(|id| bank_facts(facts, id)).transpose()?;
    Ok(GiveBackFacts {
        refund: refund.id.to_string(),
        started_at: refund.created_at,
        done_at: refund.final_at,
        expected_by: bank.map_or(refund.created_at, |bank| bank.expected_by),
        needs_staff: refund.status == RefundStatus::NeedsAction,
    })
}

/// Who acts next on a top-up: the bank, or, where it took the money after it had refused, whoever gives it
/// back.
pub(super) fn top_up_next(bank: &BankFacts, back: Option<&BankFacts>) -> Option<Next> {
    let way_back = |back: &BankFacts| match back.final_at {
        None => Some(Next { event: NextEvent::GiveBack, by: back.expected_by, who: Party::Wallet }),
        Some(_) if back.refused => {
            Some(Next { event: NextEvent::StaffAction, by: back.expected_by, who: Party::Staff })
        }
        Some(_) => None,
    };
    bank.next().or_else(|| back.and_then(way_back))
}

/// Who acts next on a refund.
pub(super) fn refund_next(refund: &Refund, bank: Option<&BankFacts>) -> Option<Next> {
    match refund.status {
        RefundStatus::Succeeded => None,
        RefundStatus::NeedsAction => {
            let by = bank.map_or(refund.created_at, |bank| bank.expected_by);
            Some(Next { event: NextEvent::StaffAction, by, who: Party::Staff })
        }
        RefundStatus::Sent | RefundStatus::Unknown => bank.and_then(BankFacts::next),
    }
}

/// The sentence that says where a refund stands.
pub(super) const fn refund_sentence(status: RefundStatus) -> Sentence {
    match status {
        RefundStatus::Sent => Sentence::RefundProcessing,
        RefundStatus::Unknown => Sentence::RefundUnknown,
        RefundStatus::NeedsAction => Sentence::RefundNeedsAction,
        RefundStatus::Succeeded => Sentence::RefundSucceeded,
    }
}
