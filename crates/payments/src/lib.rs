//! Orders, QR codes, payments, withdrawals and payouts, and their traces.
//!
//! Pure: an [`Order`] and a [`Payment`] change only through the arrows of their states, and a [`trace`] is a
//! function of what is stored.

mod crc;
mod movement;
mod order;
mod outgoing;
mod payment;
mod qr;
mod source;
pub mod trace;

pub use movement::{TopUp, TopUpStatus, Transfer};
pub use order::{NotPayable, Order, OrderState};
pub use outgoing::{Acknowledged, Outgoing, OutgoingRefused, OutgoingStatus, Payout, Withdrawal};
pub use payment::{Payment, PaymentStatus, TransitionRefused};
pub use qr::{MerchantCode, QR_BYTES_MAX, QrError, QrTarget};
pub use source::{Source, SourceKind};
