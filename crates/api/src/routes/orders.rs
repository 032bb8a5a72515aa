//! Orders of merchants, and their QR codes.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, AmountBody, PathId};
use crate::listing::list_parameters;
use crate::long_poll::Stopping;
use crate::paging::Params;
use crate::shared::Api;
use crate::strict::object;
use crate::write::{Nothing, Write};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder as _, Shape};
use fast_qr::qr::QRBuilder;
use makegood_base::OrderId;
use makegood_payments::SourceKind;
use makegood_wallet::tables::{LookupKind, Order};
use makegood_wallet::texts::Reason;
use makegood_wallet::view::{ListView, OrderView};
use makegood_wallet::{Action, Caller, Code, NewOrder, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(picture))
}

/// An order to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrder)]
struct OrderBody {
    /// For which merchant, `mch_…`, when its owner's session asks and it has more than one.
    merchant: Option<String>,
    /// Your own number, unique for ever: the same again is the same order.
    #[schema(example = "A-1001")]
    merchant_order_no: String,
    /// How much.
    #[serde(deserialize_with = "object")]
    amount: AmountBody,
    /// What it is for, on one line of at most 256 characters.
    #[schema(example = "Two bowls of noodles")]
    description: String,
    /// For how many seconds it can be paid; two hours, when it does not say.
    #[schema(minimum = 1, example = 900)]
    expires_in_s: Option<u32>,
    /// Which kinds of source you take, of `balance` and `bank_card`; all, when it does not say.
    accepts: Option<Vec<String>>,
}

/// Make an order.
#[utoipa::path(
    post, path = "/v1/orders", tag = "Orders", request_body = OrderBody,
    responses((status = 201, description = "The order, with the text of its QR code.", body = OrderView)),
)]
async fn create(State(api): State<Api>, write: Write<OrderBody>) -> Result<Answer, Refused> {
    let OrderBody { merchant, merchant_order_no, amount, description, expires_in_s, accepts } = &write.body;
    let merchant = match (merchant, write.context.caller()?) {
        (Some(named), _) => Some(fields::id("merchant", named)?),
        // An owner of one merchant need not name it. A key says it by itself, without a look-up.
        (None, Caller::Session { .. }) => Some(api.merchant(api.actor(&write.context).await?, None).await?),
        (None, _) => None,
    };
    let action = Action::CreateOrder(NewOrder {
        merchant,
        merchant_order_no: fields::reference("merchant_order_no", merchant_order_no)?,
        amount: amount.money("amount")?,
        description: fields::text("description", description)?,
        expires_in_s: *expires_in_s,
        accepts: accepts.as_deref().map(source_kinds).transpose()?,
    });
    Ok(api.submit(write.command(&api, action)?).await)
}

/// At least one kind, each once.
fn source_kinds(texts: &[String]) -> Result<Vec<SourceKind>, Refused> {
    let invalid = || {
        let accepted = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Refused::invalid("accepts", Reason::NotAccepted { accepted })
    };
    let mut kinds = Vec::with_capacity(SourceKind::ALL.len());
    for text in texts {
        let kind = SourceKind::parse(text).ok_or_else(invalid)?;
        if kinds.contains(&kind) {
            return Err(invalid());
        }
        kinds.push(kind);
    }
    if kinds.is_empty() { Err(invalid()) } else { Ok(kinds) }
}

list_parameters! {
    /// Which orders.
    Orders {
        /// Of which merchant, `mch_…`, when its owner's session asks and it has more than one.
        merchant,
        /// Only the one with this number.
        merchant_order_no,
        /// One of `created`, `processing`, `paid`, `cancelled` and `expired`: only those with this status.
        status,
    }
}

