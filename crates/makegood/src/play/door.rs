//! What the page's own routes let in: JSON, from a page that came from here.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};
use makegood_wallet::Code;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};

/// Reads what is said to the routes of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    /// Whether this machine alone reaches it.
    is_at_home: bool,
}

/// What is told to a route that need only be called: an empty object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl Door {
    /// The door of a server that listens here.
    pub(super) fn of(listen: SocketAddr) -> Self {
        Self { is_at_home: listen.ip().is_loopback() }
    }

    /// What a request says. It has to say that it is JSON: a page of somebody else's can send that nowhere but home, so
    /// that none can turn the dial or kill the wallet of a visitor who has both open. Nor can one whose name was made to
    /// lead here after it was loaded: nobody has to find a server on this machine by such a name.
    pub(super) fn said<T: DeserializeOwned>(self, headers: &HeaderMap, body: &[u8]) -> Result<T, Code> {
        if self.is_at_home && !headers.get(header::HOST).is_none_or(is_of_this_machine) {
            return Err(Code::NotFound);
        }
        let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if kind != Some(b"application/json") {
            return Err(Code::RequestMediaType);
        }
        serde_json::from_slice(body).map_err(|_| Code::RequestMalformed)
    }
}

/// Whether a host is an address, or the one name that nobody else can have.
fn is_of_this_machine(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_is_not_ours() {
        for (host, expected) in [
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("[::1]:8080", true),
            ("localhost:8080", true),
            ("LOCALHOST", true),
            ("example.com:8080", false),
            ("127.0.0.1.example.com", false),
            ("localhost.example.com", false),
            ("", false),
        ] {
            assert_eq!(is_of_this_machine(&HeaderValue::from_static(host)), expected, "{host}");
        }
    }
}
