//! Merchants and their API keys.

use crate::{cells::Cells, mapping::table};
use makegood_merchants::{ApiKey, EventFeed, Merchant};
use makegood_sql::{Error, Fields, Value};

table!(MERCHANTS, "merchants", key: 1, versioned: true, Merchant {
    id: id "id",
    owner: id "owner_id",
    name: text "name",
    fee_basis_points: integer "fee_basis_points",
    created_at: integer "created_at",
    livemode: boolean "livemode",
    feed: integer "webhook_endpoints" integer "event_sequence" integer "events_due_at",
});

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
