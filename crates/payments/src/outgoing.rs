//! Money that goes out to a card: a user's withdrawal, a merchant's payout. Both have one life, which is here.
//!
//! It is held, sent, and then in the bank's hands: completed or failed when the bank says so, unknown while it
//! does not, never guessed. What the bank sends back after its yes is returned. Before it is sent, and no later,
//! it can be cancelled.

use makegood_base::{BankCardId, BankTransferId, MerchantId, PayoutId, Timestamp, UserId, WithdrawalId};
use makegood_money::Money;

/// Where money that goes out stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutgoingStatus {
    /// It is reserved, and no bank has been asked.
    Held,
    /// The bank was asked, or is being asked.
    Sent,
    /// The bank did not answer.
    Unknown,
    /// The bank has said yes.
    Completed,
    /// The bank sent it back after its yes. The money is available again.
    Returned,
    /// The bank has refused. The money is available again.
    Failed,
    /// It was taken back before it was sent. The money is available again.
    Cancelled,
}

impl OutgoingStatus {
    /// Every status.
    pub const ALL: &'static [Self] = &[
        Self::Held,
        Self::Sent,
        Self::Unknown,
        Self::Completed,
        Self::Returned,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The status as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Completed => "completed",
            Self::Returned => "returned",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it went to the bank, whatever came of it.
    #[must_use]
    pub const fn was_sent(self) -> bool {
        !matches!(self, Self::Held | Self::Cancelled)
    }

    /// Whether all of the money is where it came from: then the same can be asked for again without risk.
    #[must_use]
    pub const fn is_back(self) -> bool {
        matches!(self, Self::Returned | Self::Failed | Self::Cancelled)
    }
}

/// The state does not have the arrow that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("money that is {from:?} does not become {to:?}")]
pub struct OutgoingRefused {
    /// The state.
    pub from: OutgoingStatus,
    /// The arrow's end.
    pub to: OutgoingStatus,
}

/// What somebody was shown of a card's holder, and accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// What the bank had said, in its word.
    pub check: String,
    /// The words that were shown.
    pub words: String,
    /// When they were accepted.
    pub at: Timestamp,
}

/// Money on its way to a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The card that it goes to.
    pub bank_card: BankCardId,
    /// How much the card gets.
    pub amount: Money,
    /// What it costs beside that, in minor units.
    pub fee_minor: i64,
    /// Where it stands.
    pub status: OutgoingStatus,
    /// Why it failed, or came back: the code.
    pub failure: Option<String>,
    /// The codes of what failed on the way to this card since it last arrived there: those before this one, and
    /// this one's own last where it failed or came back.
    pub causes: Vec<String>,
    /// The owner's own reference, unique for ever per owner.
    pub client_ref: Option<String>,
    /// The transfer at the bank.
    pub bank_transfer: BankTransferId,
    /// What was accepted of the card's holder, where the bank did not say that the name is right.
    pub acknowledged: Option<Acknowledged>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When the bank's word, or the cancelling, ended it.
    pub final_at: Option<Timestamp>,
    /// When it came back after the bank's yes.
    pub returned_at: Option<Timestamp>,
}

impl Outgoing {
    fn become_status(&mut self, to: OutgoingStatus) -> Result<(), OutgoingRefused> {
        use OutgoingStatus as S;
        let from = self.status;
        let is_arrow = matches!(
            (from, to),
            (S::Held, S::Sent | S::Cancelled)
                | (S::Sent, S::Unknown | S::Completed | S::Failed)
                | (S::Unknown, S::Completed | S::Failed)
                | (S::Completed, S::Returned)
        );
        if !is_arrow {
            return Err(OutgoingRefused { from, to });
        }
        self.status = to;
        Ok(())
    }

    /// It goes to the bank: from here on only the bank's word ends it.
    pub fn send(&mut self, now: Timestamp) -> Result<(), OutgoingRefused> {
        self.become_status(OutgoingStatus::Sent)?;
        self.sent_at = Some(now);
        Ok(())
    }

    /// The bank did not answer. Nothing happens to what is unknown already.
    pub fn lose_sight(&mut self) -> Result<(), OutgoingRefused> {
        if self.status == OutgoingStatus::Unknown {
            return Ok(());
        }
        self.become_status(OutgoingStatus::Unknown)
    }

    /// The bank has said yes. `causes` is what failed before.
    pub fn complete(&mut self, causes: Vec<String>, now: Timestamp) -> Result<(), OutgoingRefused> {
        self.become_status(OutgoingStatus::Completed)?;
        self.causes = causes;
        self.final_at = Some(now);
        Ok(())
    }

