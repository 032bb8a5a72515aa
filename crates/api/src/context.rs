//! What every handler knows of a request: its id, the language of its answer, and who asks.

use crate::answer::Refused;
use crate::shared::{Api, Shared};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use makegood_auth::{Token, TokenKind};
use makegood_base::{ApiKeyId, RequestId, SessionId};
use makegood_wallet::texts::{Language, Role};
use makegood_wallet::{Caller, Code};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

/// The address of the other end of the connection. A header that claims another one is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What every handler knows of a request.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    pub(crate) request: RequestId,
    pub(crate) language: Language,
    /// Nothing where the header is not a token of this service.
    caller: Option<Caller>,
}

impl Context {
    /// Reads the headers. The request gets an id of its own.
    pub(crate) fn of(shared: &Shared, headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let accepted: Vec<&str> = accepted.filter_map(|value| value.to_str().ok()).collect();
        Self {
            request: shared.make_id(),
            language: Language::from_accept_language(&accepted.join(",")),
            caller: caller(headers),
        }
    }

    /// Who asks, or that the token is none.
    pub(crate) fn caller(&self) -> Result<Caller, Refused> {
        self.caller.ok_or(Code::AuthRequired.into())
    }

    /// Whether a token came with the request. Whether it opens anything is found out later.
    pub(crate) fn has_token(&self) -> bool {
        self.caller.is_some_and(|caller| caller != Caller::Anonymous)
    }

    /// In which role a problem is read that the wallet did not render.
    pub(crate) const fn role(&self) -> Role {
        match self.caller {
            Some(Caller::ApiKey { .. }) => Role::Merchant,
            _ => Role::Payer,
        }
    }
}

impl FromRequestParts<Api> for Context {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().copied();
        Ok(known.unwrap_or_else(|| Self::of(api, &parts.headers)))
    }
}

impl FromRequestParts<Api> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().copied();
        Ok(known.unwrap_or(Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// Whom the `Authorization` header names; nobody where there is none; nothing where it is not a token.
fn caller(headers: &HeaderMap) -> Option<Caller> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Some(Caller::Anonymous) };
    if values.next().is_some() {
        return None;
    }
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = Token::parse(text.trim_start_matches(' ')).ok()?;
    let secret_hash = token.secret_hash();
    Some(match token.kind() {
        TokenKind::Session => Caller::Session { id: SessionId::from_raw(token.id()), secret_hash },
        TokenKind::TestKey | TokenKind::LiveKey => {
            Caller::ApiKey { id: ApiKeyId::from_raw(token.id()), secret_hash }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_bearer_token_names_the_caller_and_anything_else_is_refused() {
        let session = Token::new(TokenKind::Session, [1; 16], [2; 32]);
        let key = Token::new(TokenKind::TestKey, [3; 16], [4; 32]);
        let (session_text, key_text) = (session.text(), key.text());
        let session =
            Caller::Session { id: SessionId::from_raw([1; 16]), secret_hash: session.secret_hash() };
        let key = Caller::ApiKey { id: ApiKeyId::from_raw([3; 16]), secret_hash: key.secret_hash() };
        let bearer = format!("Bearer {}", *session_text);
        for (values, expected) in [
            (vec![], Some(Caller::Anonymous)),
            (vec![bearer.as_str()], Some(session)),
            (vec![format!("bearer  {}", *session_text).as_str()], Some(session)),
            (vec![format!("BEARER {}", *key_text).as_str()], Some(key)),
            (vec![bearer.as_str(), bearer.as_str()], None),
            (vec![format!("Basic {}", *session_text).as_str()], None),
            (vec![session_text.as_str()], None),
            (vec!["Bearer "], None),
            (vec!["Bearer mgs_x"], None),
            (vec![format!("{bearer}x").as_str()], None),
            (vec![""], None),
        ] {
            let found = caller(&headers(&values));
            assert!(found == expected, "{} headers: {found:?}", values.len());
        }
    }
}
