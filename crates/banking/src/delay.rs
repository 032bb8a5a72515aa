//! What takes longer than was promised: turns that are put off, promises that are broken, and what a person has to
//! look at.

use crate::{BankTransfer, Schedule, State};
use makegood_base::{IncidentId, MaintenanceId, Timestamp};

/// A promise that was broken: the time is over, and the bank has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// Whether it is the first of this transfer.
    pub is_first: bool,
}

impl BankTransfer {
    /// Puts this turn off, because the bank is not there: it is not asked now, and nothing fails. The next turn is
    /// at `until`, where that is known, else as long away as after an enquiry without an answer, but
    /// [`postponed_max`](Schedule::postponed_max) away at most. False if it is nobody's turn. A lease that lapsed leaves
    /// the transfer unknown, as [`claim`](Self::claim) does.
    pub fn postpone(
        &mut self,
        until: Option<(Timestamp, MaintenanceId)>,
        now: Timestamp,
        schedule: &Schedule,
    ) -> bool {
        if self.next_at.is_none_or(|due| now < due) || self.lease.is_some_and(|lease| now < lease.until) {
            return false;
        }
        if self.state == State::Submitted {
            self.become_unknown(now);
        }
        self.lease = None;
        self.postponed = self.postponed.saturating_add(1);
        let turns = self.enquiries.saturating_add(self.postponed);
        let next = schedule.next_enquiry(turns, now).min(now.plus(schedule.postponed_max));
        match until.filter(|(until, _)| *until > now) {
            Some((until, window)) => {
                self.maintenance = Some(window);
                self.promise(until.plus(schedule.expected_in));
                // It may be called off, or end early: nobody sleeps until its end.
                let until = until.min(now.plus(schedule.postponed_max));
                self.next_at = Some(self.look_by(until, now, schedule));
            }
            None => self.next_at = Some(self.look_by(next, now, schedule)),
        }
        true
    }

    /// Promises an answer by this time: never an earlier one than was promised before. Somebody looks by then.
    pub fn promise(&mut self, by: Timestamp) {
        if self.is_final() || by <= self.expected_by {
            return;
        }
        self.expected_by = by;
        self.look_at_promise();
    }

    /// Sees to it that a turn comes when the promise is over, at the latest. What is leased has its turn with the answer.
    fn look_at_promise(&mut self) {
        if self.lease.is_none() {
            self.next_at = self.next_at.map(|next| next.min(self.expected_by));
        }
    }

    /// Notes that something is wrong at the bank, while nothing else was noted.
    pub fn note_incident(&mut self, incident: IncidentId) {
        if !self.is_final() {
            self.incident.get_or_insert(incident);
        }
    }

    /// Notes a promise that is broken, and makes another one, which is to be told: within an hour, and when it has been
    /// late for that long, within a day ([`delayed_in`](Schedule::delayed_in), [`case_after`](Schedule::case_after)).
    /// `None` while the time is not over, and when it is final.
    pub fn note_delay(&mut self, now: Timestamp, schedule: &Schedule) -> Option<Delay> {
        if self.is_final() || now < self.expected_by {
            return None;
        }
        let is_first = self.delayed_at.is_none();
        let first = *self.delayed_at.get_or_insert(now);
        let is_recent = now < first.plus(schedule.delayed_in);
        let next = now.plus(if is_recent { schedule.delayed_in } else { schedule.case_after });
        // Where it is known when it ends, nothing later than that is promised.
        self.expected_by = self.over_by(now, schedule).map_or(next, |over| next.min(over));
        self.look_at_promise();
        Some(Delay { is_first })
    }

    /// Whether a person has to look, from now on: it has been open for too long. True once.
    pub fn note_overdue(&mut self, now: Timestamp, schedule: &Schedule) -> bool {
        let is_overdue =
            !self.is_final() && self.overdue_at.is_none() && now >= self.created_at.plus(schedule.case_after);
        if is_overdue {
            self.overdue_at = Some(now);
        }
        is_overdue
    }

    /// By when it is known whether the bank has moved the money, if it is there to be asked by then: an enquiry that
    /// begins when no send can be executed any more tells. `None` where the bank has it, and takes the time that it
    /// takes, and once that moment is over.
    pub(crate) fn over_by(&self, now: Timestamp, schedule: &Schedule) -> Option<Timestamp> {
        let over_by = self.proven_from(schedule).plus(schedule.expected_in_min);
        (!self.is_with_the_bank() && now < over_by).then_some(over_by)
    }

    /// Whether the bank has said that it has it: it is neither sent again nor given up where the bank does not find it.
    pub(crate) fn is_with_the_bank(&self) -> bool {
        self.state == State::Accepted || self.mismatch.is_some()
    }

    /// From when on the bank's word that it does not know the transfer is proof that it never will.
    pub(crate) fn proven_from(&self, schedule: &Schedule) -> Timestamp {
        self.valid_until.plus(schedule.validity_margin)
    }

    /// The next turn: not later than the moment at which a promise would be broken, or than the last at which an answer
    /// still keeps it; nor than the one from which the bank's word is proof, or at which a person has to look. From then
    /// on, and until it should be known how it ended, the bank is asked often, for it may be back only now.
    pub(crate) fn look_by(&self, next: Timestamp, now: Timestamp, schedule: &Schedule) -> Timestamp {
        let overdue = self.created_at.plus(schedule.case_after);
        let proven_from = self.proven_from(schedule);
        let is_ending = now >= proven_from && self.over_by(now, schedule).is_some();
        let moments = [
            Some(self.expected_by),
            Some(self.expected_by.minus(schedule.answer_timeout)),
            Some(proven_from),
            is_ending.then(|| now.plus(schedule.expected_in_min / 4)),
            self.overdue_at.is_none().then_some(overdue),
        ];
        moments.into_iter().flatten().filter(|moment| *moment > now).fold(next, Timestamp::min)
    }
}
