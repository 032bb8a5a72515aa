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
    /// Whether the same thing can succeed when it is asked for again later, under a new Idempotency-Key; of what is not a merchant's doing, they read false.
    pub retryable: bool,
    /// What to do next; to a merchant the same, whatever the payer was declined for.
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
        // What can be done, and whether later, would tell a merchant that a payer is frozen, or has no money.
        let hides = is_merchant && code.cause() != Cause::Merchant;
        let shown = if hides { Code::BalanceInsufficient } else { code };
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
            retryable: shown.retryable(),
            remedies: Remedy::of(shown, role, language),
            help_url: if is_merchant { "/docs/errors".to_owned() } else { help_url(code) },
            locale: language.tag(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_merchant_reads_the_same_of_all_that_is_not_their_own_matter() {
        for language in [Language::English, Language::Chinese] {
            for moved in [None, Some(Sentence::LateReturning)] {
                let of = |code: Code| {
                    let view = DeclineView::of(code.as_str(), moved, Role::Merchant, language).unwrap();
                    serde_json::to_string(&view).unwrap()
                };
                let others = Code::ALL.iter().copied().filter(|code| code.cause() != Cause::Merchant);
                let read: BTreeSet<String> = others.map(of).collect();
                assert_eq!(read.len(), 1, "{read:#?}");
                assert!(!read.contains(&of(Code::SourceNotAccepted)), "that they can change");
            }
        }
    }
}