/// A merchant's orders, newest first.
#[utoipa::path(
    get, path = "/v1/orders", tag = "Orders", params(Orders),
    responses((status = 200, description = "A page of orders.", body = ListView<OrderView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Orders>,
) -> Result<Answer, Refused> {
    let named = fields::optional(fields::id, "merchant", wanted.merchant.as_deref())?;
    let merchant = api.merchant(api.actor(&context).await?, named).await?;
    let narrowed = wanted.narrowed(wanted.status.as_deref());
    if let Some(number) = &wanted.merchant_order_no {
        let of = (LookupKind::MerchantOrderNo, merchant.raw());
        return narrowed.one::<Order>(&api, &context, of, ("merchant_order_no", number)).await;
    }
    let lists = api.app.lists();
    let found = |filter, before, limit| lists.orders_of_merchant(merchant, filter, before, limit);
    narrowed.page::<Order, _>(&api, &context, found).await
}

/// How an order is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Presented {
    /// The text of the order's QR code: whoever presents it may read the order.
    qr: Option<String>,
    /// Answer at the next change of status, or after that many seconds, 0 to 30. What is final answers at
    /// once.
    #[param(minimum = 0, maximum = 30)]
    wait: Option<i64>,
}

/// An order: the authoritative answer to "is it paid?".
#[utoipa::path(
    get, path = "/v1/orders/{id}", tag = "Orders",
    params(("id" = String, Path, example = "ord_01h455vb4pex5vsknk084sn02q"), Presented),
    security(("session" = []), ("api_key" = []), ()),
    responses((status = 200, description = "The order.", body = OrderView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<OrderId>,
    Params(Presented { qr, wait }): Params<Presented>,
    stopping: Stopping,
) -> Result<Answer, Refused> {
    let presented = match qr {
        None => false,
        Some(qr) if fields::qr_order("qr", &qr, &api.app.settings().qr_key)? == id => true,
        Some(_) => return Err(Refused::field(Code::QrInvalid, "qr")),
    };
    api.query_and_wait(&context, Query::Order { id, presented }, id.raw(), (wait, stopping)).await
}

/// Take an order back.
///
/// The way out at the till. With an attempt under way the answer is 202: the wallet takes the attempt over, a
/// late success is given back by itself, and both sides may go on with a new order at once.
#[utoipa::path(
    post, path = "/v1/orders/{id}/cancel", tag = "Orders",
    params(("id" = String, Path, example = "ord_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "Cancelled.", body = OrderView),
        (status = 202, description = "Cancelled; its attempt is `reversing`.", body = OrderView),
    ),
)]
async fn cancel(
    State(api): State<Api>,
    PathId(order): PathId<OrderId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::CancelOrder { order })?).await)
}

/// The picture of an order's QR code.
///
/// Public, so that a page can show it: the code is there to be shown, and the order's id cannot be guessed.
#[utoipa::path(
    get, path = "/v1/orders/{id}/qr.svg", tag = "Orders", security(()),
    params(("id" = String, Path, example = "ord_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The picture.", body = String, content_type = "image/svg+xml")),
)]
async fn picture(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<OrderId>,
) -> Result<axum::response::Response, Refused> {
    #[derive(Deserialize)]
    struct Order {
        qr: String,
    }
    let query = Query::Order { id, presented: true };
    let reply = api.app.query(query, Caller::Anonymous, context.language, context.request).await;
    if reply.is_problem() {
        return Ok(Answer(reply).into_response());
    }
    let order: Order = serde_json::from_slice(&reply.body).map_err(|_| Refused::from(Code::Internal))?;
    let svg = svg(&order.qr).ok_or(Refused::from(Code::Internal))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// A text as a QR code, as a picture.
fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).build().ok()?;
    Some(SvgBuilder::default().shape(Shape::Square).to_str(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merchant_takes_at_least_one_kind_each_once() {
        let check = |texts: &[&str], expected: Option<&[SourceKind]>| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(source_kinds(&texts).ok().as_deref(), expected, "{texts:?}");
        };
        check(&["balance"], Some(&[SourceKind::Balance]));
        check(&["bank_card", "balance"], Some(&[SourceKind::BankCard, SourceKind::Balance]));
        check(&[], None);
        check(&["balance", "balance"], None);
        check(&["cash"], None);
    }

    #[test]
    fn a_qr_code_is_drawn() {
        let longest = "x".repeat(makegood_payments::QR_BYTES_MAX);
        for text in ["000201", longest.as_str()] {
            let svg = svg(text).unwrap();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg:.80}");
        }
    }
}
