//! A bank to test against: a real HTTP server with durable books of its own.
//!
//! [`start`] opens the books, listens, and answers [`Running`]: its address, and a clean stop. Whatever the
//! bank answers is durable before it is answered. Card numbers choose how it behaves ([`cards`]).

mod books;
pub mod cards;
mod config;
mod faults;
mod holder;
mod http;
mod problem;
mod server;

pub use books::{Direction, Status};
pub use config::{Config, Timings};
pub use faults::{Faults, Next};
pub use holder::HolderCheck;
pub use server::{Running, StartError, start};
