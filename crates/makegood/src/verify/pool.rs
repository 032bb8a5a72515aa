//! The equality of the pool, per currency: what the banks hold, what is on its way and what is unexplained is
//! exactly what belongs to somebody. And our own money inside the pool is what our own books say.

use super::Report;
use makegood_base::RawId;
use makegood_ledger::Side;
use makegood_money::Currency;
use makegood_sql::{Error, Fields, Kind as Column, Transaction, Value};
use makegood_wallet::postings::{Book, Kind};
use std::collections::BTreeMap;

const ACCOUNTS: &str = "SELECT id, code, currency, posted FROM ledger_accounts
    WHERE id > $1 ORDER BY id LIMIT 1000";
const ACCOUNT_COLUMNS: &[Column] = &[Column::Id, Column::Integer, Column::Integer, Column::Integer];
/// A transfer out that is not over is in transit, and nothing else is, but what is still held on its owner.
const OPEN_TRANSFERS_OUT: &str = "SELECT currency, CAST(SUM(amount_minor) AS BIGINT)
    FROM bank_transfers AS transfer
    WHERE direction = 'out' AND state NOT IN ('settled', 'refused')
        AND NOT EXISTS (SELECT 1 FROM withdrawals
            WHERE transfer.purpose_kind = 'withdrawal' AND id = transfer.purpose_id AND status = 'held')
        AND NOT EXISTS (SELECT 1 FROM payouts
            WHERE transfer.purpose_kind = 'payout' AND id = transfer.purpose_id AND status = 'held')
    GROUP BY currency ORDER BY currency";

/// Balances by currency and kind of account. Sums are wide: no number of accounts makes them overflow.
type Sums = BTreeMap<(&'static str, Kind), i128>;

pub(super) async fn check(transaction: &mut Transaction, report: &mut Report) -> Result<(), Error> {
    let (sums, accounts) = sums(transaction).await?;
    report.compared.push(("account", accounts.unsigned_abs()));
    report.differences.extend(unbalanced(&sums));
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for row in transaction.query(OPEN_TRANSFERS_OUT, Vec::new(), &[Column::Text, Column::Integer]).await? {
        let mut fields = Fields::new("bank_transfers", row);
        open.insert(fields.take()?, fields.take()?);
    }
    report.differences.extend(not_in_transit(&sums, &open));
    Ok(())
}

async fn sums(transaction: &mut Transaction) -> Result<(Sums, i64), Error> {
    let (mut sums, mut accounts) = (Sums::new(), 0_i64);
    let mut after: RawId = [0; 16];
    loop {
        let page = transaction.query(ACCOUNTS, vec![Value::from(after)], ACCOUNT_COLUMNS).await?;
        if page.is_empty() {
            return Ok((sums, accounts));
        }
        for row in page {
            let mut fields = Fields::new("ledger_accounts", row);
            after = fields.take()?;
            let kind = fields.take_as(|code: i64| Kind::from_code(u32::try_from(code).ok()?))?;
            let currency =
                fields.take_as(|number: i64| Currency::from_numeric(u16::try_from(number).ok()?))?;
            let posted: i64 = fields.take()?;
            let sum = sums.entry((currency.code(), kind)).or_default();
            *sum = sum.saturating_add(i128::from(posted));
            accounts = accounts.saturating_add(1);
        }
    }
}

/// The currencies whose books do not balance.
fn unbalanced(sums: &Sums) -> Vec<String> {
    let mut differences = Vec::new();
    for currency in currencies(sums) {
        for (book, name) in [(Book::Pool, "pool"), (Book::Own, "own")] {
            let of_side = |side| -> i128 {
                let is_of = |kind: &&Kind| kind.book() == book && kind.normal() == side;
                Kind::ALL.iter().filter(is_of).map(|kind| sum_of(sums, currency, *kind)).sum()
            };
            let (debit, credit) = (of_side(Side::Debit), of_side(Side::Credit));
            if debit != credit {
                differences.push(format!("{currency}: the {name} book has {debit} on the debit side and {credit} on the credit side"));
            }
        }
        let (float, mirror) =
            (sum_of(sums, currency, Kind::Float), sum_of(sums, currency, Kind::FloatContra));
        if float != mirror {
            differences.push(format!("{currency}: float is {float}, its mirror float_contra {mirror}"));
        }
    }
    differences
}

/// The currencies in which the ledger and the transfers at banks disagree about what is on its way out.
fn not_in_transit(sums: &Sums, open: &BTreeMap<String, i64>) -> Vec<String> {
    let mut names: Vec<&str> = currencies(sums);
    names.extend(open.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    let difference = |currency: &str| {
        let sent = i128::from(open.get(currency).copied().unwrap_or_default());
        let posted = sum_of(sums, currency, Kind::OutInTransit);
        let text = format!("{currency}: out_in_transit is {posted}, the open transfers to banks are {sent}");
        (posted != sent).then_some(text)
    };
    names.into_iter().filter_map(difference).collect()
}

fn currencies(sums: &Sums) -> Vec<&'static str> {
    let mut names: Vec<_> = sums.keys().map(|(currency, _)| *currency).collect();
    names.dedup();
    names
}

fn sum_of(sums: &Sums, currency: &str, kind: Kind) -> i128 {
    sums.iter().filter(|((of, has), _)| *of == currency && *has == kind).map(|(_, sum)| *sum).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shift_of_one_unit_is_found() {
        let balanced: Sums = [
            (("CNY", Kind::Custody), 1_000),
            (("CNY", Kind::InTransit), 50),
            (("CNY", Kind::User), 700),
            (("CNY", Kind::MerchantPending), 300),
            (("CNY", Kind::OutInTransit), 40),
            (("CNY", Kind::Float), 10),
            (("CNY", Kind::FloatContra), 10),
            (("CNY", Kind::IncomeFee), 10),
        ]
        .into();
        let open = BTreeMap::from([("CNY".to_owned(), 40)]);
        assert_eq!((unbalanced(&balanced), not_in_transit(&balanced, &open)), (Vec::new(), Vec::new()));
        for kind in Kind::ALL {
            let mut shifted = balanced.clone();
            *shifted.entry(("CNY", *kind)).or_default() += 1;
            assert!(!unbalanced(&shifted).is_empty(), "{}", kind.as_str());
        }
        assert_eq!(not_in_transit(&balanced, &BTreeMap::new()).len(), 1);
        assert_eq!(not_in_transit(&Sums::new(), &open).len(), 1);
    }
}
