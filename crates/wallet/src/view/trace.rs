//! Traces, made from rows.

use super::standing::{
    PaymentFacts, TopUpFacts, bank_facts, posted, refund_next, refund_standing, refund_summary,
    refund_transaction, with_delay,
};
use super::{IncidentView, MaintenanceView, MessageView, NextView};
use crate::decide::ids;
use crate::tables::{BankTransferId, Payment, Refund, TopUp, Transfer};
use crate::texts::{Language, Role, Sentence, sentence, told_to};
use crate::{Facts, Settings, Stop};
use makegood_base::Timestamp;
use makegood_payments::trace::{BankFacts, GiveBackFacts, Hop, HopState, LedgerFacts, Trace};
use makegood_refunds::RefundStatus;
use serde::Serialize;

/// One hop of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HopView {
    /// Which place: `wallet`, `bank`, `ledger`, `payee`, `payer`, `card`; `return`, where something came too late;
    /// `recall`, where it was called back; `bank_return`, where the bank took it back.
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
    /// The same for the payer, and what they do next. A merchant does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_payer: Option<String>,
    /// The same for the merchant, and what they do next. A payer does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_merchant: Option<String>,
    /// Since when it takes longer than was promised.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub delayed_since: Option<Timestamp>,
    /// The maintenance of the bank that it waited in.
    pub maintenance: Vec<MaintenanceView>,
    /// What was wrong with the bank meanwhile.
    pub incidents: Vec<IncidentView>,
    /// What the bank said, oldest first; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<MessageView>>,
}

/// Who reads a trace, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) role: Role,
    pub(crate) language: Language,
    pub(crate) now: Timestamp,
}

impl HopView {
    fn of(hop: Hop, role: Role) -> Self {
        let hides = role == Role::Merchant;
        Self {
            hop: hop.hop,
            state: hop.state.as_str(),
            at: hop.at,
            reference: hop
                .reference
                .filter(|_| !(hides && matches!(hop.hop, "bank" | "payer" | "recall" | "bank_return"))),
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
            for_payer: None,
            for_merchant: None,
            delayed_since: None,
            maintenance: Vec::new(),
            incidents: Vec::new(),
            messages: None,
        }
    }

    /// Adds what is said to each of these sides, as far as the reader may read it.
    fn told(mut self, standing: Sentence, sides: &[Role], reading: Reading<'_>) -> Self {
        let reads = |side: Role| sides.contains(&side) && (reading.role == side || is_staff(reading.role));
        let told = |side| {
            reads(side).then(|| told_to(side, standing, reading.language)).flatten().map(str::to_owned)
        };
        self.for_payer = told(Role::Payer);
        self.for_merchant = told(Role::Merchant);
        self
    }

    /// Adds what is known of the transfers at banks, as far as it was loaded: what they waited for, and what was said.
    pub(super) fn at_banks(
        mut self,
        transfers: impl IntoIterator<Item = Option<BankTransferId>>,
        delayed_since: Option<Timestamp>,
        facts: &Facts,
        reading: Reading<'_>,
    ) -> Self {
        let (now, livemode) = (reading.now, reading.settings.livemode);
        self.delayed_since = delayed_since;
        for told in [&mut self.for_payer, &mut self.for_merchant].into_iter().flatten() {
            *told = with_delay(std::mem::take(told), delayed_since, reading.language);
        }
        let mut messages = Vec::new();
        for id in transfers.into_iter().flatten() {
            let Some(row) = facts.bank_transfers.peek(&id) else { continue };
            let window = row.maintenance.and_then(|id| facts.maintenance_windows.peek(&id));
            self.maintenance.extend(window.map(|row| MaintenanceView::of(row, now, livemode)));
            let incident = row.incident.and_then(|id| facts.incidents.peek(&id));
            self.incidents.extend(incident.map(|row| IncidentView::of(row, livemode)));
            messages.extend(MessageView::of(facts, id));
        }
        self.messages = is_staff(reading.role).then_some(messages);
        self
    }

    pub(crate) fn payment(row: &Payment, facts: &Facts, reading: Reading<'_>) -> Result<Self, Stop> {
        let known = PaymentFacts::of(row, facts)?;
        let summary = known.summary(row, reading.role, reading.language);
        let back = row.late_refund.and_then(|id| facts.refunds.peek(&id)?.bank_transfer);
        let trace = Self::of(row.id.to_string(), known.trace(row), summary, reading);
        Ok(trace.told(known.standing(row), &[Role::Payer, Role::Merchant], reading).at_banks(
            [row.bank_transfer, back],
            known.delayed_since(),
            facts,
            reading,
        ))
    }

    pub(crate) fn top_up(row: &TopUp, facts: &Facts, reading: Reading<'_>) -> Result<Self, Stop> {
        let known = TopUpFacts::of(row, facts)?;
        let mut hops = vec![
            hop("wallet", HopState::Done, Some(row.created_at), row.id.to_string()),
            known.bank.hop("bank"),
            LedgerFacts::hop(known.ledger.as_ref()),
        ];
        hops.extend(known.give_back.as_ref().map(GiveBackFacts::hop));
        hops.extend(known.bank.hops_after());
        let trace = Trace { hops, next: known.next() };
        let trace = Self::of(row.id.to_string(), trace, known.summary(row, reading.language), reading);
        let transfers = [Some(row.bank_transfer), row.late_return];
        Ok(trace.told(known.standing(row), &[Role::Payer], reading).at_banks(
            transfers,
            known.delayed_since(),
            facts,
            reading,
        ))
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
        hops.extend(bank.as_ref().map(BankFacts::hops_after).into_iter().flatten());
        let trace = Trace { hops, next: refund_next(refund, bank.as_ref()) };
        let summary = refund_summary(refund, bank.as_ref(), reading.role, reading.language);
        let delayed_since = bank.as_ref().and_then(BankFacts::delayed_since);
        Ok(Self::of(refund.id.to_string(), trace, summary, reading)
            .told(refund_standing(refund.status), &[Role::Payer, Role::Merchant], reading)
            .at_banks([refund.bank_transfer], delayed_since, facts, reading))
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

fn is_staff(role: Role) -> bool {
    matches!(role, Role::Staff | Role::Operations)
}
