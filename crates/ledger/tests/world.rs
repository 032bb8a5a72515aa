//! A ledger and the model side by side, driven by bytes: eight make one operation. The fuzz target drives the
//! same.

use super::model::Model;
use makegood_base::Timestamp;
use makegood_ledger::{
    AccountId, AccountSpec, AccountStatus, Action, Book, Changes, Head, Leg, Posted, Rejection, RowKey, Side,
    Transaction, TransactionId, TransferRef,
    replay::{Auditor, Report, StoredTransaction},
};
use makegood_money::{Currency, Money};

pub type Operation = [u8; 8];
pub type Apply = fn(&mut Book, &Transaction, Timestamp) -> Result<Posted, Rejection>;

/// The kinds of operation, some more than once to be chosen more often. The first byte of an operation chooses.
pub const KINDS: &[&str] = &[
    "open", "post", "post", "against", "against", "hold", "hold", "hold", "hold", "capture", "capture",
    "release", "expire", "status", "chain", "again", "conflict", "bulk",
];

const AMOUNTS: &[i64] =
    &[1, 10, 40, 50, 60, 100, 100, 100, 300, 1_000, 0, -1, i64::MIN, i64::MAX, i64::MAX - 1, i64::MAX / 2];

#[derive(Clone)]
pub struct World {
    pub book: Book,
    pub model: Model,
    apply: Apply,
    now: i64,
    made: u64,
    accepted: Vec<Transaction>,
    legs: Vec<(TransferRef, Leg)>,
    /// What the book has to write, as of the last operation.
    written: Changes,
}

/// The accounts of the world: banks, users with bounds, and one (7) that is not opened at the start.
pub fn spec(number: u8) -> AccountSpec {
    let (currency, normal, floor, ceiling) = match number {
        0 => (Currency::CNY, Side::Debit, None, None),
        1 | 7 => (Currency::CNY, Side::Credit, Some(0), None),
        2 => (Currency::CNY, Side::Credit, Some(0), Some(1_000)),
        3 => (Currency::CNY, Side::Debit, Some(-50), Some(100)),
        4 => (Currency::CNY, Side::Credit, None, None),
        5 => (Currency::USD, Side::Debit, None, None),
        6 => (Currency::USD, Side::Credit, Some(0), None),
        8 => (Currency::CNY, Side::Credit, Some(1), None),
        _ => (Currency::CNY, Side::Credit, None, Some(-1)),
    };
    AccountSpec { owner: [number; 16], code: 1, currency, normal, floor, ceiling }
}

/// Which account a byte stands for: users and their bank most often.
const ACCOUNTS: &[u8; 16] = &[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7];

const STATUSES: &[AccountStatus; 8] = {
    use AccountStatus::{Closed, Frozen, NoDebits, Open};
    &[Open, Open, Open, NoDebits, NoDebits, Frozen, Closed, Closed]
};

fn number(byte: u8) -> u8 {
    ACCOUNTS[usize::from(byte % 16)]
}

fn account(byte: u8) -> AccountId {
    spec(number(byte)).id()
}

fn pick<T>(items: &[T], byte: u8) -> Option<&T> {
    items.get(usize::from(byte) % items.len().max(1))
}

impl World {
    /// Accounts 0 to 6 are open, and the users 1 and 6 have 100 each.
    pub fn new(apply: Apply, forgets: Option<&'static str>) -> Self {
        let book = Book::complete(Head::default());
        let mut world = Self {
            written: book.clone().into_changes(),
            book,
            model: Model::new(forgets),
            apply,
            now: 1_000,
            made: 0,
            accepted: Vec::new(),
            legs: Vec::new(),
        };
        let fund = |debit, credit, currency| Leg {
            debit: spec(debit).id(),
            credit: spec(credit).id(),
            amount: Money::new(100, currency),
            action: Action::Post,
        };
        let legs = vec![fund(0, 1, Currency::CNY), fund(5, 6, Currency::USD)];
        let opening = Transaction { opens: (0..7).map(spec).collect(), ..world.transaction(legs) };
        world.submit(&opening).unwrap();
        world
    }

    /// Does one operation on both sides and says which kind had which outcome, or where the sides differ.
    pub fn step(&mut self, operation: Operation) -> Result<(&'static str, &'static str), String> {
        self.made += 1;
        self.now += i64::from(operation[6] % 4);
        let kind = KINDS[usize::from(operation[0]) % KINDS.len()];
        let transaction = self.build(kind, operation);
        self.submit(&transaction).map(|outcome| (kind, outcome)).map_err(|why| format!("{kind}: {why}"))
    }

    fn submit(&mut self, transaction: &Transaction) -> Result<&'static str, String> {
        let at = Timestamp::from_micros(self.now);
        let lazily = self.apply_lazily(transaction, at)?;

