//! A bank card that a user has linked.

use crate::HolderCheck;
use makegood_base::{BankCardId, Timestamp, UserId};

/// Where a linked card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankCardState {
    /// The bank has texted a code to its holder, and nobody has said it back.
    VerificationRequired,
    /// It pays and receives.
    Active,
    /// Its holder has taken it away.
    Unlinked,
}

impl BankCardState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::VerificationRequired, Self::Active, Self::Unlinked];

    /// The state as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerificationRequired => "verification_required",
            Self::Active => "active",
            Self::Unlinked => "unlinked",
        }
    }

    /// The state with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// A bank card that a user has linked. Its number is not here: the bank gave an agreement for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankCard {
    /// Its id.
    pub id: BankCardId,
    /// Whose it is.
    pub user: UserId,
    /// The bank, by its id in the configuration.
    pub bank: String,
    /// The bank's token for the card.
    pub agreement: String,
    /// The last four digits of its number.
    pub last4: String,
    /// What the bank said to the holder's name.
    pub holder_check: HolderCheck,
    /// Where it stands.
    pub state: BankCardState,
    /// When it was linked.
    pub created_at: Timestamp,
}
