//! Tokens of sessions and API keys. The secret half of a token derives from its id and the service's key, so
//! that an answer that is given again shows the same token, though nothing that is stored holds it.

use makegood_app::Secrets;
use makegood_auth::{Token, TokenKind};
use makegood_wallet::SecretOf;
use std::ops::Deref;

/// The text of a secret: a token's, an API key's, or that of what signs webhooks.
pub(crate) fn text_of(secrets: &Secrets, of: SecretOf, livemode: bool) -> impl Deref<Target = String> {
    match of {
        SecretOf::Webhook(id) => secrets.webhook_secret(id).text(),
        token => token_of(secrets, token, livemode).text(),
    }
}

/// The token of a session or an API key.
pub(crate) fn token_of(secrets: &Secrets, of: SecretOf, livemode: bool) -> Token {
    let (kind, name, id) = match of {
        SecretOf::Session(id) => (TokenKind::Session, "session", id.raw()),
        SecretOf::ApiKey(id) if livemode => (TokenKind::LiveKey, "live api key", id.raw()),
        // It is no token, and opens nothing.
        SecretOf::Webhook(id) => (TokenKind::TestKey, "webhook token", id.raw()),
        SecretOf::ApiKey(id) => (TokenKind::TestKey, "test api key", id.raw()),
    };
    Token::new(kind, id, secrets.token_secret(name, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_base::{ApiKeyId, SessionId};

    #[test]
    fn each_id_and_kind_and_key_has_its_own_secret() {
        let derive = |master: u8, of, livemode| {
            token_of(&Secrets::from_master(&[master; 32]), of, livemode).text().to_string()
        };
        let session = SecretOf::Session(SessionId::from_raw([1; 16]));
        let texts: Vec<String> = [
            (1, session, false),
            (1, SecretOf::Session(SessionId::from_raw([2; 16])), false),
            (1, SecretOf::ApiKey(ApiKeyId::from_raw([1; 16])), false),
            (1, SecretOf::ApiKey(ApiKeyId::from_raw([1; 16])), true),
            (2, session, false),
        ]
        .into_iter()
        .map(|(master, of, livemode)| derive(master, of, livemode))
        .collect();
        let secrets: std::collections::BTreeSet<&str> =
            texts.iter().map(|text| &text[text.len() - 43..]).collect();
        assert_eq!(secrets.len(), texts.len());
        assert!(texts[0].starts_with("mgs_") && texts[2].starts_with("mk_test_"));
        assert!(texts[3].starts_with("mk_live_"));
        // The same again for the same id: a replayed answer shows the same token.
        assert_eq!(derive(1, session, true), texts[0]);
    }
}
