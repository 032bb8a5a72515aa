//! Fields of requests, from the text that came to the value that the wallet takes. Each refusal names its
//! field.

use crate::answer::Refused;
use crate::strict::object;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use makegood_auth::{DisplayName, Login};
use makegood_base::limits::{REFERENCE_LENGTH_MAX, TEXT_LENGTH_MAX};
use makegood_base::{IdError, MerchantId, OrderId, Timestamp, UserId};
use makegood_money::{Currency, Money};
use makegood_payments::{MerchantCode, QrTarget};
use makegood_wallet::texts::{Format, Reason};
use makegood_wallet::{Code, Expectation, PayeeId, PayeeRef, Problem};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

/// An amount of money.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub(crate) struct AmountBody {
    /// A decimal string above zero with at most the currency's own number of decimals.
    #[schema(example = "12.34")]
    amount: String,
    /// The ISO 4217 code.
    #[schema(example = "CNY")]
    currency: String,
}

impl AmountBody {
    /// The amount: positive, in a currency of ISO 4217, with no more decimals than that has.
    pub(crate) fn money(&self, field: &str) -> Result<Money, Refused> {
        let currency = currency(&format!("{field}.currency"), &self.currency)?;
        let amount = Money::parse_positive(&self.amount, currency);
        amount.map_err(|_| Refused::field(Code::AmountInvalid, &format!("{field}.amount")))
    }
}

/// What the payer saw before saying yes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Expectation)]
pub(crate) struct ExpectBody {
    /// The amount.
    #[serde(deserialize_with = "object")]
    amount: AmountBody,
    /// The payee's id, `mch_…` or `usr_…`.
    payee: String,
}

impl ExpectBody {
    pub(crate) fn expectation(&self, field: &str) -> Result<Expectation, Refused> {
        let amount = self.amount.money(&format!("{field}.amount"))?;
        let merchant = self.payee.parse::<MerchantId>().map(PayeeId::Merchant);
        let payee = merchant.or_else(|_| self.payee.parse::<UserId>().map(PayeeId::User));
        let payee = payee.map_err(|_| {
            let accepted = [MerchantId::PREFIX, UserId::PREFIX].map(|prefix| format!("{prefix}_")).to_vec();
            Refused::invalid(&format!("{field}.payee"), Reason::WrongId { accepted })
        })?;
        Ok(Expectation { amount, payee })
    }
}

/// An id of the wanted kind in a body.
pub(crate) fn id<I: FromStr<Err = IdError>>(field: &str, text: &str) -> Result<I, Refused> {
    text.parse().map_err(|error| {
        let prefix = match error {
            IdError::Prefix { expected } => expected,
            // The text has the right prefix.
            IdError::Suffix => text.split('_').next().unwrap_or_default(),
        };
        Refused::invalid(field, Reason::WrongId { accepted: vec![format!("{prefix}_")] })
    })
}

/// A currency that money can be held in.
pub(crate) fn currency(field: &str, text: &str) -> Result<Currency, Refused> {
    text.parse().map_err(|_| {
        // The numeric codes of ISO 4217 have three digits.
        let all = (0..1_000).filter_map(Currency::from_numeric).map(Currency::code);
        let accepted = all.collect::<BTreeSet<_>>().into_iter().collect();
        let reason = Reason::NotAccepted { accepted };
        Problem::new(Code::CurrencyUnsupported).field(field).because(reason).into()
    })
}

/// An id in a path: what is not an id of this kind is not found.
pub(crate) struct PathId<I>(pub(crate) I);

impl<I: FromStr + Send, S: Send + Sync> FromRequestParts<S> for PathId<I> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| text.parse().ok()).map(Self).ok_or(Code::NotFound.into())
    }
}

