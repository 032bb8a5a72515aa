//! An answer of the wallet, as tests look at it.
#![expect(clippy::panic, reason = "an answer that a test did not expect has failed it")]

use makegood_wallet::Reply;
use serde_json::Value;
use std::str::FromStr;

/// A status and a body, however it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The bytes of the body.
    pub body: Vec<u8>,
    /// Whether it is an earlier answer to the same key.
    pub replayed: bool,
    json: Value,
}

impl Answer {
    /// An answer of these parts. A body that is not JSON reads as null.
    #[must_use]
    pub fn new(status: u16, body: Vec<u8>, replayed: bool) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Self { status, body, replayed, json }
    }

    /// The answer, if it has this status.
    ///
    /// # Panics
    /// When it has another one; the message shows the body.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// The problem's code, if the answer is a problem with this status and code.
    ///
    /// # Panics
    /// When it is another answer; the message shows the body.
    #[must_use]
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.text("/code"), code, "{}", answer.json);
        answer
    }

    /// The body.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// The text at a JSON pointer such as `/amount/currency`; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// What stands at a JSON pointer; null where nothing does.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The id at a JSON pointer.
    ///
    /// # Panics
    /// When no such id is there.
    #[must_use]
    #[track_caller]
    pub fn id<I: FromStr>(&self, pointer: &str) -> I {
        self.text(pointer).parse().unwrap_or_else(|_| panic!("no id at {pointer} of {}", self.json))
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::new(reply.status, reply.body, reply.replayed)
    }
}
