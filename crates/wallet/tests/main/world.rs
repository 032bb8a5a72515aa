//! A wallet in memory, with a model of the bank: what it executed, what it refused, and what it never saw.

use makegood_auth::Principal;
use makegood_banking::{
    Answer, BankTransfer, Direction, HolderCheck, Refusal, ReturnReason, Step, Told, ToldStatus,
};
use makegood_base::{IdSeed, RequestId, SessionId, Timestamp};
use makegood_ledger::Head;
use makegood_money::{Currency, Money};
use makegood_payments::Outgoing;
use makegood_wallet::postings::{Account, Kind};
use makegood_wallet::tables::{
    BankCardId, BankTransferId, MerchantId, OrderId, PaymentId, PayoutId, RefundId, TopUpId, UserId,
    WithdrawalId,
};
use makegood_wallet::texts::Language;
use makegood_wallet::{
    Action, Caller, ClaimedTransfer, Command, Facts, Needs, OutgoingId, Query, Reply, Settings, Stop, answer,
    execute, for_each_table, query_needs,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the model bank does with a transfer that it sees for the first time, or with an enquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Executes,
    ExecutesSilently,
    Loses,
    Refuses,
    RefusesSilently,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Executed,
    Refused,
    /// Executed, and taken back.
    Returned,
}

pub struct World {
    pub facts: Facts,
    pub settings: Settings,
    pub now: Timestamp,
    /// In which language callers ask.
    pub language: Language,
    pub bank: BTreeMap<BankTransferId, Known>,
    pub bank_pool: i64,
    pub users: Vec<(UserId, Caller, BankCardId)>,
    pub merchants: Vec<(MerchantId, Caller)>,
    pub orders: Vec<OrderId>,
    pub payments: Vec<PaymentId>,
    pub refunds: Vec<RefundId>,
    pub top_ups: Vec<TopUpId>,
    pub withdrawals: Vec<WithdrawalId>,
    pub payouts: Vec<PayoutId>,
    pub transfers: Vec<BankTransferId>,
    made: u64,
}

macro_rules! absent {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// Nothing is stored but what was executed here: what is not known is absent.
        fn put_absent(facts: &mut Facts, needs: Needs) {
            needs.ledger.into_iter().for_each(|key| facts.book.put_absent(key));
            $(needs.$field.into_iter().for_each(|key| facts.$field.put(key, None));)*
        }

        /// Loads rows as a store does.
        fn load(needs: Needs, stored: &Facts, facts: &mut Facts) {
            assert!(needs.ledger.is_empty(), "no object is read from the ledger");
            $(needs.$field.into_iter().for_each(|key| {
                let row = stored.$field.peek(&key).cloned();
                facts.$field.put(key, row.map(|row| (row, 1)));
            });)*
        }
    };
}
for_each_table!(absent);

/// How often a store asks what a query needs.
const ROUNDS_MAX: usize = 4;

pub fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

impl World {
    pub fn new(users: usize, merchants: usize) -> Self {
        let mut world = Self {
            facts: Facts::new(Head::default()),
            settings: Settings::default(),
            now: Timestamp::from_micros(1_800_000_000_000_000),
            language: Language::English,
            bank: BTreeMap::new(),
            bank_pool: 0,
            users: Vec::new(),
            merchants: Vec::new(),
            orders: Vec::new(),
            payments: Vec::new(),
            refunds: Vec::new(),
            top_ups: Vec::new(),
            withdrawals: Vec::new(),
            payouts: Vec::new(),
            transfers: Vec::new(),
            made: 0,
        };
        for number in 0..users {
            world.add_user(number);
        }
        for number in 0..merchants {
            let owner = world.users[number % users].1;
            let made = world.run(
                owner,
                Action::CreateMerchant {
                    name: format!("Shop {number}"),
                    api_key: [100 + number as u8; 16].into(),
                    secret_hash: [7; 32],
                },
            );
            let key = Caller::ApiKey { id: [100 + number as u8; 16].into(), secret_hash: [7; 32] };
            world.merchants.push((id(&made, "mch"), key));
        }
        world
    }