/// A moment. One that is finer than times are kept is the next that is kept: what is before the one is before
/// the other.
pub(crate) fn time(field: &str, text: &str) -> Result<Timestamp, Refused> {
    const KEPT_DIGITS: usize = 6;
    let wrong = Reason::WrongFormat { expected: Format::Time };
    let moment: Timestamp = text.parse().map_err(|_| Refused::invalid(field, wrong))?;
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    let mut finer = fraction.bytes().take_while(u8::is_ascii_digit).skip(KEPT_DIGITS);
    Ok(if finer.any(|digit| digit != b'0') { moment.plus(Duration::from_micros(1)) } else { moment })
}

/// A login, normalized.
pub(crate) fn login(field: &str, text: &str) -> Result<Login, Refused> {
    Login::parse(text).map_err(|_| Refused::field(Code::AuthLoginInvalid, field))
}

/// Another user, by id or login.
pub(crate) fn payee(field: &str, text: &str) -> Result<PayeeRef, Refused> {
    match text.parse() {
        Ok(user) => Ok(PayeeRef::User(user)),
        Err(_) => Ok(PayeeRef::Login(login(field, text)?.into_string())),
    }
}

/// The order that the text of a QR code is for.
pub(crate) fn qr_order(field: &str, text: &str, key: &[u8; 32]) -> Result<OrderId, Refused> {
    match MerchantCode::decode(text, key).map(|code| code.target) {
        Ok(QrTarget::Order { id, .. }) => Ok(id),
        Ok(QrTarget::Static { .. }) | Err(_) => Err(Refused::field(Code::QrInvalid, field)),
    }
}

/// A field that may be absent.
pub(crate) fn optional<T>(
    read: impl Fn(&str, &str) -> Result<T, Refused>,
    field: &str,
    text: Option<&str>,
) -> Result<Option<T>, Refused> {
    text.map(|text| read(field, text)).transpose()
}

/// A name of a person or a merchant.
pub(crate) fn name(field: &str, text: &str) -> Result<String, Refused> {
    match DisplayName::parse(text) {
        Ok(name) => Ok(name.into_string()),
        Err(_) => Err(Refused::field(Code::NameInvalid, field)),
    }
}

