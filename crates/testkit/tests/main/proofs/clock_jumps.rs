//! P20: the clock jumps by an hour or a day, both ways, while everything that has a time is under way. The order of
//! things is their sequence, nothing ends twice, nothing ends before it began, and all that is open comes to its end.

use super::{figure, length, proved, trials};
use makegood_banksim::cards;
use makegood_base::{Clock as _, RawId, Timestamp};
use makegood_payments::Source;
use makegood_sql::{Fields, Kind};
use makegood_testkit::{Answer, Db, Person, Placed, SeededEntropy, Shop, TestWallet, payment, transfer};
use makegood_wallet::tables::{BankCardId, PaymentId};
use makegood_wallet::{Action, Command, NewOrder, Query};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

on_both!(the_clock_jumps);

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// No further from the start than this, so that no session and no key grows old.
const AWAY_MAX: i64 = 3 * DAY;

/// What has ended, and when; all of it for ever.
const ENDS: &[&str] = &[
    "SELECT id, closed_at FROM orders WHERE closed_at IS NOT NULL",
    "SELECT id, final_at FROM payments WHERE final_at IS NOT NULL",
    "SELECT id, final_at FROM top_ups WHERE final_at IS NOT NULL",
    "SELECT id, final_at FROM bank_transfers WHERE final_at IS NOT NULL",
];
/// Deadlines before the beginning of what they are the end of.
const NEGATIVE: &str = "SELECT (SELECT COUNT(*) FROM orders WHERE expires_at < created_at)
    + (SELECT COUNT(*) FROM payments WHERE confirm_by < created_at)
    + (SELECT COUNT(*) FROM sessions WHERE expires_at < created_at)
    + (SELECT COUNT(*) FROM bank_transfers WHERE lease_until < lease_claimed_at)
    + (SELECT COUNT(*) FROM bank_transfers WHERE valid_until < created_at OR expected_by < created_at)";
/// Objects of which the same end was told twice.
const TOLD_TWICE: &str = "SELECT COUNT(*) FROM (SELECT object FROM events
    WHERE kind IN ('payment.succeeded', 'payment.failed', 'order.cancelled', 'top_up.succeeded', 'top_up.failed',
        'refund.succeeded') GROUP BY owner_id, object, kind HAVING COUNT(*) > 1) AS twice";
/// Whatever is not at its end.
const OPEN: &str = "SELECT (SELECT COUNT(*) FROM timers WHERE kind <> 'settlement_day') + (SELECT COUNT(*) FROM orders WHERE state = 'open')
    + (SELECT COUNT(*) FROM bank_transfers WHERE final_at IS NULL)";
/// Sequences that are missing.
const GAPS: &str = "SELECT MAX(sequence) - COUNT(*) FROM ledger_transactions";
/// What every account had after each of its entries, in the order of its own sequence.
const HISTORY: &str = "SELECT account, number, at, amount, after FROM (
        SELECT debit AS account, debit_sequence AS number, transaction_sequence, -amount AS amount,
            debit_balance_after AS after FROM ledger_legs WHERE action IN (0, 1, 3) UNION ALL
        SELECT credit AS account, credit_sequence AS number, transaction_sequence, amount,
            credit_balance_after AS after FROM ledger_legs WHERE action IN (0, 1, 3)) AS entries
    JOIN ledger_transactions ON ledger_transactions.sequence = entries.transaction_sequence
    JOIN ledger_accounts ON ledger_accounts.id = entries.account AND ledger_accounts.code = 201
    ORDER BY account, number";

struct Scene {
    wallet: TestWallet,
    people: Vec<(Person, BankCardId)>,
    shop: Shop,
    choice: SeededEntropy,
    start: Timestamp,
    /// Every command that had a key, with its answer.
    asked: Vec<(Command, Answer)>,
    paid: Vec<PaymentId>,
    /// Orders that nobody pays in time.
    forgotten: Vec<Placed>,
    /// How often somebody came too late for one of them.
    too_late: u64,
    ends: BTreeMap<(usize, RawId), i64>,
}

async fn the_clock_jumps(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (shop, start) = (wallet.new_shop().await, wallet.clock.now());
    let mut people = Vec::new();
    for number in [cards::ALWAYS_WORKS, cards::TIMES_OUT_BUT_EXECUTES, cards::SETTLES_LATER, cards::REFUSES] {
        let user = wallet.user_with("10000.00").await;
        let card = wallet.card(&user, number).await;
        people.push((user, card));
    }
    let choice = SeededEntropy::new(20);
    let (asked, paid, forgotten, ends) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
    let mut scene = Scene { wallet, people, shop, choice, start, asked, paid, forgotten, too_late: 0, ends };
    let (jumps, mut back) = (trials(400), 0);
    for number in 0..jumps {
        scene.live(number).await;
        back += u64::from(scene.jump());
        if scene.choice.below(2) == 0 {
            scene.wallet.run().await;
        }
        scene.ask_again().await;
        scene.come_too_late().await;
        scene.look().await;
    }
    scene.settle(db, jumps, back).await;
}

