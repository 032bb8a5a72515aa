//! What came of it, as JSON and as a table for people.

mod banks;

pub use banks::{BanksFigure, Costs, PeakFigure};

use super::Size;
use serde::Serialize;

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine, as it calls itself.
    pub machine: String,
    /// The commit that the program was built from.
    pub commit: &'static str,
    /// Whether runs were shorter and histories smaller.
    pub quick: bool,
    /// How much of everything was done.
    pub size: Size,
    /// Transfers per second through the ledger.
    pub ledger: Vec<LedgerFigure>,
    /// Transfers per second that concurrent callers submit to the engine.
    pub callers: Vec<CallersFigure>,
    /// Payments per second over HTTP.
    pub http: Vec<HttpFigure>,
    /// How cost grows with history.
    pub growth: Vec<GrowthFigure>,
    /// Replaying and comparing the long history.
    pub verify: Vec<VerifyFigure>,
    /// Memory and disk, on SQLite; none where it was not measured.
    pub memory: Option<MemoryFigure>,
    /// What transfers at banks cost by how many there are.
    pub banks: Vec<BanksFigure>,
    /// Payments from balance while banks are at their peak.
    pub peak: Vec<PeakFigure>,
}

/// What is done per second on a history of so many payments.
#[derive(Debug, Serialize)]
pub struct GrowthFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// How many payments there were before the first run.
    pub history: usize,
    /// Payments through the engine.
    pub per_s: f64,
    /// `per_s` by that of the short history; 1 for itself, as with the other ratios.
    pub ratio: f64,
    /// Pages of 50 of somebody's history, over HTTP.
    pub page_per_s: f64,
    /// `page_per_s` by that of the short history.
    pub page_ratio: f64,
    /// Look-ups by a merchant's own order number, over HTTP.
    pub look_up_per_s: f64,
    /// `look_up_per_s` by that of the short history.
    pub look_up_ratio: f64,
    /// Traces, over HTTP.
    pub trace_per_s: f64,
    /// `trace_per_s` by that of the short history.
    pub trace_ratio: f64,
    /// From the start of the process until it listens.
    pub start_ms: f64,
}

/// What `verify` replays and compares per second.
#[derive(Debug, Serialize)]
pub struct VerifyFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// How many transactions were replayed.
    pub transactions: u64,
    /// How many legs, each a transfer, they have.
    pub legs: u64,
    /// Transactions.
    pub per_s: f64,
    /// Legs.
    pub legs_per_s: f64,
}

/// What the service takes.
#[derive(Debug, Serialize)]
pub struct MemoryFigure {
    /// How many payments were made.
    pub payments: usize,
    /// Resident before the first.
    pub idle_mib: f64,
    /// Resident after half of them.
    pub half_mib: f64,
    /// Resident after all of them.
    pub after_mib: f64,
    /// On disk, with the log.
    pub bytes_per_payment: u64,
}

/// Transfers per second in batches of one size.
#[derive(Debug, Serialize)]
pub struct LedgerFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// How many transfers are one batch.
    pub batch: usize,
    /// `random`, or `hot` where each transfer credits the same account.
    pub accounts: &'static str,
    /// Through the posting path.
    pub per_s: f64,
    /// One bare row for each transfer, one balance for each account that was touched.
    pub bare_per_s: f64,
    /// `per_s` by `bare_per_s`.
    pub ratio: f64,
    /// The same rows, columns and bytes, with nothing decided.
    pub same_rows_per_s: f64,
    /// `per_s` by `same_rows_per_s`.
    pub same_rows_ratio: f64,
}

/// Transfers per second that so many callers submit, each waiting for its answer.
#[derive(Debug, Serialize)]
pub struct CallersFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// How many callers.
    pub callers: usize,
    /// Together.
    pub per_s: f64,
}

/// Payments from balance per second over keep-alive connections.
#[derive(Debug, Serialize)]
pub struct HttpFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// How many connections, each with one request under way.
    pub connections: usize,
    /// `many`, or `one` where all payments are to one merchant.
    pub merchants: &'static str,
    /// Payments.
    pub per_s: f64,
    /// Requests to an endpoint that reads and answers JSON and does nothing.
    pub bare_per_s: f64,
    /// `per_s` by `bare_per_s`.
    pub ratio: f64,
    /// Payments that each are a transaction of their own, with a lock on the merchant's row; on PostgreSQL.
    pub per_transaction_per_s: Option<f64>,
    /// `per_s` by `per_transaction_per_s`.
    pub per_transaction_ratio: Option<f64>,
    /// Half of the payments were answered faster.
    pub p50_ms: f64,
    /// 99 of 100 payments were answered faster.
    pub p99_ms: f64,
    /// The same of the bare endpoint.
    pub bare_p99_ms: f64,
}

impl Report {
    /// A report without figures.
    pub(super) fn of_this_machine(quick: bool, size: Size) -> Self {
        Self {
            machine: machine(),
            commit: env!("MAKEGOOD_COMMIT"),
            quick,
            size,
            ledger: Vec::new(),
            callers: Vec::new(),
            http: Vec::new(),
            growth: Vec::new(),
            verify: Vec::new(),
            memory: None,
            banks: Vec::new(),
            peak: Vec::new(),
        }
    }

