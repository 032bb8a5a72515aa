//! Signatures of webhooks as Standard Webhooks defines them: HMAC-SHA256 over `id.timestamp.body`, under a
//! secret that the receiver has too.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use makegood_base::Timestamp;
use sha2::Sha256;
use std::time::Duration;
use zeroize::Zeroizing;

/// The header with the event's id.
pub const HEADER_ID: &str = "webhook-id";
/// The header with the time of the attempt, in Unix seconds.
pub const HEADER_TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces: more than one while a secret is being replaced.
pub const HEADER_SIGNATURE: &str = "webhook-signature";
/// How far a receiver lets the time of an attempt be from its own.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const BLOCK_BYTES: usize = 64;
const VERSION: &str = "v1";
const MICROS_PER_SECOND: i64 = 1_000_000;
// An attacker does not get to choose how many signatures are computed or compared.
const SIGNATURES_MAX: usize = 8;

/// Why a secret is none, or a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Not `whsec_` and 24 to 64 bytes in base64.
    #[error("a secret is whsec_ and 24 to 64 bytes in base64")]
    Secret,
    /// The time of the attempt is not a number of seconds.
    #[error("the webhook's timestamp is not a number of seconds")]
    Timestamp,
    /// The time of the attempt is too far from now, before or after: a webhook that was recorded and sent again.
    #[error("the webhook's timestamp is too far from now")]
    OutsideTolerance,
    /// No signature is right.
    #[error("no signature of the webhook is right")]
    Signature,
}

/// A secret that the service and one receiver share. It is wiped when it is dropped and never printed.
#[derive(Clone)]
pub struct WebhookSecret {
    bytes: Zeroizing<Vec<u8>>,
}

