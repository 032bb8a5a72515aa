//! Orders, payments, top-ups and transfers.

use crate::{
    cells::{Cells, own_words},
    mapping::table,
};
use makegood_base::{PaymentId, Timestamp};
use makegood_payments::{
    Acknowledged, Order, OrderState, Outgoing, OutgoingStatus, Payment, PaymentStatus, Payout, Source,
    SourceKind, TopUp, TopUpStatus, Transfer, Withdrawal,
};
use makegood_sql::{Error, Fields, Value};

table!(ORDERS, "orders", key: 1, versioned: true, Order {
    id: id "id",
    merchant: id "merchant_id",
    merchant_order_no: text "merchant_order_no",
    amount: integer "amount_minor" text "currency",
    description: text "description",
    accepts: text "accepts",
    fee_basis_points: integer "fee_basis_points",
    state: text "state" id "paid_by_id" integer "closed_at",
    open_attempt: id "open_attempt_id",
    reversing: id "reversing_id",
    created_at: integer "created_at",
    expires_at: integer "expires_at",
});

table!(PAYMENTS, "payments", key: 1, versioned: true, Payment {
    id: id "id",
    order: id "order_id",
    payer: id "payer_id",
    merchant: id "merchant_id",
    amount: integer "amount_minor" text "currency",
    fee_minor: integer "fee_minor",
    source: text "source" id "bank_card_id",
    status: text "status",
    decline: text "decline",
    client_ref: text "client_ref",
    refunded_minor: integer "refunded_minor",
    fee_returned_minor: integer "fee_returned_minor",
    bank_transfer: id "bank_transfer_id",
    late_refund: id "late_refund_id",
    created_at: integer "created_at",
    confirm_by: integer "confirm_by",
    confirmed_at: integer "confirmed_at",
    final_at: integer "final_at",
});

table!(TOP_UPS, "top_ups", key: 1, versioned: true, TopUp {
    id: id "id",
    user: id "user_id",
    bank_card: id "bank_card_id",
    amount: integer "amount_minor" text "currency",
    status: text "status",
    failure: text "failure",
    client_ref: text "client_ref",
    bank_transfer: id "bank_transfer_id",
    late_return: id "late_return_id",
    created_at: integer "created_at",
    final_at: integer "final_at",
});

table!(TRANSFERS, "transfers", key: 1, versioned: false, Transfer {
    id: id "id",
    payer: id "payer_id",
    payee: id "payee_id",
    amount: integer "amount_minor" text "currency",
    note: text "note",
    client_ref: text "client_ref",
    created_at: integer "created_at",
});

table!(WITHDRAWALS, "withdrawals", key: 1, versioned: true, Withdrawal {
    id: id "id",
    user: id "user_id",
    outgoing: id "bank_card_id" integer "amount_minor" text "currency" integer "fee_minor" text "status"
        text "failure" text "causes" text "client_ref" id "bank_transfer_id" text "acknowledged"
        text "acknowledged_words" integer "acknowledged_at" integer "created_at" integer "sent_at"
        integer "final_at" integer "returned_at",
});

table!(PAYOUTS, "payouts", key: 1, versioned: true, Payout {
    id: id "id",
    merchant: id "merchant_id",
    outgoing: id "bank_card_id" integer "amount_minor" text "currency" integer "fee_minor" text "status"
        text "failure" text "causes" text "client_ref" id "bank_transfer_id" text "acknowledged"
        text "acknowledged_words" integer "acknowledged_at" integer "created_at" integer "sent_at"
        integer "final_at" integer "returned_at",
});

own_words!(OutgoingStatus, PaymentStatus, SourceKind, TopUpStatus);

/// What withdrawals and payouts have in common, column by column in the order of its fields.
impl Cells for Outgoing {
    fn put(self, values: &mut Vec<Value>) {
        self.bank_card.put(values);
        self.amount.put(values);
        self.fee_minor.put(values);
        self.status.put(values);
        self.failure.put(values);
        self.causes.put(values);
        self.client_ref.put(values);
        self.bank_transfer.put(values);
        let (check, words, at) = match self.acknowledged {
            Some(Acknowledged { check, words, at }) => (Some(check), Some(words), Some(at)),
            None => (None, None, None),
        };
        check.put(values);
        words.put(values);
        at.put(values);
        self.created_at.put(values);
        self.sent_at.put(values);
        self.final_at.put(values);
        self.returned_at.put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self {
            bank_card: Cells::take(fields)?,
            amount: Cells::take(fields)?,
            fee_minor: Cells::take(fields)?,
            status: Cells::take(fields)?,
            failure: Cells::take(fields)?,
            causes: Cells::take(fields)?,
            client_ref: Cells::take(fields)?,
            bank_transfer: Cells::take(fields)?,
            acknowledged: match (Cells::take(fields)?, Cells::take(fields)?, Cells::take(fields)?) {
                (Some(check), Some(words), Some(at)) => Some(Acknowledged { check, words, at }),
                (None, None, None) => None,
                _ => return Err(fields.refuse()),
            },
            created_at: Cells::take(fields)?,
            sent_at: Cells::take(fields)?,
            final_at: Cells::take(fields)?,
            returned_at: Cells::take(fields)?,
        })
    }
}

/// The kinds' words, with commas between them.
impl Cells for Vec<SourceKind> {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",").into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|words: String| {
            if words.is_empty() {
                Some(Self::new())
            } else {
                words.split(',').map(SourceKind::parse).collect()
            }
        })
    }
}

/// Its kind, then the card where it is one.
impl Cells for Source {
    fn put(self, values: &mut Vec<Value>) {
        self.kind().put(values);
        self.bank_card().put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        match (Cells::take(fields)?, Cells::take(fields)?) {
            (SourceKind::Balance, None) => Ok(Self::Balance),
            (SourceKind::BankCard, Some(id)) => Ok(Self::BankCard { id }),
            _ => Err(fields.refuse()),
        }
    }
}

/// Its word, the payment that paid it, and when it was closed.
impl Cells for OrderState {
    fn put(self, values: &mut Vec<Value>) {
        let (word, payment, at) = match self {
            Self::Open => ("open", None, None),
            Self::Paid { payment, at } => ("paid", Some(payment), Some(at)),
            Self::Cancelled { at } => ("cancelled", None, Some(at)),
            Self::Expired { at } => ("expired", None, Some(at)),
        };
        values.push(word.into());
        payment.put(values);
        at.put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let word: String = fields.take()?;
        let payment: Option<PaymentId> = Cells::take(fields)?;
        let at: Option<Timestamp> = Cells::take(fields)?;
        match (word.as_str(), payment, at) {
            ("open", None, None) => Ok(Self::Open),
            ("paid", Some(payment), Some(at)) => Ok(Self::Paid { payment, at }),
            ("cancelled", None, Some(at)) => Ok(Self::Cancelled { at }),
            ("expired", None, Some(at)) => Ok(Self::Expired { at }),
            _ => Err(fields.refuse()),
        }
    }
}
