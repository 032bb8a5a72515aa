//! Lines for the person, or the program, that reads standard output.

use std::io::{Write as _, stdout};

/// Writes a line on standard output at once. A reader that has gone away changes nothing of what is done.
pub fn say(text: &str) {
    let mut stdout = stdout().lock();
    let _unread = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}
