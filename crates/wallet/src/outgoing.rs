//! Withdrawals and payouts as one: which of the two it is, whose money it is, and what goes out.

use crate::postings::{Movement, Outflow, Purse, Stage, outgoing, outgoing_failed_short};
use crate::tables::{LookupKind, MerchantId, PayoutId, WithdrawalId};
use crate::{Facts, Stop};
use makegood_banking::Purpose;
use makegood_base::RawId;
use makegood_ledger::TransactionId;
use makegood_payments::{Outgoing, Payout, Withdrawal};

/// The id of a withdrawal or of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutgoingId {
    /// Of a withdrawal.
    Withdrawal(WithdrawalId),
    /// Of a payout.
    Payout(PayoutId),
}

impl std::fmt::Display for OutgoingId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Withdrawal(id) => id.fmt(formatter),
            Self::Payout(id) => id.fmt(formatter),
        }
    }
}

impl OutgoingId {
    /// The id of this kind of purse's money with these bytes.
    pub(crate) fn of(purse: Purse, raw: RawId) -> Self {
        match purse {
            Purse::User(_) => Self::Withdrawal(raw.into()),
            Purse::Merchant(_) => Self::Payout(raw.into()),
        }
    }

    /// The id's bytes.
    #[must_use]
    pub const fn raw(self) -> RawId {
        match self {
            Self::Withdrawal(id) => id.raw(),
            Self::Payout(id) => id.raw(),
        }
    }

    /// What a transfer at a bank is made for.
    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Withdrawal(id) => Purpose::Withdrawal(id),
            Self::Payout(id) => Purpose::Payout(id),
        }
    }

    /// An event's kind: what happened, to which of the two.
    pub(crate) fn event(self, what: &str) -> String {
        let noun = match self {
            Self::Withdrawal(_) => "withdrawal",
            Self::Payout(_) => "payout",
        };
        format!("{noun}.{what}")
    }
}

/// A withdrawal or a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Out {
    pub(crate) id: OutgoingId,
    pub(crate) purse: Purse,
    pub(crate) body: Outgoing,
}

impl Out {
    fn withdrawal(row: &Withdrawal) -> Self {
        let (id, purse) = (OutgoingId::Withdrawal(row.id), Purse::User(row.user));
        Self { id, purse, body: row.outgoing.clone() }
    }

    fn payout(row: &Payout) -> Self {
        let (id, purse) = (OutgoingId::Payout(row.id), Purse::Merchant(row.merchant));
        Self { id, purse, body: row.outgoing.clone() }
    }

    /// The row as it is now, or that there is none.
    pub(crate) fn get(id: OutgoingId, facts: &Facts) -> Result<Option<Self>, Stop> {
        Ok(match id {
            OutgoingId::Withdrawal(id) => facts.withdrawals.get(&id)?.map(Self::withdrawal),
            OutgoingId::Payout(id) => facts.payouts.get(&id)?.map(Self::payout),
        })
    }

    /// The row if it is known and there.
    pub(crate) fn peek(id: OutgoingId, facts: &Facts) -> Option<Self> {
        match id {
            OutgoingId::Withdrawal(id) => facts.withdrawals.peek(&id).map(Self::withdrawal),
            OutgoingId::Payout(id) => facts.payouts.peek(&id).map(Self::payout),
        }
    }

    /// Writes the row, new or changed.
    pub(crate) fn put(self, facts: &mut Facts) -> Result<(), Stop> {
        match (self.id, self.purse) {
            (OutgoingId::Withdrawal(id), Purse::User(user)) => {
                facts.withdrawals.add(Withdrawal { id, user, outgoing: self.body })
            }
            (OutgoingId::Payout(id), Purse::Merchant(merchant)) => {
                facts.payouts.add(Payout { id, merchant, outgoing: self.body })
            }
            (id, purse) => Err(Stop::Broken(format!("{id} is not of {purse:?}"))),
        }
    }

    /// A stage's movement, and its transaction, at the bank of its card.
    pub(crate) fn movement(&self, bank: &str, stage: Stage) -> (Movement, TransactionId) {
        (outgoing(self.flow(bank), stage), stage.transaction(self.id.raw()))
    }

    /// The movement of a failure, and its transaction, where the float lacks so much of the fee.
    pub(crate) fn failed_short(&self, bank: &str, short: i64) -> (Movement, TransactionId) {
        (outgoing_failed_short(self.flow(bank), short), Stage::Failed.transaction(self.id.raw()))
    }

    const fn flow<'a>(&self, bank: &'a str) -> Outflow<'a> {
        let Outgoing { amount, fee_minor, .. } = self.body;
        Outflow { id: self.id.raw(), purse: self.purse, bank, amount, fee_minor }
    }
}

/// The kind of the owner's own reference.
pub(crate) const fn reference_kind(purse: Purse) -> LookupKind {
    match purse {
        Purse::User(_) => LookupKind::WithdrawalRef,
        Purse::Merchant(_) => LookupKind::PayoutRef,
    }
}

/// Which merchant it is, where it is one's.
pub(crate) const fn merchant_of(purse: Purse) -> Option<MerchantId> {
    match purse {
        Purse::User(_) => None,
        Purse::Merchant(merchant) => Some(merchant),
    }
}
