//! The clerk: writes what comes often, in the order in which it came. Whatever waits at the desk goes into one
//! transaction, so that a commit, which waits for the disk, serves all of it.

use super::{
    Ledger,
    changes::Outcome,
    decide::Received,
    transfer::{Instruction, Recall},
};
use crate::problem::Problem;
use makegood_base::Timestamp;
use makegood_sql::{Error, Transaction};
use std::sync::{Arc, atomic::Ordering};
use tokio::sync::{mpsc, oneshot};

/// How much may wait at the desk; who comes then waits outside.
const WAITING_MAX: usize = 4_096;
/// How much goes into one transaction.
const TOGETHER_MAX: usize = 256;

/// What came of callbacks.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// It was taken, or is not to be sent again.
    Done(i64),
    /// It is to be sent again, at a time.
    Again(i64, Timestamp),
}

/// Something to write, and who waits for it.
struct Slip<Q, A> {
    asked: Q,
    written: Option<Result<A, Problem>>,
    answer: oneshot::Sender<Result<A, Problem>>,
}

impl<Q, A> Slip<Q, A> {
    /// Keeps the answer until it is committed. What the books themselves refuse ends the transaction.
    fn keep(&mut self, written: Result<A, Problem>) -> Result<(), Error> {
        match written {
            Err(Problem::Unavailable(error)) => Err(error),
            written => {
                self.written = Some(written);
                Ok(())
            }
        }
    }

    fn give(self, failure: Option<&str>) {
        let written = match (failure, self.written) {
            (None, Some(written)) => written,
            (failure, _) => Err(closed(failure.unwrap_or("nothing was written"))),
        };
        // Who asked may have gone; it is written all the same.
        let _gone = self.answer.send(written);
    }
}

fn closed(why: &str) -> Problem {
    Problem::Unavailable(Error::Down(why.to_owned()))
}

enum Job {
    Receive(Slip<(String, Instruction), Received>),
    Recall(Slip<String, Recall>),
    Delivered(Slip<Delivery, ()>),
    Resolve(Slip<(Option<String>, Outcome), u64>),
    Change(Slip<(), ()>),
}

/// Where the clerk is asked.
pub(super) struct Desk {
    jobs: mpsc::Sender<Job>,
}

impl Desk {
    /// Opens the desk. The clerk goes when it is dropped.
    pub(super) fn open(ledger: Arc<Ledger>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        // SQLite works on the caller's thread, and a commit waits for the disk: the clerk has a thread of its own.
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || runtime.block_on(work(&ledger, waiting)));
        Self { jobs }
    }

    pub(super) async fn receive(
        &self,
        reference: String,
        instruction: Instruction,
    ) -> Result<Received, Problem> {
        self.ask((reference, instruction), Job::Receive).await
    }

    pub(super) async fn recall(&self, reference: String) -> Result<Recall, Problem> {
        self.ask(reference, Job::Recall).await
    }

    pub(super) async fn delivered(&self, delivery: Delivery) -> Result<(), Problem> {
        self.ask(delivery, Job::Delivered).await
    }

    pub(super) async fn resolve(&self, reference: Option<String>, outcome: Outcome) -> Result<u64, Problem> {
        self.ask((reference, outcome), Job::Resolve).await
    }

    pub(super) async fn change_due(&self) -> Result<(), Problem> {
        self.ask((), Job::Change).await
    }

    async fn ask<Q, A>(&self, asked: Q, job: impl FnOnce(Slip<Q, A>) -> Job) -> Result<A, Problem> {
        let (answer, answered) = oneshot::channel();
        let gone = || closed("the books are closed");
        self.jobs.send(job(Slip { asked, written: None, answer })).await.map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

async fn work(ledger: &Ledger, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, TOGETHER_MAX).await > 0 {
        let failure = ledger.write(&mut jobs).await.err();
        if failure.is_some() {
            // What was to change has not: it is looked for anew.
            ledger.next_change.store(0, Ordering::Relaxed);
        }
        if failure.is_some() && jobs.len() > 1 {
            // One of them may be at fault for all.
            for mut job in jobs.drain(..) {
                let failed = ledger.write(std::slice::from_mut(&mut job)).await.err();
                job.give(failed.as_ref());
            }
        }
        jobs.drain(..).for_each(|job| job.give(failure.as_ref()));
        ledger.written.notify_one();
    }
}

impl Job {
    fn give(self, failure: Option<&Error>) {
        let failure = failure.map(ToString::to_string);
        let failure = failure.as_deref();
        match self {
            Self::Receive(slip) => slip.give(failure),
            Self::Recall(slip) => slip.give(failure),
            Self::Delivered(slip) => slip.give(failure),
            Self::Resolve(slip) => slip.give(failure),
            Self::Change(slip) => slip.give(failure),
        }
    }
}

impl Ledger {
    /// Writes these jobs in one transaction.
    async fn write(&self, jobs: &mut [Job]) -> Result<(), Error> {
        let mut transaction = self.database.begin().await?;
        for job in jobs {
            self.write_one(&mut transaction, job).await?;
        }
        transaction.commit().await
    }

    async fn write_one(&self, transaction: &mut Transaction, job: &mut Job) -> Result<(), Error> {
        match job {
            Job::Receive(slip) => {
                let (reference, instruction) = &slip.asked;
                let received = self.receive(transaction, reference, instruction).await;
                slip.keep(received)
            }
            Job::Recall(slip) => {
                let recall = self.recall(transaction, &slip.asked).await;
                slip.keep(recall)
            }
            Job::Delivered(slip) => {
                self.write_delivery(transaction, &slip.asked).await?;
                slip.keep(Ok(()))
            }
            Job::Resolve(slip) => {
                let (reference, outcome) = &slip.asked;
                let resolved = self.resolve(transaction, reference.as_deref(), *outcome).await;
                slip.keep(resolved)
            }
            Job::Change(slip) => {
                self.change_due(transaction).await?;
                slip.keep(Ok(()))
            }
        }
    }
}
