//! Lists: pages in an order that no key gives, newest first, since ids begin with their time. A page answers
//! ids, from which the wallet's needs load what its views show; the next page begins before its last one.

use crate::{
    EventFilter, Failure, Filter, HistoryEntry,
    cells::Cells,
    mapping::Mapped,
    sql::{DUE_TIMERS, DUE_TIMERS_SINCE, EXPIRED_KEYS, query_keys},
    webhooks,
};
use makegood_auth::{Principal, StaffRole};
use makegood_base::{
    BankCardId, CaseId, EventId, IncidentId, MaintenanceId, MerchantId, OrderId, PaymentId, PayoutId, RawId,
    RefundId, SessionId, SettlementId, Timestamp, TopUpId, TransferId, UserId, WithdrawalId,
    limits::PAGE_ROWS_MAX,
};
use makegood_ledger::AccountId;
use makegood_ledger_sql as ledger_sql;
use makegood_notify::Event;
use makegood_sql::{Database, Kind, Row, Value};
use makegood_wallet::cases::CaseKind;

/// Behind every id that was ever made.
pub(crate) const NEWEST: RawId = [0xff; 16];

macro_rules! page_of {
    ($table:literal, $column:literal) => {
        concat!("SELECT id FROM ", $table, " WHERE ", $column, " = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
    };
}

/// What a [`Filter`] lets through. The ids bound the walk of the index, the time is compared itself.
macro_rules! filtered {
    () => {
        " AND id >= $4 AND created_at BETWEEN $5 AND $6"
    };
}

macro_rules! filtered_page_of {
    ($table:literal, $column:literal) => {
        concat!(
            "SELECT id FROM ",
            $table,
            " WHERE ",
            $column,
            " = $1 AND id < $2",
            filtered!(),
            " ORDER BY id DESC LIMIT $3"
        )
    };
    ($table:literal, $column:literal, $status:literal) => {
        concat!(
            "SELECT id FROM ",
            $table,
            " WHERE ",
            $column,
            " = $1 AND id < $2",
            filtered!(),
            " AND (CAST($7 AS TEXT) IS NULL OR ",
            $status,
            " = CAST($7 AS TEXT)) ORDER BY id DESC LIMIT $3"
        )
    };
}

const PAYMENTS_OF_PAYER: &str = filtered_page_of!("payments", "payer_id", "status");
const PAYMENTS_OF_MERCHANT: &str = filtered_page_of!("payments", "merchant_id", "status");
/// The status of an order, as [`Order::status`](makegood_payments::Order::status) tells it.
const ORDERS_OF_MERCHANT: &str = filtered_page_of!(
    "orders",
    "merchant_id",
    "CASE WHEN state <> 'open' THEN state WHEN open_attempt_id IS NULL THEN 'created' ELSE 'processing' END"
);
const REFUNDS_OF_MERCHANT: &str = filtered_page_of!("refunds", "merchant_id", "status");
const REFUNDS_OF_PAYER: &str = filtered_page_of!("refunds", "payer_id", "status");
const REFUNDS_OF_PAYMENT: &str = filtered_page_of!("refunds", "payment_id", "status");
/// Everybody's: those with a status are few, and have an index of their own.
const REFUNDS_WITH_STATUS: &str = filtered_page_of!("refunds", "status");
const REFUNDS: &str = "SELECT id FROM refunds
    WHERE id < $1 AND id >= $3 AND created_at BETWEEN $4 AND $5 ORDER BY id DESC LIMIT $2";
const TOP_UPS_OF_USER: &str = filtered_page_of!("top_ups", "user_id", "status");
const WITHDRAWALS_OF_USER: &str = filtered_page_of!("withdrawals", "user_id", "status");
const PAYOUTS_OF_MERCHANT: &str = filtered_page_of!("payouts", "merchant_id", "status");
const SETTLEMENTS_OF_MERCHANT: &str = filtered_page_of!("settlements", "merchant_id", "status");
/// Cases that a kind and an owner leave, where they are said.
macro_rules! cases_where {
    ($condition:literal) => {
        concat!(
            "SELECT id FROM operations_cases WHERE id < $1",
            $condition,
            " AND (CAST($3 AS TEXT) IS NULL OR kind = CAST($3 AS TEXT))
                AND (CAST($4 AS TEXT) IS NULL OR owner = CAST($4 AS TEXT)) ORDER BY id DESC LIMIT $2"
        )
    };
}

const CASES: &str = cases_where!("");
/// The open ones are few, and have an index of their own.
const OPEN_CASES: &str = cases_where!(" AND closed_at IS NULL");
const CLOSED_CASES: &str = cases_where!(" AND closed_at IS NOT NULL");
const MAINTENANCE_WINDOWS: &str =
    "SELECT id FROM maintenance_windows WHERE id < $1 ORDER BY id DESC LIMIT $2";
const OPEN_MAINTENANCE_WINDOWS: &str = "SELECT id FROM maintenance_windows
    WHERE ended_at IS NULL AND ends_at > $1 ORDER BY ends_at, id LIMIT $2";
const INCIDENTS: &str = "SELECT id FROM incidents WHERE id < $1 ORDER BY id DESC LIMIT $2";
const OPEN_INCIDENTS: &str =
    "SELECT id FROM incidents WHERE ended_at IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";
const BANK_CARDS_OF_USER: &str = page_of!("bank_cards", "user_id");
const MERCHANTS_OF_OWNER: &str = page_of!("merchants", "owner_id");
const SESSIONS_OF_USER: &str = "SELECT id FROM sessions
    WHERE principal_id = $1 AND principal_kind = 'user' AND id < $2 ORDER BY id DESC LIMIT $3";
const SESSIONS_OF_STAFF: &str = "SELECT id FROM sessions
    WHERE principal_id = $1 AND principal_kind = 'staff' AND id < $2 ORDER BY id DESC LIMIT $3";
/// A page of each side, so that both are walks of an index.
const TRANSFERS_OF_USER: &str = concat!(
    "SELECT id FROM (",
    filtered_page_of!("transfers", "payer_id"),
    ") AS given UNION SELECT id FROM (",
    filtered_page_of!("transfers", "payee_id"),
    ") AS received ORDER BY id DESC LIMIT $3"
);
macro_rules! events {
    ($rest:literal) => {
        concat!("SELECT owner_id, id, kind, object, body, created_at, sequence FROM events WHERE ", $rest)
    };
}
pub(crate) use events;

/// A kind and its beginning, of which one is there or none, and an object.
macro_rules! filtered_events {
    ($of:literal, $limit:literal) => {
        concat!(
            "SELECT owner_id, id, kind, object, body, created_at, sequence FROM events WHERE ",
            $of,
            " AND (CAST($3 AS TEXT) IS NULL OR kind = CAST($3 AS TEXT))
              AND (CAST($4 AS TEXT) IS NULL OR SUBSTR(kind, 1, LENGTH(CAST($4 AS TEXT))) = CAST($4 AS TEXT))
              AND (CAST($5 AS TEXT) IS NULL OR object = CAST($5 AS TEXT)) ORDER BY id DESC LIMIT ",
            $limit
        )
    };
}

const EVENTS_OF_OWNER: &str = filtered_events!("owner_id = $7 AND id < $1 AND id >= $6", "$2");
const EVENTS: &str = filtered_events!("id < $1 AND id >= $6", "$2");
const FLOOR_OF_OWNER: &str =
    "SELECT id FROM events WHERE owner_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3";
const FLOOR: &str = "SELECT id FROM events WHERE id < $1 ORDER BY id DESC LIMIT 1 OFFSET $2";
const EVENT: &str = events!("id = $1");
pub(crate) const EVENT_KINDS: &[Kind] =
    &[Kind::Id, Kind::Id, Kind::Text, Kind::Text, Kind::Text, Kind::Integer, Kind::Integer];
const ACCOUNTS_OF_OWNER: &str = "SELECT id FROM ledger_accounts WHERE owner = $1 ORDER BY id";

/// Every text of this crate that is not a bulk statement of one of the [`TABLES`](crate::TABLES): a test has
/// both databases read them.
#[must_use]
pub fn texts() -> Vec<&'static str> {
    vec![
        DUE_TIMERS,
        DUE_TIMERS_SINCE,
        EXPIRED_KEYS,
        PAYMENTS_OF_PAYER,
        PAYMENTS_OF_MERCHANT,
        ORDERS_OF_MERCHANT,
        REFUNDS_OF_MERCHANT,
        REFUNDS_OF_PAYER,
        REFUNDS_OF_PAYMENT,
        REFUNDS_WITH_STATUS,
        REFUNDS,
        TOP_UPS_OF_USER,
        CASES,
        OPEN_CASES,
        CLOSED_CASES,
        MAINTENANCE_WINDOWS,
        OPEN_MAINTENANCE_WINDOWS,
        INCIDENTS,
        OPEN_INCIDENTS,
        WITHDRAWALS_OF_USER,
        PAYOUTS_OF_MERCHANT,
        SETTLEMENTS_OF_MERCHANT,
        BANK_CARDS_OF_USER,
        MERCHANTS_OF_OWNER,
        SESSIONS_OF_USER,
        SESSIONS_OF_STAFF,
        TRANSFERS_OF_USER,
        EVENTS_OF_OWNER,
        EVENTS,
        FLOOR_OF_OWNER,
        FLOOR,
        EVENT,
        ACCOUNTS_OF_OWNER,
    ]
    .into_iter()
    .chain(webhooks::TEXTS.iter().copied())
    .collect()
}

