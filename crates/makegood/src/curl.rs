//! The lines that a newcomer pastes into a shell, one by one, to see the wallet at work.

/// The lines as the README has them, for a server on its default address.
pub const LINES: &str = include_str!("curl.sh");
/// The address in [`LINES`].
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// What `makegood serve` prints on a fresh machine: the lines for its own address.
#[must_use]
pub fn invitation(url: &str) -> String {
    format!(
        "\nSee it all in five minutes: {url}/play\n\nThe API to read and to try: {url}/docs\n\n\
         Or paste these lines into another terminal, one by one:\n\n{}",
        LINES.replace(DEFAULT_URL, url)
    )
}
