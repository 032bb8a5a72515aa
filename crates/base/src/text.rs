//! Text that people choose and others read: names that cannot hide, forge a log line, or turn the reading
//! direction of what stands beside them.

use crate::limits::NAME_LENGTH_MAX;

/// A name of a person or a merchant: 1 to [`NAME_LENGTH_MAX`] Unicode scalar values, without white space
/// around it, with something visible, without control characters (a line break cannot forge a log line) and
/// without bidirectional controls (a name cannot reorder the text around it).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing visible is left when the white space around it is taken away.
    #[error("the name is empty")]
    Empty,
    /// More than [`NAME_LENGTH_MAX`] characters.
    #[error("the name is longer than {NAME_LENGTH_MAX} characters")]
    TooLong,
    /// A control character, a line separator or a bidirectional control.
    #[error("the name contains a control character")]
    Control,
}

impl NameError {
    /// The code that a client sees, whatever the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "name.invalid"
    }
}

impl Name {
    /// Takes the white space around a text away and checks the rest.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.chars().count() > NAME_LENGTH_MAX {
            return Err(NameError::TooLong);
        }
        if text.chars().any(is_control) {
            return Err(NameError::Control);
        }
        if text.chars().all(|character| character.is_whitespace() || is_invisible(character)) {
            return Err(NameError::Empty);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, as a text of its own.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Control characters, line and paragraph separators, and the controls of Unicode's bidirectional algorithm
/// (UAX 9), each of which changes how what follows is shown.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Characters that show nothing by themselves. Joiners are part of real names, so they only may not be alone.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_bounded_and_plain() {
        let longest = "名".repeat(NAME_LENGTH_MAX);
        for (text, expected) in [
            ("Li Wei", Ok("Li Wei")),
            ("  老王饺子馆 ", Ok("老王饺子馆")),
            ("O'Brien-Ó Súilleabháin", Ok("O'Brien-Ó Súilleabháin")),
            ("مریم‌خانی", Ok("مریم‌خانی")),
            (&longest, Ok(longest.as_str())),
            (&format!("{longest}a"), Err(NameError::TooLong)),
            ("", Err(NameError::Empty)),
            (" \u{3000}\t", Err(NameError::Empty)),
            ("\u{200b}\u{feff}", Err(NameError::Empty)),
            ("\u{3164}", Err(NameError::Empty)),
            ("Li\nlevel=error msg=paid", Err(NameError::Control)),
            ("Li\r\nWei", Err(NameError::Control)),
            ("Li\0Wei", Err(NameError::Control)),
            ("Li\u{7f}", Err(NameError::Control)),
            ("Li\u{85}Wei", Err(NameError::Control)),
            ("Li\u{2028}Wei", Err(NameError::Control)),
            ("Li\u{202e}ieW", Err(NameError::Control)),
            ("\u{2067}Li\u{2069}", Err(NameError::Control)),
            ("\u{200f}Li", Err(NameError::Control)),
        ] {
            let found = Name::parse(text);
            assert_eq!(found.as_ref().map(Name::as_str).map_err(|error| *error), expected, "{text:?}");
        }
    }
}
