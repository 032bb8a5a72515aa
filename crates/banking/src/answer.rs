//! What a bank can say about a transfer, and what that meant.

use crate::{RecallState, ReturnReason};
use makegood_base::BankTransferId;
use makegood_money::Money;
use serde::{Deserialize, Serialize};

/// What came of one call to a bank, or what the bank told by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Answer {
    /// The bank moved the money.
    Succeeded {
        /// How the bank names the transfer.
        bank_reference: String,
        /// What it says it moved.
        amount: Money,
    },
    /// The bank has it and will say later how it ended.
    Accepted {
        /// How the bank names the transfer.
        bank_reference: String,
    },
    /// The bank did not move the money, and will not under this reference.
    Refused {
        /// Why.
        refusal: Refusal,
        /// How the bank names the transfer, where it does.
        bank_reference: Option<String>,
    },
    /// The bank moved money under the reference, but not as it was asked to: from or to another card, or the other
    /// way round.
    Misdirected {
        /// How the bank names the transfer.
        bank_reference: String,
        /// What it says it moved.
        amount: Money,
    },
    /// The bank moved the money, and has taken that back since.
    Returned {
        /// How the bank names the transfer.
        bank_reference: String,
        /// What it says it took back.
        amount: Money,
        /// Why.
        reason: ReturnReason,
    },
    /// How our wish to have a transfer back stands: the answer to a recall, and to nothing else.
    Recall {
        /// What the bank says of it.
        state: RecallState,
    },
    /// The bank does not know the reference (yet): the answer to an enquiry, never to a send.
    NotFound,
    /// Nothing that can be trusted came back: a timeout, a broken connection, a 5xx, an unreadable body.
    NoAnswer,
}

/// Why a bank did not move the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The card has too little on it.
    InsufficientFunds,
    /// The bank refuses this card, and does not say more.
    CardRefused,
    /// The card or its account is closed.
    CardClosed,
    /// A limit of the card would be passed.
    LimitExceeded,
    /// It did not arrive within its validity, and cannot be executed any more.
    Expired,
    /// The bank had moved the money, and took that back before we knew of it: nothing is left of it.
    Returned,
    /// Another reason.
    Other,
}

impl Refusal {
    /// The code that clients see.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "bank.insufficient_funds",
            Self::CardRefused => "bank.card_refused",
            Self::CardClosed => "bank.card_closed",
            Self::LimitExceeded => "bank.limit_exceeded",
            Self::Expired => "bank.not_received",
            Self::Returned => "bank.returned",
            Self::Other => "bank.refused",
        }
    }
}

/// What an answer changed. Each of [`Settled`](Self::Settled), [`Refused`](Self::Refused),
/// [`BecameUnknown`](Self::BecameUnknown), [`LateSuccess`](Self::LateSuccess), [`Returned`](Self::Returned),
/// [`Mismatch`](Self::Mismatch) and [`Contradiction`](Self::Contradiction) is reported at most once for a
/// transfer, so that whoever acts on it acts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not final yet, and nothing that somebody must be told.
    Pending,
    /// The bank moved the money: final.
    Settled,
    /// The bank did not move the money and will not: final.
    Refused(Refusal),
    /// From now on nobody knows whether the bank moved the money.
    BecameUnknown,
    /// The bank says that it moved another amount or currency, or moved it elsewhere. The transfer is unknown
    /// until the bank corrects itself; alert. After a final answer the transfer stays as it was; alert all the same.
    Mismatch,
    /// The bank took back what it had moved. The transfer stays settled, or refused with a late success.
    Returned(ReturnReason),
    /// The bank will not give back what we asked it to.
    RecallRefused,
    /// The bank moved the money after it had refused: give it back. The transfer stays refused.
    LateSuccess,
    /// The bank took back what it said before: alert. The transfer stays as it was.
    Contradiction,
    /// The transfer was final before and the answer says nothing new.
    Unchanged,
}

/// An answer of a claim that is not the transfer's current one. It was refused and changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is of claim {answered} of {transfer}, which is no longer current (last: {current})")]
pub struct Stale {
    /// The transfer.
    pub transfer: BankTransferId,
    /// The generation that was answered.
    pub answered: i64,
    /// The last generation that was claimed.
    pub current: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_their_codes() {
        for (refusal, code) in [
            (Refusal::InsufficientFunds, "bank.insufficient_funds"),
            (Refusal::CardRefused, "bank.card_refused"),
            (Refusal::CardClosed, "bank.card_closed"),
            (Refusal::LimitExceeded, "bank.limit_exceeded"),
            (Refusal::Expired, "bank.not_received"),
            (Refusal::Returned, "bank.returned"),
            (Refusal::Other, "bank.refused"),
        ] {
            assert_eq!(refusal.code(), code);
        }
    }
}
