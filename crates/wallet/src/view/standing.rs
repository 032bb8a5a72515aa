//! Where things stand: what the rows of a payment, a top-up or a refund say of the bank, the ledger and the way
//! back. Traces and summaries are made from it.

use crate::decide::ids;
use crate::tables::{BankTransfer, BankTransferId, Payment, Refund, TopUp};
use crate::texts::{Language, Role, Sentence, sentence, with_reason};
use crate::{Code, Facts, Stop};
use makegood_banking::{RecallState, ReturnReason, State};
use makegood_base::Timestamp;
use makegood_ledger::TransactionId;
use makegood_payments::trace::{
    BankFacts, GiveBackFacts, HopState, LedgerFacts, Next, NextEvent, Party, Trace, payment_next,
    payment_trace,
};
use makegood_payments::{PaymentStatus, TopUpStatus};
use makegood_refunds::{RefundOrigin, RefundStatus};

/// What the ledger posted with this transaction.
pub(super) fn posted(transaction: TransactionId, at: Timestamp) -> LedgerFacts {
    LedgerFacts { transaction: transaction.to_string(), at }
}

/// The transaction with which a refund left the ledger's account of whoever had the money.
pub(super) fn refund_transaction(refund: &Refund, facts: &Facts) -> Result<TransactionId, Stop> {
    if refund.origin == RefundOrigin::Merchant {
        return Ok(ids::refund_transaction(refund.id));
    }
    let payment = facts.payments.get(&refund.payment)?;
    let taken = payment.and_then(|payment| payment.bank_transfer);
    let taken = taken.ok_or_else(|| Stop::Broken(format!("{} gives back nothing", refund.id)))?;
    Ok(ids::late_success_transaction(taken))
}

/// What a trace needs to know of a bank transfer.
pub(crate) fn bank_facts(facts: &Facts, id: BankTransferId) -> Result<BankFacts, Stop> {
    let transfer: &BankTransfer =
        facts.bank_transfers.get(&id)?.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?;
    let refusal = transfer.refusal.filter(|_| transfer.state == State::Refused);
    Ok(BankFacts {
        reference: transfer.id.to_string(),
        bank_reference: transfer.bank_reference.clone(),
        submitted_at: transfer.submitted_at,
        unknown_since: transfer.unknown_since,
        final_at: transfer.final_at,
        refusal: refusal.map(|refusal| refusal.code().to_owned()),
        late_success_at: transfer.late_success_at,
        expected_by: transfer.expected_by,
        mismatch: transfer.mismatch.is_some(),
        delayed_at: transfer.delayed_at,
        returned: returned(transfer),
        recall: transfer.recall.as_ref().map(|recall| match recall.state {
            RecallState::Requested => (HopState::Waiting, recall.requested_at),
            RecallState::Recalled => (HopState::Done, recall.answered_at.unwrap_or(recall.requested_at)),
            RecallState::Refused => (HopState::Refused, recall.answered_at.unwrap_or(recall.requested_at)),
        }),
    })
}

/// When a bank took back what it had moved, and why. What it took back before we knew of it was refused, and nothing
/// came back.
fn returned(transfer: &BankTransfer) -> Option<(Timestamp, &'static str)> {
    let was_moved = transfer.state == State::Settled || transfer.late_success_at.is_some();
    let reason = transfer.return_reason.map_or("other", ReturnReason::as_str);
    transfer.returned_at.filter(|_| was_moved).map(|at| (at, reason))
}

/// What the bank and the way back of late money say of a payment.
pub(super) struct PaymentFacts {
    pub(super) bank: Option<BankFacts>,
    give_back: Option<GiveBackFacts>,
}

impl PaymentFacts {
    pub(super) fn of(payment: &Payment, facts: &Facts) -> Result<Self, Stop> {
        let bank = payment.bank_transfer.map(|id| bank_facts(facts, id)).transpose()?;
        let late_refund = match payment.late_refund {
            Some(id) => facts.refunds.get(&id)?,
            None => None,
        };
        let give_back = late_refund.map(|refund| {
            give_back_facts(refund.id.to_string(), refund.created_at, refund.bank_transfer, facts)
        });
        Ok(Self { bank, give_back: give_back.transpose()? })
    }

