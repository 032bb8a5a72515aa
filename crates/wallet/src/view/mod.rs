//! What clients see: the shapes of objects, made from rows. Who asks decides what is in them.

mod decline;
mod money;
mod payment;
mod people;
mod standing;
mod trace;
mod webhooks;

pub use decline::DeclineView;
pub use money::{
    AmountView, BalanceView, BalancesView, EntryView, ListView, RefundView, TopUpView, TransferView,
};
pub use payment::{NextView, OrderView, PayeeView, PaymentView, ResolvedView, SourceView};
pub use people::{
    BankCardView, BankView, MeView, MerchantCreatedView, MerchantView, SessionOpenedView, SessionView,
    StaffView,
};
pub use trace::{HopView, TraceView};
pub use webhooks::{AttemptView, WebhookDeliveryView, WebhookEndpointView, WebhooksRequestedView};

pub(crate) use payment::order_of;
pub(crate) use trace::Reading;
