//! Transfers per second that concurrent callers submit one by one to the engine, each waiting for its answer:
//! session, idempotency key, limits, ledger, events, all durable.

use super::people::{Person, Stage};
use super::report::{CallersFigure, median};
use super::scratch::Scratch;
use super::{BenchError, Tools};
use makegood_app::Secrets;
use makegood_money::{Currency, Money};
use makegood_wallet::{Action, Expectation, PayeeId, PayeeRef};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CALLERS: [usize; 3] = [1, 32, 256];
const PEOPLE: usize = 512;

pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Vec<CallersFigure>, BenchError> {
    let secrets = Secrets::parse(&Secrets::generate(tools.entropy.as_ref()));
    let secrets = secrets.map_err(|error| BenchError::Unexpected(error.to_string()))?;
    let (stage, ended) = Stage::start(scratch.new_database().await?, secrets, tools);
    let people: Arc<[Person]> = stage.people(PEOPLE).await?.into();
    let mut rates = CALLERS.map(|_| Vec::new());
    // The first run is not counted.
    for counts in std::iter::once(false).chain(std::iter::repeat_n(true, tools.size.runs)) {
        for (callers, rates) in CALLERS.into_iter().zip(&mut rates) {
            let per_s = run(&stage, &people, callers, tools).await?;
            rates.extend(counts.then_some(per_s));
        }
    }
    drop(stage);
    ended.await.map_err(|error| BenchError::Unexpected(error.to_string()))?;
    let figures = CALLERS.into_iter().zip(rates).map(|(callers, rates)| CallersFigure {
        database: scratch.name(),
        callers,
        per_s: median(rates),
    });
    Ok(figures.collect())
}

/// Transfers per second of so many callers.
async fn run(
    stage: &Stage,
    people: &Arc<[Person]>,
    callers: usize,
    tools: &Tools,
) -> Result<f64, BenchError> {
    let is_over = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (stage, people, is_over) = (stage.clone(), Arc::clone(people), Arc::clone(&is_over));
        tasks.spawn(async move {
            let mut done = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                let payer = &people[caller % people.len()];
                let payee = &people[(caller + 1 + done as usize) % people.len()];
                let payee = if payee.id == payer.id { &people[(caller + 1) % people.len()] } else { payee };
                stage.submit(payer.caller, transfer(payee)).await?;
                done += 1;
            }
            Ok::<_, BenchError>(done)
        });
    }
    tokio::time::sleep(Duration::from_millis(tools.size.window_ms)).await;
    is_over.store(true, Ordering::Relaxed);
    let mut done = 0;
    while let Some(task) = tasks.join_next().await {
        done += task.map_err(|error| BenchError::Unexpected(error.to_string()))??;
    }
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

fn transfer(payee: &Person) -> Action {
    let amount = Money::new(1, Currency::CNY);
    Action::Transfer {
        to: PayeeRef::User(payee.id),
        amount,
        note: None,
        expect: Some(Expectation { amount, payee: PayeeId::User(payee.id) }),
        client_ref: None,
    }
}
