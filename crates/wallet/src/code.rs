//! Every code that an answer can carry, with its HTTP status, its cause class, and whether trying the same
//! again can help. The texts for people are in [`crate::texts`]; a test fails where one is missing.

use serde::Serialize;

/// Whose doing it is (product A1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The person who asked.
    User,
    /// The merchant.
    Merchant,
    /// The state of an account: its balance, a freeze.
    Account,
    /// The wallet itself.
    Platform,
    /// A bank.
    Bank,
    /// A rule that the wallet or the merchant has set.
    Policy,
}

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $status:literal, $cause:ident, $retryable:literal;)*) => {
        /// A code: stable, in English, never translated.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$meta])* $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status that it is answered with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Whose doing it is.
            #[must_use]
            pub const fn cause(self) -> Cause {
                match self { $(Self::$name => Cause::$cause,)* }
            }

            /// Whether the same thing can succeed when it is asked for again later: under a new key where the
            /// answer is stored ([`Code::is_stored`]).
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)* }
            }

            /// The code with this text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// The body is not the JSON that the route takes.
    RequestMalformed = "request.malformed", 400, User, false;
    /// A field has a value that is not allowed.
    RequestInvalid = "request.invalid", 422, User, false;
    /// The body is larger than the service takes.
    RequestTooLarge = "request.too_large", 413, User, false;
    /// The body's media type is not JSON.
    RequestMediaType = "request.unsupported_media_type", 415, User, false;
    /// The route does not take this method.
    RequestMethod = "request.method_not_allowed", 405, User, false;
    /// The request did not arrive in time.
    RequestTimeout = "request.timeout", 408, User, true;
    /// No such object, or not the caller's.
    NotFound = "not_found", 404, User, false;
    /// The caller has too much under way.
    RateLimited = "rate.limited", 429, User, true;
    /// The service is at its limit; nothing was decided.
    ServiceBusy = "service.busy", 503, Platform, true;
    /// The service cannot reach what it needs; nothing was decided.
    ServiceUnavailable = "service.unavailable", 503, Platform, true;
    /// Something that must not happen happened.
    Internal = "internal", 500, Platform, true;

    /// A request that moves money came without its key.
    IdempotencyKeyMissing = "idempotency.key_missing", 400, User, false;
    /// The key is empty, too long, or not printable ASCII.
    IdempotencyKeyInvalid = "idempotency.key_invalid", 400, User, false;
    /// A request with this key is being worked on.
    IdempotencyInProgress = "idempotency.in_progress", 409, User, true;
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency.key_reused", 422, User, false;
    /// The caller's own reference belongs to another content.
    ReferenceConflict = "reference.conflict", 409, User, false;

    /// No valid token or key came with the request.
    AuthRequired = "auth.required", 401, User, false;
    /// The login or the password is not right.
    AuthInvalidCredentials = "auth.invalid_credentials", 401, User, false;
    /// The caller may not do this.
    AuthForbidden = "auth.forbidden", 403, Policy, false;
    /// The login is taken.
    AuthLoginTaken = "auth.login_taken", 409, User, false;
    /// The login is neither an email address nor a phone number.
    AuthLoginInvalid = "auth.login_invalid", 422, User, false;
    /// The password is too short.
    AuthPasswordTooShort = "auth.password_too_short", 422, User, false;
    /// The password is too long.
    AuthPasswordTooLong = "auth.password_too_long", 422, User, false;
    /// The password is one that attackers try first.
    AuthPasswordCommon = "auth.password_common", 422, User, false;
    /// The password contains the login.
    AuthPasswordContainsLogin = "auth.password_contains_login", 422, User, false;
    /// The display name is empty, too long, or has characters that are not shown.
    NameInvalid = "name.invalid", 422, User, false;

    /// The amount is not a positive decimal string of its currency.
    AmountInvalid = "amount.invalid", 422, User, false;
    /// The currency is none that money can be held in.
    CurrencyUnsupported = "currency.unsupported", 422, User, false;
    /// The currency is not the one that is asked for here.
    CurrencyMismatch = "currency.mismatch", 422, User, false;

    /// The bank does not know the card number.
    CardInvalidNumber = "card.invalid_number", 422, User, false;
    /// The code is not the one that the bank sent.
    CardWrongCode = "card.wrong_code", 422, User, false;
    /// The card is not confirmed yet, or is unlinked.
    CardNotActive = "card.not_active", 409, User, false;
    /// The bank does not say that the card is the named person's, and nobody has accepted that.
    CardHolderUnconfirmed = "card.holder_unconfirmed", 409, User, false;
    /// There is no such bank.
    BankUnknown = "bank.unknown", 422, User, false;
    /// The bank did not answer a question that moves no money.
    BankUnavailable = "bank.unavailable", 503, Bank, true;

    /// The QR code is not one of ours, or was changed.
    QrInvalid = "qr.invalid", 422, User, false;
    /// The order is paid.
    OrderAlreadyPaid = "order.already_paid", 409, User, false;
    /// The order was cancelled.
    OrderCancelled = "order.cancelled", 409, Merchant, false;
    /// The order's time is over.
    OrderExpired = "order.expired", 409, User, false;
    /// A payment of this order is under way.
    PaymentAttemptOpen = "payment.attempt_open", 409, User, false;
    /// The amount or the payee is not what the payer saw.
    PaymentExpectationMismatch = "payment.expectation_mismatch", 409, User, false;
    /// The payment does not wait for a confirmation.
    PaymentNotConfirmable = "payment.not_confirmable", 409, User, false;
    /// The payment is past the point where its payer can cancel it.
    PaymentNotCancellable = "payment.not_cancellable", 409, User, false;
    /// The money is on its way to the card, or past that.
    WithdrawalNotCancellable = "withdrawal.not_cancellable", 409, User, false;
    /// The payee is the payer.
    PayeeIsPayer = "payee.is_payer", 422, User, false;
    /// The merchant does not accept this source.
    SourceNotAccepted = "source.not_accepted", 402, Merchant, false;

    /// The source's bank is not asked now, so that nothing was begun.
    SourceUnavailable = "source.unavailable", 503, Bank, true;

    /// The balance is not enough.
    BalanceInsufficient = "balance.insufficient", 402, Account, false;
    /// An account that the movement touches is frozen or closed.
    AccountFrozen = "account.frozen", 402, Account, false;
    /// An account would pass the most that it may hold.
    AccountCeiling = "account.ceiling", 402, Policy, false;

    /// The card has not enough money.
    BankInsufficientFunds = "bank.insufficient_funds", 402, Bank, false;
    /// The bank refuses the card.
    BankCardRefused = "bank.card_refused", 402, Bank, false;
    /// The card is closed.
    BankCardClosed = "bank.card_closed", 402, Bank, false;
    /// The card's own limit is reached.
    BankLimitExceeded = "bank.limit_exceeded", 402, Bank, false;
    /// The bank never received the transfer, and will not execute it any more.
    BankNotReceived = "bank.not_received", 402, Bank, true;
    /// The bank moved the money, and took that back.
    BankReturned = "bank.returned", 402, Bank, false;
    /// The bank refuses, and does not say why.
    BankRefused = "bank.refused", 402, Bank, false;
    /// A message that is said to be a bank's, and is not.
    BankCallbackUnsigned = "bank.callback_unsigned", 401, Bank, false;
    /// The transfer is not one that a bank has paid out.
    RecallNothing = "recall.nothing_to_recall", 409, Policy, false;
    /// The money is back already.
    RecallReturned = "recall.returned_already", 409, Policy, false;

    /// More would be returned than was paid.
    RefundExceedsPayment = "refund.exceeds_payment", 409, Merchant, false;
    /// The payment has not succeeded, so that there is nothing to return.
    RefundNotRefundable = "refund.not_refundable", 409, Merchant, false;
    /// The merchant has not enough money for the refund.
    RefundMerchantShort = "refund.merchant_short", 402, Merchant, true;

    /// Events are not sent to this address.
    WebhookUrlRefused = "webhook.url_refused", 422, User, false;
    /// The merchant has as many webhook endpoints as it may.
    WebhookEndpointLimit = "webhook.endpoint_limit", 409, Policy, false;
    /// The webhook endpoint is disabled.
    WebhookEndpointDisabled = "webhook.endpoint_disabled", 409, Merchant, false;
    /// The secret before the newest one still signs.
    WebhookSecretOverlaps = "webhook.secret_overlaps", 409, Merchant, true;
    /// The webhook endpoint has as many events that failed or wait as it may.
    WebhookBacklogFull = "webhook.backlog_full", 409, Merchant, true;
}

impl Code {
    /// Whether the same thing may be paid again without risk after an answer with this code: not where
    /// something may have moved, or has moved, under an earlier request.
    #[must_use]
    pub const fn is_safe_to_pay_again(self) -> bool {
        !matches!(
            self,
            Self::IdempotencyInProgress
                | Self::IdempotencyKeyReused
                | Self::ReferenceConflict
                | Self::OrderAlreadyPaid
                | Self::PaymentAttemptOpen
                | Self::WithdrawalNotCancellable
                | Self::RequestTimeout
                | Self::RateLimited
                | Self::ServiceBusy
                | Self::ServiceUnavailable
                | Self::Internal
        )
    }

    /// Whether an answer with this code is stored under the request's key: the caller gets the same answer
    /// again. What was not decided is not stored.
    #[must_use]
    pub const fn is_stored(self) -> bool {
        !matches!(self, Self::IdempotencyInProgress)
            && !matches!(self.status(), 400 | 401 | 403 | 404 | 408 | 413 | 415 | 429 | 500 | 503)
    }
}
