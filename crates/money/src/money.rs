//! An amount and its currency.

use crate::Currency;

/// An amount of money: whole minor units of one currency. It may be negative inside (a correction); a
/// request's amounts never are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why an amount is not what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits, at most one point, and digits behind it.
    #[error("an amount is digits with at most one decimal point, such as 12.34")]
    Malformed,
    /// More decimals than the currency has.
    #[error("the currency has {allowed} decimals")]
    Decimals {
        /// How many there may be.
        allowed: u32,
    },
    /// Zero where something must move.
    #[error("the amount must be more than zero")]
    Zero,
    /// Does not fit 64 bits of minor units, or is above the largest amount that a request may name.
    #[error("the amount is too large")]
    TooLarge,
    /// Two currencies where one is needed.
    #[error("the currencies differ")]
    CurrencyMismatch,
    /// A share of a whole that is zero or less.
    #[error("what an amount is divided by must be more than zero")]
    NotAWhole,
}

impl AmountError {
    /// The code that a client sees.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CurrencyMismatch => "currency.mismatch",
            Self::Malformed | Self::Decimals { .. } | Self::Zero | Self::TooLarge | Self::NotAWhole => {
                "amount.invalid"
            }
        }
    }
}

impl Money {
    /// An amount in minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Whole minor units: 1234 for 12.34 CNY.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Reads what a request names: ASCII digits, optionally a point and at most the currency's decimals, no
    /// sign, no white space, no exponent, more than zero, at most
    /// [`AMOUNT_MINOR_MAX`](makegood_base::limits::AMOUNT_MINOR_MAX).
    pub fn parse_positive(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let money = Self::parse(text, currency)?;
        match money.minor {
            0 => Err(AmountError::Zero),
            minor if minor > makegood_base::limits::AMOUNT_MINOR_MAX => Err(AmountError::TooLarge),
            _ => Ok(money),
        }
    }

    /// Reads an amount of zero or more, as [`Money::parse_positive`] does, up to the end of `i64`.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(AmountError::Malformed),
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(AmountError::Malformed);
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(AmountError::Malformed);
        }
        let allowed = currency.exponent();
        let given = u32::try_from(fraction.len()).map_err(|_| AmountError::Malformed)?;
        let missing = allowed.checked_sub(given).ok_or(AmountError::Decimals { allowed })?;
        let mut minor = 0_i64;
        let padding = std::iter::repeat_n(b'0', usize::try_from(missing).unwrap_or(0));
        for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
            minor = minor
                .checked_mul(10)
                .and_then(|value| value.checked_add(i64::from(digit.wrapping_sub(b'0'))))
                .ok_or(AmountError::TooLarge)?;
        }
        Ok(Self { minor, currency })
    }

    /// The sum, of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference, of one currency; it may be negative.
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, with: impl Fn(i64, i64) -> Option<i64>) -> Result<Self, AmountError> {
        if self.currency != other.currency {
            return Err(AmountError::CurrencyMismatch);
        }
        let minor = with(self.minor, other.minor).ok_or(AmountError::TooLarge)?;
        Ok(Self { minor, currency: self.currency })
    }

    /// The decimal string of the amount alone: `12.34`, `-0.05`, `100`.
    #[must_use]
    pub fn amount(self) -> String {
        let exponent = usize::try_from(self.currency.exponent()).unwrap_or(0);
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(exponent));
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.amount(), self.currency)
    }
}

impl std::fmt::Debug for Money {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

/// The shape of money in JSON.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename = "Money")]
struct Wire {
    amount: String,
    currency: Currency,
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.amount(), currency: self.currency }.serialize(serializer)
    }
}

/// Reads what a request names, as [`Money::parse_positive`] does: a JSON number is refused.
impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        Self::parse_positive(&wire.amount, wire.currency).map_err(serde::de::Error::custom)
    }
}
