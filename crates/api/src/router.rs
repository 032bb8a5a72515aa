//! The routes, with the edge around them.

use crate::answer::Refused;
use crate::edge::edge;
use crate::shared::{Api, Shared};
use crate::{Limits, metrics, openapi as document, routes};
use axum::Router;
use axum::middleware;
use makegood_app::App;
use makegood_wallet::Code;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// The whole service: the API, its document and its pages. Installs the process's metrics recorder, if there
/// is none.
pub fn router(app: App, limits: Limits) -> Router {
    router_with(app, limits, Router::new())
}

/// The same with further routes beside it, which are no part of the API and its document: they pass the same edge, and
/// may answer [`Refused`].
pub fn router_with(app: App, limits: Limits, beside: Router) -> Router {
    metrics::recorder();
    let (router, openapi) = documented().split_for_parts();
    let openapi = document::finished(openapi);
    let api: Api = Arc::new(Shared::new(app, limits, document::closed(&openapi)));
    router
        .merge(routes::pages::router(openapi))
        .merge(beside.with_state(()))
        .fallback(|| async { Refused::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Refused::from(Code::RequestMethod) })
        .layer(middleware::from_fn_with_state(Arc::clone(&api), edge))
        .with_state(api)
}

/// The OpenAPI document, as `/openapi.json` serves it.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    document::finished(documented().into_openapi())
}

/// The routes that the document describes.
fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(document::base())
        .merge(routes::people::router())
        .merge(routes::sessions::router())
        .merge(routes::bank_cards::router())
        .merge(routes::top_ups::router())
        .merge(routes::transfers::router())
        .merge(routes::withdrawals::router())
        .merge(routes::orders::router())
        .merge(routes::payments::router())
        .merge(routes::live::router())
        .merge(routes::bank_callbacks::router())
        .merge(routes::operations::router())
        .merge(routes::refunds::router())
        .merge(routes::merchants::router())
        .merge(routes::payouts::router())
        .merge(routes::events::router())
        .merge(routes::webhook_endpoints::router())
        .merge(routes::cases::router())
        .merge(routes::service::router())
}
