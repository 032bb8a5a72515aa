//! The wallet service.
fn main() {}
