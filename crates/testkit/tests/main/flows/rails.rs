//! Banks that tell by themselves, move otherwise than they were asked to, take back what they moved, and are called
//! back from.

use super::{due_transfer, told as told_of};
use crate::scripted_bank::{Fate, ScriptedBank, callback_secret, tell_raw};
use makegood_banking::{Direction, Refusal, ReturnReason, Told, ToldStatus};
use makegood_banksim::cards;
use makegood_notify::WebhookSecret;
use makegood_payments::Source;
use makegood_testkit::{Answer, Db, FakeClock, Person, Shop, TestWallet, cny};
use makegood_wallet::tables::{BankCardId, BankTransferId, PaymentId, RefundId};
use makegood_wallet::{Action, Caller, Query};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_callback_ends_waiting_at_once,
    what_is_not_the_banks_changes_nothing,
    money_that_nobody_asked_for_is_unidentified,
    a_payment_is_taken_back,
    a_top_up_that_was_spent_is_taken_back,
    a_refund_comes_back,
    a_refund_is_called_back,
    a_refund_is_paid_after_a_refusal,
    a_late_top_up_is_taken_back_both_ways,
);

pub(super) const HOUR: Duration = Duration::from_secs(3_600);

/// A wallet at a scripted bank, with a payer, a shop and a card.
pub(super) struct Town {
    pub(super) bank: ScriptedBank,
    pub(super) wallet: TestWallet,
    pub(super) payer: Person,
    pub(super) shop: Shop,
    pub(super) card: BankCardId,
}

impl Town {
    pub(super) async fn open(db: Db) -> Self {
        let clock = FakeClock::new();
        let bank = ScriptedBank::open(clock.clone()).await;
        let wallet = TestWallet::start_at_bank(db, &bank.url, clock).await;
        let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
        let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
        Self { bank, wallet, payer, shop, card }
    }

    /// A payment from the card, of which the bank has been asked.
    pub(super) async fn pay(&self, amount: &str) -> PaymentId {
        let order = self.wallet.order(&self.shop, amount).await;
        let id = self.wallet.pay_from_card(&self.payer, order, self.card).await;
        self.wallet.run().await;
        id
    }

    /// A refund of a payment, of which the bank has been asked.
    pub(super) async fn refund(&self, payment: PaymentId, amount: Option<&str>) -> RefundId {
        let id = self.wallet.refund(&self.shop, payment, amount).await.expect(202).id("/id");
        self.wallet.run().await;
        id
    }

    /// The last transfer that the bank has seen.
    pub(super) fn last(&self) -> String {
        self.bank.references().pop().unwrap()
    }

    /// The bank tells how a transfer is.
    pub(super) async fn tell(&self, reference: &str) -> u16 {
        self.bank.tell(&self.wallet, &callback_secret(&self.wallet), &self.bank.shows(reference)).await
    }

    pub(super) async fn payment(&self, id: PaymentId) -> Answer {
        self.wallet.read(self.payer.caller, Query::Payment(id)).await.expect(200)
    }

    pub(super) async fn trace(&self, id: PaymentId) -> Answer {
        self.wallet.read(self.payer.caller, Query::PaymentTrace(id)).await.expect(200)
    }

    /// What an account of ours of this kind has, over all owners, in CNY.
    pub(super) async fn sum(&self, text: &'static str) -> i64 {
        self.wallet.count(text).await
    }

    /// Everything is as it has to be, and what the bank moved is what we have there.
    pub(super) async fn finish(self) {
        self.wallet.run().await;
        let custody = self.wallet.count(CUSTODY).await;
        let in_transit = self.wallet.count(IN_TRANSIT).await;
        assert_eq!(custody + in_transit, self.bank.moved(), "the bank's own books differ");
        self.wallet.finish().await;
    }
}

pub(super) const CUSTODY: &str = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 101 AND currency = 156";
pub(super) const IN_TRANSIT: &str = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 102 AND currency = 156";
pub(super) const UNIDENTIFIED: &str = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 207 AND currency = 156";
const CLEARING: &str = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 205 AND currency = 156";
const OWED: &str =
    "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code IN (303, 304)";