    /// The report for people: a table for each part that was measured.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("machine {}", self.machine), format!("commit  {}", self.commit)];
        let [each, payments, transfers] = self.size.lines();
        lines.extend([each, payments]);
        lines.extend((!self.banks.is_empty() || !self.peak.is_empty()).then_some(transfers));
        let mut table = |heading: &str, rows: Vec<String>| {
            if !rows.is_empty() {
                lines.extend([String::new(), heading.to_owned()]);
                lines.extend(rows);
            }
        };
        let heading = "ledger    batch accounts transfers/s  same rows/s ratio      bare/s ratio";
        table(heading, self.ledger.iter().map(LedgerFigure::line).collect());
        table("engine   callers transfers/s", self.callers.iter().map(CallersFigure::line).collect());
        let heading = "http     connections merchants payments/s   bare/s ratio one by one/s ratio   p50 ms   p99 ms bare p99";
        table(heading, self.http.iter().map(HttpFigure::line).collect());
        let heading =
            "history    payments payments/s ratio  pages/s ratio look-ups/s ratio traces/s ratio start ms";
        table(heading, self.growth.iter().map(GrowthFigure::line).collect());
        let heading = "verify   transactions       legs transactions/s     legs/s";
        table(heading, self.verify.iter().map(VerifyFigure::line).collect());
        let heading = "memory   MiB idle  at half    after payments bytes of disk for each";
        table(heading, self.memory.iter().map(MemoryFigure::line).collect());
        let heading = "banks          past   open enquiry ms ratio  pass ms ratio trace ms ratio read ms ratio  idle ms ratio behind ms ratio";
        table(heading, self.banks.iter().map(BanksFigure::line).collect());
        let heading = "peak     beside payments/s ratio   p50 ms   p99 ms ratio waiting top-ups/s refused/s";
        table(heading, self.peak.iter().map(PeakFigure::line).collect());
        lines
    }
}

impl LedgerFigure {
    fn line(&self) -> String {
        let Self { database, batch, accounts, per_s, same_rows_per_s, same_rows_ratio, bare_per_s, ratio } =
            self;
        format!(
            "{database:<8} {batch:>6} {accounts:<8} {per_s:>11.0} {same_rows_per_s:>12.0} {same_rows_ratio:>5.2} \
             {bare_per_s:>11.0} {ratio:>5.2}"
        )
    }
}

impl CallersFigure {
    fn line(&self) -> String {
        let Self { database, callers, per_s } = self;
        format!("{database:<8} {callers:>7} {per_s:>11.0}")
    }
}

impl HttpFigure {
    fn line(&self) -> String {
        let Self { database, connections, merchants, per_s, bare_per_s, ratio, .. } = self;
        let Self { p50_ms, p99_ms, bare_p99_ms, .. } = self;
        let one_by_one =
            self.per_transaction_per_s.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"));
        let by_it = self.per_transaction_ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        format!(
            "{database:<8} {connections:>11} {merchants:<9} {per_s:>10.0} {bare_per_s:>8.0} {ratio:>5.2} \
             {one_by_one:>12} {by_it:>5} {p50_ms:>8.1} {p99_ms:>8.1} {bare_p99_ms:>8.1}"
        )
    }
}

impl GrowthFigure {
    fn line(&self) -> String {
        let Self { database, history, per_s, ratio, page_per_s, page_ratio, .. } = self;
        let Self { look_up_per_s, look_up_ratio, trace_per_s, trace_ratio, start_ms, .. } = self;
        format!(
            "{database:<8} {history:>10} {per_s:>10.0} {ratio:>5.2} {page_per_s:>8.0} {page_ratio:>5.2} \
             {look_up_per_s:>10.0} {look_up_ratio:>5.2} {trace_per_s:>8.0} {trace_ratio:>5.2} {start_ms:>8.0}"
        )
    }
}

impl VerifyFigure {
    fn line(&self) -> String {
        let Self { database, transactions, legs, per_s, legs_per_s } = self;
        format!("{database:<8} {transactions:>12} {legs:>10} {per_s:>14.0} {legs_per_s:>10.0}")
    }
}

impl MemoryFigure {
    fn line(&self) -> String {
        let Self { payments, idle_mib, half_mib, after_mib, bytes_per_payment } = self;
        format!(
            "sqlite   {idle_mib:>8.1} {half_mib:>8.1} {after_mib:>8.1} {payments:>8} {bytes_per_payment:>22}"
        )
    }
}

/// The median of some figures; zero of none.
pub(super) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match (figures.get(middle), figures.len() % 2) {
        (Some(figure), 1) => *figure,
        (Some(upper), _) => (upper + figures[middle - 1]) / 2.0,
        (None, _) => 0.0,
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cpu_info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu_info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    format!("{cores} cores, {model}, {}", std::env::consts::OS)
}

#[cfg(test)]
mod tests;
