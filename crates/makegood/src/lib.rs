//! The wallet service as a library: what the `makegood` binary does, for whoever starts it from a program.
//!
//! [`Server`] is the service with its workers, exactly as `makegood serve` runs it. Beside it are the other
//! commands of the binary.

pub mod bench;
pub mod curl;
mod data_folder;
pub mod demo;
pub mod doctor;
pub mod output;
pub mod play;
pub mod schema;
pub mod secrets;
mod server;
pub mod simulated_bank;
pub mod staff;
pub mod verify;

pub use data_folder::{DataFolderError, sqlite_url};
pub use makegood_app::{SystemClock, SystemEntropy};
pub use secrets::SecretsFileError;
pub use server::{NamedBank, Running, Server, ServerConfig, StartError, is_bank_id};
