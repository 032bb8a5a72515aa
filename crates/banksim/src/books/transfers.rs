//! Transfers: received once per reference, decided once, and found again.

use super::{
    Books, Direction, Instruction, Named, Refusal, Status, Transfer,
    agreements::{ActiveCard, active_card},
    next_number,
};
use crate::{cards::Behaviour, problem::Problem};
use makegood_base::Timestamp;
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Kind, Transaction, Value};

/// What came of a transfer that was sent.
pub(crate) enum Received {
    /// The reference was known, with the same instruction.
    Known(Transfer),
    /// It is new, and to be answered in this way.
    New(Transfer, Behaviour),
}

impl Received {
    pub(crate) fn transfer(&self) -> &Transfer {
        match self {
            Self::Known(transfer) | Self::New(transfer, _) => transfer,
        }
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Integer,
];
const SELECT: &str = "SELECT reference, sequence, direction, agreement, currency, amount, valid_until,
    status, refusal, received_at, settle_at FROM transfers WHERE reference = $1";
const INSERT: &str = "INSERT INTO transfers (reference, sequence, direction, agreement, currency, amount,
    valid_until, status, refusal, received_at, settle_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

impl Books {
    /// Takes a transfer. A reference is executed at most once: the same instruction again finds the first one.
    pub(crate) async fn receive(
        &self,
        reference: &str,
        instruction: Instruction,
    ) -> Result<Received, Problem> {
        let now = self.clock.now();
        let mut transaction = self.database.begin().await?;
        if let Some(known) = select(&mut transaction, reference).await? {
            if known.instruction != instruction {
                return Err(Problem::TransferConflict);
            }
            let known = self.settle(&mut transaction, known, now).await?;
            transaction.commit().await?;
            return Ok(Received::Known(known));
        }
        let card = active_card(&mut transaction, &instruction.agreement).await?;
        let own = card.as_ref().map_or(Behaviour::Refuses, |card| card.behaviour);
        let told = self.faults.take(reference);
        let sequence = next_number(&mut transaction, "transfer").await?;
        let mut transfer = Transfer {
            reference: reference.to_owned(),
            sequence,
            instruction,
            status: Status::Accepted,
            refusal: None,
            received_at: now,
            settle_at: None,
        };
        let behaviour = told.unwrap_or(own);
        if let Some(refusal) = self.refusal(&transfer.instruction, &[Some(own), told], now) {
            (transfer.status, transfer.refusal) = (Status::Refused, Some(refusal));
        } else if behaviour == Behaviour::NeverAnswers {
            transfer.status = Status::Silent;
        } else if behaviour == Behaviour::SettlesLater {
            transfer.settle_at = Some(now.plus(self.config.timings.settle_after));
        } else {
            self.execute(&mut transaction, &mut transfer, card, now).await?;
        }
        transaction.execute(INSERT, row(&transfer)).await?;
        transaction.commit().await?;
        Ok(Received::New(transfer, behaviour))
    }

    /// The transfer with this reference, as it stands now.
    pub(crate) async fn find(&self, reference: &str) -> Result<Transfer, Problem> {
        let now = self.clock.now();
        let mut transaction = self.database.read().await?;
        let found = select(&mut transaction, reference).await?;
        transaction.rollback().await;
        let found = found.ok_or(Problem::TransferNotFound)?;
        if !is_due(&found, now) {
            return Ok(found);
        }
        // Somebody may settle it in between: it is read again in the transaction that settles.
        let mut transaction = self.database.begin().await?;
        let found = select(&mut transaction, reference).await?.ok_or(Problem::TransferNotFound)?;
        let settled = self.settle(&mut transaction, found, now).await?;
        transaction.commit().await?;
        Ok(settled)
    }

    /// Settles every accepted transfer whose time has come.
    pub(super) async fn settle_due(&self, transaction: &mut Transaction) -> Result<(), Error> {
        let now = self.clock.now();
        let text = "SELECT reference FROM transfers WHERE status = 'accepted' AND settle_at <= $1";
        for due in transaction.query(text, vec![now.into()], &[Kind::Text]).await? {
            let reference: String = Fields::new("transfers", due).take()?;
            if let Some(transfer) = select(transaction, &reference).await? {
                self.settle(transaction, transfer, now).await?;
            }
        }
        Ok(())
    }

