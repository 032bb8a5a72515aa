//! People who top up from cards at all banks, at a steady rate, while payments are measured.

use crate::bench::BenchError;
use crate::bench::load::{Call, ask, connect};
use crate::bench::people::PRICE;
use makegood_base::BankCardId;
use makegood_money::{Currency, Money};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// How many top-ups are asked for in a second, at all banks together.
const PER_SECOND: u32 = 60;
const CONNECTIONS: u32 = 12;

/// Somebody with a card.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) token: String,
    pub(super) bank_card: BankCardId,
}

/// Customers who go on until they are stopped.
pub(super) struct Customers {
    tasks: JoinSet<Result<(), BenchError>>,
    shared: Arc<Shared>,
}

struct Shared {
    is_over: AtomicBool,
    taken: AtomicU64,
    refused: AtomicU64,
}

/// How many top-ups there were.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    taken: u64,
    refused: u64,
    at: Option<Instant>,
    within: Duration,
}

impl Customers {
    /// Starts them. `run` tells their keys from those of other runs.
    pub(super) async fn start(address: &str, customers: &[Customer], run: usize) -> Result<Self, BenchError> {
        let shared = Arc::new(Shared {
            is_over: AtomicBool::new(false),
            taken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        for number in 0..CONNECTIONS {
            let mut connection = connect(address).await?;
            // Each has cards at all banks in turn, others first.
            let own: Vec<_> =
                customers.iter().cycle().skip(number as usize).take(customers.len()).cloned().collect();
            let (address, shared) = (address.to_owned(), Arc::clone(&shared));
            tasks.spawn(async move {
                // One after the other, and not all at once.
                let (pause, second) = (Duration::from_secs(1) / PER_SECOND, Duration::from_secs(1));
                let first = tokio::time::Instant::now() + pause * number;
                let mut ticks = tokio::time::interval_at(first, second * CONNECTIONS / PER_SECOND);
                // Whoever waits longer than that asks less often.
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                for turn in 0_usize.. {
                    ticks.tick().await;
                    let customer = &own[turn % own.len()];
                    if shared.is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let call = top_up(customer, format!("top-up-{run}-{number}-{turn}"));
                    let (status, body) = ask(&mut connection, &address, call).await?;
                    shared.count(status, &body)?;
                }
                Ok(())
            });
        }
        Ok(Self { tasks, shared })
    }

    /// How many there were until now.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            taken: self.shared.taken.load(Ordering::Relaxed),
            refused: self.shared.refused.load(Ordering::Relaxed),
            at: Some(Instant::now()),
            within: Duration::ZERO,
        }
    }

    /// Stops them, and says what went wrong.
    pub(super) async fn stop(mut self) -> Result<(), BenchError> {
        self.shared.is_over.store(true, Ordering::Relaxed);
        while let Some(task) = self.tasks.join_next().await {
            task.map_err(|error| BenchError::Unexpected(error.to_string()))??;
        }
        Ok(())
    }
}

impl Shared {
    fn count(&self, status: u16, body: &[u8]) -> Result<(), BenchError> {
        let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        match (status, problem["code"].as_str()) {
            (202, _) => self.taken.fetch_add(1, Ordering::Relaxed),
            (_, Some("source.unavailable")) => self.refused.fetch_add(1, Ordering::Relaxed),
            _ => {
                return Err(BenchError::Unexpected(format!("{status}: {}", String::from_utf8_lossy(body))));
            }
        };
        Ok(())
    }
}

impl Counts {
    /// How many there were from then on.
    pub(super) fn since(self, before: Self) -> Self {
        let within = match (self.at, before.at) {
            (Some(now), Some(then)) => now.duration_since(then),
            _ => Duration::ZERO,
        };
        let (taken, refused) =
            (self.taken.saturating_sub(before.taken), self.refused.saturating_sub(before.refused));
        Self { taken, refused, within, ..self }
    }

    pub(super) fn taken_per_s(&self) -> f64 {
        self.per_s(self.taken)
    }

    pub(super) fn refused_per_s(&self) -> f64 {
        self.per_s(self.refused)
    }

    fn per_s(&self, count: u64) -> f64 {
        if self.within.is_zero() { 0.0 } else { count as f64 / self.within.as_secs_f64() }
    }
}

fn top_up(customer: &Customer, key: String) -> Call {
    let body = json!({"amount": Money::new(PRICE, Currency::CNY), "bank_card": customer.bank_card});
    Call::Post { path: "/v1/top-ups", token: customer.token.clone(), key, body: body.to_string() }
}
