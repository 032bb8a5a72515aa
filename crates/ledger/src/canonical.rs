//! The bytes of a transaction that are hashed.
//!
//! Numbers are big-endian. A list is its count (4 bytes) and then its items, so no two transactions have the
//! same bytes. Lists whose order says nothing are sorted, so one transaction has one text of bytes.
//!
//! | Part | Bytes |
//! |---|---|
//! | format | the 16 letters `makegood-ledger1` |
//! | id, code, reference | 16, 4, 16 |
//! | opens, sorted by owner, code and currency | count; each: owner 16, code 4, currency 3, normal side 1, floor, ceiling |
//! | a bound, as floor or ceiling | 0 where there is none; else 1 and 8 bytes |
//! | statuses, sorted by account | count; each: account 16, status 1 |
//! | legs, in order | count; each: debit 16, credit 16, amount 8, currency 3, action |
//! | action | its code 1; a hold: its expiry as a bound; one that refers to a leg: transaction 16, leg 2 |
//!
//! The *content* is SHA-256 over these bytes. The *leaf* is the RFC 6962 leaf hash over 48 bytes: sequence 8,
//! time in microseconds 8, content 32. So the log commits to everything in a transaction, and to its order
//! and time; what else is stored (balances, positions) follows from replaying it.

use crate::{
    Action, Transaction,
    merkle::{self, Hash},
};
use makegood_base::Timestamp;
use sha2::{Digest, Sha256};

const FORMAT: &[u8; 16] = b"makegood-ledger1";

/// Appends the canonical bytes of a transaction.
pub fn encode(transaction: &Transaction, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(FORMAT);
    bytes.extend_from_slice(&transaction.id.raw());
    bytes.extend_from_slice(&transaction.code.to_be_bytes());
    bytes.extend_from_slice(&transaction.reference);

    count(transaction.opens.len(), bytes);
    let mut opens: Vec<_> = transaction.opens.iter().collect();
    opens.sort_unstable_by_key(|spec| (spec.owner, spec.code, spec.currency.code()));
    for spec in opens {
        bytes.extend_from_slice(&spec.owner);
        bytes.extend_from_slice(&spec.code.to_be_bytes());
        bytes.extend_from_slice(spec.currency.code().as_bytes());
        bytes.push(spec.normal.code());
        bound(spec.floor, bytes);
        bound(spec.ceiling, bytes);
    }

    count(transaction.statuses.len(), bytes);
    let mut statuses = transaction.statuses.clone();
    statuses.sort_unstable();
    for (account, status) in statuses {
        bytes.extend_from_slice(&account.raw());
        bytes.push(status.code());
    }

    count(transaction.legs.len(), bytes);
    for leg in &transaction.legs {
        bytes.extend_from_slice(&leg.debit.raw());
        bytes.extend_from_slice(&leg.credit.raw());
        bytes.extend_from_slice(&leg.amount.minor().to_be_bytes());
        bytes.extend_from_slice(leg.amount.currency().code().as_bytes());
        bytes.push(leg.action.code());
        if let Action::Hold { expires_at } = leg.action {
            bound(expires_at.map(Timestamp::as_micros), bytes);
        }
        if let Some(target) = leg.action.target() {
            bytes.extend_from_slice(&target.transaction.raw());
            bytes.extend_from_slice(&target.leg.to_be_bytes());
        }
    }
}

/// SHA-256 over the canonical bytes: two transactions with the same content are the same.
#[must_use]
pub fn content_hash(transaction: &Transaction) -> Hash {
    content_hash_with(transaction, &mut Vec::new())
}

/// The same, in memory that is used again.
pub(crate) fn content_hash_with(transaction: &Transaction, bytes: &mut Vec<u8>) -> Hash {
    bytes.clear();
    encode(transaction, bytes);
    Sha256::digest(bytes).into()
}

/// The leaf of a transaction in the log: the RFC 6962 leaf hash over sequence, time and content.
#[must_use]
pub fn leaf_hash(sequence: i64, at: Timestamp, content: &Hash) -> Hash {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&sequence.to_be_bytes());
    bytes[8..16].copy_from_slice(&at.as_micros().to_be_bytes());
    bytes[16..].copy_from_slice(content);
    merkle::leaf(&bytes)
}

