//! The page: one file that needs nothing from elsewhere, on a phone as on a desk, in light and dark.

use super::chart::{Band, Line, chart};
use super::{KindRow, PhaseRow, Quantiles, RATIO_PROMISED, Report};
use crate::conductor::Sample;
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let failed = report.failed();
    let (class, word) = if failed.is_empty() {
        ("good", "Everything held".to_owned())
    } else {
        ("bad", format!("Failed: {}", escaped(&failed.join(", "))))
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>A peak hour: {word}</title><style>{STYLE}</style></head><body><main>\
         <h1>A peak hour</h1><p class=\"{class} verdict\">{word}</p>"
    );
    page.push_str(&set_up(report));
    page.push_str(&tiles(report));
    page.push_str(&verdicts(report));
    page.push_str(&charts(report));
    page.push_str(&phases(&report.phases));
    page.push_str(&kinds(report));
    page.push_str(&faults(report));
    page.push_str("</main></body></html>\n");
    page
}

/// A text as it is written between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn set_up(report: &Report) -> String {
    let made = &report.set_up;
    format!(
        "<p class=\"set-up\">{} ({}), {} build {}. {}. At most {} people for {:.0} s. Made at {}.</p>",
        made.database,
        escaped(&made.sync),
        made.build,
        report.version,
        made.processes,
        report.people,
        report.length_s,
        report.made_at
    )
}

fn tiles(report: &Report) -> String {
    let worst = report.phases.iter().filter_map(|row| row.p99_to_calm).fold(0.0, f64::max);
    let tiles = [
        (format!("{:.0}", report.requests_per_s), "requests a second"),
        (format!("{}", report.pending_max), "pending at most"),
        (format!("{:.1} s", report.oldest_not_received_max_s), "oldest paid, not received"),
        (format!("{:.1} s", report.drain_s), "to drain"),
        (format!("{worst:.2} ×"), "p99 from a balance, worst phase to calm"),
    ];
    let mut text = "<div class=\"tiles\">".to_owned();
    for (value, name) in tiles {
        let _written = write!(text, "<div><b>{value}</b><span>{name}</span></div>");
    }
    text + "</div>"
}

fn verdicts(report: &Report) -> String {
    let mut text = "<h2>What must hold</h2><ul class=\"verdicts\">".to_owned();
    for verdict in &report.verdicts {
        let (class, mark) = if verdict.held() { ("good", "✓") } else { ("bad", "✗") };
        let _written = write!(
            text,
            "<li><b class=\"{class}\">{mark} {}</b> {} <small>{}</small>",
            verdict.name,
            escaped(verdict.promise),
            escaped(&verdict.looked_at)
        );
        if !verdict.held() {
            text.push_str("<ul>");
            for failure in &verdict.failures {
                let _written = write!(text, "<li class=\"bad\">{}</li>", escaped(failure));
            }
            let more = verdict.found.saturating_sub(verdict.failures.len());
            if more > 0 {
                let _written = write!(text, "<li>and {more} more</li>");
            }
            text.push_str("</ul>");
        }
        text.push_str("</li>");
    }
    text + "</ul>"
}

fn charts(report: &Report) -> String {
    let bands: Vec<Band> = report.phases.iter().filter(|row| row.bank != "calm").map(band).collect();
    let of = |value: fn(&Sample) -> Option<f64>| -> Vec<(f64, f64)> {
        report.samples.iter().filter_map(|sample| Some((sample.at_s, value(sample)?))).collect()
    };
    let number = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    let pending: Vec<_> = report.samples.iter().map(|sample| (sample.at_s, number(sample.pending))).collect();
    let bank: Vec<_> =
        report.samples.iter().map(|sample| (sample.at_s, number(sample.bank_p50_ms))).collect();
    let ages = report.samples.iter().zip(&report.oldest_not_received_s);
    let ages: Vec<_> = ages.map(|(sample, age)| (sample.at_s, *age)).collect();
    let line = |name, unit, points| Line { name, unit, points };
    let mut text = "<h2>Over time</h2>".to_owned();
    text.push_str(&chart(
        "Transfers pending, beside the bank's latency",
        &[line("pending", "transfers", pending), line("half of the bank's answers", "ms", bank.clone())],
        &bands,
    ));
    text.push_str(&chart(
        "Age of the oldest that was paid and not received",
        &[line("age", "seconds", ages), line("half of the bank's answers", "ms", bank)],
        &bands,
    ));
    text.push_str(&chart(
        "Payments from a balance, and all requests",
        &[
            line("p99 of each second", "ms", of(|sample| sample.balance_p99_ms)),
            line("requests", "a second", of(|sample| Some(sample.requests_per_s))),
        ],
        &bands,
    ));
    let disk = of(|sample| sample.disk_ms);
    if !disk.is_empty() {
        text.push_str(&chart(
            "The disk that the database is on",
            &[line("one small write, kept", "ms", disk)],
            &bands,
        ));
    }
    let memory = of(|sample| sample.taken.map(|taken| taken.resident_mib));
    if !memory.is_empty() {
        let files =
            of(|sample| sample.taken.map(|taken| f64::from(u32::try_from(taken.files).unwrap_or(u32::MAX))));
        text.push_str(&chart(
            "What the wallet's process takes",
            &[line("memory", "MiB", memory), line("open", "files and connections", files)],
            &bands,
        ));
    }
    text
}

