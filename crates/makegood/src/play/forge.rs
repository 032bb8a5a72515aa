//! "Forge one byte": an amount in a copy of the books is changed where nobody is asked, in the file, and `verify` has to
//! name the row. The copy is gone afterwards, or, where the server was killed, after its next start.

use super::books::SHOWN_MAX;
use crate::data_folder::{self, DataFolderError, folder_of, sqlite_url};
use crate::verify::{self, VerifyError};
use makegood_money::{Currency, Money};
use makegood_sql::{Database, Error, Fields, Kind, Options, copy_sqlite, sqlite_file};
use makegood_wallet::view::AmountView;
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The folder beside the books that the copy is in.
const COPIES: &str = "forged";

/// Larger books are not copied for a game, in bytes.
const COPIED_MAX: u64 = 64 * 1_024 * 1_024;

/// The largest leg of the newest transaction; its amount is more than one, so that it is one byte or more.
const NEWEST: &str = "SELECT position, transaction_sequence, debit, credit, amount, currency FROM ledger_legs
    WHERE amount > 1 ORDER BY transaction_sequence DESC, amount DESC LIMIT 1";

/// Why nothing was forged.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForgeError {
    /// The copy cannot be made, or the byte not be written.
    #[error("no byte can be forged: {0}")]
    File(#[from] io::Error),
    /// The folder for the copy cannot be made.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] Error),
    /// The copy cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The row is not in the file as SQLite writes it, or more than once.
    #[error("leg {position} stands in the file {found} times")]
    NotFound {
        /// The leg.
        position: i64,
        /// How often it was found.
        found: usize,
    },
}

/// What became of it.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Forged {
    /// A byte was changed, and this was said about it.
    Done(Box<Finding>),
    /// Nothing has moved yet.
    NothingThere,
    /// The books are not a file.
    NotSqlite,
    /// They are larger than what is copied for a game.
    TooLarge,
}

/// A byte that was changed, and what `verify` said.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// Where in the file, how large that is, what was there, and what is there now.
    offset: usize,
    file_bytes: usize,
    was: u8,
    is: u8,
    /// The row that the byte belongs to, as `verify` names it.
    table: &'static str,
    key: String,
    /// What the row said, and what it says now.
    amount_was: AmountView,
    amount_is: AmountView,
    /// Whether `verify` has named that very row.
    named: bool,
    /// How much differs, and the first of it.
    differences_found: u64,
    differences: Vec<Difference>,
}

/// A value that differs.
#[derive(Debug, Serialize)]
struct Difference {
    table: &'static str,
    key: String,
    column: &'static str,
    stored: String,
    replayed: String,
}

/// A leg, as far as it is needed to find it in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leg {
    position: i64,
    sequence: i64,
    debit: Vec<u8>,
    credit: Vec<u8>,
    amount: i64,
    currency: Currency,
}

/// Where copies of these books are. Nobody else works in there: whoever works on the books has locked their folder.
fn copies(books: &Path) -> PathBuf {
    folder_of(books).join(COPIES)
}

/// Deletes what a server that was killed has left of its copies.
pub(super) fn clear(database_url: &str) {
    let Ok(Some(books)) = sqlite_file(database_url) else { return };
    match fs::remove_dir_all(copies(&books)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a copy of the books may be left behind");
        }
        _ => {}
    }
}

/// Copies the books, changes one byte of the copy, and has it verified.
pub(super) async fn forge(database_url: &str) -> Result<Forged, ForgeError> {
    let Some(books) = sqlite_file(database_url)? else { return Ok(Forged::NotSqlite) };
    if fs::metadata(&books)?.len() > COPIED_MAX {
        return Ok(Forged::TooLarge);
    }
    let copies = copies(&books);
    data_folder::create(&copies)?;
    let folder = tempfile::tempdir_in(copies)?;
    let copy = folder.path().join("copy.db");
    copy_sqlite(database_url, &copy).await?;
    let url = sqlite_url(&copy);
    let Some(leg) = newest_leg(&url).await? else { return Ok(Forged::NothingThere) };
    let byte = flip(&copy, &leg)?;
    let report = verify::verify_url(&url).await?;
    let key = leg.position.to_string();
    let differences: Vec<_> = report.ledger.differences.iter().map(Difference::of).collect();
    let is_ours = |one: &Difference| one.table == "ledger_legs" && one.key == key;
    let named = differences.iter().any(is_ours);
    // The row itself first: what follows from it comes after.
    let (mut shown, others): (Vec<_>, Vec<_>) = differences.into_iter().partition(is_ours);
    shown.extend(others);
    shown.truncate(SHOWN_MAX);
    let wallet = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
    let amount = |minor| AmountView::from(Money::new(minor, leg.currency));
    Ok(Forged::Done(Box::new(Finding {
        offset: byte.offset,
        file_bytes: byte.file_bytes,
        was: byte.was,
        is: byte.was ^ 1,
        table: "ledger_legs",
        key,
        amount_was: amount(leg.amount),
        amount_is: amount(leg.amount ^ 1),
        named,
        differences_found: report.ledger.differences_found.saturating_add(wallet),
        differences: shown,
    })))
}

