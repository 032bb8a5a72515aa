//! Lines over time, drawn as SVG that needs nothing from elsewhere.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 56.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 22.0;

/// A line, and what it counts.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    /// Seconds and values.
    pub(super) points: Vec<(f64, f64)>,
}

/// A time that is shaded, with its name.
pub(super) struct Band {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) from_s: f64,
    pub(super) to_s: f64,
}

/// One line, or two with a scale of their own: the first on the left, the second on the right.
pub(super) fn chart(title: &str, lines: &[Line], bands: &[Band]) -> String {
    let end = lines.iter().flat_map(|line| &line.points).map(|point| point.0).fold(1.0, f64::max);
    let across = |seconds: f64| LEFT + (WIDTH - LEFT - RIGHT) * (seconds / end).clamp(0.0, 1.0);
    let mut svg = format!(
        "<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{title}\">"
    );
    for Band { name, class, from_s, to_s } in bands {
        let (from, to) = (across(*from_s), across(*to_s));
        let _written = write!(
            svg,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <text class=\"band\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            to - from,
            HEIGHT - TOP - BOTTOM,
            f64::midpoint(from, to),
            TOP - 6.0
        );
    }
    for (place, line) in lines.iter().enumerate() {
        let most = round_up(line.points.iter().map(|point| point.1).fold(0.0, f64::max));
        let down = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value / most).clamp(0.0, 1.0);
        let path: Vec<String> =
            line.points.iter().map(|(at, value)| format!("{:.1},{:.1}", across(*at), down(*value))).collect();
        let _written = write!(svg, "<polyline class=\"line{place}\" points=\"{}\"/>", path.join(" "));
        let (x, anchor) = if place == 0 { (LEFT - 6.0, "end") } else { (WIDTH - RIGHT + 6.0, "start") };
        for share in [0.0, 0.5, 1.0] {
            let _written = write!(
                svg,
                "<text class=\"axis line{place}\" x=\"{x}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                down(most * share) + 4.0,
                short(most * share)
            );
        }
    }
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let at = end * share;
        let _written = write!(
            svg,
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            across(at),
            HEIGHT - 6.0,
            minutes(at)
        );
    }
    svg.push_str("</svg><p class=\"legend\">");
    for (place, line) in lines.iter().enumerate() {
        let _written = write!(svg, "<span class=\"line{place}\">— {}, {}</span> ", line.name, line.unit);
    }
    svg.push_str("</p></figure>");
    svg
}

/// One, two or five, and zeros: not less than the value.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}

fn short(value: f64) -> String {
    if value >= 1_000.0 {
        format!("{:.1}k", value / 1_000.0)
    } else if value >= 10.0 || value == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn minutes(seconds: f64) -> String {
    let whole = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
    format!("{}:{:02}", whole / 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (value, expected) in
            [(0.0, 1.0), (0.7, 1.0), (1.0, 1.0), (1.1, 2.0), (43.0, 50.0), (8_000.0, 10_000.0)]
        {
            assert!((round_up(value) - expected).abs() < 1e-9, "{value}");
        }
        assert_eq!(["0", "2.5", "50", "8.0k"], [0.0, 2.5, 50.0, 8_000.0].map(short));
        assert_eq!(minutes(125.4), "2:05");
    }

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let line = Line { name: "pending", unit: "transfers", points: vec![(0.0, 0.0), (10.0, 100.0)] };
        let band = Band { name: "peak", class: "peak", from_s: 5.0, to_s: 10.0 };
        let svg = chart("Pending", &[line], &[band]);
        assert!(svg.contains("points=\"56.0,178.0 664.0,22.0\""), "{svg}");
        assert!(svg.contains("<rect class=\"peak\" x=\"360.0\"") && svg.ends_with("</figure>"), "{svg}");
    }
}
