//! The wallet's tables, one module per domain.

mod auth;
mod banking;
mod merchants;
mod notify;
mod operations;
mod payments;
mod refunds;
mod wallet;

pub(crate) use notify::check as check_needs;

use crate::mapping::Mapped;
use makegood_sql::Table;

macro_rules! declare {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// The wallet's own tables, in the order in which they are written.
        pub const TABLES: &[&Table] = &[$(<$row as Mapped>::TABLE,)*];
    };
}

makegood_wallet::for_each_table!(declare);
