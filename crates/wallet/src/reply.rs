//! Answers: a status and the bytes of a body, rendered once and never again.

use makegood_base::{ApiKeyId, SessionId, WebhookSecretId};

/// What stands in a body where a secret belongs. The edge of the service puts the secret in on the way out,
/// so that no stored answer holds one.
pub const SECRET_PLACEHOLDER: &str = "{secret}";

/// The thing whose secret belongs where [`SECRET_PLACEHOLDER`] stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOf {
    /// A session's token.
    Session(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// What signs the webhooks of an endpoint.
    Webhook(WebhookSecretId),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, or nothing with 204.
    pub body: Vec<u8>,
    /// Whether it is an earlier answer to the same key.
    pub replayed: bool,
    /// What the placeholder in the body stands for.
    pub secret: Option<SecretOf>,
}

impl Reply {
    /// An answer with a JSON body.
    pub(crate) fn json(status: u16, body: &impl serde::Serialize) -> Result<Self, crate::Stop> {
        let body = serde_json::to_vec(body).map_err(|error| crate::Stop::Broken(error.to_string()))?;
        Ok(Self { status, body, replayed: false, secret: None })
    }

    /// An answer without a body.
    pub(crate) const fn empty() -> Self {
        Self { status: 204, body: Vec::new(), replayed: false, secret: None }
    }

    /// Whether the answer is a problem.
    #[must_use]
    pub const fn is_problem(&self) -> bool {
        self.status >= 400
    }
}
