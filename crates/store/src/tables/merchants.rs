//! Merchants and their API keys.

use crate::{
    cells::{Cells, own_words},
    mapping::table,
};
use makegood_merchants::{ApiKey, EventFeed, Merchant, Settlement, SettlementSchedule, SettlementStatus};
use makegood_sql::{Error, Fields, Value};

table!(MERCHANTS, "merchants", key: 1, versioned: true, Merchant {
    id: id "id",
    owner: id "owner_id",
    name: text "name",
    fee_basis_points: integer "fee_basis_points",
    settlement_days: integer "settlement_days",
    created_at: integer "created_at",
    livemode: boolean "livemode",
    feed: integer "webhook_endpoints" integer "event_sequence" integer "events_due_at",
});

table!(SETTLEMENT_SCHEDULES, "settlement_schedules", key: 1, versioned: true, SettlementSchedule {
    id: id "id",
    merchant: id "merchant_id",
    currency: integer "currency",
    cut_off: integer "cut_off",
    taken_minor: integer "taken_minor",
    covered_minor: integer "covered_minor",
    open: text "open_ids",
});

table!(SETTLEMENTS, "settlements", key: 1, versioned: true, Settlement {
    id: id "id",
    schedule: id "schedule_id",
    merchant: id "merchant_id",
    currency: integer "currency",
    paid_from_minor: integer "paid_from_minor",
    paid_up_to_minor: integer "paid_up_to_minor",
    cut_off: integer "cut_off",
    due_at: integer "due_at",
    status: text "status",
    settled_minor: integer "settled_minor",
    overdue_at: integer "overdue_at",
    retry_at: integer "retry_at",
    settled_at: integer "settled_at",
    created_at: integer "created_at",
});

own_words!(SettlementStatus);

table!(API_KEYS, "api_keys", key: 1, versioned: true, ApiKey {
    id: id "id",
    merchant: id "merchant_id",
    secret_hash: bytes "secret_hash",
    created_at: integer "created_at",
    revoked_at: integer "revoked_at",
});

/// How many listen, the last number, and since when somebody has to be told.
impl Cells for EventFeed {
    fn put(self, values: &mut Vec<Value>) {
        self.endpoints.put(values);
        self.sequence.put(values);
        self.due_at.put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let (endpoints, sequence) = (Cells::take(fields)?, Cells::take(fields)?);
        Ok(Self { endpoints, sequence, due_at: Cells::take(fields)? })
    }
}
