//! Parts of an amount: fees in basis points, shares, and allocation that loses nothing.
//!
//! There is one rule of rounding: to the nearest minor unit, halves away from zero. It is what merchants'
//! contracts and bank statements use, and it treats an amount and its reversal alike. Results are exact
//! before they are rounded: products are made in `i128`, which two `i64` cannot overflow.

use crate::{AmountError, Money};

const BASIS_POINTS_IN_WHOLE: i64 = 10_000;

/// `basis_points` ten-thousandths of `amount`, rounded to the nearest minor unit, halves away from zero.
/// Refused only when the result does not fit 64 bits, which takes more than 10,000 basis points.
///
/// ```
/// use makegood_money::{Currency, Money, basis_points_of};
/// let amount = Money::new(10_000, Currency::CNY);
/// assert_eq!(basis_points_of(amount, 60), Ok(Money::new(60, Currency::CNY)));
/// ```
pub fn basis_points_of(amount: Money, basis_points: u32) -> Result<Money, AmountError> {
    share(amount, i64::from(basis_points), BASIS_POINTS_IN_WHOLE)
}

/// `total` × `part` ÷ `whole`, rounded to the nearest minor unit, halves away from zero. For
/// `0 <= part <= whole` the result lies between zero and `total`, and it is `total` when part is the whole.
/// A `whole` of zero or less is refused, and a result that does not fit 64 bits.
pub fn share(total: Money, part: i64, whole: i64) -> Result<Money, AmountError> {
    if whole <= 0 {
        return Err(AmountError::NotAWhole);
    }
    let product = i128::from(total.minor()).checked_mul(i128::from(part)).ok_or(AmountError::TooLarge)?;
    let rounded = divide_half_away(product, i128::from(whole)).ok_or(AmountError::TooLarge)?;
    let minor = i64::try_from(rounded).map_err(|_| AmountError::TooLarge)?;
    Ok(Money::new(minor, total.currency()))
}

/// The nearest whole number to `dividend` ÷ `divisor`, halves away from zero; the divisor is positive.
fn divide_half_away(dividend: i128, divisor: i128) -> Option<i128> {
    let quotient = dividend.checked_div(divisor)?;
    let remainder = dividend.checked_rem(divisor)?;
    let is_half_or_more = remainder.checked_abs()?.checked_mul(2)? >= divisor;
    if is_half_or_more { quotient.checked_add(dividend.signum()) } else { Some(quotient) }
}

/// Splits `total` by `weights` so that the parts sum to it exactly: each gets its exact share rounded toward
/// zero, and the minor units that are left go one each to the largest remainders, the earlier part first
/// among equals. No part differs from its exact share by a whole minor unit. Weights that sum to zero are
/// refused, no weights too.
///
/// ```
/// use makegood_money::{Currency, Money, allocate};
/// let parts = allocate(Money::new(100, Currency::CNY), &[1, 1, 1]).unwrap();
/// assert_eq!(parts.iter().map(|part| part.minor()).collect::<Vec<_>>(), [34, 33, 33]);
/// ```
pub fn allocate(total: Money, weights: &[u64]) -> Result<Vec<Money>, AmountError> {
    let whole = weights
        .iter()
        .try_fold(0_i128, |sum, weight| sum.checked_add(i128::from(*weight)))
        .filter(|sum| *sum > 0)
        .ok_or(AmountError::NotAWhole)?;
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = i128::from(total.minor());
    for (place, weight) in weights.iter().enumerate() {
        let product =
            i128::from(total.minor()).checked_mul(i128::from(*weight)).ok_or(AmountError::TooLarge)?;
        let part = product.checked_div(whole).ok_or(AmountError::TooLarge)?;
        let remainder = product.checked_rem(whole).ok_or(AmountError::TooLarge)?;
        left = left.checked_sub(part).ok_or(AmountError::TooLarge)?;
        parts.push(part);
        remainders.push((std::cmp::Reverse(remainder.unsigned_abs()), place));
    }
    remainders.sort_unstable();
    let units_left = usize::try_from(left.unsigned_abs()).map_err(|_| AmountError::TooLarge)?;
    for (_, place) in remainders.into_iter().take(units_left) {
        if let Some(part) = parts.get_mut(place) {
            *part = part.checked_add(left.signum()).ok_or(AmountError::TooLarge)?;
        }
    }
    let money = |part| i64::try_from(part).map(|minor| Money::new(minor, total.currency()));
    parts.into_iter().map(money).collect::<Result<_, _>>().map_err(|_| AmountError::TooLarge)
}
