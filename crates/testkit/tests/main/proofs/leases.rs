//! P21, the lease: a worker that pauses for twice its lease in the middle of a job, and goes on after another has done
//! the job, changes nothing any more, whatever it says.

use super::{engines, figure, proved, trials};
use makegood_banking::{Answer as BankAnswer, Refusal, Schedule};
use makegood_banksim::cards;
use makegood_base::Clock as _;
use makegood_store::Store as _;
use makegood_testkit::{Answer, Db, TestWallet, cny};
use makegood_wallet::tables::BankTransferId;
use makegood_wallet::{Action, Caller};

on_both!(a_worker_that_pauses);

async fn a_worker_that_pauses(db: Db) {
    let wallet = TestWallet::start(db).await;
    // The worker that pauses is another server's, where there can be one.
    let apps = engines(db, &wallet).await;
    let paused = apps.last().unwrap();
    let user = wallet.user().await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let jobs = trials(200);
    let (mut changes, mut before, mut refused) = (0, 0, 0);
    for job in 0..jobs {
        wallet.top_up(&user, card, "1.00").await;
        let (id, generation) = claim(&wallet, paused).await;
        assert_eq!(wallet.run().await, 0, "a lease keeps others out");
        wallet.clock.advance(2 * Schedule::default().lease);
        assert!(wallet.run().await > 0, "after it, another does the job");
        before = written(&wallet).await;
        for answer in answers(job) {
            refused += u64::from(!record(&wallet, paused, id, generation, answer).await);
        }
        changes += written(&wallet).await - before;
    }
    assert_eq!(changes, 0);
    assert_eq!(refused, jobs, "what is no final word is refused");
    assert_eq!(wallet.balance(&user).await, format!("{jobs}.00"), "each arrived once");
    assert_eq!(wallet.count("SELECT COUNT(*) FROM top_ups WHERE status != 'succeeded'").await, 0);

    // The control has not lost its lease: what it says is written.
    wallet.top_up(&user, card, "1.00").await;
    let (id, generation) = claim(&wallet, paused).await;
    let said = BankAnswer::Succeeded { bank_reference: "B-1".to_owned(), amount: cny("1.00") };
    let is_taken = record(&wallet, paused, id, generation, said).await;
    let caught = is_taken && written(&wallet).await > before;
    let late = jobs * figure(answers(0).len());
    let figures = [("jobs", jobs), ("late_answers", late), ("refused", refused), ("double", 0)];
    proved("P21-leases", db.as_str(), &figures, caught);
    drop(apps);
    wallet.finish().await;
}

/// How many things there are that a bank's answer can make.
async fn written(wallet: &TestWallet) -> i64 {
    wallet.count("SELECT COUNT(*) FROM ledger_transactions").await
        + wallet.count("SELECT COUNT(*) FROM bank_transfers WHERE reversing").await
}

/// Claims the transfer that is due.
async fn claim(wallet: &TestWallet, app: &makegood_app::App) -> (BankTransferId, i64) {
    let due = wallet.app.store().due_timers(wallet.clock.now(), 2).await.unwrap();
    assert_eq!(due.len(), 1);
    let id = due[0].object.into();
    let command = wallet.command(Caller::System, Action::ClaimBankTransfer { bank_transfer: id });
    let claimed = Answer::from(app.submit(command).await).expect(200);
    (id, claimed.at("/claim/generation").as_i64().expect("it is claimed"))
}

/// Says what the bank has said, and tells whether it was taken.
async fn record(
    wallet: &TestWallet,
    app: &makegood_app::App,
    bank_transfer: BankTransferId,
    generation: i64,
    answer: BankAnswer,
) -> bool {
    let action = Action::RecordBankAnswer { bank_transfer, generation, answer };
    let answer = Answer::from(app.submit(wallet.command(Caller::System, action)).await);
    assert!(matches!(answer.status, 200 | 204 | 409), "{} {}", answer.status, answer.json());
    answer.status < 300
}

/// All that a worker can come back with, in another order each time.
fn answers(job: u64) -> Vec<BankAnswer> {
    let mut answers = vec![
        BankAnswer::Succeeded { bank_reference: "B-1".to_owned(), amount: cny("1.00") },
        BankAnswer::Refused { refusal: Refusal::CardRefused, bank_reference: None },
        BankAnswer::NotFound,
    ];
    let turn = usize::try_from(job).unwrap() % answers.len();
    answers.rotate_left(turn);
    answers
}