    /// Settles an accepted transfer if its time has come.
    async fn settle(
        &self,
        transaction: &mut Transaction,
        mut transfer: Transfer,
        now: Timestamp,
    ) -> Result<Transfer, Error> {
        if is_due(&transfer, now) {
            let card = active_card(transaction, &transfer.instruction.agreement).await?;
            self.execute(transaction, &mut transfer, card, now).await?;
            let text = "UPDATE transfers SET status = $2, refusal = $3 WHERE reference = $1";
            let arguments = vec![
                transfer.reference.as_str().into(),
                transfer.status.name().into(),
                transfer.refusal.map(|refusal| refusal.name().to_owned()).into(),
            ];
            transaction.execute(text, arguments).await?;
        }
        Ok(transfer)
    }

    /// Moves the money, or refuses where there is too little.
    async fn execute(
        &self,
        transaction: &mut Transaction,
        transfer: &mut Transfer,
        card: Option<ActiveCard>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let refusal = match card {
            None => Some(Refusal::CardRefused),
            Some(card) if self.post_transfer(transaction, transfer, &card, now).await? => None,
            Some(_) => Some(Refusal::InsufficientFunds),
        };
        transfer.refusal = refusal;
        transfer.status = if refusal.is_some() { Status::Refused } else { Status::Succeeded };
        Ok(())
    }

    /// Why a new transfer is refused before anybody looks at the balance.
    fn refusal(
        &self,
        instruction: &Instruction,
        behaviours: &[Option<Behaviour>; 2],
        now: Timestamp,
    ) -> Option<Refusal> {
        let has = |behaviour| behaviours.contains(&Some(behaviour));
        let is_out = instruction.direction == Direction::Out;
        let is_told_empty = behaviours[1] == Some(Behaviour::NoFunds);
        [
            (now > instruction.valid_until, Refusal::Expired),
            (has(Behaviour::Refuses), Refusal::CardRefused),
            (has(Behaviour::ClosedWhenRefunded) && is_out, Refusal::CardClosed),
            (instruction.amount.minor() > self.config.transfer_minor_max, Refusal::LimitExceeded),
            (is_told_empty, Refusal::InsufficientFunds),
        ]
        .into_iter()
        .find_map(|(applies, refusal)| applies.then_some(refusal))
    }
}

fn is_due(transfer: &Transfer, now: Timestamp) -> bool {
    transfer.status == Status::Accepted && transfer.settle_at.is_some_and(|at| at <= now)
}

async fn select(transaction: &mut Transaction, reference: &str) -> Result<Option<Transfer>, Error> {
    let rows = transaction.query(SELECT, vec![reference.into()], KINDS).await?;
    rows.into_iter().next().map(parse).transpose()
}

/// Reads a row whose columns are those of [`KINDS`].
pub(super) fn parse(row: Vec<Value>) -> Result<Transfer, Error> {
    let mut fields = Fields::new("transfers", row);
    let reference = fields.take()?;
    let sequence = fields.take()?;
    let direction = fields.take_as(|name: String| Direction::from_name(&name))?;
    let agreement = fields.take()?;
    let currency: Currency = fields.take_as(|code: String| code.parse().ok())?;
    let amount = Money::new(fields.take()?, currency);
    let valid_until = fields.take()?;
    let status = fields.take_as(|name: String| Status::from_name(&name))?;
    let refusal = fields.take_as(|name: Option<String>| match name {
        None => Some(None),
        Some(name) => Refusal::from_name(&name).map(Some),
    })?;
    let received_at = fields.take()?;
    let settle_at = fields.take()?;
    let instruction = Instruction { direction, agreement, amount, valid_until };
    Ok(Transfer { reference, sequence, instruction, status, refusal, received_at, settle_at })
}

fn row(transfer: &Transfer) -> Vec<Value> {
    let instruction = &transfer.instruction;
    vec![
        transfer.reference.as_str().into(),
        transfer.sequence.into(),
        instruction.direction.name().into(),
        instruction.agreement.as_str().into(),
        instruction.amount.currency().code().into(),
        instruction.amount.minor().into(),
        instruction.valid_until.into(),
        transfer.status.name().into(),
        transfer.refusal.map(|refusal| refusal.name().to_owned()).into(),
        transfer.received_at.into(),
        transfer.settle_at.into(),
    ]
}