    pub(super) fn trace(&self, payment: &Payment) -> Trace {
        let ledger = match (&self.give_back, payment.bank_transfer, payment.final_at) {
            (Some(back), Some(taken), _) => {
                Some(posted(ids::late_success_transaction(taken), back.started_at))
            }
            (_, _, Some(at)) if payment.status.has_paid() => {
                Some(posted(ids::payment_transaction(payment.order), at))
            }
            _ => None,
        };
        payment_trace(payment, self.bank.as_ref(), ledger.as_ref(), self.give_back.as_ref())
    }

    /// What is expected next: what the trace ends with.
    pub(super) fn next(&self, payment: &Payment) -> Option<Next> {
        payment_next(payment, self.bank.as_ref(), self.give_back.as_ref())
    }

    /// What became of money that the bank took too late; nothing where it took none.
    pub(super) fn late(&self) -> Option<Sentence> {
        self.give_back.as_ref().map(late)
    }

    /// Where the payment stands, and why, in a sentence.
    pub(super) fn summary(&self, payment: &Payment, role: Role, language: Language) -> String {
        let code = payment.decline.as_deref().and_then(Code::parse);
        let reason = code.filter(|_| self.late().is_none() && role != Role::Merchant);
        with_delay(with_reason(self.standing(payment), reason, language), self.delayed_since(), language)
    }

    /// The sentence that says where the payment stands.
    pub(super) fn standing(&self, payment: &Payment) -> Sentence {
        self.late().unwrap_or(payment_sentence(payment.status))
    }

    /// Since when it takes longer than was promised.
    pub(super) fn delayed_since(&self) -> Option<Timestamp> {
        let back = self.give_back.as_ref().and_then(|back| back.delayed_since);
        self.bank.as_ref().and_then(BankFacts::delayed_since).or(back)
    }
}

/// A sentence, and that it takes longer than was promised where it does.
pub(super) fn with_delay(text: String, delayed_since: Option<Timestamp>, language: Language) -> String {
    if delayed_since.is_none() {
        return text;
    }
    let space = if language == Language::English { " " } else { "" };
    [&text, space, sentence(Sentence::Delayed, language)].concat()
}

/// The way back of what came too late.
fn give_back_facts(
    reference: String,
    started_at: Timestamp,
    transfer: Option<BankTransferId>,
    facts: &Facts,
) -> Result<GiveBackFacts, Stop> {
    let transfer = transfer.ok_or_else(|| Stop::Broken(format!("{reference} goes nowhere")))?;
    let bank = bank_facts(facts, transfer)?;
    let delayed_since = bank.delayed_since();
    let back = bank.returned.map(|(at, _)| (at, Code::BankReturned.as_str().to_owned()));
    let refused = back.or(bank.final_at.zip(bank.refusal));
    let done_at = bank.final_at.filter(|_| refused.is_none());
    Ok(GiveBackFacts {
        reference,
        started_at,
        done_at,
        expected_by: bank.expected_by,
        refused,
        delayed_since,
    })
}

/// Where money stands that came too late.
fn late(facts: &GiveBackFacts) -> Sentence {
    match (facts.done_at, &facts.refused) {
        (Some(_), _) => Sentence::LateReturned,
        (None, Some(_)) => Sentence::LateReturnStuck,
        (None, None) => Sentence::LateReturning,
    }
}

/// The sentence that says where a payment stands.
const fn payment_sentence(status: PaymentStatus) -> Sentence {
    match status {
        PaymentStatus::RequiresConfirmation => Sentence::PaymentWaitsForConfirmation,
        PaymentStatus::Processing => Sentence::PaymentProcessing,
        PaymentStatus::Unknown => Sentence::PaymentUnknown,
        PaymentStatus::Succeeded => Sentence::PaymentSucceeded,
        PaymentStatus::PartiallyRefunded => Sentence::PaymentPartlyRefunded,
        PaymentStatus::Refunded => Sentence::PaymentRefunded,
        PaymentStatus::Returned => Sentence::PaymentReturned,
        PaymentStatus::Failed => Sentence::PaymentFailed,
        PaymentStatus::Reversing => Sentence::PaymentReversing,
        PaymentStatus::Reversed => Sentence::PaymentReversed,
        PaymentStatus::Cancelled => Sentence::PaymentCancelled,
        PaymentStatus::Closed => Sentence::PaymentClosed,
    }
}

