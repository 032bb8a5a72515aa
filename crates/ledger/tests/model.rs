//! A second ledger, written to be obviously right and for nothing else: it keeps the list of all legs that
//! were ever accepted and computes everything from that list again each time, in `i128`.

use makegood_base::Timestamp;
use makegood_ledger::{
    Account, AccountId, AccountSpec, AccountStatus, Action, LEGS_MAX, Leg, Side, Transaction, TransferRef,
};
use std::collections::{BTreeMap, BTreeSet};

/// All that has happened.
#[derive(Clone, Default)]
pub struct Model {
    accounts: BTreeMap<AccountId, AccountSpec>,
    statuses: Vec<(AccountId, AccountStatus)>,
    legs: Vec<(TransferRef, Leg, Timestamp)>,
    transactions: Vec<Transaction>,
    /// A rule that this model forgets, to show that forgetting it is noticed.
    forgets: Option<&'static str>,
}

/// A leg, the time, and the model before and after it.
struct Step<'a> {
    before: &'a Model,
    after: &'a Model,
    own: TransferRef,
    leg: &'a Leg,
    at: Timestamp,
}

type ShapeRule = (&'static str, fn(&Transaction) -> bool);
type LegRule = (&'static str, fn(&Step<'_>) -> bool);

const SHAPE: &[ShapeRule] = &[
    ("transaction_empty", |t| t.opens.len() + t.statuses.len() + t.legs.len() == 0),
    ("too_many_legs", |t| t.opens.len().max(t.statuses.len()).max(t.legs.len()) > LEGS_MAX),
    ("invalid_bounds", |t| {
        t.opens.iter().any(|spec| spec.floor.unwrap_or(0) > 0 || spec.ceiling.unwrap_or(0) < 0)
    }),
    ("duplicate_status", |t| {
        t.statuses.iter().map(|(account, _)| account).collect::<BTreeSet<_>>().len() < t.statuses.len()
    }),
    ("amount_not_positive", |t| t.legs.iter().any(|leg| leg.amount.minor() < 1)),
    ("same_account", |t| t.legs.iter().any(|leg| leg.debit == leg.credit)),
];

const LEG: &[LegRule] = &[
    ("account_not_found", |s| s.sides().iter().any(|id| !s.before.accounts.contains_key(id))),
    ("currency_mismatch", |s| {
        let wrong = |id| s.before.accounts[id].currency != s.leg.amount.currency();
        s.sides().iter().any(wrong)
            || s.source().is_some_and(|l| l.amount.currency() != s.leg.amount.currency())
    }),
    ("hold_not_found", |s| s.settles() && s.hold().is_none()),
    ("transfer_not_found", |s| matches!(s.leg.action, Action::PostAgainst(_)) && s.source().is_none()),
    ("hold_mismatch", |s| {
        s.hold().is_some_and(|hold| {
            let part = matches!(s.leg.action, Action::Capture(_));
            s.sides() != [hold.debit, hold.credit] || !(part || s.leg.amount == hold.amount)
        })
    }),
    ("hold_settled", |s| {
        let target = s.leg.action.target();
        s.settles() && s.before.legs.iter().any(|(_, l, _)| settles(l.action) && l.action.target() == target)
    }),
    ("hold_expired", |s| {
        let hold = if matches!(s.leg.action, Action::Capture(_)) { s.hold() } else { Some(*s.leg) };
        hold.and_then(|hold| hold.action.expires_at()).is_some_and(|expiry| s.at >= expiry)
    }),
    ("hold_not_expired", |s| {
        matches!(s.leg.action, Action::Expire(_))
            && s.hold().is_some_and(|hold| hold.action.expires_at().is_none_or(|expiry| expiry > s.at))
    }),
    ("capture_exceeded", |s| s.hold().is_some_and(|hold| s.leg.amount.minor() > hold.amount.minor())),
    ("return_exceeded", |s| {
        let Action::PostAgainst(target) = s.leg.action else { return false };
        let against = |(_, l, _): &&(TransferRef, Leg, Timestamp)| l.action == Action::PostAgainst(target);
        let sum: i128 =
            s.after.legs.iter().filter(against).map(|(_, l, _)| i128::from(l.amount.minor())).sum();
        sum > s.source().map_or(0, |leg| i128::from(leg.amount.minor()))
    }),
    ("account_closed", |s| s.touches(AccountStatus::Closed, false)),
    ("account_frozen", |s| s.touches(AccountStatus::Frozen, false)),
    ("debits_refused", |s| s.touches(AccountStatus::NoDebits, true)),
    ("insufficient_funds", |s| {
        s.sides().iter().any(|id| {
            let floor = s.after.accounts[id].floor;
            floor.is_some_and(|floor| s.after.posted(id) - s.after.reserved(id, true) < i128::from(floor))
        })
    }),
    ("ceiling_exceeded", |s| {
        s.sides().iter().any(|id| {
            let ceiling = s.after.accounts[id].ceiling;
            ceiling.is_some_and(|most| s.after.posted(id) + s.after.reserved(id, false) > i128::from(most))
        })
    }),
    ("overflow", |s| {
        s.sides().iter().any(|id| {
            let (posted, held) = (s.after.posted(id), s.after.reserved(id, true));
            let incoming = s.after.reserved(id, false);
            [posted, held, incoming, posted - held, posted + incoming]
                .iter()
                .any(|n| i64::try_from(*n).is_err())
        })
    }),
];

