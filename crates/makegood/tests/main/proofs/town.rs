//! People with money and shops: whom the load is between. Passwords are slow to hash, so they are made once.

use super::client::{Client, money};
use futures_util::future::join_all;
use makegood_testkit::{Answer, PASSWORD};
use serde_json::{Value, json};

/// What each person has when the load begins, in minor units: more than any load can spend.
pub(crate) const FUNDS: i64 = 100_000_000;
/// The simulated bank's card that always works.
const CARD_NUMBER: &str = "6222000000001114";

/// Somebody with a session, a card and money.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) card: String,
}

/// A shop with its API key.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) id: String,
    pub(crate) token: String,
}

#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) people: Vec<Person>,
    pub(crate) shops: Vec<Shop>,
}

impl Town {
    /// Settles so many people and shops. The first person owns all shops.
    pub(crate) async fn found(client: &Client, people: usize, shops: usize) -> Self {
        let people = join_all((0..people).map(|number| person(client, number))).await;
        let owner = people[0].token.as_str();
        let shops = join_all((0..shops).map(|number| async move {
            let body = json!({"name": format!("Tea House {number}")});
            let shop = done(client, "/v1/merchants", Some(owner), &format!("shop-{number}"), body).await;
            Shop { id: shop.text("/id").to_owned(), token: shop.text("/api_key").to_owned() }
        }));
        let shops = shops.await;
        Self { people, shops }
    }
}

async fn person(client: &Client, number: usize) -> Person {
    let login = format!("person.{number}@example.com");
    let body = json!({"login": login, "password": PASSWORD, "display_name": "Li Wei"});
    let id = done(client, "/v1/users", None, "register", body).await.text("/id").to_owned();
    let body = json!({"login": login, "password": PASSWORD});
    let token = done(client, "/v1/sessions", None, "log-in", body).await.text("/token").to_owned();
    let body = json!({"bank": "simbank", "number": CARD_NUMBER, "holder_name": "Li Wei"});
    let card = done(client, "/v1/me/bank-cards", Some(&token), "card", body).await.text("/id").to_owned();
    let path = format!("/v1/me/bank-cards/{card}/confirm");
    let _active = done(client, &path, Some(&token), "confirm", json!({"code": "123456"})).await;
    let person = Person { id, token, card };
    top_up(client, &person, "funds", FUNDS).await;
    person
}

/// Tops up from the card, and waits until the money is there: the bank was asked, and has answered.
pub(crate) async fn top_up(client: &Client, person: &Person, key: &str, minor: i64) {
    let token = Some(person.token.as_str());
    let body = json!({"amount": money(minor), "bank_card": person.card});
    let top_up = done(client, "/v1/top-ups", token, key, body).await;
    let path = format!("/v1/top-ups/{}?wait=20", top_up.text("/id"));
    for _ in 0..3 {
        if client.get(&path, token).await.unwrap().expect(200).text("/status") == "succeeded" {
            return;
        }
    }
    panic!("{path} has not succeeded after a minute");
}

/// Posts what must succeed.
async fn done(client: &Client, path: &str, token: Option<&str>, key: &str, body: Value) -> Answer {
    let answer = client.post(path, token, key, &body).await.unwrap();
    let told = String::from_utf8_lossy(&answer.body);
    assert!((200..300).contains(&answer.status), "{path}: {} {told}", answer.status);
    answer
}
