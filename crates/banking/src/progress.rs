//! How a transfer moves: turns that are claimed, answers, callbacks, and being taken over.

use crate::{Answer, BankTransfer, Claim, Lease, Outcome, Refusal, Schedule, Stale, State, Step};
use makegood_base::Timestamp;
use makegood_money::Money;

impl BankTransfer {
    /// Takes the next turn, to be committed before the call is made. `None` if the transfer is final, not due,
    /// or leased to somebody. A lease that lapsed without an answer leaves the transfer unknown (look at
    /// [`is_unknown`](BankTransfer::is_unknown) afterwards, for no outcome tells it), and the turn is an
    /// enquiry: nobody knows whether that call was made.
    ///
    /// A send is never claimed at or after `valid_until`, nor when the transfer is reversing.
    pub fn claim(&mut self, now: Timestamp, schedule: &Schedule) -> Option<Claim> {
        if self.next_at.is_none_or(|due| now < due) || self.lease.is_some_and(|lease| now < lease.until) {
            return None;
        }
        if self.state == State::Submitted {
            self.become_unknown(now);
        }
        let step = match self.next_step {
            _ if self.is_final() => Step::Recall,
            step if now < self.valid_until => step,
            _ => Step::Enquire,
        };
        match step {
            Step::Send => {
                self.sends = self.sends.saturating_add(1);
                self.submitted_at.get_or_insert(now);
                if self.state == State::Created {
                    self.state = State::Submitted;
                }
            }
            Step::Enquire | Step::Recall => self.enquiries = self.enquiries.saturating_add(1),
        }
        self.generation = self.generation.saturating_add(1);
        let until = now.plus(schedule.lease);
        self.lease = Some(Lease { step, claimed_at: now, until });
        self.next_step = Step::Enquire;
        self.next_at = Some(until);
        Some(Claim { transfer: self.id, generation: self.generation, step })
    }

    /// Takes what came of the call of a claim. An answer of another claim than the current one is refused,
    /// except that the bank's final word is never lost: it is taken as [`callback`](Self::callback) takes it.
    pub fn answer(
        &mut self,
        generation: i64,
        answer: Answer,
        now: Timestamp,
        schedule: &Schedule,
    ) -> Result<Outcome, Stale> {
        let current = if generation == self.generation { self.lease } else { None };
        let Some(lease) = current else {
            return match answer {
                Answer::Succeeded { .. }
                | Answer::Misdirected { .. }
                | Answer::Refused { .. }
                | Answer::Returned { .. } => Ok(self.callback(answer, now)),
                Answer::Accepted { .. } | Answer::Recall { .. } | Answer::NotFound | Answer::NoAnswer => {
                    Err(Stale { transfer: self.id, answered: generation, current: self.generation })
                }
            };
        };
        self.lease = None;
        if lease.step == Step::Recall {
            return Ok(self.recall_answered(answer, now, schedule));
        }
        self.next_step = Step::Enquire;
        self.next_at = Some(self.look_by(schedule.next_enquiry(self.enquiries, now), now, schedule));
        Ok(match answer {
            Answer::NotFound if lease.step == Step::Enquire => {
                self.not_found(lease.claimed_at, now, schedule)
            }
            Answer::NotFound | Answer::NoAnswer => self.no_answer(now),
            told => self.callback(told, now),
        })
    }

    /// Takes what the bank tells by itself, in any order and any number of times. The first final answer
    /// wins; what comes later changes no state. [`Answer::NotFound`], [`Answer::NoAnswer`] and
    /// [`Answer::Recall`] are no callbacks and change nothing.
    pub fn callback(&mut self, answer: Answer, now: Timestamp) -> Outcome {
        match answer {
            Answer::Succeeded { bank_reference, amount } => self.succeeded(bank_reference, amount, now),
            Answer::Refused { refusal, bank_reference } => self.refused(refusal, bank_reference, now),
            Answer::Accepted { bank_reference } => self.accepted(bank_reference),
            Answer::Misdirected { bank_reference, amount } => self.mismatched(bank_reference, amount, now),
            Answer::Returned { bank_reference, amount, reason } => {
                self.returned(bank_reference, amount, reason, now)
            }
            Answer::Recall { .. } | Answer::NotFound | Answer::NoAnswer => self.quiet(),
        }
    }

