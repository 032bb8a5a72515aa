//! Which passwords are accepted (NIST SP 800-63B-4, ASVS 5.0 6.2): long ones that attackers do not try first.
//! There are no rules about kinds of characters, and nothing is trimmed or cut.
//!
//! A list of leaked passwords alone has little effect at 15 characters: of the 49,000 most common ones 41
//! are that long, while `password1234567` and `qwertyqwertyqwerty` are as easily tried. So a password is
//! measured: common words, runs, walks on the keyboard and repetitions count for little, and what is left must
//! be worth [`EFFORT_MIN`].

use std::{collections::HashSet, sync::LazyLock};

use crate::Login;
use makegood_base::limits::PASSWORD_BYTES_MAX;

/// The shortest password, in Unicode scalar values, while there is no second factor.
pub const PASSWORD_LENGTH_MIN: usize = 15;

/// How much a password must be worth: a common word is worth [`WORD_EFFORT`] when it first occurs, a
/// character that nothing before it gives away is worth one.
const EFFORT_MIN: usize = 8;
const WORD_EFFORT: usize = 2;

/// Shorter parts of a login occur in other words by chance.
const LOGIN_PART_LENGTH_MIN: usize = 4;

/// Words that belong to this service.
const CONTEXT_WORDS: [&str; 3] = ["makegood", "wallet", "payment"];

/// Lines along which fingers walk, on the common keyboards for English.
const KEYBOARD_LINES: [&str; 14] = [
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "0p;/",
];

static COMMON: LazyLock<HashSet<Vec<char>>> = LazyLock::new(|| {
    let lines = include_str!("common.txt").lines().filter(|line| !line.starts_with('#'));
    lines.chain(CONTEXT_WORDS).map(|word| word.chars().collect()).collect()
});
static COMMON_LENGTH_MAX: LazyLock<usize> = LazyLock::new(|| COMMON.iter().map(Vec::len).max().unwrap_or(0));

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer than [`PASSWORD_LENGTH_MIN`] characters.
    #[error("the password has fewer than {PASSWORD_LENGTH_MIN} characters")]
    TooShort,
    /// More than [`PASSWORD_BYTES_MAX`] bytes.
    #[error("the password has more than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// Made of common words, runs or repetitions: among the first that an attacker tries.
    #[error("the password is made of common words, runs or repetitions")]
    Common,
    /// The login, or the part of it before the `@`.
    #[error("the password contains the login")]
    ContainsLogin,
}

impl PasswordProblem {
    /// The code that a client sees.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "auth.password_too_short",
            Self::TooLong => "auth.password_too_long",
            Self::Common => "auth.password_common",
            Self::ContainsLogin => "auth.password_contains_login",
        }
    }
}

/// Whether a person with this login may choose this password. The cost is bounded by the longest password.
pub fn check(password: &str, login: &Login) -> Result<(), PasswordProblem> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordProblem::TooLong);
    }
    if password.chars().count() < PASSWORD_LENGTH_MIN {
        return Err(PasswordProblem::TooShort);
    }
    let lower = password.to_lowercase();
    if login_parts(login).any(|part| lower.contains(part)) {
        return Err(PasswordProblem::ContainsLogin);
    }
    if effort(&lower) < EFFORT_MIN { Err(PasswordProblem::Common) } else { Ok(()) }
}

/// The part of an address before the `@`, or the digits of a number.
fn login_parts(login: &Login) -> impl Iterator<Item = &str> {
    let local = login.as_str().split('@').next().unwrap_or_default();
    let part = local.trim_start_matches('+');
    (part.len() >= LOGIN_PART_LENGTH_MIN).then_some(part).into_iter()
}

fn effort(lower: &str) -> usize {
    let characters: Vec<char> = lower.chars().collect();
    let plain: Vec<char> = characters.iter().map(|character| without_disguise(*character)).collect();
    let mut words = HashSet::new();
    let mut pairs = HashSet::new();
    let mut previous = None;
    let mut effort = 0;
    let mut place = 0;
    while let Some(character) = characters.get(place).copied() {
        let word = common_word(&characters[place..]).or_else(|| common_word(&plain[place..]));
        if let Some(word) = word {
            effort += if words.insert(word) { WORD_EFFORT } else { 0 };
            place += word.len();
            previous = word.last().copied();
            continue;
        }
        let is_given_away = previous
            .is_some_and(|previous| is_step(previous, character) || !pairs.insert((previous, character)));
        effort += usize::from(!is_given_away);
        previous = Some(character);
        place += 1;
    }
    effort
}

