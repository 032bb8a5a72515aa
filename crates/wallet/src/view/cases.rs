//! Operations cases, as staff read them.

use crate::cases::OperationsCase;
use crate::texts::Language;
use makegood_base::Timestamp;
use serde::Serialize;

/// A code, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Explained))]
pub struct ExplainedView {
    /// The code: stable, in English.
    pub code: &'static str,
    /// The same in a sentence.
    pub text: &'static str,
}

/// What somebody at the wallet has to take care of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseView {
    /// `case_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `open` or `closed`.
    pub status: &'static str,
    /// What kind of thing went wrong.
    pub kind: ExplainedView,
    /// With what, such as `wdr_…`.
    pub object: String,
    /// Why it was opened.
    pub reason: ExplainedView,
    /// Who takes care of it: `support` or `operations`.
    pub owner: &'static str,
    /// What to do next.
    pub next_step: ExplainedView,
    /// When it was opened, or opened again.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub opened_at: Timestamp,
    /// How many seconds it has been open, or was.
    pub age_s: u64,
    /// By when it is to be closed.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// Whether it is open for longer than it may.
    pub overdue: bool,
    /// When it was closed.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub closed_at: Option<Timestamp>,
    /// Who closed it, `stf_…`.
    pub closed_by: Option<String>,
    /// What whoever closed it wrote.
    pub note: Option<String>,
}

impl CaseView {
    pub(crate) fn of(case: &OperationsCase, now: Timestamp, livemode: bool, language: Language) -> Self {
        let until = case.closed_at.unwrap_or(now);
        Self {
            id: case.id.to_string(),
            livemode,
            status: case.status(),
            kind: ExplainedView { code: case.kind.as_str(), text: case.kind.text(language) },
            object: case.object.clone(),
            reason: ExplainedView { code: case.reason.as_str(), text: case.reason.text(language) },
            owner: case.owner.as_str(),
            next_step: ExplainedView { code: case.next_step.as_str(), text: case.next_step.text(language) },
            opened_at: case.opened_at,
            age_s: until.since(case.opened_at).as_secs(),
            due_at: case.due_at,
            overdue: case.closed_at.is_none() && now > case.due_at,
            closed_at: case.closed_at,
            closed_by: case.closed_by.map(|staff| staff.to_string()),
            note: case.note.clone(),
        }
    }
}
