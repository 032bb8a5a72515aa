//! What the wallet and the bank each have in their own books when all is over: the wallet's as its database has them,
//! the bank's as it lists them itself.

use crate::Failure;
use crate::bank::Bank;
use makegood_base::{BankTransferId, OrderId, PaymentId, PayoutId, RawId, RefundId, TopUpId, WithdrawalId};
use makegood_money::{Currency, Money};
use makegood_sql::{Database, Error, Fields, Kind, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A transfer as the wallet has it.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) reference: String,
    /// What it was made for, such as `pay_…`.
    pub(crate) object: String,
    pub(crate) is_in: bool,
    pub(crate) amount: Money,
    pub(crate) state: String,
    /// What the bank says that it moved, where that is not what it was asked.
    pub(crate) mismatch: Option<Money>,
    pub(crate) is_late: bool,
    pub(crate) is_contradicted: bool,
    pub(crate) is_returned: bool,
    /// In microseconds.
    pub(crate) final_at: Option<i64>,
}

impl Transfer {
    pub(super) fn is_of_top_up(&self) -> bool {
        self.object.starts_with(TopUpId::PREFIX)
    }
}

/// A payment as the wallet has it.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) order: String,
    pub(crate) from_balance: bool,
    pub(crate) status: String,
}

/// Amounts by currency, with their signs.
pub(crate) type Amounts = BTreeMap<Currency, i128>;

/// Both books.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) transfers: Vec<Transfer>,
    /// The places of the transfers of an object.
    pub(crate) of_object: HashMap<String, Vec<usize>>,
    pub(crate) payments: Vec<Payment>,
    /// The refunds of a payment that came too late, which the wallet makes by itself.
    pub(crate) late_refunds: HashMap<String, Vec<String>>,
    /// What staff have an open case of that says what a bank did, by the ids of the cases' objects.
    pub(crate) cases: BTreeSet<String>,
    /// Those of them where a bank took back what was not there any more.
    pub(crate) short: BTreeSet<String>,
    /// What the wallet has at the bank by its own ledger: what the bank's statement has shown or will show.
    pub(crate) nostro: Amounts,
    /// How each transfer stands at the bank.
    pub(crate) statuses: HashMap<String, String>,
    /// What each transfer moved on the wallet's account at the bank, and what strangers brought.
    pub(crate) moved: HashMap<String, Amounts>,
    /// When the bank first booked each transfer, in microseconds.
    pub(crate) booked_at: HashMap<String, i64>,
    /// Which faults each transfer had.
    pub(crate) faults: HashMap<String, Vec<String>>,
    /// The transfers of which the bank has told nobody how they stand now.
    pub(crate) untold: BTreeSet<String>,
    pub(crate) injected: BTreeMap<String, usize>,
    pub(crate) bank_is_balanced: bool,
    pub(crate) forgeries_believed: u64,
}

const TRANSFERS: &str = "SELECT id, purpose_kind, purpose_id, direction, currency, amount_minor, state,
    mismatch_minor, mismatch_currency, late_success_at, contradicted_at, returned_at, final_at FROM bank_transfers";
const TRANSFER_KINDS: &[Kind] = &[
    Kind::Id,
    Kind::Text,
    Kind::Id,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
];
const PAYMENTS: &str = "SELECT id, order_id, source, status FROM payments";
const LATE_REFUNDS: &str = "SELECT id, payment_id FROM refunds WHERE origin = 'late_success'";
/// A case of a bank's silence says nothing of what the bank did in the end.
const CASES: &str = "SELECT object, reason FROM operations_cases
    WHERE closed_at IS NULL AND kind IN ('unidentified_money', 'contradiction', 'stuck_return')";
/// Custody, and what is in transit to it: what a bank has said yes to, and moved.
const NOSTRO: &str = "SELECT currency, CAST(SUM(posted) AS BIGINT) FROM ledger_accounts
    WHERE code IN (101, 102) GROUP BY currency";

impl Books {
    /// Reads both. The bank is calm, and nothing moves any more. `before` is what the bank had done wrong before the
    /// hour began.
    pub(crate) async fn read(database: &Database, bank: &Bank, before: &Injected) -> Result<Self, Failure> {
        let mut books = Self::default();
        let mut transaction = database.read().await?;
        let read = books.read_wallet(&mut transaction).await;
        transaction.rollback().await;
        read?;
        for (place, transfer) in books.transfers.iter().enumerate() {
            books.of_object.entry(transfer.object.clone()).or_default().push(place);
        }
        books.read_bank(bank, before).await?;
        Ok(books)
    }