const SUSPENSE: &str =
    "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code = 103";
pub(super) const OPEN_CASES: &str = "SELECT COUNT(*) FROM operations_cases WHERE closed_at IS NULL";
pub(super) const EVENTS: &str = "SELECT COUNT(*) FROM events";

async fn a_callback_ends_waiting_at_once(db: Db) {
    let town = Town::open(db).await;
    town.bank.set(Fate::Settles(Duration::from_secs(5)));
    let payment = town.pay("20.00").await;
    assert_eq!(town.payment(payment).await.text("/status"), "processing");
    town.wallet.clock.advance(Duration::from_secs(6));
    let path = format!("/v1/payments/{payment}?wait=30");
    let waiting = town.wallet.call(("GET", &path), Some(&town.payer.token), None, &Value::Null);
    let telling = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        town.tell(&town.last()).await
    };
    let (waited, status) = tokio::join!(waiting, telling);
    assert_eq!((waited.expect(200).text("/status"), status), ("succeeded", 204));
    // Told again it changes nothing, and neither does asking.
    let (events, calls) = (town.sum(EVENTS).await, town.bank.calls());
    assert_eq!(town.tell(&town.last()).await, 204);
    town.wallet.run_after(HOUR).await;
    assert_eq!((town.sum(EVENTS).await, town.bank.calls()), (events, calls));
    assert_eq!(town.wallet.pending(&town.shop).await, "19.88");
    town.finish().await;
}

async fn what_is_not_the_banks_changes_nothing(db: Db) {
    let town = Town::open(db).await;
    town.bank.set(Fate::Settles(HOUR));
    let payment = town.pay("20.00").await;
    let reference = town.last();
    let mut forged = town.bank.shows(&reference);
    forged["status"] = "succeeded".into();
    let before = town.sum(EVENTS).await;
    let other = WebhookSecret::new([1; 32]);
    assert_eq!(town.bank.tell(&town.wallet, &other, &forged).await, 401);
    let own = callback_secret(&town.wallet);
    for (body, status) in [
        ("{".to_owned(), 400),
        (json!({"type": "transfer.updated"}).to_string(), 400),
        (json!({"type": "account.updated", "transfer": forged}).to_string(), 400),
    ] {
        assert_eq!(tell_raw(&town.wallet, &own, &body).await, status, "{body}");
    }
    let nobodys = ("POST", "/v1/bank-callbacks/nobody");
    let unknown = town.wallet.call(nobodys, None, None, &json!({})).await;
    let _unknown = unknown.expect_problem(401, "bank.callback_unsigned");
    assert_eq!(town.sum(EVENTS).await, before);
    assert_eq!(town.payment(payment).await.text("/status"), "processing");
    town.wallet.run_after(2 * HOUR).await;
    assert_eq!(town.payment(payment).await.text("/status"), "succeeded");
    town.finish().await;
}

