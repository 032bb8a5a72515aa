//! A linear history of schemas. What was applied is kept with its whole text, so that a history that was
//! rewritten is noticed.

use crate::{
    database::{Database, Dialect},
    error::Error,
    row::Fields,
    value::{Kind, Value},
};

/// One step of a history; its version is its place in the list, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// A short name, for people.
    pub name: &'static str,
    /// The statements, in one database's words.
    pub script: &'static str,
}

const CREATE_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations
    (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, script TEXT NOT NULL) STRICT";
const CREATE_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_migrations
    (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, script TEXT NOT NULL)";
/// All tables that are there, but for the database's own.
const TABLES_SQLITE: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name";
const TABLES_POSTGRES: &str =
    "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename";
/// Two servers that start at once may both find no table, or both insert one version: one is refused, and
/// finds the other's work when it looks again. That can happen at every step; these tries come on top.
const TRIES_MORE: usize = 5;

impl Database {
    /// Brings the schema to the end of the history of this database's dialect, each step in a transaction of
    /// its own, and answers its version.
    ///
    /// Refuses a schema that is newer than the history, one that was made by other scripts, and a database that has
    /// tables of another program and none of ours: nothing is written to it.
    pub async fn migrate(&self, sqlite: &[Migration], postgres: &[Migration]) -> Result<i64, Error> {
        let history = if self.dialect() == Dialect::Sqlite { sqlite } else { postgres };
        let mut tries_left = history.len().saturating_add(TRIES_MORE);
        loop {
            match self.migrate_once(history).await {
                Err(Error::Deterministic { .. } | Error::Transient { .. }) if tries_left > 1 => {
                    tries_left -= 1
                }
                result => return result,
            }
        }
    }

    /// Checks, without changing anything, that the schema is at the end of the history.
    pub async fn check_schema(&self, sqlite: &[Migration], postgres: &[Migration]) -> Result<(), Error> {
        let history = if self.dialect() == Dialect::Sqlite { sqlite } else { postgres };
        let applied = self.applied_migrations().await.map_err(|error| match error {
            Error::Deterministic { message, .. } => Error::Schema(format!("no schema: {message}")),
            other => other,
        })?;
        check_history(&applied, history)?;
        if applied.len() < history.len() {
            return Err(Error::Schema(format!(
                "the schema is at version {}, this program needs {}: run the migrations",
                applied.len(),
                history.len()
            )));
        }
        Ok(())
    }

    async fn migrate_once(&self, history: &[Migration]) -> Result<i64, Error> {
        self.refuse_others().await?;
        let mut transaction = self.begin().await?;
        let create = if self.dialect() == Dialect::Sqlite { CREATE_SQLITE } else { CREATE_POSTGRES };
        transaction.run(create).await?;
        transaction.commit().await?;
        let applied = self.applied_migrations().await?;
        check_history(&applied, history)?;
        for (index, migration) in history.iter().enumerate().skip(applied.len()) {
            let version = index_version(index);
            let mut transaction = self.begin().await?;
            // The row is the lock: a second server waits for it here, and is refused when the first commits.
            transaction
                .execute(
                    "INSERT INTO schema_migrations (version, name, script) VALUES ($1, $2, $3)",
                    vec![version.into(), migration.name.into(), migration.script.into()],
                )
                .await?;
            transaction.run(migration.script).await?;
            transaction.commit().await?;
        }
        Ok(index_version(history.len()).saturating_sub(1))
    }

    /// Refuses a database in which another program has its tables.
    async fn refuse_others(&self) -> Result<(), Error> {
        let text = if self.dialect() == Dialect::Sqlite { TABLES_SQLITE } else { TABLES_POSTGRES };
        let mut transaction = self.read().await?;
        let rows = transaction.query(text, Vec::new(), &[Kind::Text]).await;
        transaction.rollback().await;
        let tables = rows?.into_iter().map(|row| Fields::new("tables", row).take());
        let tables = tables.collect::<Result<Vec<String>, Error>>()?;
        match tables.first() {
            Some(first) if !tables.iter().any(|table| table == "schema_migrations") => {
                Err(Error::Schema(format!(
                    "this database has the table `{first}` of another program, and none of ours: name a database of its own"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The scripts that were applied, in order.
    async fn applied_migrations(&self) -> Result<Vec<String>, Error> {
        let mut transaction = self.read().await?;
        let rows = transaction
            .query(
                "SELECT version, script FROM schema_migrations ORDER BY version",
                Vec::new(),
                &[Kind::Integer, Kind::Text],
            )
            .await?;
        transaction.rollback().await;
        rows.into_iter().enumerate().map(applied_script).collect()
    }
}

fn index_version(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1)
}

fn applied_script((index, row): (usize, Vec<Value>)) -> Result<String, Error> {
    let mut fields = Fields::new("schema_migrations", row);
    if fields.take::<i64>()? != index_version(index) {
        return Err(Error::Schema(format!("schema_migrations lacks version {}", index_version(index))));
    }
    fields.take()
}

fn check_history(applied: &[String], history: &[Migration]) -> Result<(), Error> {
    if applied.len() > history.len() {
        return Err(Error::Schema(format!(
            "the schema is at version {}, newer than the {} that this program knows",
            applied.len(),
            history.len()
        )));
    }
    let differs = |(script, migration): &(&String, &Migration)| script.as_str() != migration.script;
    match applied.iter().zip(history).find(differs) {
        None => Ok(()),
        Some((_, migration)) => Err(Error::Schema(format!(
            "migration {} was applied with another text than this program has",
            migration.name
        ))),
    }
}
