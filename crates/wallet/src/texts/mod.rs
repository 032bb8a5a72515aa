//! What a person reads for every code: a title, one or two plain sentences, and what each role can do next
//! (product A1.7, A1.8), in English and Chinese. Both languages of a code stand side by side, in one file per
//! area. [`texts`] is an exhaustive match: a code without its texts does not compile.
//!
//! Title and detail speak to whoever asked. Show another role its remedies only: a merchant must not learn
//! why a payer was declined.

mod auth;
mod bank;
mod cards;
mod cells;
mod idempotency;
mod language;
mod orders;
mod payments;
mod rails;
mod reasons;
mod refunds;
mod request;
mod sentences;
mod service;
mod told;
mod webhooks;

#[cfg(test)]
mod errors_page;
#[cfg(test)]
mod tests;

pub use language::Language;
pub use reasons::{Format, JsonType, Reason};
pub(crate) use sentences::with_reason;
pub use sentences::{Sentence, sentence};
pub(crate) use told::told_to;

use crate::code::Code;
use serde::{Deserialize, Serialize};

/// Who asks what can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person who pays, or acts for themselves.
    Payer,
    /// The merchant, at the till or through its own system.
    Merchant,
    /// The wallet's support staff.
    Staff,
    /// The people who run the service.
    Operations,
}

impl Role {
    /// Every role, in the order of [`Texts::remedies`].
    pub const ALL: [Self; 4] = [Self::Payer, Self::Merchant, Self::Staff, Self::Operations];

    /// The role as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Merchant => "merchant",
            Self::Staff => "staff",
            Self::Operations => "operations",
        }
    }
}

/// The texts of one code in one language.
#[derive(Debug, PartialEq, Eq)]
pub struct Texts {
    /// A few words.
    pub title: &'static str,
    /// What happened, and whether money moved.
    pub detail: &'static str,
    /// What each role can do next, in the order of [`Role::ALL`]. An empty list says that there is nothing to do.
    pub remedies: [&'static [&'static str]; 4],
}

impl Texts {
    /// What this role can do next; empty where there is nothing to do.
    #[must_use]
    pub const fn remedies_of(&self, role: Role) -> &'static [&'static str] {
        let [payer, merchant, staff, operations] = self.remedies;
        match role {
            Role::Payer => payer,
            Role::Merchant => merchant,
            Role::Staff => staff,
            Role::Operations => operations,
        }
    }
}

/// The texts of one code, in every language.
struct Entry {
    english: Texts,
    chinese: Texts,
}

/// The texts of a code.
#[must_use]
pub fn texts(code: Code, language: Language) -> &'static Texts {
    let entry = entry(code);
    match language {
        Language::English => &entry.english,
        Language::Chinese => &entry.chinese,
    }
}

