//! What a bank says when a card is linked.

use serde::{Deserialize, Serialize};

/// Whether the name that somebody gave is the name of the card's holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderCheck {
    /// It is.
    Match,
    /// It is nearly; a typing error or another spelling.
    CloseMatch,
    /// It is another name.
    NoMatch,
    /// The bank could not say.
    Unavailable,
}

impl HolderCheck {
    /// Whether money may go to this card only after somebody said that the name is right all the same.
    #[must_use]
    pub fn needs_acknowledgement(self) -> bool {
        self != Self::Match
    }
}

/// What a bank gives for a card number: its token for the card, and what it says of the holder's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCheck {
    /// The bank's token, which stands for the card from now on.
    pub agreement: String,
    /// The last four digits of the number, the only ones that are kept.
    pub last4: String,
    /// What the bank says of the holder's name.
    pub holder_check: HolderCheck,
}

/// Why a card was not linked or not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CardRefusal {
    /// The number is not that of a card.
    #[error("the number is not that of a card")]
    InvalidNumber,
    /// The code is not the one that the bank sent to the holder.
    #[error("the code is not the one that the bank sent")]
    WrongCode,
    /// The bank does not know the agreement.
    #[error("the bank does not know this card any more")]
    UnknownAgreement,
    /// The bank did not answer. Linking moves no money, so it is safe to ask again.
    #[error("the bank does not answer")]
    NoAnswer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_match_needs_no_acknowledgement() {
        for (check, text, needed) in [
            (HolderCheck::Match, "match", false),
            (HolderCheck::CloseMatch, "close_match", true),
            (HolderCheck::NoMatch, "no_match", true),
            (HolderCheck::Unavailable, "unavailable", true),
        ] {
            assert_eq!(check.needs_acknowledgement(), needed, "{text}");
            assert_eq!(serde_json::to_string(&check).unwrap(), format!("{text:?}"));
        }
    }
}
