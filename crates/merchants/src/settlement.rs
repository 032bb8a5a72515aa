//! When merchants get what they were paid: their days, and the settlement of each.
//!
//! A merchant is paid into a *pending* account. A day ends at its cut-off; what was paid up to then is due a number
//! of days later, and moves to the *available* account. Nothing is written for a payment: all that was ever paid in
//! up to a moment is what the account had then, which the journal says, and what had been taken from it by then.
//! What is taken is taken from the oldest money.

use makegood_base::{MerchantId, SettlementId, Timestamp};
use makegood_ledger::AccountId;
use makegood_money::Currency;
use std::time::Duration;

/// A day. Days here have no other length: a cut-off is a time of the day in UTC.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The first end of a day after `now`, where days end at this time of the day in UTC.
#[must_use]
pub fn next_cut_off(now: Timestamp, time_of_day: Duration) -> Timestamp {
    let day_us = 86_400_000_000_i64;
    let since_midnight_us = now.as_micros().rem_euclid(day_us);
    let midnight = Timestamp::from_micros(now.as_micros().saturating_sub(since_midnight_us));
    let today = midnight.plus(time_of_day);
    if today > now { today } else { today.plus(DAY) }
}

/// The days of one pending account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementSchedule {
    /// The pending account.
    pub id: AccountId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its currency.
    pub currency: Currency,
    /// When the day ends that is still open.
    pub cut_off: Timestamp,
    /// All that was ever taken from the account, in minor units: settlements, refunds.
    pub taken_minor: i64,
    /// All that was ever paid in and that settlements have been made for, in minor units.
    pub covered_minor: i64,
    /// The settlements that are not made yet, the oldest first.
    pub open: Vec<SettlementId>,
}

impl SettlementSchedule {
    /// The days of an account that is opened now.
    #[must_use]
    pub fn begin(id: AccountId, merchant: MerchantId, currency: Currency, cut_off: Timestamp) -> Self {
        Self { id, merchant, currency, cut_off, taken_minor: 0, covered_minor: 0, open: Vec::new() }
    }

    /// Ends the day that is open, if it has ended by now and is the one that is meant. `paid_minor` is all that was
    /// ever paid in before its end. What is new since the last settlement makes one; a day without any makes none.
    pub fn close_day(
        &mut self,
        id: SettlementId,
        cut_off: Timestamp,
        paid_minor: i64,
        settlement_days: u32,
        now: Timestamp,
    ) -> Option<Settlement> {
        if cut_off != self.cut_off || now < cut_off {
            return None;
        }
        self.cut_off = cut_off.plus(DAY);
        if paid_minor <= self.covered_minor {
            return None;
        }
        let settlement = Settlement {
            id,
            schedule: self.id,
            merchant: self.merchant,
            currency: self.currency,
            paid_from_minor: self.covered_minor,
            paid_up_to_minor: paid_minor,
            cut_off,
            due_at: cut_off.plus(DAY.saturating_mul(settlement_days)),
            status: SettlementStatus::Scheduled,
            settled_minor: 0,
            overdue_at: None,
            retry_at: None,
            settled_at: None,
            created_at: now,
        };
        self.covered_minor = paid_minor;
        self.open.push(id);
        Some(settlement)
    }

    /// What a settlement that is made now moves: what was paid up to its cut-off, less what was taken since. Older
    /// ones that are still open are made with it.
    #[must_use]
    pub fn owed_minor(&self, settlement: &Settlement) -> i64 {
        settlement.paid_up_to_minor.saturating_sub(self.taken_minor).max(0)
    }

    /// What an open settlement is expected to move: its own day's money, less what was taken of it.
    #[must_use]
    pub fn expected_minor(&self, settlement: &Settlement) -> i64 {
        let from = settlement.paid_from_minor.max(self.taken_minor);
        settlement.paid_up_to_minor.saturating_sub(from).max(0)
    }

    /// What the day that is open has brought so far, where the account has `posted_minor`, less what was taken.
    #[must_use]
    pub fn expected_of_today_minor(&self, posted_minor: i64) -> i64 {
        let paid = posted_minor.saturating_add(self.taken_minor);
        paid.saturating_sub(self.covered_minor.max(self.taken_minor)).max(0)
    }

    /// Something was taken from the account.
    pub fn take(&mut self, minor: i64) {
        self.taken_minor = self.taken_minor.saturating_add(minor);
    }
}

/// Where a settlement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettlementStatus {
    /// It is not due yet.
    Scheduled,
    /// It was due, and could not be made.
    Overdue,
    /// The merchant can take the money out.
    Settled,
}

impl SettlementStatus {
    /// Every status.
    pub const ALL: &'static [Self] = &[Self::Scheduled, Self::Overdue, Self::Settled];

    /// The status as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Overdue => "overdue",
            Self::Settled => "settled",
        }
    }
}

