//! Payments from balance over HTTP against the service as a process of its own, beside a bare endpoint as a
//! process of its own.

use super::child::Server;
use super::load::{Answered, Call, send};
use super::people::{PRICE, Person, Placed, Stage};
use super::report::{HttpFigure, median};
use super::scratch::{Place, Scratch};
use super::{BenchError, Tools};
use makegood_money::{Currency, Money};
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

pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Vec<HttpFigure>, BenchError> {
    let place = scratch.new_place().await?;
    let mut shopping = shop(&place, tools).await?;
    let bare = Server::start(["bench", "--bare-endpoint"]).await?;
    let service = Server::start(place.serve_arguments()).await?;
    let mut answers: BTreeMap<(usize, Kind), Vec<Answered>> = BTreeMap::new();
    for _ in 0..tools.size.runs {
        for connections in CONNECTIONS {
            for kind in [Kind::Bare, Kind::Many, Kind::One] {
                let lists = shopping.posts(kind, connections, tools.size.payments);
                let address = if kind == Kind::Bare { &bare.address } else { &service.address };
                answers.entry((connections, kind)).or_default().push(send(address, lists).await?);
            }
        }
    }
    service.kill().await?;
    bare.kill().await?;
    let figure = |connections: usize, kind: Kind| {
        let (bare, paid) = (&answers[&(connections, Kind::Bare)], &answers[&(connections, kind)]);
        HttpFigure {
            database: scratch.name(),
            connections,
            merchants: if kind == Kind::One { "one" } else { "many" },
            per_s: median(paid.iter().map(|run| run.per_s)),
            bare_per_s: median(bare.iter().map(|run| run.per_s)),
            ratio: median(paid.iter().zip(bare).map(|(paid, bare)| paid.per_s / bare.per_s)),
            per_transaction_per_s: None,
            p50_ms: median(paid.iter().map(|run| run.p50_ms)),
            p99_ms: median(paid.iter().map(|run| run.p99_ms)),
            bare_p99_ms: median(bare.iter().map(|run| run.p99_ms)),
        }
    };
    let cells = CONNECTIONS.into_iter().flat_map(|count| [(count, Kind::Many), (count, Kind::One)]);
    Ok(cells.map(|(connections, kind)| figure(connections, kind)).collect())
}

/// Everything that comes before a payment: people, merchants, orders.
async fn shop(place: &Place, tools: &Tools) -> Result<Shopping, BenchError> {
    let (stage, ended) = Stage::start(place.database.clone(), place.secrets.clone(), tools);
    let people = stage.people(PEOPLE).await?;
    let owner = people.first().ok_or_else(|| BenchError::Unexpected("nobody is there".to_owned()))?;
    let shops = stage.shops(owner, SHOPS_MANY + 1).await?;
    let orders = tools.size.runs * CONNECTIONS.len() * tools.size.payments;
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
