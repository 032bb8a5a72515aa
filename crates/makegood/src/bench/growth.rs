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

const PEOPLE: usize = 256;
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

#[derive(Default)]
struct Rates {
    payments: Vec<f64>,
    pages: Vec<f64>,
    look_ups: Vec<f64>,
    traces: Vec<f64>,
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
    for _ in 0..tools.size.runs {
        for grown in &mut grown {
            grown.pay(tools.size.payments).await?;
        }
    }
    let mut figures = Vec::new();
    let mut servers = Vec::new();
    for grown in &grown {
        let began = Instant::now();
        let server = Server::start(grown.place.serve_arguments()).await?;
        servers.push((server, began.elapsed().as_secs_f64() * 1_000.0));
    }
    for _ in 0..tools.size.runs {
        for (grown, (server, _)) in grown.iter_mut().zip(&servers) {
            grown.read(server, tools.size.reads).await?;
        }
    }
    for (grown, (server, start_ms)) in grown.iter().zip(servers) {
        server.kill().await?;
        figures.push(GrowthFigure {
            database: scratch.name(),
            history: grown.history,
            per_s: median(grown.rates.payments.iter().copied()),
            page_per_s: median(grown.rates.pages.iter().copied()),
            look_up_per_s: median(grown.rates.look_ups.iter().copied()),
            trace_per_s: median(grown.rates.traces.iter().copied()),
            start_ms,
        });
    }
    let verified = match grown.last() {
        Some(grown) => verify(scratch, grown).await?,
        None => return Err(BenchError::Unexpected("no history was grown".to_owned())),
    };
    Ok((figures, verified))
}

async fn verify(scratch: &Scratch, grown: &Grown) -> Result<VerifyFigure, BenchError> {
    note(&format!("{}: verify", scratch.name()));
    let began = Instant::now();
    let report = makegood_ledger_sql::verify(&grown.place.database).await?;
    let took = began.elapsed().as_secs_f64();
    if !report.is_clean() {
        return Err(BenchError::Unexpected(format!("verify found differences: {:?}", report.differences)));
    }
    let (transactions, legs) = (report.transactions, report.legs);
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

    /// One run of payments.
    async fn pay(&mut self, count: usize) -> Result<(), BenchError> {
        let orders = self.place_orders(count).await?;
        let began = Instant::now();
        self.stage.pay(&self.people, &orders).await?;
        self.rates.payments.push(count as f64 / began.elapsed().as_secs_f64());
        Ok(())
    }

    /// One run of each kind of read, over the service.
    async fn read(&mut self, server: &Server, count: usize) -> Result<(), BenchError> {
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
        self.rates.pages.push(send(&server.address, pages).await?.per_s);
        self.rates.look_ups.push(send(&server.address, look_ups).await?.per_s);
        self.rates.traces.push(send(&server.address, traces).await?.per_s);
        Ok(())
    }
}

fn calls() -> Vec<Vec<Call>> {
    (0..CONNECTIONS).map(|_| Vec::new()).collect()
}
