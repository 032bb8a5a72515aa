//! A service with three banks, and the people who use it.

use super::customers::{Customer, Customers};
use crate::bench::child::Server;
use crate::bench::http::payment;
use crate::bench::load::{Call, ask, connect};
use crate::bench::people::{Person, Placed, Stage};
use crate::bench::scratch::{Place, Scratch};
use crate::bench::{BenchError, Tools};
use crate::output::note;
use makegood_app::{Bank, BankConfig, BankSecrets, Secrets};
use makegood_banking::{BreakerLimits, Schedule};
use makegood_banksim::cards;
use makegood_wallet::{Outlooks, Settings};
use std::time::{Duration, Instant};
use std::vec::IntoIter;

/// The banks: by name, how each does at its peak, and at what time of its day. The first one's name is what a service in
/// a test set-up calls it.
const BANKS: [(&str, &str, &str); 3] =
    [("testbank", "peak", "10:00"), ("north", "peak", "12:30"), ("south", "outage", "12:30")];
/// The id of the bank that the payers' money came from, before there was any service.
const FIRST_BANK: &str = "simbank";
const CONNECTIONS: usize = 64;
/// So many have a card at each bank.
const CUSTOMERS: usize = 16;
/// How long it may take until the banks are as busy as they are to be.
const BUSY_IN_MAX: Duration = Duration::from_secs(60);

/// How the banks of a world do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// At once, all of them.
    Calm,
    /// Two at their peak, one out, and a queue before each.
    Peak,
}

/// A place with people, and orders to pay.
pub(super) struct World {
    place: Place,
    mood: Mood,
    people: Vec<Person>,
    customers: Vec<Customer>,
    orders: IntoIter<Placed>,
    runs: usize,
}

/// A world whose service and banks run.
pub(super) struct Open {
    service: Server,
    /// Somebody's who asks how the banks do.
    token: String,
    banks: Vec<Server>,
}

impl World {
    /// Everything that comes before: people with money and with cards at the banks, orders for so many measurements,
    /// each with a quarter more to warm up.
    pub(super) async fn prepare(
        scratch: &Scratch,
        tools: &Tools,
        mood: Mood,
        measurements: usize,
    ) -> Result<Self, BenchError> {
        note(&format!("{}: a service with three banks", scratch.name()).to_lowercase());
        let place = scratch.new_place().await?;
        let agreements = agreements(&place).await?;
        let banks =
            BANKS.iter().map(|(bank, _, _)| (*bank).to_owned()).chain([FIRST_BANK.to_owned()]).collect();
        let settings = Settings { banks, ..Settings::default() };
        let (stage, ended) =
            Stage::start_with(place.database.clone(), place.secrets.clone(), tools, settings);
        let mut people = stage.people(CONNECTIONS + CUSTOMERS).await?;
        let count = tools.size.peak_payments;
        let shops = stage.shops(&people[0], CONNECTIONS).await?;
        let orders = stage.orders(&shops, 0, measurements * (count + count.div_ceil(4))).await?.into_iter();
        let with_cards = people.split_off(CONNECTIONS);
        let mut customers = Vec::new();
        for (person, agreements) in with_cards.iter().zip(&agreements) {
            for ((bank, _, _), agreement) in BANKS.iter().zip(agreements) {
                let bank_card = stage.card(person.caller, bank, agreement).await?;
                customers.push((person.clone(), Customer { token: person.token.clone(), bank_card }));
            }
        }
        if mood == Mood::Peak {
            let holders: Vec<_> =
                customers.iter().map(|(person, customer)| holder(person, customer)).collect();
            stage.top_ups(&holders, BANKS.len() * tools.size.peak_waiting).await?;
        }
        drop(stage);
        ended.await.map_err(|error| BenchError::Unexpected(error.to_string()))?;
        place.database.close().await;
        let customers = customers.into_iter().map(|(_, customer)| customer).collect();
        Ok(Self { place, mood, people, customers, orders, runs: 0 })
    }

    /// Starts the banks and the service.
    pub(super) async fn open(&mut self) -> Result<Open, BenchError> {
        self.runs += 1;
        // The banks have to know where the service is, and it where they are: its address is chosen first, and taken a
        // moment later.
        let listen = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut banks = Vec::new();
        for bank in BANKS {
            banks.push(start_bank(&self.place, bank, self.mood, Some(&listen)).await?);
        }
        let url = |bank: &Server| format!("http://{}", bank.address);
        let [first, more @ ..] = banks.as_slice() else {
            return Err(BenchError::Unexpected("there is no bank".to_owned()));
        };
        let more = BANKS.iter().skip(1).zip(more).map(|((name, _, _), bank)| format!("{name}={}", url(bank)));
        let mut arguments = self.place.serve_arguments_at(&listen);
        let named: Vec<_> = more.collect();
        arguments.extend(["--bank-url".to_owned(), url(first), "--more-banks".to_owned(), named.join(",")]);
        let service = Server::start(arguments, self.place.database_url()).await?;
        Ok(Open { service, token: self.people[0].token.clone(), banks })
    }

