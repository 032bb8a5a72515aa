//! Withdrawals: to each of the simulated bank's test cards, cancelled, failing again and again, and to a card whose
//! holder the bank does not confirm.

use super::told;
use makegood_auth::StaffRole;
use makegood_banking::{Answer, Direction, HolderCheck, Refusal, Told, ToldStatus};
use makegood_banksim::cards;
use makegood_base::{BankTransferId, Clock as _};
use makegood_store::Store as _;
use makegood_testkit::{Db, Person, TestWallet, cny, outgoing};
use makegood_wallet::tables::{TimerKind, WithdrawalId};
use makegood_wallet::{Action, Caller, NewOutgoing, OutgoingId, Query};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    to_each_test_card,
    cancelled_before_it_is_sent,
    a_withdrawal_is_free_where_nothing_is_said,
    a_second_failure_opens_a_case,
    paid_after_a_refusal,
    a_bank_may_know_before_we_sent,
    an_unconfirmed_holder_has_to_be_accepted,
    over_http,
);

const HELD: &str = "wallet done, ledger not_reached, bank waiting, card not_reached; bank_answer by bank";
const SENT: &str = "wallet done, ledger done, bank waiting, card not_reached; bank_answer by bank";
const UNKNOWN: &str = "wallet done, ledger done, bank unknown, card not_reached; enquiry by wallet";
const ARRIVED: &str = "wallet done, ledger done, bank done, card done; nothing";
const BACK: &str = "wallet done, ledger done, bank refused, card not_reached, return done; nothing";

/// Status, with the code of a failure, and trace.
type Standing = (&'static str, &'static str);

/// What a withdrawal is after the first call to the bank, and after hours of enquiries.
const CASES: &[(&str, Standing, Standing)] = &[
    (cards::ALWAYS_WORKS, ("completed", ARRIVED), ("completed", ARRIVED)),
    (cards::REFUSES, ("failed bank.card_refused", BACK), ("failed bank.card_refused", BACK)),
    (cards::SLOW, ("completed", ARRIVED), ("completed", ARRIVED)),
    (cards::TIMES_OUT_BUT_EXECUTES, ("unknown", UNKNOWN), ("completed", ARRIVED)),
    // Nobody ever says how it ended: it stays in transit, and the wallet goes on asking.
    (cards::NEVER_ANSWERS, ("unknown", UNKNOWN), ("unknown", UNKNOWN)),
    (cards::CLOSED_WHEN_REFUNDED, ("failed bank.card_closed", BACK), ("failed bank.card_closed", BACK)),
    (cards::SETTLES_LATER, ("sent", SENT), ("completed", ARRIVED)),
];

async fn to_each_test_card(db: Db) {
    let wallet = TestWallet::start(db).await;
    for (number, first, last) in CASES {
        let user = wallet.user_with("100.00").await;
        let card = wallet.card(&user, number).await;
        let withdrawal: WithdrawalId = wallet.withdraw(&user, card, "60.00").await.expect(202).id("/id");
        assert_eq!(standing(&wallet, &user, withdrawal).await, ("held".to_owned(), HELD.to_owned()));
        assert_eq!(wallet.balance(&user).await, "40.00", "it is set aside");
        wallet.run().await;
        let (status, trace) = standing(&wallet, &user, withdrawal).await;
        assert_eq!((status.as_str(), trace.as_str()), *first, "{number} after the first call");
        wallet.verify().await;
        for _ in 0..12 {
            wallet.run_after(Duration::from_secs(900)).await;
        }
        let (status, trace) = standing(&wallet, &user, withdrawal).await;
        assert_eq!((status.as_str(), trace.as_str()), *last, "{number} after hours");
        let balance = if last.0.starts_with("failed") { "100.00" } else { "40.00" };
        assert_eq!(wallet.balance(&user).await, balance, "{number}");
    }
    let user = wallet.user_with("10.00").await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let short = wallet.withdraw(&user, card, "10.01").await;
    let _short = short.expect_problem(402, "balance.insufficient");
    let stranger = wallet.user_with("10.00").await;
    let _foreign = wallet.withdraw(&stranger, card, "1.00").await.expect_problem(404, "not_found");
    assert_eq!(wallet.balance(&user).await, "10.00");
    wallet.finish().await;
}