fn band(row: &PhaseRow) -> Band {
    let class = if row.bank == "outage" { "outage" } else { "peak" };
    Band { name: row.phase, class, from_s: row.from_s, to_s: row.to_s }
}

fn phases(rows: &[PhaseRow]) -> String {
    let mut text = format!(
        "<h2>Payments from a balance, by phase</h2><p>The promise is that their p99 stays within {RATIO_PROMISED} times \
         that of the calm of the same run.</p><div class=\"wide\"><table><tr><th>phase</th><th>bank</th>\
         <th>payments</th><th>p50 ms</th><th>p99 ms</th><th>p99 ms, uncorrected</th><th>to calm</th>\
         <th>a write to the disk, ms</th></tr>"
    );
    for row in rows {
        let ratio = row.p99_to_calm.map_or("–".to_owned(), |ratio| format!("{ratio:.2} ×"));
        let disk = row.disk_p50_ms.map_or("–".to_owned(), |ms| format!("{ms:.1}"));
        let _written = write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1}</td><td>{:.1}</td><td>{:.1}</td><td>{ratio}</td>\
             <td>{disk}</td></tr>",
            row.phase,
            row.bank,
            row.payments,
            row.corrected.p50_ms,
            row.corrected.p99_ms,
            row.measured.p99_ms
        );
    }
    text + "</table></div>"
}

fn kinds(report: &Report) -> String {
    let mut text = format!(
        "<h2>Requests</h2><p>Milliseconds, corrected for coordinated omission / as measured. Correction: {}.</p>\
         <div class=\"wide\"><table><tr><th>request</th><th>count</th><th>a second</th><th>failed</th><th>told to come \
         later</th><th>p50</th><th>p95</th><th>p99</th><th>p99.9</th></tr>",
        report.correction
    );
    for KindRow { kind, requests, failed, busy, per_s, measured, corrected } in &report.kinds {
        let both = |of: fn(&Quantiles) -> f64| format!("<td>{:.1} / {:.1}</td>", of(corrected), of(measured));
        let _written = write!(
            text,
            "<tr><td>{}</td><td>{requests}</td><td>{per_s:.1}</td><td>{failed}</td><td>{busy}</td>{}{}{}{}</tr>",
            escaped(kind),
            both(|times| times.p50_ms),
            both(|times| times.p95_ms),
            both(|times| times.p99_ms),
            both(|times| times.p999_ms)
        );
    }
    text + "</table></div>"
}

fn faults(report: &Report) -> String {
    let mut text = "<h2>What the bank did wrong</h2><div class=\"wide\"><table><tr><th>fault</th><th>transfers</th></tr>".to_owned();
    for (kind, count) in &report.faults {
        let _written = write!(text, "<tr><td>{}</td><td>{count}</td></tr>", escaped(&kind.replace('_', " ")));
    }
    text.push_str("</table></div>");
    if !report.in_flight.is_empty() {
        text.push_str("<h2>In flight between the bank's ledger and ours</h2><ul>");
        for (name, count) in &report.in_flight {
            let _written = write!(text, "<li>{count} {name}</li>");
        }
        text.push_str("</ul>");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_tags() {
        assert_eq!(escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }
}
