//! The figures of a run.

use goose::metrics::{GooseMetrics, GooseRequestMetricAggregate};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many requests took how long: microseconds and their count.
type Times = BTreeMap<u64, usize>;

/// Says something to whoever started the load test.
#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints the figures of each route and of all.
pub(crate) fn print(metrics: &GooseMetrics, elapsed: Duration) {
    line(&format!(
        "{:40} {:>7} {:>7} {:>9} {:>9} {:>9}",
        "", "count", "failed", "p50 ms", "p95 ms", "p99 ms"
    ));
    let mut requests: Vec<&GooseRequestMetricAggregate> = metrics.requests.values().collect();
    requests.sort_by_key(|request| &request.path);
    let (mut all, mut failed) = (Times::new(), 0);
    for request in requests {
        let times: Times = request.raw_data.times_us.iter().map(|(time, count)| (*time, *count)).collect();
        row(&request.path, &times, request.fail_count);
        times.iter().for_each(|(time, count)| *all.entry(*time).or_default() += count);
        failed += request.fail_count;
    }
    row("all", &all, failed);
    let seconds = elapsed.as_secs_f64().max(f64::EPSILON);
    let count = u32::try_from(all.values().sum::<usize>()).unwrap_or(u32::MAX);
    line(&format!("{count} requests in {seconds:.1} s: {:.0} a second", f64::from(count) / seconds));
}

fn row(name: &str, times: &Times, failed: usize) {
    let ms = |permille| {
        format!("{}.{}", percentile(times, permille) / 1_000, percentile(times, permille) % 1_000 / 100)
    };
    let count: usize = times.values().sum();
    line(&format!("{name:40} {count:>7} {failed:>7} {:>9} {:>9} {:>9}", ms(500), ms(950), ms(990)));
}

/// The shortest time that so many of a thousand requests did not exceed, in microseconds.
fn percentile(times: &Times, permille: usize) -> u64 {
    let wanted = (times.values().sum::<usize>() * permille).div_ceil(1_000);
    let mut seen = 0;
    let reached = times.iter().find(|(_, count)| {
        seen += **count;
        seen >= wanted
    });
    reached.map_or(0, |(time, _)| *time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_time_that_enough_requests_kept() {
        let check = |times: &[(u64, usize)], permille: usize, expected: u64| {
            assert_eq!(
                percentile(&times.iter().copied().collect(), permille),
                expected,
                "{times:?} {permille}"
            );
        };
        check(&[], 500, 0);
        check(&[(7, 1)], 500, 7);
        check(&[(7, 1)], 990, 7);
        check(&[(1, 50), (2, 50)], 500, 1);
        check(&[(1, 49), (2, 51)], 500, 2);
        check(&[(1, 95), (2, 4), (9, 1)], 950, 1);
        check(&[(1, 94), (2, 5), (9, 1)], 950, 2);
        check(&[(1, 94), (2, 5), (9, 1)], 990, 2);
        check(&[(1, 98), (9, 2)], 990, 9);
    }
}