fn settles(action: Action) -> bool {
    matches!(action, Action::Capture(_) | Action::Release(_) | Action::Expire(_))
}

fn moves(action: Action) -> bool {
    matches!(action, Action::Post | Action::PostAgainst(_) | Action::Capture(_))
}

impl Step<'_> {
    fn sides(&self) -> [AccountId; 2] {
        [self.leg.debit, self.leg.credit]
    }

    fn settles(&self) -> bool {
        settles(self.leg.action)
    }

    fn earlier(&self, target: TransferRef) -> Option<Leg> {
        let found = self.before.legs.iter().find(|(name, _, _)| *name == target);
        found.filter(|_| target.transaction != self.own.transaction).map(|(_, leg, _)| *leg)
    }

    /// The hold that the leg settles.
    fn hold(&self) -> Option<Leg> {
        let target = self.leg.action.target().filter(|_| self.settles())?;
        self.earlier(target).filter(|leg| matches!(leg.action, Action::Hold { .. }))
    }

    /// The transfer that the leg returns.
    fn source(&self) -> Option<Leg> {
        let target = self.leg.action.target().filter(|_| !self.settles())?;
        self.earlier(target).filter(|leg| matches!(leg.action, Action::Post | Action::Capture(_)))
    }

    /// Whether the leg asks something of an account of this status, or asks it to go down.
    fn touches(&self, status: AccountStatus, only_down: bool) -> bool {
        let frees = matches!(self.leg.action, Action::Release(_) | Action::Expire(_));
        let sides = [(self.leg.debit, Side::Debit), (self.leg.credit, Side::Credit)];
        !frees
            && sides.iter().any(|(id, side)| {
                let up = self.before.accounts[id].normal == *side;
                self.before.status(id) == status && !(only_down && up)
            })
    }
}

impl Model {
    pub fn new(forgets: Option<&'static str>) -> Self {
        Self { forgets, ..Self::default() }
    }

