//! Orders, payments, top-ups and transfers.

use crate::{
    cells::{Cells, own_words},
    mapping::table,
};
use makegood_base::{PaymentId, Timestamp};
use makegood_payments::{
    Order, OrderState, Payment, PaymentStatus, Source, SourceKind, TopUp, TopUpStatus, Transfer,
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

own_words!(PaymentStatus, SourceKind, TopUpStatus);

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