/// Another amount, another card, a reference that nobody has: nobody is credited, and it is found again.
async fn money_that_nobody_asked_for_is_unidentified(db: Db) {
    let town = Town::open(db).await;
    let wrong = json!({"amount": {"amount": "19.00", "currency": "CNY"}});
    town.bank.set(Fate::Shows(wrong));
    let payment = town.pay("20.00").await;
    let unknown = "wallet done, bank unknown, ledger not_reached, payee not_reached; staff_action by staff";
    assert_eq!(told_of(&town.trace(payment).await), unknown);
    assert_eq!(
        (town.sum(UNIDENTIFIED).await, town.wallet.pending(&town.shop).await.as_str()),
        (1_900, "0.00")
    );
    let own = callback_secret(&town.wallet);
    let nobodys = json!({"reference": "X-1", "bank_reference": "B-9", "status": "succeeded", "direction": "in",
        "agreement": "agr_x", "amount": {"amount": "7.00", "currency": "CNY"}});
    for _ in 0..2 {
        assert_eq!(town.bank.tell(&town.wallet, &own, &nobodys).await, 204);
    }
    // Money that is said to have gone out is not booked: nobody sent it.
    let mut out = nobodys.clone();
    (out["direction"], out["reference"]) = ("out".into(), "X-2".into());
    assert_eq!(town.bank.tell(&town.wallet, &own, &out).await, 204);
    assert_eq!((town.sum(UNIDENTIFIED).await, town.sum(OPEN_CASES).await), (2_600, 2));
    let staff = town.wallet.staff().await;
    let alerts = ("GET", "/v1/events?only=alerts");
    let alerts = town.wallet.call(alerts, Some(&staff.token), None, &Value::Null).await.expect(200);
    let kinds: Vec<_> =
        alerts.at("/data").as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    let expected =
        ["alert.bank_unknown_reference", "case.opened", "alert.bank_mismatch", "case.opened", "staff.added"];
    let alerts: Vec<_> = kinds.iter().filter(|kind| *kind != "staff.added").collect();
    assert_eq!(alerts, expected[..4].iter().collect::<Vec<_>>(), "{kinds:?}");

    // The bank corrects itself: the payment gets its money, and nothing of it is unidentified any more.
    town.bank.correct(&town.last());
    assert_eq!(town.tell(&town.last()).await, 204);
    assert_eq!(town.payment(payment).await.text("/status"), "succeeded");
    assert_eq!(
        (town.sum(UNIDENTIFIED).await, town.wallet.pending(&town.shop).await.as_str()),
        (700, "19.88")
    );
    assert_eq!(town.sum(IN_TRANSIT).await, 700, "no statement has shown what nobody knows");
    town.wallet.finish().await;
}

async fn a_payment_is_taken_back(db: Db) {
    let town = Town::open(db).await;
    let (kept, taken) = (town.pay("50.00").await, town.pay("20.00").await);
    let reference = town.last();
    let _part = town.refund(taken, Some("5.00")).await;
    town.bank.take_back(&reference, "wrong_details");
    assert_eq!(town.tell(&reference).await, 204);
    let read = town.payment(taken).await;
    assert_eq!((read.text("/status"), read.at("/next")), ("returned", &Value::Null));
    let trace = told_of(&town.trace(taken).await);
    assert_eq!(trace, "wallet done, bank done, ledger done, payee done, bank_return done; nothing");
    // Of 20.00 the payer has had 5.00 before: they owe that now, and the shop has given back the rest.
    assert_eq!((town.sum(OWED).await, town.sum(SUSPENSE).await), (30, 470));
    let more = town.wallet.refund(&town.shop, taken, None).await;
    let _more = more.expect_problem(409, "refund.not_refundable");
    let staff = town.wallet.staff().await;
    let messages = town.wallet.read(staff.caller, Query::PaymentTrace(taken)).await.expect(200);
    let said: Vec<_> =
        messages.at("/messages").as_array().unwrap().iter().map(|it| it["said"]["answer"].clone()).collect();
    assert_eq!(said, ["succeeded", "returned"]);
    assert!(messages.at("/for_payer").is_string() && messages.at("/for_merchant").is_string());
    assert_eq!(town.payment(kept).await.text("/status"), "succeeded");
    town.finish().await;
}

async fn a_top_up_that_was_spent_is_taken_back(db: Db) {
    let town = Town::open(db).await;
    let top_up = town.wallet.top_up(&town.payer, town.card, "30.00").await;
    town.wallet.run().await;
    let reference = town.last();
    let order = town.wallet.order(&town.shop, "10.00").await;
    let _paid = town.wallet.pay(&town.payer, order, Source::Balance).await.expect(201);
    town.bank.take_back(&reference, "account_closed");
    for _ in 0..2 {
        assert_eq!(town.tell(&reference).await, 204);
    }
    let read = town.wallet.read(town.payer.caller, Query::TopUp(top_up)).await.expect(200);
    assert_eq!(read.text("/status"), "returned");
    let trace = town.wallet.read(town.payer.caller, Query::TopUpTrace(top_up)).await.expect(200);
    assert_eq!(told_of(&trace), "wallet done, bank done, ledger done, bank_return done; nothing");
    assert_eq!(town.wallet.balance(&town.payer).await, "0.00");
    // 20.00 were there; 0.06 is what the float had, which is owed to us now.
    assert_eq!((town.sum(OWED).await, town.sum(SUSPENSE).await), (6, 994));
    town.finish().await;
}