    /// What the ledger has to answer: `posted`, `already`, or the code of a rejection. The model changes with
    /// it.
    pub fn decide(&mut self, transaction: &Transaction, at: Timestamp) -> &'static str {
        if let Some(known) = self.transactions.iter().find(|known| known.id == transaction.id) {
            let same = known == transaction || self.forgets == Some("transaction_conflict");
            return if same { "already" } else { "transaction_conflict" };
        }
        let mut next = self.clone();
        match next.refuse(transaction, at) {
            Some(code) => code,
            None => {
                next.transactions.push(transaction.clone());
                *self = next;
                "posted"
            }
        }
    }

    fn refuse(&mut self, transaction: &Transaction, at: Timestamp) -> Option<&'static str> {
        let forgets = self.forgets;
        if let Some((code, _)) = SHAPE.iter().find(|(code, rule)| forgets != Some(code) && rule(transaction))
        {
            return Some(code);
        }
        for spec in &transaction.opens {
            if self.accounts.insert(spec.id(), *spec).is_some() && forgets != Some("account_exists") {
                return Some("account_exists");
            }
        }
        for (index, leg) in transaction.legs.iter().enumerate() {
            let own = TransferRef { transaction: transaction.id, leg: u16::try_from(index).unwrap() };
            let before = self.clone();
            self.legs.push((own, *leg, at));
            let step = Step { before: &before, after: self, own, leg, at };
            if let Some((code, _)) = LEG.iter().find(|(code, rule)| forgets != Some(code) && rule(&step)) {
                return Some(code);
            }
        }
        for (id, status) in &transaction.statuses {
            if !self.accounts.contains_key(id) {
                return Some("account_not_found");
            }
            if self.status(id) == AccountStatus::Closed && forgets != Some("account_closed") {
                return Some("account_closed");
            }
            let amounts = [self.posted(id), self.reserved(id, true), self.reserved(id, false)];
            let empty = amounts == [0; 3] || forgets == Some("account_not_empty");
            if *status == AccountStatus::Closed && !empty {
                return Some("account_not_empty");
            }
            self.statuses.push((*id, *status));
        }
        None
    }

    pub fn status(&self, id: &AccountId) -> AccountStatus {
        let last = self.statuses.iter().rev().find(|(account, _)| account == id);
        last.map_or(AccountStatus::Open, |(_, status)| *status)
    }

    pub fn posted(&self, id: &AccountId) -> i128 {
        let moved = self.legs.iter().filter(|(_, leg, _)| moves(leg.action));
        let debits: i128 = moved
            .map(|(_, leg, _)| {
                let sign = i128::from(leg.debit == *id) - i128::from(leg.credit == *id);
                sign * i128::from(leg.amount.minor())
            })
            .sum();
        if self.accounts[id].normal == Side::Debit { debits } else { -debits }
    }

    /// The sum of the open holds that would lower, or raise, the account.
    pub fn reserved(&self, id: &AccountId, lowers: bool) -> i128 {
        let settled =
            |name| self.legs.iter().any(|(_, l, _)| settles(l.action) && l.action.target() == Some(name));
        let normal = self.accounts[id].normal;
        let side = if lowers == (normal == Side::Debit) { Side::Credit } else { Side::Debit };
        let open = self.legs.iter().filter(|(name, leg, _)| {
            let touched = if side == Side::Debit { leg.debit } else { leg.credit };
            matches!(leg.action, Action::Hold { .. }) && touched == *id && !settled(*name)
        });
        open.map(|(_, leg, _)| i128::from(leg.amount.minor())).sum()
    }

    /// Where an account of the ledger is otherwise than here.
    pub fn differs(&self, account: Option<&Account>, id: &AccountId) -> Option<String> {
        let (Some(account), true) = (account, self.accounts.contains_key(id)) else {
            let both = account.is_none() && !self.accounts.contains_key(id);
            return (!both).then(|| format!("{id} is not there on one side"));
        };
        let entries = self.legs.iter().filter(|(_, l, _)| l.debit == *id || l.credit == *id).count();
        let ours = [
            self.posted(id),
            self.reserved(id, true),
            self.reserved(id, false),
            i128::try_from(entries).unwrap(),
        ];
        let theirs = [account.posted, account.held, account.incoming, account.sequence].map(i128::from);
        (ours != theirs || self.status(id) != account.status)
            .then(|| format!("{id}: posted, held, incoming, entries are {ours:?} here and {theirs:?} there"))
    }
}
