//! What the audience reads: lines in its language, traces as tables, and a tick for each thing that held.

use super::DemoError;
use super::client::Answer;
use crate::output::say;
use makegood_wallet::texts::Language;
use serde_json::Value;

pub(super) struct Stage {
    language: Language,
}

impl Stage {
    pub(super) const fn new(language: Language) -> Self {
        Self { language }
    }

    fn pick<'a>(&self, english: &'a str, chinese: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    pub(super) fn title(&self, english: &str, chinese: &str) {
        say(&format!("\n== {}\n", self.pick(english, chinese)));
    }

    pub(super) fn say(&self, english: &str, chinese: &str) {
        self.line(self.pick(english, chinese));
    }

    pub(super) fn item(&self, english: &str, chinese: &str) {
        self.line(&format!("- {}", self.pick(english, chinese)));
    }

    pub(super) fn line(&self, text: &str) {
        say(&format!("  {text}"));
    }

    /// Says that something held, or ends the demo with the answer that shows that it did not.
    pub(super) fn hold(
        &self,
        english: &str,
        chinese: &str,
        held: bool,
        answer: &str,
    ) -> Result<(), DemoError> {
        let step = self.pick(english, chinese);
        if !held {
            return Err(DemoError::Broken { step: step.to_owned(), answer: answer.to_owned() });
        }
        self.line(&format!("✓ {step}"));
        Ok(())
    }

    /// Shows what a problem tells whoever reads it.
    pub(super) fn problem(&self, answer: &Answer) {
        let body = &answer.body;
        let colon = self.pick(": ", "：");
        self.line(&format!(
            "  {} {} — {}{colon}{}",
            answer.status,
            text(body, "code"),
            text(body, "title"),
            text(body, "detail")
        ));
        for remedy in body["remedies"].as_array().into_iter().flatten() {
            self.line(&format!("    → {}", text(remedy, "text")));
        }
    }

    /// Shows a trace.
    pub(super) fn trace(&self, trace: &Value) {
        for hop in trace["hops"].as_array().into_iter().flatten() {
            let place = padded(self.place(text(hop, "hop")), 9);
            let state = padded(self.state(text(hop, "state")), 13);
            let at = time_of_day(text(hop, "at"));
            self.line(format!("  {place}{state}{at:10}{}", text(hop, "reference")).trim_end());
        }
        self.line(&format!("  = {}", text(trace, "summary")));
        let next = &trace["next"];
        if next.is_object() {
            let (by, who) = (time_of_day(text(next, "by")), self.place(text(next, "who")));
            let due = match self.language {
                Language::English => format!("(by {by}; who acts: {who})"),
                Language::Chinese => format!("（最迟 {by}；由{who}处理）"),
            };
            self.line(&format!("  → {} {due}", text(next, "text")));
        }
    }

    fn place<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "wallet" => self.pick(name, "钱包"),
            "bank" => self.pick(name, "银行"),
            "ledger" => self.pick(name, "账本"),
            "payee" => self.pick(name, "收款方"),
            "payer" => self.pick(name, "付款人"),
            "return" => self.pick(name, "退回"),
            "card" => self.pick(name, "银行卡"),
            "staff" => self.pick(name, "客服"),
            _ => name,
        }
    }

    fn state<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "done" => self.pick(name, "完成"),
            "waiting" => self.pick(name, "等待中"),
            "unknown" => self.pick(name, "未知"),
            "refused" => self.pick(name, "被拒绝"),
            "not_reached" => self.pick("not reached", "未到达"),
            _ => name,
        }
    }
}

/// A field's text; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The hours, minutes and seconds of an RFC 3339 time.
fn time_of_day(time: &str) -> &str {
    time.get(11..19).unwrap_or_default()
}

/// Fills up with spaces to a width in columns, of which a Chinese character takes two.
fn padded(text: &str, columns: usize) -> String {
    let width: usize = text.chars().map(|letter| if letter >= '\u{2e80}' { 2 } else { 1 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_in_both_languages() {
        assert_eq!(padded("bank", 6), "bank  ");
        assert_eq!(padded("银行", 6), "银行  ");
        assert_eq!(padded("a long one", 4), "a long one");
        assert_eq!(time_of_day("2026-11-22T19:31:05.667819Z"), "19:31:05");
        assert_eq!(time_of_day(""), "");
    }
}
