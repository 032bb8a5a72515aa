//! Who is there: logins, passwords, sessions and the secrets that stand for them.
//!
//! Nothing here reads a clock, draws randomness or does I/O. Secrets are compared in constant time, kept only
//! as hashes, wiped when they are dropped, and never printed.

mod login;
pub mod password;
mod people;
mod session;
mod token;

pub use login::{Login, LoginError};
pub use makegood_base::{Name as DisplayName, NameError as DisplayNameError};
pub use people::{Staff, StaffRole, User, masked_name};
pub use session::{Principal, Session};
pub use token::{Token, TokenError, TokenKind};
