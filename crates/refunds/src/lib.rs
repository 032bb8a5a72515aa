//! Refund decisions: what may be returned, and how much of the fee goes back with it.
//!
//! The caller fills [`RefundablePayment`] from wherever it keeps payments; [`decide`] is pure. The ledger
//! guards the sum a second time, for what is returned against a transfer never exceeds it.

use makegood_base::{BankTransferId, MerchantId, PaymentId, RefundId, Timestamp, UserId};
use makegood_money::Money;

/// What a decision needs to know of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundablePayment {
    /// Whether the payee has been paid.
    pub paid: bool,
    /// What was paid.
    pub captured: Money,
    /// What has been returned so far, in minor units.
    pub refunded_minor: i64,
    /// The fee that the merchant paid, in minor units.
    pub fee_minor: i64,
    /// What has been returned of the fee so far, in minor units.
    pub fee_returned_minor: i64,
}

/// A refund that may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What the payer gets.
    pub amount: Money,
    /// The part of it that comes out of the fee, in minor units; the rest comes from the merchant.
    pub fee_back_minor: i64,
    /// Whether nothing is left to return afterwards.
    pub is_last: bool,
}

/// Why a refund may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
    /// The payee has not been paid.
    #[error("the payment has not succeeded")]
    NotPaid,
    /// The amount is more than what is left.
    #[error("only {remaining_minor} minor units are left to return")]
    ExceedsPayment {
        /// What is left, in minor units.
        remaining_minor: i64,
    },
    /// The amount is in another currency than the payment.
    #[error("the payment was in another currency")]
    CurrencyMismatch,
}

/// Decides a refund of `amount`, or of all that is left. The fee goes back in proportion: rounded on what has
/// been refunded in all, less what went back before, so that a full refund in any number of parts returns the
/// fee exactly.
pub fn decide(payment: &RefundablePayment, amount: Option<Money>) -> Result<Decision, RefundRefused> {
    if !payment.paid {
        return Err(RefundRefused::NotPaid);
    }
    let currency = payment.captured.currency();
    let remaining_minor = payment.captured.minor().saturating_sub(payment.refunded_minor);
    let amount = amount.unwrap_or(Money::new(remaining_minor, currency));
    if amount.currency() != currency {
        return Err(RefundRefused::CurrencyMismatch);
    }
    if amount.minor() <= 0 || amount.minor() > remaining_minor {
        return Err(RefundRefused::ExceedsPayment { remaining_minor });
    }
    let refunded_after = payment.refunded_minor.saturating_add(amount.minor());
    let fee_after = makegood_money::share(
        Money::new(payment.fee_minor, currency),
        refunded_after,
        payment.captured.minor(),
    )
    .map_err(|_| RefundRefused::ExceedsPayment { remaining_minor })?;
    let fee_back_minor = fee_after.minor().saturating_sub(payment.fee_returned_minor);
    Ok(Decision { amount, fee_back_minor, is_last: amount.minor() == remaining_minor })
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundOrigin {
    /// The merchant decided it.
    Merchant,
    /// The bank executed a payment after its order was closed or paid otherwise; the wallet gives it back.
    LateSuccess,
}

impl RefundOrigin {
    /// The origin as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::LateSuccess => "late_success",
        }
    }

    /// The origin with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Merchant, Self::LateSuccess].into_iter().find(|origin| origin.as_str() == text)
    }
}

/// Where a refund stands (product D2, as far as it has arrows today).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// The money has left the merchant and is on its way.
    Sent,
    /// The bank did not answer.
    Unknown,
    /// The bank refused it: a person has to find another way.
    NeedsAction,
    /// The payer has the money.
    Succeeded,
}

impl RefundStatus {
    /// Every status.
    pub const ALL: &'static [Self] = &[Self::Sent, Self::Unknown, Self::NeedsAction, Self::Succeeded];

    /// The status as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "processing",
            Self::Unknown => "unknown",
            Self::NeedsAction => "needs_action",
            Self::Succeeded => "succeeded",
        }
    }

    /// The status with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text)
    }
}

/// A refund of a payment, in full or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// What is refunded.
    pub payment: PaymentId,
    /// Who returns it.
    pub merchant: MerchantId,
    /// Who gets it.
    pub payer: UserId,
    /// How much.
    pub amount: Money,
    /// What came out of the fee, in minor units.
    pub fee_back_minor: i64,
    /// The merchant's own number, unique for ever per merchant.
    pub merchant_refund_no: Option<String>,
    /// Why, in the merchant's words.
    pub reason: String,
    /// Who decided it.
    pub origin: RefundOrigin,
    /// Where it stands.
    pub status: RefundStatus,
    /// The transfer at the bank, where it goes back to a card.
    pub bank_transfer: Option<BankTransferId>,
    /// The code of the bank's refusal.
    pub failure: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the payer had the money.
    pub final_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_money::Currency;

    fn payment(refunded_minor: i64, fee_returned_minor: i64) -> RefundablePayment {
        let captured = Money::new(10_000, Currency::CNY);
        RefundablePayment { paid: true, captured, refunded_minor, fee_minor: 60, fee_returned_minor }
    }

    #[test]
    fn decisions() {
        let check = |refunded, fee_returned, amount: Option<i64>, expected: Result<(i64, i64, bool), _>| {
            let asked = amount.map(|minor| Money::new(minor, Currency::CNY));
            let got = decide(&payment(refunded, fee_returned), asked)
                .map(|found| (found.amount.minor(), found.fee_back_minor, found.is_last));
            assert_eq!(got, expected, "refunded {refunded}, asked {amount:?}");
        };
        let exceeds = |remaining_minor| Err(RefundRefused::ExceedsPayment { remaining_minor });
        check(0, 0, None, Ok((10_000, 60, true)));
        check(0, 0, Some(10_000), Ok((10_000, 60, true)));
        check(0, 0, Some(5_000), Ok((5_000, 30, false)));
        check(0, 0, Some(1), Ok((1, 0, false)));
        check(9_999, 60, Some(1), Ok((1, 0, true)));
        check(5_000, 30, None, Ok((5_000, 30, true)));
        check(0, 0, Some(10_001), exceeds(10_000));
        check(5_000, 30, Some(5_001), exceeds(5_000));
        check(10_000, 60, None, exceeds(0));
        check(0, 0, Some(0), exceeds(10_000));
        let unpaid = RefundablePayment { paid: false, ..payment(0, 0) };
        assert_eq!(decide(&unpaid, None), Err(RefundRefused::NotPaid));
        let dollars = Some(Money::new(1, Currency::USD));
        assert_eq!(decide(&payment(0, 0), dollars), Err(RefundRefused::CurrencyMismatch));
    }

    #[test]
    fn any_number_of_parts_returns_the_fee_exactly() {
        for part in [1, 3, 7, 33, 999, 3_333, 9_999] {
            let mut state = payment(0, 0);
            let mut rounds = 0;
            while state.refunded_minor < 10_000 {
                let left = 10_000 - state.refunded_minor;
                let found = decide(&state, Some(Money::new(part.min(left), Currency::CNY))).unwrap();
                assert!(found.fee_back_minor >= 0 && found.fee_back_minor <= found.amount.minor());
                state.refunded_minor += found.amount.minor();
                state.fee_returned_minor += found.fee_back_minor;
                rounds += 1;
            }
            assert_eq!(state.fee_returned_minor, 60, "in {rounds} parts of {part}");
        }
    }
}