impl Difference {
    fn of(found: &makegood_ledger::replay::Difference) -> Self {
        let makegood_ledger::replay::Difference { table, key, column, stored, replayed } = found.clone();
        Self { table, key, column, stored, replayed }
    }
}

/// The leg to be forged. The copy is closed again, so that all of it is in the one file.
async fn newest_leg(url: &str) -> Result<Option<Leg>, Error> {
    let database = Database::open(url, Options::default()).await?;
    let mut transaction = database.read().await?;
    let kinds = &[Kind::Integer, Kind::Integer, Kind::Bytes, Kind::Bytes, Kind::Integer, Kind::Integer];
    let rows = transaction.query(NEWEST, Vec::new(), kinds).await;
    transaction.rollback().await;
    database.close().await;
    let Some(row) = rows?.pop() else { return Ok(None) };
    let mut fields = Fields::new("ledger_legs", row);
    Ok(Some(Leg {
        position: fields.take()?,
        sequence: fields.take()?,
        debit: fields.take()?,
        credit: fields.take()?,
        amount: fields.take()?,
        currency: fields
            .take_as(|number: i64| u16::try_from(number).ok().and_then(Currency::from_numeric))?,
    }))
}

/// A byte of a file.
struct Byte {
    offset: usize,
    file_bytes: usize,
    was: u8,
}

/// Flips the lowest bit of the leg's amount in the file.
fn flip(file: &Path, leg: &Leg) -> Result<Byte, ForgeError> {
    let bytes = fs::read(file)?;
    let record = leg.record();
    let places: Vec<usize> = bytes
        .windows(record.len())
        .enumerate()
        .filter(|(_, window)| *window == record)
        .map(|(place, _)| place)
        .collect();
    let [place] = places.as_slice() else {
        return Err(ForgeError::NotFound { position: leg.position, found: places.len() });
    };
    // The last byte of the record's part is the last of the amount.
    let offset = place.saturating_add(record.len()).saturating_sub(1);
    let was = bytes.get(offset).copied().unwrap_or_default();
    OpenOptions::new().write(true).open(file)?.write_all_at(&[was ^ 1], offset as u64)?;
    Ok(Byte { offset, file_bytes: bytes.len(), was })
}

impl Leg {
    /// The values of the row as they stand in the file one after the other, up to the amount. The position is the row's
    /// key, and stands elsewhere.
    fn record(&self) -> Vec<u8> {
        [&integer(self.sequence), self.debit.as_slice(), &self.credit, &integer(self.amount)].concat()
    }
}

/// A number as SQLite's record format has it: big-endian, in 0, 1, 2, 3, 4, 6 or 8 bytes
/// (<https://sqlite.org/fileformat2.html#record_format>).
fn integer(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    if number == 0 || number == 1 {
        return Vec::new();
    }
    let fits = |length: &usize| {
        let bits = u32::try_from(length.saturating_mul(8)).unwrap_or(64).saturating_sub(1);
        let bound = 1_i128 << bits;
        (-bound..bound).contains(&i128::from(number))
    };
    let length = [1, 2, 3, 4, 6].into_iter().find(fits).unwrap_or(8);
    bytes[bytes.len() - length..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_sqlite_does() {
        for (number, expected) in [
            (0, &[][..]),
            (1, &[]),
            (2, &[2]),
            (127, &[127]),
            (128, &[0, 128]),
            (-1, &[255]),
            (3_800, &[14, 216]),
            (32_768, &[0, 128, 0]),
            (8_388_608, &[0, 128, 0, 0]),
            (2_147_483_648, &[0, 0, 128, 0, 0, 0]),
            (140_737_488_355_328, &[0, 0, 128, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(integer(number), expected, "{number}");
        }
    }

    /// Flipping the lowest bit never changes how many bytes a number takes, so that the row stays one.
    #[test]
    fn a_flipped_amount_is_as_long_as_it_was() {
        let edges = [127, 32_767, 8_388_607, 2_147_483_647, 140_737_488_355_327];
        for amount in edges.into_iter().flat_map(|edge| [edge, edge + 1]).chain([2, 3, 3_800]) {
            assert_eq!(integer(amount).len(), integer(amount ^ 1).len(), "{amount}");
        }
    }
}
