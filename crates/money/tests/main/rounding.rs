//! Fees, shares and allocation.

use makegood_money::{AmountError, Currency, Money, allocate, basis_points_of, share};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

#[test]
fn fees_in_basis_points() {
    for (minor, basis_points, expected) in [
        (10_000, 60, Ok(60)),
        (0, 60, Ok(0)),
        (10_000, 0, Ok(0)),
        (1, 60, Ok(0)),
        (83, 60, Ok(0)),
        (84, 60, Ok(1)),
        // Exactly half a minor unit goes away from zero.
        (50, 100, Ok(1)),
        (49, 100, Ok(0)),
        (-50, 100, Ok(-1)),
        (-49, 100, Ok(0)),
        (i64::MAX, 10_000, Ok(i64::MAX)),
        (i64::MIN, 10_000, Ok(i64::MIN)),
        (i64::MAX, 10_001, Err(AmountError::TooLarge)),
        (i64::MAX, u32::MAX, Err(AmountError::TooLarge)),
        (2, u32::MAX, Ok(858_993)),
    ] {
        assert_eq!(basis_points_of(yuan(minor), basis_points), expected.map(yuan), "{minor} {basis_points}");
    }
}

#[test]
fn shares() {
    for (total, part, whole, expected) in [
        (60, 5_000, 10_000, Ok(30)),
        (1, 1, 2, Ok(1)),
        (1, 1, 3, Ok(0)),
        (2, 1, 3, Ok(1)),
        (-1, 1, 2, Ok(-1)),
        (100, 0, 7, Ok(0)),
        (i64::MAX, i64::MAX, i64::MAX, Ok(i64::MAX)),
        (i64::MIN, i64::MAX, i64::MAX, Ok(i64::MIN)),
        (i64::MIN, i64::MIN, i64::MAX, Err(AmountError::TooLarge)),
        (i64::MAX, 2, 1, Err(AmountError::TooLarge)),
        (i64::MAX, i64::MAX - 1, i64::MAX, Ok(i64::MAX - 1)),
        (1, 1, 0, Err(AmountError::NotAWhole)),
        (1, 1, -1, Err(AmountError::NotAWhole)),
    ] {
        assert_eq!(share(yuan(total), part, whole), expected.map(yuan), "{total} × {part} ÷ {whole}");
    }
}

#[test]
fn allocations() {
    for (total, weights, expected) in [
        (100, vec![1, 1, 1], Ok(vec![34, 33, 33])),
        (101, vec![1, 1, 1], Ok(vec![34, 34, 33])),
        (-100, vec![1, 1, 1], Ok(vec![-34, -33, -33])),
        (5, vec![1, 0, 3], Ok(vec![1, 0, 4])),
        (1, vec![1, 2], Ok(vec![0, 1])),
        (0, vec![1, 2], Ok(vec![0, 0])),
        (7, vec![9], Ok(vec![7])),
        (i64::MAX, vec![u64::MAX, u64::MAX], Ok(vec![i64::MAX / 2 + 1, i64::MAX / 2])),
        (i64::MIN, vec![1], Ok(vec![i64::MIN])),
        (1, vec![0, 0], Err(AmountError::NotAWhole)),
        (1, vec![], Err(AmountError::NotAWhole)),
    ] {
        let found = allocate(yuan(total), &weights);
        let expected = expected.map(|parts| parts.into_iter().map(yuan).collect::<Vec<_>>());
        assert_eq!(found, expected, "{total} by {weights:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fees_are_those_of_the_reference(minor: i64, basis_points in 0_u32..=10_000) {
        let exact = Decimal::from(minor) * Decimal::new(i64::from(basis_points), 4);
        let expected = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let found = basis_points_of(yuan(minor), basis_points).map(|fee| Decimal::from(fee.minor()));
        prop_assert_eq!(found, Ok(expected));
    }

    /// The nearest whole number r to n ÷ d is the one with |2n − 2rd| ≤ d, and |r| is the larger at a tie.
    #[test]
    fn a_share_is_the_nearest(total: i64, whole in 1..=i64::MAX, fraction: u64) {
        let part = i64::try_from(i128::from(fraction) % (i128::from(whole) + 1)).unwrap();
        let found = i128::from(share(yuan(total), part, whole).unwrap().minor());
        let (total, part, whole) = (i128::from(total), i128::from(part), i128::from(whole));
        let error = total * part - found * whole;
        prop_assert!(error.abs() <= whole - error.abs());
        let is_tie = error.abs() == whole - error.abs();
        prop_assert!(!is_tie || error.signum() != total.signum());
        prop_assert!(found.abs() <= total.abs());
    }

    /// A full refund in any number of parts returns the fee exactly, and never more on the way.
    #[test]
    fn refunded_fees_sum_to_the_fee(captured in 1..=1_000_000_i64, basis_points in 0_u32..=10_000, cuts: [u32; 5]) {
        let fee = basis_points_of(yuan(captured), basis_points).unwrap();
        let mut refunded: Vec<i64> = cuts.iter().map(|cut| i64::from(*cut) % captured).collect();
        refunded.push(captured);
        refunded.sort_unstable();
        let mut returned = 0;
        for so_far in refunded {
            let now = share(fee, so_far, captured).unwrap().minor() - returned;
            prop_assert!(now >= 0);
            returned += now;
            prop_assert!(returned <= fee.minor());
        }
        prop_assert_eq!(returned, fee.minor());
    }

    #[test]
    fn allocated_parts_sum_exactly_and_are_fair(total: i64, weights in prop::collection::vec(any::<u64>(), 1..20)) {
        let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        prop_assume!(whole > 0);
        let parts = allocate(yuan(total), &weights).unwrap();
        let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        prop_assert_eq!(sum, i128::from(total));
        for (part, weight) in parts.iter().zip(&weights) {
            let error = i128::from(total) * i128::from(*weight) - i128::from(part.minor()) * whole;
            prop_assert!(error.abs() < whole, "{} of {}", part, weight);
        }
    }
}
