//! The wallet's pure core: commands, the rows they need, decisions, postings and rendered answers.
