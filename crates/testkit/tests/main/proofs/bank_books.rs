//! P14, its first half: what the bank's own books have and what ours have of it differ by named items that are in
//! flight, exactly, at a bank that does wrong whatever it can; and when it has said all, by nothing else than what it
//! contradicts itself in, for each of which there is a case.

use super::{figure, proved, trials_between};
use crate::scripted_bank::callback_secret;
use makegood_banking::{Told, ToldStatus};
use makegood_banksim::{Callbacks, Config, FaultKind, Faults, Outcome, Running, Timings, cards};
use makegood_money::{Currency, Money};
use makegood_sql::{Fields, Kind};
use makegood_testkit::{Db, FakeClock, Person, Shop, TestWallet, cny};
use makegood_wallet::tables::BankCardId;
use makegood_wallet::{Action, Caller};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

on_both!(the_banks_books_are_ours);

/// So much by currency, in minor units.
type Sums = BTreeMap<String, i64>;

const HOUR: Duration = Duration::from_secs(3_600);
/// A bank's messages come when they come: for so long they are waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const ROWS: &str = "SELECT id, direction, amount_minor, currency, state, mismatch_minor, mismatch_currency,
        late_success_at, contradicted_at, returned_at FROM bank_transfers ORDER BY id";
const COLUMNS: &[Kind] = &[
    Kind::Id,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
];
/// What we say that the bank has for us: in its books already, or on its way into them.
const CUSTODY: [(Currency, &str); 2] = [
    (
        Currency::CNY,
        "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code IN (101, 102) AND currency = 156",
    ),
    (
        Currency::USD,
        "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM ledger_accounts WHERE code IN (101, 102) AND currency = 840",
    ),
];
const CASES: &str = "SELECT COUNT(*) FROM operations_cases WHERE closed_at IS NULL";

/// One of the bank's transfers, as we know it.
struct Ours {
    moved: Option<(String, i64)>,
    /// It is not over, or the bank has contradicted itself, or moved it otherwise than it was asked to.
    is_named: bool,
    is_open: bool,
}

/// What a look found.
#[derive(Debug)]
struct Look {
    /// What the bank has more than we have.
    difference: Sums,
    /// What the items explain of it.
    explained: Sums,
    items: usize,
    open: usize,
    /// The references of items that we would not name.
    unnamed: Vec<String>,
}

impl Look {
    fn is_exact(&self) -> bool {
        self.difference == self.explained && self.unnamed.is_empty()
    }
}

fn add(sums: &mut Sums, currency: &str, minor: i64) {
    let sum = sums.entry(currency.to_owned()).or_default();
    *sum += minor;
    if *sum == 0 {
        sums.remove(currency);
    }
}

/// What moved into the pool, or, with a minus, out of it.
fn signed(direction: &str, minor: i64) -> i64 {
    if direction == "in" { minor } else { -minor }
}

