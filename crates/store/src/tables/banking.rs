//! Linked bank cards and transfers at banks.

use crate::{
    cells::{Cells, own_words, words},
    mapping::table,
};
use makegood_banking::{
    BankCard, BankCardState, BankTransfer, Direction, HolderCheck, Lease, Purpose, Refusal, State, Step,
};
use makegood_base::RawId;
use makegood_sql::{Error, Fields, Value};

table!(BANK_CARDS, "bank_cards", key: 1, versioned: true, BankCard {
    id: id "id",
    user: id "user_id",
    bank: text "bank",
    agreement: text "agreement",
    last4: text "last4",
    holder_check: text "holder_check",
    holder_checked_at: integer "holder_checked_at",
    acknowledged: text "acknowledged",
    failures: text "failures",
    state: text "state",
    created_at: integer "created_at",
});

table!(BANK_TRANSFERS, "bank_transfers", key: 1, versioned: true, BankTransfer {
    id: id "id",
    bank: text "bank",
    direction: text "direction",
    purpose: text "purpose_kind" id "purpose_id",
    bank_card: id "bank_card_id",
    agreement: text "agreement",
    amount: integer "amount_minor" text "currency",
    state: text "state",
    reversing: boolean "reversing",
    generation: integer "generation",
    lease: text "lease_step" integer "lease_claimed_at" integer "lease_until",
    sends: integer "sends",
    enquiries: integer "enquiries",
    created_at: integer "created_at",
    valid_until: integer "valid_until",
    submitted_at: integer "submitted_at",
    unknown_since: integer "unknown_since",
    final_at: integer "final_at",
    next_step: text "next_step",
    next_at: integer "next_at",
    expected_by: integer "expected_by",
    bank_reference: text "bank_reference",
    refusal: text "refusal",
    mismatch: integer "mismatch_minor" text "mismatch_currency",
    late_success_at: integer "late_success_at",
    contradicted_at: integer "contradicted_at",
});

own_words!(BankCardState);

words!(HolderCheck:
    Match = "match",
    CloseMatch = "close_match",
    NoMatch = "no_match",
    Unavailable = "unavailable",
);

words!(Direction: In = "in", Out = "out");

words!(State:
    Created = "created",
    Submitted = "submitted",
    Accepted = "accepted",
    Unknown = "unknown",
    Settled = "settled",
    Refused = "refused",
);

words!(Step: Send = "send", Enquire = "enquire");

words!(Refusal:
    InsufficientFunds = "insufficient_funds",
    CardRefused = "card_refused",
    CardClosed = "card_closed",
    LimitExceeded = "limit_exceeded",
    Expired = "expired",
    Other = "other",
);

/// Its kind, then the id of what it is for.
impl Cells for Purpose {
    fn put(self, values: &mut Vec<Value>) {
        let (kind, id) = match self {
            Self::TopUp(id) => ("top_up", id.raw()),
            Self::Payment(id) => ("payment", id.raw()),
            Self::Refund(id) => ("refund", id.raw()),
            Self::Withdrawal(id) => ("withdrawal", id.raw()),
            Self::Payout(id) => ("payout", id.raw()),
        };
        values.extend([kind.into(), id.into()]);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let make: fn(RawId) -> Self = fields.take_as(|kind: String| match kind.as_str() {
            "top_up" => Some((|id: RawId| Self::TopUp(id.into())) as fn(RawId) -> Self),
            "payment" => Some(|id| Self::Payment(id.into())),
            "refund" => Some(|id| Self::Refund(id.into())),
            "withdrawal" => Some(|id| Self::Withdrawal(id.into())),
            "payout" => Some(|id| Self::Payout(id.into())),
            _ => None,
        })?;
        fields.take().map(make)
    }
}

/// Step, beginning and end; all three or none.
impl Cells for Option<Lease> {
    fn put(self, values: &mut Vec<Value>) {
        self.map(|lease| lease.step).put(values);
        self.map(|lease| lease.claimed_at).put(values);
        self.map(|lease| lease.until).put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        match (Cells::take(fields)?, Cells::take(fields)?, Cells::take(fields)?) {
            (Some(step), Some(claimed_at), Some(until)) => Ok(Some(Lease { step, claimed_at, until })),
            (None, None, None) => Ok(None),
            _ => Err(fields.refuse()),
        }
    }
}
