//! Why something was declined, as an object shows it: what the problem said, or would have said had the
//! answer come at once.

use crate::problem::{Remedy, help_url};
use crate::texts::{Language, Role, Sentence, sentence, texts};
use crate::{Cause, Code};
use serde::Serialize;

/// Why something was declined, and what to do next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Decline))]
pub struct DeclineView {
    /// The code: stable, in English. A merchant reads `declined`: why is not theirs to know.
    pub code: &'static str,
    /// Whose doing it is; a merchant does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub cause: Option<Cause>,
    /// One line.
    pub title: &'static str,
    /// What happened, and whether money moved.
    pub detail: &'static str,
    /// Whether the very same request can succeed later.
    pub retryable: bool,
    /// What to do next.
    pub remedies: Vec<Remedy<'static>>,
    /// Where to read more.
    pub help_url: String,
    /// The language of title, detail and remedies.
    pub locale: &'static str,
}

impl DeclineView {
    /// What a role reads of a decline with this code. `moved` says what became of the money where it moved
    /// after all.
    pub(crate) fn of(code: &str, moved: Option<Sentence>, role: Role, language: Language) -> Option<Self> {
        let code = Code::parse(code)?;
        let texts = texts(code, language);
        let is_merchant = role == Role::Merchant;
        let detail = match moved {
            Some(moved) => sentence(moved, language),
            None if is_merchant => sentence(Sentence::PaymentFailed, language),
            None => texts.detail,
        };
        Some(Self {
            code: if is_merchant { "declined" } else { code.as_str() },
            cause: (!is_merchant).then(|| code.cause()),
            title: if is_merchant { sentence(Sentence::DeclinedTitle, language) } else { texts.title },
            detail,
            retryable: code.retryable(),
            remedies: Remedy::of(code, role, language),
            help_url: if is_merchant { "/docs/errors".to_owned() } else { help_url(code) },
            locale: language.tag(),
        })
    }
}
