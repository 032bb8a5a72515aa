//! What a transfer at a bank costs by how many there were, and by how many are open: two databases in one run,
//! interleaved, one with a hundredth of the other's. The bank is inside, and answers at once, so that the wallet's
//! own work is what is measured: its jobs, as the service runs them.

mod clock;
mod grown;
mod script;

use super::load::{Call, send};
use super::report::{BanksFigure, Costs, median};
use super::scratch::Scratch;
use super::{BenchError, Tools};
use grown::{BANK, CYCLE, Grown, OTHER_BANK};
use makegood_app::{Bank, Jobs, JobsConfig};
use makegood_base::{BankCardId, Clock, TopUpId};
use makegood_money::{Currency, Money};
use makegood_store::SqlStore;
use makegood_wallet::Query;
use script::Manner;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Over how many connections traces are read at once.
const READERS: usize = 16;
/// How long the queue of a bank may take to fill.
const FILLS_IN_MAX: Duration = Duration::from_secs(300);

/// The costs of each run, in milliseconds.
#[derive(Default)]
struct Runs {
    enquiry: Vec<f64>,
    pass: Vec<f64>,
    trace: Vec<f64>,
    read: Vec<f64>,
    idle: Vec<f64>,
    behind: Vec<f64>,
}

/// What is measured in one run, besides those that wait behind a queue.
#[derive(Clone, Copy)]
enum Kind {
    Enquiry,
    Pass,
    Trace,
    Read,
    Idle,
}

/// The figures of both databases, the smaller one first.
pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Vec<BanksFigure>, BenchError> {
    let sizes = tools.size.transfers_on(scratch.dialect());
    // As many are due at a time in the one as in the other: all that are open in the smaller one.
    let part = sizes[0].open;
    let mut grown = Vec::new();
    for transfers in sizes {
        grown.push(Grown::grow(scratch, tools, transfers, part).await?);
    }
    let mut runs = [Runs::default(), Runs::default()];
    // The first run of each kind is not counted.
    for run in 0..=tools.size.runs {
        for kind in [Kind::Enquiry, Kind::Pass, Kind::Trace, Kind::Read, Kind::Idle] {
            for (grown, runs) in grown.iter().zip(&mut runs) {
                let cost = grown.run(kind, (part, run), tools).await?;
                runs.of(kind).extend((run > 0).then_some(cost));
            }
        }
    }
    // Last, for it leaves all transfers due at once.
    let mut cards = Vec::new();
    for grown in &grown {
        cards.push(grown.stage.card(grown.people[0].caller, OTHER_BANK, "none").await?);
    }
    for run in 0..=tools.size.runs {
        for ((grown, runs), card) in grown.iter().zip(&mut runs).zip(&cards) {
            let cost = grown.behind_a_queue(*card, tools.size.behind).await?;
            runs.behind.extend((run > 0).then_some(cost));
        }
    }
    let figures = grown.iter().zip(&runs).map(|(grown, own)| own.figure(scratch, grown, &runs[0])).collect();
    for grown in grown {
        grown.server.stop().await;
    }
    Ok(figures)
}

impl Runs {
    fn of(&mut self, kind: Kind) -> &mut Vec<f64> {
        match kind {
            Kind::Enquiry => &mut self.enquiry,
            Kind::Pass => &mut self.pass,
            Kind::Trace => &mut self.trace,
            Kind::Read => &mut self.read,
            Kind::Idle => &mut self.idle,
        }
    }

    /// The figures of this database, beside those of the smaller one.
    fn figure(&self, scratch: &Scratch, grown: &Grown, small: &Self) -> BanksFigure {
        let costs = |runs: fn(&Self) -> &Vec<f64>| Costs {
            ms: median(runs(self).iter().copied()),
            ratio: median(runs(self).iter().zip(runs(small)).map(|(own, small)| own / small)),
        };
        BanksFigure {
            database: scratch.name(),
            past: grown.transfers.past,
            open: grown.transfers.open,
            enquiry: costs(|runs| &runs.enquiry),
            pass: costs(|runs| &runs.pass),
            trace: costs(|runs| &runs.trace),
            read: costs(|runs| &runs.read),
            idle: costs(|runs| &runs.idle),
            behind: costs(|runs| &runs.behind),
        }
    }
}

