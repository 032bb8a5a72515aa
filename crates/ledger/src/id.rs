//! The ledger's two ids. Both derive from what they name, so that finding a row costs no look-up, and keep
//! the first six bytes (the time) of what they derive from, so that rows made together lie together.

use makegood_base::{RawId, typed_id};
use makegood_money::Currency;
use sha2::{Digest, Sha256};

typed_id!(
    /// A transaction of the ledger. The same id with the same content is posted once.
    TransactionId = "txn"
);
typed_id!(
    /// An account of the ledger.
    AccountId = "acc"
);

impl TransactionId {
    /// The id of the movement that `tag` names of the object `source`: always the same, and another one for
    /// another tag or another object. The first 6 bytes are the source's; the other 10 are the first of
    /// SHA-256 over the tag's length (8 bytes, big-endian), the tag, and the source.
    #[must_use]
    pub fn derive(tag: &str, source: RawId) -> Self {
        let length = u64::try_from(tag.len()).unwrap_or(u64::MAX);
        let digest = Sha256::new().chain_update(length.to_be_bytes()).chain_update(tag).chain_update(source);
        Self::from_raw(keep_time(source, &digest.finalize().into()))
    }
}

impl AccountId {
    /// The id of the account that `owner` has for this `code` in this currency. The first 6 bytes are the
    /// owner's; the other 10 are the first of SHA-256 over `makegood-account`, the owner, the code (4 bytes,
    /// big-endian) and the currency's three letters.
    #[must_use]
    pub fn derive(owner: RawId, code: u32, currency: Currency) -> Self {
        let digest = Sha256::new()
            .chain_update(b"makegood-account")
            .chain_update(owner)
            .chain_update(code.to_be_bytes())
            .chain_update(currency.code());
        Self::from_raw(keep_time(owner, &digest.finalize().into()))
    }
}

fn keep_time(source: RawId, digest: &[u8; 32]) -> RawId {
    let mut raw = source;
    raw[6..].copy_from_slice(&digest[..10]);
    raw
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn derived_ids_keep_the_time_and_differ_in_every_input() {
        let source = [7; 16];
        let mut other = source;
        other[15] = 8;
        let transactions: BTreeSet<_> = [("pay", source), ("pay", other), ("pa", source), ("", source)]
            .map(|(tag, source)| TransactionId::derive(tag, source).raw())
            .into();
        let accounts: BTreeSet<_> = [
            (source, 1, Currency::CNY),
            (other, 1, Currency::CNY),
            (source, 256, Currency::CNY),
            (source, 1, Currency::USD),
        ]
        .map(|(owner, code, currency)| AccountId::derive(owner, code, currency).raw())
        .into();
        assert_eq!(transactions.union(&accounts).count(), 8);
        assert!(transactions.union(&accounts).all(|raw| raw[..6] == source[..6]));
        assert_eq!(TransactionId::derive("pay", source), TransactionId::derive("pay", source));
    }

    /// Ids are in databases: a change of the derivation must not pass unseen. Computed
    /// with another program.
    #[test]
    fn derivations_do_not_change() {
        assert_eq!(TransactionId::derive("pay", [1; 16]).to_string(), "txn_01040g2081a4wmppatzm54z1c8");
        assert_eq!(
            AccountId::derive([1; 16], 2, Currency::CNY).to_string(),
            "acc_01040g208190db24d51kdny5q3"
        );
    }
}
