//! Merchants and their API keys.

use crate::mapping::table;
use makegood_merchants::{ApiKey, Merchant};

table!(MERCHANTS, "merchants", key: 1, versioned: true, Merchant {
    id: id "id",
    owner: id "owner_id",
    name: text "name",
    fee_basis_points: integer "fee_basis_points",
    created_at: integer "created_at",
    livemode: boolean "livemode",
});

table!(API_KEYS, "api_keys", key: 1, versioned: true, ApiKey {
    id: id "id",
    merchant: id "merchant_id",
    secret_hash: bytes "secret_hash",
    created_at: integer "created_at",
    revoked_at: integer "revoked_at",
});
