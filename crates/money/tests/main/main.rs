//! Money against tables, and against `rust_decimal` as an independent reference.

mod amounts;
mod rounding;