impl Scene {
    /// Jumps, and tells whether backwards.
    fn jump(&self) -> bool {
        let now = self.wallet.clock.now().as_micros();
        let away = now - self.start.as_micros();
        let by = if self.choice.below(2) == 0 { HOUR } else { DAY };
        let is_back = if away.abs() > AWAY_MAX { away > 0 } else { self.choice.below(2) == 0 };
        self.wallet.clock.set(Timestamp::from_micros(if is_back { now - by } else { now + by }));
        is_back
    }

    async fn submit(&mut self, command: Command) -> Answer {
        let answer = Answer::from(self.wallet.app.submit(command.clone()).await);
        assert!(answer.status < 500, "{}", answer.json());
        self.asked.push((command, answer.clone()));
        answer
    }

    /// A little of everything that has a time.
    async fn live(&mut self, number: u64) {
        let (user, card) = self.people[length(number) % self.people.len()].clone();
        let friend = self.people[length(number + 1) % self.people.len()].0.clone();
        let key = |name: &str| format!("{name} {number}");
        let short = NewOrder { expires_in_s: Some(60), ..self.wallet.new_order("3.00") };
        let forgotten = self.wallet.place(&self.shop, short).await;
        let never = NewOrder { expires_in_s: Some(60), ..self.wallet.new_order("4.00") };
        self.forgotten.push(self.wallet.place(&self.shop, never).await);
        let orders: [Placed; 3] = [
            self.wallet.order(&self.shop, "7.00").await,
            self.wallet.order(&self.shop, "2.00").await,
            self.wallet.order(&self.shop, "1.00").await,
        ];
        let pay = |order: Placed, source, expect| payment(order, source, expect);
        let actions = [
            ("give", transfer(&friend, "0.01")),
            ("balance", pay(orders[0], Source::Balance, Some(orders[0].expect))),
            ("card", pay(orders[1], Source::BankCard { id: card }, Some(orders[1].expect))),
            // Whether it is right was never said, so that its time will be over.
            ("unconfirmed", pay(orders[2], Source::Balance, None)),
            ("late", pay(forgotten, Source::BankCard { id: card }, None)),
            (
                "top up",
                Action::TopUp { amount: makegood_testkit::cny("5.00"), bank_card: card, client_ref: None },
            ),
        ];
        for (name, action) in actions {
            let command = self.wallet.keyed(user.caller, &key(name), action);
            let answer = self.submit(command).await;
            if name == "balance" {
                self.paid.push(answer.expect(201).id("/id"));
            }
        }
        if let Some(paid) = self.paid.get(length(self.choice.below(figure(self.paid.len())))).copied() {
            let _some = self.wallet.refund(&self.shop, paid, Some("0.50")).await;
        }
        let (_caller, _token) = self.wallet.log_in(&user.login, false).await;
    }

    /// A key that is not old has its answer, whatever the clock says.
    async fn ask_again(&self) {
        let any = length(self.choice.below(figure(self.asked.len())));
        let (command, answer) = &self.asked[any];
        let again = Answer::from(self.wallet.app.submit(command.clone()).await);
        assert!(again.replayed && again.body == answer.body, "{}: {}", answer.json(), again.json());
        assert_eq!(self.wallet.app.jobs().sweep().await, Ok(0), "a key is dropped before its time");
    }

    /// An order whose time was over is not paid any more, also when the clock says that it has time again.
    async fn come_too_late(&mut self) {
        let any = self.forgotten[length(self.choice.below(figure(self.forgotten.len())))];
        if self.wallet.order_status(&self.shop, any).await == "expired" {
            let late = self.wallet.pay(&self.people[0].0, any, Source::Balance).await;
            let _late = late.expect_problem(409, "order.expired");
            self.too_late += 1;
        }
    }

    /// Lets all keys grow old, once and for all. Returns how many were dropped.
    async fn grow_old(&self) -> u64 {
        self.wallet.clock.advance(Duration::from_secs(31 * 86_400));
        let kept = self.wallet.count("SELECT COUNT(*) FROM idempotency").await;
        let sweep = || async { figure(self.wallet.app.jobs().sweep().await.unwrap()) };
        let dropped = sweep().await;
        assert_eq!(Ok(dropped), u64::try_from(kept));
        for by in [-DAY, DAY, HOUR] {
            let now = self.wallet.clock.now().as_micros();
            self.wallet.clock.set(Timestamp::from_micros(now + by));
            assert_eq!(sweep().await, 0, "a key is dropped twice");
        }
        let session = self.people[0].0.caller;
        let _over = self.wallet.read(session, Query::Me).await.expect_problem(401, "auth.required");
        dropped
    }

