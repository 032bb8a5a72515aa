//! What the bank did wrong, so that a test can compare what it found with what there was.

use super::Ledger;
use crate::{books::Books, edge::TurnedAway, faults::FaultKind, problem::Problem};
use makegood_sql::{Error, Fields, Kind, Transaction};
use serde::Serialize;

/// All faults that were injected, since the books were opened for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Injected {
    /// Every kind, also those that never happened.
    pub data: Vec<InjectedKind>,
    /// The transfers of which the last callback was lost, in the order of their references: nobody was told how they
    /// stand now.
    pub untold: Vec<String>,
    /// The calls that were turned away since the bank was started.
    pub turned_away: TurnedAway,
}

/// The faults of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InjectedKind {
    /// Which.
    pub kind: FaultKind,
    /// How many transfers had it.
    pub count: usize,
    /// The transfers that had it, in the order of their references; of `wrong_reference` those of strangers.
    pub references: Vec<String>,
}

impl Injected {
    /// The references of the transfers that had a kind of fault.
    #[must_use]
    pub fn references(&self, kind: FaultKind) -> &[String] {
        let found = self.data.iter().find(|row| row.kind == kind);
        found.map(|row| row.references.as_slice()).unwrap_or_default()
    }

    /// How many transfers had a kind of fault.
    #[must_use]
    pub fn count(&self, kind: FaultKind) -> usize {
        self.references(kind).len()
    }
}

impl Ledger {
    /// Writes down that a transfer has a fault.
    pub(super) async fn inject(
        &self,
        transaction: &mut Transaction,
        kind: FaultKind,
        reference: &str,
    ) -> Result<(), Error> {
        let text = "INSERT INTO injected (kind, reference) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        transaction.execute(text, vec![kind.name().into(), reference.into()]).await.map(drop)
    }
}

impl Books {
    /// All faults that were injected.
    pub(crate) async fn injected(&self) -> Result<Injected, Problem> {
        self.change_due().await?;
        let text = "SELECT kind, reference FROM injected ORDER BY kind, reference";
        let mut transaction = self.ledger.database.read().await?;
        let rows = transaction.query(text, Vec::new(), &[Kind::Text, Kind::Text]).await?;
        let text = "SELECT reference FROM transfers WHERE is_untold ORDER BY reference";
        let untold = transaction.query(text, Vec::new(), &[Kind::Text]).await?;
        transaction.rollback().await;
        let empty = |kind| InjectedKind { kind, count: 0, references: Vec::new() };
        let mut data: Vec<_> = FaultKind::ALL.into_iter().map(empty).collect();
        for row in rows {
            let mut fields = Fields::new("injected", row);
            let kind = fields.take_as(|name: String| FaultKind::from_name(&name))?;
            let reference = fields.take()?;
            if let Some(found) = data.iter_mut().find(|row| row.kind == kind) {
                found.references.push(reference);
                found.count += 1;
            }
        }
        let untold = untold.into_iter().map(|row| Fields::new("transfers", row).take());
        let untold = untold.collect::<Result<_, Error>>()?;
        Ok(Injected { data, untold, turned_away: self.switches().edge.turned_away() })
    }
}
