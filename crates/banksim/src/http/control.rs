//! Turning the bank's switches while it runs, and reading what it did wrong.

use super::Bank;
use crate::{
    books::{CallbackCounts, Injected, Outcome, PoolEntries},
    control::{self, BankDay},
    faults::Faults,
    maintenance::{PlannedWindow, Window},
    problem::Problem,
    profile::{DaySetting, Profile, TimeOfDay},
};
use axum::{
    Json,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::json;

pub(super) async fn faults(State(bank): State<Bank>) -> Json<Faults> {
    Json(bank.books.switches().faults.get())
}

pub(super) async fn set_faults(
    State(bank): State<Bank>,
    body: Result<Json<Faults>, JsonRejection>,
) -> Result<Json<Faults>, Problem> {
    let Json(faults) = body?;
    control::set_faults(bank.books.switches(), faults)
        .map_err(|error| Problem::Malformed(error.to_string()))?;
    Ok(Json(bank.books.switches().faults.get()))
}

pub(super) async fn profile(State(bank): State<Bank>) -> Json<BankDay> {
    Json(control::day(bank.books.switches(), bank.books.now()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileRequest {
    /// `calm`, `peak` or `outage`.
    profile: Option<String>,
    /// Or a profile as a file has it.
    toml: Option<String>,
    time_of_day: Option<TimeOfDay>,
    clock_speed: Option<f64>,
}

impl ProfileRequest {
    fn setting(self) -> Result<DaySetting, String> {
        let profile = match (self.profile, self.toml) {
            (None, None) => None,
            (Some(name), None) => {
                let unknown = || format!("no profile is called {name}: calm, peak and outage are");
                Some(Profile::named(&name).ok_or_else(unknown)?)
            }
            (None, Some(text)) => Some(Profile::from_toml(&text).map_err(|error| error.to_string())?),
            (Some(_), Some(_)) => return Err("either `profile` or `toml`".to_owned()),
        };
        Ok(DaySetting { profile, time_of_day: self.time_of_day, clock_speed: self.clock_speed })
    }
}

pub(super) async fn set_profile(
    State(bank): State<Bank>,
    body: Result<Json<ProfileRequest>, JsonRejection>,
) -> Result<Json<BankDay>, Problem> {
    let Json(request) = body?;
    let setting = request.setting().map_err(Problem::Malformed)?;
    let (switches, now) = (bank.books.switches(), bank.books.now());
    control::set_day(switches, setting, now).map_err(|error| Problem::Malformed(error.to_string()))?;
    Ok(Json(control::day(switches, now)))
}

pub(super) async fn plan(
    State(bank): State<Bank>,
    body: Result<Json<PlannedWindow>, JsonRejection>,
) -> Result<(StatusCode, Json<Window>), Problem> {
    let Json(planned) = body?;
    Ok((StatusCode::CREATED, Json(bank.books.plan(planned).await?)))
}

pub(super) async fn cancel_window(
    State(bank): State<Bank>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    bank.books.cancel_window(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn injected(State(bank): State<Bank>) -> Result<Json<Injected>, Problem> {
    Ok(Json(bank.books.injected().await?))
}

pub(super) async fn callbacks(State(bank): State<Bank>) -> Result<Json<CallbackCounts>, Problem> {
    Ok(Json(bank.books.callback_counts().await?))
}

/// How many movements are told at once, at most.
const ENTRIES_MAX: u32 = 1_000;

#[derive(Deserialize)]
pub(super) struct EntriesQuery {
    cursor: Option<i64>,
    limit: Option<u32>,
}

pub(super) async fn entries(
    State(bank): State<Bank>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<PoolEntries>, Problem> {
    let limit = query.limit.unwrap_or(ENTRIES_MAX).clamp(1, ENTRIES_MAX);
    Ok(Json(bank.books.pool_entries(query.cursor.unwrap_or(0), limit).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResolveRequest {
    outcome: Outcome,
    reference: Option<String>,
}

pub(super) async fn resolve(
    State(bank): State<Bank>,
    body: Result<Json<ResolveRequest>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(ResolveRequest { outcome, reference }) = body?;
    Ok(Json(json!({"resolved": bank.books.resolve(reference, outcome).await?})))
}
