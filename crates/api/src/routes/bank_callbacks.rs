//! What banks tell by themselves. They show no token: what they send is signed.

use crate::answer::Refused;
use crate::shared::Api;
use crate::write::read;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use makegood_app::{Message, MessageRefused};
use makegood_wallet::Code;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(callback))
}

/// For a bank: tell what became of a transfer.
///
/// Signed as Standard Webhooks defines it (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The body is
/// `{"type": "transfer.updated", "at", "transfer"}`, with the transfer as the bank shows it when it is asked. 204 says
/// that it was taken, and nothing more: not whether the transfer is known, or the message says anything new. Anything
/// but 204 has to be sent again.
#[utoipa::path(
    post, path = "/v1/bank-callbacks/{id}", tag = "Service", security(()),
    params(("id" = String, Path, description = "The bank's id.", example = "simbank")),
    responses((status = 204, description = "Taken.")),
)]
async fn callback(
    State(api): State<Api>,
    Path(bank): Path<String>,
    request: Request,
) -> Result<StatusCode, Refused> {
    let (parts, body) = request.into_parts();
    let body = tokio::time::timeout(api.limits.body_timeout, read(body))
        .await
        .map_err(|_| Refused::from(Code::RequestTimeout))??;
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<(String, String)> =
        parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let message = Message { headers: &headers, body: &body };
    let told = api.app.read_message(&bank, message).map_err(|refused| match refused {
        MessageRefused::Unsigned => Refused::from(Code::BankCallbackUnsigned),
        MessageRefused::Malformed => Refused::from(Code::RequestMalformed),
    })?;
    api.app.take_callback(&bank, told).await?;
    Ok(StatusCode::NO_CONTENT)
}
