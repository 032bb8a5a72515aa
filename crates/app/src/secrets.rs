//! The service's own secrets, all derived from one that is kept in a file.

use hmac::{Hmac, KeyInit as _, Mac as _};
use makegood_base::{Entropy, WebhookSecretId};
use makegood_notify::WebhookSecret;
use sha2::Sha256;
use std::collections::BTreeMap;

/// The service's secrets. Nothing prints them.
#[derive(Clone)]
pub struct Secrets {
    /// Makes the secrets of session tokens and API keys from their ids.
    pub token_key: [u8; 32],
    /// Makes the fingerprints of requests, so that a stored fingerprint tells nothing about a password.
    pub fingerprint_key: [u8; 32],
    /// Signs QR codes.
    pub qr_key: [u8; 32],
    /// Goes into every password hash, so that a copy of the database alone is not enough to guess.
    pub pepper: [u8; 32],
    /// Tells one master secret from another, and nothing else about it: the database keeps it, so that no server
    /// works there with other secrets.
    pub check: [u8; 32],
    /// What we show to the simulated bank.
    pub bank_secret: String,
    /// What a bank signs its messages to us with, `whsec_…`.
    pub bank_callback_secret: String,
    /// Makes the secrets of the banks beside the first from their ids.
    pub more_banks_key: [u8; 32],
    /// What banks beside the first have given us instead, by their ids.
    pub more_banks: BTreeMap<String, GivenSecrets>,
}

/// The secrets between us and one bank. Nothing prints them.
#[derive(Clone)]
pub struct BankSecrets {
    /// What we show to it.
    pub secret: String,
    /// What it signs its messages to us with, `whsec_…`.
    pub callback_secret: String,
}

/// What a bank has given us. Nothing prints it.
#[derive(Clone, Default)]
pub struct GivenSecrets {
    /// What we show to it.
    pub secret: Option<String>,
    /// What it signs its messages to us with, `whsec_…`.
    pub callback_secret: Option<String>,
}

/// Why a text is not a master secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Not 64 hexadecimal digits.
    #[error("the secret must be 64 hexadecimal digits, as `makegood serve` generates them")]
    Malformed,
    /// A secret that somebody typed: all digits alike, or a simple sequence.
    #[error("the secret is not random: let `openssl rand -hex 32` make one")]
    Weak,
}

impl Secrets {
    /// Derives the secrets from a master secret of 256 bits.
    #[must_use]
    pub fn from_master(master: &[u8; 32]) -> Self {
        let bank = derive(master, "bank secret");
        Self {
            token_key: derive(master, "token key"),
            fingerprint_key: derive(master, "fingerprint key"),
            qr_key: derive(master, "qr key"),
            pepper: derive(master, "pepper"),
            check: derive(master, "check"),
            bank_secret: hexadecimal(&bank),
            bank_callback_secret: WebhookSecret::new(derive(master, "bank callback secret"))
                .text()
                .to_string(),
            more_banks_key: derive(master, "more banks"),
            more_banks: BTreeMap::new(),
        }
    }

    /// The secrets between us and a bank beside the first. Each bank has its own, so that none can speak as another.
    #[must_use]
    pub fn of_bank(&self, id: &str) -> BankSecrets {
        let made = |kind: &str| mac(&self.more_banks_key, format!("{kind} {id}").as_bytes());
        let given = self.more_banks.get(id).cloned().unwrap_or_default();
        BankSecrets {
            secret: given.secret.unwrap_or_else(|| hexadecimal(&made("secret"))),
            callback_secret: given
                .callback_secret
                .unwrap_or_else(|| WebhookSecret::new(made("callback secret")).text().to_string()),
        }
    }

    /// Reads a master secret as [`Secrets::generate`] writes it, and derives the secrets. A text that is too
    /// short, or has fewer than eight different bytes, is refused.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SecretsError::Malformed);
        }
        let mut master = [0; 32];
        for (place, pair) in master.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| SecretsError::Malformed)?;
            *place = u8::from_str_radix(pair, 16).map_err(|_| SecretsError::Malformed)?;
        }
        let distinct: std::collections::BTreeSet<u8> = master.iter().copied().collect();
        if distinct.len() < 8 {
            return Err(SecretsError::Weak);
        }
        Ok(Self::from_master(&master))
    }

    /// The text of a new master secret.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> String {
        let mut master = [0; 32];
        entropy.fill(&mut master);
        hexadecimal(&master)
    }

    /// The secret half of the token or key with this id.
    #[must_use]
    pub fn token_secret(&self, kind: &str, id: makegood_base::RawId) -> [u8; 32] {
        let mut message = kind.as_bytes().to_vec();
        message.push(0);
        message.extend_from_slice(&id);
        mac(&self.token_key, &message)
    }

    /// What signs webhooks under this id.
    #[must_use]
    pub fn webhook_secret(&self, id: WebhookSecretId) -> WebhookSecret {
        WebhookSecret::new(self.token_secret("webhook secret", id.raw()))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn derive(master: &[u8; 32], label: &str) -> [u8; 32] {
    mac(master, format!("makegood {label} v1").as_bytes())
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A key of 32 bytes is taken by HMAC without an error; `new` exists for keys of the block size.
    let mut block = [0; 64];
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_malformed_secrets_are_refused() {
        for (text, expected) in [
            ("", SecretsError::Malformed),
            ("changeme", SecretsError::Malformed),
            (&"0".repeat(64), SecretsError::Weak),
            (&"ab".repeat(32), SecretsError::Weak),
            (&"g".repeat(64), SecretsError::Malformed),
        ] {
            assert_eq!(Secrets::parse(text).err(), Some(expected), "{text}");
        }
    }

    #[test]
    fn secrets_derive_from_the_master_alone() {
        let text = Secrets::generate(&crate::SystemEntropy);
        let (first, second) = (Secrets::parse(&text).unwrap(), Secrets::parse(&text).unwrap());
        assert_eq!(first.token_key, second.token_key);
        assert_ne!(first.token_key, first.qr_key);
        assert_eq!(first.check, second.check);
        assert_ne!(first.check, Secrets::parse(&Secrets::generate(&crate::SystemEntropy)).unwrap().check);
        assert_ne!(first.token_secret("session", [1; 16]), first.token_secret("api_key", [1; 16]));
        assert_eq!(format!("{first:?}"), "Secrets");
    }

    #[test]
    fn each_bank_has_secrets_of_its_own() {
        let mut secrets = Secrets::parse(&Secrets::generate(&crate::SystemEntropy)).unwrap();
        let (north, south) = (secrets.of_bank("north"), secrets.of_bank("south"));
        let all = [&north.secret, &south.secret, &secrets.bank_secret];
        assert_eq!(all.into_iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
        let callbacks = [&north.callback_secret, &south.callback_secret, &secrets.bank_callback_secret];
        assert_eq!(callbacks.into_iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
        let given = GivenSecrets { secret: Some("s3cret".to_owned()), callback_secret: None };
        secrets.more_banks.insert("north".to_owned(), given);
        let now = secrets.of_bank("north");
        assert_eq!((now.secret.as_str(), &now.callback_secret), ("s3cret", &north.callback_secret));
        assert_eq!(secrets.of_bank("south").secret, south.secret);
    }
}
