//! What must be true of the money in every snapshot, checked with SQL of its own rather than with the code
//! that keeps it.

use crate::TestWallet;
use makegood_money::Currency;
use makegood_sql::{Database, Error, Fields, Kind};
use makegood_wallet::postings::Kind as AccountKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinHandle;

const BY_KIND: &str = "SELECT code, currency, normal, CAST(SUM(posted) AS BIGINT),
        CAST(SUM(CASE WHEN floor IS NOT NULL AND posted - held < floor THEN 1 ELSE 0 END) AS BIGINT)
    FROM ledger_accounts GROUP BY code, currency, normal";
/// Post (0), post against (1) and capture (3) move a balance; hold, release and expire do not.
const UNFOLDED: &str = "SELECT COUNT(*) FROM ledger_accounts AS account LEFT JOIN (
        SELECT id, SUM(amount) AS net FROM (
            SELECT debit AS id, amount FROM ledger_legs WHERE action IN (0, 1, 3) UNION ALL
            SELECT credit AS id, -amount AS amount FROM ledger_legs WHERE action IN (0, 1, 3)) AS sides
        GROUP BY id) AS folded ON folded.id = account.id
    WHERE account.posted != CASE account.normal WHEN 0 THEN 1 ELSE -1 END * COALESCE(folded.net, 0)";

/// What a snapshot violates: each a sentence. Empty when all holds.
///
/// Per currency: debits equal credits; every stored balance is the fold of its legs; nothing is below its
/// floor (P1); custody + in_transit + suspense = user + merchant + refund_clearing + out_in_transit +
/// unidentified + float, and float = float_contra (P3).
pub async fn violations(database: &Database) -> Result<Vec<String>, Error> {
    let mut transaction = database.read().await?;
    let kinds = &[Kind::Integer, Kind::Integer, Kind::Integer, Kind::Integer, Kind::Integer];
    let by_kind = transaction.query(BY_KIND, Vec::new(), kinds).await?;
    let unfolded = transaction.query(UNFOLDED, Vec::new(), &[Kind::Integer]).await?;
    transaction.rollback().await;

    let mut found = Vec::new();
    let mut sums: BTreeMap<i64, Sums> = BTreeMap::new();
    for row in by_kind {
        let mut fields = Fields::new("ledger_accounts", row);
        let (code, currency): (i64, i64) = (fields.take()?, fields.take()?);
        let (normal, posted, below_floor): (i64, i64, i64) = (fields.take()?, fields.take()?, fields.take()?);
        let sums = sums.entry(currency).or_default();
        sums.debits_less_credits += if normal == 0 { i128::from(posted) } else { -i128::from(posted) };
        *sums.by_code.entry(code).or_default() += i128::from(posted);
        if below_floor != 0 {
            found.push(format!("{below_floor} accounts of kind {code} are below their floor"));
        }
    }
    for row in unfolded {
        let count: i64 = Fields::new("ledger_accounts", row).take()?;
        if count != 0 {
            found.push(format!("{count} balances are not the fold of their legs"));
        }
    }
    for (currency, sums) in sums {
        sums.check(currency, &mut found);
    }
    Ok(found)
}

#[derive(Default)]
struct Sums {
    debits_less_credits: i128,
    by_code: BTreeMap<i64, i128>,
}

impl Sums {
    fn of(&self, kinds: &[AccountKind]) -> i128 {
        kinds.iter().filter_map(|kind| self.by_code.get(&i64::from(kind.code()))).sum()
    }

    fn check(&self, currency: i64, found: &mut Vec<String>) {
        use AccountKind as K;
        let code = u16::try_from(currency).ok().and_then(Currency::from_numeric).map_or("?", Currency::code);
        if self.debits_less_credits != 0 {
            found.push(format!("{code}: debits are not credits, by {}", self.debits_less_credits));
        }
        let assets = self.of(&[K::Custody, K::InTransit, K::Suspense]);
        let liabilities = self.of(&[
            K::User,
            K::MerchantPending,
            K::MerchantAvailable,
            K::MerchantReserve,
            K::RefundClearing,
            K::OutInTransit,
            K::Unidentified,
            K::Float,
        ]);
        if assets != liabilities {
            found.push(format!("{code}: the pool has {assets} and owes {liabilities}"));
        }
        let (float, contra) = (self.of(&[K::Float]), self.of(&[K::FloatContra]));
        if float != contra {
            found.push(format!("{code}: float is {float}, and its mirror {contra}"));
        }
    }
}

/// A reader that takes snapshots, one after the other, while something else happens.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    reader: JoinHandle<Result<Watched, Error>>,
}

/// What a [`Watch`] saw.
#[derive(Debug, Default)]
pub struct Watched {
    /// How many snapshots were taken.
    pub snapshots: u64,
    /// What they violated.
    pub violations: Vec<String>,
}

impl Watch {
    /// Starts to look at a wallet.
    #[must_use]
    pub fn start(wallet: &TestWallet) -> Self {
        let (stop, database) = (Arc::new(AtomicBool::new(false)), wallet.database().clone());
        let stopped = Arc::clone(&stop);
        let reader = tokio::spawn(async move {
            let mut watched = Watched::default();
            // The last snapshot is taken after the stop, so that there is always one.
            loop {
                let is_last = stopped.load(Ordering::SeqCst);
                watched.violations.extend(violations(&database).await?);
                watched.snapshots += 1;
                if is_last {
                    return Ok(watched);
                }
                tokio::task::yield_now().await;
            }
        });
        Self { stop, reader }
    }

    /// Takes a last snapshot and tells.
    ///
    /// # Panics
    /// When a snapshot could not be read.
    #[expect(clippy::expect_used, reason = "a test whose snapshots cannot be read has failed")]
    pub async fn stop(self) -> Watched {
        self.stop.store(true, Ordering::SeqCst);
        self.reader.await.expect("the reader ran").expect("snapshots can be read")
    }
}
