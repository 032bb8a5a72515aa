//! Cases of the ledger as lines of text. Steps are separated by `|`, the legs of one step by `+`:
//!
//! - `A 100` opens account A in CNY, credit-normal with floor 0, and funds it with 100. Behind the amount may
//!   stand `floor=-50`, `floor=none`, `ceiling=200`, `USD`, `debit`.
//! - `post A>B 60` debits A and credits B; `hold A>B 60 @10` expires at the time 10; `capture h A>B 50`,
//!   `release h A>B 60`, `expire h A>B 60` and `against p B>A 10` refer to the step called h or p.
//! - `h: hold A>B 60` gives the first leg of a step a name. `USD` behind an amount makes it another currency.
//! - `freeze A`, `nodebits A`, `close A`, `thaw A` set a status. `at 10` sets the time. `again h` posts the
//!   transaction called h again, `other h` another one with its id.
//!
//! All steps but the last must be posted. The outcome is the last one's rejection, or where it is posted, the
//! accounts' `posted:held:incoming`.

use makegood_base::Timestamp;
use makegood_ledger::{
    AccountId, AccountSpec, AccountStatus, Action, Book, Head, Leg, Posted, Rejection, Side, Transaction,
    TransactionId, TransferRef, apply,
};
use makegood_money::{Currency, Money};
use std::collections::BTreeMap;

pub struct Script {
    pub book: Book,
    accounts: BTreeMap<String, AccountId>,
    named: BTreeMap<String, Transaction>,
    at: i64,
    made: u64,
}

/// Runs a script and compares its outcome.
pub fn check(script: &str, expected: &str) {
    let mut run = Script::new();
    let outcome = run.all(script).map_or_else(|rejection| rejection.code().to_owned(), |_| run.balances());
    assert_eq!(outcome, expected, "{script}");
}

pub fn spec(name: &str, options: &[&str]) -> AccountSpec {
    let mut owner = [0; 16];
    owner[..name.len()].copy_from_slice(name.as_bytes());
    let mut spec = AccountSpec {
        owner,
        code: 1,
        currency: Currency::CNY,
        normal: Side::Credit,
        floor: Some(0),
        ceiling: None,
    };
    for option in options {
        match option.split_once('=').unwrap_or((option, "")) {
            ("floor", "none") => spec.floor = None,
            ("floor", floor) => spec.floor = Some(floor.parse().unwrap()),
            ("ceiling", ceiling) => spec.ceiling = Some(ceiling.parse().unwrap()),
            ("debit", _) => spec.normal = Side::Debit,
            (currency, _) => spec.currency = currency.parse().unwrap(),
        }
    }
    spec
}

impl Script {
    pub fn new() -> Self {
        Self {
            book: Book::complete(Head::default()),
            accounts: BTreeMap::new(),
            named: BTreeMap::new(),
            at: 0,
            made: 0,
        }
    }

    /// Runs all steps; the outcome is the last one's.
    pub fn all(&mut self, script: &str) -> Result<Posted, Rejection> {
        let (steps, last) = script.rsplit_once('|').unwrap_or(("", script));
        for step in steps.split('|').filter(|step| !step.is_empty()) {
            self.step(step.trim()).unwrap_or_else(|why| panic!("{step} of {script}: {why:?}"));
        }
        self.step(last.trim())
    }

    pub fn step(&mut self, step: &str) -> Result<Posted, Rejection> {
        let (name, step) = step.split_once(": ").unwrap_or(("", step));
        if let Some(at) = step.strip_prefix("at ") {
            self.at = at.parse().unwrap();
            return Ok(Posted { sequence: 0, first_position: 0, already: false });
        }
        let transaction = self.parse(step);
        if !name.is_empty() {
            self.named.insert(name.to_owned(), transaction.clone());
        }
        apply(&mut self.book, &transaction, Timestamp::from_micros(self.at))
    }

