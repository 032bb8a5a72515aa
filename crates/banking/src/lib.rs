//! The bank port: transfers that are attempted, asked after, and never guessed.