/// Status, with the code of a failure, and trace.
async fn standing(wallet: &TestWallet, user: &Person, withdrawal: WithdrawalId) -> (String, String) {
    let read = wallet.withdrawal(user, withdrawal).await;
    let is_back = matches!(read.text("/status"), "failed" | "cancelled" | "returned");
    assert_eq!(read.at("/safe_to_pay_again").as_bool(), Some(is_back), "{}", read.json());
    let status = format!("{} {}", read.text("/status"), read.text("/decline/code"));
    let query = Query::OutgoingTrace(OutgoingId::Withdrawal(withdrawal));
    let trace = wallet.read(user.caller, query).await.expect(200);
    assert_eq!(trace.text("/summary"), read.text("/summary"));
    (status.trim().to_owned(), told(&trace))
}

async fn cancelled_before_it_is_sent(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user_with("100.00").await;
    let card = wallet.card(&user, cards::SETTLES_LATER).await;
    let withdrawal: WithdrawalId = wallet.withdraw(&user, card, "60.00").await.expect(202).id("/id");
    let cancel = Action::CancelWithdrawal { withdrawal };
    let stranger = wallet.user().await;
    let foreign = wallet.submit(stranger.caller, cancel.clone()).await;
    let _foreign = foreign.expect_problem(404, "not_found");
    for _ in 0..2 {
        let cancelled = wallet.submit(user.caller, cancel.clone()).await.expect(200);
        assert_eq!(cancelled.text("/status"), "cancelled");
    }
    assert_eq!(wallet.balance(&user).await, "100.00");
    assert_eq!(wallet.run().await, 0, "nobody asks the bank any more");
    let over = "wallet refused, ledger not_reached, bank not_reached, card not_reached; nothing";
    assert_eq!(standing(&wallet, &user, withdrawal).await, ("cancelled".to_owned(), over.to_owned()));

    let sent: WithdrawalId = wallet.withdraw(&user, card, "60.00").await.expect(202).id("/id");
    wallet.run().await;
    for (status, wait_s) in [("sent", 90), ("completed", 90)] {
        assert_eq!(wallet.withdrawal(&user, sent).await.text("/status"), status);
        let late = wallet.submit(user.caller, Action::CancelWithdrawal { withdrawal: sent }).await;
        let late = late.expect_problem(409, "withdrawal.not_cancellable");
        assert_eq!(late.at("/safe_to_pay_again").as_bool(), Some(false));
        wallet.run_after(Duration::from_secs(wait_s)).await;
    }
    assert_eq!(wallet.balance(&user).await, "40.00");
    for text in [
        "SELECT COUNT(*) FROM events WHERE kind = 'withdrawal.completed'",
        "SELECT COUNT(*) FROM events WHERE kind = 'withdrawal.cancelled'",
    ] {
        assert_eq!(wallet.count(text).await, 1, "{text}");
    }
    wallet.finish().await;
}

/// What a fee does is in the wallet's random histories.
async fn a_withdrawal_is_free_where_nothing_is_said(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user_with("100.00").await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let made = wallet.withdraw(&user, card, "100.00").await.expect(202);
    let parts = [made.text("/amount/amount"), made.text("/fee/amount"), made.text("/total/amount")];
    assert_eq!(parts, ["100.00", "0.00", "100.00"]);
    wallet.run().await;
    assert_eq!(wallet.balance(&user).await, "0.00");
    wallet.finish().await;
}

