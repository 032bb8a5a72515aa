//! Figures that are held against those of an earlier run.

use super::Report;
use crate::Failure;
use crate::plan::Plan;
use crate::stage::Described;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// Fewer requests than this say nothing of how long others of their kind take.
pub(super) const REQUESTS_MIN: u64 = 200;

/// A figure, and by how much it may be worse in a later run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// Whether more is better.
    pub(crate) more_is_better: bool,
    /// By which share of the earlier value it may be worse, and by how much beside that.
    pub(crate) share: f64,
    pub(crate) slack: f64,
}

impl Figure {
    fn less(name: String, value: f64, unit: &str, (share, slack): (f64, f64)) -> Self {
        Self { name, value, unit: unit.to_owned(), more_is_better: false, share, slack }
    }

    /// The worst that a later run may have.
    pub(crate) fn allowed(&self) -> f64 {
        let room = self.value.abs() * self.share + self.slack;
        if self.more_is_better { self.value - room } else { self.value + room }
    }

    fn is_worse_than_allowed(&self, earlier: &Self) -> bool {
        if earlier.more_is_better { self.value < earlier.allowed() } else { self.value > earlier.allowed() }
    }
}

/// The figures of a report: its times with correction, for what a slow service keeps from being asked is part of it.
pub(super) fn figures(report: &Report) -> Vec<Figure> {
    let throughput = Figure {
        name: "requests".to_owned(),
        value: report.requests_per_s,
        unit: "/s".to_owned(),
        more_is_better: true,
        share: 0.15,
        slack: 0.0,
    };
    let mut figures = vec![
        throughput,
        Figure::less("time to drain".to_owned(), report.drain_s, "s", (0.5, 10.0)),
        Figure::less(
            "oldest paid and not received".to_owned(),
            report.oldest_not_received_max_s,
            "s",
            (0.5, 10.0),
        ),
    ];
    for row in report.phases.iter().filter(|row| row.bank != "calm") {
        if let Some(ratio) = row.p99_to_calm {
            let name = format!("p99 of payments from a balance, {} to calm", row.phase);
            figures.push(Figure::less(name, ratio, "times", (0.25, 0.1)));
        }
    }
    for row in report.kinds.iter().filter(|row| row.requests >= REQUESTS_MIN && !row.kind.contains("?wait")) {
        let named = |quantile: &str| format!("{quantile} of {}", row.kind);
        figures.push(Figure::less(named("p50"), row.corrected.p50_ms, "ms", (0.3, 2.0)));
        figures.push(Figure::less(named("p99"), row.corrected.p99_ms, "ms", (0.5, 10.0)));
    }
    figures
}

/// An earlier run.
#[derive(Debug)]
pub(crate) struct Baseline {
    set_up: Value,
    figures: Vec<Figure>,
}

impl Baseline {
    /// Reads an earlier report. Refuses what is none.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let unreadable = |error: &dyn std::fmt::Display| format!("the baseline {}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
        let mut report: Value = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
        let figures: Vec<Figure> =
            serde_json::from_value(report["figures"].take()).map_err(|error| unreadable(&error))?;
        if figures.is_empty() {
            return Err(unreadable(&"it has no figures").into());
        }
        Ok(Self { set_up: set_up(&report), figures })
    }

    /// Refuses a run with another set-up than this, whose figures say nothing about that one's.
    pub(crate) fn check(&self, described: &Described, plan: &Plan, shops: u32) -> Result<(), Failure> {
        let now = set_up(&json!({
            "set_up": described, "people": plan.people_max(), "shops": shops, "length_s": plan.length.as_secs_f64(),
        }));
        if now == self.set_up {
            return Ok(());
        }
        Err(format!("the baseline is of another set-up: {}, and this is {now}", self.set_up).into())
    }

    /// Holds a run against it: one line for each figure that is worse than allowed, or gone.
    pub(crate) fn compare(&self, report: &Report) -> Vec<String> {
        worse(&report.figures, &self.figures)
    }
}

