//! Reading QR codes: whatever text is accepted is the one text of its code, a dynamic one carries a signature
//! that a second implementation of the check agrees with, and no edit of a signed code is accepted.

use hmac::{Hmac, KeyInit as _, Mac as _};
use makegood_base::{OrderId, Timestamp};
use makegood_money::{Currency, Money};
use makegood_payments::{MerchantCode, QrError, QrTarget};
use sha2::Sha256;

type Decode = fn(&str, &[u8; 32]) -> Result<MerchantCode, QrError>;

const KEY: [u8; 32] = [7; 32];
/// `03`, the length, and 128 bits in base64url: the end of our template in a dynamic code.
const SIGNATURE_FIELD_LENGTH: usize = 4 + 22;

/// The first byte chooses: a text as it is, or edits of three bytes each on a signed code whose checksum is made
/// right again.
pub fn check(input: &[u8]) {
    check_with(input, MerchantCode::decode);
}

fn check_with(input: &[u8], decode: Decode) {
    let Some((choice, rest)) = input.split_first() else { return };
    if choice % 2 == 0 {
        if let Ok(text) = std::str::from_utf8(rest) {
            check_text(text, decode);
        }
        return;
    }
    let good = signed_code();
    let mut edited = good.as_bytes()[..good.len() - 8].to_vec();
    for [place, kind, byte] in rest.as_chunks::<3>().0 {
        let place = usize::from(*place) % (edited.len() + 1);
        match kind % 3 {
            0 => edited.insert(place, *byte),
            1 if place < edited.len() => edited[place] = *byte,
            2 if place < edited.len() => _ = edited.remove(place),
            _ => {}
        }
    }
    let Ok(edited) = String::from_utf8(edited) else { return };
    let presented = with_checksum(&edited);
    if presented != good && edited.contains("010212") {
        assert!(decode(&presented, &KEY).is_err(), "accepted {presented}");
    }
    check_text(&presented, decode);
}

fn check_text(text: &str, decode: Decode) {
    let Ok(code) = decode(text, &KEY) else { return };
    assert_eq!(code.encode(&KEY).as_deref(), Ok(text));
    if matches!(code.target, QrTarget::Order { .. }) {
        assert_eq!(signed(&text[..text.len() - 8]).as_deref(), Some(text));
        assert!(decode(text, &[8; 32]).is_err(), "accepted under another key: {text}");
    }
}

fn signed_code() -> String {
    let target = QrTarget::Order {
        id: OrderId::from_raw([1; 16]),
        amount: Money::new(1_234, Currency::CNY),
        expires_at: Timestamp::from_micros(1_795_370_400_000_000),
    };
    let code = MerchantCode { target, merchant_name: "老王 Noodles".to_owned() };
    code.encode(&KEY).expect("the amount fits")
}

/// The text with the signature that it should have: our template is the third field, the signature its end.
fn signed(body: &str) -> Option<String> {
    let length: usize = body.get(14..16)?.parse().ok()?;
    let (before, after) = body.split_at_checked(16 + length)?;
    let template = before.get(16..before.len().checked_sub(SIGNATURE_FIELD_LENGTH)?)?;
    let message = format!("{}{:02}{template}{after}", &body[..14], template.len());
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).ok()?;
    mac.update(message.as_bytes());
    let signature = base64url(&mac.finalize().into_bytes()[..16]);
    Some(with_checksum(&format!("{}{length:02}{template}0322{signature}{after}", &body[..14])))
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit =
        |bits: &[u8]| (0..6).fold(0, |digit, place| digit << 1 | bits.get(place).copied().unwrap_or(0));
    bits.chunks(6).map(|bits| char::from(ALPHABET[usize::from(digit(bits))])).collect()
}

fn with_checksum(body: &str) -> String {
    let covered = format!("{body}6304");
    let checksum = covered.bytes().fold(0xffff_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| crc << 1 ^ if crc >> 15 == 1 { 0x1021 } else { 0 })
    });
    format!("{covered}{checksum:04X}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;
    use std::panic::catch_unwind;

    fn catches(broken: Decode) -> bool {
        seeds("qr_decode").any(|input| catch_unwind(|| check_with(&input, broken)).is_err())
    }

    /// Puts the right signature in before it looks.
    fn ignores_the_signature(text: &str, key: &[u8; 32]) -> Result<MerchantCode, QrError> {
        let body = text.get(..text.len().saturating_sub(8)).unwrap_or_default();
        match signed(body) {
            Some(signed) if text.contains("010212") => MerchantCode::decode(&signed, key),
            _ => MerchantCode::decode(text, key),
        }
    }

    fn ignores_the_key(text: &str, _: &[u8; 32]) -> Result<MerchantCode, QrError> {
        MerchantCode::decode(text, &KEY)
    }

    fn ignores_the_end(text: &str, key: &[u8; 32]) -> Result<MerchantCode, QrError> {
        MerchantCode::decode(text.trim_end(), key)
    }

    #[test]
    fn the_seeds_pass() {
        assert!(seeds("qr_decode").count() >= 6);
        seeds("qr_decode").for_each(|input| check(&input));
        let accepted = seeds("qr_decode").filter_map(|input| String::from_utf8(input[1..].to_vec()).ok());
        assert!(accepted.filter(|text| MerchantCode::decode(text, &KEY).is_ok()).count() >= 2);
    }

    #[test]
    fn broken_decoders_are_caught() {
        for (name, broken) in [
            ("ignores_the_signature", ignores_the_signature as Decode),
            ("ignores_the_key", ignores_the_key),
            ("ignores_the_end", ignores_the_end),
        ] {
            assert!(catches(broken), "{name}");
        }
    }
}
