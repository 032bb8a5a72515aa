//! What a bank sends back after its yes, in every order with a cancelling and with new withdrawals: the money is back
//! once, whoever was first.

use super::super::withdrawals;
use super::*;
use crate::postings::{self, Account, Kind};
use crate::tables::{User, WithdrawalId};
use crate::{Action, Actor, Caller, Command, Facts, Needs, Stop, for_each_table};
use makegood_banking::{BankCardState, State};
use makegood_base::{BankCardId, IdSeed, Ids, RequestId, Timestamp};
use makegood_ledger::{Head, TransactionId};
use makegood_money::{Currency, Money};

const CARD: BankCardId = BankCardId::from_raw([2; 16]);
const USER: UserId = UserId::from_raw([1; 16]);

macro_rules! absent {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// Nothing is stored but what was decided here.
        fn put_absent(facts: &mut Facts, needs: Needs) {
            needs.ledger.into_iter().for_each(|key| facts.book.put_absent(key));
            $(needs.$field.into_iter().for_each(|key| facts.$field.put(key, None));)*
        }
    };
}
for_each_table!(absent);

struct World {
    facts: Facts,
    settings: Settings,
    made: u8,
}

impl World {
    /// A user with 100.00, and a card that the bank knows as theirs.
    fn new() -> Self {
        let mut world = Self { facts: Facts::new(Head::default()), settings: Settings::default(), made: 0 };
        let now = Timestamp::EPOCH;
        let (login, display_name, password_hash) = (String::new(), String::new(), String::new());
        world
            .facts
            .users
            .add(User { id: USER, login, display_name, password_hash, created_at: now })
            .unwrap();
        let card = BankCard {
            id: CARD,
            user: USER,
            bank: "simbank".to_owned(),
            agreement: String::new(),
            last4: "1114".to_owned(),
            holder_check: HolderCheck::Match,
            holder_checked_at: now,
            acknowledged: None,
            failures: Vec::new(),
            state: BankCardState::Active,
            created_at: now,
        };
        world.facts.bank_cards.add(card).unwrap();
        let top_up = postings::top_up("simbank", USER, cny(10_000));
        world.run(|context| {
            bank::post(context, top_up.clone(), TransactionId::derive("top_up", [9; 16]), [9; 16])
        });
        world
    }

    fn run<T>(&mut self, does: impl Fn(&mut Context<'_>) -> Result<T, Stop>) -> T {
        self.try_run(does).unwrap_or_else(|stop| panic!("{stop:?}"))
    }

    fn try_run<T>(&mut self, does: impl Fn(&mut Context<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        self.made += 1;
        let seed = IdSeed { at: Timestamp::EPOCH, random: [self.made; 10] };
        let command = Command {
            seed,
            request: RequestId::from_raw([0; 16]),
            caller: Caller::System,
            language: Language::English,
            idempotency_key: None,
            fingerprint: [0; 32],
            action: Action::ForgetKeys { keys: Vec::new() },
        };
        loop {
            let savepoint = self.facts.savepoint();
            let mut context = Context {
                facts: &mut self.facts,
                settings: &self.settings,
                command: &command,
                actor: Actor::User(USER),
                now: Timestamp::EPOCH,
                ids: Ids::new(seed),
            };
            match does(&mut context) {
                Err(stop) => {
                    self.facts.rollback(savepoint);
                    match stop {
                        Stop::NotLoaded(needs) => put_absent(&mut self.facts, *needs),
                        stop => return Err(stop),
                    }
                }
                done => return done,
            }
        }
    }

    fn withdraw(&mut self, minor: i64) -> Result<WithdrawalId, Stop> {
        let new = NewOutgoing {
            amount: cny(minor),
            bank_card: CARD,
            client_ref: None,
            check: None,
            acknowledge: None,
        };
        let reply = self.try_run(|context| withdrawals::create(context, &new))?;
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        Ok(body["id"].as_str().unwrap().parse().unwrap())
    }

    fn transfer(&self, id: WithdrawalId) -> BankTransfer {
        let row = self.facts.withdrawals.peek(&id).unwrap();
        self.facts.bank_transfers.peek(&row.outgoing.bank_transfer).unwrap().clone()
    }

    /// The bank was asked and has said yes.
    fn complete(&mut self, id: WithdrawalId) {
        let transfer = BankTransfer { state: State::Settled, ..self.transfer(id) };
        let outgoing = OutgoingId::Withdrawal(id);
        self.run(|context| began(context, &transfer, outgoing));
        self.run(|context| completed(context, &transfer, outgoing));
    }

    fn return_it(&mut self, id: WithdrawalId) {
        let transfer = self.transfer(id);
        self.run(|context| withdrawals::returned(context, &transfer, id));
    }

    fn available(&self) -> i64 {
        self.facts.book.account(&Account::user(USER, Currency::CNY).id()).unwrap().available()
    }

    fn at_bank(&self, kind: Kind) -> i64 {
        self.facts
            .book
            .account(&Account::bank(kind, "simbank", Currency::CNY).id())
            .map_or(0, |row| row.posted)
    }

    fn ours(&self, kind: Kind) -> i64 {
        self.facts.book.account(&Account::ours(kind, Currency::CNY).id()).map_or(0, |row| row.posted)
    }
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Returns,
    Cancels,
    Retries(i64),
}

/// Every order of some steps.
fn orders(steps: &[Step]) -> Vec<Vec<Step>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, first) in steps.iter().enumerate() {
        let rest: Vec<Step> = [&steps[..index], &steps[index + 1..]].concat();
        all.extend(orders(&rest).into_iter().map(|order| [&[*first], &order[..]].concat()));
    }
    all
}

