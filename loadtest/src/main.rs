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
mod interruption;
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
use interruption::Interruption;
use judge::Judged;
use makegood::output::{note, say};
use plan::Plan;
use report::{Baseline, Report, refuse_same_file};
use soak::Soak;
use stage::{Described, Left, Stage};
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
    if let Some(file) = &options.baseline {
        refuse_same_file(file, &options.report)?;
    }
    let mut interruption = Interruption::new()?;
    let stage = Stage::set(options, &plan, &mut interruption).await?;
    let outcome = tokio::select! {
        outcome = Box::pin(play_and_tell(options, &plan, &stage, baseline.as_ref())) => outcome,
        failure = interruption.comes() => Err(failure),
    };
    let left = match &outcome {
        _ if interruption.came() => Left::Thrown,
        // What was broken on purpose needs no looking into.
        Ok(Told { held: false, .. }) if options.control.is_none() => Left::Kept,
        _ => Left::Removed,
    };
    let cleared = stage.clear(left).await;
    let Told { held, is_worse } = outcome?;
    cleared?;
    Ok(held && !is_worse)
}

/// What was told of a run.
struct Told {
    /// Whether all that must hold held.
    held: bool,
    /// Whether a figure is worse than allowed.
    is_worse: bool,
}

/// Plays, and tells what came of it before anything of it is stopped.
async fn play_and_tell(
    options: &Options,
    plan: &Plan,
    stage: &Stage,
    baseline: Option<&Baseline>,
) -> Result<Told, Failure> {
    // That the figures cannot be compared is known before there are any.
    let described = stage.description().await?;
    baseline.map(|baseline| baseline.check(&described, plan, options.shops)).transpose()?;
    let report = Box::pin(play_all(options, plan, stage, &described)).await?;
    tell(options, &report, baseline)
}

/// Plays the hour once, or again and again.
async fn play_all(
    options: &Options,
    plan: &Plan,
    stage: &Stage,
    described: &Described,
) -> Result<Report, Failure> {
    let mut soak = options.soak.map(|hours| Soak::new(Duration::from_secs_f64(hours * 3_600.0)));
    loop {
        let Hour { seen, drained, judged } = Box::pin(hour(options, plan, stage)).await?;
        let requests = world().requests;
        let mut report = Report::new(plan, described.clone(), seen.samples, judged, &drained);
        let judges_speed = !options.smoke && !options.no_speed;
        report.verdicts.extend(judges_speed.then(|| report::speed(&report.phases)));
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
fn tell(options: &Options, report: &Report, baseline: Option<&Baseline>) -> Result<Told, Failure> {
    report.lines().iter().for_each(|line| say(line));
    let page = report.write(&options.report)?;
    say(&format!("report: {}", page.display()));
    let worse = baseline.map(|baseline| baseline.compare(report)).unwrap_or_default();
    worse.iter().for_each(|line| say(&format!("WORSE  {line}")));
    let failed = report.failed();
    match (failed.is_empty(), worse.is_empty()) {
        (true, true) => say("ok"),
        (false, _) => say(&format!("FAILED: {}", failed.join(", "))),
        (true, false) => say(&format!("FAILED: {} figures are worse than allowed", worse.len())),
    }
    Ok(Told { held: failed.is_empty(), is_worse: !worse.is_empty() })
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
    let before = stage.bank.injected().await?;
    let (over, is_over) = watch::channel(false);
    let attack = scenario::attack(plan, &stage.people_url).map_err(|error| error.to_string())?;
    let load = async {
        let metrics = match timeout(plan.length + OVERTIME_MAX, Box::pin(attack.execute())).await {
            Ok(metrics) => metrics.map_err(|error| error.to_string()),
            Err(_) => Err("people do not go when the hour is over".to_owned()),
        };
        let drained = drain(stage, plan).await;
        over.send_replace(true);
        (metrics, drained)
    };
    let conducted = conduct(stage, plan, &before, is_over);
    let ((metrics, drained), seen) = tokio::join!(Box::pin(load), Box::pin(conducted));
    let seen = seen.unwrap_or_else(|error| Seen { failures: vec![error.to_string()], ..Seen::default() });
    let judged = Box::pin(judge::judge(stage, metrics.as_ref(), &seen, &drained, &before)).await;
    Ok(Hour { seen, drained, judged })
}
