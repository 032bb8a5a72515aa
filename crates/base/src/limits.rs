//! Bounds that several crates keep to. Lengths of text count Unicode scalar values unless a name says bytes.

/// The longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// The longest reference that a client chooses (`client_ref`, `merchant_order_no`, `merchant_refund_no`).
pub const REFERENCE_LENGTH_MAX: usize = 64;
/// The longest login.
pub const LOGIN_LENGTH_MAX: usize = 254;
/// The longest display name of a person or a merchant.
pub const NAME_LENGTH_MAX: usize = 64;
/// The longest description, note or reason.
pub const TEXT_LENGTH_MAX: usize = 256;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// The largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1_024;
/// The most rows on one page of a list.
pub const PAGE_ROWS_MAX: u32 = 100;
/// The largest amount that a request may name, in minor units: with its decimal point it fits the 13 characters
/// that a QR code has for it, and sums of accounts do not come near the end of `i64`.
pub const AMOUNT_MINOR_MAX: i64 = 999_999_999_999;
