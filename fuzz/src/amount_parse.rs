//! Reading amounts against a reference that works on the digits as text, without any arithmetic: the same texts
//! are read, to the same minor units, and what is read is written and read again as it was.

use makegood_base::limits::AMOUNT_MINOR_MAX;
use makegood_money::{AmountError, Currency, Money};

type Parse = fn(&str, Currency) -> Result<Money, AmountError>;

/// Numeric codes of currencies with 2, 0, 3, 2 and 4 decimals.
const CURRENCIES: [u16; 5] = [156, 392, 414, 840, 990];

/// The first byte chooses the currency, the rest is the text.
pub fn check(input: &[u8]) {
    check_with(input, Money::parse);
}

fn check_with(input: &[u8], parse: Parse) {
    let Some((choice, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let numeric = CURRENCIES[usize::from(*choice) % CURRENCIES.len()];
    let currency = Currency::from_numeric(numeric).expect("a currency of the standard");
    let found = parse(text, currency);
    let minor_text = found.ok().map(|money| money.minor().to_string());
    assert_eq!(minor_text, reference(text, currency.exponent() as usize), "{text:?} {currency}");
    let positive = found.ok().filter(|money| (1..=AMOUNT_MINOR_MAX).contains(&money.minor()));
    assert_eq!(Money::parse_positive(text, currency).ok(), positive, "{text:?} {currency}");
    if let Ok(money) = found {
        assert_eq!(parse(&money.amount(), currency), Ok(money), "{text:?} {currency}");
    }
}

/// The minor units as text, or nothing when the text is no amount or does not fit 64 bits.
fn reference(text: &str, exponent: usize) -> Option<String> {
    const LARGEST: &str = "9223372036854775807";
    let parts: Vec<&str> = text.split('.').collect();
    let (whole, fraction) = match parts[..] {
        [whole] => (whole, ""),
        [whole, fraction] if !fraction.is_empty() => (whole, fraction),
        _ => return None,
    };
    let has_only_digits =
        !whole.is_empty() && [whole, fraction].concat().chars().all(|it| it.is_ascii_digit());
    let has_leading_zero = whole != "0" && whole.starts_with('0');
    if !has_only_digits || has_leading_zero || fraction.len() > exponent {
        return None;
    }
    let padded = format!("{whole}{fraction:0<exponent$}");
    let digits = match padded.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    ((digits.len(), digits) <= (LARGEST.len(), LARGEST)).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;
    use std::panic::catch_unwind;

    fn catches(broken: Parse) -> bool {
        seeds("amount_parse").any(|input| catch_unwind(|| check_with(&input, broken)).is_err())
    }

    fn by_floating_point(text: &str, currency: Currency) -> Result<Money, AmountError> {
        let money = Money::parse(text, currency)?;
        Ok(Money::new(money.minor() as f64 as i64, currency))
    }

    fn cuts_decimals(text: &str, currency: Currency) -> Result<Money, AmountError> {
        let end = text.find('.').map_or(text.len(), |point| point + 1 + currency.exponent() as usize);
        Money::parse(text.get(..end).unwrap_or(text), currency)
    }

    fn trims(text: &str, currency: Currency) -> Result<Money, AmountError> {
        Money::parse(text.trim(), currency)
    }

    fn takes_a_sign(text: &str, currency: Currency) -> Result<Money, AmountError> {
        Money::parse(text.trim_start_matches('+'), currency)
    }

    fn saturates(text: &str, currency: Currency) -> Result<Money, AmountError> {
        match Money::parse(text, currency) {
            Err(AmountError::TooLarge) => Ok(Money::new(i64::MAX, currency)),
            result => result,
        }
    }

    #[test]
    fn the_seeds_pass() {
        assert!(seeds("amount_parse").count() >= 8);
        seeds("amount_parse").for_each(|input| check(&input));
    }

    #[test]
    fn broken_parsers_are_caught() {
        for (name, broken) in [
            ("by_floating_point", by_floating_point as Parse),
            ("cuts_decimals", cuts_decimals),
            ("trims", trims),
            ("takes_a_sign", takes_a_sign),
            ("saturates", saturates),
        ] {
            assert!(catches(broken), "{name}");
        }
    }
}
