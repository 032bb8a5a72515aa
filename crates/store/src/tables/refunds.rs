//! Refunds.

use crate::{
    cells::{Word, own_words},
    mapping::table,
};
use makegood_refunds::{Refund, RefundOrigin, RefundStatus};

table!(REFUNDS, "refunds", key: 1, versioned: true, Refund {
    id: id "id",
    payment: id "payment_id",
    merchant: id "merchant_id",
    payer: id "payer_id",
    amount: integer "amount_minor" text "currency",
    fee_back_minor: integer "fee_back_minor",
    merchant_refund_no: text "merchant_refund_no",
    reason: text "reason",
    origin: text "origin",
    status: text "status",
    bank_transfer: id "bank_transfer_id",
    failure: text "failure",
    created_at: integer "created_at",
    final_at: integer "final_at",
});

own_words!(RefundStatus);

impl Word for RefundOrigin {
    fn word(self) -> &'static str {
        self.as_str()
    }

    fn of(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}
