//! Payments from balance over HTTP against the service as a process of its own, beside a bare endpoint as a
//! process of its own, and on PostgreSQL beside one transaction for each payment.

use super::child::Server;
use super::load::{Answered, Call, send};
use super::people::{PRICE, Person, Placed, Stage};
use super::per_transaction::Reference;
use super::report::{HttpFigure, median};
use super::scratch::{Place, Scratch};
use super::{BenchError, Tools};
use makegood_money::{Currency, Money};
use makegood_sql::Dialect;
use serde_json::json;
use std::collections::BTreeMap;
use std::vec::IntoIter;

const CONNECTIONS: [usize; 2] = [64, 256];
const PEOPLE: usize = 256;
const SHOPS_MANY: usize = 64;

/// What is measured in each run, in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Bare,
    Many,
    One,
}

/// What payments are made of.
struct Shopping {
    people: Vec<Person>,
    many: IntoIter<Placed>,
    one: IntoIter<Placed>,
}

/// What came of all runs with so many connections.
#[derive(Default)]
struct Cell {
    answers: BTreeMap<Kind, Vec<Answered>>,
    /// Of the reference, on PostgreSQL.
    per_transaction: Vec<f64>,
}

pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Vec<HttpFigure>, BenchError> {
    let place = scratch.new_place().await?;
    let count = tools.size.payments;
    let warm_up = count.div_ceil(4);
    let payments = CONNECTIONS.len() * (warm_up + tools.size.runs * count);
    let mut shopping = shop(&place, tools, payments).await?;
    let mut reference = match scratch.dialect() {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(Reference::open(scratch, tools, PEOPLE, payments).await?),
    };
    let bare = Server::start(["bench", "--bare-endpoint"], None).await?;
    let service = Server::serve(&place).await?;
    let mut cells = CONNECTIONS.map(|_| Cell::default());
    for run in 0..=tools.size.runs {
        // The first is not counted.
        let count = if run == 0 { warm_up } else { count };
        for (connections, cell) in CONNECTIONS.into_iter().zip(&mut cells) {
            for kind in [Kind::Bare, Kind::Many, Kind::One] {
                let lists = shopping.posts(kind, connections, count);
                let address = if kind == Kind::Bare { &bare.address } else { &service.address };
                let answered = send(address, lists).await?;
                if run > 0 {
                    cell.answers.entry(kind).or_default().push(answered);
                }
            }
            if let Some(reference) = &mut reference {
                let per_s = reference.run(connections, count).await?;
                cell.per_transaction.extend((run > 0).then_some(per_s));
            }
        }
    }
    service.kill().await?;
    bare.kill().await?;
    let figures = CONNECTIONS.into_iter().zip(&cells).flat_map(|(connections, cell)| {
        [Kind::Many, Kind::One].map(|kind| cell.figure(scratch.name(), connections, kind))
    });
    Ok(figures.collect())
}

impl Cell {
    fn figure(&self, database: &'static str, connections: usize, kind: Kind) -> HttpFigure {
        let (bare, paid) = (&self.answers[&Kind::Bare], &self.answers[&kind]);
        let is_one = kind == Kind::One;
        let reference = Some(&self.per_transaction).filter(|rates| is_one && !rates.is_empty());
        HttpFigure {
            database,
            connections,
            merchants: if is_one { "one" } else { "many" },
            per_s: median(paid.iter().map(|run| run.per_s)),
            bare_per_s: median(bare.iter().map(|run| run.per_s)),
            ratio: median(paid.iter().zip(bare).map(|(paid, bare)| paid.per_s / bare.per_s)),
            per_transaction_per_s: reference.map(|rates| median(rates.iter().copied())),
            per_transaction_ratio: reference
                .map(|rates| median(paid.iter().zip(rates).map(|(paid, rate)| paid.per_s / rate))),
            p50_ms: median(paid.iter().map(|run| run.p50_ms)),
            p99_ms: median(paid.iter().map(|run| run.p99_ms)),
            bare_p99_ms: median(bare.iter().map(|run| run.p99_ms)),
        }
    }
}

/// Everything that comes before a payment: people, merchants, and as many orders at many of them, and at one.
async fn shop(place: &Place, tools: &Tools, orders: usize) -> Result<Shopping, BenchError> {
    let (stage, ended) = Stage::start(place.database.clone(), place.secrets.clone(), tools);
    let people = stage.people(PEOPLE).await?;
    let owner = people.first().ok_or_else(|| BenchError::Unexpected("nobody is there".to_owned()))?;
    let shops = stage.shops(owner, SHOPS_MANY + 1).await?;
    let many = stage.orders(&shops[1..], 0, orders).await?.into_iter();
    let one = stage.orders(&shops[..1], 0, orders).await?.into_iter();
    drop(stage);
    ended.await.map_err(|error| BenchError::Unexpected(error.to_string()))?;
    Ok(Shopping { people, many, one })
}

impl Shopping {
    /// As many payments as are wanted, in as many lists as there are connections, each somebody's own.
    fn posts(&mut self, kind: Kind, connections: usize, count: usize) -> Vec<Vec<Call>> {
        let mut lists: Vec<Vec<Call>> = (0..connections).map(|_| Vec::new()).collect();
        for number in 0..count {
            let placed = match kind {
                // The bare endpoint looks at nothing, so that any order does.
                Kind::Bare => self.many.as_slice().first().copied(),
                Kind::Many => self.many.next(),
                Kind::One => self.one.next(),
            };
            let Some(placed) = placed else { break };
            let payer = &self.people[number % connections % self.people.len()];
            lists[number % connections].push(payment(payer, placed, number));
        }
        lists
    }
}

/// The payment of an order from the payer's balance.
pub(super) fn payment(payer: &Person, (order, payee): Placed, number: usize) -> Call {
    let amount = Money::new(PRICE, Currency::CNY);
    let body = json!({
        "order": order, "source": {"type": "balance"}, "expect": {"amount": amount, "payee": payee},
    });
    Call::Post {
        path: "/v1/payments",
        token: payer.token.clone(),
        key: format!("{order}-{number}"),
        body: body.to_string(),
    }
}
