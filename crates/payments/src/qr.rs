//! What stands in a QR code that a merchant presents: EMVCo's merchant-presented mode 1.1.
//!
//! ```text
//! 00 "01"  01 "12" dynamic, "11" static
//! 26 ours: 00 "io.makegood"  01 the id  02 expiry in Unix seconds  03 signature (the last two: dynamic)
//! 52 "0000"  53 currency  54 amount (dynamic)  58 country  59 name  60 city
//! 64 language: 00 "ZH"  01 the name, when it is not ASCII
//! 63 checksum
//! ```
//!
//! A dynamic code is for one order. Its signature, HMAC-SHA256 cut to 128 bits, covers all of the text but
//! itself and the checksum: id, expiry, currency, amount and name. A static code carries only the id of a
//! printed code and is not signed, for whoever can replace it can also print another: its payee is shown and
//! confirmed. Each code has exactly one text, and [`MerchantCode::decode`] refuses every other.

use crate::crc::crc16;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use makegood_base::{Name, OrderId, QrCodeId, Timestamp};
use makegood_money::{Currency, Money};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The longest text of a code, in bytes (EMVCo's bound, in characters).
pub const QR_BYTES_MAX: usize = 512;

const GLOBALLY_UNIQUE_IDENTIFIER: &str = "io.makegood";
const AMOUNT_LENGTH_MAX: usize = 13;
const NAME_LENGTH_MAX: usize = 25;
const NAME_FALLBACK: &str = "Merchant";
const COUNTRY: &str = "CN";
// The standard demands a city, and the wallet knows none.
const CITY: &str = "CHINA";
const SIGNATURE_BYTES: usize = 16;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// What a merchant presents to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantCode {
    /// What is paid.
    pub target: QrTarget,
    /// The merchant's name as other wallets show it: at most 25 characters, a longer one is cut. It is no proof
    /// of who is paid, least of all on a static code.
    pub merchant_name: String,
}

/// What a code asks to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrTarget {
    /// One order, once: a dynamic code.
    Order {
        /// The order.
        id: OrderId,
        /// What is to be paid.
        amount: Money,
        /// When the code ends, in whole seconds: a fraction is cut.
        expires_at: Timestamp,
    },
    /// A printed code, any number of times: the payer enters the amount.
    Static {
        /// The printed code.
        id: QrCodeId,
        /// What it takes.
        currency: Currency,
    },
}

/// Why there is no code, or why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// More than [`QR_BYTES_MAX`] bytes.
    #[error("the code has more than {QR_BYTES_MAX} bytes")]
    TooLong,
    /// Not made of the standard's fields.
    #[error("the code is not an EMVCo merchant-presented code")]
    Malformed,
    /// The checksum differs: the code was misread.
    #[error("the code was not read correctly")]
    Checksum,
    /// A code of the standard, for another wallet.
    #[error("the code belongs to another wallet")]
    Foreign,
    /// Ours by its name, but not as this service makes them: changed or forged.
    #[error("the code was changed or was not made by this service")]
    NotGenuine,
    /// The amount has more than the 13 characters that the standard has room for.
    #[error("the amount is too large for a QR code")]
    AmountTooLarge,
}

impl QrError {
    /// The code that a client sees, whatever the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "qr.invalid"
    }
}

impl MerchantCode {
    /// The text of the code, signed with the key when it is for an order. Refused is only an amount that does
    /// not fit.
    pub fn encode(&self, key: &[u8; 32]) -> Result<String, QrError> {
        let text = match self.target {
            QrTarget::Static { .. } => self.fields(None)?,
            QrTarget::Order { .. } => {
                let signature = sign(key, self.fields(None)?.as_bytes());
                self.fields(Some(&URL_SAFE_NO_PAD.encode(signature)))?
            }
        } + "6304";
        let checksum = crc16(text.as_bytes());
        Ok(format!("{text}{checksum:04X}"))
    }

    /// Reads a code that somebody presents. Accepted is exactly the text that [`MerchantCode::encode`] makes
    /// with this key; whether the order is still open, or the printed code in use, is another question.
    pub fn decode(text: &str, key: &[u8; 32]) -> Result<Self, QrError> {
        if text.len() > QR_BYTES_MAX {
            return Err(QrError::TooLong);
        }
        let body = without_checksum(text)?;
        let fields = Fields::parse(body)?;
        if fields.get("00") != Some("01") {
            return Err(QrError::Malformed);
        }
        let ours = Fields::parse(fields.get("26").ok_or(QrError::Foreign)?)?;
        if ours.get("00") != Some(GLOBALLY_UNIQUE_IDENTIFIER) {
            return Err(QrError::Foreign);
        }
        let code = Self::from_fields(&fields, &ours).ok_or(QrError::NotGenuine)?;
        let expected = code.encode(key).map_err(|_| QrError::NotGenuine)?;
        if bool::from(expected.as_bytes().ct_eq(text.as_bytes())) {
            Ok(code)
        } else {
            Err(QrError::NotGenuine)
        }
    }

