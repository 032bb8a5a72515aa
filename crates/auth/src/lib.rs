//! Passwords, sessions and secrets for a wallet: Argon2id with bounded memory, opaque tokens.
