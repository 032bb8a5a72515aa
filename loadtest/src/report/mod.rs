//! What is told of a run: a page for people, and the same as JSON for programs and for the next run.

mod baseline;
mod chart;
mod html;

pub(crate) use baseline::{Baseline, Figure, refuse_same_file};

use crate::Failure;
use crate::conductor::Sample;
use crate::drain::Drained;
use crate::judge::rails::oldest_not_received;
use crate::judge::{Judged, Verdict};
use crate::plan::{CALM, PHASES, Plan};
use crate::stage::Described;
use crate::times::Times;
use crate::world::{Kind, world};
use makegood::SystemClock;
use makegood_base::{Clock as _, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many payments from a balance are allowed to take how much longer than in the calm: the promise is 1.5.
pub(crate) const RATIO_PROMISED: f64 = 1.5;

/// How long requests took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
}

impl Quantiles {
    fn of(times: &Times) -> Self {
        let [p50_ms, p95_ms, p99_ms, p999_ms] =
            [500, 950, 990, 999].map(|permille| times.permille_ms(permille));
        Self { p50_ms, p95_ms, p99_ms, p999_ms }
    }
}

/// Requests of one kind.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct KindRow {
    pub(crate) kind: &'static str,
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    /// How often somebody was told to come back later.
    pub(crate) busy: u64,
    pub(crate) per_s: f64,
    /// As they were measured.
    pub(crate) measured: Quantiles,
    /// Corrected for coordinated omission.
    pub(crate) corrected: Quantiles,
}

/// Payments from a balance in a phase.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PhaseRow {
    pub(crate) phase: &'static str,
    pub(crate) bank: &'static str,
    pub(crate) from_s: f64,
    pub(crate) to_s: f64,
    pub(crate) payments: u64,
    pub(crate) measured: Quantiles,
    pub(crate) corrected: Quantiles,
    /// The corrected p99 over that of the calm; none where the load is another.
    pub(crate) p99_to_calm: Option<f64>,
    /// How long half of the writes to the database's disk took in it, at most.
    pub(crate) disk_p50_ms: Option<f64>,
}

/// All that is told of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: &'static str,
    pub(crate) made_at: Timestamp,
    pub(crate) set_up: Described,
    pub(crate) people: usize,
    pub(crate) shops: u32,
    pub(crate) length_s: f64,
    /// How what was left out is corrected.
    pub(crate) correction: &'static str,
    pub(crate) requests: u64,
    pub(crate) requests_per_s: f64,
    pub(crate) drain_s: f64,
    pub(crate) pending_max: u64,
    pub(crate) oldest_not_received_max_s: f64,
    pub(crate) phases: Vec<PhaseRow>,
    pub(crate) kinds: Vec<KindRow>,
    pub(crate) faults: BTreeMap<String, usize>,
    /// Items in flight in which the bank's ledger and ours differ, by what they are.
    pub(crate) in_flight: BTreeMap<&'static str, usize>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) samples: Vec<Sample>,
    /// For each sample, for how long the oldest money that the bank had taken had not arrived.
    pub(crate) oldest_not_received_s: Vec<f64>,
}

const CORRECTION: &str = "record_correct of hdrhistogram, with the pace of the person who asks as the expected interval; \
    long polls, and what somebody does only now and then, are told as they were measured";

impl Report {
    /// Makes the report of an hour that was judged.
    pub(crate) fn new(
        plan: &Plan,
        set_up: Described,
        samples: Vec<Sample>,
        judged: Judged,
        drained: &Drained,
    ) -> Self {
        let Judged { verdicts, books, named } = judged;
        let moments: Vec<i64> = samples.iter().map(|sample| sample.moment).collect();
        let oldest_not_received_s = oldest_not_received(&books, &moments);
        let length_s = plan.length.as_secs_f64();
        let (phases, kinds, requests) = {
            let world = world();
            let kinds: Vec<_> =
                world.kinds.iter().map(|(name, kind)| kind_row(name, kind, length_s)).collect();
            (phase_rows(plan, &world.by_phase, &samples), kinds, world.requests)
        };
        let mut report = Self {
            version: env!("CARGO_PKG_VERSION"),
            made_at: SystemClock.now(),
            set_up,
            people: plan.people_max(),
            shops: world().shops_wanted,
            length_s,
            correction: CORRECTION,
            requests,
            requests_per_s: number(requests) / length_s,
            drain_s: drained.time.as_secs_f64(),
            pending_max: samples.iter().map(|sample| sample.pending).max().unwrap_or_default(),
            oldest_not_received_max_s: oldest_not_received_s.iter().copied().fold(0.0, f64::max),
            phases,
            kinds,
            faults: books.injected.clone(),
            in_flight: named,
            verdicts,
            figures: Vec::new(),
            samples,
            oldest_not_received_s,
        };
        report.figures = baseline::figures(&report);
        report
    }

