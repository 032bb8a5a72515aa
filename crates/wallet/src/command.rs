//! Commands: every write there is, as data. Slow work (hashing, calls) is done before its command.

use crate::Caller;
use crate::tables::{
    BankCardId, BankTransferId, IdempotencyKey, IncidentId, MaintenanceId, MerchantId, OrderId, PaymentId,
    PayoutId, SessionId, SettlementId, UserId, WithdrawalId,
};
use crate::texts::Language;
use makegood_auth::{Principal, StaffRole};
use makegood_banking::{Answer, CardRefusal, HolderCheck, PlannedWindow, Told};
use makegood_base::{ApiKeyId, CaseId, IdSeed, Ids, RequestId, Timestamp};
use makegood_ledger::AccountId;
use makegood_money::Money;
use makegood_payments::{Source, SourceKind};
use serde::{Deserialize, Serialize};

/// A write that somebody asks for.
#[derive(Clone, Serialize, Deserialize)]
pub struct Command {
    /// What its ids are made from: the same command makes the same ids again.
    pub seed: IdSeed,
    /// The request that it came with, as log and caller name it.
    pub request: RequestId,
    /// Who asks.
    pub caller: Caller,
    /// In which language the answer is rendered.
    pub language: Language,
    /// The caller's key, under which the answer is kept.
    pub idempotency_key: Option<String>,
    /// A keyed hash of route and content, to tell another content under the same key or reference.
    pub fingerprint: [u8; 32],
    /// What is wanted.
    pub action: Action,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Command")
            .field("action", &self.action.name())
            .field("caller", &self.caller)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// The most rows that a command touches, but for one that names its rows itself. The engine asserts it in
/// debug builds, so that every test of a flow checks it.
const ROWS_MAX: usize = 64;

/// What a command adds to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandSize {
    /// The most rows that it touches.
    pub rows: usize,
    /// How many bytes its content has, as JSON.
    pub bytes: usize,
}

impl Command {
    /// A command of the service itself: what a worker does, or a bank tells.
    #[must_use]
    pub fn of_system(seed: IdSeed, action: Action) -> Self {
        Self {
            seed,
            request: RequestId::from_raw(Ids::new(seed).next_raw()),
            caller: Caller::System,
            language: Language::English,
            idempotency_key: None,
            fingerprint: [0; 32],
            action,
        }
    }

    /// How large the command is: what a batch is bounded by.
    #[must_use]
    pub fn size(&self) -> CommandSize {
        let named = match &self.action {
            Action::ForgetKeys { keys } => keys.len(),
            Action::RecordMaintenance { windows, known, .. } => windows.len().saturating_mul(2) + known.len(),
            _ => 0,
        };
        let mut bytes = Count(0);
        // Counting never fails, and what cannot be written has no size.
        let _counted = serde_json::to_writer(&mut bytes, &self.action);
        CommandSize { rows: ROWS_MAX + named, bytes: bytes.0 }
    }
}

/// Counts what is written to it.
struct Count(usize);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the payer saw before saying yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The amount.
    pub amount: Money,
    /// The payee: the merchant's id, or the user's.
    pub payee: PayeeId,
}

/// The id of a payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PayeeId {
    /// A merchant.
    Merchant(MerchantId),
    /// A user.
    User(UserId),
}

/// How a payer names another user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayeeRef {
    /// By id.
    User(UserId),
    /// By login, normalized.
    Login(String),
}

/// An order that a merchant makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// For which of the owner's merchants; an API key says it by itself.
    pub merchant: Option<MerchantId>,
    /// The merchant's own number.
    pub merchant_order_no: String,
    /// How much.
    pub amount: Money,
    /// What it is for.
    pub description: String,
    /// For how many seconds it can be paid.
    pub expires_in_s: Option<u32>,
    /// Which kinds of source the merchant takes; all, when it does not say.
    pub accepts: Option<Vec<SourceKind>>,
}

/// A payment that a payer starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPayment {
    /// Of which order.
    pub order: OrderId,
    /// From where.
    pub source: Source,
    /// What the payer saw; without it the payment waits for a confirmation.
    pub expect: Option<Expectation>,
    /// The amount that the payer typed, which must be the order's.
    pub amount: Option<Money>,
    /// The payer's own reference.
    pub client_ref: Option<String>,
}

/// Money that is to go out to a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOutgoing {
    /// How much the card is to get.
    pub amount: Money,
    /// To which card.
    pub bank_card: BankCardId,
    /// The owner's own reference.
    pub client_ref: Option<String>,
    /// What the bank says of the card's holder now, where it was asked.
    pub check: Option<HolderCheck>,
    /// What the owner has read of that and accepts.
    pub acknowledge: Option<HolderCheck>,
}

