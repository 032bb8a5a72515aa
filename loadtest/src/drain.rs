//! When the hour is over: the bank is calm and does nothing wrong any more, what it never answered is brought to an end,
//! and then nothing must be on its way.

use crate::Failure;
use crate::conductor::pending;
use crate::plan::{CLOCK_SPEED, Plan};
use crate::stage::Stage;
use serde_json::json;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often in a row nothing must be on its way.
const QUIET_LOOKS: u32 = 2;

/// How the backlog went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drained {
    /// How long it took.
    pub(crate) time: Duration,
    /// What was still on its way when the time was over; nothing where all was gone.
    pub(crate) left: Option<String>,
}

/// What is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    pending: u64,
    callbacks: u64,
    changes: u64,
}

impl Left {
    async fn look(stage: &Stage) -> Result<Self, Failure> {
        let changes = stage.bank.changes_to_come().await?;
        let (callbacks, _) = stage.bank.callbacks().await?;
        Ok(Self { pending: pending(stage).await?, callbacks, changes })
    }

    const fn is_nothing(self) -> bool {
        self.pending == 0 && self.callbacks == 0 && self.changes == 0
    }
}

/// Waits until nothing is on its way, or the time is over. Whoever is not there any more has not drained.
pub(crate) async fn drain(stage: &Stage, plan: &Plan) -> Drained {
    let began = Instant::now();
    let drained = until_drained(stage, plan, began).await;
    drained.unwrap_or_else(|error| Drained { time: began.elapsed(), left: Some(error.to_string()) })
}

async fn until_drained(stage: &Stage, plan: &Plan, began: Instant) -> Result<Drained, Failure> {
    stage.bank.set_faults(&json!({})).await?;
    stage.bank.set_profile(&json!({"profile": "calm", "clock_speed": CLOCK_SPEED})).await?;
    let mut quiet = 0;
    loop {
        if stage.wallet_has_ended() {
            return Err("the wallet has ended by itself".into());
        }
        stage.bank.resolve().await?;
        let left = Left::look(stage).await?;
        quiet = if left.is_nothing() { quiet + 1 } else { 0 };
        let time = began.elapsed();
        if quiet == QUIET_LOOKS {
            return Ok(Drained { time, left: None });
        }
        if time > plan.drain_max {
            let Left { pending, callbacks, changes } = left;
            let text = format!(
                "after {} s there are still {pending} open transfers, {callbacks} callbacks that are not taken, and \
                 {changes} changes to come at the bank",
                time.as_secs()
            );
            return Ok(Drained { time, left: Some(text) });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
