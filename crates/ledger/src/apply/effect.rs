//! What one leg does to holds, to transfers, and to each of its two accounts.

use super::Entered;
use crate::{
    Account, AccountEntry, AccountStatus, Action, Book, HoldRow, HoldState, Leg, Rejection, Side, TransferRef,
};
use makegood_base::Timestamp;

/// How the balances and the reservations of both accounts change.
pub(super) struct Effect {
    /// What moves, in minor units.
    moved: i64,
    /// What is reserved more, or less, in minor units.
    reserved: i64,
    /// The hold is freed and nothing moves, which no status prevents.
    freed: bool,
}

impl Effect {
    /// Checks the hold or the transfer that the leg refers to, and settles, makes or counts it.
    pub(super) fn of(
        book: &mut Book,
        transfer: TransferRef,
        leg: &Leg,
        at: Timestamp,
        position: i64,
    ) -> Result<Self, Rejection> {
        let amount = leg.amount.minor();
        let moved = Self { moved: amount, reserved: 0, freed: false };
        match leg.action {
            Action::Post => Ok(moved),
            Action::PostAgainst(target) => {
                count_return(book, transfer, target, leg)?;
                Ok(moved)
            }
            Action::Hold { expires_at } => {
                if expires_at.is_some_and(|expiry| at >= expiry) {
                    return Err(Rejection::HoldExpired(transfer));
                }
                book.set_hold(HoldRow {
                    hold: transfer,
                    debit: leg.debit,
                    credit: leg.credit,
                    amount: leg.amount,
                    expires_at,
                    state: HoldState::Open,
                    captured: 0,
                    settled_position: 0,
                });
                Ok(Self { moved: 0, reserved: amount, freed: false })
            }
            Action::Capture(target) => {
                let held = settle(book, transfer, target, leg, (at, position))?;
                Ok(Self { moved: amount, reserved: held.saturating_neg(), freed: false })
            }
            Action::Release(target) | Action::Expire(target) => {
                let held = settle(book, transfer, target, leg, (at, position))?;
                Ok(Self { moved: 0, reserved: held.saturating_neg(), freed: true })
            }
        }
    }

    pub(super) fn on_debit(&self, account: &Account, position: i64) -> Result<Entered, Rejection> {
        self.on(account, account.normal == Side::Debit, position)
    }

    pub(super) fn on_credit(&self, account: &Account, position: i64) -> Result<Entered, Rejection> {
        self.on(account, account.normal == Side::Credit, position)
    }

    /// The account after the leg, which raises or lowers it.
    fn on(&self, account: &Account, raises: bool, position: i64) -> Result<Entered, Rejection> {
        if !self.freed {
            match account.status {
                AccountStatus::Closed => return Err(Rejection::AccountClosed(account.id)),
                AccountStatus::Frozen => return Err(Rejection::AccountFrozen(account.id)),
                AccountStatus::NoDebits if !raises => return Err(Rejection::DebitsRefused(account.id)),
                AccountStatus::NoDebits | AccountStatus::Open => {}
            }
        }
        let mut after = *account;
        if raises {
            self.check_ceiling(account)?;
            after.posted = account.posted.checked_add(self.moved).ok_or(Rejection::Overflow)?;
            after.incoming = account.incoming.checked_add(self.reserved).ok_or(Rejection::Overflow)?;
        } else {
            self.check_floor(account)?;
            after.posted = account.posted.checked_sub(self.moved).ok_or(Rejection::Overflow)?;
            after.held = account.held.checked_add(self.reserved).ok_or(Rejection::Overflow)?;
        }
        after.sequence = account.sequence.checked_add(1).ok_or(Rejection::Overflow)?;
        after.last_position = position;
        let entry = AccountEntry {
            sequence: after.sequence,
            balance_after: after.posted,
            previous_position: account.last_position,
        };
        Ok((after, entry))
    }

    /// Without a floor the end of `i64` is one, so that a capture of what was held always fits.
    fn check_floor(&self, account: &Account) -> Result<(), Rejection> {
        let floor = account.floor.unwrap_or(i64::MIN);
        let available = less(account.posted, account.held, floor);
        let needed = self.needed();
        match account.floor {
            _ if needed <= available => Ok(()),
            None => Err(Rejection::Overflow),
            Some(_) => Err(Rejection::InsufficientFunds {
                account: account.id,
                available: saturate(available),
                needed: saturate(needed),
            }),
        }
    }

    /// Without a ceiling the end of `i64` is one.
    fn check_ceiling(&self, account: &Account) -> Result<(), Rejection> {
        let ceiling = account.ceiling.unwrap_or(i64::MAX);
        let room = less(ceiling, account.posted, account.incoming);
        let needed = self.needed();
        match account.ceiling {
            _ if needed <= room => Ok(()),
            None => Err(Rejection::Overflow),
            Some(_) => Err(Rejection::CeilingExceeded {
                account: account.id,
                room: saturate(room),
                needed: saturate(needed),
            }),
        }
    }

    /// How much further the leg goes into what is available; a capture needs no more than its hold gave.
    fn needed(&self) -> i128 {
        i128::from(self.moved).saturating_add(i128::from(self.reserved))
    }
}

/// Marks the hold as settled by this leg, and returns how much it reserved.
fn settle(
    book: &mut Book,
    own: TransferRef,
    target: TransferRef,
    leg: &Leg,
    (at, position): (Timestamp, i64),
) -> Result<i64, Rejection> {
    let hold = *book
        .find_hold(target)?
        .filter(|_| target.transaction != own.transaction)
        .ok_or(Rejection::HoldNotFound(target))?;
    let captures = matches!(leg.action, Action::Capture(_));
    if (leg.debit, leg.credit) != (hold.debit, hold.credit) || (!captures && leg.amount != hold.amount) {
        return Err(Rejection::HoldMismatch(target));
    }
    if hold.state != HoldState::Open {
        return Err(Rejection::HoldSettled(target));
    }
    let expired = hold.expires_at.is_some_and(|expiry| at >= expiry);
    let state = match leg.action {
        Action::Capture(_) if expired => return Err(Rejection::HoldExpired(target)),
        Action::Capture(_) => HoldState::Captured,
        Action::Expire(_) if !expired => return Err(Rejection::HoldNotExpired(target)),
        Action::Expire(_) => HoldState::Expired,
        _ => HoldState::Released,
    };
    let held = hold.amount.minor();
    if leg.amount.minor() > held {
        return Err(Rejection::CaptureExceeded { held });
    }
    let captured = if captures { leg.amount.minor() } else { 0 };
    book.set_hold(HoldRow { state, captured, settled_position: position, ..hold });
    Ok(held)
}

/// Adds the leg's amount to what was returned against its target.
fn count_return(book: &mut Book, own: TransferRef, target: TransferRef, leg: &Leg) -> Result<(), Rejection> {
    let mut transfer = book.find_transfer(target)?.ok_or(Rejection::TransferNotFound(target))?;
    if transfer.currency() != leg.amount.currency() {
        return Err(Rejection::CurrencyMismatch { leg: own.leg });
    }
    let remaining = transfer.amount.minor().saturating_sub(transfer.returned);
    if leg.amount.minor() > remaining {
        return Err(Rejection::ReturnExceeded { remaining });
    }
    transfer.returned = transfer.returned.checked_add(leg.amount.minor()).ok_or(Rejection::Overflow)?;
    book.set_transfer(transfer);
    Ok(())
}

fn less(from: i64, one: i64, other: i64) -> i128 {
    i128::from(from).saturating_sub(i128::from(one)).saturating_sub(i128::from(other))
}

fn saturate(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}