/// Refuses a baseline that this run's report would be written over.
pub(crate) fn refuse_same_file(baseline: &Path, report: &Path) -> Result<(), Failure> {
    let written = report.join("report.json");
    match (baseline.canonicalize(), written.canonicalize()) {
        (Ok(read), Ok(written)) if read == written => {
            Err(format!("the baseline {} would be written over: name another --report", baseline.display())
                .into())
        }
        _ => Ok(()),
    }
}

/// What has to be the same, so that figures can be compared.
fn set_up(report: &Value) -> Value {
    let made = &report["set_up"];
    json!({
        "processes": made["processes"], "database": made["database"], "sync": made["sync"], "build": made["build"],
        "people": report["people"], "shops": report["shops"], "length_s": report["length_s"],
    })
}

fn worse(now: &[Figure], earlier: &[Figure]) -> Vec<String> {
    let line = |old: &Figure| {
        let Figure { name, value, unit, .. } = old;
        let allowed = old.allowed();
        match now.iter().find(|figure| figure.name == *name) {
            None => Some(format!("{name}: was {value:.1} {unit}, and is not there any more")),
            Some(new) if new.is_worse_than_allowed(old) => Some(format!(
                "{name}: was {value:.2} {unit}, is {:.2} {unit}, and may be {allowed:.2} {unit}",
                new.value
            )),
            Some(_) => None,
        }
    };
    earlier.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_of_another_set_up_or_without_figures_or_in_the_way_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        let plan = Plan::peak_hour(1.0, Some(2));
        let described =
            || Described { processes: "own", database: "SQLite", sync: "FULL".to_owned(), build: "debug" };
        let read = |figures: Value| {
            let report = json!({
                "set_up": described(), "people": 10, "shops": 3, "length_s": 60.0, "figures": figures,
            });
            std::fs::write(&file, report.to_string()).unwrap();
            Baseline::read(&file)
        };
        assert!(read(json!([])).is_err());
        let figure = Figure::less("p99".to_owned(), 1.0, "ms", (0.5, 10.0));
        let old = read(json!([figure])).unwrap();
        old.check(&described(), &plan, 3).unwrap();
        assert!(old.check(&described(), &plan, 4).is_err());
        assert!(old.check(&Described { processes: "others", ..described() }, &plan, 3).is_err());
        assert!(old.check(&described(), &Plan::peak_hour(2.0, Some(2)), 3).is_err());
        assert!(refuse_same_file(&file, folder.path()).is_err());
        refuse_same_file(&file, &folder.path().join("new")).unwrap();
    }

    #[test]
    fn a_figure_that_is_worse_than_allowed_is_named_with_all_that_counts() {
        let p99 = |value: f64| Figure::less("p99 of GET /v1/x".to_owned(), value, "ms", (0.5, 10.0));
        let rate = |value: f64| Figure {
            name: "requests".to_owned(),
            value,
            unit: "/s".to_owned(),
            more_is_better: true,
            share: 0.15,
            slack: 0.0,
        };
        let check = |now: [Figure; 2], expected: &[&str]| {
            assert_eq!(worse(&now, &[p99(20.0), rate(1_000.0)]), expected);
        };
        check([p99(20.0), rate(1_000.0)], &[]);
        check([p99(40.0), rate(850.0)], &[]);
        check([p99(1.0), rate(5_000.0)], &[]);
        check(
            [p99(41.0), rate(840.0)],
            &[
                "p99 of GET /v1/x: was 20.00 ms, is 41.00 ms, and may be 40.00 ms",
                "requests: was 1000.00 /s, is 840.00 /s, and may be 850.00 /s",
            ],
        );
        let gone = worse(&[rate(1_000.0)], &[p99(20.0)]);
        assert_eq!(gone, ["p99 of GET /v1/x: was 20.0 ms, and is not there any more"]);
    }
}
