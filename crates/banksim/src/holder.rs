//! Whether a name is that of a card's holder.

use serde::{Deserialize, Serialize};

/// What the bank says of a holder's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderCheck {
    /// It is the holder's.
    Match,
    /// It differs by spaces, order, or a slip of the keyboard.
    CloseMatch,
    /// It is another.
    NoMatch,
    /// The bank cannot say.
    Unavailable,
}

/// The name that is nobody's, on any card.
const NOBODY: &str = "wrong name";
/// In shorter names one letter makes another name: 王芳 is not 王芬.
const SLIP_LETTERS_MIN: usize = 6;

/// Compares a name with the registered one; `None` where any name is right.
pub(crate) fn compare(registered: Option<&str>, given: &str) -> HolderCheck {
    let given = words(given);
    if given.join(" ") == NOBODY {
        return HolderCheck::NoMatch;
    }
    let Some(registered) = registered.map(words) else { return HolderCheck::Match };
    if registered == given {
        return HolderCheck::Match;
    }
    let (left, right) = (letters(&registered), letters(&given));
    let is_slip = left.len().min(right.len()) >= SLIP_LETTERS_MIN && differ_by_one(&left, &right);
    if left == right || sorted(registered) == sorted(given) || is_slip {
        return HolderCheck::CloseMatch;
    }
    HolderCheck::NoMatch
}

/// The words of a name in lower case; what is neither letter nor digit separates them.
fn words(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let parts = lower.split(|letter: char| !letter.is_alphanumeric());
    parts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn letters(words: &[String]) -> Vec<char> {
    words.iter().flat_map(|word| word.chars()).collect()
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

/// Whether one letter was changed, added or left out, or two neighbours were swapped.
fn differ_by_one(left: &[char], right: &[char]) -> bool {
    let same_before = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[same_before..], &right[same_before..]);
    let same_after = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[..left.len() - same_after], &right[..right.len() - same_after]);
    match (left, right) {
        ([first, second], [third, fourth]) => first == fourth && second == third,
        _ => left.len() <= 1 && right.len() <= 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HolderCheck::{CloseMatch, Match, NoMatch};

    #[test]
    fn names_are_compared() {
        for (registered, given, expected) in [
            (None, "Anybody At All", Match),
            (None, "  WRONG  name ", NoMatch),
            (Some("Wrong Name"), "Wrong Name", NoMatch),
            (Some("Wang Xiaoming"), "Wang Xiaoming", Match),
            (Some("Wang Xiaoming"), " wang  XIAOMING", Match),
            (Some("O'Brien"), "O’Brien", Match),
            (Some("Wang Xiaoming"), "Wang Xiao Ming", CloseMatch),
            (Some("Wang Xiaoming"), "Xiaoming Wang", CloseMatch),
            (Some("Wang Xiaoming"), "Wang Xiaomin", CloseMatch),
            (Some("Wang Xiaoming"), "Wang Xioaming", CloseMatch),
            (Some("Wang Xiaoming"), "Wang Xiaohong", NoMatch),
            (Some("Wang Xiaoming"), "Li Xiaoming", NoMatch),
            (Some("王小明"), "王小明", Match),
            (Some("王小明"), "王 小明", CloseMatch),
            (Some("王小明"), "王小红", NoMatch),
            (Some("王芳"), "王芬", NoMatch),
            (Some("Wang Xiaoming"), "", NoMatch),
        ] {
            assert_eq!(compare(registered, given), expected, "{registered:?}, {given:?}");
        }
    }
}
