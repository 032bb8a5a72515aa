//! The languages that texts are written in, and how a request chooses one.

use serde::{Deserialize, Serialize};

/// A language that every text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Language {
    /// English: what a request gets that asks for nothing we have.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The language's tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The language that an `Accept-Language` header prefers (RFC 9110, 12.5.4): the one with the higher
    /// quality; of two equals, the one that is named first. Every region and script of a language counts as
    /// that language, `*` as each that is not named. A range that cannot be read is passed over; a header that
    /// wants neither language gets English.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let ranges: Vec<(&str, u16)> = header.split(',').filter_map(range).collect();
        let english = preference(&ranges, "en");
        let chinese = preference(&ranges, "zh");
        match chinese.0.cmp(&english.0) {
            std::cmp::Ordering::Greater => Self::Chinese,
            std::cmp::Ordering::Equal if chinese.0 > 0 && chinese.1 < english.1 => Self::Chinese,
            _ => Self::English,
        }
    }
}

/// A range's primary subtag and its quality in thousandths, as in `zh-CN;q=0.8`.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let primary = parts.next()?.split('-').next()?;
    let quality = match parts.next() {
        None => 1_000,
        Some(weight) => quality(weight)?,
    };
    (!primary.is_empty() && parts.next().is_none()).then_some((primary, quality))
}

/// A weight: `q=`, then 0 or 1 with at most three decimals, at most 1.
fn quality(weight: &str) -> Option<u16> {
    let (name, value) = weight.split_once('=')?;
    if !name.eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

/// The highest quality that the ranges give a language, and the place of the range that gives it.
fn preference(ranges: &[(&str, u16)], language: &str) -> (u16, usize) {
    let best = |wanted: &str| {
        ranges
            .iter()
            .enumerate()
            .filter(|(_, (primary, _))| primary.eq_ignore_ascii_case(wanted))
            .map(|(place, (_, quality))| (*quality, place))
            .reduce(|best, other| if other.0 > best.0 { other } else { best })
    };
    best(language).or_else(|| best("*")).unwrap_or((0, ranges.len()))
}

#[cfg(test)]
mod tests {
    use super::Language::{self, Chinese, English};

    #[test]
    fn a_header_chooses_the_language() {
        let check = |header: &str, expected: Language| {
            assert_eq!(Language::from_accept_language(header), expected, "{header:?}");
        };
        check("", English);
        check("en", English);
        check("zh", Chinese);
        check("zh-CN", Chinese);
        check("ZH-hans-cn", Chinese);
        check("fr-FR, de", English);
        check("zho", English);
        check("en-GB,en;q=0.9,zh-CN;q=0.8", English);
        check("zh-CN,zh;q=0.9,en;q=0.8", Chinese);
        check("en;q=0.5 , zh ; q=0.501", Chinese);
        check("en;q=0.8, zh-TW;q=0, zh-CN;q=0.9", Chinese);
        check("zh;q=0", English);
        check("zh;q=0, en;q=0", English);
        check("fr, zh;Q=0.1", Chinese);
        // Of two equals, the one that is named first.
        check("zh, en", Chinese);
        check("en, zh", English);
        // A star stands for what is not named.
        check("*", English);
        check("en;q=0.5, *", Chinese);
        check("zh;q=0.5, *", English);
        check("zh;q=0.5, *;q=0.1", Chinese);
        // A range that cannot be read is passed over.
        check("zh;q=2", English);
        check("zh;q=2.5", English);
        check("zh;q=1.001", English);
        check("zh;q=0.1234", English);
        check("zh;q=-1", English);
        check("zh;q=.5", English);
        check("zh;quality=1", English);
        check("zh;q=1;q=1", English);
        check("zh;q=, zh;q=1.000", Chinese);
        check(",;, zh", Chinese);
    }

    #[test]
    fn a_language_is_written_as_its_tag() {
        for language in Language::ALL {
            let json = format!("\"{}\"", language.tag());
            assert_eq!(serde_json::to_string(&language).unwrap(), json);
            assert_eq!(serde_json::from_str::<Language>(&json).unwrap(), language);
        }
    }
}
