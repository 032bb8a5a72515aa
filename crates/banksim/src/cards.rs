//! Card numbers that choose how the bank behaves. Every other valid number works like
//! [`ALWAYS_WORKS`], but belongs to the name that it was first linked with.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Every transfer succeeds at once.
pub const ALWAYS_WORKS: &str = "6222000000001114";
/// Every transfer is refused, `card_refused`.
pub const REFUSES: &str = "6222000000002229";
/// There is nothing on it: `insufficient_funds`, until something is paid to it.
pub const NO_FUNDS: &str = "6222000000003334";
/// Every transfer is executed at once, and answered after `Timings::slow`.
pub const SLOW: &str = "6222000000004449";
/// Every transfer is executed, and its first send gets no answer; an enquiry and a second send do.
pub const TIMES_OUT_BUT_EXECUTES: &str = "6222000000005552";
/// No transfer is executed, and neither a send nor an enquiry gets an answer.
pub const NEVER_ANSWERS: &str = "6222000000006667";
/// Money can be taken from it; when money is sent to it, it is closed: `card_closed`.
pub const CLOSED_WHEN_REFUNDED: &str = "6222000000007772";
/// Every transfer is accepted, and settles after `Timings::settle_after`.
pub const SETTLES_LATER: &str = "6222000000008887";
/// Works, but the bank cannot say who its holder is.
pub const HOLDER_UNAVAILABLE: &str = "6222000000009992";

/// How the bank treats a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// As [`ALWAYS_WORKS`].
    AlwaysWorks,
    /// As [`REFUSES`].
    Refuses,
    /// As [`NO_FUNDS`]: the card's account opens empty.
    NoFunds,
    /// As [`SLOW`].
    Slow,
    /// As [`TIMES_OUT_BUT_EXECUTES`].
    TimesOutButExecutes,
    /// As [`NEVER_ANSWERS`].
    NeverAnswers,
    /// As [`CLOSED_WHEN_REFUNDED`].
    ClosedWhenRefunded,
    /// As [`SETTLES_LATER`].
    SettlesLater,
}

impl Behaviour {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::AlwaysWorks, "always_works"),
        (Self::Refuses, "refuses"),
        (Self::NoFunds, "no_funds"),
        (Self::Slow, "slow"),
        (Self::TimesOutButExecutes, "times_out_but_executes"),
        (Self::NeverAnswers, "never_answers"),
        (Self::ClosedWhenRefunded, "closed_when_refunded"),
        (Self::SettlesLater, "settles_later"),
    ];

    /// What is stored for it.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(behaviour, _)| *behaviour == self).map_or("", |(_, name)| name)
    }

    /// The reverse of [`name`](Self::name).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(behaviour, _)| *behaviour)
    }

    fn of_number(number: &str) -> Self {
        match number {
            REFUSES => Self::Refuses,
            NO_FUNDS => Self::NoFunds,
            SLOW => Self::Slow,
            TIMES_OUT_BUT_EXECUTES => Self::TimesOutButExecutes,
            NEVER_ANSWERS => Self::NeverAnswers,
            CLOSED_WHEN_REFUNDED => Self::ClosedWhenRefunded,
            SETTLES_LATER => Self::SettlesLater,
            _ => Self::AlwaysWorks,
        }
    }
}

/// Who is the holder of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Whoever asks: a card of the table above.
    Anybody,
    /// The name that the number was first linked with.
    FirstName,
    /// The bank does not say.
    Unavailable,
}

impl Holder {
    /// Who is the holder of the card with this account, whose number is not kept.
    pub(crate) fn of_account(account: &str, behaviour: Behaviour) -> Self {
        let is = |number| Card::from_number(number).is_some_and(|card| card.account == account);
        match behaviour {
            Behaviour::AlwaysWorks if is(HOLDER_UNAVAILABLE) => Self::Unavailable,
            Behaviour::AlwaysWorks if !is(ALWAYS_WORKS) => Self::FirstName,
            _ => Self::Anybody,
        }
    }
}

/// A card as the bank knows it. The number itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    /// Its account: derived from the number, which cannot be read from it.
    pub(crate) account: String,
    /// The last four digits.
    pub(crate) last4: String,
    pub(crate) behaviour: Behaviour,
    pub(crate) holder: Holder,
}

impl Card {
    /// Reads a card number: 12 to 19 digits with a right check digit (ISO/IEC 7812-1, annex B), among which
    /// spaces may stand. `None` for anything else.
    pub(crate) fn from_number(text: &str) -> Option<Self> {
        let number: String = text.chars().filter(|letter| *letter != ' ').collect();
        if !(12..=19).contains(&number.len()) || !has_check_digit(&number) {
            return None;
        }
        let digest = Sha256::digest(format!("makegood banksim card {number}"));
        let account: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let holder = match (number.as_str(), Behaviour::of_number(&number)) {
            (HOLDER_UNAVAILABLE, _) => Holder::Unavailable,
            (ALWAYS_WORKS, _) => Holder::Anybody,
            (_, Behaviour::AlwaysWorks) => Holder::FirstName,
            _ => Holder::Anybody,
        };
        Some(Self {
            account: format!("card:{account}"),
            last4: number.chars().skip(number.len() - 4).collect(),
            behaviour: Behaviour::of_number(&number),
            holder,
        })
    }
}

fn has_check_digit(number: &str) -> bool {
    let sum = number.chars().rev().enumerate().try_fold(0, |sum, (index, letter)| {
        let digit = letter.to_digit(10)?;
        let weighted = if index % 2 == 1 { digit * 2 } else { digit };
        Some(sum + weighted / 10 + weighted % 10)
    });
    sum.is_some_and(|sum| sum % 10 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_choose_a_behaviour() {
        for (number, behaviour, holder) in [
            (ALWAYS_WORKS, Behaviour::AlwaysWorks, Holder::Anybody),
            (REFUSES, Behaviour::Refuses, Holder::Anybody),
            (NO_FUNDS, Behaviour::NoFunds, Holder::Anybody),
            (SLOW, Behaviour::Slow, Holder::Anybody),
            (TIMES_OUT_BUT_EXECUTES, Behaviour::TimesOutButExecutes, Holder::Anybody),
            (NEVER_ANSWERS, Behaviour::NeverAnswers, Holder::Anybody),
            (CLOSED_WHEN_REFUNDED, Behaviour::ClosedWhenRefunded, Holder::Anybody),
            (SETTLES_LATER, Behaviour::SettlesLater, Holder::Anybody),
            (HOLDER_UNAVAILABLE, Behaviour::AlwaysWorks, Holder::Unavailable),
            ("4111 1111 1111 1111", Behaviour::AlwaysWorks, Holder::FirstName),
        ] {
            let card = Card::from_number(number).unwrap();
            assert_eq!((card.behaviour, card.holder), (behaviour, holder), "{number}");
            assert_eq!(Holder::of_account(&card.account, behaviour), holder, "{number}");
            assert!(number.ends_with(&card.last4) && !card.account.contains(&card.last4), "{number}");
            assert_eq!(Behaviour::from_name(behaviour.name()), Some(behaviour));
            assert_eq!(serde_json::to_value(behaviour).unwrap(), behaviour.name());
        }
    }

    #[test]
    fn what_is_no_card_number_is_refused() {
        for text in [
            "",
            "0",
            "6222000000001115",
            "622200000000112",
            "62220000000o1114",
            "٦222000000001114",
            "6222-0000-0000-1114",
            "00000000000000000000",
        ] {
            assert_eq!(Card::from_number(text), None, "{text}");
        }
    }
}
