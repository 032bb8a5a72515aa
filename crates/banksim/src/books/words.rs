//! The words of a transfer: which way it goes, how it stands and why, as they are stored and told.

use super::Named;
use serde::{Deserialize, Serialize};

/// Which way the money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the card to the pool account.
    In,
    /// From the pool account to the card.
    Out,
}

/// How a transfer stands at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Taken; it settles later.
    Accepted,
    /// The money moved.
    Succeeded,
    /// The money did not move and will not.
    Refused,
    /// The money moved, and was given back.
    Returned,
    /// Received and put aside: nothing was executed, and nobody gets an answer.
    Silent,
}

/// Why the bank does not move the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    InsufficientFunds,
    CardRefused,
    CardClosed,
    LimitExceeded,
    Expired,
    Recalled,
}

/// Why the bank gave the money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReturnReason {
    AccountClosed,
    WrongDetails,
    Recalled,
    Other,
}

/// What the bank says to a recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recall {
    Requested,
    Recalled,
    Refused,
}

/// What happens to a transfer later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// It is executed, as it was accepted.
    Settle,
    /// It is executed, though it was refused.
    Execute,
    /// It is undone and refused, though it had succeeded.
    TakeBack,
    /// It is returned.
    Return,
}

impl Named for Direction {
    const NAMES: &'static [(Self, &'static str)] = &[(Self::In, "in"), (Self::Out, "out")];
}

impl Named for Status {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Accepted, "accepted"),
        (Self::Succeeded, "succeeded"),
        (Self::Refused, "refused"),
        (Self::Returned, "returned"),
        (Self::Silent, "silent"),
    ];
}

impl Named for Refusal {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::InsufficientFunds, "insufficient_funds"),
        (Self::CardRefused, "card_refused"),
        (Self::CardClosed, "card_closed"),
        (Self::LimitExceeded, "limit_exceeded"),
        (Self::Expired, "expired"),
        (Self::Recalled, "recalled"),
    ];
}

impl Named for ReturnReason {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::AccountClosed, "account_closed"),
        (Self::WrongDetails, "wrong_details"),
        (Self::Recalled, "recalled"),
        (Self::Other, "other"),
    ];
}

impl Named for Recall {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Requested, "requested"), (Self::Recalled, "recalled"), (Self::Refused, "refused")];
}

impl Named for Change {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Settle, "settle"),
        (Self::Execute, "execute"),
        (Self::TakeBack, "take_back"),
        (Self::Return, "return"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Named + Serialize + std::fmt::Debug>() {
        for (value, name) in T::NAMES {
            assert_eq!(serde_json::to_value(value).unwrap(), *name);
            assert_eq!((value.name(), T::from_name(name)), (*name, Some(*value)));
        }
    }

    #[test]
    fn what_is_stored_is_what_is_told() {
        check::<Direction>();
        check::<Status>();
        check::<Refusal>();
        check::<ReturnReason>();
        check::<Recall>();
        check::<Change>();
    }
}
