//! Money that moves without an order: top-ups and transfers between users.

use makegood_base::{BankCardId, BankTransferId, Timestamp, TopUpId, TransferId, UserId};
use makegood_money::Money;

/// Where a top-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopUpStatus {
    /// The bank was asked, or is about to be.
    Processing,
    /// The bank did not answer.
    Unknown,
    /// The money is on the balance.
    Succeeded,
    /// The bank refused; nothing moved.
    Failed,
    /// The money was on the balance, and the bank has taken it back since.
    Returned,
}

impl TopUpStatus {
    /// Every status.
    pub const ALL: &'static [Self] =
        &[Self::Processing, Self::Unknown, Self::Succeeded, Self::Failed, Self::Returned];

    /// The status as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Unknown => "unknown",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }

    /// The status with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text)
    }

    /// Whether nothing about it will change by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Returned)
    }
}

/// Money that a user brings in from a bank card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    /// Its id.
    pub id: TopUpId,
    /// Whose balance it is for.
    pub user: UserId,
    /// The card it comes from.
    pub bank_card: BankCardId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: TopUpStatus,
    /// The code of the bank's refusal.
    pub failure: Option<String>,
    /// The user's own reference, unique for ever per user.
    pub client_ref: Option<String>,
    /// The transfer at the bank.
    pub bank_transfer: BankTransferId,
    /// The transfer that gives back what the bank took after it had refused.
    pub late_return: Option<BankTransferId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub final_at: Option<Timestamp>,
}

/// Money that one user gave another. It exists only when it has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// Who gave.
    pub payer: UserId,
    /// Who got it.
    pub payee: UserId,
    /// How much.
    pub amount: Money,
    /// What the payer wrote to it.
    pub note: Option<String>,
    /// The payer's own reference, unique for ever per payer.
    pub client_ref: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
}
