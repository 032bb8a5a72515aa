//! Real money and test money never share a database: what a simulated bank made up would be paid out for real,
//! or real balances would be moved by a server that asks no real bank.

use super::StartError;
use makegood_ledger_sql::ACCOUNTS;
use makegood_money::Currency;
use makegood_sql::{Database, Value};
use makegood_wallet::postings::{Account, Kind};

/// The simulated bank's id.
pub(super) const SIMULATED_BANK: &str = "simbank";
/// The id of the configured bank, in a test set-up.
pub(super) const TEST_BANK: &str = "testbank";
/// The id of the configured bank, where money is real.
pub(super) const LIVE_BANK: &str = "bank";

/// Refuses a database that holds money of the other kind. A bank through which money has moved has an account
/// in the ledger, whose id derives from the bank's.
pub(super) async fn refuse_other(database: &Database, livemode: bool) -> Result<(), StartError> {
    let others = if livemode { [SIMULATED_BANK, TEST_BANK].as_slice() } else { &[LIVE_BANK] };
    let currencies = (0..1_000).filter_map(Currency::from_numeric);
    let ids = currencies.flat_map(|currency| {
        others.iter().flat_map(move |bank| {
            [Kind::Custody, Kind::InTransit].map(|kind| Account::bank(kind, bank, currency).id().raw())
        })
    });
    let keys: Vec<_> = ids.map(|id| vec![Value::from(id)]).collect();
    let mut transaction = database.read().await?;
    let found = transaction.select(&ACCOUNTS, &keys).await?;
    transaction.rollback().await;
    match (found.is_empty(), livemode) {
        (true, _) => Ok(()),
        (false, true) => Err(StartError::OtherMoney { holds: "test", wants: "real" }),
        (false, false) => Err(StartError::OtherMoney { holds: "real", wants: "test" }),
    }
}
