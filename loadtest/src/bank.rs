//! The simulated bank, as whoever runs it sees it: its dial, its faults, and its own books.

use crate::Failure;
use crate::http::Client;
use makegood_base::Timestamp;
use makegood_money::Money;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A bank that runs.
#[derive(Debug, Clone)]
pub(crate) struct Bank {
    client: Client,
    secret: String,
}

/// A transfer as the bank shows it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Shown {
    pub(crate) reference: String,
    pub(crate) status: String,
}

/// A movement on the wallet's account at the bank.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) reference: Option<String>,
    pub(crate) direction: String,
    pub(crate) amount: Money,
    pub(crate) booked_at: Timestamp,
}

/// How many movements a page of the books has.
const ENTRIES: usize = 1_000;

impl Bank {
    pub(crate) fn new(url: &str, secret: &str) -> Result<Self, Failure> {
        Ok(Self { client: Client::new(url)?, secret: secret.to_owned() })
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.client.get(path, Some(&self.secret)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.client.post(path, Some(&self.secret), body).await
    }

    pub(crate) async fn set_profile(&self, profile: &Value) -> Result<(), Failure> {
        self.post("/control/profile", profile).await.map(drop)
    }

    pub(crate) async fn set_faults(&self, faults: &Value) -> Result<(), Failure> {
        self.post("/control/faults", faults).await.map(drop)
    }

    /// Brings to an end what it has never answered.
    pub(crate) async fn resolve(&self) -> Result<u64, Failure> {
        let answer = self.post("/control/resolve", &json!({"outcome": "succeeded"})).await?;
        Ok(answer["resolved"].as_u64().unwrap_or_default())
    }

    /// How long half of its answers take now, in milliseconds.
    pub(crate) async fn latency_p50_ms(&self) -> Result<u64, Failure> {
        Ok(self.get("/control/profile").await?["latency_p50_ms"].as_u64().unwrap_or_default())
    }

    /// How many callbacks are still to be taken, and how many forged ones were believed.
    pub(crate) async fn callbacks(&self) -> Result<(u64, u64), Failure> {
        let counts = self.get("/control/callbacks").await?;
        let count = |name: &str| counts[name].as_u64().ok_or("the bank does not count its callbacks");
        Ok((count("pending")?, count("forgeries_believed")?))
    }

    /// How many transfers it will still change by itself.
    pub(crate) async fn changes_to_come(&self) -> Result<u64, Failure> {
        let page = self.get("/control/entries?limit=1").await?;
        Ok(page["changes_to_come"].as_u64().ok_or("the bank does not count its changes")?)
    }

    /// What it did wrong: the references by kind.
    pub(crate) async fn injected(&self) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        #[derive(Deserialize)]
        struct Row {
            kind: String,
            references: Vec<String>,
        }
        let rows: Vec<Row> = serde_json::from_value(self.get("/control/injected").await?["data"].take())?;
        Ok(rows.into_iter().map(|row| (row.kind, row.references)).collect())
    }

    /// The transfers of which it has told nobody how they stand now.
    pub(crate) async fn untold(&self) -> Result<BTreeSet<String>, Failure> {
        Ok(serde_json::from_value(self.get("/control/injected").await?["untold"].take())?)
    }

    /// Whether its books agree with themselves: no account differs from its entries, and all sums are zero.
    pub(crate) async fn is_balanced(&self) -> Result<bool, Failure> {
        let books = self.get("/v1/books").await?;
        let is_zero = |sum: &Value| {
            sum["amount"]
                .as_str()
                .is_some_and(|text| !text.contains(['1', '2', '3', '4', '5', '6', '7', '8', '9']))
        };
        let sums = books["sums"].as_array();
        Ok(books["differences"] == 0 && sums.is_some_and(|sums| sums.iter().all(is_zero)))
    }

    /// Every transfer that it knows.
    pub(crate) async fn transfers(&self) -> Result<Vec<Shown>, Failure> {
        let rows = self.client.all("/v1/transfers", Some(&self.secret)).await?;
        Ok(rows.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?)
    }

    /// Every movement on the wallet's account, in the order in which they were booked.
    pub(crate) async fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let (mut entries, mut cursor) = (Vec::new(), 0);
        loop {
            let mut page = self.get(&format!("/control/entries?limit={ENTRIES}&cursor={cursor}")).await?;
            let next = page["next_cursor"].as_i64();
            let rows: Vec<Entry> = serde_json::from_value(page["data"].take())?;
            entries.extend(rows);
            match next {
                Some(next) => cursor = next,
                None => return Ok(entries),
            }
        }
    }
}
