//! What must hold when all is over.

pub(crate) mod books;
mod people;
pub(crate) mod rails;
mod shops;

use crate::Failure;
use crate::conductor::Seen;
use crate::drain::Drained;
use crate::plan::FAULTS;
use crate::stage::Stage;
use crate::world::world;
use books::{Books, Injected};
use goose::metrics::GooseMetrics;
use people::Shown;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many findings of one kind are told.
const FINDINGS_MAX: usize = 20;

/// What was asked, what was looked at, and what did not hold.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    pub(crate) name: &'static str,
    pub(crate) promise: &'static str,
    pub(crate) looked_at: String,
    pub(crate) failures: Vec<String>,
    /// How many there were in all.
    pub(crate) found: usize,
}

impl Verdict {
    pub(crate) const fn new(name: &'static str, promise: &'static str) -> Self {
        Self { name, promise, looked_at: String::new(), failures: Vec::new(), found: 0 }
    }

    /// Whether it held.
    pub(crate) const fn held(&self) -> bool {
        self.found == 0
    }

    pub(crate) fn fails(&mut self, text: String) {
        self.found += 1;
        if self.failures.len() < FINDINGS_MAX {
            self.failures.push(text);
        }
    }

    /// What was read; where it could not be, that fails.
    fn take<Value>(&mut self, read: Result<Value, Failure>) -> Option<Value> {
        read.map_err(|error| self.fails(error.to_string())).ok()
    }

    fn all_fail(mut self, failures: impl IntoIterator<Item = String>) -> Self {
        failures.into_iter().for_each(|failure| self.fails(failure));
        self
    }

    pub(crate) fn looked_at(mut self, what: String) -> Self {
        self.looked_at = what;
        self
    }
}

/// What was judged of an hour.
pub(crate) struct Judged {
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) books: Books,
    /// Items in flight, by what they are.
    pub(crate) named: BTreeMap<&'static str, usize>,
}

/// Judges an hour that is over. `before` is what the bank had done wrong before it began. Whatever cannot be read any
/// more fails, and the rest is judged.
pub(crate) async fn judge(
    stage: &Stage,
    metrics: Result<&GooseMetrics, &String>,
    seen: &Seen,
    drained: &Drained,
    before: &Injected,
) -> Judged {
    let mut verdicts = vec![played(metrics, seen), answered()];
    verdicts.push(
        Verdict::new("drained", "the backlog is gone in time")
            .all_fail(drained.left.clone())
            .looked_at(format!("{:.1} s", drained.time.as_secs_f64())),
    );
    let mut unread = Verdict::new("read", "all that is judged can be read");
    let books = unread.take(Books::read(&stage.database, &stage.bank, before).await);
    let shown = unread.take(Shown::read(&stage.wallet_url).await);
    if let (Some(shown), Some(books)) = (&shown, &books) {
        verdicts.extend([
            people::acknowledged(shown, books),
            people::told(shown),
            people::is_final(shown, books),
            shops::have(shown, books),
        ]);
        verdicts.extend(unread.take(people::entries(&stage.wallet_url, shown, books).await));
    }
    let mut named = BTreeMap::new();
    if let Some(books) = &books {
        let (same_books, in_flight) = rails::same_books(books);
        named = in_flight;
        let once = rails::paid_once(books);
        let with_a_person = rails::with_a_person(books);
        let happened = happened(books, stage.staff.is_some());
        verdicts.extend([rails::same_state(books), same_books, with_a_person, once, happened]);
    }
    verdicts.extend(unread.take(verified(stage).await));
    // What cannot be read is not judged, and that is a failure like any other.
    verdicts.extend((!unread.held()).then_some(unread));
    Judged { verdicts, books: books.unwrap_or_default(), named }
}

/// Whatever people did was answered as it must be.
fn played(metrics: Result<&GooseMetrics, &String>, seen: &Seen) -> Verdict {
    let verdict = Verdict::new("played", "nothing that people did was answered with an error");
    let errors = metrics
        .iter()
        .flat_map(|metrics| metrics.transaction_errors.values())
        .map(|error| format!("{} times in `{}`: {}", error.occurrences, error.transaction_name, error.error));
    let (count, failed) = {
        let world = world();
        let failed: Vec<String> = world
            .kinds
            .iter()
            .filter(|(_, kind)| kind.failed > 0)
            .map(|(name, kind)| format!("{} of {name} failed", kind.failed))
            .collect();
        (world.requests, failed)
    };
    verdict
        .all_fail(errors)
        .all_fail(metrics.err().cloned())
        .all_fail(failed)
        .all_fail(seen.failures.iter().cloned())
        .looked_at(format!("requests: {count}"))
}

/// Second taps and traces.
fn answered() -> Verdict {
    let world = world();
    let verdict =
        Verdict::new("answered", "a second tap has the very same answer, and a trace says whose turn it is");
    let (twice, lost, traces) = (world.twice, world.lost, world.traces);
    let none = (twice == 0 || lost == 0 || traces == 0)
        .then(|| "a run without second taps, lost connections or traces shows nothing".to_owned());
    verdict
        .all_fail(world.wrong_taps.iter().cloned())
        .all_fail(world.wrong_traces.iter().cloned())
        .all_fail(none)
        .looked_at(format!("second taps: {twice}, lost connections: {lost}, traces: {traces}"))
}

/// Every kind of fault was injected that should be.
fn happened(books: &Books, with_staff: bool) -> Verdict {
    let wanted = FAULTS.iter().map(|(kind, _)| *kind).filter(|kind| with_staff || *kind != "recall_refused");
    let count = |kind: &str| books.injected.get(kind).copied().unwrap_or_default();
    let missing = wanted.clone().filter(|kind| count(kind) == 0).map(|kind| format!("{kind} never happened"));
    let (missing, kinds): (Vec<_>, _) = (missing.collect(), wanted.clone().count());
    let faults: usize = wanted.map(count).sum();
    Verdict::new("faults", "every kind of fault happened at the bank")
        .all_fail(missing)
        .looked_at(format!("faults: {faults}, kinds: {kinds}"))
}

/// The journal, replayed, gives every balance.
async fn verified(stage: &Stage) -> Result<Verdict, Failure> {
    let found = makegood::verify::verify_url(&stage.database_url).await?;
    let mut lines = found.lines();
    let last = lines.pop().unwrap_or_default();
    let differences = lines.iter().filter(|line| line.starts_with("difference")).cloned();
    let verdict = Verdict::new("verify", "the journal gives every balance, and every row agrees with it");
    let summary = lines.first().cloned().unwrap_or_default();
    let verdict = verdict.all_fail(differences.clone());
    let unclean = (!found.is_clean() && verdict.held()).then_some(last);
    Ok(verdict.all_fail(unclean).looked_at(summary))
}
