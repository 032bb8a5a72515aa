//! What every Makegood crate shares: typed ids, timestamps, and the traits through which time and
//! randomness enter. Nothing here does I/O, and nothing here reads a clock.

#[doc(hidden)]
pub use serde;

mod entropy;
mod id;
pub mod limits;
mod text;
mod timestamp;

pub use entropy::{Clock, Entropy};
pub use id::{IdError, IdSeed, Ids, RawId, decode_suffix, encode_suffix};
pub use text::{Name, NameError};
pub use timestamp::{Timestamp, TimestampError};

typed_id!(
    /// A person who uses the wallet.
    UserId = "usr"
);
typed_id!(
    /// A member of staff.
    StaffId = "stf"
);
typed_id!(
    /// A merchant.
    MerchantId = "mch"
);
typed_id!(
    /// A merchant's API key; the secret half of the key is never stored.
    ApiKeyId = "key"
);
typed_id!(
    /// A session of a user or of a member of staff.
    SessionId = "ses"
);
typed_id!(
    /// A linked bank card.
    BankCardId = "crd"
);
typed_id!(
    /// An order: what a merchant asks to be paid once.
    OrderId = "ord"
);
typed_id!(
    /// A static QR code.
    QrCodeId = "qrc"
);
typed_id!(
    /// A payment: one attempt to pay an order.
    PaymentId = "pay"
);
typed_id!(
    /// A top-up from a bank card.
    TopUpId = "top"
);
typed_id!(
    /// A transfer between two users.
    TransferId = "trf"
);
typed_id!(
    /// A withdrawal to a bank card.
    WithdrawalId = "wdr"
);
typed_id!(
    /// A payout of a merchant's money to a bank card.
    PayoutId = "pyt"
);
typed_id!(
    /// A settlement: what a merchant was paid up to a moment, and can take out from its due date on.
    SettlementId = "stl"
);
typed_id!(
    /// A refund of a payment, in full or in part.
    RefundId = "rfd"
);
typed_id!(
    /// An operations case: what somebody at the wallet has to take care of.
    CaseId = "case"
);
typed_id!(
    /// A transfer at a bank; its text is the reference that the bank deduplicates by.
    BankTransferId = "btr"
);
typed_id!(
    /// An event that was told to somebody.
    EventId = "evt"
);
typed_id!(
    /// An address that a merchant has its events sent to.
    WebhookEndpointId = "whe"
);
typed_id!(
    /// A secret that signs webhooks; the secret itself derives from it and is never stored.
    WebhookSecretId = "whs"
);
typed_id!(
    /// A batch of commands that was committed as one.
    BatchId = "bat"
);
typed_id!(
    /// A request, as the log and the caller name it.
    RequestId = "req"
);
typed_id!(
    /// An incident: something that went wrong at a bank, as staff tell it.
    IncidentId = "inc"
);
typed_id!(
    /// A maintenance window: a time in which a bank is not there, planned.
    MaintenanceId = "mnt"
);
