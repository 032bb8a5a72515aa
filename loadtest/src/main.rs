//! A load test that plays a wallet's busy time: people register, link a card, top up, and pay the orders of a
//! few shops from balance and card; some tap twice; shops refund.
//!
//! Goose makes the requests. When all is settled, everything that was acknowledged must be there, every balance
//! must be what was acknowledged, and `verify` must find the journal and all that is stored in agreement.

mod checks;
mod report;
mod scenario;
mod wire;
mod world;

use checks::settle_and_check;
use clap::Parser;
use goose::config::GooseConfiguration;
use goose::prelude::{GooseAttack, Scenario, Transaction, transaction};
use makegood::{Running, Server, ServerConfig, SystemClock, SystemEntropy};
use scenario::{open_shops, pay_from_balance, pay_from_card, refund, register};
use std::process::ExitCode;
use std::sync::Arc;
use world::world;

/// Load on a wallet of its own, or on one that runs already.
#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// The wallet to load, http://ADDRESS:PORT, with its simulated bank; none starts one on a scratch SQLite database.
    #[arg(long)]
    url: Option<String>,
    /// How many people there are.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    people: u32,
    /// How often each of them pays from balance, from card, and is refunded.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many shops there are.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    shops: u32,
    /// A small run that ends soon: 6 people, 8 rounds.
    #[arg(long)]
    smoke: bool,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.smoke {
        (arguments.people, arguments.rounds) = (6, 8);
    }
    match Box::pin(run(&arguments)).await {
        Ok(failures) if failures.is_empty() => {
            report::line("ok");
            ExitCode::SUCCESS
        }
        Ok(failures) => {
            failures.iter().take(20).for_each(|failure| report::line(&format!("FAILED: {failure}")));
            report::line(&format!("{} failures", failures.len()));
            ExitCode::FAILURE
        }
        Err(error) => {
            report::line(&format!("FAILED: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs it all. Returns what did not hold.
async fn run(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let folder = tempfile::tempdir()?;
    let config = ServerConfig { listen: ([127, 0, 0, 1], 0).into(), ..ServerConfig::new(folder.path()) };
    let database_url = config.database_url();
    let server = match &arguments.url {
        Some(_) => None,
        None => Some(Server::start(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?),
    };
    let url = server.as_ref().map(Running::url).or_else(|| arguments.url.clone()).unwrap_or_default();
    world().shops_wanted = arguments.shops;
    let metrics = Box::pin(attack(arguments, url)?.execute()).await?;
    report::print(&metrics, world().elapsed());
    let mut failures = std::mem::take(&mut world().failures);
    failures.extend(metrics.transaction_errors.values().map(|error| {
        format!("{} times in `{}`: {}", error.occurrences, error.transaction_name, error.error)
    }));
    if let Some(server) = server {
        server.stop().await;
        let found = makegood::verify::verify_url(&database_url).await?;
        found.lines().iter().for_each(|text| report::line(&format!("verify: {text}")));
        if !found.is_clean() {
            failures.push("verify found differences".to_owned());
        }
    }
    Ok(failures)
}

fn attack(arguments: &Arguments, url: String) -> Result<GooseAttack, Failure> {
    let mut config = GooseConfiguration::default();
    config.host = Some(url);
    config.users = Some(usize::try_from(arguments.people)?);
    config.increase_rate = Some("10".to_owned());
    config.iterations = Some(usize::try_from(arguments.rounds)?);
    // Two runs on one machine would meet at its port.
    config.no_telnet = true;
    config.no_print_metrics = true;
    config.quiet = 1;
    let person = Scenario::new("a person")
        .register_transaction(transaction!(register).set_name("register").set_on_start())
        .register_transaction(transaction!(pay_from_balance).set_name("pay from balance"))
        .register_transaction(transaction!(pay_from_card).set_name("pay from card"))
        .register_transaction(transaction!(refund).set_name("refund"));
    Ok(GooseAttack::initialize_with_config(config)?
        .test_start(transaction!(open_shops))
        .register_scenario(person)
        .test_stop(transaction!(settle_and_check)))
}