/// The longest common word that the text starts with.
fn common_word(text: &[char]) -> Option<&[char]> {
    let longest = text.len().min(*COMMON_LENGTH_MAX);
    (1..=longest).rev().map(|length| &text[..length]).find(|word| COMMON.contains(*word))
}

/// What a character stands for in `p@ssw0rd`.
fn without_disguise(character: char) -> char {
    match character {
        '@' | '4' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether a run or a walk leads from one character to the next: `aa`, `ab`, `ba`, `qw`, `1q`.
fn is_step(from: char, to: char) -> bool {
    let is_pair = |pair: &[u8]| {
        let pair = [char::from(pair[0]), char::from(pair[1])];
        pair == [from, to] || pair == [to, from]
    };
    u32::from(from).abs_diff(u32::from(to)) <= 1
        || KEYBOARD_LINES.iter().any(|line| line.as_bytes().windows(2).any(is_pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_all(login: &str, expected: Result<(), PasswordProblem>, passwords: &[&str]) {
        let login = Login::parse(login).unwrap();
        for password in passwords {
            assert_eq!(check(password, &login), expected, "{password:?} is worth {}", effort(password));
        }
    }

    #[test]
    fn long_passwords_of_any_kind_are_accepted() {
        let longest = "tulip-harbour-anvil-42".to_owned() + &"长".repeat(334);
        assert_eq!(longest.len(), PASSWORD_BYTES_MAX);
        check_all(
            "li@example.com",
            Ok(()),
            &[
                "correct horse battery staple",
                "correct-horse-battery",
                "tulip-harbour-anvil-42",
                "i walked to the river at dawn",
                "830591764268035",
                "xq7vT2mZp9RkLw3",
                "            dawn river        ",
                "我昨天在河边走了很久看见三只白鹭",
                "ünïcödé-is-wélcome",
                "canary-password-00",
                "a long enough password",
                &longest,
            ],
        );
    }

    #[test]
    fn lengths_are_bounded_in_characters_below_and_in_bytes_above() {
        check_all(
            "li@example.com",
            Err(PasswordProblem::TooShort),
            &["", "xq7vT2mZp9RkLw", "我昨天在河边走了很久看见三只"],
        );
        let long = "d7Kw".repeat(256) + "x";
        check_all("li@example.com", Err(PasswordProblem::TooLong), &[&long, &"x".repeat(1 << 20)]);
    }

    #[test]
    fn what_attackers_try_first_is_refused() {
        check_all(
            "li@example.com",
            Err(PasswordProblem::Common),
            &[
                "passwordpassword",
                "PasswordPassword",
                "Password1234567",
                "Password2024!!!!",
                "P@ssw0rdP@ssw0rd",
                "aaaaaaaaaaaaaaaaaaaaaaaa",
                "abababababababab",
                "abcdefghijklmnop",
                "123456789012345",
                "111222333444555",
                "1q2w3e4r5t6y7u8i9o0p",
                "1qaz2wsx3edc4rfv",
                "qwertyuiopasdfgh",
                "qwertyqwertyqwerty",
                "zxcvbnm123456789",
                "iloveyouiloveyou",
                "makegood-wallet-1",
                "mywalletpassword",
                "polniypizdec110211",
                "passwordstandard",
                "                    ",
                "hd764nw5d7e1vb1",
            ],
        );
    }

    #[test]
    fn every_listed_password_that_is_long_enough_is_refused() {
        let login = Login::parse("li@example.com").unwrap();
        let mut tried = 0;
        for word in COMMON.iter().filter(|word| word.len() >= PASSWORD_LENGTH_MIN) {
            let word: String = word.iter().collect();
            assert_eq!(check(&word, &login), Err(PasswordProblem::Common), "{word}");
            tried += 1;
        }
        assert_eq!(tried, 41);
    }

    #[test]
    fn a_password_may_not_contain_the_login() {
        let contains = Err(PasswordProblem::ContainsLogin);
        check_all("Li.Wei@example.com", contains, &["my-name-is-li.wei-zq", "LI.WEI-anvil-tulip"]);
        check_all("+8613800138000", contains, &["tulip 8613800138000", "+8613800138000-zq"]);
        // Two letters occur in other words by chance.
        check_all("li@example.com", Ok(()), &["lively river anvil"]);
    }
}
