//! Orders, QR codes, payments and their traces.

mod crc;
mod qr;

pub use qr::{MerchantCode, QR_BYTES_MAX, QrError, QrTarget};
