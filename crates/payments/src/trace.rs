//! The trace of money: an ordered list of hops, each with its state and time, and what is expected next, by
//! when, and from whom. It is a total function of stored facts: every object in every state has one, and
//! until it is final it is always somebody's turn.

use crate::{Payment, PaymentStatus};
use makegood_base::Timestamp;

/// One place that the money passes, or has to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Which place: `wallet`, `bank`, `ledger`, `payee`, `return`, `recall`, `bank_return`.
    pub hop: &'static str,
    /// What happened there: `done`, `waiting`, `unknown`, `refused`, `not_reached`.
    pub state: HopState,
    /// When it did.
    pub at: Option<Timestamp>,
    /// The name that the thing has there: a bank's own number, the ledger's transaction.
    pub reference: Option<String>,
    /// The code of what was refused there.
    pub code: Option<String>,
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
    /// The code of the refusal, where the final answer was one.
    pub refusal: Option<String>,
    /// When the bank moved the money after it had refused.
    pub late_success_at: Option<Timestamp>,
    /// When an answer is expected at the latest.
    pub expected_by: Timestamp,
    /// Whether the bank says that it moved another amount, so that a person has to look.
    pub mismatch: bool,
    /// When the first promise was broken.
    pub delayed_at: Option<Timestamp>,
    /// When the bank took back what it had moved, and why.
    pub returned: Option<(Timestamp, &'static str)>,
    /// How our wish to have it back stands, and since when.
    pub recall: Option<(HopState, Timestamp)>,
}

impl BankFacts {
    /// The hop at the bank.
    #[must_use]
    pub fn hop(&self, name: &'static str) -> Hop {
        let refused = self.refusal.is_some() && self.late_success_at.is_none();
        let (state, at) = match (self.final_at, self.unknown_since, self.submitted_at) {
            (Some(at), _, _) if refused => (HopState::Refused, Some(at)),
            (Some(at), _, _) => (HopState::Done, self.late_success_at.or(Some(at))),
            (None, Some(at), _) => (HopState::Unknown, Some(at)),
            (None, None, Some(at)) => (HopState::Waiting, Some(at)),
            (None, None, None) => (HopState::Waiting, None),
        };
        let reference = self.bank_reference.clone().unwrap_or_else(|| self.reference.clone());
        let code = self.refusal.clone().filter(|_| refused);
        Hop { hop: name, state, at, reference: Some(reference), code }
    }

    /// Since when it takes longer than was promised, while it is not over.
    #[must_use]
    pub fn delayed_since(&self) -> Option<Timestamp> {
        self.delayed_at.filter(|_| self.final_at.is_none())
    }

    /// What happened at the bank after its yes: it was called back, and it took the money back.
    #[must_use]
    pub fn hops_after(&self) -> Vec<Hop> {
        let reference = self.bank_reference.clone().unwrap_or_else(|| self.reference.clone());
        let hop = |hop, state, at, code| {
            let reference = Some(reference.clone());
            Hop { hop, state, at: Some(at), reference, code }
        };
        let recall = self.recall.map(|(state, at)| hop("recall", state, at, None));
        let returned =
            self.returned.map(|(at, reason)| hop("bank_return", HopState::Done, at, Some(reason.to_owned())));
        recall.into_iter().chain(returned).collect()
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

/// What the ledger has posted of something. `wallet` fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFacts {
    /// The transaction.
    pub transaction: String,
    /// When it was posted.
    pub at: Timestamp,
}

impl LedgerFacts {
    /// The hop at the ledger: done where it has posted something, else not reached.
    #[must_use]
    pub fn hop(facts: Option<&Self>) -> Hop {
        let state = if facts.is_some() { HopState::Done } else { HopState::NotReached };
        let (at, reference) = (facts.map(|facts| facts.at), facts.map(|facts| facts.transaction.clone()));
        Hop { hop: "ledger", state, at, reference, code: None }
    }
}

/// The way back of money that a bank took too late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiveBackFacts {
    /// What gives it back: a refund, or the bank's own number.
    pub reference: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// When it is expected at the latest.
    pub expected_by: Timestamp,
    /// When the bank refused it, so that a person has to find another way, and the code of the refusal.
    pub refused: Option<(Timestamp, String)>,
    /// Since when it takes longer than was promised.
    pub delayed_since: Option<Timestamp>,
}