    /// Writes both, and answers with where the page is.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, Failure> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("report.json"), serde_json::to_string_pretty(self)?)?;
        let page = folder.join("report.html");
        std::fs::write(&page, html::page(self))?;
        Ok(page)
    }

    /// The lines for whoever waits at the terminal.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Described { database, sync, build, processes } = &self.set_up;
        let mut lines = vec![
            format!("{database} ({sync}), {build} build; {processes}"),
            format!(
                "{:44} {:>8} {:>6} {:>6} {:>8} {:>8} {:>8} {:>9}",
                "corrected, ms", "count", "failed", "later", "p50", "p95", "p99", "p99.9"
            ),
        ];
        for KindRow { kind, requests, failed, busy, corrected: times, .. } in &self.kinds {
            lines.push(format!(
                "{kind:44} {requests:>8} {failed:>6} {busy:>6} {:>8.1} {:>8.1} {:>8.1} {:>9.1}",
                times.p50_ms, times.p95_ms, times.p99_ms, times.p999_ms
            ));
        }
        for row in self.phases.iter().filter(|row| row.p99_to_calm.is_some()) {
            lines.push(format!(
                "payments from a balance, {:10} ({:6}): {:>6} payments, p99 {:.1} ms, {:.2} times that of the calm \
                 (promised: {RATIO_PROMISED})",
                row.phase,
                row.bank,
                row.payments,
                row.corrected.p99_ms,
                row.p99_to_calm.unwrap_or_default()
            ));
        }
        lines.push(format!(
            "{:.0} requests/s; at most {} pending, the oldest paid and not received for {:.1} s; drained in {:.1} s",
            self.requests_per_s, self.pending_max, self.oldest_not_received_max_s, self.drain_s
        ));
        for Verdict { name, promise, looked_at, failures, found } in &self.verdicts {
            let mark = if *found == 0 { "ok    " } else { "FAILED" };
            lines.push(format!("{mark} {name}: {promise} ({looked_at})"));
            lines.extend(failures.iter().map(|failure| format!("         {failure}")));
            let more = found.saturating_sub(failures.len());
            lines.extend((more > 0).then(|| format!("         and {more} more")));
        }
        lines
    }

    /// The names of what did not hold.
    pub(crate) fn failed(&self) -> Vec<&'static str> {
        self.verdicts.iter().filter(|verdict| !verdict.held()).map(|verdict| verdict.name).collect()
    }
}

/// Whether payments from a balance kept their promise while a bank was slow or away. Of few payments nothing is said.
pub(crate) fn speed(phases: &[PhaseRow]) -> Verdict {
    let mut verdict = Verdict::new("speed", "payments from a balance do not wait for a bank");
    let is_enough = |row: &&PhaseRow| row.payments >= baseline::REQUESTS_MIN;
    let calm_is_enough = phases.get(CALM).as_ref().is_some_and(is_enough);
    let mut worst: Option<f64> = None;
    for row in phases.iter().filter(is_enough).filter(|_| calm_is_enough) {
        let Some(ratio) = row.p99_to_calm else { continue };
        worst = Some(worst.unwrap_or_default().max(ratio));
        if ratio > RATIO_PROMISED {
            let disk = |row: Option<&PhaseRow>| row.and_then(|row| row.disk_p50_ms);
            let disk = disk(phases.get(CALM)).zip(disk(Some(row))).map_or(String::new(), |(calm, then)| {
                format!("; a write to the disk took {calm:.1} ms in the calm, and {then:.1} then")
            });
            verdict.fails(format!(
                "{}: p99 {:.1} ms, {ratio:.2} times that of the calm, and promised are {RATIO_PROMISED}{disk}",
                row.phase, row.corrected.p99_ms
            ));
        }
    }
    verdict.looked_at(match worst {
        Some(worst) => format!("at most {worst:.2} times the p99 of the calm"),
        None => format!("fewer than {} payments in a phase", baseline::REQUESTS_MIN),
    })
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn kind_row(kind: &'static str, times: &Kind, length_s: f64) -> KindRow {
    let Kind { measured, corrected, failed, busy } = times;
    KindRow {
        kind,
        requests: measured.count(),
        failed: *failed,
        busy: *busy,
        per_s: number(measured.count()) / length_s,
        measured: Quantiles::of(measured),
        corrected: Quantiles::of(corrected),
    }
}

fn phase_rows(plan: &Plan, by_phase: &[Kind], samples: &[Sample]) -> Vec<PhaseRow> {
    let calm_ms = by_phase.get(CALM).map_or(0.0, |calm| calm.corrected.permille_ms(990));
    let row = |(place, (phase, times)): (usize, (&crate::plan::Phase, &Kind))| {
        let (from, to) = plan.span(place);
        let corrected = Quantiles::of(&times.corrected);
        let is_compared = phase.is_compared && calm_ms > 0.0 && times.measured.count() > 0;
        PhaseRow {
            phase: phase.name,
            bank: phase.dial.name(),
            from_s: from.as_secs_f64(),
            to_s: to.as_secs_f64(),
            payments: times.measured.count(),
            measured: Quantiles::of(&times.measured),
            corrected,
            p99_to_calm: is_compared.then(|| corrected.p99_ms / calm_ms),
            disk_p50_ms: disk_p50_ms(samples, phase.name),
        }
    };
    PHASES.iter().zip(by_phase).enumerate().map(row).collect()
}

fn disk_p50_ms(samples: &[Sample], phase: &str) -> Option<f64> {
    let of_phase = samples.iter().filter(|sample| sample.phase == phase);
    let mut writes: Vec<f64> = of_phase.filter_map(|sample| sample.disk_ms).collect();
    writes.sort_by(f64::total_cmp);
    writes.get(writes.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_that_wait_for_a_bank_break_the_promise() {
        let check = |payments: u64, ratio: f64, expected: usize| {
            let row = |(place, phase): (usize, &crate::plan::Phase)| PhaseRow {
                phase: phase.name,
                bank: phase.dial.name(),
                from_s: 0.0,
                to_s: 1.0,
                payments,
                measured: Quantiles::default(),
                corrected: Quantiles::default(),
                p99_to_calm: phase.is_compared.then_some(if place == CALM { 1.0 } else { ratio }),
                disk_p50_ms: None,
            };
            let rows: Vec<_> = PHASES.iter().enumerate().map(row).collect();
            assert_eq!(speed(&rows).found, expected, "{payments} {ratio}");
        };
        check(200, 1.5, 0);
        // In the peak, in the outage, and in the calm after it.
        check(200, 1.51, 3);
        check(199, 9.0, 0);
    }
}
