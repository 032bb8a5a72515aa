//! What every movement must keep (promise P2): it balances per currency and per book, and our two mirrors of
//! the float stay equal. Property tests and a fuzz target hold each movement against it.

use super::{Book, Kind, Movement};
use makegood_ledger::{Action, Side};
use std::collections::BTreeMap;

/// What is wrong with a movement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// A leg moves nothing, or less.
    #[error("leg {leg} does not move a positive amount")]
    NotPositive {
        /// Which leg.
        leg: usize,
    },
    /// A leg names an account that the movement does not list.
    #[error("leg {leg} names an account that the movement does not list")]
    UnknownAccount {
        /// Which leg.
        leg: usize,
    },
    /// A leg has its two sides in two books or two currencies.
    #[error("leg {leg} crosses books or currencies")]
    Crosses {
        /// Which leg.
        leg: usize,
    },
    /// Assets change otherwise than liabilities, income and equity do.
    #[error("in the {book:?} book {currency} is out of balance by {minor} minor units")]
    Unbalanced {
        /// Which book.
        book: Book,
        /// The ISO 4217 code.
        currency: &'static str,
        /// By how much.
        minor: i128,
    },
    /// `float` changes otherwise than `float_contra`.
    #[error("float and float_contra differ by {minor} minor units")]
    FloatGap {
        /// By how much.
        minor: i128,
    },
}

/// Checks a movement by itself, without a ledger.
pub fn check_balance(movement: &Movement) -> Result<(), Imbalance> {
    let accounts: BTreeMap<_, _> = movement.accounts.iter().map(|account| (account.id(), *account)).collect();
    let mut sums: BTreeMap<(Book, &'static str), i128> = BTreeMap::new();
    let mut float_gap = 0_i128;
    for (leg, posting) in movement.legs.iter().enumerate() {
        let find = |id| accounts.get(id).copied().ok_or(Imbalance::UnknownAccount { leg });
        let (debit, credit) = (find(&posting.debit)?, find(&posting.credit)?);
        let minor = i128::from(posting.amount.minor());
        if minor <= 0 {
            return Err(Imbalance::NotPositive { leg });
        }
        let currencies = [credit.currency, posting.amount.currency()];
        if debit.kind.book() != credit.kind.book() || currencies.iter().any(|it| *it != debit.currency) {
            return Err(Imbalance::Crosses { leg });
        }
        for (account, is_debit) in [(debit, true), (credit, false)] {
            let grows = is_debit == (account.kind.normal() == Side::Debit);
            let change = if grows { minor } else { minor.saturating_neg() };
            let is_asset = account.kind.normal() == Side::Debit;
            let signed = if is_asset { change } else { change.saturating_neg() };
            let sum = sums.entry((account.kind.book(), account.currency.code())).or_default();
            *sum = sum.saturating_add(signed);
            match account.kind {
                // What is only held, or let go again, changes no balance, and has no mirror.
                _ if matches!(
                    posting.action,
                    Action::Hold { .. } | Action::Release(_) | Action::Expire(_)
                ) => {}
                Kind::Float => float_gap = float_gap.saturating_add(change),
                Kind::FloatContra => float_gap = float_gap.saturating_sub(change),
                _ => {}
            }
        }
    }
    if let Some(((book, currency), minor)) = sums.into_iter().find(|(_, minor)| *minor != 0) {
        return Err(Imbalance::Unbalanced { book, currency, minor });
    }
    if float_gap == 0 { Ok(()) } else { Err(Imbalance::FloatGap { minor: float_gap }) }
}
