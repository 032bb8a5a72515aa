//! Withdrawals and payouts, and their traces.

use super::standing::{bank_facts, posted};
use super::trace::hop;
use super::{AmountView, DeclineView, ExplainedView, NextView, Reading, TraceView};
use crate::outgoing::{Out, merchant_of};
use crate::postings::Stage;
use crate::texts::{Language, Role, Sentence, sentence, texts, with_reason};
use crate::{Code, Facts, Stop};
use makegood_banking::HolderCheck;
use makegood_base::Timestamp;
use makegood_money::Money;
use makegood_payments::OutgoingStatus;
use makegood_payments::trace::{BankFacts, Hop, HopState, LedgerFacts, Next, NextEvent, Party, Trace};
use serde::Serialize;

/// What a bank says of a card's holder, and what to send back to go on all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = HolderCheck))]
pub struct HolderCheckView {
    /// `match`, `close_match`, `no_match` or `unavailable`.
    pub result: &'static str,
    /// What that means: what is kept with the acknowledgement.
    pub words: &'static str,
    /// What to send as `acknowledge`, once its reader accepts it.
    pub acknowledge: &'static str,
}

impl HolderCheckView {
    pub(crate) const fn of(check: HolderCheck, language: Language) -> Self {
        let (result, words) = match check {
            HolderCheck::Match => ("match", Sentence::HolderMatch),
            HolderCheck::CloseMatch => ("close_match", Sentence::HolderCloseMatch),
            HolderCheck::NoMatch => ("no_match", Sentence::HolderNoMatch),
            HolderCheck::Unavailable => ("unavailable", Sentence::HolderUnavailable),
        };
        Self { result, words: sentence(words, language), acknowledge: result }
    }
}

/// What was accepted of a card's holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Acknowledged))]
pub struct AcknowledgedView {
    /// What the bank had said: `close_match`, `no_match` or `unavailable`.
    pub check: String,
    /// The words that were shown.
    pub words: String,
    /// When they were accepted.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

/// Money that goes out to a card: a user's withdrawal, or a merchant's payout.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutgoingView {
    /// `wdr_…` of a withdrawal, `pyt_…` of a payout.
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `held`, `sent`, `unknown`, `completed`, `returned`, `failed` or `cancelled`.
    pub status: &'static str,
    /// Whether asking for the same again is free of risk: all of it is available again.
    pub safe_to_pay_again: bool,
    /// The merchant of a payout, `mch_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// How much the card gets.
    pub amount: AmountView,
    /// What it costs beside that.
    pub fee: AmountView,
    /// What it takes in all.
    pub total: AmountView,
    /// The card, `crd_…`.
    pub bank_card: String,
    /// The card's bank and last four digits.
    pub destination: String,
    /// The owner's own reference.
    pub client_ref: Option<String>,
    /// Whether it can still be cancelled.
    pub cancellable: bool,
    /// Why it failed, or came back.
    pub decline: Option<DeclineView>,
    /// All that failed on the way to this card since money last arrived there, this at its end; empty where this
    /// did not fail.
    pub causes: Vec<ExplainedView>,
    /// What was accepted of the card's holder.
    pub acknowledged: Option<AcknowledgedView>,
    /// The bank's own number of it.
    pub bank_reference: Option<String>,
    /// When it is expected to be over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expected_by: Option<Timestamp>,
    /// What is expected next.
    pub next: Option<NextView>,
    /// Where it stands, in a sentence.
    pub summary: String,
    /// When it was asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it was sent.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub sent_at: Option<Timestamp>,
    /// When it came to its end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub final_at: Option<Timestamp>,
    /// When the bank sent it back after its yes.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub returned_at: Option<Timestamp>,
}

/// Where it stands, by its row and by what the bank has said.
struct Standing {
    bank: BankFacts,
    status: OutgoingStatus,
    failure: Option<Code>,
}

impl Standing {
    fn of(out: &Out, facts: &Facts) -> Result<Self, Stop> {
        let bank = bank_facts(facts, out.body.bank_transfer)?;
        let failure = out.body.failure.as_deref().and_then(Code::parse);
        Ok(Self { bank, status: out.body.status, failure })
    }

    /// Whether the bank has executed what it had refused, or what was cancelled.
    const fn was_paid_late(&self) -> bool {
        matches!(self.status, OutgoingStatus::Failed | OutgoingStatus::Cancelled)
            && self.bank.late_success_at.is_some()
    }

    fn next(&self) -> Option<Next> {
        match self.bank.late_success_at {
            Some(_) if self.was_paid_late() => {
                Some(Next { event: NextEvent::StaffAction, by: self.bank.expected_by, who: Party::Staff })
            }
            _ => self.bank.next(),
        }
    }