/// A reference of a client's own choice: printable ASCII without white space around it.
pub(crate) fn reference(field: &str, text: &str) -> Result<String, Refused> {
    let is_reference = (1..=REFERENCE_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.trim() == text;
    let wrong = Reason::WrongFormat { expected: Format::Reference };
    if is_reference { Ok(text.to_owned()) } else { Err(Refused::invalid(field, wrong)) }
}

/// Words that people write to something: on one line, none of them a control character.
pub(crate) fn text(field: &str, text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let is_text = (1..=TEXT_LENGTH_MAX).contains(&text.chars().count())
        && !text
            .chars()
            .any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'));
    let wrong = Reason::WrongFormat { expected: Format::Text };
    if is_text { Ok(text.to_owned()) } else { Err(Refused::invalid(field, wrong)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_positive_decimal_strings_of_their_currency() {
        let check = |amount: &str, currency: &str, expected: Result<i64, &str>| {
            let body = AmountBody { amount: amount.to_owned(), currency: currency.to_owned() };
            let found = body.money("amount").map(Money::minor);
            let found = found.map_err(|refused| (refused.problem.code, refused.problem.field));
            let expected = expected.map_err(|part| {
                let is_amount = part == "amount";
                let code = if is_amount { Code::AmountInvalid } else { Code::CurrencyUnsupported };
                (code, Some(format!("amount.{part}")))
            });
            assert_eq!(found, expected, "{amount} {currency}");
        };
        check("12.34", "CNY", Ok(1_234));
        check("100", "JPY", Ok(100));
        check("1.005", "KWD", Ok(1_005));
        for amount in [
            "-1",
            "-0",
            "0",
            "0.00",
            "NaN",
            "Infinity",
            "1e2",
            "1e400",
            "9223372036854775808",
            "+1",
            " 1",
            "1 ",
            "1,000",
            "0x10",
            "１００",
            "0.001",
            "",
            ".",
            "1.",
            ".5",
            "01",
            "1_000",
            "1\0",
        ] {
            check(amount, "CNY", Err("amount"));
        }
        check("1.5", "JPY", Err("amount"));
        check("1", "XXX", Err("currency"));
        check("1", "cny", Err("currency"));
        check("1", "", Err("currency"));
    }

    #[test]
    fn a_currency_that_is_none_is_told_which_there_are() {
        let reason = currency("currency", "cny").unwrap_err().problem.reason;
        let Some(Reason::NotAccepted { accepted }) = reason else { panic!("{reason:?}") };
        assert!(accepted.is_sorted() && accepted.len() > 150, "{accepted:?}");
        for code in accepted {
            assert_eq!(currency("currency", code).unwrap().code(), code);
        }
    }

    #[test]
    fn references_and_texts_are_bounded_and_plain() {
        let long = "x".repeat(REFERENCE_LENGTH_MAX);
        for (reference_text, expected) in [
            ("A-1", true),
            ("order 7/2026", true),
            (long.as_str(), true),
            (&format!("{long}x"), false),
            ("", false),
            (" A", false),
            ("A ", false),
            ("A\n", false),
            ("订单", false),
            ("A\u{7f}", false),
        ] {
            assert_eq!(reference("r", reference_text).is_ok(), expected, "{reference_text:?}");
        }
        let long = "字".repeat(TEXT_LENGTH_MAX);
        for (words, expected) in [
            ("两碗面", true),
            ("  trimmed  ", true),
            (long.as_str(), true),
            (&format!("{long}字"), false),
            ("", false),
            ("   ", false),
            ("two\nlines", false),
            ("nul\0", false),
            ("two\u{2028}lines", false),
        ] {
            assert_eq!(text("t", words).is_ok(), expected, "{words:?}");
        }
    }

    #[test]
    fn times_are_rfc_3339_and_rounded_up_to_what_is_kept() {
        for (text, expected_us) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:01.5Z", Some(1_500_000)),
            ("1970-01-01T08:00:00.000001+08:00", Some(1)),
            ("1970-01-01T00:00:00.0000010Z", Some(1)),
            ("1970-01-01T00:00:00.000001000Z", Some(1)),
            ("1970-01-01T00:00:00.000000001Z", Some(1)),
            ("1970-01-01T00:00:00.000001001Z", Some(2)),
            ("1969-12-31T23:59:59.999999999Z", Some(0)),
            // A plus that was not escaped is a space.
            ("1970-01-01T08:00:00 08:00", None),
            ("1970-01-01", None),
            ("1970-02-30T00:00:00Z", None),
            ("1970-01-01T00:00:00", None),
            ("0", None),
            ("", None),
        ] {
            let found = time("t", text);
            assert_eq!(found.as_ref().map(|moment| moment.as_micros()).ok(), expected_us, "{text}");
            let refused = Refused::invalid("t", Reason::WrongFormat { expected: Format::Time });
            assert!(found.is_ok() || found == Err(refused), "{text}");
        }
    }

    #[test]
    fn an_id_of_another_kind_is_told_which_kind_is_wanted() {
        for text in ["", "x", "usr_01h455vb4pex5vsknk084sn02q", "mch_", "mch_secret"] {
            let refused = Refused::invalid("m", Reason::WrongId { accepted: vec!["mch_".to_owned()] });
            assert_eq!(id::<MerchantId>("m", text), Err(refused), "{text}");
        }
    }

    #[test]
    fn a_payee_is_an_id_or_a_login() {
        let id = "usr_01h455vb4pex5vsknk084sn02q";
        assert_eq!(payee("to", id).unwrap(), PayeeRef::User(id.parse().unwrap()));
        assert_eq!(payee("to", "Li@Example.com").unwrap(), PayeeRef::Login("li@example.com".to_owned()));
        for text in ["mch_01h455vb4pex5vsknk084sn02q", "usr_1", "li", ""] {
            let refused = payee("to", text).unwrap_err();
            assert_eq!(refused, Refused::field(Code::AuthLoginInvalid, "to"), "{text}");
        }
    }
}
