//! A worker, a network that loses and delays, and a bank that executes a reference once: whatever happens, a
//! transfer that is refused was not executed and never will be.

use crate::{at, transfer};
use makegood_banking::{Answer, BankTransfer, Claim, Refusal, Schedule, State, Step};
use makegood_base::Timestamp;
use std::time::Duration;

/// What happens to the next call, or otherwise next.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Delivered and answered.
    Answered,
    /// Delivered; the answer is lost.
    AnswerLost,
    /// Lost on its way to the bank.
    Lost,
    /// Not answered, and delivered some time later.
    Delayed,
    /// The worker dies before it calls, but the call is made when it wakes up.
    Paused,
    /// All that is under way arrives.
    Arrive,
    /// Time passes.
    Wait,
    /// The wallet takes over.
    Reverse,
}

const FATES: [Fate; 8] = [
    Fate::Answered,
    Fate::AnswerLost,
    Fate::Lost,
    Fate::Delayed,
    Fate::Paused,
    Fate::Arrive,
    Fate::Wait,
    Fate::Reverse,
];

#[derive(Clone)]
struct World {
    transfer: BankTransfer,
    now: Timestamp,
    /// Sends on their way.
    under_way: u32,
    /// How the bank decided the reference, once it has: executed or not.
    decided: Option<bool>,
    has_funds: bool,
}

impl World {
    /// A send arrives at the bank, which decides a reference once, and executes nothing after its validity.
    fn deliver(&mut self) {
        let valid = self.now <= self.transfer.valid_until;
        let has_funds = self.has_funds;
        self.decided.get_or_insert(valid && has_funds);
    }

    fn bank_says(&self) -> Answer {
        let amount = self.transfer.amount;
        match self.decided {
            None => Answer::NotFound,
            Some(true) => Answer::Succeeded { bank_reference: "b1".to_owned(), amount },
            Some(false) => Answer::Refused { refusal: Refusal::InsufficientFunds, bank_reference: None },
        }
    }

    fn call(&mut self, claim: Claim, fate: Fate, schedule: &Schedule) {
        if claim.step == Step::Send {
            match fate {
                Fate::Answered | Fate::AnswerLost => self.deliver(),
                Fate::Delayed | Fate::Paused => self.under_way += 1,
                _ => {}
            }
        }
        let answer = match fate {
            Fate::Paused => return,
            Fate::Answered => self.bank_says(),
            _ => Answer::NoAnswer,
        };
        let answered = self.transfer.answer(claim.generation, answer, self.now, schedule);
        assert!(answered.is_ok());
    }

    fn happen(&mut self, fate: Fate, schedule: &Schedule) {
        match fate {
            Fate::Wait => self.now = self.now.plus(Duration::from_secs(300)),
            Fate::Reverse => {
                self.transfer.start_reversing(self.now, schedule);
            }
            Fate::Arrive => {
                if self.under_way > 0 {
                    self.under_way = 0;
                    self.deliver();
                }
            }
            _ => {
                let Some(due) = self.transfer.next_at else { return };
                self.now = self.now.max(due);
                if let Some(claim) = self.transfer.claim(self.now, schedule) {
                    self.call(claim, fate, schedule);
                }
            }
        }
    }

    fn judge(&self) {
        let executed = self.decided == Some(true);
        let executable = self.decided.is_none()
            && self.has_funds
            && self.under_way > 0
            && self.now <= self.transfer.valid_until;
        match self.transfer.state {
            State::Refused => assert!(!executed && !executable, "refused, and the bank moves the money"),
            State::Settled => assert!(executed, "settled, and the bank did not move the money"),
            State::Created => assert!(self.under_way == 0 && self.decided.is_none()),
            State::Submitted | State::Accepted | State::Unknown => {}
        }
    }

    /// Once the network works again, every transfer ends.
    fn drain(mut self, schedule: &Schedule) {
        for _ in 0..20 {
            self.happen(Fate::Answered, schedule);
        }
        assert!(self.transfer.is_final(), "still {:?}", self.transfer.state);
        self.judge();
        assert_eq!(self.transfer.state == State::Settled, self.decided == Some(true));
    }
}

fn explore(world: &World, depth: usize, path: &mut Vec<Fate>, schedule: &Schedule) -> u64 {
    world.clone().drain(schedule);
    let mut worlds = 1;
    if depth == 0 {
        return worlds;
    }
    for fate in FATES {
        path.push(fate);
        let mut next = world.clone();
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            next.happen(fate, schedule);
            next.judge();
        }));
        assert!(judged.is_ok(), "after {path:?}: {:?}", next.transfer);
        worlds += explore(&next, depth - 1, path, schedule);
        path.pop();
    }
    worlds
}

#[test]
fn a_refused_transfer_is_never_executed_and_every_transfer_ends() {
    let schedule = Schedule::default();
    let mut worlds = 0;
    for has_funds in [true, false] {
        let transfer = transfer(&schedule);
        let world = World { transfer, now: at(0), under_way: 0, decided: None, has_funds };
        worlds += explore(&world, 5, &mut Vec::new(), &schedule);
    }
    println!("{worlds} worlds, refused-and-executed 0");
}