        let savepoint = self.book.savepoint();
        let tried = (self.apply)(&mut self.book, transaction, at);
        self.book.rollback(savepoint);
        if self.book.clone().into_changes() != self.written {
            return Err(format!("rolling {tried:?} back leaves something behind"));
        }
        let result = (self.apply)(&mut self.book, transaction, at);
        if (tried, lazily) != (result, result) {
            return Err(format!(
                "first {tried:?}, then {result:?}, and {lazily:?} where rows are loaded late"
            ));
        }
        let outcome = match result {
            Ok(Posted { already: false, .. }) => "posted",
            Ok(_) => "already",
            Err(rejection) => rejection.code(),
        };
        let written = self.book.clone().into_changes();
        if outcome != "posted" && written != self.written {
            return Err(format!("{outcome} has changed the book"));
        }
        self.written = written;
        let expected = self.model.decide(transaction, at);
        if outcome != expected {
            return Err(format!("{outcome} where {expected} is right"));
        }
        self.check()?;
        if outcome == "posted" {
            self.accepted.push(transaction.clone());
            let names = (0_u16..).map(|leg| TransferRef { transaction: transaction.id, leg });
            self.legs.extend(names.zip(transaction.legs.iter().copied()));
        }
        Ok(outcome)
    }

    /// Applies in a book that knows nothing but the head and is told of rows only when it asks.
    fn apply_lazily(
        &self,
        transaction: &Transaction,
        at: Timestamp,
    ) -> Result<Result<Posted, Rejection>, String> {
        let mut book = Book::new(self.written.head.clone());
        loop {
            let Err(Rejection::NotLoaded(key)) = (self.apply)(&mut book, transaction, at) else {
                return Ok((self.apply)(&mut book, transaction, at).map(|posted| Posted {
                    already: self.book.transaction(&transaction.id).is_some(),
                    ..posted
                }));
            };
            if book.is_known(&key) {
                return Err(format!("{key:?} is not loaded, and known"));
            }
            match key {
                RowKey::Account(id) => self.book.account(&id).map(|row| book.put_account(*row, 1)),
                RowKey::Hold(hold) => self.book.hold(&hold).map(|row| book.put_hold(*row, 1)),
                RowKey::Transfer(target) => self
                    .book
                    .transfer(&target)
                    .map(|row| book.put_transfer(row, (row.returned > 0).then_some(1))),
                RowKey::Transaction(id) => self.book.transaction(&id).map(|row| book.put_transaction(*row)),
            }
            .unwrap_or_else(|| book.put_absent(key));
        }
    }

    /// Every currency sums to zero, every account is inside its bounds and as in the model.
    fn check(&self) -> Result<(), String> {
        let mut sums = [(Currency::CNY, 0_i128), (Currency::USD, 0)];
        for id in (0..8).map(|number| spec(number).id()) {
            if let Some(why) = self.model.differs(self.book.account(&id), &id) {
                return Err(why);
            }
            let Some(account) = self.book.account(&id) else { continue };
            let posted = i128::from(account.posted);
            let (least, most) = (posted - i128::from(account.held), posted + i128::from(account.incoming));
            if account.floor.is_some_and(|floor| least < i128::from(floor))
                || account.ceiling.is_some_and(|ceiling| most > i128::from(ceiling))
            {
                return Err(format!("{account:?} is outside its bounds"));
            }
            let sum = sums.iter_mut().find(|(currency, _)| *currency == account.currency).unwrap();
            sum.1 += if account.normal == Side::Debit { posted } else { -posted };
        }
        if sums.iter().any(|(_, sum)| *sum != 0) { Err(format!("not balanced: {sums:?}")) } else { Ok(()) }
    }

    fn transaction(&self, legs: Vec<Leg>) -> Transaction {
        let id = TransactionId::derive("world", u128::from(self.made).to_be_bytes());
        Transaction { id, code: 1, reference: [0; 16], opens: vec![], statuses: vec![], legs }
    }

    fn build(&self, kind: &str, operation: Operation) -> Transaction {
        let [_, x, y, amount, target, twist, _, extra] = operation;
        let fresh = self.transaction(vec![]);
        let minor = AMOUNTS[usize::from(amount) % AMOUNTS.len()];
        // Most legs are between two accounts of one currency.
        let y = match (number(x), number(y)) {
            (5, _) if !twist.is_multiple_of(8) => 14,
            (6, _) if !twist.is_multiple_of(8) => 13,
            (first, second) if first == second && !twist.is_multiple_of(8) => {
                if first == 1 {
                    8
                } else {
                    4
                }
            }
            _ => y,
        };
        let currency = if matches!(number(x), 5 | 6) { Currency::USD } else { Currency::CNY };
        let leg = |action| Leg {
            debit: account(x),
            credit: account(y),
            amount: Money::new(minor, currency),
            action,
        };
        let repeated = pick(&self.accepted, target).cloned().unwrap_or(fresh.clone());
        match kind {
            "open" if twist.is_multiple_of(16) => Transaction { opens: vec![spec(7); 257], ..fresh },
            "open" if twist.is_multiple_of(4) => Transaction { opens: vec![spec(x % 10)], ..fresh },
            "open" => Transaction { opens: vec![spec(7)], legs: vec![leg(Action::Post)], ..fresh },
            "post" => self.transaction(vec![leg(Action::Post)]),
            "hold" => {
                let expires_at = match extra % 5 {
                    0 | 1 => None,
                    later => Some(Timestamp::from_micros(self.now + i64::from(later) - 2)),
                };
                self.transaction(vec![leg(Action::Hold { expires_at })])
            }
            "status" => {
                let status = STATUSES[usize::from(amount % 8)];
                let first = (account(x), status);
                let statuses = match twist % 16 {
                    0 => vec![first, first],
                    1 => vec![first; 257],
                    _ => vec![first],
                };
                Transaction { statuses, ..fresh }
            }
            "chain" => {
                let first = Leg { debit: spec(0).id(), credit: account(y), ..leg(Action::Post) };
                let second = Leg { debit: account(y), credit: account(x), ..leg(Action::Post) };
                self.transaction(vec![first, second])
            }
            "again" => repeated,
            "conflict" => Transaction { code: 2, ..repeated },
            "bulk" => self.transaction(vec![leg(Action::Post); if twist < 128 { 0 } else { 257 }]),
            _ => self.transaction(vec![self.settlement(kind, operation, leg(Action::Post))]),
        }
    }

    /// A leg that refers to an earlier one: as it should be, or with a twist.
    fn settlement(&self, kind: &str, [_, x, y, _, target, twist, _, extra]: Operation, free: Leg) -> Leg {
        let wanted = |leg: &Leg| match kind {
            "against" => matches!(leg.action, Action::Post | Action::Capture(_)),
            _ => matches!(leg.action, Action::Hold { .. }),
        };
        let fitting: Vec<_> = self.legs.iter().filter(|(_, leg)| wanted(leg)).copied().collect();
        let pool = if extra % 16 == 7 { &self.legs } else { &fitting };
        let nowhere = TransferRef { transaction: self.transaction(vec![]).id, leg: 0 };
        let (name, old) = pick(pool, target).copied().unwrap_or((nowhere, free));
        let name = if extra % 16 == 6 { nowhere } else { name };
        let mut leg = match twist % 16 {
            0 => free,
            1 => Leg { debit: account(x), ..old },
            2 => {
                Leg { amount: Money::new(old.amount.minor().saturating_add(1), old.amount.currency()), ..old }
            }
            3 => Leg { amount: Money::new(old.amount.minor() / 2, old.amount.currency()), ..old },
            4 if y.is_multiple_of(2) => {
                Leg { debit: spec(5).id(), credit: spec(6).id(), amount: Money::new(1, Currency::USD), ..old }
            }
            5 if kind == "against" => {
                let amount = Money::new(1, old.amount.currency());
                Leg { debit: account(x), credit: account(y), amount, ..old }
            }
            _ => old,
        };
        leg.action = match kind {
            "against" => Action::PostAgainst(name),
            "capture" => Action::Capture(name),
            "release" => Action::Release(name),
            _ => Action::Expire(name),
        };
        if kind == "against" && twist & 16 == 0 {
            (leg.debit, leg.credit) = (leg.credit, leg.debit);
        }
        leg
    }

    /// Replays everything that was written and compares it with itself.
    pub fn audit(&self) -> Report {
        audit(&self.book.clone().into_changes())
    }
}

/// Replays changes that began with an empty ledger.
pub fn audit(changes: &Changes) -> Report {
    let mut auditor = Auditor::new();
    changes.accounts_inserted.iter().for_each(|row| auditor.expect_account(*row));
    changes.transfers_inserted.iter().for_each(|row| auditor.expect_transfer(*row));
    for row in &changes.transactions {
        let own = |leg: &&makegood_ledger::LegRow| leg.transfer.transaction == row.id;
        let legs = changes.legs.iter().filter(own).copied().collect();
        let statuses = changes.status_changes.iter().filter(|change| change.sequence == row.sequence);
        auditor.transaction(&StoredTransaction { row: *row, statuses: statuses.copied().collect(), legs });
    }
    auditor.checkpoint("the only batch", changes.head.transactions, &changes.head.log.root());
    changes.holds_inserted.iter().for_each(|row| auditor.hold(row));
    changes.marks.iter().for_each(|row| auditor.mark(row));
    changes.nodes.iter().for_each(|row| auditor.node(row));
    auditor.finish(&changes.head)
}
