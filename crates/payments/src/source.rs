//! Where the money of a payment comes from.

use makegood_base::BankCardId;
use serde::{Deserialize, Serialize};

/// The kinds of source that a merchant can accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The payer's balance in the wallet.
    Balance,
    /// A linked bank card.
    BankCard,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Balance, Self::BankCard];

    /// The kind as clients write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::BankCard => "bank_card",
        }
    }

    /// The kind with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// What a payment is paid from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// The payer's balance in the wallet.
    Balance,
    /// A linked bank card.
    BankCard {
        /// Which card.
        id: BankCardId,
    },
}

impl Source {
    /// The kind of this source.
    #[must_use]
    pub const fn kind(self) -> SourceKind {
        match self {
            Self::Balance => SourceKind::Balance,
            Self::BankCard { .. } => SourceKind::BankCard,
        }
    }

    /// The card, where it is one.
    #[must_use]
    pub const fn bank_card(self) -> Option<BankCardId> {
        match self {
            Self::Balance => None,
            Self::BankCard { id } => Some(id),
        }
    }
}