/// What the bank, the ledger and the way back of late money say of a top-up.
pub(super) struct TopUpFacts {
    pub(super) bank: BankFacts,
    pub(super) ledger: Option<LedgerFacts>,
    pub(super) give_back: Option<GiveBackFacts>,
}

impl TopUpFacts {
    pub(super) fn of(top_up: &TopUp, facts: &Facts) -> Result<Self, Stop> {
        let bank = bank_facts(facts, top_up.bank_transfer)?;
        let ledger = match (top_up.status, top_up.final_at, bank.late_success_at) {
            (TopUpStatus::Succeeded | TopUpStatus::Returned, Some(at), _) => {
                Some(posted(ids::top_up_transaction(top_up.id), at))
            }
            (_, _, Some(at)) => Some(posted(ids::late_success_transaction(top_up.bank_transfer), at)),
            _ => None,
        };
        let give_back = top_up.late_return.map(|id| {
            let started_at = bank.late_success_at.unwrap_or(top_up.created_at);
            give_back_facts(id.to_string(), started_at, Some(id), facts)
        });
        Ok(Self { bank, ledger, give_back: give_back.transpose()? })
    }

    /// Who acts next: the bank, or, where it took the money after it had refused, whoever gives it back.
    pub(super) fn next(&self) -> Option<Next> {
        self.bank.next().or_else(|| self.give_back.as_ref().and_then(GiveBackFacts::next))
    }

    /// What became of money that the bank took too late; nothing where it took none.
    pub(super) fn late(&self) -> Option<Sentence> {
        self.give_back.as_ref().map(late)
    }

    /// Where the top-up stands, and why, in a sentence.
    pub(super) fn summary(&self, top_up: &TopUp, language: Language) -> String {
        let reason = top_up.failure.as_deref().and_then(Code::parse).filter(|_| self.late().is_none());
        with_delay(with_reason(self.standing(top_up), reason, language), self.delayed_since(), language)
    }

    /// The sentence that says where the top-up stands.
    pub(super) fn standing(&self, top_up: &TopUp) -> Sentence {
        self.late().unwrap_or(match top_up.status {
            TopUpStatus::Processing => Sentence::TopUpProcessing,
            TopUpStatus::Unknown => Sentence::TopUpUnknown,
            TopUpStatus::Succeeded => Sentence::TopUpSucceeded,
            TopUpStatus::Failed => Sentence::TopUpFailed,
            TopUpStatus::Returned => Sentence::TopUpReturned,
        })
    }

    /// Since when it takes longer than was promised.
    pub(super) fn delayed_since(&self) -> Option<Timestamp> {
        self.bank.delayed_since().or(self.give_back.as_ref().and_then(|back| back.delayed_since))
    }
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
pub(super) const fn refund_standing(status: RefundStatus) -> Sentence {
    match status {
        RefundStatus::Sent => Sentence::RefundProcessing,
        RefundStatus::Unknown => Sentence::RefundUnknown,
        RefundStatus::NeedsAction => Sentence::RefundNeedsAction,
        RefundStatus::Succeeded => Sentence::RefundSucceeded,
    }
}

/// Where a refund stands, and why, in a sentence.
pub(super) fn refund_summary(
    refund: &Refund,
    bank: Option<&BankFacts>,
    role: Role,
    language: Language,
) -> String {
    let code = refund.failure.as_deref().and_then(Code::parse);
    let text = with_reason(refund_standing(refund.status), code.filter(|_| role != Role::Merchant), language);
    with_delay(text, bank.and_then(BankFacts::delayed_since), language)
}
