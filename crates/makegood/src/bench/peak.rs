//! Payments from balance while banks are at their peak and one of them is out, beside the same while they are calm:
//! the service and the banks are processes of their own, started for each run, and never those of both at once.

mod customers;
mod world;

use super::load::{Answered, send};
use super::report::{PeakFigure, median};
use super::scratch::Scratch;
use super::{BenchError, Tools};
use customers::Counts;
use std::time::Duration;
use world::{Mood, World};

/// How long top-ups come in before payments are measured beside them.
const SETTLES_IN: Duration = Duration::from_secs(1);

/// What payments are measured beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Alone,
    Calm,
    Peak,
}

/// One run of payments.
#[derive(Clone, Copy)]
struct Run {
    paid: Answered,
    waiting: u64,
    counts: Counts,
}

pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Vec<PeakFigure>, BenchError> {
    let runs = tools.size.runs;
    let mut calm_world = World::prepare(scratch, tools, Mood::Calm, 2 * runs).await?;
    let mut peak_world = World::prepare(scratch, tools, Mood::Peak, runs).await?;
    let (mut alone, mut calm, mut peak) = (Vec::new(), Vec::new(), Vec::new());
    let count = tools.size.peak_payments;
    for _ in 0..runs {
        let open = calm_world.open().await?;
        send(open.address(), calm_world.posts(count.div_ceil(4))).await?;
        let paid = send(open.address(), calm_world.posts(count)).await?;
        alone.push(Run { paid, waiting: open.waiting().await?, counts: Counts::default() });
        let customers = calm_world.customers(open.address()).await?;
        tokio::time::sleep(SETTLES_IN).await;
        let before = customers.counts();
        let paid = send(open.address(), calm_world.posts(count)).await?;
        let counts = customers.counts().since(before);
        calm.push(Run { paid, waiting: open.waiting().await?, counts });
        customers.stop().await?;
        open.kill().await?;

        let open = peak_world.open().await?;
        let customers = peak_world.customers(open.address()).await?;
        open.wait_until_busy().await?;
        send(open.address(), peak_world.posts(count.div_ceil(4))).await?;
        let before = customers.counts();
        let paid = send(open.address(), peak_world.posts(count)).await?;
        let counts = customers.counts().since(before);
        peak.push(Run { paid, waiting: open.waiting().await?, counts });
        customers.stop().await?;
        open.kill().await?;
    }
    let all = [(Beside::Alone, &alone), (Beside::Calm, &calm), (Beside::Peak, &peak)];
    Ok(all.into_iter().map(|(beside, runs)| figure(scratch.name(), beside, runs, &calm)).collect())
}

fn figure(database: &'static str, beside: Beside, runs: &[Run], calm: &[Run]) -> PeakFigure {
    let median_of = |of: fn(&Run) -> f64| median(runs.iter().map(of));
    let ratio_of = |of: fn(&Run) -> f64| median(runs.iter().zip(calm).map(|(run, calm)| of(run) / of(calm)));
    PeakFigure {
        database,
        beside: match beside {
            Beside::Alone => "alone",
            Beside::Calm => "calm",
            Beside::Peak => "peak",
        },
        per_s: median_of(|run| run.paid.per_s),
        ratio: ratio_of(|run| run.paid.per_s),
        p50_ms: median_of(|run| run.paid.p50_ms),
        p99_ms: median_of(|run| run.paid.p99_ms),
        p99_ratio: ratio_of(|run| run.paid.p99_ms),
        waiting: median_of(|run| run.waiting as f64),
        top_ups_per_s: median_of(|run| run.counts.taken_per_s()),
        refused_per_s: median_of(|run| run.counts.refused_per_s()),
    }
}
