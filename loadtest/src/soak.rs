//! Peak hours again and again on one wallet: what it takes must not grow without end.

use crate::conductor::Sample;
use crate::judge::Verdict;
use crate::resources::{Taken, unbounded};
use std::time::{Duration, Instant};

/// What was seen in the rounds of a soak.
#[derive(Debug)]
pub(crate) struct Soak {
    began: Instant,
    length: Duration,
    rounds: usize,
    /// Of the rounds after the first, which warms the wallet up: seconds since the soak began.
    taken: Vec<(f64, Taken)>,
    requests: u64,
}

impl Soak {
    pub(crate) fn new(length: Duration) -> Self {
        Self { began: Instant::now(), length, rounds: 0, taken: Vec::new(), requests: 0 }
    }

    /// Adds what was seen in a round that is over now.
    pub(crate) fn add(&mut self, samples: &[Sample], requests: u64) {
        self.rounds += 1;
        if self.rounds == 1 {
            return;
        }
        self.requests += requests;
        let (now, end) = (self.began.elapsed().as_secs_f64(), samples.last().map_or(0.0, |last| last.at_s));
        let taken = samples.iter().filter_map(|sample| Some((now - (end - sample.at_s), sample.taken?)));
        self.taken.extend(taken);
    }

    /// How often the hour was played.
    pub(crate) const fn rounds(&self) -> usize {
        self.rounds
    }

    /// Whether the time is over. Two rounds are the least: one warms up, and one is looked at.
    pub(crate) fn is_over(&self) -> bool {
        self.rounds >= 2 && self.began.elapsed() >= self.length
    }

    /// Whether what the wallet takes is bounded; nothing where a round failed before that could be seen.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        if self.rounds < 2 {
            return None;
        }
        let mut verdict = Verdict::new("bounded", "memory, open files and logs do not grow without end");
        unbounded(&self.taken, self.requests).into_iter().for_each(|found| verdict.fails(found));
        if self.taken.is_empty() {
            verdict.fails("nothing is known of what the wallet takes: it was not started here".to_owned());
        }
        let of =
            |value: fn(&Taken) -> f64| self.taken.iter().map(|(_, taken)| value(taken)).fold(0.0, f64::max);
        let verdict = verdict.looked_at(format!(
            "rounds: {}; at most {:.0} MiB of memory and {:.0} MiB of the log of writes",
            self.rounds,
            of(|taken| taken.resident_mib),
            of(|taken| taken.write_log_mib)
        ));
        Some(verdict)
    }
}