impl WebhookSecret {
    /// The secret with these random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { bytes: Zeroizing::new(bytes.to_vec()) }
    }

    /// Reads `whsec_…`.
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(WebhookError::Secret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| WebhookError::Secret)?);
        if SECRET_BYTES.contains(&bytes.len()) { Ok(Self { bytes }) } else { Err(WebhookError::Secret) }
    }

    /// The text that is handed to the receiver.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(self.bytes.as_slice()));
        Zeroizing::new(format!("{SECRET_PREFIX}{}", *encoded))
    }

    /// The value of [`HEADER_SIGNATURE`]: `v1,` and base64. The timestamp is taken in whole seconds, as
    /// [`timestamp_text`](Self::timestamp_text) writes it.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mac = self.mac(id, &Self::timestamp_text(at), body).finalize().into_bytes();
        format!("{VERSION},{}", STANDARD.encode(mac))
    }

    /// The value of [`HEADER_TIMESTAMP`].
    #[must_use]
    pub fn timestamp_text(at: Timestamp) -> String {
        at.as_micros().div_euclid(MICROS_PER_SECOND).to_string()
    }

    /// Whether one of the signatures is right and the attempt is not further from `now` than the tolerance;
    /// compared in constant time. Signatures of other versions are passed over.
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now: Timestamp,
        tolerance: Duration,
    ) -> Result<(), WebhookError> {
        let seconds: i64 = timestamp.parse().map_err(|_| WebhookError::Timestamp)?;
        let micros = seconds.checked_mul(MICROS_PER_SECOND).ok_or(WebhookError::Timestamp)?;
        let at = Timestamp::from_micros(micros);
        if now.since(at).max(at.since(now)) > tolerance {
            return Err(WebhookError::OutsideTolerance);
        }
        let mac = self.mac(id, timestamp, body);
        let is_right = |signature: &str| {
            let decoded = signature.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix(','));
            let decoded = decoded.and_then(|encoded| STANDARD.decode(encoded).ok());
            decoded.is_some_and(|decoded| mac.clone().verify_slice(&decoded).is_ok())
        };
        let one_is_right = signatures.split(' ').take(SIGNATURES_MAX).any(is_right);
        if one_is_right { Ok(()) } else { Err(WebhookError::Signature) }
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        // HMAC pads a key with zeros to a block, and no secret is longer than one.
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        block.iter_mut().zip(self.bytes.iter()).for_each(|(place, byte)| *place = *byte);
        Hmac::<Sha256>::new((&*block).into())
            .chain_update(id)
            .chain_update(".")
            .chain_update(timestamp)
            .chain_update(".")
            .chain_update(body)
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("whsec_…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference implementations, with the signature that they publish.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * MICROS_PER_SECOND)
    }

    #[test]
    fn the_published_example_is_signed() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        assert_eq!(secret.sign(ID, at(AT), BODY.as_bytes()), SIGNATURE);
        assert_eq!(*secret.text(), SECRET);
    }

    #[test]
    fn signatures_are_those_of_the_reference_crate() {
        for (length, body) in [(0, ""), (1, "{}"), (31, BODY), (254, "{\"name\":\"老王饺子馆\"}")] {
            let secret = WebhookSecret::new([length; 32]);
            let theirs = standardwebhooks::Webhook::new(&secret.text()).unwrap();
            let expected = theirs.sign(ID, AT, body.as_bytes()).unwrap();
            let fraction = Timestamp::from_micros(at(AT).as_micros() + 999_999);
            assert_eq!(secret.sign(ID, fraction, body.as_bytes()), expected, "{body}");
        }
        for length in [24, 33, 63, 64] {
            let bytes = vec![200; length];
            let theirs = standardwebhooks::Webhook::from_bytes(bytes.clone()).unwrap();
            let secret = WebhookSecret::parse(&format!("whsec_{}", STANDARD.encode(bytes))).unwrap();
            let expected = theirs.sign(ID, AT, BODY.as_bytes()).unwrap();
            assert_eq!(secret.sign(ID, at(AT), BODY.as_bytes()), expected, "{length}");
        }
    }

    #[test]
    fn only_whole_and_recent_webhooks_are_believed() {
        let time = AT.to_string();
        let other = WebhookSecret::new([1; 32]).sign(ID, at(AT), BODY.as_bytes());
        let two = format!("{other} {SIGNATURE}");
        let many = format!("{}{SIGNATURE}", "v1,AAAA ".repeat(SIGNATURES_MAX));
        let ok = (ID, time.as_str(), SIGNATURE, BODY, AT);
        for ((id, timestamp, signatures, body, now), expected) in [
            (ok, Ok(())),
            ((ID, &time, &two, BODY, AT), Ok(())),
            ((ID, &time, &format!("v2,x {SIGNATURE}"), BODY, AT), Ok(())),
            ((ID, &time, SIGNATURE, BODY, AT + 300), Ok(())),
            ((ID, &time, SIGNATURE, BODY, AT - 300), Ok(())),
            ((ID, &time, SIGNATURE, BODY, AT + 301), Err(WebhookError::OutsideTolerance)),
            ((ID, &time, SIGNATURE, BODY, AT - 301), Err(WebhookError::OutsideTolerance)),
            ((ID, "soon", SIGNATURE, BODY, AT), Err(WebhookError::Timestamp)),
            ((ID, "", SIGNATURE, BODY, AT), Err(WebhookError::Timestamp)),
            ((ID, "9223372036854775807", SIGNATURE, BODY, AT), Err(WebhookError::Timestamp)),
            // The text is signed, not the number.
            ((ID, "01614265330", SIGNATURE, BODY, AT), Err(WebhookError::Signature)),
            ((ID, "1614265331", SIGNATURE, BODY, AT), Err(WebhookError::Signature)),
            (("msg_other", &time, SIGNATURE, BODY, AT), Err(WebhookError::Signature)),
            ((ID, &time, SIGNATURE, "{\"test\": 2432232315}", AT), Err(WebhookError::Signature)),
            ((ID, &time, &other, BODY, AT), Err(WebhookError::Signature)),
            ((ID, &time, "", BODY, AT), Err(WebhookError::Signature)),
            ((ID, &time, "v1,", BODY, AT), Err(WebhookError::Signature)),
            ((ID, &time, &SIGNATURE[3..], BODY, AT), Err(WebhookError::Signature)),
            ((ID, &time, &SIGNATURE.replace("v1", "v2"), BODY, AT), Err(WebhookError::Signature)),
            ((ID, &time, &many, BODY, AT), Err(WebhookError::Signature)),
        ] {
            let secret = WebhookSecret::parse(SECRET).unwrap();
            let found = secret.verify(id, timestamp, signatures, body.as_bytes(), at(now), TOLERANCE);
            assert_eq!(found, expected, "{id} {timestamp} {signatures} {body} {now}");
        }
    }

    #[test]
    fn secrets_have_a_shape_and_are_not_printed() {
        let secret = |length: usize| format!("whsec_{}", STANDARD.encode(vec![1; length]));
        for (text, expected) in [
            (secret(24), true),
            (secret(64), true),
            (secret(23), false),
            (secret(65), false),
            (secret(32)[6..].to_owned(), false),
            ("whsec_".to_owned(), false),
            ("whsec_!".to_owned(), false),
            (format!("{}\n", secret(32)), false),
        ] {
            assert_eq!(WebhookSecret::parse(&text).is_ok(), expected, "{text}");
        }
        assert_eq!(format!("{:?}", WebhookSecret::new([7; 32])), "whsec_…");
    }
}
