//! Faults on demand.

use crate::Failure;
use std::collections::BTreeMap;

/// How a call of the port fails, before it does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// See [`Failure::Transient`].
    Transient,
    /// See [`Failure::Deterministic`].
    Deterministic,
    /// See [`Failure::Down`].
    Down,
}

/// What a commit whose answer was lost has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// The batch is there.
    Committed,
    /// The batch is not there.
    Lost,
}

/// Which calls fail. Calls of the port are counted from 1, and so are commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// The calls that fail, by their number among all calls.
    pub calls: BTreeMap<u64, Fault>,
    /// The commits that are [ambiguous](Failure::Ambiguous), by their number among all commits that did not
    /// fail as calls.
    pub commits: BTreeMap<u64, CommitFault>,
}

/// A plan that is being carried out.
#[derive(Debug, Default)]
pub(super) struct Faults {
    plan: FaultPlan,
    calls: u64,
    commits: u64,
}

impl Faults {
    pub(super) fn new(plan: FaultPlan) -> Self {
        Self { plan, calls: 0, commits: 0 }
    }

    /// Counts a call.
    pub(super) fn call(&mut self) -> Result<(), Failure> {
        self.calls = self.calls.saturating_add(1);
        let failure = match self.plan.calls.get(&self.calls) {
            None => return Ok(()),
            Some(Fault::Transient) => Failure::Transient,
            Some(Fault::Deterministic) => Failure::Deterministic,
            Some(Fault::Down) => Failure::Down,
        };
        Err(failure(format!("call {} fails by plan", self.calls)))
    }

    /// Counts a commit.
    pub(super) fn commit(&mut self) -> Option<CommitFault> {
        self.commits = self.commits.saturating_add(1);
        self.plan.commits.get(&self.commits).copied()
    }

    /// How many calls there were.
    pub(super) const fn calls(&self) -> u64 {
        self.calls
    }
}