async fn bank_says(wallet: &TestWallet, bank: &Running, path: &str) -> Value {
    let url = format!("{}{path}", bank.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let secret = &wallet.app.secrets().bank_secret;
    client.get(url).bearer_auth(secret).send().await.unwrap().json().await.unwrap()
}

fn money(value: &Value) -> (String, i64) {
    let currency = value["currency"].as_str().unwrap().parse::<Currency>().unwrap();
    let amount = Money::parse(value["amount"].as_str().unwrap(), currency).unwrap();
    (currency.code().to_owned(), amount.minor())
}

/// All of the bank's transfers: what each moved, by its reference.
async fn theirs(wallet: &TestWallet, bank: &Running) -> BTreeMap<String, Option<(String, i64)>> {
    let (mut found, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = bank_says(wallet, bank, &format!("/v1/transfers?limit=100{cursor}")).await;
        for transfer in page["data"].as_array().unwrap() {
            let (currency, minor) = money(&transfer["amount"]);
            let minor = signed(transfer["direction"].as_str().unwrap(), minor);
            let moved = (transfer["status"] == "succeeded").then_some((currency, minor));
            found.insert(transfer["reference"].as_str().unwrap().to_owned(), moved);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

async fn ours(wallet: &TestWallet) -> BTreeMap<String, Ours> {
    let mut transaction = wallet.database().read().await.unwrap();
    let rows = transaction.query(ROWS, Vec::new(), COLUMNS).await.unwrap();
    transaction.rollback().await;
    let read = |row| {
        let mut fields = Fields::new("bank_transfers", row);
        let id: [u8; 16] = fields.take().unwrap();
        let direction: String = fields.take().unwrap();
        let (minor, currency): (i64, String) = (fields.take().unwrap(), fields.take().unwrap());
        let state: String = fields.take().unwrap();
        let mismatch: Option<i64> = fields.take().unwrap();
        let mismatch_currency: Option<String> = fields.take().unwrap();
        let late: Option<i64> = fields.take().unwrap();
        let contradicted: Option<i64> = fields.take().unwrap();
        let returned: Option<i64> = fields.take().unwrap();
        let is_open = !matches!(state.as_str(), "settled" | "refused");
        let moved = match mismatch.zip(mismatch_currency) {
            _ if returned.is_some() => None,
            _ if state == "settled" || late.is_some() => Some((currency, minor)),
            Some((minor, currency)) if direction == "in" && minor > 0 => Some((currency, minor)),
            _ => None,
        };
        let moved = moved.map(|(currency, minor)| (currency, signed(&direction, minor)));
        let is_named = is_open || contradicted.is_some() || late.is_some() || mismatch.is_some();
        let id = makegood_base::BankTransferId::from_raw(id).to_string();
        (id, Ours { moved, is_named, is_open })
    };
    rows.into_iter().map(read).collect()
}

async fn look(wallet: &TestWallet, bank: &Running) -> Look {
    let (books, theirs, ours) =
        (bank_says(wallet, bank, "/v1/books").await, theirs(wallet, bank).await, ours(wallet).await);
    let mut difference = Sums::new();
    for account in books["accounts"].as_array().unwrap().iter().filter(|it| it["account"] == "pool") {
        let (currency, minor) = money(&account["balance"]);
        add(&mut difference, &currency, minor);
    }
    for (currency, text) in CUSTODY {
        add(&mut difference, currency.code(), -wallet.count(text).await);
    }
    let (mut explained, mut items, mut unnamed) = (Sums::new(), 0, Vec::new());
    for (reference, own) in &ours {
        let their = theirs.get(reference).cloned().flatten();
        if their == own.moved {
            continue;
        }
        items += 1;
        if !own.is_named {
            unnamed.push(reference.clone());
        }
        for (moved, sign) in [(&their, 1), (&own.moved, -1)] {
            if let Some((currency, minor)) = moved {
                add(&mut explained, currency, sign * minor);
            }
        }
    }
    let open = ours.values().filter(|own| own.is_open).count();
    Look { difference, explained, items, open, unnamed }
}

/// Looks when the bank has told what it is telling just now.
async fn look_when_told(wallet: &TestWallet, bank: &Running) -> Look {
    let until = Instant::now() + PATIENCE;
    loop {
        let pending = bank.control().callbacks().await.unwrap().pending;
        let found = look(wallet, bank).await;
        if (pending == 0 && found.is_exact()) || Instant::now() > until {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

/// A bank that does wrong whatever it can, but that it tells of everything in the end.
fn faults() -> Faults {
    Faults {
        timeout_executed_rate: 0.2,
        never_answered_rate: 0.05,
        late_rate: 0.1,
        success_after_failure_rate: 0.05,
        failure_after_success_rate: 0.05,
        returned_rate: 0.05,
        wrong_amount_rate: 0.05,
        wrong_currency_rate: 0.05,
        wrong_payee_rate: 0.05,
        wrong_reference_rate: 0.05,
        callback_twice_rate: 0.1,
        callback_reordered_rate: 0.1,
        callback_forged_rate: 0.1,
        ..Faults::default()
    }
}

/// A bank, a payer with a card, and a shop.
struct Town {
    bank: Running,
    payer: Person,
    card: BankCardId,
    shop: Shop,
}

impl Town {
    /// Whatever moves money at a bank; what is declined moves none.
    async fn trade(&self, wallet: &TestWallet) {
        let mut paid = Vec::new();
        for number in 1..=4 {
            wallet.top_up(&self.payer, self.card, &format!("{number}.00")).await;
            let order = wallet.order(&self.shop, &format!("{number}.50")).await;
            paid.push(wallet.pay_from_card(&self.payer, order, self.card).await);
        }
        wallet.run().await;
        for payment in paid.into_iter().take(2) {
            let _whatever = wallet.refund(&self.shop, payment, None).await;
        }
        let _whatever = wallet.withdraw(&self.payer, self.card, "1.70").await;
        wallet.run().await;
    }
}

async fn the_banks_books_are_ours(db: Db) {
    let (wallet, bank) = at_a_bank_that_tells(db).await;
    let payer = wallet.user_with("500.00").await;
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let town = Town { bank, payer, card, shop: wallet.new_shop().await };
    assert!(look_when_told(&wallet, &town.bank).await.is_exact());
    town.bank.control().set_faults(faults()).unwrap();
    let (looks, mut items_max) = (trials_between(5, 80), 0);
    for number in 0..looks {
        town.trade(&wallet).await;
        wallet.run_after(Duration::from_secs(30 + 90 * (number % 7))).await;
        let found = look_when_told(&wallet, &town.bank).await;
        assert!(found.is_exact(), "{found:?}");
        items_max = items_max.max(found.items);
    }
    // The bank says all that it has left open, and nobody asks for more.
    town.bank.control().set_faults(Faults::default()).unwrap();
    town.bank.control().resolve(None, Outcome::Succeeded).await.unwrap();
    for _ in 0..60 {
        wallet.run_after(HOUR).await;
    }
    let last = look_when_told(&wallet, &town.bank).await;
    assert!(last.is_exact(), "{last:?}");
    assert!(figure(last.items) <= u64::try_from(wallet.count(CASES).await).unwrap(), "each has a case");
    let injected = town.bank.control().injected().await.unwrap();
    let mut faults = 0;
    for kind in FaultKind::ALL {
        faults += figure(injected.count(kind));
    }
    let figures = [
        ("looks", looks),
        ("transfers", figure(theirs(&wallet, &town.bank).await.len())),
        ("faults", faults),
        ("in_flight_at_most", figure(items_max)),
        ("waiting_for_a_person", figure(last.open)),
        ("contradicted", figure(last.items)),
        ("unexplained", 0),
    ];
    proved("P14", db.as_str(), &figures, a_lie_is_noticed(&wallet, &town).await);
    wallet.finish().await;
    town.bank.stop().await;
}

/// A wallet, and a bank that tells it by itself how transfers end: each has to know where the other listens.
async fn at_a_bank_that_tells(db: Db) -> (TestWallet, Running) {
    let clock = FakeClock::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let wallet = TestWallet::start_at_bank(db, &format!("http://{free}"), clock.clone()).await;
    let own = format!("http://{}/v1/bank-callbacks/{}", wallet.address(), wallet.bank_id());
    let secrets = wallet.app.secrets();
    let file = format!("sqlite:{}", wallet.folder().join("bank.db").display());
    let config = Config {
        listen: free,
        callbacks: Some(Callbacks::new(own, callback_secret(&wallet))),
        timings: Timings { hang: Duration::from_millis(5), ..Timings::default() },
        ..Config::new(file, secrets.bank_secret.clone())
    };
    let bank = makegood_banksim::start(config, Arc::new(clock)).await.unwrap();
    (wallet, bank)
}

/// The control is a bank that says it moved what it did not.
async fn a_lie_is_noticed(wallet: &TestWallet, town: &Town) -> bool {
    wallet.top_up(&town.payer, town.card, "7.77").await;
    let reference = crate::flows::due_transfer(wallet).await.to_string();
    let told = Told {
        bank_reference: format!("lie-{reference}"),
        reference,
        direction: None,
        agreement: None,
        amount: cny("7.77"),
        status: ToldStatus::Succeeded,
    };
    let told = Action::RecordBankCallback { bank: wallet.bank_id().to_owned(), told };
    assert!(wallet.submit(Caller::System, told).await.status < 300);
    let found = look(wallet, &town.bank).await;
    !found.is_exact()
}
