//! How cost grows with history: two databases in one run, interleaved, one with a short history and one with a
//! long one.

use super::child::Server;
use super::load::{Call, send};
use super::people::{Person, Placed, Shop, Stage};
use super::report::{GrowthFigure, VerifyFigure, median};
use super::scratch::{Place, Scratch};
use super::{BenchError, Tools};
use crate::output::note;
use makegood_base::PaymentId;
use std::time::Instant;

/// So few that a page of fifty is full in the short history too.
const PEOPLE: usize = 64;
const SHOPS: usize = 64;
const CONNECTIONS: usize = 16;
/// How many orders are made and paid at a time while a history grows: what is in memory at once.
const CHUNK: usize = 20_000;
/// About how many payments of a history are looked at.
const SAMPLE: usize = 5_000;

/// A database with its history.
struct Grown {
    history: usize,
    place: Place,
    stage: Stage,
    people: Vec<Person>,
    shops: Vec<Shop>,
    /// How many orders there are.
    orders: usize,
    /// Some payments of the whole history, each with its payer and the number of its order.
    sample: Vec<(PaymentId, usize, usize)>,
    rates: Rates,
}

/// The rates of each run, and how long each start took.
#[derive(Default)]
struct Rates {
    payments: Vec<f64>,
    pages: Vec<f64>,
    look_ups: Vec<f64>,
    traces: Vec<f64>,
    starts_ms: Vec<f64>,
}

/// The figures of growth, and those of verifying the long history.
pub(super) async fn measure(
    scratch: &Scratch,
    tools: &Tools,
) -> Result<(Vec<GrowthFigure>, VerifyFigure), BenchError> {
    let mut grown = Vec::new();
    for history in tools.size.histories {
        grown.push(Grown::grow(scratch, tools, history).await?);
    }
    // The first run of each kind is not counted.
    for run in 0..=tools.size.runs {
        for grown in &mut grown {
            grown.pay(tools.size.payments, run > 0).await?;
        }
    }
    for _ in 0..tools.size.runs {
        for grown in &mut grown {
            let began = Instant::now();
            let server = Server::serve(&grown.place).await?;
            grown.rates.starts_ms.push(began.elapsed().as_secs_f64() * 1_000.0);
            server.kill().await?;
        }
    }
    let mut servers = Vec::new();
    for grown in &grown {
        servers.push(Server::serve(&grown.place).await?);
    }
    for run in 0..=tools.size.runs {
        for (grown, server) in grown.iter_mut().zip(&servers) {
            grown.read(server, tools.size.reads, run > 0).await?;
        }
    }
    for server in servers {
        server.kill().await?;
    }
    let [short, long] = grown.as_slice() else {
        return Err(BenchError::Unexpected("there are not two histories".to_owned()));
    };
    let figures = vec![short.figure(scratch, short), long.figure(scratch, short)];
    Ok((figures, verify(scratch, long, tools.size.runs).await?))
}

/// All that `makegood verify` does, as often as there are runs.
async fn verify(scratch: &Scratch, grown: &Grown, runs: usize) -> Result<VerifyFigure, BenchError> {
    note(&format!("{}: verify", scratch.name()));
    let mut seconds = Vec::new();
    let (mut transactions, mut legs) = (0, 0);
    for _ in 0..runs {
        let began = Instant::now();
        let report = crate::verify::verify(&grown.place.database).await;
        seconds.push(began.elapsed().as_secs_f64());
        let report = report.map_err(|error| BenchError::Unexpected(error.to_string()))?;
        if !report.is_clean() {
            return Err(BenchError::Unexpected(report.lines().join("\n")));
        }
        (transactions, legs) = (report.ledger.transactions, report.ledger.legs);
    }
    let took = median(seconds);
    Ok(VerifyFigure {
        database: scratch.name(),
        transactions,
        legs,
        per_s: transactions as f64 / took,
        legs_per_s: legs as f64 / took,
    })
}