async fn a_refund_comes_back(db: Db) {
    let town = Town::open(db).await;
    let payment = town.pay("20.00").await;
    let refund = town.refund(payment, None).await;
    assert_eq!(town.wallet.refund_status(&town.shop, refund).await, "succeeded");
    town.bank.take_back(&town.last(), "account_closed");
    assert_eq!(town.tell(&town.last()).await, 204);
    assert_eq!(town.wallet.refund_status(&town.shop, refund).await, "needs_action");
    let trace = town.wallet.read(town.payer.caller, Query::RefundTrace(refund)).await.expect(200);
    let expected =
        "wallet done, ledger done, bank done, payer not_reached, bank_return done; staff_action by staff";
    assert_eq!(told_of(&trace), expected);
    assert_eq!((town.sum(CLEARING).await, town.sum(OPEN_CASES).await), (2_000, 1));
    town.finish().await;
}

async fn a_refund_is_called_back(db: Db) {
    let town = Town::open(db).await;
    let payment = town.pay("20.00").await;
    let inward = town.last();
    let refund = town.refund(payment, None).await;
    let (reference, staff) = (town.last(), town.wallet.staff().await);
    let recall = |reference: &str, token: &str| {
        let (path, token) = (format!("/v1/ops/bank-transfers/{reference}/recall"), token.to_owned());
        let wallet = &town.wallet;
        async move { wallet.call(("POST", &path), Some(&token), None, &json!({"reason": "a mistake"})).await }
    };
    let _not_staff = recall(&reference, &town.payer.token).await.expect_problem(403, "auth.forbidden");
    let _in = recall(&inward, &staff.token).await.expect_problem(409, "recall.nothing_to_recall");
    town.bank.answer_recalls(None);
    for _ in 0..2 {
        let asked = recall(&reference, &staff.token).await.expect(202);
        assert_eq!(asked.text("/recall/status"), "requested");
        town.wallet.run().await;
    }
    let trace = async || {
        let read = town.wallet.read(town.payer.caller, Query::RefundTrace(refund)).await;
        told_of(&read.expect(200))
    };
    let waiting = "wallet done, ledger done, bank done, payer done, recall waiting; nothing";
    assert_eq!(trace().await, waiting);
    town.bank.answer_recalls(Some("refused"));
    town.wallet.run_after(HOUR).await;
    assert_eq!(trace().await, waiting.replace("recall waiting", "recall refused"));
    town.bank.answer_recalls(Some("requested"));
    let _again = recall(&reference, &staff.token).await.expect(202);
    town.wallet.run().await;
    assert_eq!(trace().await, waiting);
    town.bank.answer_recalls(Some("recalled"));
    town.wallet.run_after(HOUR).await;
    let back = "wallet done, ledger done, bank done, payer not_reached, recall done, bank_return done; \
                staff_action by staff";
    assert_eq!(trace().await, back);
    let _back = recall(&reference, &staff.token).await.expect_problem(409, "recall.returned_already");
    assert_eq!(town.sum(CLEARING).await, 2_000);
    town.finish().await;
}