    /// As many payments as are wanted, in as many lists as there are connections.
    pub(super) fn posts(&mut self, count: usize) -> Vec<Vec<Call>> {
        let mut lists: Vec<Vec<Call>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
        for (number, placed) in self.orders.by_ref().take(count).enumerate() {
            let payer = number % CONNECTIONS;
            lists[payer].push(payment(&self.people[payer], placed, number));
        }
        lists
    }

    /// The customers begin.
    pub(super) async fn customers(&self, address: &str) -> Result<Customers, BenchError> {
        Customers::start(address, &self.customers, self.runs).await
    }
}

impl Open {
    pub(super) fn address(&self) -> &str {
        &self.service.address
    }

    /// How many transfers are at the banks, or wait for a place there.
    pub(super) async fn waiting(&self) -> Result<u64, BenchError> {
        let banks = self.views().await?;
        let count = |bank: &serde_json::Value, name: &str| bank[name].as_u64().unwrap_or_default();
        Ok(banks.iter().map(|bank| count(bank, "calls") + count(bank, "waiting")).sum())
    }

    /// Waits until a bank has a queue, and the one that is out is known to be.
    pub(super) async fn wait_until_busy(&self) -> Result<(), BenchError> {
        let began = Instant::now();
        loop {
            let banks = self.views().await?;
            let has_queue = banks.iter().any(|bank| bank["waiting"].as_u64().unwrap_or_default() > 0);
            let is_out = |bank: &serde_json::Value| bank["id"] == BANKS[2].0 && bank["state"] == "down";
            if has_queue && banks.iter().any(is_out) {
                return Ok(());
            }
            if began.elapsed() > BUSY_IN_MAX {
                return Err(BenchError::Unexpected(format!("the banks are not busy: {banks:?}")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn views(&self) -> Result<Vec<serde_json::Value>, BenchError> {
        let mut connection = connect(self.address()).await?;
        let call = Call::Get { path: "/v1/banks".to_owned(), token: self.token.clone() };
        let (status, body) = ask(&mut connection, self.address(), call).await?;
        let banks: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let banks = banks["data"].as_array().cloned();
        banks.ok_or_else(|| BenchError::Unexpected(format!("/v1/banks: {status}")))
    }

    /// Stops the service and the banks at once.
    pub(super) async fn kill(self) -> Result<(), BenchError> {
        self.service.kill().await?;
        for bank in self.banks {
            bank.kill().await?;
        }
        Ok(())
    }
}

/// A person who pays with this card.
fn holder(person: &Person, customer: &Customer) -> Person {
    Person { bank_card: customer.bank_card, ..person.clone() }
}

async fn start_bank(
    place: &Place,
    (name, profile, time): (&str, &str, &str),
    mood: Mood,
    service: Option<&str>,
) -> Result<Server, BenchError> {
    let mut arguments = place.bank_arguments(name);
    let mut add = |flag: &str, value: &str| arguments.extend([flag.to_owned(), value.to_owned()]);
    if name != BANKS[0].0 {
        add("--bank-name", name);
    }
    add("--profile", if mood == Mood::Peak { profile } else { "calm" });
    add("--time-of-day", time);
    if let Some(service) = service {
        add("--callback-url", &format!("http://{service}/v1/bank-callbacks/{name}"));
    }
    Server::start(arguments, None).await
}

/// What the banks know the customers' cards by: for each customer, at each bank.
async fn agreements(place: &Place) -> Result<Vec<Vec<String>>, BenchError> {
    let mut agreements = vec![Vec::new(); CUSTOMERS];
    for bank in BANKS {
        let running = start_bank(place, bank, Mood::Calm, None).await?;
        let client = client(bank.0, &running.address, &place.secrets)?;
        for known in &mut agreements {
            let refused = |refusal| BenchError::Unexpected(format!("a bank refuses a card: {refusal:?}"));
            let card = client.link(cards::ALWAYS_WORKS, "Li Wei").await.map_err(refused)?;
            client.confirm(&card.agreement, "123456").await.map_err(refused)?;
            known.push(card.agreement);
        }
        running.kill().await?;
    }
    Ok(agreements)
}

fn client(name: &str, address: &str, secrets: &Secrets) -> Result<Bank, BenchError> {
    let secret = if name == BANKS[0].0 {
        secrets.bank_secret.clone()
    } else {
        let BankSecrets { secret, .. } = secrets.of_bank(name);
        secret
    };
    let config = BankConfig {
        id: name.to_owned(),
        name: name.to_owned(),
        url: format!("http://{address}"),
        secret,
        callback_secret: None,
        answer_timeout: Duration::from_secs(10),
    };
    let (breaker, schedule) = (BreakerLimits::default(), Schedule::default());
    Bank::new(&config, 1, breaker, schedule, Outlooks::default()).map_err(BenchError::Unexpected)
}
