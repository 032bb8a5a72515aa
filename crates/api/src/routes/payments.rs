//! Payments of orders.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, AmountBody, ExpectBody, PathId};
use crate::listing::list_parameters;
use crate::long_poll::{Stopping, Wait};
use crate::paging::Params;
use crate::shared::Api;
use crate::strict::{object, optional_object};
use crate::write::{Nothing, Write};
use axum::extract::State;
use makegood_base::PaymentId;
use makegood_payments::{Source, SourceKind};
use makegood_wallet::tables::{LookupKind, Payment};
use makegood_wallet::texts::Reason;
use makegood_wallet::view::{ListView, PaymentView, TraceView};
use makegood_wallet::{Action, Actor, NewPayment, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(trace))
        .routes(routes!(confirm))
        .routes(routes!(cancel))
}

/// Where the money comes from.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Source)]
struct SourceBody {
    /// `balance` or `bank_card`.
    #[schema(example = "bank_card")]
    r#type: String,
    /// The card, `crd_…`; for a bank card alone.
    #[schema(example = "crd_01h455vb4pex5vsknk084sn02q")]
    id: Option<String>,
}

impl SourceBody {
    fn source(&self) -> Result<Source, Refused> {
        match (SourceKind::parse(&self.r#type), &self.id) {
            (Some(SourceKind::Balance), None) => Ok(Source::Balance),
            (Some(SourceKind::BankCard), Some(id)) => {
                Ok(Source::BankCard { id: fields::id("source.id", id)? })
            }
            (Some(SourceKind::BankCard), None) => Err(Refused::invalid("source.id", Reason::MissingField)),
            (Some(SourceKind::Balance), Some(_)) => Err(Refused::invalid(
                "source.id",
                Reason::UnknownField { accepted: vec!["source.type".to_owned()] },
            )),
            (None, _) => {
                let accepted = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
                Err(Refused::invalid("source.type", Reason::NotAccepted { accepted }))
            }
        }
    }
}

/// A payment to make: of an order by its id or by its QR code, one of the two.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayment)]
struct PaymentBody {
    /// The order, `ord_…`.
    #[schema(example = "ord_01h455vb4pex5vsknk084sn02q")]
    order: Option<String>,
    /// The text of the order's QR code.
    qr: Option<String>,
    /// What the payer typed, where they did: it must be the order's amount.
    #[serde(default, deserialize_with = "optional_object")]
    amount: Option<AmountBody>,
    /// Where the money comes from.
    #[serde(deserialize_with = "object")]
    source: SourceBody,
    /// What the payer saw: the amount and the payee's id. Without it the payment waits for `confirm`.
    #[serde(default, deserialize_with = "optional_object")]
    expect: Option<ExpectBody>,
    /// Your own reference, unique for ever: the same again is the same payment.
    client_ref: Option<String>,
}

/// Pay an order.
///
/// A decline is a 402 problem that carries the payment: it exists, and has a trace. While the outcome of an
/// attempt is open, a second one is refused, and points at the first.
#[utoipa::path(
    post, path = "/v1/payments", tag = "Payments", request_body = PaymentBody,
    responses(
        (status = 201, description = "Paid, or `requires_confirmation`: what was seen has to be confirmed.", body = PaymentView),
        (status = 202, description = "The bank is asked. Wait for it with `GET …?wait=20`.", body = PaymentView),
    ),
)]
async fn create(State(api): State<Api>, write: Write<PaymentBody>) -> Result<Answer, Refused> {
    let PaymentBody { order, qr, amount, source, expect, client_ref } = &write.body;
    let order = match (order, qr) {
        (Some(order), None) => fields::id("order", order)?,
        (None, Some(qr)) => fields::qr_order("qr", qr, &api.app.settings().qr_key)?,
        (Some(_), Some(_)) => return Err(Refused::invalid("qr", Reason::ExcludedField { by: "order" })),
        (None, None) => return Err(Refused::invalid("order", Reason::MissingField)),
    };
    let action = Action::CreatePayment(NewPayment {
        order,
        source: source.source()?,
        expect: expect.as_ref().map(|expect| expect.expectation("expect")).transpose()?,
        amount: amount.as_ref().map(|amount| amount.money("amount")).transpose()?,
        client_ref: fields::optional(fields::reference, "client_ref", client_ref.as_deref())?,
    });
    Ok(api.submit(write.command(&api, action)?).await)
}

list_parameters! {
    /// Which payments.
    Payments {
        /// Those to this merchant of the caller's, `mch_…`. An API key lists its own merchant's.
        merchant,
        /// Only the one that the caller made with this reference.
        client_ref,
        /// One of `requires_confirmation`, `processing`, `unknown`, `succeeded`, `partially_refunded`,
        /// `refunded`, `returned`, `failed`, `reversing`, `reversed`, `cancelled` and `closed`: only those with this
        /// status.
        status,
    }
}

