//! Which events an endpoint wants.

use serde::{Deserialize, Serialize};

const PATTERN_BYTES_MAX: usize = 64;

/// The patterns by which an endpoint chooses its events: `*` takes all, `payment.*` all whose kind begins with
/// `payment.`, and anything else the one kind that it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventChoice(Vec<String>);

/// Why a list is no choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// It has no pattern, or too many.
    #[error("a choice has 1 to {} patterns", EventChoice::PATTERNS_MAX)]
    Count,
    /// The pattern at this place is none.
    #[error("pattern {0} is neither *, nor a kind of event, nor the beginning of one and .*")]
    Pattern(usize),
}

impl Default for EventChoice {
    /// All events.
    fn default() -> Self {
        Self(vec!["*".to_owned()])
    }
}

impl EventChoice {
    /// The most patterns that a choice has.
    pub const PATTERNS_MAX: usize = 32;

    /// Reads a list of patterns. A kind that nothing is told of yet is taken: newer servers tell of more.
    pub fn parse(patterns: &[String]) -> Result<Self, ChoiceError> {
        if patterns.is_empty() || patterns.len() > Self::PATTERNS_MAX {
            return Err(ChoiceError::Count);
        }
        match patterns.iter().position(|pattern| !is_pattern(pattern)) {
            Some(place) => Err(ChoiceError::Pattern(place)),
            None => Ok(Self(patterns.to_vec())),
        }
    }

    /// Whether an event of this kind is wanted.
    #[must_use]
    pub fn takes(&self, kind: &str) -> bool {
        let takes = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => kind.starts_with(beginning),
            None => pattern == kind,
        };
        self.0.iter().any(takes)
    }

    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.0
    }

    /// One text for all patterns, with commas between them.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.join(",")
    }

    /// The choice with this text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::parse(&text.split(',').map(str::to_owned).collect::<Vec<_>>()).ok()
    }
}

/// Whether a text is `*`, or words of `a-z` and `_` with dots between them, the last of which may be `*`.
fn is_pattern(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let words = text.strip_suffix(".*").unwrap_or(text);
    text.len() <= PATTERN_BYTES_MAX && (text == "*" || words.split('.').all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(patterns: &[&str]) -> Result<EventChoice, ChoiceError> {
        EventChoice::parse(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_choice_takes_what_one_of_its_patterns_takes() {
        for (patterns, kind, expected) in [
            (&["*"][..], "payment.succeeded", true),
            (&["payment.*"], "payment.succeeded", true),
            (&["payment.*"], "payments.succeeded", false),
            (&["payment.*"], "refund.succeeded", false),
            (&["payment.*", "refund.succeeded"], "refund.succeeded", true),
            (&["refund.succeeded"], "refund.succeeded_late", false),
            (&["payment"], "payment.succeeded", false),
        ] {
            let choice = choice(patterns).unwrap();
            assert_eq!(choice.takes(kind), expected, "{patterns:?} {kind}");
            assert_eq!(EventChoice::from_text(&choice.to_text()), Some(choice));
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_by_its_place() {
        for text in
            ["", "payment.", ".*", "*.*", "pay*", "Payment.*", "a..b", "a,b", "a b", "**", &"a".repeat(65)]
        {
            assert_eq!(choice(&["*", text]), Err(ChoiceError::Pattern(1)), "{text}");
        }
        assert_eq!(choice(&[]), Err(ChoiceError::Count));
        assert_eq!(choice(&["*"; EventChoice::PATTERNS_MAX + 1]), Err(ChoiceError::Count));
    }
}
