//! What lists have in common: a page of what a status and times leave, or the one object that a caller's own
//! reference leads to. Who may read which list is said by its route.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields;
use crate::paging::Page;
use crate::shared::Shared;
use makegood_base::{RawId, Timestamp};
use makegood_merchants::SettlementStatus;
use makegood_payments::{OutgoingStatus, PaymentStatus, TopUpStatus};
use makegood_refunds::RefundStatus;
use makegood_store::{Failure, Filter};
use makegood_wallet::tables::{
    LookupKind, Order, Payment, Payout, Refund, Settlement, TopUp, Transfer, Withdrawal,
};
use makegood_wallet::texts::Reason;
use makegood_wallet::{Facts, Query, Row, Rows};
use std::fmt::Display;
use std::str::FromStr;

/// A kind of object that has a list.
pub(crate) trait Listed: Row<Key: Copy + Display + FromStr + From<RawId>> {
    /// The words of its status.
    fn statuses() -> Vec<&'static str>;

    /// Its status.
    fn status(&self) -> &'static str;

    /// When it was made.
    fn created_at(&self) -> Timestamp;

    /// All of its kind that are known.
    fn rows(facts: &Facts) -> &Rows<Self>;

    /// Asks for some of its kind, with the cursor of the next page.
    fn query(ids: Vec<Self::Key>, next_cursor: Option<String>) -> Query;
}

macro_rules! listed {
    (@created_at $row:ident) => {
        $row.created_at
    };
    (@created_at $row:ident, $created_at:expr) => {{
        let created_at: fn(&Self) -> Timestamp = $created_at;
        created_at($row)
    }};
    ($($row:ident in $rows:ident as $query:ident: $statuses:expr, $status:expr $(, $created_at:expr)?;)*) => {$(
        impl Listed for $row {
            fn statuses() -> Vec<&'static str> {
                $statuses
            }

            fn status(&self) -> &'static str {
                let status: fn(&Self) -> &'static str = $status;
                status(self)
            }

            fn created_at(&self) -> Timestamp {
                listed!(@created_at self $(, $created_at)?)
            }

            fn rows(facts: &Facts) -> &Rows<Self> {
                &facts.$rows
            }

            fn query(ids: Vec<Self::Key>, next_cursor: Option<String>) -> Query {
                Query::$query(ids, next_cursor)
            }
        }
    )*};
}

fn words<S: Copy>(all: &[S], word: fn(S) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(word).collect()
}

listed! {
    Order in orders as Orders:
        vec!["created", "processing", "paid", "cancelled", "expired"], Order::status;
    Payment in payments as Payments:
        words(PaymentStatus::ALL, PaymentStatus::as_str), |row| row.status.as_str();
    Refund in refunds as Refunds: words(RefundStatus::ALL, RefundStatus::as_str), |row| row.status.as_str();
    TopUp in top_ups as TopUps: words(TopUpStatus::ALL, TopUpStatus::as_str), |row| row.status.as_str();
    Withdrawal in withdrawals as Withdrawals:
        words(OutgoingStatus::ALL, OutgoingStatus::as_str), |row| row.outgoing.status.as_str(),
        |row| row.outgoing.created_at;
    Payout in payouts as Payouts:
        words(OutgoingStatus::ALL, OutgoingStatus::as_str), |row| row.outgoing.status.as_str(),
        |row| row.outgoing.created_at;
    Settlement in settlements as Settlements:
        words(SettlementStatus::ALL, SettlementStatus::as_str), |row| row.status.as_str();
    // A transfer has happened, or there is none.
    Transfer in transfers as Transfers: vec![], |_| "succeeded";
}

/// Declares the parameters of a list: its own, and those that every list has.
macro_rules! list_parameters {
    ($(#[$meta:meta])* $name:ident { $($(#[$own:meta])* $field:ident,)* }) => {
        $(#[$meta])*
        #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        struct $name {
            $($(#[$own])* $field: Option<String>,)*
            /// Only those made at this time or later, as RFC 3339 writes it.
            #[param(format = DateTime)]
            created_after: Option<String>,
            /// Only those made before this time.
            #[param(format = DateTime)]
            created_before: Option<String>,
            /// How many rows, 1 to 100.
            #[param(minimum = 1, maximum = 100, default = 20)]
            limit: Option<i64>,
            /// The `next_cursor` of the page before.
            cursor: Option<String>,
        }

        impl $name {
            fn narrowed<'a>(&'a self, status: Option<&'a str>) -> $crate::listing::Narrowed<'a> {
                $crate::listing::Narrowed {
                    status,
                    created_after: self.created_after.as_deref(),
                    created_before: self.created_before.as_deref(),
                    page: $crate::paging::Page { limit: self.limit, cursor: self.cursor.clone() },
                }
            }
        }
    };
}
pub(crate) use list_parameters;

/// What narrows a list, and which page of it is wanted.
pub(crate) struct Narrowed<'a> {
    pub(crate) status: Option<&'a str>,
    pub(crate) created_after: Option<&'a str>,
    pub(crate) created_before: Option<&'a str>,
    pub(crate) page: Page,
}

impl Narrowed<'_> {
    fn filter<R: Listed>(&self) -> Result<Filter, Refused> {
        let word = |field: &str, text: &str| {
            let accepted = R::statuses();
            let found = accepted.iter().copied().find(|status| *status == text);
            found.ok_or_else(|| Refused::invalid(field, Reason::NotAccepted { accepted }))
        };
        Ok(Filter {
            status: fields::optional(word, "status", self.status)?,
            created_after: fields::optional(fields::time, "created_after", self.created_after)?,
            created_before: fields::optional(fields::time, "created_before", self.created_before)?,
        })
    }

    /// A page of what a list of the store finds, with this filter, behind this row, so many rows.
    pub(crate) async fn page<R: Listed, F>(
        &self,
        api: &Shared,
        context: &Context,
        found: impl FnOnce(Filter, Option<R::Key>, u32) -> F,
    ) -> Result<Answer, Refused>
    where
        F: Future<Output = Result<Vec<R::Key>, Failure>>,
    {
        let ids = found(self.filter::<R>()?, self.page.before()?, self.page.limit()?).await;
        let ids = ids.map_err(Refused::unreadable)?;
        let next_cursor = self.page.next(ids.iter())?;
        api.query(context, R::query(ids, next_cursor)).await
    }

    /// The one object that its owner's own reference leads to, in the parameter `named`, unless the filter
    /// leaves it out.
    pub(crate) async fn one<R: Listed>(
        &self,
        api: &Shared,
        context: &Context,
        (kind, owner): (LookupKind, RawId),
        named: (&str, &str),
    ) -> Result<Answer, Refused> {
        let filter = self.filter::<R>()?;
        let takes = |facts: &Facts, id: R::Key| {
            R::rows(facts).peek(&id).is_some_and(|row| filter.takes(row.status(), row.created_at()))
        };
        let ids = api.look_up(kind, owner, named, |needs, id| needs.require::<R>(id), takes).await?;
        api.query(context, R::query(ids, None)).await
    }
}