/// Plays an order; `returns` is how something comes back. Whether the user has what they must have.
fn holds(order: &[Step], returns: impl Fn(&mut World, WithdrawalId)) -> bool {
    let mut world = World::new();
    let first = world.withdraw(6_000).unwrap();
    world.complete(first);
    let mut accepted = 0;
    for step in order {
        match step {
            Step::Returns => returns(&mut world, first),
            Step::Cancels => {
                let refused = world.try_run(|context| withdrawals::cancel(context, first));
                let Err(Stop::Problem(problem)) = refused else { return false };
                assert_eq!(problem.code, Code::WithdrawalNotCancellable);
            }
            Step::Retries(minor) => match world.withdraw(*minor) {
                Ok(_) => accepted += minor,
                Err(Stop::Problem(problem)) => assert_eq!(problem.code, Code::BalanceInsufficient),
                Err(stop) => panic!("{stop:?}"),
            },
        }
    }
    let row = world.facts.withdrawals.peek(&first).unwrap().outgoing.clone();
    assert_eq!(row.status, OutgoingStatus::Returned);
    // Once back, and what goes out again is held: nothing else has moved.
    world.available() == 10_000 - accepted && world.at_bank(Kind::Custody) == 10_000
}

/// Prints the line of the proof; `scripts/prove` collects it.
#[test]
fn a_late_return_races_cancel_and_retry() {
    let steps = [
        Step::Returns,
        Step::Returns,
        Step::Returns,
        Step::Cancels,
        Step::Cancels,
        Step::Retries(6_000),
        Step::Retries(10_000),
    ];
    let all = orders(&steps);
    for order in &all {
        assert!(holds(order, World::return_it), "{order:?}");
    }
    // The control gives back whenever it is told to, as one would without an id that derives from the withdrawal.
    let number = std::cell::Cell::new(0_u8);
    let naive = |world: &mut World, id: WithdrawalId| {
        world.return_it(id);
        number.set(number.get().wrapping_add(1));
        let id = TransactionId::derive("naive", [number.get(); 16]);
        let again = postings::top_up("simbank", USER, cny(6_000));
        world.run(|context| bank::post(context, again.clone(), id, [0; 16]));
    };
    let caught = !holds(&all[0], naive);
    assert!(caught, "the control was not caught");
    println!("PROOF late-return memory orders={} returned_once={} control=caught", all.len(), all.len());
}

#[test]
fn what_comes_back_again_and_again_counts_as_failing() {
    let mut world = World::new();
    for open in [0, 1, 1, 2] {
        let id = world.withdraw(6_000).unwrap();
        world.complete(id);
        world.return_it(id);
        assert_eq!(world.available(), 10_000);
        let cases = world.facts.operations_cases.touched().count();
        assert_eq!(cases, open);
        let causes = world.facts.withdrawals.peek(&id).unwrap().outgoing.causes.clone();
        assert!(causes.iter().all(|cause| cause == "bank.returned"), "{causes:?}");
    }
    // One that stays where it arrived ends that.
    let id = world.withdraw(1_000).unwrap();
    world.complete(id);
    assert!(world.facts.bank_cards.peek(&CARD).unwrap().failures.is_empty());
}

#[test]
fn what_was_paid_late_and_sent_back_is_explained_again() {
    let mut world = World::new();
    let id = world.withdraw(6_000).unwrap();
    let (transfer, outgoing) = (world.transfer(id), OutgoingId::Withdrawal(id));
    world.run(|context| began(context, &transfer, outgoing));
    assert_eq!(world.at_bank(Kind::OutInTransit), 6_000);
    world.run(|context| failed(context, &transfer, outgoing, "bank.card_refused"));
    assert_eq!((world.available(), world.at_bank(Kind::OutInTransit)), (10_000, 0));
    world.run(|context| paid_late(context, &transfer, outgoing));
    assert_eq!((world.at_bank(Kind::Suspense), world.at_bank(Kind::Custody)), (6_000, 4_000));
    for _ in 0..2 {
        world.return_it(id);
        assert_eq!((world.at_bank(Kind::Suspense), world.at_bank(Kind::Custody)), (0, 10_000));
    }
    assert_eq!(world.available(), 10_000);
}

/// The fee of a withdrawal has been used up by what a bank took back when the withdrawal fails: its user gets all of
/// it, what is missing is unexplained, and a person has to look.
#[test]
fn a_fee_that_is_not_there_any_more_is_given_back_and_a_person_looks() {
    let mut world = World::new();
    world.settings.withdrawal_fee_minor_min = 100;
    let id = world.withdraw(6_000).unwrap();
    let (transfer, outgoing) = (world.transfer(id), OutgoingId::Withdrawal(id));
    world.run(|context| began(context, &transfer, outgoing));
    assert_eq!((world.available(), world.ours(Kind::Float)), (3_900, 100));
    let shares = postings::UserShares::of(3_970, 3_900, 100);
    let taken = postings::bank_returned("simbank", USER, cny(3_970), shares);
    world.run(|context| bank::post(context, taken.clone(), TransactionId::derive("taken", [8; 16]), [8; 16]));
    assert_eq!((world.available(), world.ours(Kind::Float)), (0, 30));

    world.run(|context| failed(context, &transfer, outgoing, "bank.card_refused"));
    assert_eq!((world.available(), world.ours(Kind::Float)), (6_100, 0));
    assert_eq!(world.at_bank(Kind::Suspense), 70, "what the float lacked of the fee");
    assert_eq!(world.at_bank(Kind::OutInTransit), 0);
    let opened: Vec<_> = world.facts.operations_cases.touched().collect();
    assert_eq!(opened.len(), 1, "a person has to look");
}