    /// The bank has refused. `causes` is what failed before, and this at its end.
    pub fn fail(&mut self, causes: Vec<String>, now: Timestamp) -> Result<(), OutgoingRefused> {
        self.become_status(OutgoingStatus::Failed)?;
        self.failure = causes.last().cloned();
        self.causes = causes;
        self.final_at = Some(now);
        Ok(())
    }

    /// The bank has sent it back after its yes. `causes` is what failed before, and this at its end.
    pub fn come_back(&mut self, causes: Vec<String>, now: Timestamp) -> Result<(), OutgoingRefused> {
        self.become_status(OutgoingStatus::Returned)?;
        self.failure = causes.last().cloned();
        self.causes = causes;
        self.returned_at = Some(now);
        Ok(())
    }

    /// Its owner takes it back before it is sent.
    pub fn cancel(&mut self, now: Timestamp) -> Result<(), OutgoingRefused> {
        self.become_status(OutgoingStatus::Cancelled)?;
        self.final_at = Some(now);
        Ok(())
    }

    /// What it takes from its owner: the amount and the fee.
    #[must_use]
    pub fn total(&self) -> Money {
        Money::new(self.amount.minor().saturating_add(self.fee_minor), self.amount.currency())
    }
}

/// A user's withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its id.
    pub id: WithdrawalId,
    /// Whose money it is.
    pub user: UserId,
    /// What goes out.
    pub outgoing: Outgoing,
}

/// A payout of a merchant's money to a card of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// Whose money it is.
    pub merchant: MerchantId,
    /// What goes out.
    pub outgoing: Outgoing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use OutgoingStatus as S;
    use makegood_money::Currency;

    fn outgoing(status: OutgoingStatus) -> Outgoing {
        Outgoing {
            bank_card: BankCardId::from_raw([1; 16]),
            amount: Money::new(10_000, Currency::CNY),
            fee_minor: 25,
            status,
            failure: None,
            causes: Vec::new(),
            client_ref: None,
            bank_transfer: BankTransferId::from_raw([2; 16]),
            acknowledged: None,
            created_at: Timestamp::EPOCH,
            sent_at: None,
            final_at: None,
            returned_at: None,
        }
    }

    /// What each arrow leads to from each state; where it is refused, nothing has changed.
    #[test]
    fn every_arrow_from_every_state() {
        type Arrow = fn(&mut Outgoing) -> Result<(), OutgoingRefused>;
        let now = Timestamp::from_micros(7);
        let arrows: [(&str, Arrow, &[S], S); 6] = [
            ("send", |it| it.send(Timestamp::from_micros(7)), &[S::Held], S::Sent),
            ("lose sight", Outgoing::lose_sight, &[S::Sent, S::Unknown], S::Unknown),
            (
                "complete",
                |it| it.complete(vec!["before".into()], Timestamp::from_micros(7)),
                &[S::Sent, S::Unknown],
                S::Completed,
            ),
            (
                "fail",
                |it| it.fail(vec!["a".into(), "b".into()], Timestamp::from_micros(7)),
                &[S::Sent, S::Unknown],
                S::Failed,
            ),
            (
                "come back",
                |it| it.come_back(vec!["b".into()], Timestamp::from_micros(7)),
                &[S::Completed],
                S::Returned,
            ),
            ("cancel", |it| it.cancel(Timestamp::from_micros(7)), &[S::Held], S::Cancelled),
        ];
        for (name, arrow, from, to) in arrows {
            for status in S::ALL {
                let mut found = outgoing(*status);
                let allowed = arrow(&mut found).is_ok();
                assert_eq!(allowed, from.contains(status), "{name} from {status:?}");
                assert_eq!(found.status, if allowed { to } else { *status }, "{name} from {status:?}");
                if !allowed {
                    assert_eq!(found, outgoing(*status), "{name} from {status:?}");
                }
                let has_failed = allowed && matches!(to, S::Failed | S::Returned);
                assert_eq!(found.failure.as_deref(), has_failed.then_some("b"), "{name}");
                assert_eq!(
                    found.final_at.is_some(),
                    allowed && matches!(to, S::Completed | S::Failed | S::Cancelled)
                );
                assert_eq!(found.returned_at, (allowed && to == S::Returned).then_some(now));
                assert_eq!(found.sent_at, (allowed && to == S::Sent).then_some(now));
            }
        }
        for status in S::ALL {
            assert!(!(status.is_back() && *status == S::Completed));
            assert_eq!(status.was_sent(), !matches!(status, S::Held | S::Cancelled));
        }
        assert_eq!(outgoing(S::Held).total(), Money::new(10_025, Currency::CNY));
    }
}
