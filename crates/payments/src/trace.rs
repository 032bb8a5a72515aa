//! The trace of money: an ordered list of hops, each with its state and time, and what is expected next, by
//! when, and from whom. It is a total function of stored facts: every object in every state has one, and
//! until it is final it is always somebody's turn.

use crate::{Payment, PaymentStatus};
use makegood_base::Timestamp;

/// One place that the money passes, or has to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Which place: `wallet`, `bank`, `ledger`, `payee`, `return`.
    pub hop: &'static str,
    /// What happened there: `done`, `waiting`, `unknown`, `refused`, `not_reached`.
    pub state: HopState,
    /// When it did.
    pub at: Option<Timestamp>,
    /// The name that the thing has there, such as a bank's own number.
    pub reference: Option<String>,
}

/// What happened at a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopState {
    /// It is done there.
    Done,
    /// It is there now.
    Waiting,
    /// It is there, and nobody knows yet how it went.
    Unknown,
    /// It was refused there.
    Refused,
    /// It has not come there, or never will.
    NotReached,
}

impl HopState {
    /// The state as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::NotReached => "not_reached",
        }
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The person who pays or is refunded.
    Payer,
    /// The bank.
    Bank,
    /// The wallet, by itself.
    Wallet,
    /// The wallet's staff.
    Staff,
}

impl Party {
    /// The party as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Bank => "bank",
            Self::Wallet => "wallet",
            Self::Staff => "staff",
        }
    }
}

/// What is expected next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// What will happen: `confirmation`, `bank_answer`, `enquiry`, `give_back`, `staff_action`.
    pub event: NextEvent,
    /// By when.
    pub by: Timestamp,
    /// Who has to act.
    pub who: Party,
}

/// The kinds of next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextEvent {
    /// The payer says yes, or the payment closes.
    Confirmation,
    /// The bank answers.
    BankAnswer,
    /// The wallet asks the bank what became of it.
    Enquiry,
    /// What the bank may have taken is given back.
    GiveBack,
    /// A person at the wallet finds another way.
    StaffAction,
}

impl NextEvent {
    /// The event as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::BankAnswer => "bank_answer",
            Self::Enquiry => "enquiry",
            Self::GiveBack => "give_back",
            Self::StaffAction => "staff_action",
        }
    }
}

/// What the trace needs to know of a transfer at a bank. `wallet` fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankFacts {
    /// The reference that we gave it.
    pub reference: String,
    /// The bank's own.
    pub bank_reference: Option<String>,
    /// When the bank was first asked.
    pub submitted_at: Option<Timestamp>,
    /// Since when no answer has come.
    pub unknown_since: Option<Timestamp>,
    /// When the answer was final.
    pub final_at: Option<Timestamp>,
    /// Whether the final answer was a refusal.
    pub refused: bool,
    /// When an answer is expected at the latest.
    pub expected_by: Timestamp,
    /// Whether the bank says that it moved another amount, so that a person has to look.
    pub mismatch: bool,
}

impl BankFacts {
    /// The hop at the bank.
    #[must_use]
    pub fn hop(&self, name: &'static str) -> Hop {
        let (state, at) = match (self.final_at, self.unknown_since, self.submitted_at) {
            (Some(at), _, _) if self.refused => (HopState::Refused, Some(at)),
            (Some(at), _, _) => (HopState::Done, Some(at)),
            (None, Some(at), _) => (HopState::Unknown, Some(at)),
            (None, None, Some(at)) => (HopState::Waiting, Some(at)),
            (None, None, None) => (HopState::Waiting, None),
        };
        let reference = self.bank_reference.clone().unwrap_or_else(|| self.reference.clone());
        Hop { hop: name, state, at, reference: Some(reference) }
    }

    /// Who acts next at the bank, while its answer is not final.
    #[must_use]
    pub fn next(&self) -> Option<Next> {
        let (event, who) = match (self.final_at, self.unknown_since) {
            (Some(_), _) => return None,
            _ if self.mismatch => (NextEvent::StaffAction, Party::Staff),
            (None, Some(_)) => (NextEvent::Enquiry, Party::Wallet),
            (None, None) => (NextEvent::BankAnswer, Party::Bank),
        };
        Some(Next { event, by: self.expected_by, who })
    }
}

/// A trace: the hops in order, and the next event; none only when everything is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The hops in the order in which the money passes them.
    pub hops: Vec<Hop>,
    /// What is expected next.
    pub next: Option<Next>,
}

/// The way out of money that a bank took although its order was closed or paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiveBackFacts {
    /// The refund that gives it back.
    pub refund: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// When it is expected at the latest.
    pub expected_by: Timestamp,
    /// Whether the bank refused it, so that a person has to find another way.
    pub needs_staff: bool,
}

/// The trace of a payment.
#[must_use]
pub fn payment_trace(
    payment: &Payment,
    bank: Option<&BankFacts>,
    give_back: Option<&GiveBackFacts>,
) -> Trace {
    use PaymentStatus as S;
    // What the merchant does not accept is refused before any balance or bank is asked.
    let is_refused_at_once = payment.decline.as_deref() == Some("source.not_accepted");
    let confirmed = match (payment.status, payment.confirmed_at) {
        (S::RequiresConfirmation, _) => HopState::Waiting,
        (S::Cancelled | S::Closed, _) => HopState::Refused,
        (S::Failed, _) if is_refused_at_once => HopState::Refused,
        _ => HopState::Done,
    };
    let at = payment.confirmed_at.or(match payment.status {
        S::Cancelled | S::Closed | S::Failed => payment.final_at,
        _ => Some(payment.created_at),
    });
    let mut hops = vec![Hop { hop: "wallet", state: confirmed, at, reference: Some(payment.id.to_string()) }];
    hops.extend(bank.map(|facts| facts.hop("bank")));
    let paid_at = payment.status.has_paid().then_some(payment.final_at).flatten();
    let (ledger, payee) = match payment.status {
        status if status.has_paid() => (HopState::Done, HopState::Done),
        S::Failed if bank.is_none() && !is_refused_at_once => (HopState::Refused, HopState::NotReached),
        _ => (HopState::NotReached, HopState::NotReached),
    };
    hops.push(Hop { hop: "ledger", state: ledger, at: paid_at, reference: Some(payment.order.to_string()) });
    hops.push(Hop { hop: "payee", state: payee, at: paid_at, reference: Some(payment.merchant.to_string()) });
    if let Some(facts) = give_back {
        let state = if facts.done_at.is_some() { HopState::Done } else { HopState::Waiting };
        let at = facts.done_at.or(Some(facts.started_at));
        hops.push(Hop { hop: "return", state, at, reference: Some(facts.refund.clone()) });
    }
    let give_back_next = give_back.filter(|facts| facts.done_at.is_none()).map(|facts| {
        let (event, who) = match facts.needs_staff {
            true => (NextEvent::StaffAction, Party::Staff),
            false => (NextEvent::GiveBack, Party::Wallet),
        };
        Next { event, by: facts.expected_by, who }
    });
    let next = match payment.status {
        S::RequiresConfirmation => {
            Some(Next { event: NextEvent::Confirmation, by: payment.confirm_by, who: Party::Payer })
        }
        _ => give_back_next.or_else(|| bank.and_then(BankFacts::next)),
    };
    Trace { hops, next }
}
