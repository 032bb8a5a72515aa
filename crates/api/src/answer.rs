//! Answers on their way out. Handlers return what the wallet rendered, or why they refuse; [`crate::edge`]
//! turns both into HTTP in one place.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use makegood_store::Failure;
use makegood_wallet::texts::Reason;
use makegood_wallet::{Code, Problem, Reply};
use std::time::Duration;

/// What the wallet rendered.
pub(crate) struct Answer(pub(crate) Reply);

/// Why a request is refused before the wallet was asked. As a response it is a problem, in the language that the caller
/// reads, once it has passed the edge of the [router](crate::router).
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub(crate) problem: Box<Problem>,
    /// When trying again makes sense, where that is known.
    pub(crate) retry_after: Option<Duration>,
}

/// What a response carries to the edge.
#[derive(Clone)]
pub(crate) enum Carried {
    Reply(Reply),
    Refused(Refused),
}

impl Refused {
    /// A field of the request has a value that is not allowed.
    pub(crate) fn field(code: Code, field: &str) -> Self {
        Problem::new(code).field(field).into()
    }

    /// A field of the request has a value that is not allowed, for this reason.
    pub(crate) fn invalid(field: &str, reason: Reason) -> Self {
        Problem::new(Code::RequestInvalid).field(field).because(reason).into()
    }

    /// The store did not answer. Why is for the log alone.
    pub(crate) fn unreadable(failure: Failure) -> Self {
        tracing::error!(%failure, "the store cannot be read");
        Code::ServiceUnavailable.into()
    }

    pub(crate) fn rate_limited(wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Code::RateLimited.into() }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after: None }
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        carrying(Carried::Reply(self.0))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        carrying(Carried::Refused(self))
    }
}

fn carrying(carried: Carried) -> Response {
    let mut response = Response::new(Body::empty());
    // Nobody sees this status: the edge puts the right one in its place.
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(carried);
    response
}