    /// All but the checksum.
    fn fields(&self, signature: Option<&str>) -> Result<String, QrError> {
        let (mode, id, amount, currency) = match self.target {
            QrTarget::Order { id, amount, .. } => ("12", id.to_string(), Some(amount), amount.currency()),
            QrTarget::Static { id, currency } => ("11", id.to_string(), None, currency),
        };
        let mut ours = field("00", GLOBALLY_UNIQUE_IDENTIFIER) + &field("01", &id);
        if let QrTarget::Order { expires_at, .. } = self.target {
            let seconds = expires_at.as_micros().div_euclid(MICROS_PER_SECOND).max(0);
            ours += &field("02", &seconds.to_string());
        }
        ours += &signature.map(|signature| field("03", signature)).unwrap_or_default();
        let mut text = field("00", "01") + &field("01", mode) + &field("26", &ours) + &field("52", "0000");
        text += &field("53", &format!("{:03}", currency.numeric()));
        if let Some(amount) = amount {
            let amount = amount.amount();
            if amount.len() > AMOUNT_LENGTH_MAX {
                return Err(QrError::AmountTooLarge);
            }
            text += &field("54", &amount);
        }
        let name = printed_name(&self.merchant_name);
        text += &(field("58", COUNTRY) + &field("59", &ascii_name(&name)) + &field("60", CITY));
        if !name.is_ascii() {
            text += &field("64", &(field("00", "ZH") + &field("01", &name)));
        }
        Ok(text)
    }

    fn from_fields(fields: &Fields<'_>, ours: &Fields<'_>) -> Option<Self> {
        let currency = Currency::from_numeric(fields.get("53")?.parse().ok()?)?;
        let id = ours.get("01")?;
        let target = if fields.get("01")? == "12" {
            let seconds: i64 = ours.get("02")?.parse().ok()?;
            QrTarget::Order {
                id: id.parse().ok()?,
                amount: Money::parse_positive(fields.get("54")?, currency).ok()?,
                expires_at: Timestamp::from_micros(seconds.checked_mul(MICROS_PER_SECOND)?),
            }
        } else {
            QrTarget::Static { id: id.parse().ok()?, currency }
        };
        let merchant_name = match fields.get("64") {
            Some(language) => Fields::parse(language).ok()?.get("01")?,
            None => fields.get("59")?,
        };
        Some(Self { target, merchant_name: merchant_name.to_owned() })
    }
}

/// The fields of a text or of a template: two digits of tag, two digits of length in characters, a value.
struct Fields<'text>(Vec<(&'text str, &'text str)>);

impl<'text> Fields<'text> {
    fn parse(mut text: &'text str) -> Result<Self, QrError> {
        let mut fields = Vec::new();
        while !text.is_empty() {
            let (head, rest) = text.split_at_checked(4).ok_or(QrError::Malformed)?;
            if !head.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(QrError::Malformed);
            }
            let (tag, length) = head.split_at(2);
            let length: usize = length.parse().map_err(|_| QrError::Malformed)?;
            let end = rest.char_indices().map(|(end, _)| end).chain([rest.len()]).nth(length);
            let (value, rest) = rest.split_at(end.ok_or(QrError::Malformed)?);
            fields.push((tag, value));
            text = rest;
        }
        Ok(Self(fields))
    }

    /// The first field with this tag. A second one makes the text another than the one that is accepted.
    fn get(&self, tag: &str) -> Option<&'text str> {
        self.0.iter().find(|(found, _)| *found == tag).map(|(_, value)| *value)
    }
}

/// The text before its checksum, which is its last field and is right.
fn without_checksum(text: &str) -> Result<&str, QrError> {
    let start = text.len().checked_sub(8).ok_or(QrError::Malformed)?;
    let (body, checksum) = text.split_at_checked(start).ok_or(QrError::Malformed)?;
    let checksum = checksum.strip_prefix("6304").ok_or(QrError::Malformed)?;
    let covered = text.as_bytes().get(..start + 4).ok_or(QrError::Malformed)?;
    if checksum == format!("{:04X}", crc16(covered)) { Ok(body) } else { Err(QrError::Checksum) }
}

fn field(tag: &str, value: &str) -> String {
    format!("{tag}{:02}{value}", value.chars().count())
}

/// As much of a name as there is room for.
fn printed_name(name: &str) -> String {
    let cut: String = name.chars().take(NAME_LENGTH_MAX).collect();
    Name::parse(&cut).map_or_else(|_| NAME_FALLBACK.to_owned(), Name::into_string)
}

/// What readers show that know no other letters.
fn ascii_name(name: &str) -> String {
    let ascii: String = name.chars().filter(char::is_ascii).collect();
    let ascii = ascii.trim();
    if ascii.is_empty() { NAME_FALLBACK.to_owned() } else { ascii.to_owned() }
}

fn sign(key: &[u8; 32], message: &[u8]) -> [u8; SIGNATURE_BYTES] {
    // HMAC pads a short key with zeros to a block: done here, no key length is left that could be refused.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let digest = Hmac::<Sha256>::new(&block.into()).chain_update(message).finalize().into_bytes();
    let mut signature = [0; SIGNATURE_BYTES];
    signature.copy_from_slice(&digest[..SIGNATURE_BYTES]);
    signature
}

#[cfg(test)]
#[path = "qr_tests.rs"]
mod tests;
