#![doc = include_str!("../README.md")]

mod books;
mod callbacks;
pub mod cards;
mod chance;
mod config;
mod control;
mod edge;
mod faults;
mod holder;
mod http;
mod maintenance;
mod problem;
mod profile;
mod server;
mod switches;

pub use books::{CallbackCounts, Direction, Injected, InjectedKind, Outcome, PoolEntries, PoolEntry, Status};
pub use config::{Callbacks, Config, Delays, Timings};
pub use control::{BankDay, Control, ControlError};
pub use edge::TurnedAway;
pub use faults::{FaultKind, Faults, Next};
pub use holder::HolderCheck;
pub use maintenance::{PlannedWindow, Window};
pub use profile::{Conditions, Point, Profile, ProfileError, TimeOfDay, TimeOfDayError};
pub use server::{Running, StartError, start};
