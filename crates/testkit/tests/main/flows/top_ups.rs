//! Top-ups from each of the simulated bank's test cards.

use super::told;
use makegood_banksim::cards;
use makegood_testkit::{Db, Person, TestWallet, cny};
use makegood_wallet::tables::TopUpId;
use makegood_wallet::{Action, Query};
use std::time::Duration;

on_both!(each_test_card, a_card_that_is_not_active_moves_nothing);

const ASKED: &str = "wallet done, bank waiting, ledger not_reached; bank_answer by bank";
const UNKNOWN: &str = "wallet done, bank unknown, ledger not_reached; enquiry by wallet";
const PAID: &str = "wallet done, bank done, ledger done; nothing";
const REFUSED: &str = "wallet done, bank refused, ledger not_reached; nothing";

/// Status, with the code of a failure, and trace.
type Standing = (&'static str, &'static str);

/// What a top-up is after the first call to the bank, and after hours of enquiries.
const CASES: &[(&str, Standing, Standing)] = &[
    (cards::ALWAYS_WORKS, ("succeeded", PAID), ("succeeded", PAID)),
    (cards::HOLDER_UNAVAILABLE, ("succeeded", PAID), ("succeeded", PAID)),
    (cards::REFUSES, ("failed bank.card_refused", REFUSED), ("failed bank.card_refused", REFUSED)),
    (
        cards::NO_FUNDS,
        ("failed bank.insufficient_funds", REFUSED),
        ("failed bank.insufficient_funds", REFUSED),
    ),
    (cards::SLOW, ("succeeded", PAID), ("succeeded", PAID)),
    (cards::TIMES_OUT_BUT_EXECUTES, ("unknown", UNKNOWN), ("succeeded", PAID)),
    // Nobody ever says how it ended: it stays unknown, and the wallet goes on asking.
    (cards::NEVER_ANSWERS, ("unknown", UNKNOWN), ("unknown", UNKNOWN)),
    (cards::CLOSED_WHEN_REFUNDED, ("succeeded", PAID), ("succeeded", PAID)),
    (cards::SETTLES_LATER, ("processing", ASKED), ("succeeded", PAID)),
];

async fn each_test_card(db: Db) {
    let wallet = TestWallet::start(db).await;
    for (number, first, last) in CASES {
        let user = wallet.user().await;
        let card = wallet.card(&user, number).await;
        let top_up = wallet.top_up(&user, card, "10.00").await;
        assert_eq!(standing(&wallet, &user, top_up).await, ("processing".to_owned(), ASKED.to_owned()));
        wallet.run().await;
        let (status, trace) = standing(&wallet, &user, top_up).await;
        assert_eq!((status.as_str(), trace.as_str()), *first, "{number} after the first call");
        for _ in 0..12 {
            wallet.run_after(Duration::from_secs(900)).await;
        }
        let (status, trace) = standing(&wallet, &user, top_up).await;
        assert_eq!((status.as_str(), trace.as_str()), *last, "{number} after hours");
        let balance = if last.0 == "succeeded" { "10.00" } else { "0.00" };
        assert_eq!(wallet.balance(&user).await, balance, "{number}");
    }
    wallet.finish().await;
}

/// Status, with the code of a failure, and trace.
async fn standing(wallet: &TestWallet, user: &Person, top_up: TopUpId) -> (String, String) {
    let read = wallet.read(user.caller, Query::TopUp(top_up)).await.expect(200);
    let is_safe = read.text("/status") == "failed";
    assert_eq!(read.at("/safe_to_pay_again").as_bool(), Some(is_safe), "{}", read.json());
    let status = format!("{} {}", read.text("/status"), read.text("/decline/code"));
    let trace = wallet.read(user.caller, Query::TopUpTrace(top_up)).await.expect(200);
    (status.trim().to_owned(), told(&trace))
}

async fn a_card_that_is_not_active_moves_nothing(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user().await;
    let check = wallet.app.link_card("simbank", cards::ALWAYS_WORKS, "Wang Xiaoming").await.unwrap();
    let wrong = wallet.app.confirm_card("simbank", &check.agreement, "000000").await;
    assert_eq!(wrong, Err(makegood_banking::CardRefusal::WrongCode));
    let link = Action::LinkBankCard {
        bank: "simbank".to_owned(),
        agreement: check.agreement,
        last4: check.last4,
        holder_check: check.holder_check,
    };
    let linked = wallet.submit(user.caller, link).await.expect(201);
    assert_eq!(linked.text("/state"), "verification_required");
    let top_up = |bank_card| Action::TopUp { amount: cny("1.00"), bank_card, client_ref: None };
    let inactive = wallet.submit(user.caller, top_up(linked.id("/id"))).await;
    let _inactive = inactive.expect_problem(409, "card.not_active");

    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let stranger = wallet.user().await;
    let _foreign = wallet.submit(stranger.caller, top_up(card)).await.expect_problem(404, "not_found");
    let _gone = wallet.submit(user.caller, Action::UnlinkBankCard { bank_card: card }).await.expect(204);
    let _unlinked = wallet.submit(user.caller, top_up(card)).await.expect_problem(409, "card.not_active");
    let again = wallet.submit(user.caller, Action::ActivateBankCard { bank_card: card }).await;
    let _again = again.expect_problem(409, "card.not_active");
    assert_eq!(wallet.count("SELECT COUNT(*) FROM top_ups").await, 0);
    wallet.finish().await;
}
