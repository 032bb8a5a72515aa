//! Calls that go out over HTTP. They are all here, so that there is one place to look at what the service
//! calls, and with which time limits.

pub(crate) mod bank;
pub(crate) mod strangers;
pub(crate) mod webhooks;

/// The roots of TLS, which are compiled in: a machine need not have any.
pub fn tls_roots() -> Result<Vec<reqwest::Certificate>, String> {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let parsed = roots.map(|root| reqwest::Certificate::from_der(root));
    parsed.collect::<Result<_, _>>().map_err(|error| error.to_string())
}
