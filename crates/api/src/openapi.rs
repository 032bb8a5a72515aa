//! The OpenAPI document: what the handlers say of themselves, and what is the same for all of them.

use crate::write::MOVES_MONEY;
use axum::http::Method;
use makegood_wallet::{Document, Remedy};
use std::collections::HashMap;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, Object, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Type,
};

const DESCRIPTION: &str = "\
A wallet that answers every failed payment with what went wrong, who acts next and by when.

**Money** is `{\"amount\": \"12.34\", \"currency\": \"CNY\"}`: a decimal string with at most the currency's own \
number of decimals. Times are RFC 3339 in UTC. Ids name their kind (`pay_…`). Unknown fields, doubled fields and \
JSON numbers for money are refused. What belongs to somebody else is not found.

**Every POST** takes an `Idempotency-Key`; where money moves it is required. The same request with the same key \
gets the same answer, byte for byte, with `Idempotency-Replayed: true`: what was true then. Read the object for \
what is true now. A key is kept for 30 days.

**Errors** are RFC 9457 problems with a `code` that never changes. `field` names the part of the request that is \
wrong, a parameter too, and `reason` says why and what is accepted. `remedies` says what to do next, and \
`safe_to_pay_again` whether paying once more is free of risk. All codes: [/docs/errors](/docs/errors). Titles, \
details and remedies come in English and Chinese, by `Accept-Language`.

**Answers that are not final** (202) carry `expected_by` and `next`. `GET …?wait=20` answers at the next change.

Each answer has an `X-Request-Id`: name it when you ask for help.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Makegood",
        description = DESCRIPTION,
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(Document<'_>, Remedy<'_>)),
    security(("session" = []), ("api_key" = [])),
    tags(
        (name = "People", description = "Registering, the caller's own profile, balances and entries."),
        (name = "Sessions", description = "Logging in and out."),
        (name = "Bank cards", description = "Linking and confirming cards."),
        (name = "Money", description = "Top-ups, transfers, and what a payer asks before paying."),
        (name = "Payments", description = "Paying orders."),
        (name = "Orders", description = "What merchants ask to be paid."),
        (name = "Refunds", description = "Giving payments back."),
        (name = "Merchants", description = "Merchants, their balances and entries."),
        (name = "Events", description = "What happened, by polling."),
        (name = "Webhooks", description = "The same, sent to an address."),
        (name = "Operations", description = "What the wallet's staff take care of."),
        (name = "Service", description = "Whether the service works."),
    ),
)]
struct Base;

/// The problems that routes share, by status.
const PROBLEMS: &[(u16, &str)] = &[
    (
        400,
        "The body or a parameter is not understood: `field` and `reason` say where and why. Or the Idempotency-Key is missing.",
    ),
    (401, "Nobody is logged in, or the token opens nothing any more."),
    (402, "Declined. Where a payment was made, it is in `payment`: it exists, and has a trace."),
    (403, "The caller may not do this."),
    (404, "There is no such thing, or it is somebody else's."),
    (408, "The request did not arrive in time."),
    (409, "It does not go with how things stand."),
    (413, "The body is larger than 64 KiB."),
    (415, "The body does not say that it is JSON."),
    (422, "A field has a value that is not allowed: `field` names it, and `reason` says what is."),
    (429, "Too much at once. `Retry-After` says when to try again."),
    (500, "Something went wrong inside."),
    (503, "Nothing was decided. Send the same request with the same key later."),
];
const OF_READS: &[u16] = &[400, 401, 404, 422, 500, 503];
const OF_WRITES: &[u16] = &[400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503];
const OF_SERVICE: &[u16] = &[503];

/// What the document says before any route.
pub(crate) fn base() -> OpenApi {
    let mut document = Base::openapi();
    let components = document.components.get_or_insert_default();
    let bearer = |format: &str, description: &str| {
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format(format);
        SecurityScheme::Http(http.description(Some(description)).build())
    };
    let session =
        bearer("mgs_…", "The token of a user's or a staff member's session, from `POST /v1/sessions`.");
    let api_key = bearer("mk_test_…", "A merchant's API key, from `POST /v1/merchants`.");
    components.add_security_scheme("session", session);
    components.add_security_scheme("api_key", api_key);
    for (status, description) in PROBLEMS {
        components.responses.insert(format!("Problem{status}"), problem(description).into());
    }
    document
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// Adds to every operation what the handlers need not say themselves.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, post, delete, .. } = item;
        let is_service = !path.starts_with("/v1/");
        let moves_money = MOVES_MONEY.contains(&path.as_str());
        for operation in get.iter_mut() {
            add_problems(operation, if is_service { OF_SERVICE } else { OF_READS });
        }
        for operation in post.iter_mut() {
            add_parameter(operation, idempotency_key(moves_money));
            if moves_money {
                add_problems(operation, &[402]);
            }
        }
        for operation in post.iter_mut().chain(delete) {
            add_problems(operation, OF_WRITES);
        }
        let methods = [("get", &mut item.get), ("post", &mut item.post), ("delete", &mut item.delete)];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
            }
        }
        if !is_service {
            for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
                add_parameter(operation, accept_language());
            }
        }
    }
    document
}

/// The operations that nobody gets into without a token: their methods, by path.
pub(crate) fn closed(document: &OpenApi) -> HashMap<String, Vec<Method>> {
    let methods = |item: &PathItem| {
        let operations =
            [(Method::GET, &item.get), (Method::POST, &item.post), (Method::DELETE, &item.delete)];
        let asks = |operation: &Operation| match &operation.security {
            None => true,
            Some(alternatives) => !alternatives.contains(&SecurityRequirement::default()),
        };
        let closed = operations.into_iter().filter(|(_, operation)| operation.as_ref().is_some_and(asks));
        closed.map(|(method, _)| method).collect()
    };
    document.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

/// A name of its own for each operation: `get_payments_id_trace`. Generated clients name functions by it.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/v1").replace(['/', '-', '.'], "_").replace(['{', '}'], "");
    format!("{method}{path}")
}

fn add_problems(operation: &mut Operation, statuses: &[u16]) {
    for status in statuses {
        let shared = RefOr::Ref(Ref::from_response_name(format!("Problem{status}")));
        operation.responses.responses.entry(status.to_string()).or_insert(shared);
    }
}

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(parameter.into());
}

fn idempotency_key(required: bool) -> Parameter {
    header(
        "Idempotency-Key",
        "A new one for all that is done anew, such as a UUID: the same key again gets the same answer. Printable ASCII, at \
         most 255 characters.",
    )
    .required(if required { Required::True } else { Required::False })
    .build()
}

fn accept_language() -> Parameter {
    header("Accept-Language", "`en` or `zh-CN`: the language of titles, details and remedies.").build()
}

fn header(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .schema(Some(Object::with_type(Type::String)))
}
