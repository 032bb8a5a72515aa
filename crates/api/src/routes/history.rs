//! Entries of an owner's accounts, and the currencies that the owner has accounts in.

use crate::answer::Refused;
use crate::fields;
use crate::paging::Page;
use crate::shared::Api;
use makegood_base::limits::PAGE_ROWS_MAX;
use makegood_base::{
    BankTransferId, PaymentId, PayoutId, RawId, RefundId, SettlementId, TopUpId, TransferId, WithdrawalId,
};
use makegood_ledger::{AccountId, Action, RowKey, Side};
use makegood_money::{Currency, Money};
use makegood_store::HistoryEntry;
use makegood_wallet::Needs;
use makegood_wallet::postings::{Account, Kind, MovementCode};
use makegood_wallet::texts::Reason;
use makegood_wallet::view::{EntryView, ListView};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Which page of which account.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct History {
    /// The ISO 4217 code. It can be left out where there is only one.
    #[param(example = "CNY")]
    pub(crate) currency: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl History {
    pub(crate) const fn new(currency: Option<String>, limit: Option<i64>, cursor: Option<String>) -> Self {
        Self { currency, limit, cursor }
    }
}

/// The currencies in which an owner has accounts.
pub(crate) async fn currencies(api: &Api, owner: RawId) -> Result<Vec<Currency>, Refused> {
    let accounts = api.app.lists().accounts_of(owner).await.map_err(Refused::unreadable)?;
    let needs = Needs { ledger: accounts.iter().copied().map(RowKey::Account).collect(), ..Needs::default() };
    let facts = api.read(needs).await?;
    let rows = accounts.iter().filter_map(|id| facts.book.account(id));
    let distinct: BTreeSet<Currency> = rows.map(|account| account.currency).collect();
    Ok(distinct.into_iter().collect())
}

/// A page of the entries of one account.
pub(crate) async fn entries(
    api: &Api,
    owner: RawId,
    kind: Kind,
    history: &History,
) -> Result<ListView<EntryView>, Refused> {
    let page = Page { limit: history.limit, cursor: history.cursor.clone() };
    let limit = page.limit()?;
    let before = page.before::<i64>()?;
    let Some(currency) = currency(api, owner, history).await? else {
        return Ok(ListView { data: Vec::new(), next_cursor: None });
    };
    let account = Account::new(kind, owner, currency).id();
    let moves = movements(api, account, before, usize::try_from(limit).unwrap_or(usize::MAX)).await?;
    let last = moves.iter().filter_map(|rows| rows.last()).map(|row| row.position);
    let next_cursor = page.next(last.collect::<Vec<_>>().into_iter())?;
    Ok(ListView { data: moves.iter().filter_map(|rows| entry(rows, currency)).collect(), next_cursor })
}

/// The newest movements of an account, each with all of its entries: a payer who paid once reads one line,
/// however many legs the payment has.
async fn movements(
    api: &Api,
    account: AccountId,
    mut before: Option<i64>,
    limit: usize,
) -> Result<Vec<Vec<HistoryEntry>>, Refused> {
    let mut moves: Vec<Vec<HistoryEntry>> = Vec::new();
    loop {
        let rows =
            api.app.lists().history(account, before, PAGE_ROWS_MAX).await.map_err(Refused::unreadable)?;
        let is_last = rows.len() < usize::try_from(PAGE_ROWS_MAX).unwrap_or(usize::MAX);
        before = rows.last().map(|row| row.position);
        for row in rows {
            let is_full = moves.len() == limit;
            match moves.last_mut() {
                Some(entries) if entries.iter().all(|entry| entry.transaction == row.transaction) => {
                    entries.push(row);
                }
                _ if is_full => return Ok(moves),
                _ => moves.push(vec![row]),
            }
        }
        if is_last {
            return Ok(moves);
        }
    }
}

/// The currency that is asked for, or the only one; none where there is no account yet.
async fn currency(api: &Api, owner: RawId, history: &History) -> Result<Option<Currency>, Refused> {
    if let Some(text) = &history.currency {
        return fields::currency("currency", text).map(Some);
    }
    match currencies(api, owner).await?.as_slice() {
        [] => Ok(None),
        [currency] => Ok(Some(*currency)),
        _ => Err(Refused::invalid("currency", Reason::MissingField)),
    }
}

/// What a movement did to the balance. Holds and their releases do nothing to it, and are not shown.
fn entry(rows: &[HistoryEntry], currency: Currency) -> Option<EntryView> {
    let newest = rows.first()?;
    let moves = |row: &&HistoryEntry| {
        matches!(row.leg.action, Action::Post | Action::PostAgainst(_) | Action::Capture(_))
    };
    // All accounts of users and merchants grow on the credit side.
    let signed = |row: &HistoryEntry| match row.side {
        Side::Credit => Some(row.leg.amount.minor()),
        Side::Debit => row.leg.amount.minor().checked_neg(),
    };
    let minors: Vec<i64> = rows.iter().filter(moves).map(signed).collect::<Option<_>>()?;
    let minor = minors.iter().try_fold(0_i64, |sum, minor| sum.checked_add(*minor))?;
    let code = MovementCode::from_code(newest.code)?;
    (!minors.is_empty()).then(|| EntryView {
        transaction: newest.transaction.to_string(),
        kind: code.as_str(),
        reference: reference(code, newest.reference),
        amount: Money::new(minor, currency).amount(),
        currency: currency.code(),
        balance_after: Money::new(newest.entry.balance_after, currency).amount(),
        at: newest.at,
    })
}

/// The object that a movement belongs to, as its kind of movement names it.
fn reference(code: MovementCode, raw: RawId) -> String {
    match code {
        // What is taken back of a balance was a top-up; of a payment that came too late nothing was on a balance.
        MovementCode::TopUp | MovementCode::BankReturned => TopUpId::from_raw(raw).to_string(),
        MovementCode::Transfer => TransferId::from_raw(raw).to_string(),
        MovementCode::Payment | MovementCode::CardPayment | MovementCode::CardPaymentReturned => {
            PaymentId::from_raw(raw).to_string()
        }
        MovementCode::LateSuccess | MovementCode::Unidentified | MovementCode::UnidentifiedCorrected => {
            BankTransferId::from_raw(raw).to_string()
        }
        MovementCode::WithdrawalHeld
        | MovementCode::WithdrawalReleased
        | MovementCode::WithdrawalSent
        | MovementCode::WithdrawalCompleted
        | MovementCode::WithdrawalFailed
        | MovementCode::WithdrawalReturned
        | MovementCode::WithdrawalPaidLate
        | MovementCode::WithdrawalLateReturned => WithdrawalId::from_raw(raw).to_string(),
        MovementCode::PayoutHeld
        | MovementCode::PayoutReleased
        | MovementCode::PayoutSent
        | MovementCode::PayoutCompleted
        | MovementCode::PayoutFailed
        | MovementCode::PayoutReturned
        | MovementCode::PayoutPaidLate
        | MovementCode::PayoutLateReturned => PayoutId::from_raw(raw).to_string(),
        MovementCode::Settlement => SettlementId::from_raw(raw).to_string(),
        MovementCode::Refund
        | MovementCode::CardRefund
        | MovementCode::CardRefundSettled
        | MovementCode::CardRefundRefused
        | MovementCode::TransferOutPaidLate
        | MovementCode::TransferOutReturned => RefundId::from_raw(raw).to_string(),
    }
}
