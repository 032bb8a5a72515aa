//! Merchants, their API keys and their fees.

mod feed;
mod settlement;

use makegood_base::{ApiKeyId, MerchantId, Timestamp, UserId};
use makegood_money::{AmountError, Money, basis_points_of};

pub use feed::EventFeed;
pub use makegood_base::{Name as MerchantName, NameError as MerchantNameError};
pub use settlement::{DAY, Settlement, SettlementSchedule, SettlementStatus, next_cut_off};

/// The highest fee, in basis points: the whole amount.
pub const FEE_BASIS_POINTS_MAX: u32 = 10_000;

/// A merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// Who it is, for ever.
    pub id: MerchantId,
    /// The person who acts for it with a session.
    pub owner: UserId,
    /// The name that payers see, as [`MerchantName`] checks it.
    pub name: String,
    /// What the wallet keeps of each payment, in basis points, at most [`FEE_BASIS_POINTS_MAX`].
    pub fee_basis_points: u32,
    /// How many days after the end of the day on which it was paid the merchant can take the money out.
    pub settlement_days: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether its money is real.
    pub livemode: bool,
    /// The numbers of its events, for its webhook endpoints.
    pub feed: EventFeed,
}

impl Merchant {
    /// The wallet's fee on a payment of `amount`, rounded as [`basis_points_of`] rounds.
    pub fn fee(&self, amount: Money) -> Result<Money, AmountError> {
        basis_points_of(amount, self.fee_basis_points)
    }
}

/// An API key of a merchant. The secret half is known to its holder alone; here is only the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public half of the key.
    pub id: ApiKeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// SHA-256 of the secret half.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether the key opens anything: it was not taken back.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.revoked_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_money::Currency;

    #[test]
    fn the_fee_is_rounded_to_the_nearest_minor_unit() {
        for (fee_basis_points, amount, expected) in
            [(60, 10_000, 60), (60, 83, 0), (60, 84, 1), (0, 10_000, 0), (FEE_BASIS_POINTS_MAX, 123, 123)]
        {
            let merchant = Merchant {
                id: MerchantId::from_raw([1; 16]),
                owner: UserId::from_raw([2; 16]),
                name: "Noodles".to_owned(),
                fee_basis_points,
                settlement_days: 1,
                created_at: Timestamp::EPOCH,
                livemode: false,
                feed: EventFeed::default(),
            };
            let fee = merchant.fee(Money::new(amount, Currency::CNY));
            assert_eq!(fee, Ok(Money::new(expected, Currency::CNY)), "{fee_basis_points} of {amount}");
        }
    }

    #[test]
    fn a_revoked_key_opens_nothing() {
        let key = ApiKey {
            id: ApiKeyId::from_raw([1; 16]),
            merchant: MerchantId::from_raw([2; 16]),
            secret_hash: [0; 32],
            created_at: Timestamp::EPOCH,
            revoked_at: None,
        };
        assert!(key.is_live());
        assert!(!ApiKey { revoked_at: Some(Timestamp::EPOCH), ..key }.is_live());
    }
}
