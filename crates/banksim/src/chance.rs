//! Chance that a seed decides: what is drawn depends on the seed, on what is decided and for which object, and
//! never on what was drawn before.

use sha2::{Digest, Sha256};

/// A number from 0 to below 1.
pub(crate) fn draw(seed: u64, what: &str, object: &str) -> f64 {
    let digest = Sha256::digest(format!("{seed} {what} {object}"));
    unit([digest[0], digest[1], digest[2], digest[3]])
}

/// Sixteen bytes, for names that nobody else has.
pub(crate) fn name(seed: u64, what: &str, object: &str) -> [u8; 16] {
    let digest = Sha256::digest(format!("{seed} name {what} {object}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes
}

/// A number of the standard normal distribution (Box and Muller's).
pub(crate) fn draw_normal(seed: u64, what: &str, object: &str) -> f64 {
    let digest = Sha256::digest(format!("{seed} normal {what} {object}"));
    let radius = unit([digest[0], digest[1], digest[2], digest[3]]);
    let angle = unit([digest[4], digest[5], digest[6], digest[7]]);
    (-2.0 * (1.0 - radius).ln()).sqrt() * (angle * std::f64::consts::TAU).cos()
}

fn unit(bytes: [u8; 4]) -> f64 {
    f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_depends_on_seed_object_and_question() {
        assert!((draw(1, "late", "btr_1") - draw(1, "late", "btr_1")).abs() < f64::EPSILON);
        for (seed, what, object) in [(2, "late", "btr_1"), (1, "lost", "btr_1"), (1, "late", "btr_2")] {
            assert!((draw(1, "late", "btr_1") - draw(seed, what, object)).abs() > f64::EPSILON);
            assert_ne!(name(1, "late", "btr_1"), name(seed, what, object));
        }
    }

    #[test]
    fn normal_numbers_have_their_mean_and_their_spread() {
        let drawn: Vec<f64> = (0..4_000).map(|index| draw_normal(7, "latency", &index.to_string())).collect();
        let mean = drawn.iter().sum::<f64>() / 4_000.0;
        let variance = drawn.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / 4_000.0;
        assert!(mean.abs() < 0.06 && (variance - 1.0).abs() < 0.1, "{mean} {variance}");
    }
}
