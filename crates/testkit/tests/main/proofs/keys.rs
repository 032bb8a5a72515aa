//! P6: parallel requests with one key have one effect, and all get the same bytes; another body with the key is
//! refused; another user's key is another key.

use super::{clean, engines, proved, together, trials};
use makegood_payments::Source;
use makegood_testkit::snapshot::Watch;
use makegood_testkit::{Answer, Db, Person, Shop, TestWallet, payment, transfer};
use makegood_wallet::Action;
use std::collections::BTreeSet;

on_both!(one_effect_for_one_key);

const PARALLEL: usize = 50;

struct Scene {
    wallet: TestWallet,
    apps: Vec<makegood_app::App>,
    payer: Person,
    other: Person,
    payee: Person,
    shop: Shop,
}

impl Scene {
    async fn effects(&self) -> i64 {
        let transfers = self.wallet.count("SELECT COUNT(*) FROM transfers").await;
        let payments = self.wallet.count("SELECT COUNT(*) FROM payments").await;
        transfers + payments + self.wallet.count("SELECT COUNT(*) FROM orders").await
    }

    /// Submits an action many times at once and tells how many effects it had.
    async fn submit(&self, key: impl Fn(usize) -> String, action: &Action) -> (Vec<Answer>, i64) {
        let before = self.effects().await;
        let command = |index| self.wallet.keyed(self.payer.caller, &key(index), action.clone());
        let answers = together(&self.apps, (0..PARALLEL).map(command).collect()).await;
        (answers, self.effects().await - before)
    }

    async fn round(&self, round: u64) -> i64 {
        let (action, other_body) = if round.is_multiple_of(2) {
            (transfer(&self.payee, "0.01"), transfer(&self.payee, "0.02"))
        } else {
            let order = self.wallet.order(&self.shop, "0.01").await;
            let pay = |expect| payment(order, Source::Balance, expect);
            (pay(Some(order.expect)), pay(None))
        };
        let key = format!("round {round}");
        let (answers, effects) = self.submit(|_| key.clone(), &action).await;
        let bodies: BTreeSet<&[u8]> = answers.iter().map(|answer| answer.body.as_slice()).collect();
        assert_eq!(bodies.len(), 1, "byte for byte");
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 201), "{}", answers[0].json());

        let before = self.effects().await;
        let reused = self.wallet.submit_keyed(self.payer.caller, &key, other_body).await;
        let _reused = reused.expect_problem(422, "idempotency.key_reused");
        assert_eq!(self.effects().await, before, "another body has no effect");
        let own = self.wallet.submit_keyed(self.other.caller, &key, transfer(&self.payee, "0.03")).await;
        assert!(!own.expect(201).replayed, "another user's key is another key");
        effects
    }
}

async fn one_effect_for_one_key(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, other) = (wallet.user_with("100000.00").await, wallet.user_with("1000.00").await);
    let (payee, shop, apps) = (wallet.user().await, wallet.new_shop().await, engines(db, &wallet).await);
    let scene = Scene { wallet, apps, payer, other, payee, shop };
    let watch = Watch::start(&scene.wallet);
    let rounds = trials(1_000);
    let mut effects = 0;
    for round in 0..rounds {
        effects += scene.round(round).await;
    }
    assert_eq!(u64::try_from(effects), Ok(rounds));

    // The control forgets to say that it is the same request.
    let (_, without) =
        scene.submit(|index| format!("control {index}"), &transfer(&scene.payee, "0.01")).await;
    let watched = watch.stop().await;
    let requests = rounds * 50;
    let figures = [("rounds", rounds), ("requests", requests), ("effects", rounds), clean(&watched)];
    proved("P6", db.as_str(), &figures, without != 1);
    drop(scene.apps);
    scene.wallet.finish().await;
}
