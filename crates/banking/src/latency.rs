//! How long things took lately: a bounded number of samples, and their quantiles.

use std::collections::VecDeque;
use std::time::Duration;

/// How long the last so many took.
#[derive(Debug, Clone)]
pub struct Latencies {
    samples: VecDeque<Duration>,
    most: usize,
}

impl Latencies {
    /// Keeps the last `most`.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { samples: VecDeque::with_capacity(most), most }
    }

    /// Adds one; the oldest goes where there are too many.
    pub fn add(&mut self, took: Duration) {
        if self.samples.len() >= self.most {
            self.samples.pop_front();
        }
        self.samples.push_back(took);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.samples.len()
    }

    /// Within how long so many per cent of them were over, for each of these shares; nothing without samples. It is
    /// the nearest rank: one of the samples, and never less than that share took.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, per_cent: [usize; N]) -> Option<[Duration; N]> {
        let mut sorted: Vec<Duration> = self.samples.iter().copied().collect();
        sorted.sort_unstable();
        let count = sorted.len();
        let rank = |share: usize| share.saturating_mul(count).div_ceil(100).saturating_sub(1);
        let at = |share: usize| sorted.get(rank(share).min(count.saturating_sub(1))).copied();
        let mut found = [Duration::ZERO; N];
        for (place, share) in found.iter_mut().zip(per_cent) {
            *place = at(share)?;
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples_by_nearest_rank() {
        let mut latencies = Latencies::new(100);
        assert_eq!(latencies.quantiles([50]), None);
        for millis in (1..=100).rev() {
            latencies.add(Duration::from_millis(millis));
        }
        let millis = [50, 95, 99, 100, 0].map(Duration::from_millis);
        assert_eq!(
            latencies.quantiles([50, 95, 99, 100, 0]),
            Some([millis[0], millis[1], millis[2], millis[3], Duration::from_millis(1)])
        );
        // The oldest, which were the slowest, go first.
        for _ in 0..50 {
            latencies.add(Duration::from_millis(1));
        }
        assert_eq!((latencies.count(), latencies.quantiles([100])), (100, Some([Duration::from_millis(50)])));
    }
}
