//! A payment: one attempt to pay an order. Its status is a projection of what the ledger and the bank did.

use crate::Source;
use makegood_base::{BankTransferId, MerchantId, OrderId, PaymentId, RefundId, Timestamp, UserId};
use makegood_money::Money;

/// Where a payment stands (product D2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentStatus {
    /// The payer has not said yes to amount and payee.
    RequiresConfirmation,
    /// The bank was asked, or is about to be.
    Processing,
    /// The bank did not answer. Not an error: somebody is finding out.
    Unknown,
    /// The payee has the money.
    Succeeded,
    /// The payee had the money, and has returned part of it.
    PartiallyRefunded,
    /// The payee has returned all of it.
    Refunded,
    /// The payee had the money, and the bank has taken it back since.
    Returned,
    /// It was refused; nothing moved.
    Failed,
    /// The wallet has taken the attempt over: whatever the bank does late is given back.
    Reversing,
    /// What the bank took is given back, or the bank never took it.
    Reversed,
    /// The payer left before anything moved.
    Cancelled,
    /// Nobody confirmed it in time; nothing moved.
    Closed,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: &'static [Self] = &[
        Self::RequiresConfirmation,
        Self::Processing,
        Self::Unknown,
        Self::Succeeded,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Returned,
        Self::Failed,
        Self::Reversing,
        Self::Reversed,
        Self::Cancelled,
        Self::Closed,
    ];

    /// The status as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresConfirmation => "requires_confirmation",
            Self::Processing => "processing",
            Self::Unknown => "unknown",
            Self::Succeeded => "succeeded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Returned => "returned",
            Self::Failed => "failed",
            Self::Reversing => "reversing",
            Self::Reversed => "reversed",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }

    /// The status with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text)
    }

    /// Whether money may be on its way, so that the order is held.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Processing | Self::Unknown)
    }

    /// Whether the payee has been paid (and may have returned some of it, or had it taken back).
    #[must_use]
    pub const fn has_paid(self) -> bool {
        matches!(self, Self::Succeeded | Self::PartiallyRefunded | Self::Refunded | Self::Returned)
    }

    /// Whether nothing about it will change by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::RequiresConfirmation | Self::Processing | Self::Unknown | Self::Reversing)
    }

    /// Whether the payer may pay the same thing again: never while an outcome is not known, never when it is
    /// paid; yes when it failed, and yes while it is reversed, for a late success is given back.
    #[must_use]
    pub const fn safe_to_pay_again(self) -> bool {
        match self {
            Self::Processing | Self::Unknown | Self::Succeeded | Self::PartiallyRefunded => false,
            Self::RequiresConfirmation
            | Self::Refunded
            | Self::Returned
            | Self::Failed
            | Self::Reversing
            | Self::Reversed
            | Self::Cancelled
            | Self::Closed => true,
        }
    }
}

/// A transition that the payment's status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment that is {} cannot become {}", .from.as_str(), .to.as_str())]
pub struct TransitionRefused {
    /// The status it has.
    pub from: PaymentStatus,
    /// The status that was wanted.
    pub to: PaymentStatus,
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The order that it is to pay.
    pub order: OrderId,
    /// Who pays.
    pub payer: UserId,
    /// Who is paid.
    pub merchant: MerchantId,
    /// How much.
    pub amount: Money,
    /// What the merchant pays of it for the service, in minor units.
    pub fee_minor: i64,
    /// Where the money comes from.
    pub source: Source,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Why it was declined: a code of the wallet's.
    pub decline: Option<String>,
    /// The payer's own reference, unique for ever per payer.
    pub client_ref: Option<String>,
    /// What has been returned so far, in minor units.
    pub refunded_minor: i64,
    /// What has been returned of the fee so far, in minor units.
    pub fee_returned_minor: i64,
    /// The transfer at the bank, where the source is a card.
    pub bank_transfer: Option<BankTransferId>,
    /// The refund that gives back what the bank took too late.
    pub late_refund: Option<RefundId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be confirmed.
    pub confirm_by: Timestamp,
    /// When its payer said yes.
    pub confirmed_at: Option<Timestamp>,
    /// When it came to its end.
    pub final_at: Option<Timestamp>,
}

impl Payment {
    /// Moves to another status, if product D2 has that arrow.
    pub fn become_status(&mut self, to: PaymentStatus, now: Timestamp) -> Result<(), TransitionRefused> {
        use PaymentStatus as S;
        let allowed = match self.status {
            S::RequiresConfirmation => {
                matches!(to, S::Processing | S::Succeeded | S::Failed | S::Cancelled | S::Closed)
            }
            S::Processing => matches!(to, S::Succeeded | S::Failed | S::Unknown | S::Reversing),
            S::Unknown => matches!(to, S::Succeeded | S::Failed | S::Reversing),
            S::Reversing => matches!(to, S::Reversed),
            S::Succeeded | S::PartiallyRefunded => {
                matches!(to, S::PartiallyRefunded | S::Refunded | S::Returned)
            }
            S::Refunded => matches!(to, S::Returned),
            S::Returned | S::Failed | S::Reversed | S::Cancelled | S::Closed => false,
        };
        if !allowed {
            return Err(TransitionRefused { from: self.status, to });
        }
        if self.status == S::RequiresConfirmation && !matches!(to, S::Cancelled | S::Closed) {
            self.confirmed_at = Some(now);
        }
        if to.is_final() && self.final_at.is_none() {
            self.final_at = Some(now);
        }
        self.status = to;
        Ok(())
    }

    /// When the payment has to be looked at by itself: when its time to be confirmed is over. A payment that
    /// waits for a bank is woken by its bank transfer.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        (self.status == PaymentStatus::RequiresConfirmation).then_some(self.confirm_by)
    }

    /// What has not been returned yet.
    #[must_use]
    pub fn refundable_minor(&self) -> i64 {
        let is_there = self.status.has_paid() && self.status != PaymentStatus::Returned;
        if is_there { self.amount.minor().saturating_sub(self.refunded_minor) } else { 0 }
    }
}
