//! Refunds of payments.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, AmountBody, PathId};
use crate::listing::list_parameters;
use crate::long_poll::{Stopping, Wait};
use crate::paging::Params;
use crate::shared::Api;
use crate::strict::optional_object;
use crate::write::Write;
use axum::extract::State;
use makegood_base::{PaymentId, RefundId};
use makegood_wallet::tables::{LookupKind, Refund};
use makegood_wallet::view::{ListView, RefundView, TraceView};
use makegood_wallet::{Action, Actor, Query};
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
    #[serde(default, deserialize_with = "optional_object")]
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

list_parameters! {
    /// Which refunds of a payment.
    RefundsOfPayment {
        /// One of `processing`, `unknown`, `needs_action` and `succeeded`: only those with this status.
        status,
    }
}

/// The refunds of a payment, newest first.
#[utoipa::path(
    get, path = "/v1/payments/{id}/refunds", tag = "Refunds",
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q"), RefundsOfPayment),
    responses((status = 200, description = "A page of refunds.", body = ListView<RefundView>)),
)]
async fn list_of_payment(
    State(api): State<Api>,
    context: Context,
    PathId(payment): PathId<PaymentId>,
    Params(wanted): Params<RefundsOfPayment>,
) -> Result<Answer, Refused> {
    // Whoever may not see the payment is told so, and no more.
    let seen = api.query(&context, Query::Payment(payment)).await?;
    if seen.0.is_problem() {
        return Ok(seen);
    }
    let lists = api.app.lists();
    let found = |filter, before, limit| lists.refunds_of_payment(payment, filter, before, limit);
    wanted.narrowed(wanted.status.as_deref()).page::<Refund, _>(&api, &context, found).await
}

list_parameters! {
    /// Which refunds.
    Refunds {
        /// Those of this merchant of the caller's, `mch_…`. An API key lists its own merchant's.
        merchant,
        /// Only the one with this number of the merchant's own.
        merchant_refund_no,
        /// One of `processing`, `unknown`, `needs_action` and `succeeded`: only those with this status.
        status,
    }
}

/// The refunds of the caller's payments, or of their merchant, newest first.
///
/// Staff read everybody's: those that `needs_action` wait for them.
#[utoipa::path(
    get, path = "/v1/refunds", tag = "Refunds", params(Refunds),
    responses((status = 200, description = "A page of refunds.", body = ListView<RefundView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Refunds>,
) -> Result<Answer, Refused> {
    let actor = api.actor(&context).await?;
    let named = fields::optional(fields::id, "merchant", wanted.merchant.as_deref())?;
    let narrowed = wanted.narrowed(wanted.status.as_deref());
    if let Some(number) = &wanted.merchant_refund_no {
        let of = (LookupKind::MerchantRefundNo, api.merchant(actor, named).await?.raw());
        return narrowed.one::<Refund>(&api, &context, of, ("merchant_refund_no", number)).await;
    }
    let lists = api.app.lists();
    match (actor, named) {
        (Actor::User(user), None) => {
            let found = |filter, before, limit| lists.refunds_of_payer(user, filter, before, limit);
            narrowed.page::<Refund, _>(&api, &context, found).await
        }
        (Actor::Staff(_), None) => {
            let found = |filter, before, limit| lists.refunds(filter, before, limit);
            narrowed.page::<Refund, _>(&api, &context, found).await
        }
        _ => {
            let merchant = api.merchant(actor, named).await?;
            let found = |filter, before, limit| lists.refunds_of_merchant(merchant, filter, before, limit);
            narrowed.page::<Refund, _>(&api, &context, found).await
        }
    }
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