    const fn sentence(&self) -> Sentence {
        match self.status {
            OutgoingStatus::Held => Sentence::OutgoingHeld,
            OutgoingStatus::Sent => Sentence::OutgoingSent,
            OutgoingStatus::Unknown => Sentence::OutgoingUnknown,
            OutgoingStatus::Completed => Sentence::OutgoingCompleted,
            OutgoingStatus::Returned => Sentence::OutgoingReturned,
            OutgoingStatus::Failed | OutgoingStatus::Cancelled if self.was_paid_late() => {
                Sentence::OutgoingPaidLate
            }
            OutgoingStatus::Failed => Sentence::OutgoingFailed,
            OutgoingStatus::Cancelled => Sentence::OutgoingCancelled,
        }
    }

    fn summary(&self, language: Language) -> String {
        with_reason(self.sentence(), self.failure, language)
    }
}

impl OutgoingView {
    pub(crate) fn of(
        out: &Out,
        facts: &Facts,
        role: Role,
        livemode: bool,
        language: Language,
    ) -> Result<Self, Stop> {
        let (known, body) = (Standing::of(out, facts)?, &out.body);
        let next = known.next().map(|next| NextView::of(next, language));
        let card = facts.bank_cards.get(&body.bank_card)?.ok_or(Stop::from(Code::NotFound))?;
        let failed = matches!(body.status, OutgoingStatus::Failed | OutgoingStatus::Returned);
        let causes = body.causes.iter().filter(|_| failed).filter_map(|cause| Code::parse(cause));
        let decline = body.failure.as_deref();
        let acknowledged = body.acknowledged.as_ref().map(|accepted| AcknowledgedView {
            check: accepted.check.clone(),
            words: accepted.words.clone(),
            at: accepted.at,
        });
        Ok(Self {
            id: out.id.to_string(),
            livemode,
            status: body.status.as_str(),
            safe_to_pay_again: body.status.is_back() && !known.was_paid_late(),
            merchant: merchant_of(out.purse).map(|merchant| merchant.to_string()),
            amount: body.amount.into(),
            fee: Money::new(body.fee_minor, body.amount.currency()).into(),
            total: body.total().into(),
            bank_card: body.bank_card.to_string(),
            destination: format!("{} •••• {}", card.bank, card.last4),
            client_ref: body.client_ref.clone(),
            cancellable: body.status == OutgoingStatus::Held,
            decline: decline.and_then(|code| DeclineView::of(code, Some(known.sentence()), role, language)),
            causes: causes
                .map(|code| ExplainedView { code: code.as_str(), text: texts(code, language).title })
                .collect(),
            acknowledged,
            bank_reference: known.bank.bank_reference.clone(),
            expected_by: next.as_ref().map(|next| next.by),
            next,
            summary: known.summary(language),
            created_at: body.created_at,
            sent_at: body.sent_at,
            final_at: body.final_at,
            returned_at: body.returned_at,
        })
    }
}

impl TraceView {
    /// From the wallet through the ledger and the bank to the card; and back, where it came back.
    pub(crate) fn outgoing(out: &Out, facts: &Facts, reading: Reading<'_>) -> Result<Self, Stop> {
        let (known, body) = (Standing::of(out, facts)?, &out.body);
        let id = out.id.to_string();
        let is_cancelled = body.status == OutgoingStatus::Cancelled;
        let asked = if is_cancelled { HopState::Refused } else { HopState::Done };
        let of_stage = |stage: Stage, at| posted(stage.transaction(out.id.raw()), at);
        let sent = body.sent_at.map(|at| of_stage(Stage::Sent, at));
        let nowhere =
            |name| Hop { hop: name, state: HopState::NotReached, at: None, reference: None, code: None };
        let arrived = match body.status {
            OutgoingStatus::Completed => body.final_at,
            OutgoingStatus::Failed | OutgoingStatus::Cancelled => known.bank.late_success_at,
            _ => None,
        };
        let card = hop("card", HopState::Done, arrived, body.bank_card.to_string());
        let mut hops = vec![
            hop(
                "wallet",
                asked,
                Some(body.final_at.filter(|_| is_cancelled).unwrap_or(body.created_at)),
                id.clone(),
            ),
            LedgerFacts::hop(sent.as_ref()),
            if is_cancelled { nowhere("bank") } else { known.bank.hop("bank") },
            if arrived.is_some() { card } else { nowhere("card") },
        ];
        hops.extend(known.bank.hops_after());
        let back = match body.status {
            OutgoingStatus::Failed => body.final_at.map(|at| of_stage(Stage::Failed, at)),
            OutgoingStatus::Returned => body.returned_at.map(|at| of_stage(Stage::Returned, at)),
            _ => None,
        };
        hops.extend(back.map(|facts| hop("return", HopState::Done, Some(facts.at), facts.transaction)));
        let trace = Trace { hops, next: known.next() };
        let delayed_since = known.bank.delayed_since();
        Ok(Self::of(id, trace, known.summary(reading.language), reading).at_banks(
            [Some(body.bank_transfer)],
            delayed_since,
            facts,
            reading,
        ))
    }
}