    fn parse(&mut self, step: &str) -> Transaction {
        let mut transaction = self.empty();
        for part in step.split(" + ") {
            let words: Vec<&str> = part.split_whitespace().collect();
            let status = match words[0] {
                "again" => return self.named[words[1]].clone(),
                "other" => return Transaction { code: 99, ..self.named[words[1]].clone() },
                "freeze" => AccountStatus::Frozen,
                "nodebits" => AccountStatus::NoDebits,
                "close" => AccountStatus::Closed,
                "thaw" => AccountStatus::Open,
                account if account.starts_with(char::is_uppercase) => {
                    self.open(&mut transaction, &words);
                    continue;
                }
                _ => {
                    transaction.legs.push(self.leg(transaction.id, &words));
                    continue;
                }
            };
            transaction.statuses.push((self.account(words[1]), status));
        }
        transaction
    }

    pub fn empty(&mut self) -> Transaction {
        self.made += 1;
        let id = TransactionId::derive("script", u128::from(self.made).to_be_bytes());
        Transaction { id, code: 1, reference: [0; 16], opens: vec![], statuses: vec![], legs: vec![] }
    }

    /// Money comes from an account `World` of its currency that is without bounds.
    fn open(&mut self, transaction: &mut Transaction, words: &[&str]) {
        let spec = spec(words[0], &words[2..]);
        let world = AccountSpec { owner: [255; 16], floor: None, ceiling: None, ..spec };
        self.accounts.insert(words[0].to_owned(), spec.id());
        transaction.opens.push(spec);
        let amount: i64 = words[1].parse().unwrap();
        if amount != 0 {
            if self.book.account(&world.id()).is_none() {
                transaction.opens.push(world);
            }
            let (debit, credit) =
                if spec.normal == Side::Credit { (world.id(), spec.id()) } else { (spec.id(), world.id()) };
            transaction.legs.push(Leg {
                debit,
                credit,
                amount: Money::new(amount, spec.currency),
                action: Action::Post,
            });
        }
    }

    pub fn account(&self, name: &str) -> AccountId {
        self.accounts.get(name).copied().unwrap_or_else(|| spec(name, &[]).id())
    }

    fn leg(&self, own: TransactionId, words: &[&str]) -> Leg {
        let refers = !matches!(words[0], "post" | "hold");
        let target = TransferRef {
            transaction: match words[1] {
                "itself" => own,
                name if refers => {
                    self.named.get(name).map_or(TransactionId::from_raw([9; 16]), |named| named.id)
                }
                _ => own,
            },
            leg: 0,
        };
        let mut rest = words[if refers { 2 } else { 1 }..].iter();
        let (debit, credit) = rest.next().unwrap().split_once('>').unwrap();
        let minor = match *rest.next().unwrap() {
            "max" => i64::MAX,
            amount => amount.parse().unwrap(),
        };
        let (mut currency, mut expires_at) = (Currency::CNY, None);
        for word in rest {
            match word.strip_prefix('@') {
                Some(at) => expires_at = Some(Timestamp::from_micros(at.parse().unwrap())),
                None => currency = word.parse().unwrap(),
            }
        }
        let action = match words[0] {
            "post" => Action::Post,
            "hold" => Action::Hold { expires_at },
            "capture" => Action::Capture(target),
            "release" => Action::Release(target),
            "expire" => Action::Expire(target),
            "against" => Action::PostAgainst(target),
            other => panic!("{other}"),
        };
        Leg {
            debit: self.account(debit),
            credit: self.account(credit),
            amount: Money::new(minor, currency),
            action,
        }
    }

    fn balances(&self) -> String {
        let texts = self.accounts.iter().map(|(name, id)| match self.book.account(id) {
            Some(account) => format!("{name} {}:{}:{}", account.posted, account.held, account.incoming),
            None => format!("{name} none"),
        });
        texts.collect::<Vec<_>>().join(" ")
    }
}
