//! Bearer secrets: `mgs_` for sessions, `mk_test_` and `mk_live_` for merchants' API keys, each followed by
//! the 26 characters of the id of its row, an underscore, and 256 bits of randomness in base64url.
//!
//! The id finds the row, so that no look-up depends on the secret; the row keeps only SHA-256 of the secret,
//! which suffices for 256 random bits.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use makegood_base::{RawId, decode_suffix, encode_suffix};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const ID_LENGTH: usize = 26;
const SECRET_LENGTH: usize = 43;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A session of a user or of a member of staff.
    Session,
    /// An API key for test mode.
    TestKey,
    /// An API key for real money.
    LiveKey,
}

impl TokenKind {
    const ALL: [Self; 3] = [Self::Session, Self::TestKey, Self::LiveKey];

    /// What the token's text starts with, so that a leaked one is recognised for what it is.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "mgs_",
            Self::TestKey => "mk_test_",
            Self::LiveKey => "mk_live_",
        }
    }
}

/// A bearer secret that a client presented. Its secret half is wiped when it is dropped and never printed.
#[derive(Clone)]
pub struct Token {
    kind: TokenKind,
    id: RawId,
    secret: Zeroizing<[u8; 32]>,
}

/// The text is not a token of this service. Which part is wrong is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of this service")]
pub struct TokenError;

impl TokenError {
    /// The code that a client sees.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "auth.required"
    }
}

impl Token {
    /// A token of this kind for the row with this id, with 32 fresh random bytes as its secret.
    #[must_use]
    pub fn new(kind: TokenKind, id: RawId, secret: [u8; 32]) -> Self {
        Self { kind, id, secret: Zeroizing::new(secret) }
    }

    /// Reads what a client presented. Each token has one text: whatever is not that text is refused.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let kind = |kind: &TokenKind| text.strip_prefix(kind.prefix()).map(|rest| (*kind, rest));
        let (kind, rest) = TokenKind::ALL.iter().find_map(kind).ok_or(TokenError)?;
        if rest.len() != ID_LENGTH + 1 + SECRET_LENGTH || !rest.is_ascii() {
            return Err(TokenError);
        }
        let (id, secret_text) = rest.split_at(ID_LENGTH);
        let secret_text = secret_text.strip_prefix('_').ok_or(TokenError)?;
        let id = decode_suffix(id).map_err(|_| TokenError)?;
        let mut secret = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(secret_text, &mut *secret).map_err(|_| TokenError)?;
        if length == secret.len() { Ok(Self { kind, id, secret }) } else { Err(TokenError) }
    }

    /// The text that is handed to its holder, once.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.secret.as_slice()));
        Zeroizing::new(format!("{}{}_{}", self.kind.prefix(), encode_suffix(&self.id), *secret))
    }

    /// What it opens.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The id of the row that knows its hash: a session or an API key, as the kind says.
    #[must_use]
    pub const fn id(&self) -> RawId {
        self.id
    }

    /// SHA-256 of the secret half: all that is stored.
    #[must_use]
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_slice()).into()
    }

    /// Whether this is the token whose hash is stored, compared in constant time.
    #[must_use]
    pub fn matches(&self, stored_hash: &[u8; 32]) -> bool {
        self.secret_hash().ct_eq(stored_hash).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}_…", self.kind.prefix(), encode_suffix(&self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(kind: TokenKind) -> Token {
        Token::new(kind, [7; 16], *b"0123456789abcdefghijklmnopqrstu\xff")
    }

    #[test]
    fn the_text_round_trips() {
        for (kind, expected) in [
            (
                TokenKind::Session,
                "mgs_070w3ge1r70w3ge1r70w3ge1r7_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0df8",
            ),
            (
                TokenKind::TestKey,
                "mk_test_070w3ge1r70w3ge1r70w3ge1r7_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0df8",
            ),
            (
                TokenKind::LiveKey,
                "mk_live_070w3ge1r70w3ge1r70w3ge1r7_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0df8",
            ),
        ] {
            let text = token(kind).text();
            assert_eq!(*text, expected);
            let parsed = Token::parse(&text).unwrap();
            assert_eq!((parsed.kind(), parsed.id(), *parsed.secret), (kind, [7; 16], *token(kind).secret));
        }
    }

    #[test]
    fn only_the_one_text_is_a_token() {
        let text = token(TokenKind::Session).text().to_string();
        // The last character of 43 carries two bits that must be zero: `8` and `9` would be one secret.
        let not_canonical = format!("{}9", &text[..text.len() - 1]);
        let wrong_id = text.replacen("070w", "870w", 1);
        for wrong in [
            "",
            "mgs_",
            "mgs_é",
            &not_canonical,
            &wrong_id,
            &text.to_uppercase(),
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}="),
            &format!("{text}A"),
            &format!(" {text}"),
            &text.replacen("mgs_", "mk_", 1),
            &text.replacen("mgs_", "mk_prod_", 1),
            &text.replacen("7_M", "7-M", 1),
            &text.replacen("MDEy", "MDE+", 1),
            &text.replacen("MDEy", "MDé", 1),
        ] {
            assert_eq!(Token::parse(wrong).err(), Some(TokenError), "{wrong}");
        }
    }

    #[test]
    fn the_stored_hash_matches_its_own_secret_alone() {
        let stored = token(TokenKind::Session).secret_hash();
        assert!(token(TokenKind::Session).matches(&stored));
        assert_eq!(stored, <[u8; 32]>::from(Sha256::digest(b"0123456789abcdefghijklmnopqrstu\xff")));
        for bit in 0..256 {
            let mut secret = *token(TokenKind::Session).secret;
            secret[bit / 8] ^= 1 << (bit % 8);
            assert!(!Token::new(TokenKind::Session, [7; 16], secret).matches(&stored), "bit {bit}");
        }
    }

    #[test]
    fn debug_never_shows_the_secret() {
        assert_eq!(format!("{:?}", token(TokenKind::Session)), "mgs_070w3ge1r70w3ge1r70w3ge1r7_…");
    }
}