async fn a_second_failure_opens_a_case(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user_with("100.00").await;
    let card = wallet.card(&user, cards::REFUSES).await;
    let (staff, boss) = (wallet.staff().await, wallet.staff_with(StaffRole::Operations).await);
    let mut failed = Vec::new();
    for open in [0, 1, 1, 2] {
        // Ids begin with their time: what is made later is listed first.
        wallet.clock.advance(Duration::from_millis(2));
        let withdrawal: WithdrawalId = wallet.withdraw(&user, card, "60.00").await.expect(202).id("/id");
        wallet.run().await;
        failed.push(withdrawal);
        let read = wallet.withdrawal(&user, withdrawal).await;
        assert_eq!(read.text("/status"), "failed");
        let causes = read.at("/causes").as_array().unwrap();
        assert_eq!(causes.len(), failed.len(), "it names all that failed: {}", read.json());
        assert!(causes.iter().all(|cause| cause["code"] == "bank.card_refused"), "{causes:?}");
        assert_eq!(wallet.balance(&user).await, "100.00", "the money is available again");
        let text = "SELECT COUNT(*) FROM operations_cases WHERE closed_at IS NULL";
        assert_eq!(wallet.count(text).await, open, "after {} failures", failed.len());
    }
    let found = wallet.app.lists().cases(Some(true), None, None, None, 10).await.unwrap();
    let case = wallet.read(staff.caller, Query::Case(found[1])).await.expect(200);
    let said = ["/kind/code", "/reason/code", "/next_step/code", "/owner", "/status", "/object"];
    let object = failed[1].to_string();
    let expected =
        ["repeated_failure", "withdrawal_failed_again", "ask_customer", "support", "open", &*object];
    assert_eq!(said.map(|member| case.text(member)), expected);
    let read = Query::Outgoing(OutgoingId::Withdrawal(failed[1]));
    assert_eq!(wallet.read(staff.caller, read).await.expect(200).text("/status"), "failed");
    let _not_theirs =
        wallet.read(user.caller, Query::Case(found[1])).await.expect_problem(403, "auth.forbidden");
    let close = Action::CloseCase { case: found[1], note: "Another card is linked".to_owned() };
    let _support = wallet.submit(staff.caller, close.clone()).await.expect_problem(403, "auth.forbidden");
    let closed = wallet.submit(boss.caller, close).await.expect(200);
    assert_eq!((closed.text("/status"), closed.text("/note")), ("closed", "Another card is linked"));

    // What arrives ends the count.
    let good = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let _arrived = wallet.withdraw(&user, good, "1.00").await.expect(202);
    wallet.run().await;
    assert_eq!(wallet.count("SELECT COUNT(*) FROM operations_cases").await, 2);
    wallet.finish().await;
}

/// The only transfer to a bank whose turn it is.
pub(crate) async fn due_transfer(wallet: &TestWallet) -> BankTransferId {
    let due = wallet.app.store().due_timers(wallet.clock.now(), 100).await.unwrap();
    due.iter().find(|timer| timer.kind == TimerKind::BankTransfer).expect("a transfer is due").object.into()
}

/// A bank that pays out what it had refused: the user has the money already, and nobody takes it from them. It stands
/// as unexplained, and staff are told.
async fn paid_after_a_refusal(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user_with("100.00").await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let withdrawal: WithdrawalId = wallet.withdraw(&user, card, "60.00").await.expect(202).id("/id");
    let bank_transfer = due_transfer(&wallet).await;
    let claim = Action::ClaimBankTransfer { bank_transfer };
    let claimed = wallet.submit(Caller::System, claim).await.expect(200);
    let generation = claimed.at("/claim/generation").as_i64().unwrap();
    let refusal = Refusal::CardRefused;
    let refused = Answer::Refused { refusal, bank_reference: None };
    let paid = Answer::Succeeded { bank_reference: "b".to_owned(), amount: cny("60.00") };
    for (answer, status) in [(refused.clone(), 204), (paid.clone(), 200), (paid, 204), (refused, 204)] {
        let record = Action::RecordBankAnswer { bank_transfer, generation, answer };
        let _told = wallet.submit(Caller::System, record).await.expect(status);
    }
    assert_eq!(wallet.balance(&user).await, "100.00");
    let read = wallet.withdrawal(&user, withdrawal).await;
    assert_eq!((read.text("/status"), read.text("/next/who")), ("failed", "staff"));
    assert_eq!(read.at("/safe_to_pay_again").as_bool(), Some(false), "the card may have it");
    let text = "SELECT COUNT(*) FROM operations_cases WHERE kind = 'contradiction'";
    assert_eq!(wallet.count(text).await, 1);
    let text = "SELECT posted FROM ledger_accounts WHERE code = 103";
    assert_eq!(wallet.count(text).await, 6_000, "what the bank has done is booked");
    wallet.finish().await;
}

