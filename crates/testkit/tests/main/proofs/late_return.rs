//! What a bank sends back after its yes races a cancelling and new withdrawals: whoever is first, the money is back
//! once, nothing that was sent is cancelled, and no more goes out than is there.

use super::{engines, proved, together, trials_between};
use crate::flows::due_transfer;
use futures_util::future::join_all;
use makegood_app::App;
use makegood_banking::{Direction, ReturnReason, Told, ToldStatus};
use makegood_banksim::cards;
use makegood_testkit::{Answer, Db, Person, TestWallet, cny, outgoing};
use makegood_wallet::tables::{BankCardId, WithdrawalId};
use makegood_wallet::{Action, Caller};

on_both!(a_late_return_races_cancel_and_retry);

/// What a user had, in fen, and what of it was withdrawn and comes back.
const HAD: i64 = 10_000;
const WITHDRAWN: &str = "60.00";
/// What is withdrawn again meanwhile: the first fits with what comes back, or the second does.
const AGAIN: [(&str, i64); 2] = [("60.00", 6_000), ("100.00", 10_000)];

/// A withdrawal that the bank has executed.
struct Scene {
    user: Person,
    card: BankCardId,
    withdrawal: WithdrawalId,
    /// The bank sends it back.
    returned: Action,
}

impl Scene {
    async fn open(wallet: &TestWallet) -> Self {
        let user = wallet.user_with("100.00").await;
        let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
        let withdrawal = wallet.withdraw(&user, card, WITHDRAWN).await.expect(202).id("/id");
        let transfer = due_transfer(wallet).await;
        wallet.run().await;
        assert_eq!(wallet.withdrawal(&user, withdrawal).await.text("/status"), "completed");
        let told = Told {
            reference: transfer.to_string(),
            bank_reference: format!("late-{transfer}"),
            direction: Some(Direction::Out),
            agreement: None,
            amount: cny(WITHDRAWN),
            status: ToldStatus::Returned { reason: ReturnReason::AccountClosed },
        };
        let returned = Action::RecordBankCallback { bank: wallet.bank_id().to_owned(), told };
        Self { user, card, withdrawal, returned }
    }

    /// Everybody at the same moment: the bank tells three times, the user cancels twice and withdraws twice again.
    /// Answers what was accepted to go out, in fen.
    async fn race(&self, wallet: &TestWallet, apps: &[App]) -> i64 {
        let owner = |action| wallet.command(self.user.caller, action);
        let told = || wallet.command(Caller::System, self.returned.clone());
        let cancel = || owner(Action::CancelWithdrawal { withdrawal: self.withdrawal });
        let again = |amount| owner(Action::Withdraw(outgoing(self.card, amount)));
        let commands = vec![told(), cancel(), again(AGAIN[0].0), told(), cancel(), again(AGAIN[1].0), told()];
        let answers: Vec<Answer> = together(apps, commands).await;
        for cancelled in [&answers[1], &answers[4]] {
            assert_eq!((cancelled.status, cancelled.text("/code")), (409, "withdrawal.not_cancellable"));
        }
        let mut accepted = 0;
        for (answer, minor) in [(&answers[2], AGAIN[0].1), (&answers[5], AGAIN[1].1)] {
            match answer.status {
                202 => accepted += minor,
                status => assert_eq!((status, answer.text("/code")), (402, "balance.insufficient")),
            }
        }
        accepted
    }

    /// Whether the user has what they must have, after that much was accepted to go out.
    async fn is_back_once(&self, wallet: &TestWallet, accepted: i64) -> bool {
        assert_eq!(wallet.withdrawal(&self.user, self.withdrawal).await.text("/status"), "returned");
        let left = HAD - accepted;
        wallet.balance(&self.user).await == format!("{}.{:02}", left / 100, left % 100)
    }
}

async fn a_late_return_races_cancel_and_retry(db: Db) {
    let wallet = TestWallet::start(db).await;
    let apps = engines(db, &wallet).await;
    let (mut first, mut last, trials) = (0, 0, trials_between(20, 200));
    for _ in 0..trials {
        let scene = Scene::open(&wallet).await;
        let accepted = scene.race(&wallet, &apps).await;
        // Something that is withdrawn again came before the money was back, or after it.
        if accepted > 0 {
            last += 1
        } else {
            first += 1
        }
        assert!(scene.is_back_once(&wallet, accepted).await);
        wallet.run().await;
    }
    let control = naive(&wallet).await;
    let figures =
        [("races", trials), ("withdrawn_again", last), ("refused_again", first), ("given_back_twice", 0)];
    proved("late-return", db.as_str(), &figures, control);
    wallet.finish().await;
}

/// The control gives back by what it has read: two workers see that the money is away, and each gives it back.
/// Whether that is seen.
async fn naive(wallet: &TestWallet) -> bool {
    let scene = Scene::open(wallet).await;
    let reads = (0..2).map(|_| wallet.withdrawal(&scene.user, scene.withdrawal));
    let away = join_all(reads).await.into_iter().filter(|read| read.text("/status") == "completed").count();
    let _told = wallet.submit(Caller::System, scene.returned.clone()).await;
    for _ in 1..away {
        wallet.fund(&scene.user, WITHDRAWN).await;
    }
    !scene.is_back_once(wallet, 0).await
}
