//! What every proof of a promise needs: how many trials it makes, and the one line that it prints.

/// The scale of a run, in tenths of the full counts: `MAKEGOOD_PROOF_SCALE`, 1 where nothing is said, 10 for the
/// published figures.
fn scale() -> u64 {
    let said = std::env::var("MAKEGOOD_PROOF_SCALE").ok().and_then(|text| text.parse().ok());
    said.unwrap_or(1)
}

/// How many trials of a promise whose full count this is.
#[must_use]
pub fn trials(full: u64) -> u64 {
    (full * scale() / 10).max(1)
}

/// How many trials of a promise that has so many at scale 1 and so many at scale 10, where a tenth would be too many or
/// too few for a run on every change.
#[must_use]
pub fn trials_between(least: u64, full: u64) -> u64 {
    between(scale(), least, full)
}

fn between(scale: u64, least: u64, full: u64) -> u64 {
    least + full.saturating_sub(least) * scale.saturating_sub(1) / 9
}

/// Prints the line of a proof: its figures, and that its control was caught.
///
/// # Panics
/// When the control was not caught: then the proof proves nothing.
#[expect(clippy::print_stdout, reason = "a proof is what it prints")]
pub fn proved(promise: &str, on: &str, figures: &[(&str, u64)], control_caught: bool) {
    let figures: Vec<String> = figures.iter().map(|(name, figure)| format!("{name}={figure}")).collect();
    assert!(control_caught, "{promise} on {on}: the control was not caught");
    println!("PROOF {promise} {on} {} control=caught", figures.join(" "));
}

/// A number of trials as a length.
///
/// # Panics
/// Where a length has fewer than 64 bits, and this one needs them.
#[must_use]
#[expect(clippy::expect_used, reason = "a test with that many trials has failed")]
pub fn length(number: u64) -> usize {
    number.try_into().expect("a length")
}

/// A length as a figure.
///
/// # Panics
/// Where a length has more than 64 bits, and this one needs them.
#[must_use]
#[expect(clippy::expect_used, reason = "a test with such a figure has failed")]
pub fn figure(length: usize) -> u64 {
    length.try_into().expect("a figure")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_lies_between_its_ends() {
        for (scale, least, full, expected) in
            [(1, 20, 500, 20), (10, 20, 500, 500), (2, 5, 50, 10), (0, 5, 50, 5), (10, 7, 7, 7)]
        {
            assert_eq!(between(scale, least, full), expected, "{scale} of {least} to {full}");
        }
    }
}
