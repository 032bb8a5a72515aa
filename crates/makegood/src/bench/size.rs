//! How much is done, in full and quickly.

use makegood_sql::Dialect;
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
    /// How many transfers at banks the one database has, and how many the other one.
    pub transfers: [Transfers; 2],
    /// The same on PostgreSQL, where a million take longer to make than all else to measure.
    pub transfers_postgres: [Transfers; 2],
    /// How often in a run as many transfers as are open in the smaller one are due.
    pub rounds: usize,
    /// How many transfers in a run are made behind a queue of others.
    pub behind: usize,
    /// How many payments are one run beside banks at their peak.
    pub peak_payments: usize,
    /// How many transfers wait for each bank at its peak before the first run.
    pub peak_waiting: usize,
}

/// How many transfers at banks there are.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Transfers {
    /// That are over.
    pub past: usize,
    /// That wait for the bank.
    pub open: usize,
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
        transfers: [Transfers { past: 10_000, open: 100 }, Transfers { past: 1_000_000, open: 10_000 }],
        transfers_postgres: [Transfers { past: 3_000, open: 100 }, Transfers { past: 300_000, open: 10_000 }],
        rounds: 10,
        behind: 100,
        peak_payments: 20_000,
        peak_waiting: 3_000,
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
        transfers: [Transfers { past: 500, open: 100 }, Transfers { past: 50_000, open: 10_000 }],
        transfers_postgres: [Transfers { past: 200, open: 100 }, Transfers { past: 20_000, open: 10_000 }],
        rounds: 3,
        behind: 30,
        peak_payments: 4_000,
        peak_waiting: 1_000,
    };

    /// How many transfers there are on this kind of database.
    pub(super) const fn transfers_on(&self, dialect: Dialect) -> [Transfers; 2] {
        match dialect {
            Dialect::Sqlite => self.transfers,
            Dialect::Postgres => self.transfers_postgres,
        }
    }

    /// For people.
    pub(super) fn lines(&self) -> [String; 3] {
        let Self { runs, batches, accounts, window_ms, payments, reads, histories: [short, long], .. } = self;
        let [small, large] = self.transfers;
        let [small_postgres, large_postgres] = self.transfers_postgres;
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
            format!(
                "        transfers at banks: {small}, and {large}; on PostgreSQL {small_postgres}, and \
                 {large_postgres}; {} rounds of {} in a run, {} behind a queue; payments beside banks at their peak: \
                 {}, with {} waiting for each",
                self.rounds, small.open, self.behind, self.peak_payments, self.peak_waiting
            ),
        ]
    }
}

impl std::fmt::Display for Transfers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} past and {} open", self.past, self.open)
    }
}
