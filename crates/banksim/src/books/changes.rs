//! What happens to a transfer after it was decided: it settles, it turns out otherwise, it is returned or recalled,
//! or somebody at the bank brings it to an end.

use super::{
    Ledger,
    agreements::active_card,
    posting::EntryKind,
    transfer::{self, Change, Recall, Refusal, ReturnReason, Status, Transfer},
};
use crate::{chance::draw, faults::FaultKind, problem::Problem};
use makegood_base::Timestamp;
use makegood_sql::{Error, Fields, Kind, Transaction, Value};
use serde::Deserialize;
use std::sync::atomic::Ordering;

/// How many changes go into one transaction.
const TOGETHER_MAX: i64 = 256;
const DUE: &str = "SELECT reference FROM transfers WHERE change IS NOT NULL AND change_at <= $1
    ORDER BY change_at LIMIT $2";
const NEXT: &str = "SELECT MIN(change_at) FROM transfers WHERE change IS NOT NULL";
/// Accepted, and nothing is to happen any more; or put aside.
const WAITING: &str = "SELECT reference FROM transfers
    WHERE ((status = 'accepted' AND change IS NULL) OR status = 'silent')
        AND ($1 IS NULL OR reference = $1) ORDER BY sequence";

/// How somebody at the bank brings a transfer to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is executed, if there is enough where the money comes from.
    Succeeded,
    /// It is refused.
    Refused,
}

impl Ledger {
    /// Does the changes that are due, some of them if there are many.
    pub(super) async fn change_due(&self, transaction: &mut Transaction) -> Result<(), Error> {
        let now = self.clock.now();
        let due = transaction.query(DUE, vec![now.into(), TOGETHER_MAX.into()], &[Kind::Text]).await?;
        for row in due {
            let reference: String = Fields::new("transfers", row).take()?;
            if let Some(transfer) = transfer::select(transaction, &reference).await? {
                self.change_if_due(transaction, transfer, now).await?;
            }
        }
        let next = transaction.query(NEXT, Vec::new(), &[Kind::Integer]).await?;
        let next: Option<i64> =
            Fields::new("transfers", next.into_iter().next().unwrap_or_default()).take()?;
        self.next_change.store(next.unwrap_or(i64::MAX), Ordering::Relaxed);
        Ok(())
    }

    /// Does a transfer's change if its time has come.
    pub(super) async fn change_if_due(
        &self,
        transaction: &mut Transaction,
        mut transfer: Transfer,
        now: Timestamp,
    ) -> Result<Transfer, Error> {
        let Some((change, _)) = transfer.change.filter(|_| transfer.is_due(now)) else { return Ok(transfer) };
        let before = transfer.status;
        transfer.change = None;
        match change {
            Change::Settle | Change::Execute => {
                let card = active_card(transaction, &transfer.instruction.agreement).await?;
                self.execute(transaction, &mut transfer, card, now).await?;
            }
            Change::TakeBack => {
                let kind = EntryKind::TakenBack;
                self.post_back(transaction, &transfer.reference, kind, now).await?;
                transfer.refuse(Refusal::CardRefused);
            }
            Change::Return => {
                self.post_back(transaction, &transfer.reference, EntryKind::Return, now).await?;
                transfer.status = Status::Returned;
                transfer.return_reason = Some(self.return_reason(&transfer));
                transfer.returned_at = Some(now);
            }
        }
        let fault = match change {
            Change::Execute if transfer.status == Status::Succeeded => Some(FaultKind::SuccessAfterFailure),
            Change::TakeBack => Some(FaultKind::FailureAfterSuccess),
            // One that was called back is none.
            Change::Return if transfer.recall != Some(Recall::Requested) => Some(FaultKind::Returned),
            Change::Settle | Change::Execute | Change::Return => None,
        };
        if let Some(fault) = fault {
            self.inject(transaction, fault, &transfer.reference).await?;
        }
        if transfer.status != before {
            self.tell(transaction, &mut transfer, Some(before), now).await?;
        }
        transfer::update(transaction, &transfer).await?;
        Ok(transfer)
    }

    fn return_reason(&self, transfer: &Transfer) -> ReturnReason {
        if transfer.recall == Some(Recall::Requested) {
            return ReturnReason::Recalled;
        }
        match draw(self.config.seed, "return reason", &transfer.reference) {
            drawn if drawn < 0.4 => ReturnReason::AccountClosed,
            drawn if drawn < 0.8 => ReturnReason::WrongDetails,
            _ => ReturnReason::Other,
        }
    }

    /// Asks for a transfer's money back. What was not executed yet never is; what was comes back later, or is refused.
    pub(super) async fn recall(
        &self,
        transaction: &mut Transaction,
        reference: &str,
    ) -> Result<Recall, Problem> {
        let now = self.clock.now();
        let found = transfer::select(transaction, reference).await?.ok_or(Problem::TransferNotFound)?;
        let mut transfer = self.change_if_due(transaction, found, now).await?;
        if let Some(answered) = transfer.recall {
            return Ok(answered);
        }
        let kind = FaultKind::RecallRefused;
        let before = transfer.status;
        let answer = match before {
            Status::Refused | Status::Returned => Recall::Refused,
            _ if self.switches.faults.happens(kind, reference) => {
                self.inject(transaction, kind, reference).await?;
                Recall::Refused
            }
            Status::Accepted | Status::Silent => {
                transfer.change = None;
                transfer.refuse(Refusal::Recalled);
                Recall::Recalled
            }
            Status::Succeeded => {
                let at = self.switches.later(now, self.config.delays.return_after);
                transfer.change = Some((Change::Return, at));
                Recall::Requested
            }
        };
        transfer.recall = Some(answer);
        if transfer.status != before {
            self.tell(transaction, &mut transfer, Some(before), now).await?;
        }
        transfer::update(transaction, &transfer).await?;
        self.expect_change(&transfer);
        Ok(answer)
    }

    /// Brings transfers that wait for good to an end: this one, or all. Returns how many.
    pub(super) async fn resolve(
        &self,
        transaction: &mut Transaction,
        reference: Option<&str>,
        outcome: Outcome,
    ) -> Result<u64, Problem> {
        let now = self.clock.now();
        let argument = Value::Text(reference.map(str::to_owned));
        let mut resolved = 0;
        for row in transaction.query(WAITING, vec![argument], &[Kind::Text]).await? {
            let reference: String = Fields::new("transfers", row).take()?;
            let Some(mut transfer) = transfer::select(transaction, &reference).await? else { continue };
            let before = transfer.status;
            match outcome {
                Outcome::Refused => transfer.refuse(Refusal::CardRefused),
                Outcome::Succeeded => {
                    let card = active_card(transaction, &transfer.instruction.agreement).await?;
                    self.execute(transaction, &mut transfer, card, now).await?;
                }
            }
            self.tell(transaction, &mut transfer, Some(before), now).await?;
            transfer::update(transaction, &transfer).await?;
            resolved += 1;
        }
        Ok(resolved)
    }
}
