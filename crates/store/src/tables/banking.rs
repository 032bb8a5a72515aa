//! Linked bank cards and transfers at banks.

use crate::{
    cells::{Cells, own_words, words},
    mapping::table,
};
use makegood_banking::{
    Answer, BankCard, BankCardState, BankMessage, BankMessageKey, BankTransfer, Direction, HolderCheck,
    Incident, Lease, MaintenanceWindow, MessageKind, Purpose, Recall, RecallState, Refusal, ReturnReason,
    State, Step,
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
    returned_at: integer "returned_at",
    return_reason: text "return_reason",
    recall: text "recall_state" text "recall_reason" integer "recall_requested_at" integer "recall_answered_at",
    postponed: integer "postponed",
    delayed_at: integer "delayed_at",
    overdue_at: integer "overdue_at",
    maintenance: id "maintenance_id",
    incident: id "incident_id",
    messages: integer "messages",
});

table!(BANK_MESSAGES, "bank_messages", key: 2, versioned: true, BankMessage {
    id: id "bank_transfer_id" integer "number",
    kind: text "kind",
    answer: text "answer",
    first_at: integer "first_at",
    last_at: integer "last_at",
    times: integer "times",
});

table!(MAINTENANCE_WINDOWS, "maintenance_windows", key: 1, versioned: true, MaintenanceWindow {
    id: id "id",
    bank: text "bank",
    bank_window: text "bank_window",
    starts_at: integer "starts_at",
    ends_at: integer "ends_at",
    description: text "description",
    created_at: integer "created_at",
    ended_at: integer "ended_at",
});

table!(INCIDENTS, "incidents", key: 1, versioned: true, Incident {
    id: id "id",
    bank: text "bank",
    description: text "description",
    started_at: integer "started_at",
    expected_by: integer "expected_by",
    ended_at: integer "ended_at",
});

own_words!(BankCardState, MessageKind, RecallState);

words!(ReturnReason:
    AccountClosed = "account_closed",
    WrongDetails = "wrong_details",
    Recalled = "recalled",
    Other = "other",
);

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

words!(Step: Send = "send", Enquire = "enquire", Recall = "recall");

words!(Refusal:
    InsufficientFunds = "insufficient_funds",
    CardRefused = "card_refused",
    CardClosed = "card_closed",
    LimitExceeded = "limit_exceeded",
    Expired = "expired",
    Returned = "returned",
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

/// The transfer, and the number among its messages.
impl Cells for BankMessageKey {
    fn put(self, values: &mut Vec<Value>) {
        self.transfer.put(values);
        self.number.put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self { transfer: Cells::take(fields)?, number: Cells::take(fields)? })
    }
}

/// As JSON: its shape is its own.
impl Cells for Answer {
    fn put(self, values: &mut Vec<Value>) {
        // An answer is made of words, numbers and texts, which JSON always has a place for.
        values.push(serde_json::to_string(&self).unwrap_or_default().into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|text: String| serde_json::from_str(&text).ok())
    }
}

/// State, reason and beginning, all three or none, and the end.
impl Cells for Option<Recall> {
    fn put(self, values: &mut Vec<Value>) {
        self.as_ref().map(|recall| recall.state).put(values);
        self.as_ref().map(|recall| recall.reason.clone()).put(values);
        self.as_ref().map(|recall| recall.requested_at).put(values);
        self.and_then(|recall| recall.answered_at).put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let (state, reason, requested_at) =
            (Cells::take(fields)?, Cells::take(fields)?, Cells::take(fields)?);
        let answered_at = Cells::take(fields)?;
        match (state, reason, requested_at) {
            (Some(state), Some(reason), Some(requested_at)) => {
                Ok(Some(Recall { state, reason, requested_at, answered_at }))
            }
            (None, None, None) => Ok(None),
            _ => Err(fields.refuse()),
        }
    }
}