impl Grown {
    /// One run: what one of what is done costs.
    async fn run(&self, kind: Kind, (part, run): (usize, usize), tools: &Tools) -> Result<f64, BenchError> {
        let rounds = tools.size.rounds;
        match kind {
            Kind::Enquiry => {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    self.clock.forward(self.stagger);
                    took += self.round(part).await?;
                }
                Ok(each(took, rounds * part))
            }
            Kind::Pass => {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    self.stage.top_ups(&self.people, part).await?;
                    took += self.round(part).await?;
                }
                Ok(each(took, rounds * part))
            }
            Kind::Trace => self.traces(tools.size.reads, run).await,
            Kind::Read => {
                let began = Instant::now();
                self.reads(tools.size.reads, run).await?;
                Ok(each(began.elapsed(), tools.size.reads))
            }
            Kind::Idle => self.idle(tools.size.reads).await,
        }
    }

    /// The background takes up what is due, `count` transfers, until all of them are asked for and recorded.
    async fn round(&self, count: usize) -> Result<Duration, BenchError> {
        let due = self.stage.due(count.saturating_add(1)).await?.len();
        if due != count {
            return Err(BenchError::Unexpected(format!("{due} transfers are due instead of {count}")));
        }
        let (bank, mut asked) = script::bank(BANK, Manner::Answers)?;
        let jobs = self.jobs(&[bank], JobsConfig::default())?;
        let began = Instant::now();
        // Those that were asked are recorded before it ends.
        jobs.run(async move { drop(asked.wait_for(|asked| *asked >= count).await) }).await;
        let took = began.elapsed();
        match self.stage.due(1).await?.len() {
            0 => Ok(took),
            _ => Err(BenchError::Unexpected("transfers are due that were to be over".to_owned())),
        }
    }

    /// Passes of the background that find nothing due, while all that is open waits.
    async fn idle(&self, count: usize) -> Result<f64, BenchError> {
        let jobs = self.jobs(&[script::bank(BANK, Manner::Answers)?.0], JobsConfig::default())?;
        let mut began = Instant::now();
        for pass in 0..=count {
            if pass == 1 {
                // The first asks the bank what it plans.
                began = Instant::now();
            }
            if jobs.run_until_idle().await.map_err(|error| BenchError::Unexpected(error.to_string()))? > 0 {
                return Err(BenchError::Unexpected("something was due".to_owned()));
            }
        }
        Ok(each(began.elapsed(), count))
    }

    /// Traces of a transfer that is over and of an open one in turn, others in each run: for each reader, which ones, and
    /// whose they are.
    fn readers(&self, count: usize, run: usize) -> Vec<Vec<(TopUpId, usize)>> {
        let spread = |sample: &[(TopUpId, usize)]| {
            let step = 1 + 2 * sample.len() / count.max(1);
            sample.iter().copied().cycle().skip(run).step_by(step).take(count.div_ceil(2)).collect::<Vec<_>>()
        };
        let pairs = spread(&self.past).into_iter().zip(spread(&self.open));
        let sample: Vec<_> = pairs.flat_map(|(past, open)| [past, open]).take(count).collect();
        let share = |reader| sample.iter().copied().skip(reader).step_by(READERS).collect();
        (0..READERS).map(share).collect()
    }

    /// Reads traces as clients do: how long one of them takes.
    async fn traces(&self, count: usize, run: usize) -> Result<f64, BenchError> {
        let call = |(top_up, whose): (TopUpId, usize)| Call::Get {
            path: format!("/v1/top-ups/{top_up}/trace"),
            token: self.people[whose].token.clone(),
        };
        let calls = self.readers(count, run).into_iter().map(|share| share.into_iter().map(call).collect());
        Ok(1_000.0 / send(&self.server.address.to_string(), calls.collect()).await?.per_s)
    }

    /// Reads the same inside, without a service.
    async fn reads(&self, count: usize, run: usize) -> Result<(), BenchError> {
        let mut readers = tokio::task::JoinSet::new();
        for share in self.readers(count, run) {
            let (stage, people) = (self.stage.clone(), self.people.clone());
            readers.spawn(async move {
                for (top_up, whose) in share {
                    stage.read(people[whose].caller, &Query::TopUpTrace(top_up)).await?;
                }
                Ok::<_, BenchError>(())
            });
        }
        while let Some(reader) = readers.join_next().await {
            reader.map_err(|error| BenchError::Unexpected(error.to_string()))??;
        }
        Ok(())
    }

    /// How long a new transfer at another bank takes until that bank is asked, while all that are open are due, and
    /// their bank answers nothing: its calls wait, and the others wait for a place.
    async fn behind_a_queue(&self, card: BankCardId, count: usize) -> Result<f64, BenchError> {
        self.clock.forward(CYCLE);
        let (silent, _) = script::bank(BANK, Manner::Silent)?;
        let (other, mut asked) = script::bank(OTHER_BANK, Manner::Answers)?;
        // The calls that are under way at the end are given up: nobody answers them.
        let config = JobsConfig { stop_max: Duration::from_millis(100), ..JobsConfig::default() };
        let jobs = self.jobs(&[Arc::clone(&silent), other], config)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(jobs.run(async move { drop(stopped.await) }));
        self.wait_until_full(&silent).await?;
        let (caller, amount) = (self.people[0].caller, Money::new(super::people::PRICE, Currency::CNY));
        let began = Instant::now();
        for number in 1..=count {
            self.stage.top_up(caller, card, amount).await?;
            let answered = tokio::time::timeout(FILLS_IN_MAX, asked.wait_for(|asked| *asked >= number)).await;
            answered.map_err(|_| BenchError::Unexpected("a bank was not asked".to_owned())).map(drop)?;
        }
        let took = began.elapsed();
        drop(stop);
        running.await.map_err(|error| BenchError::Unexpected(error.to_string()))?;
        Ok(each(took, count))
    }

    async fn wait_until_full(&self, bank: &Bank) -> Result<(), BenchError> {
        let began = Instant::now();
        loop {
            let view = bank.view(false, self.clock.now());
            if usize::try_from(view.calls + view.waiting).is_ok_and(|found| found >= self.transfers.open) {
                return Ok(());
            }
            if began.elapsed() > FILLS_IN_MAX {
                let text = format!("{} transfers wait for their bank", view.calls + view.waiting);
                return Err(BenchError::Unexpected(text));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn jobs(&self, banks: &[Arc<Bank>], config: JobsConfig) -> Result<Jobs<SqlStore>, BenchError> {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        self.stage.jobs(banks, &clock, config)
    }
}

/// Milliseconds for each.
fn each(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1_000.0 / count.max(1) as f64
}