/// The lists of a database. Each page has at most `limit` rows, and never more than [`PAGE_ROWS_MAX`].
#[derive(Debug, Clone)]
pub struct Lists {
    database: Database,
}

macro_rules! pages {
    ($($(#[$meta:meta])* $name:ident($of:ident: $of_type:ty) -> $id:ty = $text:ident;)+) => {$(
        $(#[$meta])*
        pub async fn $name(
            &self,
            $of: $of_type,
            before: Option<$id>,
            limit: u32,
        ) -> Result<Vec<$id>, Failure> {
            self.page($text, page_arguments(Some($of.raw().into()), before.map(|id| id.raw()), limit)).await
        }
    )+};
}

macro_rules! filtered_pages {
    ($($(#[$meta:meta])* $name:ident($of:ident: $of_type:ty) -> $id:ty = $text:ident;)+) => {$(
        $(#[$meta])*
        pub async fn $name(
            &self,
            $of: $of_type,
            filter: Filter,
            before: Option<$id>,
            limit: u32,
        ) -> Result<Vec<$id>, Failure> {
            let mut arguments = filter.arguments(Some($of.raw().into()), before.map(|id| id.raw()), limit);
            arguments.push(filter.status.map(str::to_owned).into());
            self.page($text, arguments).await
        }
    )+};
}

impl Lists {
    /// The lists of this database, whose [schema](crate::migrations) is there.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    filtered_pages! {
        /// The payments that a user made.
        payments_of_payer(payer: UserId) -> PaymentId = PAYMENTS_OF_PAYER;
        /// The payments that a merchant got, or was to get.
        payments_of_merchant(merchant: MerchantId) -> PaymentId = PAYMENTS_OF_MERCHANT;
        /// The orders of a merchant.
        orders_of_merchant(merchant: MerchantId) -> OrderId = ORDERS_OF_MERCHANT;
        /// The refunds of a merchant.
        refunds_of_merchant(merchant: MerchantId) -> RefundId = REFUNDS_OF_MERCHANT;
        /// The refunds of a user's payments.
        refunds_of_payer(payer: UserId) -> RefundId = REFUNDS_OF_PAYER;
        /// The refunds of a payment.
        refunds_of_payment(payment: PaymentId) -> RefundId = REFUNDS_OF_PAYMENT;
        /// The top-ups of a user.
        top_ups_of_user(user: UserId) -> TopUpId = TOP_UPS_OF_USER;
        /// The withdrawals of a user.
        withdrawals_of_user(user: UserId) -> WithdrawalId = WITHDRAWALS_OF_USER;
        /// The payouts of a merchant.
        payouts_of_merchant(merchant: MerchantId) -> PayoutId = PAYOUTS_OF_MERCHANT;
        /// The settlements of a merchant.
        settlements_of_merchant(merchant: MerchantId) -> SettlementId = SETTLEMENTS_OF_MERCHANT;
    }

    pages! {
        /// The bank cards of a user, unlinked ones too.
        bank_cards_of_user(user: UserId) -> BankCardId = BANK_CARDS_OF_USER;
        /// The merchants that a user acts for.
        merchants_of_owner(owner: UserId) -> MerchantId = MERCHANTS_OF_OWNER;
    }

    /// Everybody's refunds.
    pub async fn refunds(
        &self,
        filter: Filter,
        before: Option<RefundId>,
        limit: u32,
    ) -> Result<Vec<RefundId>, Failure> {
        let before = before.map(|id| id.raw());
        match filter.status {
            Some(status) => {
                self.page(REFUNDS_WITH_STATUS, filter.arguments(Some(status.into()), before, limit)).await
            }
            None => self.page(REFUNDS, filter.arguments(None, before, limit)).await,
        }
    }

    /// Maintenance windows of all banks.
    pub async fn maintenance_windows(
        &self,
        before: Option<MaintenanceId>,
        limit: u32,
    ) -> Result<Vec<MaintenanceId>, Failure> {
        self.page(MAINTENANCE_WINDOWS, page_arguments(None, before.map(|id| id.raw()), limit)).await
    }

    /// Maintenance windows of all banks that are not over at this time, those that end first before the others.
    pub async fn open_maintenance_windows(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<MaintenanceId>, Failure> {
        let arguments = vec![now.into(), i64::from(limit.min(PAGE_ROWS_MAX)).into()];
        self.page(OPEN_MAINTENANCE_WINDOWS, arguments).await
    }

    /// Incidents at all banks; the open ones alone, where that is wanted.
    pub async fn incidents(
        &self,
        is_open: bool,
        before: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<IncidentId>, Failure> {
        let text = if is_open { OPEN_INCIDENTS } else { INCIDENTS };
        self.page(text, page_arguments(None, before.map(|id| id.raw()), limit)).await
    }

    /// Operations cases: the open or the closed ones, of a kind, of an owner, where that is said.
    pub async fn cases(
        &self,
        is_open: Option<bool>,
        kind: Option<CaseKind>,
        owner: Option<StaffRole>,
        before: Option<CaseId>,
        limit: u32,
    ) -> Result<Vec<CaseId>, Failure> {
        let text = match is_open {
            None => CASES,
            Some(true) => OPEN_CASES,
            Some(false) => CLOSED_CASES,
        };
        let mut arguments = page_arguments(None, before.map(|id| id.raw()), limit);
        arguments.push(kind.map(|kind| kind.as_str().to_owned()).into());
        arguments.push(owner.map(|owner| owner.as_str().to_owned()).into());
        self.page(text, arguments).await
    }

    /// The transfers that a user gave or got, made at `created_after` or later and before `created_before`.
    pub async fn transfers_of_user(
        &self,
        user: UserId,
        (created_after, created_before): (Option<Timestamp>, Option<Timestamp>),
        before: Option<TransferId>,
        limit: u32,
    ) -> Result<Vec<TransferId>, Failure> {
        let filter = Filter { status: None, created_after, created_before };
        self.page(
            TRANSFERS_OF_USER,
            filter.arguments(Some(user.raw().into()), before.map(|id| id.raw()), limit),
        )
        .await
    }

    /// The sessions of a user or a member of staff, ended ones too.
    pub async fn sessions_of(
        &self,
        principal: Principal,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<SessionId>, Failure> {
        let (text, raw) = match principal {
            Principal::User(id) => (SESSIONS_OF_USER, id.raw()),
            Principal::Staff(id) => (SESSIONS_OF_STAFF, id.raw()),
        };
        self.page(text, page_arguments(Some(raw.into()), before.map(|id| id.raw()), limit)).await
    }

    /// The events that were told to a user or a merchant, whole, for nothing else loads them.
    pub async fn events_of(
        &self,
        owner: RawId,
        filter: &EventFilter,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Event>, Failure> {
        let mut arguments = filter.arguments(before.map(|id| id.raw()), limit);
        arguments.push(owner.into());
        self.event_page(EVENTS_OF_OWNER, arguments).await
    }

    /// The events that were told to anybody, whole.
    pub async fn events(
        &self,
        filter: &EventFilter,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Event>, Failure> {
        self.event_page(EVENTS, filter.arguments(before.map(|id| id.raw()), limit)).await
    }

    /// Down to which event so many go, of an owner or of anybody; none where there are fewer. Whoever looks for few
    /// among many looks no further at once.
    pub async fn events_floor(
        &self,
        owner: Option<RawId>,
        before: Option<EventId>,
        walked: u32,
    ) -> Result<Option<EventId>, Failure> {
        let text = if owner.is_some() { FLOOR_OF_OWNER } else { FLOOR };
        let before = before.map_or(NEWEST, |id| id.raw());
        let bounds = [before.into(), i64::from(walked.saturating_sub(1)).into()];
        Ok(self.page(text, owner.map(Value::from).into_iter().chain(bounds).collect()).await?.pop())
    }

    /// One event, whoever it was told to.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>, Failure> {
        Ok(self.event_page(EVENT, vec![id.raw().into()]).await?.pop())
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) async fn event_page(
        &self,
        text: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Vec<Event>, Failure> {
        let mut transaction = self.database.read().await?;
        let rows = transaction.query(text, arguments, EVENT_KINDS).await?;
        transaction.rollback().await;
        let event = |values| Event::from_row(Row { table: Event::TABLE, values, version: 0 });
        Ok(rows.into_iter().map(event).collect::<Result<_, _>>()?)
    }

    /// Every account of an owner, in the order of ids: a few per currency.
    pub async fn accounts_of(&self, owner: RawId) -> Result<Vec<AccountId>, Failure> {
        Ok(query_keys(&self.database, ACCOUNTS_OF_OWNER, vec![owner.into()], &[Kind::Id]).await?)
    }

    /// The entries of an account, newest first, from its last or from behind the entry at the journal's
    /// position `before`. A position that is not one of the account's entries gives none.
    pub async fn history(
        &self,
        account: AccountId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, Failure> {
        let mut transaction = self.database.read().await?;
        let entries =
            ledger_sql::history(&mut transaction, account, before, limit.min(PAGE_ROWS_MAX)).await?;
        transaction.rollback().await;
        Ok(entries)
    }

    pub(crate) async fn page<I: Cells>(
        &self,
        text: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Vec<I>, Failure> {
        Ok(query_keys(&self.database, text, arguments, &[Kind::Id]).await?)
    }
}

/// The arguments of a page: what all of its rows have in common, if anything, behind what it begins, and how
/// many rows it has.
pub(crate) fn page_arguments(of: Option<Value>, before: Option<RawId>, limit: u32) -> Vec<Value> {
    let bounds = [before.unwrap_or(NEWEST).into(), i64::from(limit.min(PAGE_ROWS_MAX)).into()];
    of.into_iter().chain(bounds).collect()
}