/// What a merchant was paid in a day, or in several without a settlement between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// The pending account whose it is.
    pub schedule: AccountId,
    /// Who gets it.
    pub merchant: MerchantId,
    /// In which currency.
    pub currency: Currency,
    /// All that was ever paid in before what it is for, in minor units.
    pub paid_from_minor: i64,
    /// All that was ever paid in up to its cut-off, in minor units.
    pub paid_up_to_minor: i64,
    /// When its day ended.
    pub cut_off: Timestamp,
    /// When the merchant is to have it.
    pub due_at: Timestamp,
    /// Where it stands.
    pub status: SettlementStatus,
    /// What it has moved, in minor units.
    pub settled_minor: i64,
    /// When it was found to be overdue.
    pub overdue_at: Option<Timestamp>,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// When it was made.
    pub settled_at: Option<Timestamp>,
    /// When its day was closed.
    pub created_at: Timestamp,
}

impl Settlement {
    /// When it has to be looked at.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.status {
            SettlementStatus::Scheduled => Some(self.due_at),
            SettlementStatus::Overdue => Some(self.retry_at.unwrap_or(self.due_at)),
            SettlementStatus::Settled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(hours * 3_600))
    }

    #[test]
    fn a_day_ends_at_its_time() {
        for (now, expected) in [(0, 16), (15, 16), (16, 40), (17, 40), (39, 40), (40, 64)] {
            assert_eq!(next_cut_off(at(now), Duration::from_secs(16 * 3_600)), at(expected), "{now}");
        }
        let just_before = Timestamp::from_micros(at(16).as_micros() - 1);
        assert_eq!(next_cut_off(just_before, Duration::from_secs(16 * 3_600)), at(16));
        assert_eq!(next_cut_off(Timestamp::from_micros(-1), Duration::ZERO), Timestamp::EPOCH);
    }

    /// A merchant is paid and gives back, day after day; each day's money comes when it is due, and in all exactly
    /// what was paid and not taken.
    #[test]
    fn what_was_paid_up_to_the_cut_off_is_settled_when_it_is_due() {
        for days in [0_u32, 1, 3] {
            let (account, merchant) = (AccountId::from_raw([1; 16]), MerchantId::from_raw([2; 16]));
            let mut schedule = SettlementSchedule::begin(account, merchant, Currency::CNY, at(16));
            let (mut paid, mut posted, mut settled) = (0_i64, 0_i64, 0_i64);
            let mut open: Vec<Settlement> = Vec::new();
            for day in 0..8_u8 {
                let now = at(16 + 24 * u64::from(day));
                let (income, refund) = (i64::from(day % 4) * 100, i64::from(day % 3) * 30);
                paid += income;
                posted += income;
                // A refund takes what is there, and no more.
                let refund = refund.min(posted);
                posted -= refund;
                schedule.take(refund);
                assert!(schedule.expected_of_today_minor(posted) >= 0);
                let early = Timestamp::from_micros(now.as_micros() - 1);
                let id = SettlementId::from_raw([day + 1; 16]);
                assert!(schedule.clone().close_day(id, now, paid, days, early).is_none(), "too early");
                assert!(schedule.clone().close_day(id, early, paid, days, now).is_none(), "another day");
                open.extend(schedule.close_day(id, now, paid, days, now));
                let due = |settlement: &Settlement| settlement.due_at <= now;
                for settlement in open.iter().filter(|settlement| due(settlement)) {
                    let (owed, expected) =
                        (schedule.owed_minor(settlement), schedule.expected_minor(settlement));
                    assert_eq!(owed, expected, "in order, each is its own day's");
                    assert!(owed <= posted, "{owed} of {posted}");
                    posted -= owed;
                    settled += owed;
                    schedule.take(owed);
                }
                open.retain(|settlement| !due(settlement));
                assert_eq!(posted + schedule.taken_minor, paid);
            }
            let later: i64 = open.iter().map(|settlement| schedule.expected_minor(settlement)).sum();
            assert_eq!(later + schedule.expected_of_today_minor(posted), posted, "the rest is expected");
            assert!(settled > 0);
        }
    }

    #[test]
    fn a_day_without_income_makes_no_settlement() {
        let (account, merchant) = (AccountId::from_raw([1; 16]), MerchantId::from_raw([2; 16]));
        let mut schedule = SettlementSchedule::begin(account, merchant, Currency::CNY, at(16));
        assert_eq!(schedule.close_day(SettlementId::from_raw([1; 16]), at(16), 0, 1, at(16)), None);
        assert_eq!((schedule.cut_off, schedule.open.len()), (at(40), 0));
        let made = schedule.close_day(SettlementId::from_raw([2; 16]), at(40), 5, 1, at(41)).unwrap();
        assert_eq!((made.due_at, made.next_deadline()), (at(64), Some(at(64))));
        let overdue =
            Settlement { status: SettlementStatus::Overdue, retry_at: Some(at(65)), ..made.clone() };
        assert_eq!(overdue.next_deadline(), Some(at(65)));
        assert_eq!(Settlement { status: SettlementStatus::Settled, ..made }.next_deadline(), None);
    }
}
