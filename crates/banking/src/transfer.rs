//! A transfer at a bank: what it is, and what is known of it.

use crate::{Recall, RecallState, Refusal, ReturnReason, Schedule};
use makegood_base::{
    BankCardId, BankTransferId, IncidentId, MaintenanceId, PaymentId, PayoutId, RefundId, Timestamp, TopUpId,
    WithdrawalId,
};
use makegood_money::Money;
use serde::{Deserialize, Serialize};

/// Which way the money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the card to us.
    In,
    /// From us to the card.
    Out,
}

/// What a transfer is made for. At most one transfer of a purpose is not final at any time; who keeps that
/// is the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A top-up.
    TopUp(TopUpId),
    /// A payment from a bank card.
    Payment(PaymentId),
    /// A refund that goes to a bank card.
    Refund(RefundId),
    /// A withdrawal.
    Withdrawal(WithdrawalId),
    /// A payout of a merchant's money.
    Payout(PayoutId),
}

impl Purpose {
    /// The id of what it is made for.
    #[must_use]
    pub const fn object(self) -> makegood_base::RawId {
        match self {
            Self::TopUp(id) => id.raw(),
            Self::Payment(id) => id.raw(),
            Self::Refund(id) => id.raw(),
            Self::Withdrawal(id) => id.raw(),
            Self::Payout(id) => id.raw(),
        }
    }
}

/// What is known of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing was sent.
    Created,
    /// It is being sent for the first time.
    Submitted,
    /// The bank has it and will say how it ended.
    Accepted,
    /// Nobody but the bank knows.
    Unknown,
    /// The bank moved the money. Final.
    Settled,
    /// The bank did not move the money and will not. Final, whatever the bank says later.
    Refused,
}

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Send the transfer, under its own reference: the first time and again are the same request.
    Send,
    /// Ask the bank what became of the reference.
    Enquire,
    /// Ask the bank to give back what it has moved: the first time and again are the same request.
    Recall,
}

/// A worker's turn, to be committed before the call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The transfer.
    pub transfer: BankTransferId,
    /// Goes back with the answer.
    pub generation: i64,
    /// What to do.
    pub step: Step,
}

/// A turn that was claimed and not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What the worker does.
    pub step: Step,
    /// When it was claimed, which is before the call.
    pub claimed_at: Timestamp,
    /// Until when nobody else may claim.
    pub until: Timestamp,
}

/// What a new transfer is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// Its id; the id's text is the reference that the bank deduplicates by.
    pub id: BankTransferId,
    /// The bank, by its id in the configuration.
    pub bank: String,
    /// Which way the money goes.
    pub direction: Direction,
    /// What it is for.
    pub purpose: Purpose,
    /// Our card.
    pub bank_card: BankCardId,
    /// The bank's token for the card.
    pub agreement: String,
    /// How much; more than zero.
    pub amount: Money,
}

/// A transfer at a bank. Fields are public to be stored; they change only through
/// [`claim`](Self::claim), [`answer`](Self::answer), [`callback`](Self::callback),
/// [`start_reversing`](Self::start_reversing), [`start_recall`](Self::start_recall),
/// [`postpone`](Self::postpone) and the notes of delays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankTransfer {
    /// Its id; the id's text is the reference that the bank deduplicates by.
    pub id: BankTransferId,
    /// The bank, by its id in the configuration.
    pub bank: String,
    /// Which way the money goes.
    pub direction: Direction,
    /// What it is for.
    pub purpose: Purpose,
    /// Our card.
    pub bank_card: BankCardId,
    /// The bank's token for the card.
    pub agreement: String,
    /// How much.
    pub amount: Money,
    /// What is known.
    pub state: State,
    /// Whether we took it over: never sent again, and given back if it succeeds.
    pub reversing: bool,
    /// How many turns were claimed. An answer names the turn that it is of.
    pub generation: i64,
    /// The turn that was claimed and not answered yet.
    pub lease: Option<Lease>,
    /// How many times it was, or may have been, sent.
    pub sends: i64,
    /// How many enquiries were, or may have been, made.
    pub enquiries: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The last moment at which the bank may take it: what it has not accepted or executed by then, it never
    /// will. Goes with every send.
    pub valid_until: Timestamp,
    /// When it was first sent.
    pub submitted_at: Option<Timestamp>,
    /// Since when its state is unknown.
    pub unknown_since: Option<Timestamp>,
    /// When it became final.
    pub final_at: Option<Timestamp>,
    /// What a worker does next.
    pub next_step: Step,
    /// When a worker acts next: always there until it is final, and after that only while it is recalled.
    pub next_at: Option<Timestamp>,
    /// By when an answer is promised. It only ever becomes later.
    pub expected_by: Timestamp,
    /// How the bank names the transfer.
    pub bank_reference: Option<String>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// The amount that the bank says it moved, if it is another than ours, or moved otherwise.
    pub mismatch: Option<Money>,
    /// When the bank said that it moved the money after it had refused.
    pub late_success_at: Option<Timestamp>,
    /// When the bank first took back what it had said.
    pub contradicted_at: Option<Timestamp>,
    /// When the bank said that it took back what it had moved.
    pub returned_at: Option<Timestamp>,
    /// Why it did.
    pub return_reason: Option<ReturnReason>,
    /// Our wish to have it back.
    pub recall: Option<Recall>,
    /// How many turns were put off because the bank was not there.
    pub postponed: i64,
    /// When the first promise was broken.
    pub delayed_at: Option<Timestamp>,
    /// When a person had to look, because it was open for too long.
    pub overdue_at: Option<Timestamp>,
    /// The maintenance window that it waited in last.
    pub maintenance: Option<MaintenanceId>,
    /// The incident that it came into.
    pub incident: Option<IncidentId>,
    /// How many of the bank's messages are kept.
    pub messages: i64,
}

impl BankTransfer {
    /// A transfer that nobody has sent; a worker's turn at once.
    #[must_use]
    pub fn new(new: NewTransfer, now: Timestamp, schedule: &Schedule) -> Self {
        Self {
            id: new.id,
            bank: new.bank,
            direction: new.direction,
            purpose: new.purpose,
            bank_card: new.bank_card,
            agreement: new.agreement,
            amount: new.amount,
            state: State::Created,
            reversing: false,
            generation: 0,
            lease: None,
            sends: 0,
            enquiries: 0,
            created_at: now,
            valid_until: schedule.valid_until(new.direction, now),
            submitted_at: None,
            unknown_since: None,
            final_at: None,
            next_step: Step::Send,
            next_at: Some(now),
            expected_by: now.plus(schedule.expected_in),
            bank_reference: None,
            refusal: None,
            mismatch: None,
            late_success_at: None,
            contradicted_at: None,
            returned_at: None,
            return_reason: None,
            recall: None,
            postponed: 0,
            delayed_at: None,
            overdue_at: None,
            maintenance: None,
            incident: None,
            messages: 0,
        }
    }

    /// Whether the bank's answer is there.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.state, State::Settled | State::Refused)
    }

    /// Whether nobody but the bank knows how it stands.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.state == State::Unknown
    }

    /// Whether the bank is still to be asked to give it back.
    #[must_use]
    pub fn is_recalled(&self) -> bool {
        self.recall.as_ref().is_some_and(|recall| recall.state == RecallState::Requested)
    }
}
