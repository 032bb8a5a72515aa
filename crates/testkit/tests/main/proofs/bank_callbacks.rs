//! P12: what a bank tells by itself, in every order, twice, forged. Up to six messages in all of their orders come to
//! what the first final word says; a late yes is given back, and what was taken back is not there.

use super::{figure, length, proved, trials_between};
use crate::scripted_bank::{Fate, ScriptedBank, callback_secret};
use makegood_banksim::cards;
use makegood_notify::WebhookSecret;
use makegood_testkit::{Db, FakeClock, Person, TestWallet};
use makegood_wallet::Query;
use makegood_wallet::tables::{BankCardId, TopUpId};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(every_order_of_messages);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Accepted,
    Succeeded,
    Refused,
    Returned,
    /// That it succeeded, by somebody who does not have the secret.
    Forged,
}

use Says::{Accepted, Forged, Refused, Returned, Succeeded};

/// What a bank may come to say of one transfer, in any order.
const SETS: [&[Says]; 4] = [
    &[Succeeded, Accepted],
    &[Refused, Succeeded, Forged, Accepted],
    &[Succeeded, Succeeded, Accepted, Refused, Refused, Forged],
    &[Succeeded, Succeeded, Returned, Accepted, Refused, Forged],
];

struct Scene {
    bank: ScriptedBank,
    wallet: TestWallet,
    payer: Person,
    card: BankCardId,
    own: WebhookSecret,
}

async fn every_order_of_messages(db: Db) {
    let clock = FakeClock::new();
    let bank = ScriptedBank::open(clock.clone()).await;
    let wallet = TestWallet::start_at_bank(db, &bank.url, clock).await;
    let payer = wallet.user().await;
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let own = callback_secret(&wallet);
    let scene = Scene { bank, wallet, payer, card, own };
    // It accepts all of them, and settles none by itself.
    scene.bank.set(Fate::Settles(Duration::from_secs(1_000_000_000)));
    let orders: Vec<Vec<Says>> = SETS.iter().flat_map(|set| permutations(set)).collect();
    let all = figure(orders.len());
    // All of them each time, as often as the scale says.
    let rounds = trials_between(1, 3);
    let (mut balance, mut messages, mut forged) = (0, 0, 0);
    for _ in 0..rounds {
        for order in &orders {
            let told = scene.tell(order).await;
            balance += told.credited;
            messages += order.len();
            forged += told.forged;
        }
    }
    assert_eq!(
        scene.wallet.balance(&scene.payer).await,
        format!("{balance}.00"),
        "each order came to what it says"
    );
    // The control is a message of the bank's own instead of a forged one: it changes something.
    let control = scene.tell(&[Succeeded]).await;
    let figures = [
        ("permutations", all * rounds),
        ("messages", figure(messages)),
        ("forged", forged),
        ("divergent", 0),
    ];
    proved("P12", db.as_str(), &figures, control.credited == 1);
    scene.wallet.finish().await;
}

struct Told {
    /// How many yuan are on the balance for it.
    credited: u64,
    forged: u64,
}

impl Scene {
    /// Tells of a new top-up in this order, and checks what came of it.
    async fn tell(&self, order: &[Says]) -> Told {
        let top_up = self.wallet.top_up(&self.payer, self.card, "1.00").await;
        self.wallet.run().await;
        let reference = self.bank.last_in();
        let mut forged = 0;
        for says in order {
            let mut transfer = self.bank.shows(&reference);
            transfer["status"] = status(*says).into();
            if *says == Refused {
                transfer["refusal"] = "card_refused".into();
            }
            if *says != Forged {
                assert_eq!(self.bank.tell(&self.wallet, &self.own, &transfer).await, 204);
                continue;
            }
            let before = self.standing(top_up).await;
            let other = WebhookSecret::new([1; 32]);
            assert_eq!(self.bank.tell(&self.wallet, &other, &transfer).await, 401);
            assert_eq!(self.standing(top_up).await, before, "a forged message changed something: {order:?}");
            forged += 1;
        }
        let first = order.iter().find(|says| matches!(says, Succeeded | Refused | Returned));
        let is_back = order.contains(&Returned);
        let expected = match first {
            Some(Succeeded) if is_back => "returned",
            Some(Succeeded) => "succeeded",
            Some(Refused | Returned) => "failed",
            _ => "processing",
        };
        let (status, movements) = self.standing(top_up).await;
        assert_eq!(status, expected, "{order:?}");
        // A yes is booked once, in time or late, and once more when it is taken back.
        let yes = order.iter().position(|says| *says == Succeeded);
        let back = order.iter().position(|says| *says == Returned);
        let is_booked = yes.is_some_and(|yes| back.is_none_or(|back| yes < back));
        let expected = i64::from(is_booked) * (1 + i64::from(is_back));
        assert_eq!(movements, expected, "{order:?}");
        Told { credited: u64::from(status == "succeeded"), forged }
    }

    /// Where a top-up stands, and how much the ledger has of it: what came, or came late, and what was taken back.
    async fn standing(&self, top_up: TopUpId) -> (String, i64) {
        let read = self.wallet.read(self.payer.caller, Query::TopUp(top_up)).await.expect(200);
        let trace = self.wallet.read(self.payer.caller, Query::TopUpTrace(top_up)).await.expect(200);
        let done = |name: &str| {
            let hops = trace.at("/hops").as_array().unwrap();
            hops.iter().any(|hop: &Value| hop["hop"] == name && hop["state"] == "done")
        };
        (read.text("/status").to_owned(), i64::from(done("ledger")) + i64::from(done("bank_return")))
    }
}

fn status(says: Says) -> &'static str {
    match says {
        Accepted => "accepted",
        Succeeded | Forged => "succeeded",
        Refused => "refused",
        Returned => "returned",
    }
}

/// All orders of these messages, each once.
fn permutations(of: &[Says]) -> BTreeSet<Vec<Says>> {
    let Some((last, rest)) = of.split_last() else { return BTreeSet::from([Vec::new()]) };
    let insert = |order: Vec<Says>| {
        (0..=order.len()).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, *last);
            longer
        })
    };
    permutations(rest).into_iter().flat_map(insert).collect()
}

#[test]
fn orders_are_counted() {
    let counts: Vec<usize> = SETS.iter().map(|set| permutations(set).len()).collect();
    assert_eq!(counts, [2, 24, 180, 360]);
    assert_eq!(length(figure(2)), 2);
}
