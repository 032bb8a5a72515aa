//! What transfers at banks cost, and what banks at their peak cost others.

use serde::Serialize;

/// What one of something costs.
#[derive(Debug, Serialize)]
pub struct Costs {
    /// Milliseconds.
    pub ms: f64,
    /// `ms` by that of a hundredth of the transfers; 1 for itself.
    pub ratio: f64,
}

/// What transfers at banks cost where there are so many.
#[derive(Debug, Serialize)]
pub struct BanksFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// How many transfers were over before the first run.
    pub past: usize,
    /// How many waited for the bank.
    pub open: usize,
    /// A transfer in a round of enquiries.
    pub enquiry: Costs,
    /// A new transfer in a pass that sends it, to its end.
    pub pass: Costs,
    /// A trace, as sixteen clients get it from the service.
    pub trace: Costs,
    /// The same read inside, without HTTP.
    pub read: Costs,
    /// A pass that finds nothing due.
    pub idle: Costs,
    /// A new transfer at another bank, until that one is asked, while all that are open wait for a place at theirs.
    pub behind: Costs,
}

/// Payments from balance over 64 connections, beside what else the service does.
#[derive(Debug, Serialize)]
pub struct PeakFigure {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// `alone`; `calm`, where others top up from cards; `peak`, where the banks of these are at their peak, and one out.
    pub beside: &'static str,
    /// Payments.
    pub per_s: f64,
    /// `per_s` by that of `calm`.
    pub ratio: f64,
    /// Half of the payments were answered faster.
    pub p50_ms: f64,
    /// 99 of 100 payments were answered faster.
    pub p99_ms: f64,
    /// `p99_ms` by that of `calm`.
    pub p99_ratio: f64,
    /// How many transfers were at the banks or waited for a place there, when the payments were over.
    pub waiting: f64,
    /// Top-ups a second that were begun meanwhile.
    pub top_ups_per_s: f64,
    /// Top-ups a second that were refused meanwhile, for their bank is not there.
    pub refused_per_s: f64,
}

impl BanksFigure {
    pub(super) fn line(&self) -> String {
        let Self { database, past, open, enquiry, pass, trace, read, idle, behind } = self;
        let [enquiry, pass, trace, read, idle, behind] =
            [(enquiry, 10), (pass, 8), (trace, 8), (read, 7), (idle, 8), (behind, 9)]
                .map(|(Costs { ms, ratio }, width)| format!("{ms:>width$.3} {ratio:>5.2}"));
        format!("{database:<8} {past:>10} {open:>6} {enquiry} {pass} {trace} {read} {idle} {behind}")
    }
}

impl PeakFigure {
    pub(super) fn line(&self) -> String {
        let Self { database, beside, per_s, ratio, p50_ms, p99_ms, p99_ratio, .. } = self;
        let Self { waiting, top_ups_per_s, refused_per_s, .. } = self;
        format!(
            "{database:<8} {beside:<6} {per_s:>10.0} {ratio:>5.2} {p50_ms:>8.1} {p99_ms:>8.1} {p99_ratio:>5.2} \
             {waiting:>7.0} {top_ups_per_s:>9.0} {refused_per_s:>9.0}"
        )
    }
}