fn count(length: usize, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn bound(bound: Option<i64>, bytes: &mut Vec<u8>) {
    match bound {
        None => bytes.push(0),
        Some(number) => {
            bytes.push(1);
            bytes.extend_from_slice(&number.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountSpec, AccountStatus, Leg, Side, TransactionId, TransferRef};
    use makegood_money::{Currency, Money};
    use std::collections::BTreeSet;

    fn example() -> Transaction {
        let spec = |owner| AccountSpec {
            owner: [owner; 16],
            code: 1,
            currency: Currency::CNY,
            normal: Side::Credit,
            floor: Some(-2),
            ceiling: None,
        };
        let leg = |action| Leg {
            debit: spec(1).id(),
            credit: spec(2).id(),
            amount: Money::new(5, Currency::CNY),
            action,
        };
        let target = TransferRef { transaction: TransactionId::from_raw([8; 16]), leg: 3 };
        Transaction {
            id: TransactionId::from_raw([9; 16]),
            code: 7,
            reference: [6; 16],
            opens: vec![spec(1), spec(2)],
            statuses: vec![(spec(1).id(), AccountStatus::Frozen), (spec(2).id(), AccountStatus::Open)],
            legs: vec![
                leg(Action::Post),
                leg(Action::Hold { expires_at: Some(Timestamp::from_micros(4)) }),
                leg(Action::Hold { expires_at: None }),
                leg(Action::Capture(target)),
            ],
        }
    }

    /// Hashes are in databases and in receipts: a change of the bytes must not pass unseen. Computed with another
    /// program from the table above.
    #[test]
    fn the_bytes_do_not_change() {
        let mut bytes = Vec::new();
        encode(&example(), &mut bytes);
        assert_eq!(bytes.len(), 52 + 4 + 2 * 34 + 4 + 2 * 17 + 4 + 4 * 44 + 9 + 1 + 18);
        assert_eq!(
            hex(&content_hash(&example())),
            "5ace074dd71a41b308546bdb987ce4b070652ed2d560e09225271d4d88f4dafc"
        );
        assert_eq!(
            hex(&leaf_hash(2, Timestamp::from_micros(3), &[4; 32])),
            "85e69e9f5fc1cbc817188422b6dc8d6e23ee04c4aa9281593322bb5328f3f0a5"
        );
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_order_of_opens_and_statuses_says_nothing_and_all_else_does() {
        let mut turned = example();
        turned.opens.reverse();
        turned.statuses.reverse();
        assert_eq!(content_hash(&turned), content_hash(&example()));

        let changes: &[fn(&mut Transaction)] = &[
            |_| {},
            |t| t.id = TransactionId::from_raw([1; 16]),
            |t| t.code = 8,
            |t| t.reference[15] = 0,
            |t| t.opens[0].owner[0] = 3,
            |t| t.opens[0].code = 3,
            |t| t.opens[0].currency = Currency::USD,
            |t| t.opens[0].normal = Side::Debit,
            |t| t.opens[0].floor = None,
            |t| t.opens[0].ceiling = Some(0),
            |t| t.opens.clear(),
            |t| t.statuses[0].1 = AccountStatus::NoDebits,
            |t| t.statuses.clear(),
            |t| t.legs[0].debit = t.legs[0].credit,
            |t| t.legs[0].credit = t.legs[0].debit,
            |t| t.legs[0].amount = Money::new(6, Currency::CNY),
            |t| t.legs[0].amount = Money::new(5, Currency::USD),
            |t| t.legs[1].action = Action::Post,
            |t| t.legs[1].action = Action::Hold { expires_at: None },
            |t| t.legs[3].action = Action::Release(t.legs[3].action.target().unwrap()),
            |t| t.legs.swap(0, 1),
            |t| t.legs.clear(),
        ];
        let contents: BTreeSet<_> = changes
            .iter()
            .map(|change| {
                let mut changed = example();
                change(&mut changed);
                content_hash(&changed)
            })
            .collect();
        assert_eq!(contents.len(), changes.len());
        let content = [4; 32];
        let [one, two] = [1, 2].map(Timestamp::from_micros);
        assert_ne!(leaf_hash(1, one, &content), leaf_hash(2, one, &content));
        assert_ne!(leaf_hash(1, one, &content), leaf_hash(1, two, &content));
    }
}
