//! The routes, one module for each area. A handler reads a request into a command or a query; what is
//! allowed, and what the answer says, is the wallet's.

pub(crate) mod bank_callbacks;
pub(crate) mod bank_cards;
pub(crate) mod cases;
pub(crate) mod events;
pub(crate) mod history;
pub(crate) mod live;
pub(crate) mod merchants;
pub(crate) mod operations;
pub(crate) mod orders;
mod outgoing;
pub(crate) mod pages;
pub(crate) mod payments;
pub(crate) mod payouts;
pub(crate) mod people;
pub(crate) mod refunds;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod top_ups;
pub(crate) mod transfers;
pub(crate) mod webhook_endpoints;
pub(crate) mod withdrawals;