    async fn read_wallet(&mut self, transaction: &mut Transaction) -> Result<(), Error> {
        let rows = transaction.query(TRANSFERS, Vec::new(), TRANSFER_KINDS).await?;
        for row in rows {
            self.transfers.push(transfer(&mut Fields::new("bank_transfers", row))?);
        }
        let kinds = &[Kind::Id, Kind::Id, Kind::Text, Kind::Text];
        for row in transaction.query(PAYMENTS, Vec::new(), kinds).await? {
            let mut fields = Fields::new("payments", row);
            self.payments.push(Payment {
                id: PaymentId::from_raw(fields.take()?).to_string(),
                order: OrderId::from_raw(fields.take()?).to_string(),
                from_balance: fields.take::<String>()? == "balance",
                status: fields.take()?,
            });
        }
        for row in transaction.query(LATE_REFUNDS, Vec::new(), &[Kind::Id, Kind::Id]).await? {
            let mut fields = Fields::new("refunds", row);
            let refund = RefundId::from_raw(fields.take()?).to_string();
            let payment = PaymentId::from_raw(fields.take()?).to_string();
            self.late_refunds.entry(payment).or_default().push(refund);
        }
        for row in transaction.query(CASES, Vec::new(), &[Kind::Text, Kind::Text]).await? {
            let mut fields = Fields::new("operations_cases", row);
            let object: String = fields.take()?;
            if fields.take::<String>()? == "return_short" {
                self.short.insert(object.clone());
            }
            self.cases.insert(object);
        }
        for row in transaction.query(NOSTRO, Vec::new(), &[Kind::Integer, Kind::Integer]).await? {
            let mut fields = Fields::new("ledger_accounts", row);
            let currency =
                fields.take_as(|number: i64| Currency::from_numeric(u16::try_from(number).ok()?))?;
            self.nostro.insert(currency, i128::from(fields.take::<i64>()?));
        }
        Ok(())
    }

    async fn read_bank(&mut self, bank: &Bank, before: &Injected) -> Result<(), Failure> {
        let shown = bank.transfers().await?;
        self.statuses = shown.into_iter().map(|shown| (shown.reference, shown.status)).collect();
        for entry in bank.entries().await? {
            // What the account had from the start came from nobody.
            let Some(reference) = entry.reference else { continue };
            let minor = i128::from(entry.amount.minor());
            let signed = if entry.direction == "in" { minor } else { -minor };
            let booked_at = entry.booked_at.as_micros();
            self.booked_at.entry(reference.clone()).or_insert(booked_at);
            add(self.moved.entry(reference).or_default(), entry.amount.currency(), signed);
        }
        let injected = bank.injected().await?;
        self.injected = injected_since(before, &injected);
        for (kind, references) in injected {
            for reference in references {
                self.faults.entry(reference).or_default().push(kind.clone());
            }
        }
        self.untold = bank.untold().await?;
        self.bank_is_balanced = bank.is_balanced().await?;
        (_, self.forgeries_believed) = bank.callbacks().await?;
        Ok(())
    }

    /// Whether a transfer had a fault.
    pub(crate) fn had(&self, reference: &str, kind: &str) -> bool {
        self.faults.get(reference).is_some_and(|kinds| kinds.iter().any(|found| found == kind))
    }

    /// Whether there is an open case of a transfer, or of what it was made for.
    pub(crate) fn has_case(&self, transfer: &Transfer) -> bool {
        self.cases.contains(&transfer.reference) || self.cases.contains(&transfer.object)
    }

    /// Whether the bank took back what was not there any more of an object's, and somebody of the staff has it.
    pub(crate) fn is_short(&self, object: &str) -> bool {
        self.transfers_of(object).any(|transfer| self.short.contains(&transfer.reference))
    }

