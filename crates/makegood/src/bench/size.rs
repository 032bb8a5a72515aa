//! How much is done, in full and quickly.

use serde::Serialize;

/// How much is done.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Size {
    /// How often everything is run, interleaved.
    pub runs: usize,
    /// The sizes of batches, each with how many of them are timed in one run.
    pub batches: &'static [(usize, usize)],
    /// How many batches come before those that are timed, in each run.
    pub warm_up_batches: usize,
    /// The accounts that transfers are among.
    pub accounts: usize,
    /// How long concurrent callers submit in one run.
    pub window_ms: u64,
    /// How many payments are one run.
    pub payments: usize,
    /// How many requests are one run of reads.
    pub reads: usize,
    /// How many payments the short history has, and the long one.
    pub histories: [usize; 2],
    /// After how many payments, and as many again, memory is looked at.
    pub memory_payments: usize,
}

impl Size {
    pub(super) const FULL: Self = Self {
        runs: 5,
        batches: &[(1, 400), (100, 100), (1_000, 40), (8_000, 20)],
        warm_up_batches: 2,
        accounts: 10_000,
        window_ms: 3_000,
        payments: 10_000,
        reads: 5_000,
        histories: [100_000, 2_000_000],
        memory_payments: 50_000,
    };

    pub(super) const QUICK: Self = Self {
        runs: 5,
        batches: &[(1, 60), (100, 20), (1_000, 5), (8_000, 2)],
        warm_up_batches: 1,
        accounts: 10_000,
        window_ms: 300,
        payments: 2_000,
        reads: 500,
        histories: [1_000, 10_000],
        memory_payments: 2_000,
    };

    /// For people.
    pub(super) fn lines(&self) -> [String; 2] {
        let Self { runs, batches, accounts, window_ms, payments, reads, histories: [short, long], .. } = self;
        let batches: Vec<_> = batches.iter().map(|(size, count)| format!("{count} of {size}")).collect();
        [
            format!(
                "each    median of {runs} runs; batches in a run: {}; accounts: {accounts}; concurrent callers for \
                 {window_ms} ms",
                batches.join(", ")
            ),
            format!(
                "        payments in a run: {payments}, reads: {reads}; histories: {short} and {long} payments; memory \
                 after {} and {}",
                self.memory_payments,
                2 * self.memory_payments
            ),
        ]
    }
}