/// What is wanted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A person registers.
    RegisterUser {
        /// Normalized.
        login: String,
        /// As others may see it, masked.
        display_name: String,
        /// An Argon2id PHC string.
        password_hash: String,
    },
    /// A member of staff is added at the command line.
    AddStaff {
        /// Normalized.
        login: String,
        /// An Argon2id PHC string.
        password_hash: String,
        /// What they may do.
        role: StaffRole,
    },
    /// A person or a member of staff logs in; the password was verified against `password_hash`.
    OpenSession {
        /// The new session.
        session: SessionId,
        /// Whose it is.
        principal: Principal,
        /// The hash that the password was verified against: if it has changed since, the login fails.
        password_hash: String,
        /// SHA-256 of the token's secret.
        secret_hash: [u8; 32],
        /// The device, as it calls itself.
        user_agent: Option<String>,
    },
    /// A session ends; none is the caller's own.
    RevokeSession {
        /// Which.
        session: Option<SessionId>,
    },
    /// A merchant is made, with its first API key.
    CreateMerchant {
        /// Its name.
        name: String,
        /// The new key.
        api_key: ApiKeyId,
        /// SHA-256 of the key's secret.
        secret_hash: [u8; 32],
    },
    /// A card is linked; the bank has given an agreement for its number.
    LinkBankCard {
        /// The bank.
        bank: String,
        /// The bank's token.
        agreement: String,
        /// The last four digits.
        last4: String,
        /// What the bank said to the holder's name.
        holder_check: HolderCheck,
    },
    /// A card becomes active; the bank has taken the code.
    ActivateBankCard {
        /// Which.
        bank_card: BankCardId,
    },
    /// The bank refused a card, or the code that its holder said back: the answer is kept as any other is.
    RefuseBankCard {
        /// Which, where it was linked already.
        bank_card: Option<BankCardId>,
        /// What the bank said.
        refusal: CardRefusal,
    },
    /// A card is taken away.
    UnlinkBankCard {
        /// Which.
        bank_card: BankCardId,
    },
    /// Money comes in from a card.
    TopUp {
        /// How much.
        amount: Money,
        /// From which card.
        bank_card: BankCardId,
        /// The user's own reference.
        client_ref: Option<String>,
    },
    /// Money goes to another user.
    Transfer {
        /// To whom.
        to: PayeeRef,
        /// How much.
        amount: Money,
        /// What the payer writes to it.
        note: Option<String>,
        /// What the payer saw.
        expect: Option<Expectation>,
        /// The payer's own reference.
        client_ref: Option<String>,
    },
    /// A user's money goes out to a card.
    Withdraw(NewOutgoing),
    /// A user takes a withdrawal back before it is sent.
    CancelWithdrawal {
        /// Which.
        withdrawal: WithdrawalId,
    },
    /// What is available to a merchant goes out to a card of its owner.
    PayOut {
        /// Whose.
        merchant: MerchantId,
        /// What goes out.
        new: NewOutgoing,
    },
    /// A merchant takes a payout back before it is sent.
    CancelPayout {
        /// Which.
        payout: PayoutId,
    },
    /// A merchant makes an order.
    CreateOrder(NewOrder),
    /// A merchant takes an order back.
    CancelOrder {
        /// Which.
        order: OrderId,
    },
    /// A payer starts a payment.
    CreatePayment(NewPayment),
    /// A payer says yes to a payment that waits for it.
    ConfirmPayment {
        /// Which.
        payment: PaymentId,
        /// What the payer saw.
        expect: Expectation,
    },
    /// A payer leaves a payment.
    CancelPayment {
        /// Which.
        payment: PaymentId,
    },
    /// A merchant refunds a payment.
    Refund {
        /// Which.
        payment: PaymentId,
        /// How much; all that is left, when it does not say.
        amount: Option<Money>,
        /// Why.
        reason: String,
        /// The merchant's own number.
        merchant_refund_no: Option<String>,
    },
    /// A worker takes its turn at a bank transfer.
    ClaimBankTransfer {
        /// Which.
        bank_transfer: BankTransferId,
    },
    /// A worker tells what came of its turn.
    RecordBankAnswer {
        /// Which.
        bank_transfer: BankTransferId,
        /// Which turn.
        generation: i64,
        /// What came of it.
        answer: Answer,
    },
    /// A bank has told something by itself, and it was made sure that it was that bank.
    RecordBankCallback {
        /// The bank.
        bank: String,
        /// What it told.
        told: Told,
    },
    /// A worker puts a turn off, because the bank is not there.
    PostponeBankTransfer {
        /// Which.
        bank_transfer: BankTransferId,
        /// Until when, and because of which maintenance window, where that is known.
        until: Option<(Timestamp, MaintenanceId)>,
    },
    /// Staff call back what a bank has paid out.
    RecallBankTransfer {
        /// Which.
        bank_transfer: BankTransferId,
        /// Why.
        reason: String,
    },
    /// A bank has said which maintenance windows it plans.
    RecordMaintenance {
        /// The bank.
        bank: String,
        /// All that it plans.
        windows: Vec<PlannedWindow>,
        /// Those of its windows that the wallet has open: what the bank names no more is called off.
        known: Vec<MaintenanceId>,
    },
    /// Staff set a maintenance window.
    SetMaintenance {
        /// The bank.
        bank: String,
        /// When it begins.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// What it is for.
        description: String,
    },
    /// Staff call a maintenance window off, or end it before its time.
    EndMaintenance {
        /// Which.
        window: MaintenanceId,
    },
    /// Staff tell that something is wrong at a bank.
    OpenIncident {
        /// The bank.
        bank: String,
        /// What is wrong.
        description: String,
        /// When it is expected to be over.
        expected_by: Option<Timestamp>,
    },
    /// Staff tell that it is over.
    EndIncident {
        /// Which.
        incident: IncidentId,
    },
    /// An order's time is over.
    ExpireOrder {
        /// Which.
        order: OrderId,
    },
    /// Nobody confirmed a payment in time.
    ClosePayment {
        /// Which.
        payment: PaymentId,
    },
    /// Stored answers whose time is over are dropped.
    ForgetKeys {
        /// Which.
        keys: Vec<IdempotencyKey>,
    },
    /// The day of a merchant's pending account has ended.
    CloseDay {
        /// The account.
        account: AccountId,
        /// When the day ended.
        cut_off: Timestamp,
        /// All that was ever paid in before that, in minor units.
        paid_minor: i64,
    },
    /// A settlement is due.
    Settle {
        /// Which.
        settlement: SettlementId,
    },
    /// A member of staff closes an operations case.
    CloseCase {
        /// Which.
        case: CaseId,
        /// What was done.
        note: String,
    },
}

