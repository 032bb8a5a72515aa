//! Errors as `application/problem+json` (RFC 9457), each with a code.

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why a call has no other answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the bearer secret is missing or wrong")]
    Unauthorized,
    #[error("{0}")]
    Malformed(String),
    #[error("the number is not that of a card")]
    CardNumber,
    #[error("the holder's name is empty or too long")]
    HolderName,
    #[error("the code is not the one that was sent")]
    WrongCode,
    #[error("there is no such agreement")]
    AgreementNotFound,
    #[error("there is no transfer with this reference")]
    TransferNotFound,
    #[error("the reference was used for another transfer")]
    TransferConflict,
    #[error("there is no such window")]
    WindowNotFound,
    #[error("too many calls wait in line")]
    Busy,
    #[error("the bank cannot be reached")]
    Out,
    #[error("the bank is under planned maintenance until {0}")]
    Maintenance(makegood_base::Timestamp),
    #[error("the bank cannot work now")]
    Unavailable(#[from] makegood_sql::Error),
}

impl Problem {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "auth.invalid_secret"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "request.malformed"),
            Self::CardNumber => (StatusCode::UNPROCESSABLE_ENTITY, "card.invalid_number"),
            Self::HolderName => (StatusCode::UNPROCESSABLE_ENTITY, "card.invalid_holder_name"),
            Self::WrongCode => (StatusCode::UNPROCESSABLE_ENTITY, "card.wrong_code"),
            Self::AgreementNotFound => (StatusCode::NOT_FOUND, "agreement.not_found"),
            Self::TransferNotFound => (StatusCode::NOT_FOUND, "transfer.not_found"),
            Self::TransferConflict => (StatusCode::CONFLICT, "transfer.conflict"),
            Self::WindowNotFound => (StatusCode::NOT_FOUND, "maintenance.not_found"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "bank.busy"),
            Self::Out => (StatusCode::SERVICE_UNAVAILABLE, "bank.out"),
            Self::Maintenance(_) => (StatusCode::SERVICE_UNAVAILABLE, "bank.maintenance"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "bank.unavailable"),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        if let Self::Unavailable(error) = &self {
            tracing::error!(%error, "the bank's books do not answer");
        }
        let body = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": self.to_string(),
            "code": code,
        });
        let mut response = (status, Json(body)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