/// The payments that the caller made, or that their merchant got, newest first.
#[utoipa::path(
    get, path = "/v1/payments", tag = "Payments", params(Payments),
    responses((status = 200, description = "A page of payments.", body = ListView<PaymentView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Payments>,
) -> Result<Answer, Refused> {
    let actor = api.actor(&context).await?;
    let narrowed = wanted.narrowed(wanted.status.as_deref());
    if let Some(client_ref) = &wanted.client_ref {
        let of = (LookupKind::PaymentRef, actor.raw());
        return narrowed.one::<Payment>(&api, &context, of, ("client_ref", client_ref)).await;
    }
    let (lists, named) = (api.app.lists(), wanted.merchant.as_deref());
    match (actor, fields::optional(fields::id, "merchant", named)?) {
        (Actor::User(user), None) => {
            let found = |filter, before, limit| lists.payments_of_payer(user, filter, before, limit);
            narrowed.page::<Payment, _>(&api, &context, found).await
        }
        (_, named) => {
            let merchant = api.merchant(actor, named).await?;
            let found = |filter, before, limit| lists.payments_of_merchant(merchant, filter, before, limit);
            narrowed.page::<Payment, _>(&api, &context, found).await
        }
    }
}

/// A payment: where it stands, and whether it is safe to pay again.
#[utoipa::path(
    get, path = "/v1/payments/{id}", tag = "Payments",
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q"), Wait),
    responses((status = 200, description = "The payment.", body = PaymentView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<PaymentId>,
    Params(wait): Params<Wait>,
    stopping: Stopping,
) -> Result<Answer, Refused> {
    api.query_and_wait(&context, Query::Payment(id), id.raw(), (wait.wait, stopping)).await
}

/// Where the money of a payment is, hop by hop, and what happens next.
#[utoipa::path(
    get, path = "/v1/payments/{id}/trace", tag = "Payments",
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The trace.", body = TraceView)),
)]
async fn trace(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<PaymentId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::PaymentTrace(id)).await
}

/// The payer's yes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// What the payer saw: the amount and the payee's id.
    #[serde(deserialize_with = "object")]
    expect: ExpectBody,
    /// The payment password. No account has one yet.
    #[serde(rename = "payment_password")]
    _payment_password: Option<String>,
}

/// Say yes to a payment that waits for it.
#[utoipa::path(
    post, path = "/v1/payments/{id}/confirm", tag = "Payments", request_body = Confirmation,
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 201, description = "Paid.", body = PaymentView),
        (status = 202, description = "The bank is asked.", body = PaymentView),
    ),
)]
async fn confirm(
    State(api): State<Api>,
    PathId(payment): PathId<PaymentId>,
    write: Write<Confirmation>,
) -> Result<Answer, Refused> {
    let expect = write.body.expect.expectation("expect")?;
    Ok(api.submit(write.command(&api, Action::ConfirmPayment { payment, expect })?).await)
}

/// Leave a payment that waits for a confirmation.
#[utoipa::path(
    post, path = "/v1/payments/{id}/cancel", tag = "Payments",
    params(("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "Cancelled: no money moved.", body = PaymentView)),
)]
async fn cancel(
    State(api): State<Api>,
    PathId(payment): PathId<PaymentId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::CancelPayment { payment })?).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_base::BankCardId;

    #[test]
    fn a_source_is_a_balance_or_a_card() {
        let card = "crd_01h455vb4pex5vsknk084sn02q";
        let invalid = |field: &str, reason| Err(Refused::invalid(field, reason));
        let accepted = || vec!["balance", "bank_card"];
        let unknown = Reason::UnknownField { accepted: vec!["source.type".to_owned()] };
        let wrong_id = Reason::WrongId { accepted: vec!["crd_".to_owned()] };
        let id: BankCardId = card.parse().unwrap();
        for (kind, id, expected) in [
            ("balance", None, Ok(Source::Balance)),
            ("bank_card", Some(card), Ok(Source::BankCard { id })),
            ("balance", Some(card), invalid("source.id", unknown)),
            ("bank_card", None, invalid("source.id", Reason::MissingField)),
            ("bank_card", Some("crd_1"), invalid("source.id", wrong_id)),
            ("credit_line", None, invalid("source.type", Reason::NotAccepted { accepted: accepted() })),
            ("", None, invalid("source.type", Reason::NotAccepted { accepted: accepted() })),
        ] {
            let body = SourceBody { r#type: kind.to_owned(), id: id.map(str::to_owned) };
            assert_eq!(body.source(), expected, "{kind} {id:?}");
        }
    }
}
