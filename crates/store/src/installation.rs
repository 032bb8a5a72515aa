//! What the first server that used a database decided for all that follow: whether its money is real, and with
//! which secrets its passwords and tokens are made. One row, inserted once.

use makegood_sql::{Database, Error, Fields, Kind, Transaction};

/// What every server on a database has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Whether money is real.
    pub livemode: bool,
    /// Derived from the master secret: it tells one from another, and nothing else about it.
    pub secrets_check: [u8; 32],
}

const KEEP: &str = "INSERT INTO installation (id, livemode, secrets_check) VALUES (1, $1, $2)
    ON CONFLICT (id) DO NOTHING";
const READ: &str = "SELECT livemode, secrets_check FROM installation WHERE id = 1";

/// What the first server decided; none where there was no server yet.
pub async fn read(database: &Database) -> Result<Option<Installation>, Error> {
    let mut transaction = database.read().await?;
    let installation = select(&mut transaction).await?;
    transaction.rollback().await;
    Ok(installation)
}

/// Keeps this, unless another was kept before. Answers what is kept: of two servers that come at once, both are
/// answered what one of them has brought.
pub async fn keep_first(database: &Database, installation: &Installation) -> Result<Installation, Error> {
    let Installation { livemode, secrets_check } = installation;
    let mut transaction = database.begin().await?;
    let values = vec![(*livemode).into(), secrets_check.to_vec().into()];
    transaction.execute(KEEP, values).await?;
    let kept = select(&mut transaction).await?;
    transaction.commit().await?;
    kept.ok_or_else(|| Error::corrupt("installation", "id", &[]))
}

async fn select(transaction: &mut Transaction) -> Result<Option<Installation>, Error> {
    let row = transaction.query(READ, Vec::new(), &[Kind::Boolean, Kind::Bytes]).await?.pop();
    row.map(|row| {
        let mut fields = Fields::new("installation", row);
        Ok(Installation {
            livemode: fields.take()?,
            secrets_check: fields.take_as(|bytes: Vec<u8>| bytes.try_into().ok())?,
        })
    })
    .transpose()
}

/// Every text here: a test has both databases read them.
#[must_use]
pub fn texts() -> Vec<&'static str> {
    vec![KEEP, READ]
}
