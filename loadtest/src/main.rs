//! A load test that plays a wallet's peak hour. 
fn main() {}