    /// The transfers of an object.
    pub(crate) fn transfers_of<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Transfer> {
        let places = self.of_object.get(object).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.transfers.get(*place))
    }

    /// What gives a payment back that came too late.
    pub(crate) fn gives_back<'a>(&'a self, payment: &str) -> impl Iterator<Item = &'a str> {
        let refunds = self.late_refunds.get(payment).map(Vec::as_slice).unwrap_or_default();
        refunds.iter().map(String::as_str)
    }

    /// Whether a bank did what keeps an object, or what gives it back, from its end, and somebody of the staff has it.
    pub(crate) fn explained(&self, object: &str) -> bool {
        std::iter::once(object).chain(self.gives_back(object)).any(|object| self.is_with_a_person(object))
    }

    /// Whether a bank did something wrong with an object, or did not take what was to go to a card, and there is an open
    /// case of the object or of that very transfer.
    pub(crate) fn is_with_a_person(&self, object: &str) -> bool {
        self.transfers_of(object).any(|transfer| {
            let status = self.statuses.get(&transfer.reference).map(String::as_str);
            let not_taken = !transfer.is_in && matches!(status, Some("refused" | "returned"));
            let is_wrong = not_taken || EXPLAINING.iter().any(|kind| self.had(&transfer.reference, kind));
            is_wrong && self.has_case(transfer)
        })
    }
}

/// What a bank does that only a person can bring to an end.
const EXPLAINING: [&str; 6] = [
    "wrong_amount",
    "wrong_currency",
    "wrong_payee",
    "success_after_failure",
    "failure_after_success",
    "returned",
];

/// What a bank did wrong in its life: the references by kind.
pub(crate) type Injected = BTreeMap<String, Vec<String>>;

/// How often it did each kind of wrong since then.
pub(crate) fn injected_since(before: &Injected, now: &Injected) -> BTreeMap<String, usize> {
    let count = |(kind, references): (&String, &Vec<String>)| {
        let earlier = before.get(kind).map_or(0, Vec::len);
        (kind.clone(), references.len().saturating_sub(earlier))
    };
    now.iter().map(count).collect()
}

/// Adds to amounts; what becomes nothing is not there.
pub(crate) fn add(amounts: &mut Amounts, currency: Currency, minor: i128) {
    let sum = amounts.entry(currency).or_default();
    *sum += minor;
    if *sum == 0 {
        amounts.remove(&currency);
    }
}

fn transfer(fields: &mut Fields) -> Result<Transfer, Error> {
    let reference = BankTransferId::from_raw(fields.take()?).to_string();
    let purpose: String = fields.take()?;
    let object = fields.take_as(|raw: RawId| object(&purpose, raw))?;
    let is_in = fields.take::<String>()? == "in";
    let currency: Currency = fields.take_as(|code: String| code.parse().ok())?;
    let amount = Money::new(fields.take()?, currency);
    let state = fields.take()?;
    let mismatch: Option<i64> = fields.take()?;
    let mismatch_currency: Option<String> = fields.take()?;
    let mismatch = mismatch.zip(mismatch_currency.and_then(|code| code.parse::<Currency>().ok()));
    let is_there = |found: Option<i64>| found.is_some();
    Ok(Transfer {
        reference,
        object,
        is_in,
        amount,
        state,
        mismatch: mismatch.map(|(minor, currency)| Money::new(minor, currency)),
        is_late: is_there(fields.take()?),
        is_contradicted: is_there(fields.take()?),
        is_returned: is_there(fields.take()?),
        final_at: fields.take()?,
    })
}

/// The id of what a transfer is made for.
fn object(purpose: &str, raw: RawId) -> Option<String> {
    Some(match purpose {
        "top_up" => TopUpId::from_raw(raw).to_string(),
        "payment" => PaymentId::from_raw(raw).to_string(),
        "refund" => RefundId::from_raw(raw).to_string(),
        "withdrawal" => WithdrawalId::from_raw(raw).to_string(),
        "payout" => PayoutId::from_raw(raw).to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bank_did_before_the_hour_is_not_counted() {
        let injected = |rows: &[(&str, usize)]| -> Injected {
            rows.iter().map(|(kind, count)| ((*kind).to_owned(), vec!["btr_1".to_owned(); *count])).collect()
        };
        let found = injected_since(
            &injected(&[("late", 3), ("returned", 1)]),
            &injected(&[("late", 3), ("returned", 4)]),
        );
        assert_eq!(found, BTreeMap::from([("late".to_owned(), 0), ("returned".to_owned(), 3)]));
        assert_eq!(
            injected_since(&injected(&[]), &injected(&[("late", 2)])),
            BTreeMap::from([("late".to_owned(), 2)])
        );
    }
}
