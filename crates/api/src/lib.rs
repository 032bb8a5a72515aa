//! Makegood's HTTP API.
//!
//! The wallet decides and renders; this crate reads requests into commands and queries, and adds what is
//! HTTP's own: limits on what a client may send and how slowly, tokens, keys, headers, the OpenAPI document
//! and the pages. [`router`] makes the service, [`serve`] runs it on a socket.

mod answer;
mod context;
mod edge;
mod fields;
mod fingerprint;
mod limiter;
mod limits;
mod listing;
mod long_poll;
mod metrics;
mod openapi;
mod paging;
mod places;
mod router;
mod routes;
mod server;
mod shared;
mod strict;
mod tokens;
mod write;

pub use answer::Refused;
pub use limits::{Limits, Rate};
pub use router::{openapi, router, router_with};
pub use server::serve;
