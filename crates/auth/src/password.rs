//! Passwords: which ones are accepted, and how they are kept.

mod hash;
mod policy;

pub use hash::{HashBuffer, HashError, Parameters, hash, verify};
pub use policy::{PASSWORD_LENGTH_MIN, PasswordProblem, check};