    /// Takes the transfer over: from here on it is never sent again. It ends when the bank refuses it or has
    /// not found it for its whole validity; a success is reported as [`Outcome::Settled`], and its money has
    /// to be given back. A transfer that was never sent, and that the bank does not have, is refused at once; of any
    /// other no end is promised before that validity is over.
    pub fn start_reversing(&mut self, now: Timestamp, schedule: &Schedule) -> Outcome {
        if self.is_final() || self.reversing {
            return self.quiet();
        }
        self.reversing = true;
        if self.sends == 0 && self.state == State::Created {
            return self.finish_refused(Refusal::Expired, now);
        }
        self.next_step = Step::Enquire;
        if self.lease.is_none() {
            self.next_at = Some(now);
        }
        if let Some(over_by) = self.over_by(now, schedule) {
            self.promise(over_by);
        }
        Outcome::Pending
    }

    /// The bank does not know the reference. Only an enquiry that *began* when no send can be executed any more
    /// proves that it never will be; before that, a send may still be on its way.
    fn not_found(&mut self, enquired_at: Timestamp, now: Timestamp, schedule: &Schedule) -> Outcome {
        if self.is_with_the_bank() {
            return Outcome::Pending;
        }
        let proven_from = self.proven_from(schedule);
        if enquired_at >= proven_from {
            return self.finish_refused(Refusal::Expired, now);
        }
        if now < self.valid_until && !self.reversing {
            self.next_step = Step::Send;
            self.next_at = Some(now);
        } else {
            self.next_at = self.next_at.map(|next| next.min(proven_from.max(now)));
        }
        Outcome::Pending
    }

    fn no_answer(&mut self, now: Timestamp) -> Outcome {
        if self.state == State::Submitted { self.become_unknown(now) } else { Outcome::Pending }
    }

    pub(crate) fn become_unknown(&mut self, now: Timestamp) -> Outcome {
        self.state = State::Unknown;
        self.unknown_since.get_or_insert(now);
        Outcome::BecameUnknown
    }

    fn accepted(&mut self, bank_reference: String) -> Outcome {
        if self.is_final() {
            return Outcome::Unchanged;
        }
        self.bank_reference.get_or_insert(bank_reference);
        self.next_step = Step::Enquire;
        if self.mismatch.is_none() {
            self.state = State::Accepted;
            self.unknown_since = None;
        }
        Outcome::Pending
    }

    fn succeeded(&mut self, bank_reference: String, amount: Money, now: Timestamp) -> Outcome {
        if amount != self.amount {
            return self.mismatched(bank_reference, amount, now);
        }
        match self.state {
            // An earlier yes: what it moved is back already.
            _ if self.returned_at.is_some() => self.quiet(),
            State::Settled => Outcome::Unchanged,
            State::Refused if self.late_success_at.is_some() => Outcome::Unchanged,
            State::Refused => {
                self.late_success_at = Some(now);
                self.bank_reference = Some(bank_reference);
                Outcome::LateSuccess
            }
            State::Created | State::Submitted | State::Accepted | State::Unknown => {
                self.bank_reference = Some(bank_reference);
                self.finish(State::Settled, now);
                Outcome::Settled
            }
        }
    }

    fn mismatched(&mut self, bank_reference: String, amount: Money, now: Timestamp) -> Outcome {
        if self.returned_at.is_some() {
            return self.quiet();
        }
        let told_before = self.mismatch.is_some();
        self.mismatch.get_or_insert(amount);
        if !self.is_final() {
            self.bank_reference = Some(bank_reference);
            self.next_step = Step::Enquire;
            self.become_unknown(now);
        }
        if told_before { self.quiet() } else { Outcome::Mismatch }
    }

    fn refused(&mut self, refusal: Refusal, bank_reference: Option<String>, now: Timestamp) -> Outcome {
        if self.state == State::Refused || self.returned_at.is_some() {
            return self.quiet();
        }
        if self.state == State::Settled || self.mismatch.is_some() {
            // It said that money moved. A refusal does not undo that; a person has to look.
            return self.contradicted(now);
        }
        if bank_reference.is_some() {
            self.bank_reference = bank_reference;
        }
        self.finish_refused(refusal, now)
    }

    pub(crate) fn contradicted(&mut self, now: Timestamp) -> Outcome {
        let told_before = self.contradicted_at.is_some();
        self.contradicted_at.get_or_insert(now);
        if told_before { self.quiet() } else { Outcome::Contradiction }
    }

    pub(crate) fn finish_refused(&mut self, refusal: Refusal, now: Timestamp) -> Outcome {
        self.refusal = Some(refusal);
        self.finish(State::Refused, now);
        Outcome::Refused(refusal)
    }

    fn finish(&mut self, state: State, now: Timestamp) {
        self.state = state;
        self.final_at = Some(now);
        self.unknown_since = None;
        self.lease = None;
        self.next_at = None;
    }

    /// What to report when nothing changed.
    pub(crate) fn quiet(&self) -> Outcome {
        if self.is_final() { Outcome::Unchanged } else { Outcome::Pending }
    }
}
