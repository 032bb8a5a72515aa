//! What comes again and again beside the timers: looking which banks are not there, and trying those that are down.

use super::Jobs;
use crate::outbound::bank::Bank;
use makegood_banking::{Incident, MaintenanceWindow};
use makegood_store::{Failure, Store};
use makegood_wallet::{Action, Facts, Needs};
use std::sync::{Arc, PoisonError};

/// How many open windows and incidents are looked at.
const NOTICES_MAX: u32 = 100;

impl<S: Store> Jobs<S> {
    /// Looks until the service stops.
    pub(super) async fn keep_looking(self) {
        loop {
            let stopping = self.parts.stopping.notified();
            self.look().await;
            tokio::select! {
                () = stopping => return,
                () = tokio::time::sleep(self.parts.config.look_interval) => {}
            }
        }
    }

    /// Reads which maintenance and which incidents there are, tries the banks that are down, and, every so often, asks
    /// all of them what they plan.
    pub(super) async fn look(&self) {
        self.read_notices().await;
        let now = self.parts.clock.now();
        let is_time = {
            let mut read_at = self.parts.maintenance_read_at.lock().unwrap_or_else(PoisonError::into_inner);
            let interval = self.parts.config.maintenance_interval;
            let is_time = read_at.is_none_or(|read_at| now.since(read_at) >= interval);
            if is_time {
                *read_at = Some(now);
            }
            is_time
        };
        for bank in self.parts.banks.values() {
            if is_time || bank.wants_probe(now) {
                self.read_maintenance(bank).await;
            }
        }
    }

    /// Asks a bank what it plans, which moves nothing, and keeps what is new.
    pub(super) async fn read_maintenance(&self, bank: &Arc<Bank>) {
        let now = self.parts.clock.now();
        let Some(windows) = bank.maintenance(now).await else { return };
        let known = bank.own_windows(now);
        if windows.is_empty() && known.is_empty() {
            return;
        }
        let action = Action::RecordMaintenance { bank: bank.id().to_owned(), windows, known };
        match self.submit(action).await {
            Ok(reply) if !reply.is_problem() => self.read_notices().await,
            Ok(_) => tracing::error!(bank = bank.id(), "what a bank plans was refused"),
            Err(undecided) => {
                tracing::warn!(bank = bank.id(), %undecided, "what a bank plans is not kept yet")
            }
        }
    }

    /// Reads which maintenance and which incidents there are, whoever has set them.
    pub(crate) async fn read_notices(&self) {
        let now = self.parts.clock.now();
        match self.notices().await {
            Ok((windows, incidents)) => {
                for bank in self.parts.banks.values() {
                    let windows = windows.iter().filter(|row| row.bank == bank.id()).cloned().collect();
                    let incidents = incidents.iter().filter(|row| row.bank == bank.id()).cloned().collect();
                    bank.notice(windows, incidents, now);
                }
            }
            Err(error) => tracing::warn!(%error, "maintenance and incidents cannot be read"),
        }
    }

    async fn notices(&self) -> Result<(Vec<MaintenanceWindow>, Vec<Incident>), Failure> {
        let Some(lists) = &self.parts.lists else { return Ok((Vec::new(), Vec::new())) };
        let now = self.parts.clock.now();
        let windows = lists.open_maintenance_windows(now, NOTICES_MAX).await?;
        let incidents = lists.incidents(true, None, NOTICES_MAX).await?;
        if windows.is_empty() && incidents.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let needs = |_: &Facts| Needs {
            maintenance_windows: windows.iter().copied().collect(),
            incidents: incidents.iter().copied().collect(),
            ..Needs::default()
        };
        let facts = self.parts.store.read(None, &needs).await?;
        let windows = windows.iter().filter_map(|id| facts.maintenance_windows.peek(id).cloned());
        let incidents = incidents.iter().filter_map(|id| facts.incidents.peek(id).cloned());
        Ok((windows.collect(), incidents.collect()))
    }
}
