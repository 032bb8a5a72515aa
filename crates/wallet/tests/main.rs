//! The wallet's core as a whole, without a database: random histories of payers, merchants and a bank that
//! answers late, wrongly or not at all, held against what must always hold.

mod history;
mod world;
