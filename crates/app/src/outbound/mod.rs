//! Calls that go out over HTTP. They are all here, so that there is one place to look at what the service
//! calls, and with which time limits.

pub(crate) mod bank;