/// A bank that pays out a refund that it had refused: the payer has it, it waits for no other way, and staff are told.
async fn a_refund_is_paid_after_a_refusal(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let order = wallet.order(&shop, "20.00").await;
    let payment = wallet.pay_from_card(&payer, order, card).await;
    wallet.run().await;
    let custody = wallet.count(CUSTODY).await;
    let refund: RefundId = wallet.refund(&shop, payment, None).await.expect(202).id("/id");
    let bank_transfer = due_transfer(&wallet).await;
    let claim = Action::ClaimBankTransfer { bank_transfer };
    let claimed = wallet.submit(Caller::System, claim).await.expect(200);
    let generation = claimed.at("/claim/generation").as_i64().unwrap();
    let told = |status| Told {
        reference: bank_transfer.to_string(),
        bank_reference: "b".to_owned(),
        direction: Some(Direction::Out),
        agreement: None,
        amount: cny("20.00"),
        status,
    };
    let callback = |status| Action::RecordBankCallback { bank: "simbank".to_owned(), told: told(status) };
    let refused = makegood_banking::Answer::Refused { refusal: Refusal::CardClosed, bank_reference: None };
    let record = Action::RecordBankAnswer { bank_transfer, generation, answer: refused };
    let _refused = wallet.submit(Caller::System, record).await;
    assert_eq!(wallet.refund_status(&shop, refund).await, "needs_action");
    assert_eq!(wallet.count(CLEARING).await, 2_000);
    for _ in 0..2 {
        let _paid = wallet.submit(Caller::System, callback(ToldStatus::Succeeded)).await;
        assert_eq!(wallet.refund_status(&shop, refund).await, "succeeded");
        assert_eq!((wallet.count(CLEARING).await, wallet.count(CUSTODY).await), (0, custody - 2_000));
        wallet.verify().await;
        assert!(makegood::verify::verify(wallet.database()).await.unwrap().is_clean());
    }
    let read = wallet.read(payer.caller, Query::RefundTrace(refund)).await.expect(200);
    assert!(told_of(&read).ends_with("; nothing"), "{}", read.json());
    let reason = ReturnReason::AccountClosed;
    let _back = wallet.submit(Caller::System, callback(ToldStatus::Returned { reason })).await;
    assert_eq!(wallet.refund_status(&shop, refund).await, "needs_action");
    assert_eq!((wallet.count(CLEARING).await, wallet.count(CUSTODY).await), (2_000, custody));
    assert!(makegood::verify::verify(wallet.database()).await.unwrap().is_clean());
    wallet.finish().await;
}

/// A top-up that came too late is given back, and the bank takes back the way in as well as the way back. Each is in the
/// ledger for itself: `verify` does not take the one for the other.
async fn a_late_top_up_is_taken_back_both_ways(db: Db) {
    let wallet = TestWallet::start(db).await;
    let payer = wallet.user().await;
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let _top_up = wallet.top_up(&payer, card, "20.00").await;
    let say = async |id: BankTransferId, direction, status| {
        let (reference, bank_reference) = (id.to_string(), format!("b-{id}"));
        let (direction, amount) = (Some(direction), cny("20.00"));
        let told = Told { reference, bank_reference, direction, agreement: None, amount, status };
        let callback = Action::RecordBankCallback { bank: "simbank".to_owned(), told };
        let _heard = wallet.submit(Caller::System, callback).await;
        wallet.verify().await;
    };
    let returned = ToldStatus::Returned { reason: ReturnReason::AccountClosed };
    let way_in = due_transfer(&wallet).await;
    say(way_in, Direction::In, ToldStatus::Refused { refusal: Refusal::CardRefused }).await;
    say(way_in, Direction::In, ToldStatus::Succeeded).await;
    let way_back = due_transfer(&wallet).await;
    say(way_back, Direction::Out, ToldStatus::Succeeded).await;
    say(way_in, Direction::In, returned).await;
    let mut transaction = wallet.database().begin().await.unwrap();
    let change = "UPDATE bank_transfers SET returned_at = 1 WHERE direction = 'out'";
    assert_eq!(transaction.execute(change, Vec::new()).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    let report = makegood::verify::verify(wallet.database()).await.unwrap();
    let finding = format!("{way_back}: what the bank took back of this is not what the ledger has");
    assert_eq!(report.differences, [finding]);
    let mut transaction = wallet.database().begin().await.unwrap();
    let undo = "UPDATE bank_transfers SET returned_at = NULL WHERE direction = 'out'";
    assert_eq!(transaction.execute(undo, Vec::new()).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    say(way_back, Direction::Out, returned).await;
    wallet.finish().await;
}
