//! Lines for the person, or the program, that reads standard output.

use std::io::{Write as _, stderr, stdout};

/// Writes a line on standard error: what a person who waits wants to know, and a program does not.
pub fn note(text: &str) {
    let _unread = writeln!(stderr().lock(), "{text}");
}

/// Writes a line on standard output at once. A reader that has gone away changes nothing of what is done.
pub fn say(text: &str) {
    let mut stdout = stdout().lock();
    let _unread = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// A number of things, with the plural where it takes one: `1 refund`, `2 refunds`.
#[must_use]
pub fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_several() {
        for (count, expected) in [(0, "0 top-ups"), (1, "1 top-up"), (2, "2 top-ups")] {
            assert_eq!(counted(count, "top-up"), expected);
        }
    }
}
