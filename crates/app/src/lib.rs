//! The running wallet: the engine that decides and commits commands in batches, the jobs beside it, the pool
//! that hashes passwords, and the calls that go out to banks.
//!
//! [`App`] is what an edge (HTTP, the command line, a test) holds. It is cheap to clone.

mod callers;
mod changes;
mod credentials;
mod engine;
mod jobs;
mod metrics;
mod outbound;
mod passwords;
mod secrets;
mod system;

mod app;

pub use app::{App, AppConfig, StartError};
pub use engine::{Engine, EngineLimits, Undecided};
pub use jobs::{Jobs, JobsConfig};
pub use outbound::bank::{
    Bank, BankAdapter, BankConfig, Calling, Heard, Message, MessageRefused, Place, Plans,
};
pub use outbound::strangers::{Resolver, Strangers, Untaken};
pub use outbound::tls_roots;
pub use outbound::webhooks::{Webhooks, WebhooksConfig};
pub use passwords::{PasswordPool, PasswordPoolConfig};
pub use secrets::{BankSecrets, GivenSecrets, Secrets, SecretsError};
pub use system::{SystemClock, SystemEntropy};
