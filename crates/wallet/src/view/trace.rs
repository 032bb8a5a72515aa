//! Traces, made from rows.

use super::NextView;
use super::standing::{
    PaymentFacts, TopUpFacts, bank_facts, posted, refund_next, refund_summary, refund_transaction,
};
use crate::decide::ids;
use crate::tables::{Payment, Refund, TopUp, Transfer};
use crate::texts::{Language, Role, Sentence, sentence};
use crate::{Facts, Settings, Stop};
use makegood_base::Timestamp;
use makegood_payments::trace::{GiveBackFacts, Hop, HopState, LedgerFacts, Trace};
use makegood_refunds::RefundStatus;
use serde::Serialize;

/// One hop of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HopView {
    /// Which place: `wallet`, `bank`, `ledger`, `payee`, `payer`, `card`, `return`.
    pub hop: &'static str,
    /// What happened there: `done`, `waiting`, `unknown`, `refused`, `not_reached`.
    pub state: &'static str,
    /// When it did.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Timestamp>,
    /// The name that the thing has there: the bank's own number, the ledger's `txn_…`. A merchant does not see
    /// what names the payer or their bank's transfer.
    pub reference: Option<String>,
    /// The code of what was refused there; a merchant reads `declined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A trace: where the money is, and what happens next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceView {
    /// The object whose trace it is: `pay_…`, `top_…`, `rfd_…`, `trf_…`, `wdr_…` or `pyt_…`.
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The hops, in the order in which the money passes them.
    pub hops: Vec<HopView>,
    /// What is expected next; null when everything is final.
    pub next: Option<NextView>,
    /// Where it stands, in a sentence.
    pub summary: String,
}

/// Who reads a trace, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) role: Role,
    pub(crate) language: Language,
}

impl HopView {
    fn of(hop: Hop, role: Role) -> Self {
        let hides = role == Role::Merchant;
        Self {
            hop: hop.hop,
            state: hop.state.as_str(),
            at: hop.at,
            reference: hop.reference.filter(|_| !(hides && matches!(hop.hop, "bank" | "payer"))),
            code: if hides { hop.code.map(|_| "declined".to_owned()) } else { hop.code },
        }
    }
}

impl TraceView {
    pub(super) fn of(id: String, trace: Trace, summary: String, reading: Reading<'_>) -> Self {
        Self {
            id,
            livemode: reading.settings.livemode,
            hops: trace.hops.into_iter().map(|hop| HopView::of(hop, reading.role)).collect(),
            next: trace.next.map(|next| NextView::of(next, reading.language)),
            summary,
        }
    }

    pub(crate) fn payment(row: &Payment, facts: &Facts, reading: Reading<'_>) -> Result<Self, Stop> {
        let known = PaymentFacts::of(row, facts)?;
        let summary = known.summary(row, reading.role, reading.language);
        Ok(Self::of(row.id.to_string(), known.trace(row), summary, reading))
    }

    pub(crate) fn top_up(row: &TopUp, facts: &Facts, reading: Reading<'_>) -> Result<Self, Stop> {
        let known = TopUpFacts::of(row, facts)?;
        let mut hops = vec![
            hop("wallet", HopState::Done, Some(row.created_at), row.id.to_string()),
            known.bank.hop("bank"),
            LedgerFacts::hop(known.ledger.as_ref()),
        ];
        hops.extend(known.give_back.as_ref().map(GiveBackFacts::hop));
        let trace = Trace { hops, next: known.next() };
        Ok(Self::of(row.id.to_string(), trace, known.summary(row, reading.language), reading))
    }

    pub(crate) fn refund(refund: &Refund, facts: &Facts, reading: Reading<'_>) -> Result<Self, Stop> {
        let bank = refund.bank_transfer.map(|id| bank_facts(facts, id)).transpose()?;
        let arrived = refund.status == RefundStatus::Succeeded;
        let state = if arrived { HopState::Done } else { HopState::NotReached };
        let ledger = posted(refund_transaction(refund, facts)?, refund.created_at);
        let mut hops = vec![
            hop("wallet", HopState::Done, Some(refund.created_at), refund.id.to_string()),
            LedgerFacts::hop(Some(&ledger)),
        ];
        hops.extend(bank.as_ref().map(|bank| bank.hop("bank")));
        hops.push(hop("payer", state, refund.final_at, refund.payer.to_string()));
        let trace = Trace { hops, next: refund_next(refund, bank.as_ref()) };
        let summary = refund_summary(refund, reading.role, reading.language);
        Ok(Self::of(refund.id.to_string(), trace, summary, reading))
    }

    pub(crate) fn transfer(transfer: &Transfer, reading: Reading<'_>) -> Self {
        let at = Some(transfer.created_at);
        let ledger = posted(ids::transfer_transaction(transfer.id), transfer.created_at);
        let hops = vec![
            hop("wallet", HopState::Done, at, transfer.id.to_string()),
            LedgerFacts::hop(Some(&ledger)),
            hop("payee", HopState::Done, at, transfer.payee.to_string()),
        ];
        let summary = sentence(Sentence::TransferSucceeded, reading.language).to_owned();
        Self::of(transfer.id.to_string(), Trace { hops, next: None }, summary, reading)
    }
}

pub(super) fn hop(name: &'static str, state: HopState, at: Option<Timestamp>, reference: String) -> Hop {
    Hop { hop: name, state, at, reference: Some(reference), code: None }
}