fn entry(code: Code) -> &'static Entry {
    match code {
        Code::RequestMalformed => &request::MALFORMED,
        Code::RequestInvalid => &request::INVALID,
        Code::RequestTooLarge => &request::TOO_LARGE,
        Code::RequestMediaType => &request::MEDIA_TYPE,
        Code::RequestMethod => &request::METHOD,
        Code::AmountInvalid => &request::AMOUNT_INVALID,
        Code::CurrencyUnsupported => &request::CURRENCY_UNSUPPORTED,
        Code::CurrencyMismatch => &request::CURRENCY_MISMATCH,
        Code::RequestTimeout => &service::REQUEST_TIMEOUT,
        Code::NotFound => &service::NOT_FOUND,
        Code::RateLimited => &service::RATE_LIMITED,
        Code::ServiceBusy => &service::BUSY,
        Code::ServiceUnavailable => &service::UNAVAILABLE,
        Code::Internal => &service::INTERNAL,
        Code::IdempotencyKeyMissing => &idempotency::KEY_MISSING,
        Code::IdempotencyKeyInvalid => &idempotency::KEY_INVALID,
        Code::IdempotencyInProgress => &idempotency::IN_PROGRESS,
        Code::IdempotencyKeyReused => &idempotency::KEY_REUSED,
        Code::ReferenceConflict => &idempotency::REFERENCE_CONFLICT,
        Code::AuthRequired => &auth::REQUIRED,
        Code::AuthInvalidCredentials => &auth::INVALID_CREDENTIALS,
        Code::AuthForbidden => &auth::FORBIDDEN,
        Code::AuthLoginTaken => &auth::LOGIN_TAKEN,
        Code::AuthLoginInvalid => &auth::LOGIN_INVALID,
        Code::AuthPasswordTooShort => &auth::PASSWORD_TOO_SHORT,
        Code::AuthPasswordTooLong => &auth::PASSWORD_TOO_LONG,
        Code::AuthPasswordCommon => &auth::PASSWORD_COMMON,
        Code::AuthPasswordContainsLogin => &auth::PASSWORD_CONTAINS_LOGIN,
        Code::NameInvalid => &auth::NAME_INVALID,
        Code::CardInvalidNumber => &cards::INVALID_NUMBER,
        Code::CardWrongCode => &cards::WRONG_CODE,
        Code::CardNotActive => &cards::NOT_ACTIVE,
        Code::CardHolderUnconfirmed => &cards::HOLDER_UNCONFIRMED,
        Code::BankUnknown => &cards::BANK_UNKNOWN,
        Code::BankUnavailable => &cards::BANK_UNAVAILABLE,
        Code::QrInvalid => &orders::QR_INVALID,
        Code::OrderAlreadyPaid => &orders::ALREADY_PAID,
        Code::OrderCancelled => &orders::CANCELLED,
        Code::OrderExpired => &orders::EXPIRED,
        Code::PaymentAttemptOpen => &orders::ATTEMPT_OPEN,
        Code::PaymentExpectationMismatch => &payments::EXPECTATION_MISMATCH,
        Code::PaymentNotConfirmable => &payments::NOT_CONFIRMABLE,
        Code::PaymentNotCancellable => &payments::NOT_CANCELLABLE,
        Code::WithdrawalNotCancellable => &payments::WITHDRAWAL_NOT_CANCELLABLE,
        Code::PayeeIsPayer => &payments::PAYEE_IS_PAYER,
        Code::SourceNotAccepted => &payments::SOURCE_NOT_ACCEPTED,
        Code::BalanceInsufficient => &payments::BALANCE_INSUFFICIENT,
        Code::AccountFrozen => &payments::ACCOUNT_FROZEN,
        Code::AccountCeiling => &payments::ACCOUNT_CEILING,
        Code::BankInsufficientFunds => &bank::INSUFFICIENT_FUNDS,
        Code::BankCardRefused => &bank::CARD_REFUSED,
        Code::BankCardClosed => &bank::CARD_CLOSED,
        Code::BankLimitExceeded => &bank::LIMIT_EXCEEDED,
        Code::BankNotReceived => &bank::NOT_RECEIVED,
        Code::BankReturned => &bank::RETURNED,
        Code::BankRefused => &bank::REFUSED,
        Code::BankCallbackUnsigned => &rails::CALLBACK_UNSIGNED,
        Code::SourceUnavailable => &rails::SOURCE_UNAVAILABLE,
        Code::RecallNothing => &rails::RECALL_NOTHING,
        Code::RecallReturned => &rails::RECALL_RETURNED,
        Code::RefundExceedsPayment => &refunds::EXCEEDS_PAYMENT,
        Code::RefundNotRefundable => &refunds::NOT_REFUNDABLE,
        Code::RefundMerchantShort => &refunds::MERCHANT_SHORT,
        Code::WebhookUrlRefused => &webhooks::URL_REFUSED,
        Code::WebhookEndpointLimit => &webhooks::ENDPOINT_LIMIT,
        Code::WebhookEndpointDisabled => &webhooks::ENDPOINT_DISABLED,
        Code::WebhookSecretOverlaps => &webhooks::SECRET_OVERLAPS,
        Code::WebhookBacklogFull => &webhooks::BACKLOG_FULL,
    }
}