impl Grown {
    async fn grow(scratch: &Scratch, tools: &Tools, history: usize) -> Result<Self, BenchError> {
        note(&format!("{}: a history of {history} payments", scratch.name()));
        let place = scratch.new_place().await?;
        let (stage, _ends_with_the_stage) =
            Stage::start(place.database.clone(), place.secrets.clone(), tools);
        let people = stage.people(PEOPLE).await?;
        let shops = stage.shops(&people[0], SHOPS).await?;
        let (orders, sample, rates) = (0, Vec::new(), Rates::default());
        let mut grown = Self { history, place, stage, people, shops, orders, sample, rates };
        while grown.orders < history {
            let first = grown.orders;
            let placed = grown.place_orders(CHUNK.min(history - first)).await?;
            let payments = grown.stage.pay(&grown.people, &placed).await?;
            let numbered = payments.into_iter().enumerate();
            let numbered = numbered.map(|(number, (payment, payer))| (payment, payer, first + number));
            grown.sample.extend(numbered.step_by(1 + history / SAMPLE));
        }
        Ok(grown)
    }

    async fn place_orders(&mut self, count: usize) -> Result<Vec<Placed>, BenchError> {
        let first = self.orders;
        self.orders += count;
        self.stage.orders(&self.shops, first, count).await
    }

    /// The figures of this history, beside those of the short one.
    fn figure(&self, scratch: &Scratch, short: &Self) -> GrowthFigure {
        let ratio = |rates: fn(&Rates) -> &Vec<f64>| {
            median(rates(&self.rates).iter().zip(rates(&short.rates)).map(|(long, short)| long / short))
        };
        GrowthFigure {
            database: scratch.name(),
            history: self.history,
            per_s: median(self.rates.payments.iter().copied()),
            ratio: ratio(|rates| &rates.payments),
            page_per_s: median(self.rates.pages.iter().copied()),
            page_ratio: ratio(|rates| &rates.pages),
            look_up_per_s: median(self.rates.look_ups.iter().copied()),
            look_up_ratio: ratio(|rates| &rates.look_ups),
            trace_per_s: median(self.rates.traces.iter().copied()),
            trace_ratio: ratio(|rates| &rates.traces),
            start_ms: median(self.rates.starts_ms.iter().copied()),
        }
    }

    /// One run of payments.
    async fn pay(&mut self, count: usize, counts: bool) -> Result<(), BenchError> {
        let orders = self.place_orders(count).await?;
        let began = Instant::now();
        self.stage.pay(&self.people, &orders).await?;
        let per_s = count as f64 / began.elapsed().as_secs_f64();
        self.rates.payments.extend(counts.then_some(per_s));
        Ok(())
    }

    /// One run of each kind of read, over the service.
    async fn read(&mut self, server: &Server, count: usize, counts: bool) -> Result<(), BenchError> {
        let sample = self.sample.iter().cycle().step_by(1 + self.sample.len() / count.max(1));
        let sample: Vec<_> = sample.take(count).copied().collect();
        let mut pages = calls();
        let mut look_ups = calls();
        let mut traces = calls();
        for (turn, (payment, payer, number)) in sample.into_iter().enumerate() {
            let token = self.people[payer].token.clone();
            let connection = turn % CONNECTIONS;
            let page = "/v1/me/transactions?limit=50".to_owned();
            pages[connection].push(Call::Get { path: page, token: token.clone() });
            let look_up = format!("/v1/orders?merchant_order_no={number}");
            let shop = self.shops[number % SHOPS].token.clone();
            look_ups[connection].push(Call::Get { path: look_up, token: shop });
            traces[connection].push(Call::Get { path: format!("/v1/payments/{payment}/trace"), token });
        }
        let Rates { pages: page_rates, look_ups: look_up_rates, traces: trace_rates, .. } = &mut self.rates;
        for (rates, calls) in [(page_rates, pages), (look_up_rates, look_ups), (trace_rates, traces)] {
            let per_s = send(&server.address, calls).await?.per_s;
            rates.extend(counts.then_some(per_s));
        }
        Ok(())
    }
}

fn calls() -> Vec<Vec<Call>> {
    (0..CONNECTIONS).map(|_| Vec::new()).collect()
}
