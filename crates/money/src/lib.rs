//! Money: minor units in `i64`, a currency of ISO 4217, and no rounding that nobody asked for.
//!
//! Amounts cross the edges as decimal strings with at most the currency's own decimals; inside they are
//! whole minor units, and all arithmetic is checked.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::as_conversions)]

mod currency;
mod money;
mod rounding;

pub use currency::{Currency, CurrencyError};
pub use money::{AmountError, Money};
pub use rounding::{allocate, basis_points_of, share};