impl Action {
    /// The action's name, for logs and metrics; its content may hold secrets.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RegisterUser { .. } => "register_user",
            Self::AddStaff { .. } => "add_staff",
            Self::OpenSession { .. } => "open_session",
            Self::RevokeSession { .. } => "revoke_session",
            Self::CreateMerchant { .. } => "create_merchant",
            Self::LinkBankCard { .. } => "link_bank_card",
            Self::ActivateBankCard { .. } => "activate_bank_card",
            Self::RefuseBankCard { .. } => "refuse_bank_card",
            Self::UnlinkBankCard { .. } => "unlink_bank_card",
            Self::TopUp { .. } => "top_up",
            Self::Transfer { .. } => "transfer",
            Self::Withdraw(_) => "withdraw",
            Self::CancelWithdrawal { .. } => "cancel_withdrawal",
            Self::PayOut { .. } => "pay_out",
            Self::CancelPayout { .. } => "cancel_payout",
            Self::CreateOrder(_) => "create_order",
            Self::CancelOrder { .. } => "cancel_order",
            Self::CreatePayment(_) => "create_payment",
            Self::ConfirmPayment { .. } => "confirm_payment",
            Self::CancelPayment { .. } => "cancel_payment",
            Self::Refund { .. } => "refund",
            Self::ClaimBankTransfer { .. } => "claim_bank_transfer",
            Self::RecordBankAnswer { .. } => "record_bank_answer",
            Self::RecordBankCallback { .. } => "record_bank_callback",
            Self::PostponeBankTransfer { .. } => "postpone_bank_transfer",
            Self::RecallBankTransfer { .. } => "recall_bank_transfer",
            Self::RecordMaintenance { .. } => "record_maintenance",
            Self::SetMaintenance { .. } => "set_maintenance",
            Self::EndMaintenance { .. } => "end_maintenance",
            Self::OpenIncident { .. } => "open_incident",
            Self::EndIncident { .. } => "end_incident",
            Self::ExpireOrder { .. } => "expire_order",
            Self::ClosePayment { .. } => "close_payment",
            Self::ForgetKeys { .. } => "forget_keys",
            Self::CloseDay { .. } => "close_day",
            Self::Settle { .. } => "settle",
            Self::CloseCase { .. } => "close_case",
        }
    }

    /// Whether it is the service's own work, which waits behind people's.
    #[must_use]
    pub const fn is_background(&self) -> bool {
        matches!(
            self,
            Self::ClaimBankTransfer { .. }
                | Self::RecordBankAnswer { .. }
                | Self::RecordBankCallback { .. }
                | Self::PostponeBankTransfer { .. }
                | Self::RecordMaintenance { .. }
                | Self::ExpireOrder { .. }
                | Self::ClosePayment { .. }
                | Self::ForgetKeys { .. }
                | Self::CloseDay { .. }
                | Self::Settle { .. }
        )
    }
}
