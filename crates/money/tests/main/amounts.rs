//! Reading and writing amounts: every refusal of the promise about amounts, and round trips.

use makegood_base::limits::AMOUNT_MINOR_MAX;
use makegood_money::{AmountError, Currency, Money};
use proptest::prelude::*;
use rust_decimal::Decimal;

const CURRENCIES: [Currency; 4] = [Currency::CNY, Currency::USD, Currency::JPY, Currency::KWD];

#[test]
fn what_a_request_may_name() {
    use AmountError::{Decimals, Malformed, TooLarge, Zero};
    for (text, currency, expected) in [
        ("12.34", Currency::CNY, Ok(1_234)),
        ("12.3", Currency::CNY, Ok(1_230)),
        ("12", Currency::CNY, Ok(1_200)),
        ("0.01", Currency::CNY, Ok(1)),
        ("100", Currency::JPY, Ok(100)),
        ("1.5", Currency::KWD, Ok(1_500)),
        ("0.001", Currency::KWD, Ok(1)),
        ("9999999999.99", Currency::CNY, Ok(AMOUNT_MINOR_MAX)),
        ("10000000000.00", Currency::CNY, Err(TooLarge)),
        ("1000000000000", Currency::JPY, Err(TooLarge)),
        ("-1", Currency::CNY, Err(Malformed)),
        ("-0", Currency::CNY, Err(Malformed)),
        ("0", Currency::CNY, Err(Zero)),
        ("0.00", Currency::CNY, Err(Zero)),
        ("0.001", Currency::CNY, Err(Decimals { allowed: 2 })),
        ("1.000", Currency::CNY, Err(Decimals { allowed: 2 })),
        ("1.5", Currency::JPY, Err(Decimals { allowed: 0 })),
        ("1.0", Currency::JPY, Err(Decimals { allowed: 0 })),
        ("1.2345", Currency::KWD, Err(Decimals { allowed: 3 })),
        ("NaN", Currency::CNY, Err(Malformed)),
        ("Infinity", Currency::CNY, Err(Malformed)),
        ("inf", Currency::CNY, Err(Malformed)),
        ("1e2", Currency::CNY, Err(Malformed)),
        ("1e400", Currency::CNY, Err(Malformed)),
        ("1E2", Currency::CNY, Err(Malformed)),
        ("9223372036854775807", Currency::JPY, Err(TooLarge)),
        ("9223372036854775808", Currency::JPY, Err(TooLarge)),
        ("92233720368547758.08", Currency::CNY, Err(TooLarge)),
        ("99999999999999999999999999999999999999999", Currency::CNY, Err(TooLarge)),
        ("+1", Currency::CNY, Err(Malformed)),
        (" 1", Currency::CNY, Err(Malformed)),
        ("1 ", Currency::CNY, Err(Malformed)),
        ("1\n", Currency::CNY, Err(Malformed)),
        ("1,000", Currency::CNY, Err(Malformed)),
        ("1_000", Currency::CNY, Err(Malformed)),
        ("0x10", Currency::CNY, Err(Malformed)),
        ("１００", Currency::CNY, Err(Malformed)),
        ("١٠٠", Currency::CNY, Err(Malformed)),
        ("1．5", Currency::CNY, Err(Malformed)),
        ("", Currency::CNY, Err(Malformed)),
        (".", Currency::CNY, Err(Malformed)),
        ("1.", Currency::CNY, Err(Malformed)),
        (".5", Currency::CNY, Err(Malformed)),
        ("1.2.3", Currency::CNY, Err(Malformed)),
        ("1..2", Currency::CNY, Err(Malformed)),
        ("01", Currency::CNY, Err(Malformed)),
        ("00", Currency::CNY, Err(Malformed)),
        ("00.5", Currency::CNY, Err(Malformed)),
        ("¥1", Currency::CNY, Err(Malformed)),
        ("1\0", Currency::CNY, Err(Malformed)),
        ("1.-5", Currency::CNY, Err(Malformed)),
    ] {
        let expected = expected.map(|minor| Money::new(minor, currency));
        assert_eq!(Money::parse_positive(text, currency), expected, "{text:?} {currency}");
    }
}

