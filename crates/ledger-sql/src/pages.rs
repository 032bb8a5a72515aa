//! A table read from its first row to its last, a page at a time.

use makegood_sql::{Error, Row, Table, Transaction, Value};
use std::collections::VecDeque;

const PAGE_ROWS: u32 = 4_000;

/// The rows of a table in the order of its key.
pub(crate) struct Pages<T> {
    table: &'static Table,
    parse: fn(Row) -> Result<T, Error>,
    /// Rows that were read and not taken yet.
    pub(crate) ahead: VecDeque<T>,
    after: Option<Vec<Value>>,
    ended: bool,
}

impl<T> Pages<T> {
    pub(crate) fn new(table: &'static Table, parse: fn(Row) -> Result<T, Error>) -> Self {
        Self { table, parse, ahead: VecDeque::new(), after: None, ended: false }
    }

    /// Reads until `rows` rows are ahead, or all that there are.
    pub(crate) async fn fill(&mut self, transaction: &mut Transaction, rows: usize) -> Result<(), Error> {
        while self.ahead.len() < rows && !self.ended {
            let page = transaction.scan(self.table, self.after.as_deref(), PAGE_ROWS).await?;
            match page.last() {
                Some(row) => self.after = Some(row.key().to_vec()),
                None => self.ended = true,
            }
            for row in page {
                self.ahead.push_back((self.parse)(row)?);
            }
        }
        Ok(())
    }

    /// The next row.
    pub(crate) async fn next(&mut self, transaction: &mut Transaction) -> Result<Option<T>, Error> {
        self.fill(transaction, 1).await?;
        Ok(self.ahead.pop_front())
    }

    /// The next row, if it is wanted.
    pub(crate) async fn next_if(
        &mut self,
        transaction: &mut Transaction,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, Error> {
        self.fill(transaction, 1).await?;
        Ok(if self.ahead.front().is_some_and(is_wanted) { self.ahead.pop_front() } else { None })
    }
}
