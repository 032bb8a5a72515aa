//! The planned maintenance in the books.

use super::{Books, next_number};
use crate::{
    maintenance::{PlannedWindow, Window},
    problem::Problem,
};
use makegood_base::limits::TEXT_LENGTH_MAX;
use makegood_sql::{Error, Fields, Kind};

impl Books {
    /// All windows that are not over, in the order in which they begin.
    pub(crate) async fn windows(&self) -> Result<Vec<Window>, Error> {
        let mut windows = self.all_windows().await?;
        let now = self.now();
        windows.retain(|window| window.ends_at > now);
        Ok(windows)
    }

    /// Plans a window.
    pub(crate) async fn plan(&self, planned: PlannedWindow) -> Result<Window, Problem> {
        let PlannedWindow { starts_at, ends_at, description } = planned;
        let length = description.chars().count();
        if ends_at <= starts_at || !(1..=TEXT_LENGTH_MAX).contains(&length) {
            let detail = "a window ends after it starts, and has a description of 1 to 256 characters";
            return Err(Problem::Malformed(detail.to_owned()));
        }
        let mut transaction = self.ledger.database.begin().await?;
        let number = next_number(&mut transaction, "maintenance").await?;
        let id = format!("{}-maintenance-{number}", self.config().bank);
        let text = "INSERT INTO maintenance (id, starts_at, ends_at, description) VALUES ($1, $2, $3, $4)";
        let row = vec![id.as_str().into(), starts_at.into(), ends_at.into(), description.as_str().into()];
        transaction.execute(text, row).await?;
        transaction.commit().await?;
        self.load_windows().await?;
        Ok(Window { id, starts_at, ends_at, description })
    }

    /// Takes a window back, also while it is there.
    pub(crate) async fn cancel_window(&self, id: &str) -> Result<(), Problem> {
        let mut transaction = self.ledger.database.begin().await?;
        let known = transaction.execute("DELETE FROM maintenance WHERE id = $1", vec![id.into()]).await?;
        transaction.commit().await?;
        self.load_windows().await?;
        if known == 0 { Err(Problem::WindowNotFound) } else { Ok(()) }
    }

    /// Has the front door know the windows.
    pub(super) async fn load_windows(&self) -> Result<(), Error> {
        self.switches().set_windows(self.all_windows().await?);
        Ok(())
    }

    async fn all_windows(&self) -> Result<Vec<Window>, Error> {
        let text = "SELECT id, starts_at, ends_at, description FROM maintenance ORDER BY starts_at, id";
        let kinds = &[Kind::Text, Kind::Integer, Kind::Integer, Kind::Text];
        let mut transaction = self.ledger.database.read().await?;
        let rows = transaction.query(text, Vec::new(), kinds).await?;
        transaction.rollback().await;
        let window = |row| {
            let mut fields = Fields::new("maintenance", row);
            Ok(Window {
                id: fields.take()?,
                starts_at: fields.take()?,
                ends_at: fields.take()?,
                description: fields.take()?,
            })
        };
        rows.into_iter().map(window).collect()
    }
}