impl GiveBackFacts {
    /// The hop of the way back.
    #[must_use]
    pub fn hop(&self) -> Hop {
        let (state, at) = match (self.done_at, &self.refused) {
            (Some(at), _) => (HopState::Done, at),
            (None, Some((at, _))) => (HopState::Refused, *at),
            (None, None) => (HopState::Waiting, self.started_at),
        };
        let code = self.refused.as_ref().map(|(_, code)| code.clone());
        Hop { hop: "return", state, at: Some(at), reference: Some(self.reference.clone()), code }
    }

    /// Who acts next, until it is done.
    #[must_use]
    pub fn next(&self) -> Option<Next> {
        let (event, who) = match (self.done_at, &self.refused) {
            (Some(_), _) => return None,
            (None, Some(_)) => (NextEvent::StaffAction, Party::Staff),
            (None, None) => (NextEvent::GiveBack, Party::Wallet),
        };
        Some(Next { event, by: self.expected_by, who })
    }
}

/// The trace of a payment. What the ledger has posted is the payment itself, or what the bank took too late,
/// which then has a way back.
#[must_use]
pub fn payment_trace(
    payment: &Payment,
    bank: Option<&BankFacts>,
    ledger: Option<&LedgerFacts>,
    give_back: Option<&GiveBackFacts>,
) -> Trace {
    let mut hops = vec![wallet_hop(payment)];
    hops.extend(bank.map(|facts| facts.hop("bank")));
    // What no bank was asked for, the ledger has refused.
    let refused_by_ledger =
        payment.status == PaymentStatus::Failed && bank.is_none() && !is_refused_at_once(payment);
    hops.push(match refused_by_ledger {
        true => Hop {
            state: HopState::Refused,
            at: payment.final_at,
            code: payment.decline.clone(),
            ..LedgerFacts::hop(None)
        },
        false => LedgerFacts::hop(ledger),
    });
    let paid_at = payment.status.has_paid().then_some(payment.final_at).flatten();
    let state = if payment.status.has_paid() { HopState::Done } else { HopState::NotReached };
    let reference = Some(payment.merchant.to_string());
    hops.push(Hop { hop: "payee", state, at: paid_at, reference, code: None });
    hops.extend(give_back.map(GiveBackFacts::hop));
    hops.extend(bank.map(BankFacts::hops_after).into_iter().flatten());
    Trace { hops, next: payment_next(payment, bank, give_back) }
}

/// What is expected next of a payment: what its trace ends with.
#[must_use]
pub fn payment_next(
    payment: &Payment,
    bank: Option<&BankFacts>,
    give_back: Option<&GiveBackFacts>,
) -> Option<Next> {
    match payment.status {
        PaymentStatus::RequiresConfirmation => {
            Some(Next { event: NextEvent::Confirmation, by: payment.confirm_by, who: Party::Payer })
        }
        _ => give_back.and_then(GiveBackFacts::next).or_else(|| bank.and_then(BankFacts::next)),
    }
}

/// What the merchant does not accept is refused before any balance or bank is asked.
fn is_refused_at_once(payment: &Payment) -> bool {
    payment.decline.as_deref() == Some("source.not_accepted")
}

/// Where the payer says yes, and the wallet looks at what was asked for.
fn wallet_hop(payment: &Payment) -> Hop {
    use PaymentStatus as S;
    let refused_at_once = payment.status == S::Failed && is_refused_at_once(payment);
    let state = match payment.status {
        S::RequiresConfirmation => HopState::Waiting,
        S::Cancelled | S::Closed => HopState::Refused,
        _ if refused_at_once => HopState::Refused,
        _ => HopState::Done,
    };
    let at = payment.confirmed_at.or(match payment.status {
        S::Cancelled | S::Closed | S::Failed => payment.final_at,
        _ => Some(payment.created_at),
    });
    let code = payment.decline.clone().filter(|_| refused_at_once);
    Hop { hop: "wallet", state, at, reference: Some(payment.id.to_string()), code }
}
