//! Events: what happened to the caller's objects, by polling.

use crate::answer::Refused;
use crate::context::Context;
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use axum::Json;
use axum::extract::State;
use makegood_base::EventId;
use makegood_notify::EventChoice;
use makegood_store::EventFilter;
use makegood_wallet::texts::{Format, Reason};
use makegood_wallet::view::ListView;
use makegood_wallet::{Actor, Code};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many events are looked at for one page of a kind or an object.
const WALKED_MAX: u32 = 10_000;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// One change of one object.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
struct Event {
    /// `evt_…`: the same event always has the same id.
    id: String,
    /// What happened, such as `payment.succeeded`.
    r#type: String,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
    /// False where money is not real.
    livemode: bool,
    /// The object after the change, as its owner reads it. Its words are English, whoever caused the change:
    /// read the object itself for them in your language.
    #[schema(value_type = Object)]
    data: Value,
}

/// Which events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Events {
    /// Those of this merchant of the caller's, `mch_…`. An API key lists its own merchant's.
    merchant: Option<String>,
    /// `alerts`: only what staff have to look at. For staff.
    only: Option<String>,
    /// Those of this kind, such as `payment.succeeded`, or of all that begin so: `payment.*`.
    #[param(example = "payment.*")]
    kind: Option<String>,
    /// Those of the object with this id.
    object: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Events {
    fn filter(&self) -> Result<EventFilter, Refused> {
        let is_kind = |kind: &&String| EventChoice::parse(std::slice::from_ref(*kind)).is_ok();
        if self.kind.as_ref().is_some_and(|kind| !is_kind(&kind)) {
            let reason = Reason::WrongFormat { expected: Format::EventPattern };
            return Err(Refused::invalid("kind", reason));
        }
        let object = fields::optional(fields::reference, "object", self.object.as_deref())?;
        Ok(EventFilter { kind: self.kind.clone(), object, down_to: None })
    }
}

/// What happened to the caller's objects, newest first.
///
/// A user's payments, top-ups, withdrawals and refunds, and the transfers that they got; a merchant's orders,
/// payments, refunds, settlements and payouts. Staff read everybody's, each as it was told. The words in events are always English.
///
/// With `kind` or `object` a page can have fewer rows than its limit, or none, and a `next_cursor` all the same: one page
/// looks at 10 000 events.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", params(Events),
    responses((status = 200, description = "A page of events.", body = ListView<Event>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Events>,
) -> Result<Json<ListView<Event>>, Refused> {
    let actor = api.actor(&context).await?;
    let mut filter = wanted.filter()?;
    let Events { merchant, only, limit, cursor, .. } = wanted;
    let is_staff = matches!(actor, Actor::Staff(_));
    let owner = match (merchant.as_deref(), only.as_deref()) {
        (None, None) if is_staff => None,
        (None, None) => Some(actor.raw()),
        (Some(merchant), None) => {
            Some(api.merchant(actor, Some(fields::id("merchant", merchant)?)).await?.raw())
        }
        // Alerts belong to the service itself.
        (None, Some("alerts")) if is_staff => Some([0; 16]),
        (None, Some("alerts")) => return Err(Code::AuthForbidden.into()),
        (None, Some(_)) => {
            return Err(Refused::invalid("only", Reason::NotAccepted { accepted: vec!["alerts"] }));
        }
        (Some(_), Some(_)) => {
            return Err(Refused::invalid("only", Reason::ExcludedField { by: "merchant" }));
        }
    };
    let page = Page { limit, cursor };
    let (lists, before, limit) = (api.app.lists(), page.before::<EventId>()?, page.limit()?);
    if filter.kind.is_some() || filter.object.is_some() {
        let floor = lists.events_floor(owner, before, WALKED_MAX).await;
        filter.down_to = floor.map_err(Refused::unreadable)?;
    }
    let rows = match owner {
        Some(owner) => lists.events_of(owner, &filter, before, limit).await,
        None => lists.events(&filter, before, limit).await,
    };
    let rows = rows.map_err(Refused::unreadable)?;
    let next_cursor = page.next(rows.iter().map(|row| row.id))?;
    let next_cursor = next_cursor.or_else(|| filter.down_to.map(|id| id.to_string()));
    let data = rows.iter().map(|row| read(&row.body)).collect::<Result<_, _>>()?;
    Ok(Json(ListView { data, next_cursor }))
}

/// An event as it is kept.
fn read(body: &str) -> Result<Event, Refused> {
    serde_json::from_str(body).map_err(|error| {
        tracing::error!(%error, "a stored event cannot be read");
        Refused::from(Code::Internal)
    })
}

/// An event.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "Events",
    params(("id" = String, Path, example = "evt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The event, as it was told.", body = Event)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<EventId>,
) -> Result<Json<Event>, Refused> {
    let actor = api.actor(&context).await?;
    let found = api.app.lists().event(id).await.map_err(Refused::unreadable)?;
    let event = found.ok_or(Refused::from(Code::NotFound))?;
    let is_own = matches!(actor, Actor::Staff(_)) || actor.raw() == event.owner;
    if !is_own {
        // It may be one of a merchant of the caller's.
        api.merchant(actor, Some(event.owner.into())).await?;
    }
    read(&event.body).map(Json)
}