/// A bank that tells of a withdrawal before any worker noted that it was sent, as after a restore of the database: it
/// is sent, and cannot be cancelled any more.
async fn a_bank_may_know_before_we_sent(db: Db) {
    let wallet = TestWallet::start(db).await;
    for (status, expected, balance) in [
        (ToldStatus::Succeeded, "completed", "40.00"),
        (ToldStatus::Accepted, "sent", "40.00"),
        (ToldStatus::Refused { refusal: Refusal::CardRefused }, "failed", "100.00"),
    ] {
        let user = wallet.user_with("100.00").await;
        let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
        let withdrawal: WithdrawalId = wallet.withdraw(&user, card, "60.00").await.expect(202).id("/id");
        let transfer = due_transfer(&wallet).await;
        let told = Told {
            reference: transfer.to_string(),
            bank_reference: format!("early-{transfer}"),
            direction: Some(Direction::Out),
            agreement: None,
            amount: cny("60.00"),
            status,
        };
        let told = Action::RecordBankCallback { bank: wallet.bank_id().to_owned(), told };
        let told = wallet.submit(Caller::System, told).await;
        assert!(told.status < 300, "{}", told.json());
        let read = wallet.withdrawal(&user, withdrawal).await;
        assert_eq!(read.text("/status"), expected);
        let cancelled = wallet.submit(user.caller, Action::CancelWithdrawal { withdrawal }).await;
        let _sent = cancelled.expect_problem(409, "withdrawal.not_cancellable");
        assert_eq!(wallet.balance(&user).await, balance);
        wallet.verify().await;
        wallet.run_after(Duration::from_secs(900)).await;
    }
    wallet.finish().await;
}

async fn an_unconfirmed_holder_has_to_be_accepted(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user_with("100.00").await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let ask = |check, acknowledge| {
        let new = NewOutgoing { check, acknowledge, ..outgoing(card, "10.00") };
        wallet.submit(user.caller, Action::Withdraw(new))
    };
    use HolderCheck as H;
    for (check, result) in
        [(H::CloseMatch, "close_match"), (H::NoMatch, "no_match"), (H::Unavailable, "unavailable")]
    {
        for wrong in [None, Some(if check == H::NoMatch { H::CloseMatch } else { H::NoMatch })] {
            let refused = ask(Some(check), wrong).await.expect_problem(409, "card.holder_unconfirmed");
            assert_eq!(refused.text("/holder_check/result"), result);
            assert_eq!(refused.text("/holder_check/acknowledge"), result, "what to send");
            assert!(!refused.text("/holder_check/words").is_empty());
        }
    }
    assert_eq!(wallet.balance(&user).await, "100.00");
    let made = ask(Some(H::NoMatch), Some(H::NoMatch)).await.expect(202);
    assert_eq!(made.text("/acknowledged/check"), "no_match");
    assert!(made.text("/acknowledged/words").contains("another name"), "{}", made.json());
    assert!(!made.text("/acknowledged/at").is_empty());
    // What was accepted once need not be accepted again, unless the bank says something else.
    let again = ask(None, None).await.expect(202);
    assert!(again.at("/acknowledged").is_null());
    let _else = ask(Some(H::CloseMatch), None).await.expect_problem(409, "card.holder_unconfirmed");
    let _match = ask(Some(H::Match), None).await.expect(202);
    // A bank's word grows old: nobody asked again is as if the bank could not say.
    wallet.run_after(Duration::from_secs(31 * 86_400)).await;
    let (caller, _token) = wallet.log_in(&user.login, false).await;
    let old = wallet.submit(caller, Action::Withdraw(outgoing(card, "10.00"))).await;
    let old = old.expect_problem(409, "card.holder_unconfirmed");
    assert_eq!(old.text("/holder_check/result"), "unavailable");
    wallet.finish().await;
}

