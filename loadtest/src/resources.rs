//! What the wallet's process takes: memory, files, and the size of its logs; and whether that is bounded. And how fast
//! the disk is that it writes to.

use crate::stage::Stage;
use serde::Serialize;
use std::io::Write as _;
use std::time::Instant;

/// What the wallet takes at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Taken {
    pub(crate) resident_mib: f64,
    /// Open files and connections.
    pub(crate) files: u64,
    /// The database's log of writes, where that is a file of the wallet's.
    pub(crate) write_log_mib: f64,
    /// What it has told its own log.
    pub(crate) log_mib: f64,
}

/// By how much the memory may grow in an hour, and once beside that.
const MEMORY_MIB_PER_HOUR_MAX: f64 = 16.0;
const MEMORY_MIB_ONCE_MAX: f64 = 24.0;
/// How many more files may be open in the end than after the first round.
const FILES_MORE_MAX: u64 = 64;
/// How large the log of writes may become: it is taken over into the database again and again.
const WRITE_LOG_MIB_MAX: f64 = 256.0;
/// How many bytes the wallet may tell its log for each request.
const LOG_BYTES_PER_REQUEST_MAX: f64 = 512.0;

/// What the wallet takes now; nothing where it is not a process of this run, or the system does not tell.
pub(crate) fn taken(stage: &Stage) -> Option<Taken> {
    let process = stage.wallet_process()?;
    let (log, write_log) = stage.wallet_files()?;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let resident: u32 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
    let mib = |file: &std::path::Path| {
        let bytes = std::fs::metadata(file).map_or(0, |found| found.len());
        f64::from(u32::try_from(bytes / 1_024).unwrap_or(u32::MAX)) / 1_024.0
    };
    Some(Taken {
        resident_mib: f64::from(resident) / 1_024.0,
        files: u64::try_from(files).unwrap_or(u64::MAX),
        write_log_mib: mib(&write_log),
        log_mib: mib(&log),
    })
}

/// How long the disk takes to keep a few bytes, in milliseconds: every payment waits for that, whatever the wallet does.
/// Nothing where the database is not on a disk of this machine.
pub(crate) async fn disk_ms(stage: &Stage) -> Option<f64> {
    let file = stage.disk_probe()?;
    let write = move || {
        let began = Instant::now();
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).ok()?;
        file.write_all(&[0; 512]).and_then(|()| file.sync_data()).ok()?;
        Some(began.elapsed().as_secs_f64() * 1_000.0)
    };
    tokio::task::spawn_blocking(write).await.ok().flatten()
}

/// How much a figure grows in an hour, by the straight line that is nearest to the points of seconds and values.
pub(crate) fn growth_per_hour(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count.max(1.0);
    let (at, value) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - at).powi(2)).sum();
    let along: f64 = points.iter().map(|point| (point.0 - at) * (point.1 - value)).sum();
    if spread > 0.0 { along / spread * 3_600.0 } else { 0.0 }
}

/// What is not bounded of what the wallet took: at seconds since the start, after a first round that warms it up. Nothing
/// is said of less than two points.
pub(crate) fn unbounded(warm: &[(f64, Taken)], requests: u64) -> Vec<String> {
    let (Some((from_s, first)), Some((to_s, last))) = (warm.first(), warm.last()) else { return Vec::new() };
    let hours = (to_s - from_s) / 3_600.0;
    let mut found = Vec::new();
    let memory: Vec<_> = warm.iter().map(|(at, taken)| (*at, taken.resident_mib)).collect();
    let growth = growth_per_hour(&memory);
    if growth * hours > MEMORY_MIB_PER_HOUR_MAX * hours + MEMORY_MIB_ONCE_MAX {
        found.push(format!(
            "memory grows by {growth:.1} MiB an hour for {hours:.1} hours, and may by {MEMORY_MIB_PER_HOUR_MAX}, and by \
             {MEMORY_MIB_ONCE_MAX} once"
        ));
    }
    if last.files > first.files.saturating_add(FILES_MORE_MAX) {
        found.push(format!("{} files are open, and {} were", last.files, first.files));
    }
    let write_log = warm.iter().map(|(_, taken)| taken.write_log_mib).fold(0.0, f64::max);
    if write_log > WRITE_LOG_MIB_MAX {
        found.push(format!("the log of writes had {write_log:.0} MiB, and may have {WRITE_LOG_MIB_MAX}"));
    }
    let requests = f64::from(u32::try_from(requests).unwrap_or(u32::MAX)).max(1.0);
    let told = (last.log_mib - first.log_mib) * 1_024.0 * 1_024.0 / requests;
    if told > LOG_BYTES_PER_REQUEST_MAX {
        found.push(format!(
            "{told:.0} bytes are logged for a request, and may be {LOG_BYTES_PER_REQUEST_MAX}"
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_without_end_is_found() {
        let hours = |end: Taken| -> Vec<(f64, Taken)> {
            (0..=10_u32)
                .map(|step| {
                    let share = f64::from(step) / 10.0;
                    let files = 40 + u64::from(step) * (end.files.saturating_sub(40) / 10);
                    let taken = Taken {
                        resident_mib: 100.0 + share * (end.resident_mib - 100.0),
                        files,
                        write_log_mib: share * end.write_log_mib,
                        log_mib: share * end.log_mib,
                    };
                    (share * 3_600.0, taken)
                })
                .collect()
        };
        let fine = Taken { resident_mib: 104.0, files: 50, write_log_mib: 20.0, log_mib: 1.0 };
        let check = |end: Taken, expected: Option<&str>| {
            let found = unbounded(&hours(end), 100_000);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
            assert!(found.iter().all(|text| expected.is_some_and(|word| text.contains(word))), "{found:?}");
        };
        check(fine, None);
        check(Taken { resident_mib: 150.0, ..fine }, Some("memory grows by 50.0 MiB"));
        check(Taken { files: 400, ..fine }, Some("files are open"));
        check(Taken { write_log_mib: 900.0, ..fine }, Some("log of writes"));
        check(Taken { log_mib: 100.0, ..fine }, Some("are logged"));
        assert_eq!(unbounded(&[], 1), Vec::<String>::new());
    }
}