    fn add_user(&mut self, number: usize) {
        let registered = self.run(
            Caller::Anonymous,
            Action::RegisterUser {
                login: format!("{number}@example.com"),
                display_name: format!("User {number}"),
                password_hash: "hash".to_owned(),
            },
        );
        let user: UserId = id(&registered, "usr");
        let session = SessionId::from_raw([number as u8 + 1; 16]);
        self.run(
            Caller::Anonymous,
            Action::OpenSession {
                session,
                principal: Principal::User(user),
                password_hash: "hash".to_owned(),
                secret_hash: [1; 32],
                user_agent: None,
            },
        );
        let caller = Caller::Session { id: session, secret_hash: [1; 32] };
        let linked = self.run(
            caller,
            Action::LinkBankCard {
                bank: "simbank".to_owned(),
                agreement: format!("agr_{number}"),
                last4: "1114".to_owned(),
                holder_check: HolderCheck::Match,
            },
        );
        let card: BankCardId = id(&linked, "crd");
        self.run(caller, Action::ActivateBankCard { bank_card: card });
        self.users.push((user, caller, card));
    }

    /// Runs a command as a batch of its own.
    pub fn run(&mut self, caller: Caller, action: Action) -> Reply {
        self.made += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&(self.made << 16).to_be_bytes());
        let command = Command {
            seed: IdSeed { at: self.now, random },
            request: RequestId::from_raw([0; 16]),
            caller,
            language: self.language,
            idempotency_key: None,
            fingerprint: [0; 32],
            action,
        };
        for _ in 0..64 {
            match execute(&command, &mut self.facts, self.now, &self.settings) {
                Ok(reply) => return self.settled(reply),
                Err(Stop::NotLoaded(needs)) => put_absent(&mut self.facts, *needs),
                Err(stop) => panic!("{}: {stop:?}", command.action.name()),
            }
        }
        panic!("{} never stops to need more", command.action.name());
    }

    fn settled(&mut self, reply: Reply) -> Reply {
        loop {
            match self.facts.settle_timers() {
                Ok(()) => return reply,
                Err(Stop::NotLoaded(needs)) => put_absent(&mut self.facts, *needs),
                Err(stop) => panic!("timers: {stop:?}"),
            }
        }
    }

    /// Remembers what an answer made, so that later steps can choose it.
    pub fn note(&mut self, reply: &Reply) {
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let object = if body["payment"].is_object() { &body["payment"] } else { &body };
        let text = object["id"].as_str().unwrap_or_default().to_owned();
        push_new(&mut self.payments, &text);
        push_new(&mut self.orders, &text);
        push_new(&mut self.top_ups, &text);
        push_new(&mut self.refunds, &text);
        push_new(&mut self.withdrawals, &text);
        push_new(&mut self.payouts, &text);
    }

    /// All bank transfers that anything ever led to.
    pub fn collect_transfers(&mut self) {
        let late = self.payments.iter().filter_map(|id| self.facts.payments.peek(id)?.late_refund);
        self.refunds.extend(late.collect::<Vec<_>>());
        self.refunds.sort();
        self.refunds.dedup();
        let payments = self.payments.iter().filter_map(|id| self.facts.payments.peek(id)?.bank_transfer);
        let refunds = self.refunds.iter().filter_map(|id| self.facts.refunds.peek(id)?.bank_transfer);
        let top_ups = self.top_ups.iter().filter_map(|id| Some(self.facts.top_ups.peek(id)?.bank_transfer));
        let outgoing = self.outgoing().into_iter().map(|(_, outgoing)| outgoing.bank_transfer);
        self.transfers = payments.chain(refunds).chain(top_ups).chain(outgoing).collect();
        self.transfers.sort();
        self.transfers.dedup();
    }

    /// All that ever was to go out.
    pub fn outgoing(&self) -> Vec<(OutgoingId, Outgoing)> {
        let withdrawals = self.withdrawals.iter().map(|id| {
            (OutgoingId::Withdrawal(*id), self.facts.withdrawals.peek(id).unwrap().outgoing.clone())
        });
        let payouts = self
            .payouts
            .iter()
            .map(|id| (OutgoingId::Payout(*id), self.facts.payouts.peek(id).unwrap().outgoing.clone()));
        withdrawals.chain(payouts).collect()
    }

    /// Who may read, and cancel, what goes out.
    pub fn owner(&self, id: OutgoingId) -> Caller {
        match id {
            OutgoingId::Withdrawal(id) => self.caller(self.facts.withdrawals.peek(&id).unwrap().user),
            OutgoingId::Payout(id) => self.key(self.facts.payouts.peek(&id).unwrap().merchant),
        }
    }

    /// A merchant's API key.
    pub fn key(&self, merchant: MerchantId) -> Caller {
        self.merchants.iter().find(|it| it.0 == merchant).unwrap().1
    }

    /// Does what is due of settlements. Nobody is late: a day's money is all that is there when it ends.
    fn settle(&mut self) {
        for (merchant, _) in self.merchants.clone() {
            let pending = Account::merchant(Kind::MerchantPending, merchant, Currency::CNY);
            let Some(schedule) = self.facts.settlement_schedules.peek(&pending.id()).cloned() else {
                continue;
            };
            let (account, cut_off) = (schedule.id, schedule.cut_off);
            let paid_minor = self.posted(pending) + schedule.taken_minor;
            self.run(Caller::System, Action::CloseDay { account, cut_off, paid_minor });
            let open = self.facts.settlement_schedules.peek(&account).unwrap().open.clone();
            for settlement in open {
                self.run(Caller::System, Action::Settle { settlement });
            }
        }
    }

    /// A worker takes its turn at a transfer, if it is due, and the bank is in some mood.
    pub fn work(&mut self, id: BankTransferId, mood: Mood) {
        let reply = self.run(Caller::System, Action::ClaimBankTransfer { bank_transfer: id });
        let claimed: ClaimedTransfer = serde_json::from_slice(&reply.body).unwrap();
        let Some(claim) = claimed.claim else { return };
        let answer = self.ask(&claimed.transfer, claim.step, mood);
        let generation = claim.generation;
        self.run(Caller::System, Action::RecordBankAnswer { bank_transfer: id, generation, answer });
    }

    fn ask(&mut self, transfer: &BankTransfer, step: Step, mood: Mood) -> Answer {
        if mood == Mood::Loses {
            return Answer::NoAnswer;
        }
        if step == Step::Send && !self.bank.contains_key(&transfer.id) {
            let is_late = self.now > transfer.valid_until;
            let executes = matches!(mood, Mood::Executes | Mood::ExecutesSilently) && !is_late;
            self.bank.insert(transfer.id, if executes { Known::Executed } else { Known::Refused });
            if executes {
                let minor = transfer.amount.minor();
                self.bank_pool += if transfer.direction == Direction::In { minor } else { -minor };
            }
        }
        if matches!(mood, Mood::ExecutesSilently | Mood::RefusesSilently) {
            return Answer::NoAnswer;
        }
        let bank_reference = format!("bank-{}", transfer.id);
        match self.bank.get(&transfer.id) {
            Some(Known::Executed) => Answer::Succeeded { bank_reference, amount: transfer.amount },
            Some(Known::Returned) => {
                let reason = ReturnReason::AccountClosed;
                Answer::Returned { bank_reference, amount: transfer.amount, reason }
            }
            Some(Known::Refused) => {
                Answer::Refused { refusal: Refusal::InsufficientFunds, bank_reference: Some(bank_reference) }
            }
            None => Answer::NotFound,
        }
    }

    /// The bank takes back what it has executed, and tells so, with what it had said before, in one order or the other.
    /// What was given back by a refund of ours is left alone.
    pub fn take_back(&mut self, id: BankTransferId, late_yes: bool) {
        let Some(row) = self.facts.bank_transfers.peek(&id).cloned() else { return };
        let is_given_back = match row.purpose {
            makegood_banking::Purpose::Refund(refund) => {
                let row = self.facts.refunds.peek(&refund);
                row.is_none_or(|row| row.origin != makegood_refunds::RefundOrigin::Merchant)
            }
            _ => row.direction == Direction::Out,
        };
        if is_given_back || self.bank.get(&id) != Some(&Known::Executed) {
            return;
        }
        self.bank.insert(id, Known::Returned);
        let minor = row.amount.minor();
        self.bank_pool -= if row.direction == Direction::In { minor } else { -minor };
        let told = |status| Told {
            reference: id.to_string(),
            bank_reference: format!("bank-{id}"),
            direction: Some(row.direction),
            agreement: Some(row.agreement.clone()),
            amount: row.amount,
            status,
        };
        let returned = told(ToldStatus::Returned { reason: ReturnReason::AccountClosed });
        let mut messages = vec![returned.clone(), told(ToldStatus::Succeeded), returned];
        if late_yes {
            messages.rotate_left(1);
        }
        for told in messages {
            self.run(Caller::System, Action::RecordBankCallback { bank: "simbank".to_owned(), told });
        }
    }

    /// Does everything that a timer is due for, but calls to the bank.
    pub fn expire(&mut self) {
        for order in self.orders.clone() {
            self.run(Caller::System, Action::ExpireOrder { order });
        }
        for payment in self.payments.clone() {
            self.run(Caller::System, Action::ClosePayment { payment });
        }
        self.settle();
    }

    pub fn advance(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    /// What a caller reads.
    pub fn read(&self, query: &Query, caller: Caller) -> serde_json::Value {
        self.read_in(Language::English, query, caller)
    }

    /// What a caller reads in a language.
    pub fn read_in(&self, language: Language, query: &Query, caller: Caller) -> serde_json::Value {
        let request = RequestId::from_raw([0; 16]);
        let mut facts = Facts::new(Head::default());
        for _ in 0..ROUNDS_MAX {
            let mut needs = query_needs(query, caller, &facts);
            needs.retain_unknown(&facts);
            load(needs, &self.facts, &mut facts);
        }
        let reply = answer(query, caller, &facts, self.now, &self.settings, language, request).unwrap();
        assert_eq!(reply.status, 200);
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// A payment as its payer reads it.
    pub fn read_payment(&self, id: PaymentId) -> serde_json::Value {
        self.read(&Query::Payment(id), self.payer(id))
    }

    /// A payment's trace as its payer reads it.
    pub fn read_trace(&self, id: PaymentId) -> serde_json::Value {
        self.read(&Query::PaymentTrace(id), self.payer(id))
    }

    pub fn payer(&self, id: PaymentId) -> Caller {
        self.caller(self.facts.payments.peek(&id).unwrap().payer)
    }

    pub fn caller(&self, user: UserId) -> Caller {
        self.users.iter().find(|it| it.0 == user).unwrap().1
    }

    /// Opens a session of the wallet's staff.
    pub fn staff(&mut self) -> Caller {
        let login = "staff@example.com".to_owned();
        let role = makegood_auth::StaffRole::Support;
        let added =
            self.run(Caller::Operator, Action::AddStaff { login, password_hash: "hash".to_owned(), role });
        let session = SessionId::from_raw([0xff; 16]);
        let opened = Action::OpenSession {
            session,
            principal: Principal::Staff(id(&added, "stf")),
            password_hash: "hash".to_owned(),
            secret_hash: [1; 32],
            user_agent: None,
        };
        self.run(Caller::Anonymous, opened);
        Caller::Session { id: session, secret_hash: [1; 32] }
    }

    pub fn read_top_up_trace(&self, id: TopUpId) -> serde_json::Value {
        self.read(&Query::TopUpTrace(id), self.users[0].1)
    }

    /// The first refund.
    pub fn read_refund(&self, caller: Caller) -> serde_json::Value {
        self.read(&Query::Refund(self.refunds[0]), caller)
    }

    /// What an account has; nothing where it was never opened.
    pub fn posted(&self, account: Account) -> i64 {
        self.facts.book.account(&account.id()).map_or(0, |row| row.posted)
    }

    pub fn ours(&self, kind: Kind) -> i64 {
        self.posted(Account::ours(kind, Currency::CNY))
    }

    pub fn at_bank(&self, kind: Kind) -> i64 {
        self.posted(Account::bank(kind, "simbank", Currency::CNY))
    }
}

/// A problem can name a payment that is known already.
fn push_new<I: std::str::FromStr + PartialEq>(known: &mut Vec<I>, text: &str) {
    if let Ok(id) = text.parse()
        && !known.contains(&id)
    {
        known.push(id);
    }
}

fn id<I: std::str::FromStr>(reply: &Reply, prefix: &str) -> I {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    let text = body["id"].as_str().unwrap_or_else(|| panic!("no {prefix} in {body}"));
    text.parse().ok().unwrap_or_else(|| panic!("{text} is no {prefix}"))
}