#[test]
fn what_json_may_name() {
    for (json, expected) in [
        (r#"{"amount":"12.34","currency":"CNY"}"#, Some(Money::new(1_234, Currency::CNY))),
        (r#"{"currency":"JPY","amount":"5"}"#, Some(Money::new(5, Currency::JPY))),
        (r#"{"amount":"\u0031","currency":"CNY"}"#, Some(Money::new(100, Currency::CNY))),
        (r#"{"amount":12.34,"currency":"CNY"}"#, None),
        (r#"{"amount":12,"currency":"CNY"}"#, None),
        (r#"{"amount":null,"currency":"CNY"}"#, None),
        (r#"{"amount":"-1","currency":"CNY"}"#, None),
        (r#"{"amount":"0","currency":"CNY"}"#, None),
        (r#"{"amount":"1"}"#, None),
        (r#"{"currency":"CNY"}"#, None),
        (r#"{"amount":"1","currency":"cny"}"#, None),
        (r#"{"amount":"1","currency":"XAU"}"#, None),
        (r#"{"amount":"1","currency":"XXX"}"#, None),
        (r#"{"amount":"1","currency":"ZZZ"}"#, None),
        (r#"{"amount":"1","currency":"CNY","fee":"0"}"#, None),
        (r#"{"amount":"1","amount":"2","currency":"CNY"}"#, None),
        (r#""12.34 CNY""#, None),
        ("12.34", None),
    ] {
        assert_eq!(serde_json::from_str::<Money>(json).ok(), expected, "{json}");
    }
    let text = serde_json::to_string(&Money::new(1_234, Currency::CNY)).unwrap();
    assert_eq!(text, r#"{"amount":"12.34","currency":"CNY"}"#);
}

#[test]
fn amounts_are_written_with_all_their_decimals() {
    for (minor, currency, expected) in [
        (0, Currency::CNY, "0.00 CNY"),
        (5, Currency::CNY, "0.05 CNY"),
        (-5, Currency::CNY, "-0.05 CNY"),
        (-1_234, Currency::CNY, "-12.34 CNY"),
        (100, Currency::JPY, "100 JPY"),
        (-1, Currency::JPY, "-1 JPY"),
        (7, Currency::KWD, "0.007 KWD"),
        (i64::MAX, Currency::CNY, "92233720368547758.07 CNY"),
        (i64::MIN, Currency::CNY, "-92233720368547758.08 CNY"),
        (i64::MIN, Currency::JPY, "-9223372036854775808 JPY"),
    ] {
        assert_eq!(Money::new(minor, currency).to_string(), expected);
    }
}

#[test]
fn sums_and_differences_are_checked() {
    let yuan = |minor| Money::new(minor, Currency::CNY);
    let yen = Money::new(1, Currency::JPY);
    for (found, expected) in [
        (yuan(3).checked_add(yuan(4)), Ok(yuan(7))),
        (yuan(3).checked_sub(yuan(4)), Ok(yuan(-1))),
        (yuan(i64::MAX).checked_add(yuan(1)), Err(AmountError::TooLarge)),
        (yuan(i64::MIN).checked_sub(yuan(1)), Err(AmountError::TooLarge)),
        (yuan(1).checked_add(yen), Err(AmountError::CurrencyMismatch)),
        (yuan(1).checked_sub(yen), Err(AmountError::CurrencyMismatch)),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn currencies_have_the_codes_and_decimals_of_the_standard() {
    for (code, numeric, exponent) in [("CNY", 156, 2), ("USD", 840, 2), ("JPY", 392, 0), ("KWD", 414, 3)] {
        let currency: Currency = code.parse().unwrap();
        assert_eq!((currency.numeric(), currency.exponent()), (numeric, exponent), "{code}");
        assert_eq!(Currency::from_numeric(numeric), Some(currency));
    }
    for code in ["", "cny", "CN", "CNYX", "XXX", "XTS", "XAU", "ＣＮＹ"] {
        assert!(code.parse::<Currency>().is_err(), "{code}");
    }
    for numeric in [0, 1, 959, 963, 999, u16::MAX] {
        assert_eq!(Currency::from_numeric(numeric), None, "{numeric}");
    }
}

/// The reference: digits and at most one point, read by `rust_decimal`.
fn reference(text: &str, currency: Currency) -> Option<i64> {
    let is_plain = text.chars().all(|character| character.is_ascii_digit() || character == '.');
    let starts_well = !text.starts_with('.')
        && !text.ends_with('.')
        && (text == "0" || !text.starts_with('0') || text.starts_with("0."));
    let decimal = Decimal::from_str_exact(text).ok().filter(|_| is_plain && starts_well)?;
    let minor = decimal.checked_mul(Decimal::from(10_i64.pow(currency.exponent())))?;
    (decimal.scale() <= currency.exponent()).then(|| i64::try_from(minor).ok()).flatten()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_amount_round_trips(minor in 0..=i64::MAX, place in 0..CURRENCIES.len()) {
        let money = Money::new(minor, CURRENCIES[place]);
        prop_assert_eq!(Money::parse(&money.amount(), money.currency()), Ok(money));
        let decimal = Decimal::from_i128_with_scale(i128::from(minor), money.currency().exponent());
        prop_assert_eq!(money.amount(), decimal.to_string());
        let negative = Money::new(-minor, money.currency());
        let sign = if minor == 0 { "" } else { "-" };
        prop_assert_eq!(negative.amount(), format!("{sign}{}", money.amount()));
    }

    #[test]
    fn texts_are_read_as_the_reference_reads_them(
        text in "[0-9]{1,22}(\\.[0-9]{1,4})?|[-+0-9.e_ ]{0,8}|0\\.[0-9]{1,3}",
        place in 0..CURRENCIES.len(),
    ) {
        let currency = CURRENCIES[place];
        let found = Money::parse(&text, currency).ok().map(Money::minor);
        prop_assert_eq!(found, reference(&text, currency), "{:?} {}", text, currency);
    }

    #[test]
    fn no_text_is_a_panic(text: String, place in 0..CURRENCIES.len()) {
        let _ = Money::parse(&text, CURRENCIES[place]);
        let _ = Money::parse_positive(&text, CURRENCIES[place]);
    }
}
