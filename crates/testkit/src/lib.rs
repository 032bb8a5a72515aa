//! A running wallet for tests: either database, a fake clock, builders.

pub mod cluster;
pub mod database;
pub mod postgres;
pub mod proof;

#[cfg(feature = "app")]
mod answer;
#[cfg(feature = "app")]
mod builders;
#[cfg(feature = "app")]
mod clock;
#[cfg(feature = "app")]
pub mod snapshot;
#[cfg(feature = "app")]
mod wallet;

#[cfg(feature = "app")]
pub use answer::Answer;
#[cfg(feature = "app")]
pub use builders::{PASSWORD, Person, Placed, Shop, cny, outgoing, payment, transfer};
#[cfg(feature = "app")]
pub use clock::{FakeClock, SeededEntropy};
#[cfg(feature = "app")]
pub use wallet::{Db, TestWallet, client};
