//! What clients see: the shapes of objects, made from rows. Who asks decides what is in them.

mod cases;
mod decline;
mod money;
mod outgoing;
mod payment;
mod people;
mod rails;
mod settlement;
mod standing;
mod trace;
mod webhooks;

pub use cases::{CaseView, ExplainedView};
pub use decline::DeclineView;
pub use money::{
    AmountView, BalanceView, BalancesView, EntryView, ListView, RefundView, TopUpView, TransferView,
};
pub use outgoing::{AcknowledgedView, HolderCheckView, OutgoingView};
pub use payment::{NextView, OrderView, PayeeView, PaymentView, ResolvedView, SourceView};
pub use people::{
    BankCardView, BankView, MeView, MerchantCreatedView, MerchantView, SessionOpenedView, SessionView,
    StaffView,
};
pub use rails::{BankTransferView, IncidentView, MaintenanceView, MessageView, RecallView};
pub use settlement::{NextSettlementView, SettlementView};
pub use trace::{HopView, TraceView};
pub use webhooks::{AttemptView, WebhookDeliveryView, WebhookEndpointView, WebhooksRequestedView};

pub(crate) use payment::order_of;
pub(crate) use rails::message_keys;
pub(crate) use trace::Reading;
