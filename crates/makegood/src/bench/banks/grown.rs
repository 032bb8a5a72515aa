//! A database with transfers at banks: those that are over, and those that wait for the bank's word, a part of them
//! due at a time.

use super::clock::HandClock;
use crate::bench::people::{Person, Stage};
use crate::bench::scratch::Scratch;
use crate::bench::size::Transfers;
use crate::bench::{BenchError, Tools};
use crate::output::note;
use crate::server::Running;
use makegood_banking::{Answer, Schedule};
use makegood_base::{Clock, TopUpId};
use makegood_wallet::{Outlooks, Settings};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The bank that all transfers are at.
pub(super) const BANK: &str = "simbank";
/// Another bank, which answers while that one does not.
pub(super) const OTHER_BANK: &str = "otherbank";
/// After how long an open transfer's turn comes again.
pub(super) const CYCLE: Duration = Duration::from_secs(900);

const PEOPLE: usize = 64;
/// How many transfers are begun and ended at a time while a history grows.
const CHUNK: usize = 4_096;
/// About how many of those that are over are looked at, at the most.
const SAMPLE: usize = 5_000;

/// A database with its transfers.
pub(super) struct Grown {
    pub(super) transfers: Transfers,
    /// The service on it, in this process.
    pub(super) server: Running,
    pub(super) stage: Stage,
    pub(super) clock: Arc<HandClock>,
    pub(super) people: Vec<Person>,
    /// Some top-ups of the whole history, each with its person.
    pub(super) past: Vec<(TopUpId, usize)>,
    /// The same of those that are open.
    pub(super) open: Vec<(TopUpId, usize)>,
    /// How much later the next part of the open transfers is due.
    pub(super) stagger: Duration,
}

impl Grown {
    /// Makes all of it, by the commands that the service itself would make it by.
    pub(super) async fn grow(
        scratch: &Scratch,
        tools: &Tools,
        transfers: Transfers,
        part: usize,
    ) -> Result<Self, BenchError> {
        let Transfers { past, open } = transfers;
        note(&format!("{}: {past} past and {open} open transfers", scratch.name()));
        let began = Instant::now();
        let place = scratch.new_place().await?;
        let clock = Arc::new(HandClock::at(tools.clock.now()));
        let by_hand: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let tools = Tools { clock: by_hand, entropy: Arc::clone(&tools.entropy), size: tools.size };
        let (stage, _ends_with_the_stage) =
            Stage::start_with(place.database.clone(), place.secrets.clone(), &tools, settings());
        let people = stage.people(PEOPLE).await?;
        let stagger = CYCLE / u32::try_from((open / part.max(1)).max(1)).unwrap_or(1);
        let server = place.serve(&tools).await?;
        let mut grown =
            Self { transfers, server, stage, clock, people, past: Vec::new(), open: Vec::new(), stagger };
        let mut made = 0;
        while made < past {
            let count = CHUNK.min(past - made);
            grown.clock.forward(Duration::from_secs(1));
            let begun = grown.begin(count, succeeded).await?;
            grown.past.extend(begun.into_iter().step_by(1 + past / SAMPLE));
            made += count;
        }
        let mut made = 0;
        while made < open {
            let count = part.max(1).min(open - made);
            grown.clock.forward(grown.stagger);
            let begun = grown.begin(count, accepted).await?;
            grown.open.extend(begun);
            made += count;
        }
        let took = began.elapsed().as_secs_f64();
        note(&format!("{}: {past} past and {open} open transfers took {took:.0} s", scratch.name()));
        Ok(grown)
    }

    /// Begins transfers, all of which the bank answers so.
    async fn begin(
        &self,
        count: usize,
        answer: fn(makegood_money::Money) -> Answer,
    ) -> Result<Vec<(TopUpId, usize)>, BenchError> {
        let begun = self.stage.top_ups(&self.people, count).await?;
        let due = self.stage.due(count.saturating_add(1)).await?;
        if due.len() != count {
            return Err(BenchError::Unexpected(format!("{} of {count} transfers are due", due.len())));
        }
        self.stage.answer_all(due, answer).await?;
        Ok(begun)
    }
}

fn succeeded(amount: makegood_money::Money) -> Answer {
    Answer::Succeeded { bank_reference: "none".to_owned(), amount }
}

fn accepted(_: makegood_money::Money) -> Answer {
    Answer::Accepted { bank_reference: "none".to_owned() }
}

/// Enquiries come in a steady cycle, and nothing is delayed within it: what is measured is the same in every run.
fn settings() -> Settings {
    let long = Duration::from_secs(365 * 24 * 3_600);
    let schedule = Schedule {
        validity_in: long,
        enquiry_backoff: vec![CYCLE],
        expected_in: long,
        expected_in_min: long,
        expected_in_max: long,
        case_after: long,
        ..Schedule::default()
    };
    let banks = vec![BANK.to_owned(), OTHER_BANK.to_owned()];
    Settings { banks, schedule, outlooks: Outlooks::default(), ..Settings::default() }
}
