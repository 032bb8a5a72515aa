//! What was asked of a bank and what it said, kept for whoever has to find out.

use crate::{Answer, Step};
use makegood_base::{BankTransferId, Timestamp};

/// Which message of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankMessageKey {
    /// The transfer.
    pub transfer: BankTransferId,
    /// Its number among the transfer's messages, from 1.
    pub number: i64,
}

/// How a message came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// The bank answered when the transfer was sent.
    Send,
    /// It answered an enquiry.
    Enquiry,
    /// It answered when the money was called back.
    Recall,
    /// It told by itself.
    Callback,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Send, Self::Enquiry, Self::Recall, Self::Callback];

    /// The kind as it is stored, and as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Enquiry => "enquiry",
            Self::Recall => "recall",
            Self::Callback => "callback",
        }
    }
}

impl From<Step> for MessageKind {
    fn from(step: Step) -> Self {
        match step {
            Step::Send => Self::Send,
            Step::Enquire => Self::Enquiry,
            Step::Recall => Self::Recall,
        }
    }
}

/// What a bank said. The same said again is counted, and not kept twice, so that a bank that is silent for days
/// leaves one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankMessage {
    /// Which.
    pub id: BankMessageKey,
    /// How it came about.
    pub kind: MessageKind,
    /// What was said.
    pub answer: Answer,
    /// When it was said first.
    pub first_at: Timestamp,
    /// When it was said last.
    pub last_at: Timestamp,
    /// How often in a row.
    pub times: i64,
}

impl BankMessage {
    /// Counts another message, if it says the same in the same way.
    pub fn repeats(&mut self, kind: MessageKind, answer: &Answer, now: Timestamp) -> bool {
        let is_same = self.kind == kind && self.answer == *answer;
        if is_same {
            self.times = self.times.saturating_add(1);
            self.last_at = now;
        }
        is_same
    }
}
