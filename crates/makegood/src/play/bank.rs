//! The dial of the simulated bank: calm, peak, outage.

use makegood_banksim::{Control, Profile, TimeOfDay};
use makegood_wallet::Code;
use serde::{Deserialize, Serialize};

/// Where the dial stands, and what that means now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Dial {
    /// `calm`, `peak`, `outage`, or the name of another profile.
    profile: String,
    /// Half of the bank's answers take no longer.
    latency_p50_ms: u64,
    /// How many calls it gets through in a minute; null is as many as come.
    per_minute: Option<u64>,
}

impl Dial {
    pub(super) fn of(bank: &Control) -> Self {
        let day = bank.day();
        let per_minute = day.conditions.per_second.and_then(|calls| {
            let minute = std::time::Duration::try_from_secs_f64(calls * 60.0).ok()?;
            Some(minute.as_secs())
        });
        Self { profile: day.profile, latency_p50_ms: day.conditions.latency_p50_ms, per_minute }
    }
}

/// Where the dial is to stand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    profile: String,
}

/// Turns the dial, and answers where it stands then. Refuses what is no place on it. The peak begins at noon, the bank's
/// busiest hour, whatever time it was there.
pub(super) fn turn(bank: &Control, to: Turn) -> Result<Dial, Code> {
    let profile = Profile::named(&to.profile).ok_or(Code::RequestMalformed)?;
    if profile.name() == "peak" {
        bank.set_time_of_day(TimeOfDay::new(12, 0));
    }
    bank.set_profile(profile);
    Ok(Dial::of(bank))
}
