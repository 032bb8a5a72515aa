//! Plays a wallet's peak hour, and judges what is left of it: what to run before a release.
//!
//! Goose makes the requests. The bank is turned from calm to peak to outage to calm, and does wrong whatever a bank can
//! do wrong. When all is over, every payment must have arrived, have come back, or have a person who has it.

mod arguments;
mod bank;
mod child;
mod conductor;
mod drain;
mod http;
mod judge;
mod people;
mod plan;
mod proxy;
mod report;
mod resources;
mod scenario;
mod shops;
mod soak;
mod staff;
mod stage;
mod times;
mod waiting;
mod wire;
mod world;

use arguments::{Command, CommandLine, Options};
use clap::Parser as _;
use conductor::{Seen, conduct};
use drain::{Drained, drain};
use judge::Judged;
use makegood::output::{note, say};
use plan::Plan;
use report::{Baseline, Report};
use soak::Soak;
use stage::Stage;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use world::world;

/// How long after the end of the hour the last person may be gone: who waits for an answer waits for it.
const OVERTIME_MAX: Duration = Duration::from_secs(120);

/// The same as the wallet's own binary has: the wallet of a run is this program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why nothing could be played, or judged.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let CommandLine { command, options } = CommandLine::parse();
    let outcome = match command {
        Some(Command::Wallet(wallet)) => Box::pin(child::be_wallet(wallet)).await.map(|()| true),
        Some(Command::Bank(bank)) => Box::pin(child::be_bank(bank)).await.map(|()| true),
        Some(Command::PeakHour) | None => Box::pin(run(&options)).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            note(&format!("makegood-loadtest: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs it all. Whether everything held.
async fn run(options: &Options) -> Result<bool, Failure> {
    let plan = match options.smoke {
        true => Plan::smoke(options.people),
        false => Plan::peak_hour(options.minutes, options.people),
    };
    let plan = if options.url.is_some() { plan.elsewhere() } else { plan };
    // Who names a file that is none has not to wait for an hour to learn it.
    let baseline = options.baseline.as_deref().map(Baseline::read).transpose()?;
    let stage = Stage::set(options, &plan).await?;
    let outcome = Box::pin(play_all(options, &plan, &stage)).await;
    // Whatever came of it, nothing of it stays.
    let cleared = stage.clear().await;
    let report = outcome?;
    cleared?;
    tell(options, &report, baseline.as_ref())
}

/// Plays the hour once, or again and again.
async fn play_all(options: &Options, plan: &Plan, stage: &Stage) -> Result<Report, Failure> {
    let mut soak = options.soak.map(|hours| Soak::new(Duration::from_secs_f64(hours * 3_600.0)));
    loop {
        let Hour { seen, drained, judged } = Box::pin(hour(options, plan, stage)).await?;
        let requests = world().requests;
        let mut report = Report::new(plan, stage.description().await?, seen.samples, judged, &drained);
        let is_over = match &mut soak {
            None => true,
            Some(soak) => {
                soak.add(&report.samples, requests);
                soak.is_over() || !report.failed().is_empty()
            }
        };
        if !is_over {
            note(&format!("{} rounds of the soak held", soak.as_ref().map_or(0, Soak::rounds)));
            continue;
        }
        report.verdicts.extend(soak.as_ref().and_then(Soak::verdict));
        return Ok(report);
    }
}

/// Tells what came of it, and whether everything held.
fn tell(options: &Options, report: &Report, baseline: Option<&Baseline>) -> Result<bool, Failure> {
    report.lines().iter().for_each(|line| say(line));
    let page = report.write(&options.report)?;
    say(&format!("report: {}", page.display()));
    let worse = baseline.map(|baseline| baseline.compare(report)).transpose()?.unwrap_or_default();
    worse.iter().for_each(|line| say(&format!("WORSE  {line}")));
    let failed = report.failed();
    match (failed.is_empty(), worse.is_empty()) {
        (true, true) => say("ok"),
        (false, _) => say(&format!("FAILED: {}", failed.join(", "))),
        (true, false) => say(&format!("FAILED: {} figures are worse than allowed", worse.len())),
    }
    Ok(failed.is_empty() && worse.is_empty())
}

/// An hour that was played and judged.
struct Hour {
    seen: Seen,
    drained: Drained,
    judged: Judged,
}

/// Plays one hour, drains, and judges.
async fn hour(options: &Options, plan: &Plan, stage: &Stage) -> Result<Hour, Failure> {
    world().renew(plan.clone(), options.shops, stage.bank_id.to_owned());
    let (over, is_over) = watch::channel(false);
    let load = async {
        let attack = scenario::attack(plan, &stage.people_url).map_err(|error| error.to_string())?;
        let metrics = match timeout(plan.length + OVERTIME_MAX, Box::pin(attack.execute())).await {
            Ok(metrics) => metrics.map_err(|error| error.to_string()),
            Err(_) => Err("people do not go when the hour is over".to_owned()),
        };
        let drained = drain(stage, plan).await;
        over.send_replace(true);
        Ok::<_, Failure>((metrics?, drained?))
    };
    let (played, seen) = tokio::join!(Box::pin(load), Box::pin(conduct(stage, plan, is_over)));
    let ((metrics, drained), seen) = (played?, seen?);
    let judged = Box::pin(judge::judge(stage, &metrics, &seen, &drained)).await?;
    Ok(Hour { seen, drained, judged })
}
