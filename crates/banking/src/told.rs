//! What a bank shows of a transfer, and what that means for ours. An adapter says what it read; whether it fits is
//! judged here, the same for every bank.

use crate::{Answer, BankTransfer, Direction, Refusal, ReturnReason};
use makegood_money::Money;
use serde::{Deserialize, Serialize};

/// What a bank shows of a transfer, in an answer or in a message of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The reference that the bank was given, as it repeats it.
    pub reference: String,
    /// How the bank names the transfer.
    pub bank_reference: String,
    /// Which way it says the money goes, where it does.
    pub direction: Option<Direction>,
    /// Whose card it says it is, where it does.
    pub agreement: Option<String>,
    /// How much it says it is.
    pub amount: Money,
    /// How it says it stands.
    pub status: ToldStatus,
}

/// How a bank says that a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum ToldStatus {
    /// It moved the money.
    Succeeded,
    /// It has it and will say later how it ended.
    Accepted,
    /// It did not move the money, and will not.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// It moved the money, and took that back.
    Returned {
        /// Why.
        reason: ReturnReason,
    },
}

impl Told {
    /// Whether it has the reference that the bank was given.
    fn names(&self, transfer: &BankTransfer) -> bool {
        self.reference == transfer.id.to_string()
    }

    /// Whether it is about this transfer: its reference, its direction and its card, as far as the bank shows them.
    #[must_use]
    pub fn is_of(&self, transfer: &BankTransfer) -> bool {
        self.names(transfer)
            && self.direction.is_none_or(|direction| direction == transfer.direction)
            && self.agreement.as_ref().is_none_or(|agreement| *agreement == transfer.agreement)
    }

    /// What it means for this transfer. Money that moved otherwise than it was asked to is
    /// [`Answer::Misdirected`]; whatever else is about another transfer says nothing about this one.
    #[must_use]
    pub fn answer(self, transfer: &BankTransfer) -> Answer {
        let fits = self.is_of(transfer);
        let is_named = self.names(transfer);
        let Self { bank_reference, amount, status, .. } = self;
        match status {
            ToldStatus::Succeeded if fits => Answer::Succeeded { bank_reference, amount },
            ToldStatus::Succeeded => Answer::Misdirected { bank_reference, amount },
            ToldStatus::Returned { reason } if is_named => {
                Answer::Returned { bank_reference, amount, reason }
            }
            ToldStatus::Accepted if fits => Answer::Accepted { bank_reference },
            ToldStatus::Refused { refusal } if fits => {
                Answer::Refused { refusal, bank_reference: Some(bank_reference) }
            }
            ToldStatus::Accepted | ToldStatus::Refused { .. } | ToldStatus::Returned { .. } => {
                Answer::NoAnswer
            }
        }
    }

    /// Whether it says that money came in to us, and stayed.
    #[must_use]
    pub fn brings_money(&self) -> bool {
        self.direction == Some(Direction::In)
            && self.status == ToldStatus::Succeeded
            && self.amount.minor() > 0
    }
}
