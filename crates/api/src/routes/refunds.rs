//! Refunds of payments.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, AmountBody, PathId};
use crate::long_poll::{Stopping, Wait};
use crate::paging::{Page, Params, filter};
use crate::shared::Api;
use crate::write::Write;
use axum::extract::State;
use makegood_base::{PaymentId, RefundId};
use makegood_refunds::RefundStatus;
use makegood_wallet::tables::LookupKind;
use makegood_wallet::view::{ListView, RefundView, TraceView};
use makegood_wallet::{Action, Facts, Needs, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create, list_of_payment))
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(trace))
}

/// A refund to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    /// How much; all that is left, when it does not say.
    amount: Option<AmountBody>,
    /// Why, on one line of at most 256 characters. The payer reads it.
    #[schema(example = "Sold out")]
    reason: String,
    /// Your own number, unique for ever: the same again is the same refund.
    #[schema(example = "R-1001")]
    merchant_refund_no: Option<String>,
}

/// Give a payment back, in full or in part.
///
/// The money goes to where it came from.
#[utoipa::path(
    post, path = "/v1/payments/{id}/refunds", tag = "Refunds", request_body = NewRefund,
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 201, description = "The payer has the money.", body = RefundView),
        (status = 202, description = "The money is on its way to the card.", body = RefundView),
    ),
)]
async fn create(
    State(api): State<Api>,
    PathId(id): PathId<PaymentId>,
    write: Write<NewRefund>,
) -> Result<Answer, Refused> {
    let NewRefund { amount, reason, merchant_refund_no } = &write.body;
    let action = Action::Refund {
        payment: id,
        amount: amount.as_ref().map(|amount| amount.money("amount")).transpose()?,
        reason: fields::text("reason", reason)?,
        merchant_refund_no: fields::optional(
            fields::reference,
            "merchant_refund_no",
            merchant_refund_no.as_deref(),
        )?,
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

/// The refunds of a payment, newest first.
#[utoipa::path(
    get, path = "/v1/payments/{id}/refunds", tag = "Refunds",
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q"), Page),
    responses((status = 200, description = "A page of refunds.", body = ListView<RefundView>)),
)]
async fn list_of_payment(
    State(api): State<Api>,
    context: Context,
    PathId(payment): PathId<PaymentId>,
    Params(page): Params<Page>,
) -> Result<Answer, Refused> {
    // Whoever may not see the payment is told so, and no more.
    let seen = api.query(&context, Query::Payment(payment)).await?;
    if seen.0.is_problem() {
        return Ok(seen);
    }
    let found = api.app.lists().refunds_of_payment(payment, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::Refunds(ids, next)).await
}

/// Which refunds.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Refunds {
    /// Of which merchant, `mch_…`, when its owner's session asks and it has more than one.
    merchant: Option<String>,
    /// Only the one with this number.
    merchant_refund_no: Option<String>,
    /// One of `processing`, `unknown`, `needs_action` and `succeeded`: only those with this status.
    status: Option<String>,
    /// Only those made at this time or later, as RFC 3339 writes it.
    #[param(format = DateTime)]
    created_after: Option<String>,
    /// Only those made before this time.
    #[param(format = DateTime)]
    created_before: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A merchant's refunds, newest first.
#[utoipa::path(
    get, path = "/v1/refunds", tag = "Refunds", params(Refunds),
    responses((status = 200, description = "A page of refunds.", body = ListView<RefundView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Refunds>,
) -> Result<Answer, Refused> {
    let Refunds { merchant, merchant_refund_no, status, created_after, created_before, limit, cursor } =
        wanted;
    let named = fields::optional(fields::id, "merchant", merchant.as_deref())?;
    let merchant = api.merchant(api.actor(&context).await?, named).await?;
    let filter = filter(
        |text| RefundStatus::parse(text).map(RefundStatus::as_str),
        status.as_deref(),
        created_after.as_deref(),
        created_before.as_deref(),
    )?;
    if let Some(number) = merchant_refund_no {
        let named = ("merchant_refund_no", number.as_str());
        let need = |needs: &mut Needs, id: RefundId| needs.refunds.extend([id]);
        let takes = |facts: &Facts, id: RefundId| {
            facts.refunds.peek(&id).is_some_and(|row| filter.takes(row.status.as_str(), row.created_at))
        };
        let ids = api.look_up(LookupKind::MerchantRefundNo, merchant.raw(), named, need, takes).await?;
        return api.query(&context, Query::Refunds(ids, None)).await;
    }
    let page = Page { limit, cursor };
    let found = api.app.lists().refunds_of_merchant(merchant, filter, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::Refunds(ids, next)).await
}

/// A refund: where it stands, whether that is normal, and where the money goes.
#[utoipa::path(
    get, path = "/v1/refunds/{id}", tag = "Refunds",
    params(("id" = String, Path, example = "rfd_01h455vb4pex5vsknk084sn02q"), Wait),
    responses((status = 200, description = "The refund.", body = RefundView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<RefundId>,
    Params(wait): Params<Wait>,
    stopping: Stopping,
) -> Result<Answer, Refused> {
    api.query_and_wait(&context, Query::Refund(id), id.raw(), (wait.wait, stopping)).await
}

/// Where the money of a refund is, hop by hop, and what happens next.
#[utoipa::path(
    get, path = "/v1/refunds/{id}/trace", tag = "Refunds",
    params(("id" = String, Path, example = "rfd_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The trace.", body = TraceView)),
)]
async fn trace(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<RefundId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::RefundTrace(id)).await
}
