//! Money that comes back after a bank's yes: because the bank says so, or because we asked for it.

use crate::{Answer, BankTransfer, Direction, Outcome, Refusal, Schedule, State};
use makegood_base::Timestamp;
use makegood_money::Money;
use serde::{Deserialize, Serialize};

/// Why a bank took back what it had moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// The account that it went to, or came from, is closed.
    AccountClosed,
    /// The details were not those of the account.
    WrongDetails,
    /// We asked for it.
    Recalled,
    /// Another reason.
    Other,
}

impl ReturnReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[Self::AccountClosed, Self::WrongDetails, Self::Recalled, Self::Other];

    /// The reason as banks and clients write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountClosed => "account_closed",
            Self::WrongDetails => "wrong_details",
            Self::Recalled => "recalled",
            Self::Other => "other",
        }
    }

    /// The reason with this word; a word that nobody knows is another reason.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text).unwrap_or(Self::Other)
    }
}

/// How our wish to have a transfer back stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecallState {
    /// The bank was asked, or is about to be.
    Requested,
    /// The money is back.
    Recalled,
    /// The bank will not give it back.
    Refused,
}

impl RecallState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Requested, Self::Recalled, Self::Refused];

    /// The state as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Recalled => "recalled",
            Self::Refused => "refused",
        }
    }
}

/// Our wish to have a transfer back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// How it stands.
    pub state: RecallState,
    /// Why we want it back, in a member of staff's words.
    pub reason: String,
    /// Since when.
    pub requested_at: Timestamp,
    /// When the bank's answer was final.
    pub answered_at: Option<Timestamp>,
}

/// Why a transfer cannot be recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecallRefusal {
    /// It was not money that went out, or the bank has not moved it.
    #[error("only money that a bank has moved out can be called back")]
    NothingToRecall,
    /// It is back.
    #[error("the money is back already")]
    Returned,
}

impl BankTransfer {
    /// Asks for the money back: a worker's turn at once. The same again changes nothing, while the bank has not
    /// refused; then it is asked once more.
    pub fn start_recall(&mut self, reason: String, now: Timestamp) -> Result<(), RecallRefusal> {
        if self.returned_at.is_some() {
            return Err(RecallRefusal::Returned);
        }
        if self.direction != Direction::Out || self.state != State::Settled {
            return Err(RecallRefusal::NothingToRecall);
        }
        if self.recall.as_ref().is_some_and(|recall| recall.state == RecallState::Requested) {
            return Ok(());
        }
        let state = RecallState::Requested;
        self.recall = Some(Recall { state, reason, requested_at: now, answered_at: None });
        self.next_at = Some(now);
        Ok(())
    }

    /// Takes what came of asking for the money back.
    pub(crate) fn recall_answered(&mut self, answer: Answer, now: Timestamp, schedule: &Schedule) -> Outcome {
        self.next_at = Some(schedule.next_enquiry(self.enquiries, now));
        match answer {
            Answer::Recall { state: RecallState::Refused } => {
                self.end_recall(RecallState::Refused, now);
                Outcome::RecallRefused
            }
            Answer::Recall { state: RecallState::Recalled } => {
                let name = self.bank_reference.clone().unwrap_or_default();
                self.returned(name, self.amount, ReturnReason::Recalled, now)
            }
            Answer::Recall { state: RecallState::Requested } | Answer::NotFound | Answer::NoAnswer => {
                Outcome::Unchanged
            }
            told => self.callback(told, now),
        }
    }

    fn end_recall(&mut self, state: RecallState, now: Timestamp) {
        if let Some(recall) = &mut self.recall {
            recall.state = state;
            recall.answered_at = Some(now);
        }
        self.lease = None;
        self.next_at = None;
    }

    /// The bank took back what it had moved. Before we knew that it had moved it, that is a refusal: nothing is
    /// left of it. What comes later of an earlier yes is then old news.
    pub(crate) fn returned(
        &mut self,
        bank_reference: String,
        amount: Money,
        reason: ReturnReason,
        now: Timestamp,
    ) -> Outcome {
        if self.returned_at.is_some() {
            return self.quiet();
        }
        let is_ours = self.state == State::Settled || self.late_success_at.is_some();
        let booked = if is_ours { self.amount } else { self.mismatch.unwrap_or(self.amount) };
        if amount != booked {
            return self.contradicted(now);
        }
        self.returned_at = Some(now);
        self.return_reason = Some(reason);
        if self.recall.is_some() {
            self.end_recall(RecallState::Recalled, now);
        }
        match self.state {
            State::Settled => Outcome::Returned(reason),
            State::Refused if is_ours || self.mismatch.is_some() => Outcome::Returned(reason),
            State::Refused => Outcome::Unchanged,
            State::Created | State::Submitted | State::Accepted | State::Unknown => {
                self.bank_reference = Some(bank_reference);
                self.finish_refused(Refusal::Returned, now)
            }
        }
    }
}
