//! Problems: RFC 9457 documents, rendered in one place. The status, title and detail of every code come from
//! [`Code`] and [`crate::texts`]; what is particular to one answer is added here.

use crate::texts::{Language, Reason, Role, texts};
use crate::view::{HolderCheckView, PaymentView};
use crate::{Code, Needs, Reply, Row};
use makegood_base::RequestId;
use serde::Serialize;
use std::borrow::Cow;

/// An answer that says no, and what to do next.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// The field of the request that is wrong, as a path such as `amount.currency`.
    pub field: Option<String>,
    /// What is wrong with it, or with the body where no field is named.
    pub reason: Option<Reason>,
    /// Whether the same thing may be paid again without risk.
    pub safe_to_pay_again: bool,
    /// The payment that was declined, or that is in the way.
    pub payment: Option<Box<PaymentView>>,
    /// What the merchant accepts instead.
    pub accepted_sources: Option<Vec<&'static str>>,
    /// What is left to return, as a decimal string.
    pub remaining: Option<String>,
    /// What the bank says of a card's holder.
    pub holder_check: Option<HolderCheckView>,
}

impl Problem {
    /// A problem with this code.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            field: None,
            reason: None,
            safe_to_pay_again: code.is_safe_to_pay_again(),
            payment: None,
            accepted_sources: None,
            remaining: None,
            holder_check: None,
        }
    }

    /// Names the field of the request that is wrong.
    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Says what is wrong with the field, or with the body where no field is named.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The payment is there, and decides whether paying again is safe.
    #[must_use]
    pub fn with_payment(mut self, payment: PaymentView) -> Self {
        self.safe_to_pay_again = payment.safe_to_pay_again;
        self.payment = Some(Box::new(payment));
        self
    }

    /// Renders the problem for a role, in a language. Staff see the remedies of every role.
    #[must_use]
    pub fn render(&self, role: Role, language: Language, request: RequestId) -> Reply {
        let texts = texts(self.code, language);
        let remedies = Remedy::of(self.code, role, language);
        let status = self.code.status();
        let detail = self.reason.as_ref().map_or(Cow::Borrowed(texts.detail), |reason| {
            let sentence = reason.sentence(self.field.as_deref(), language);
            let space = if language == Language::English { " " } else { "" };
            Cow::Owned([&sentence, space, texts.detail].concat())
        });
        let document = Document {
            r#type: help_url(self.code),
            title: texts.title,
            status,
            detail,
            instance: format!("/requests/{request}"),
            code: self.code.as_str(),
            cause: self.code.cause(),
            retryable: self.code.retryable(),
            safe_to_pay_again: self.safe_to_pay_again,
            remedies,
            help_url: help_url(self.code),
            locale: language.tag(),
            request_id: request.to_string(),
            field: self.field.as_deref(),
            reason: self.reason.as_ref(),
            payment: self.payment.as_deref(),
            accepted_sources: self.accepted_sources.as_deref(),
            remaining: self.remaining.as_deref(),
            holder_check: self.holder_check.as_ref(),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        Reply { status, body, replayed: false, secret: None }
    }
}

/// The shape of a problem.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
pub struct Document<'a> {
    /// Where the code is explained.
    r#type: String,
    /// One line, the same for each problem with this code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What happened, and whether money moved.
    detail: Cow<'a, str>,
    /// The request that this answers.
    instance: String,
    /// The code: stable, in English.
    code: &'a str,
    /// Whose doing it is.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    cause: crate::Cause,
    /// Whether the same thing can succeed when it is asked for again later: under a new Idempotency-Key where
    /// this answer was stored.
    retryable: bool,
    /// Whether the same thing may be paid again without risk.
    safe_to_pay_again: bool,
    /// What to do next.
    remedies: Vec<Remedy<'a>>,
    /// Where to read more.
    help_url: String,
    /// The language of title, detail and remedies.
    locale: &'a str,
    /// The id to name when asking for help.
    request_id: String,
    /// The field, the parameter or the header of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// What is wrong with it, or with the body where no field is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a Reason>,
    /// The payment that was declined, or that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a PaymentView>,
    /// What the merchant accepts instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_sources: Option<&'a [&'static str]>,
    /// What is left to return.
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<&'a str>,
    /// What the bank says of the card's holder, and what to send back to go on all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder_check: Option<&'a HolderCheckView>,
}

/// Where a code is explained.
pub(crate) fn help_url(code: Code) -> String {
    format!("/docs/errors#{}", code.as_str())
}

/// One thing that somebody can do next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Remedy<'a> {
    /// Who can do it: `payer`, `merchant`, `staff`, `operations`.
    role: &'a str,
    /// What to do.
    text: &'a str,
}

impl Remedy<'static> {
    /// What a role can do next about a code. Staff see the remedies of every role.
    pub(crate) fn of(code: Code, role: Role, language: Language) -> Vec<Self> {
        let texts = texts(code, language);
        let roles =
            Role::ALL.into_iter().filter(|of| *of == role || matches!(role, Role::Staff | Role::Operations));
        roles
            .flat_map(|of| texts.remedies_of(of).iter().map(move |text| Self { role: of.as_str(), text }))
            .collect()
    }
}

/// Why a command or a query goes no further.
#[derive(Debug)]
pub enum Stop {
    /// It touched rows that are not loaded: load them, and run the batch again.
    NotLoaded(Box<Needs>),
    /// The answer is no.
    Problem(Box<Problem>),
    /// Something that must not happen happened: for the log, never for the caller.
    Broken(String),
}

impl Stop {
    pub(crate) fn not_loaded<R: Row>(key: R::Key) -> Self {
        let mut needs = Needs::default();
        needs.require::<R>(key);
        Self::NotLoaded(Box::new(needs))
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

impl From<makegood_payments::TransitionRefused> for Stop {
    fn from(refused: makegood_payments::TransitionRefused) -> Self {
        Self::Broken(refused.to_string())
    }
}