    /// What has ended stays as it ended.
    async fn look(&mut self) {
        for (index, text) in ENDS.iter().enumerate() {
            for row in rows(&self.wallet, text, &[Kind::Id, Kind::Integer]).await {
                let mut fields = Fields::new("ends", row);
                let (id, at): (RawId, i64) = (fields.take().unwrap(), fields.take().unwrap());
                let ended = *self.ends.entry((index, id)).or_insert(at);
                assert_eq!(ended, at, "{text}: {id:?} has ended twice");
            }
        }
    }

    /// Lets all come to its end, and looks at all that was written.
    async fn settle(mut self, db: Db, jumps: u64, back: u64) {
        self.wallet.clock.set(Timestamp::from_micros(self.start.as_micros() + 2 * AWAY_MAX));
        // A merchant's last day ends too, and is settled.
        for hours in [1, 1, 1, 1, 24, 24] {
            self.wallet.run_after(Duration::from_secs(hours * 3_600)).await;
        }
        self.look().await;
        for text in [NEGATIVE, TOLD_TWICE, OPEN, GAPS] {
            assert_eq!(self.wallet.count(text).await, 0, "{text}");
        }
        let kinds = &[Kind::Id, Kind::Integer, Kind::Integer, Kind::Integer, Kind::Integer];
        let mut history: Vec<Entry> =
            rows(&self.wallet, HISTORY, kinds).await.into_iter().map(entry).collect();
        assert_eq!(torn(&history), 0, "the sequence is not the order");
        for (user, _) in self.people.clone() {
            assert_eq!(self.torn_pages(&user).await, 0, "a history is not in order");
        }
        let (entries, keys) = (figure(history.len()), self.grow_old().await);
        // The control puts the same entries in the order of their times.
        history.sort_by_key(|entry| (entry.account, entry.at));
        let caught = torn(&history) > 0;
        let figures = [
            ("jumps", jumps),
            ("backwards", back),
            ("entries", entries),
            ("ended", figure(self.ends.len())),
            ("ended_twice", 0),
            ("too_late", self.too_late),
            ("keys", keys),
            ("negative", 0),
            ("open", 0),
            ("anomalies", 0),
        ];
        proved("P20", db.as_str(), &figures, caught);
        self.wallet.finish().await;
    }

    /// How many lines of somebody's history, as they read it, do not follow from the line below.
    async fn torn_pages(&self, user: &Person) -> u64 {
        let (mut lines, mut cursor): (Vec<(i64, i64)>, Option<String>) = (Vec::new(), None);
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let path = format!("/v1/me/transactions?currency=CNY&limit=100{after}");
            let page =
                self.wallet.call(("GET", &path), Some(&user.token), None, &Value::Null).await.expect(200);
            let minor =
                |row: &Value, name: &str| row[name].as_str().unwrap().replace('.', "").parse().unwrap();
            let rows = page.at("/data").as_array().unwrap();
            lines.extend(rows.iter().map(|row| (minor(row, "amount"), minor(row, "balance_after"))));
            cursor = page.at("/next_cursor").as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert!(!lines.is_empty());
        figure(lines.windows(2).filter(|pair| pair[0].1 != pair[1].1 + pair[0].0).count())
    }
}

async fn rows(
    wallet: &TestWallet,
    text: &'static str,
    kinds: &'static [Kind],
) -> Vec<Vec<makegood_sql::Value>> {
    let mut transaction = wallet.database().read().await.unwrap();
    let rows = transaction.query(text, Vec::new(), kinds).await.unwrap();
    transaction.rollback().await;
    rows
}

/// A change of an account's balance.
struct Entry {
    account: RawId,
    at: i64,
    amount: i64,
    after: i64,
}

fn entry(row: Vec<makegood_sql::Value>) -> Entry {
    let mut fields = Fields::new("history", row);
    let (account, _number): (RawId, i64) = (fields.take().unwrap(), fields.take().unwrap());
    let mut number = || fields.take().unwrap();
    Entry { account, at: number(), amount: number(), after: number() }
}

/// How many entries do not follow from the one before.
fn torn(history: &[Entry]) -> usize {
    let of_one = history.windows(2).filter(|pair| pair[0].account == pair[1].account);
    of_one.filter(|pair| pair[1].after != pair[0].after + pair[1].amount).count()
}