async fn over_http(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user_with("100.00").await;
    let token = Some(user.token.as_str());
    let amount = json!({"amount": "10.00", "currency": "CNY"});
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let body = json!({"amount": amount, "bank_card": card, "client_ref": "W-1"});
    let post = ("POST", "/v1/withdrawals");
    let _no_key = wallet.call(post, token, None, &body).await.expect_problem(400, "idempotency.key_missing");
    let made = wallet.call(post, token, Some("1"), &body).await.expect(202);
    let again = wallet.call(post, token, Some("1"), &body).await.expect(202);
    assert!(again.replayed && again.text("/id") == made.text("/id"));
    let same = wallet.call(post, token, Some("2"), &body).await.expect(202);
    assert_eq!(same.text("/id"), made.text("/id"), "its own reference leads to it");
    wallet.run().await;
    let path = format!("/v1/withdrawals/{}", made.text("/id"));
    let read = wallet.call(("GET", &path), token, None, &Value::Null).await.expect(200);
    assert_eq!(read.text("/status"), "completed");
    for list in ["/v1/withdrawals", "/v1/withdrawals?status=completed", "/v1/withdrawals?client_ref=W-1"] {
        let page = wallet.call(("GET", list), token, None, &Value::Null).await.expect(200);
        assert_eq!(page.text("/data/0/id"), made.text("/id"), "{list}");
    }
    let trace = wallet.call(("GET", &format!("{path}/trace")), token, None, &Value::Null).await.expect(200);
    assert_eq!(told(&trace), ARRIVED);
    let cancel = wallet.call(("POST", &format!("{path}/cancel")), token, None, &Value::Null).await;
    let _late = cancel.expect_problem(409, "withdrawal.not_cancellable");
    let entries = wallet.call(("GET", "/v1/me/transactions"), token, None, &Value::Null).await.expect(200);
    let entry = ["/data/0/kind", "/data/0/amount", "/data/0/balance_after", "/data/0/reference"];
    let expected = ["withdrawal", "-10.00", "90.00", made.text("/id")];
    assert_eq!(entry.map(|member| entries.text(member)), expected);

    // The bank cannot say whose card it is: it is asked again, and then that has to be accepted.
    let unsure = wallet.card(&user, cards::HOLDER_UNAVAILABLE).await;
    let body = |acknowledge: Option<&str>| match acknowledge {
        None => json!({"amount": amount, "bank_card": unsure}),
        Some(word) => json!({"amount": amount, "bank_card": unsure, "acknowledge": word}),
    };
    let refused = wallet.call(post, token, Some("3"), &body(None)).await;
    let refused = refused.expect_problem(409, "card.holder_unconfirmed");
    let word = refused.text("/holder_check/acknowledge");
    assert_eq!(word, "unavailable");
    let wrong = wallet.call(post, token, Some("4"), &body(Some("match"))).await;
    assert_eq!(wrong.expect_problem(422, "request.invalid").text("/field"), "acknowledge");
    let made = wallet.call(post, token, Some("5"), &body(Some(word))).await.expect(202);
    assert_eq!(made.text("/acknowledged/check"), word);
    wallet.finish().await;
}
